"""Imports against the list of addresses that get no marketing."""

import json

from hub import choices, customers, suppression
from hub.actors import OPERATOR, Operation
from hub.identities import NewIdentifier
from hub.said import Evidence, Scope
from tests.imports.conftest import Desk

HEAD = "Account ID,Email,Phone\n"


async def listed(desk: Desk, kind: str, value: str) -> None:
    """List an address."""
    async with desk.hub.act(OPERATOR, Operation.SUPPRESSION_ADD) as act:
        await suppression.suppress(act, NewIdentifier(kind, value), "ASKED", desk.world.organisation.id)


async def channels(desk: Desk, account: str) -> list[str]:
    """On which channels a customer is opted out."""
    state = await desk.state(await desk.customer(account))
    return sorted(one["channel"] for one in json.loads(state["choices"]) if one["action"] == "OPTED_OUT")


async def test_a_listed_address_is_imported_with_opt_outs_and_counted(desk: Desk) -> None:
    await listed(desk, "EMAIL", "quiet@example.com")
    await listed(desk, "PHONE", "+61491570006")
    rows = "A1,Quiet@Example.com,\nA2,loud@example.com,0491570006\nA3,loud@example.com,\n"
    trial = await desk.run(HEAD + rows, is_trial=True)
    outcome = await desk.run(HEAD + rows)
    for counts in (trial.counts, outcome.counts):
        assert (counts["created"], counts["suppressed"], counts["opted_out"]) == (3, 2, 2)
    assert await channels(desk, "A1") == ["EMAIL"]
    assert await channels(desk, "A2") == ["AUTO_CALL", "PHONE", "SMS"]
    assert await channels(desk, "A3") == []


async def test_where_somebody_lived_who_was_erased_is_imported_with_an_opt_out_by_post(desk: Desk) -> None:
    head = "Account ID,Street,City,Postcode\n"
    await desk.run(head + "A1,12 Mill Lane,Sydney,2000\n")
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, await desk.customer("A1"))
    outcome = await desk.run(head + "A2,12 mill lane,SYDNEY,2000\nA3,13 Mill Lane,Sydney,2000\n")
    assert (outcome.counts["created"], outcome.counts["suppressed"]) == (2, 1)
    assert (await channels(desk, "A2"), await channels(desk, "A3")) == (["POST"], [])


async def test_whoever_agreed_since_is_not_opted_out_by_every_import_anew(desk: Desk) -> None:
    await listed(desk, "EMAIL", "quiet@example.com")
    await desk.run(HEAD + "A1,quiet@example.com,\n")
    customer_id = await desk.customer("A1")
    async with desk.hub.act(OPERATOR, Operation.CHOICE_RECORD) as act:
        firm = desk.world
        scope = Scope(customer_id, firm.organisation.id, firm.purposes["newsletter"].id, ["EMAIL"])
        await choices.give_consent(act, scope, Evidence("Yes, write to me.", "WEB"))
    before = json.loads((await desk.state(customer_id))["choices"])
    outcome = await desk.run(HEAD + "A1,quiet@example.com,0491570006\n")
    assert (outcome.counts["updated"], outcome.counts["opted_out"]) == (1, 0)
    assert json.loads((await desk.state(customer_id))["choices"]) == before


async def test_who_came_back_by_hand_lands_again_and_still_gets_no_marketing(desk: Desk) -> None:
    await desk.run(HEAD + "A1,grace@example.com,\n")
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, await desk.customer("A1"))
    assert (await desk.run(HEAD + "A2,grace@example.com,\n")).counts["rejected"] == 1
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_CREATE) as act:
        back = customers.NewCustomer(
            desk.world.organisation.id,
            "en",
            ["AU"],
            identifiers=[NewIdentifier("EMAIL", "grace@example.com")],
        )
        await customers.create(act, back)
    outcome = await desk.run(HEAD + "A3,grace@example.com,\n")
    assert (outcome.counts["created"], outcome.counts["suppressed"]) == (1, 1)
    assert await channels(desk, "A3") == ["EMAIL"]
