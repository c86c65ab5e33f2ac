"""Taking an import back."""

import json
from typing import Any
from uuid import UUID

import pytest

from hub import profiles
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.imports.reversing import reverse_import
from hub.profiles import NewValue
from tests.imports.conftest import Desk

HEAD = "Account ID,First Name,Email,Phone,City,Country,Status,Created\n"
JANE = "A1,Jane,jane@example.com,0491570006,Sydney,AU,Lead,2024-03-01\n"
SHOWN: dict[str, Any] = {"notice": "customers", "shown_how": "WEB"}


async def known_of(desk: Desk, customer: UUID) -> tuple[object, ...]:
    """What decisions and people read of a customer."""
    state = await desk.state(customer)
    standing = (state["jurisdictions"], state["relationship"], state["age"], state["erased"])
    return (await desk.shown(customer), standing, state["collections"], state["deliveries"])


async def test_what_an_import_changed_is_as_it_was_before(desk: Desk) -> None:
    await desk.run(HEAD + JANE, **SHOWN)
    jane = await desk.customer("A1")
    before = await known_of(desk, jane)
    poisoned = "A1,Jane,mallory@example.com,,Perth,GB,Active,2025-07-01\n"
    second = await desk.run(HEAD + poisoned, **SHOWN)
    assert await known_of(desk, jane) != before
    done = await desk.reverse(second)
    assert (done.erased, done.undone) == (0, 1)
    assert await known_of(desk, jane) == before


async def test_customers_of_whom_nothing_else_is_known_are_erased(desk: Desk) -> None:
    outcome = await desk.run(HEAD + JANE, **SHOWN)
    jane = await desk.customer("A1")
    done = await desk.reverse(outcome)
    assert done.erased == 1
    state = await desk.state(jane)
    assert (state["erased"], json.loads(state["collections"]), json.loads(state["deliveries"])) == (
        True,
        [],
        [],
    )
    for table in ("identifier", "profile_value", "import_row", "keys.customer_key"):
        assert await desk.rows(f"SELECT FROM {table} WHERE customer_id = $1", jane) == []


async def test_a_customer_somebody_else_speaks_of_stays_without_what_the_import_brought(desk: Desk) -> None:
    outcome = await desk.run(HEAD + JANE, **SHOWN)
    jane = await desk.customer("A1")
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await profiles.set_profile(
            act, jane, [NewValue("contact", "city", "Hobart")], desk.world.organisation.id
        )
    done = await desk.reverse(outcome)
    assert (done.erased, done.undone) == (0, 1)
    assert await desk.shown(jane) == {"city": "Hobart"}
    state = await desk.state(jane)
    assert (state["relationship"], state["erased"], json.loads(state["collections"])) == ("NONE", False, [])


async def test_opt_outs_stay_and_consents_are_withdrawn(desk: Desk) -> None:
    mapping = desk.file(
        '[[consents]]\ncolumn = "News"\npurpose = "newsletter"\nwording = "May we?"\ngiven = ["yes"]\n',
        "map.toml",
    )
    await desk.run(HEAD + JANE)
    outcome = await desk.run("Account ID,News\nA1,yes\nA2,yes\n", mapping=mapping)
    stopped = await desk.run("Account ID,Do Not Mail\nA1,1\n")
    assert (await desk.reverse(outcome)).withdrawn == 2
    await desk.reverse(stopped)
    said = {
        (one["kind"], one["action"])
        for one in json.loads((await desk.state(await desk.customer("A1")))["choices"])
    }
    assert said == {("CONSENT", "WITHDRAWN"), ("MARKETING", "OPTED_OUT")}


async def test_an_import_that_was_taken_back_can_be_made_again(desk: Desk) -> None:
    outcome = await desk.run(HEAD + JANE)
    await desk.reverse(outcome)
    again = await desk.run(HEAD + JANE)
    assert (again.counts["created"], again.was_finished) == (1, False)
    assert (await desk.shown(await desk.customer("A1")))["given_name"] == "Jane"


async def test_taking_back_is_recorded_and_doing_it_twice_changes_nothing(desk: Desk) -> None:
    outcome = await desk.run(HEAD + JANE)
    await desk.reverse(outcome)
    ledger, picture = await desk.ledger(), await desk.picture()
    assert (await desk.reverse(outcome)).was_reversed
    assert (await desk.ledger(), await desk.picture()) == (ledger, picture)


async def test_an_unknown_import_is_refused_and_nothing_changes(desk: Desk) -> None:
    ledger = await desk.ledger()
    with pytest.raises(Refusal) as refused:
        await reverse_import(desk.hub, OPERATOR, new_id())
    assert refused.value.code is Code.NOT_FOUND
    assert await desk.ledger() == ledger
