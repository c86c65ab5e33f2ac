"""Duplicates, within the file and against the hub: merged by rule, never over what the hub knows better."""

import json

import asyncpg
import pytest

from hub import choices, customers, identities, merges, profiles
from hub.actors import OPERATOR, WORKER, Operation
from hub.imports import landing
from hub.imports.rows import Stop
from hub.profiles import NewValue
from hub.said import Evidence, Scope
from tests.imports.conftest import Desk

HEAD = "Account ID,First Name,Last Name,Email,Phone,City,Status,Email Opt Out\n"
JANE = "A1,Jane,Citizen,jane@example.com,0491570006,Sydney,Active,\n"


async def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    first = await desk.run(HEAD + JANE)
    before, ledger = await desk.picture(), await desk.ledger()
    again = await desk.run(HEAD + JANE)
    assert again.was_finished
    assert again.import_id == first.import_id
    assert (await desk.picture(), await desk.ledger()) == (before, ledger)


async def test_an_export_with_its_rows_in_another_order_changes_nothing(desk: Desk) -> None:
    rows = [f"A{n},Given{n},Family,p{n}@example.com,,Leeds,Lead,{n % 2}\n" for n in range(20)]
    await desk.run(HEAD + "".join(rows))
    before = await desk.picture()
    again = await desk.run(HEAD + "".join(reversed(rows)))
    assert not again.was_finished
    assert again.counts["unchanged"] == 20
    assert await desk.picture() == before


async def test_rows_without_ids_in_another_order_change_nothing_either(desk: Desk) -> None:
    head, rows = "Name,Email\n", ["Jo Bloggs,shared@example.com\n", "Al Bloggs,shared@example.com\n"]
    first = await desk.run(head + "".join(rows))
    assert (first.counts["created"], first.counts["proposed"]) == (2, 1)
    before = await desk.picture()
    again = await desk.run(head + "".join(reversed(rows)))
    assert again.counts["unchanged"] == 2
    assert await desk.picture() == before


async def test_the_same_id_of_the_same_system_is_the_same_customer(desk: Desk) -> None:
    outcome = await desk.run(HEAD + "A1,Jane,,,,,,\n" + JANE)
    assert (outcome.counts["created"], outcome.counts["updated"], outcome.counts["duplicates"]) == (1, 1, 1)
    shown = await desk.shown(await desk.customer("A1"))
    assert (shown["family_name"], shown["EMAIL"], shown["city"]) == ("Citizen", "jane@example.com", "Sydney")


async def test_the_same_id_of_another_system_is_another_customer(desk: Desk) -> None:
    await desk.run(HEAD + JANE)
    outcome = await desk.run(HEAD + JANE, system="hubspot")
    assert (outcome.counts["created"], outcome.counts["proposed"]) == (1, 1)


async def test_a_system_spelt_with_capitals_is_the_same_system(desk: Desk) -> None:
    first = await desk.run(HEAD + JANE)
    again = await desk.run(HEAD + JANE, system=" SalesForce ")
    assert again.import_id == first.import_id


async def test_a_shared_email_or_phone_only_proposes_a_merge(desk: Desk) -> None:
    await desk.run(HEAD + JANE)
    outcome = await desk.run(HEAD + "A2,John,Citizen,jane@example.com,,,,\nA3,Ann,Other,,0491570006,,,\n")
    assert (outcome.counts["created"], outcome.counts["proposed"]) == (2, 2)
    rows = await desk.rows("SELECT survivor_id FROM customer WHERE id = ANY ($1)", await desk.people())
    assert all(row["survivor_id"] is None for row in rows)


@pytest.mark.slow
async def test_thousands_who_share_one_address_propose_a_handful_of_merges(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    many = 3_000
    outcome = await desk.run("Account ID,Email\n" + "".join(f"S{n},info@example.com\n" for n in range(many)))
    assert outcome.counts["created"] == many
    assert outcome.counts["proposed"] <= merges.SHARED_MOST * merges.PROPOSED_MOST
    assert outcome.counts["shared"] == many - merges.SHARED_MOST
    firm, last = desk.world.organisation.id, await desk.customer(f"S{many - 1}")
    read = await superuser.fetch(merges._SHARING, last, firm, merges.SHARED_MOST + 1)
    assert len(read) == merges.SHARED_MOST + 1
    async with desk.hub.act(WORKER, Operation.CUSTOMER_MERGE) as act:
        assert await merges.propose_merges(act, last, firm) == 0


async def test_what_an_import_wrote_an_import_may_change(desk: Desk) -> None:
    await desk.run(HEAD + JANE)
    outcome = await desk.run(HEAD + JANE.replace("Sydney", "Perth"))
    assert outcome.counts["updated"] == 1
    assert (await desk.shown(await desk.customer("A1")))["city"] == "Perth"


async def test_what_was_written_in_the_hub_stays(desk: Desk) -> None:
    await desk.run(HEAD + JANE)
    jane = await desk.customer("A1")
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await profiles.set_profile(
            act, jane, [NewValue("contact", "city", "Hobart")], desk.world.organisation.id
        )
    outcome = await desk.run(HEAD + JANE.replace("Sydney", "Perth"))
    assert outcome.counts["kept"] == 1
    assert (await desk.shown(jane))["city"] == "Hobart"


async def test_a_customer_with_a_verified_email_gets_no_other(desk: Desk) -> None:
    await desk.run(HEAD + JANE)
    jane = await desk.customer("A1")
    sql = "SELECT id FROM identifier WHERE customer_id = $1 AND kind = 'EMAIL'"
    [[email]] = await desk.rows(sql, jane)
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await identities.verify_identifier(act, email)
    outcome = await desk.run(HEAD + JANE.replace("jane@", "mallory@"))
    assert outcome.counts["kept"] == 1
    assert len(await desk.rows(sql, jane)) == 1


async def test_an_ended_email_does_not_come_back(desk: Desk) -> None:
    await desk.run(HEAD + JANE)
    jane = await desk.customer("A1")
    living = "SELECT id FROM identifier WHERE customer_id = $1 AND kind = 'EMAIL' AND ended_at IS NULL"
    [[email]] = await desk.rows(living, jane)
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await identities.end_identifier(act, email)
    await desk.run(HEAD + JANE.replace("Sydney", "Perth"))
    assert await desk.rows(living, jane) == []


async def test_an_import_cannot_clear_an_opt_out(desk: Desk) -> None:
    await desk.run(HEAD + JANE.replace("Active,", "Active,1"))
    jane = await desk.customer("A1")
    before = json.loads((await desk.state(jane))["choices"])
    await desk.run(HEAD + JANE.replace("Active,", "Active,0"))
    assert json.loads((await desk.state(jane))["choices"]) == before


async def test_an_opt_out_that_stands_is_not_added_twice(desk: Desk) -> None:
    await desk.run(HEAD + JANE.replace("Active,", "Active,1"))
    outcome = await desk.run(HEAD + JANE.replace("Sydney,Active,", "Perth,Active,1"))
    assert outcome.counts["opted_out"] == 0


async def test_an_opt_out_reaches_others_with_the_same_address_for_that_address(desk: Desk) -> None:
    await desk.run(HEAD + JANE)
    outcome = await desk.run("Email,Unsubscribed\njane@example.com,yes\n")
    assert outcome.counts["passed_on"] == 1
    [said] = json.loads((await desk.state(await desk.customer("A1")))["choices"])
    assert (said["kind"], said["action"], said["channel"]) == ("MARKETING", "OPTED_OUT", "EMAIL")


async def test_a_closed_relationship_is_not_opened_again(desk: Desk) -> None:
    await desk.run(HEAD + JANE.replace("Active", "Closed"))
    outcome = await desk.run(HEAD + JANE)
    assert outcome.counts["kept"] == 1
    assert (await desk.state(await desk.customer("A1")))["relationship"] == "CLOSED"


async def test_two_people_with_one_id_are_not_mixed(desk: Desk) -> None:
    outcome = await desk.run(HEAD + JANE + "A1,Bob,Builder,bob@example.com,,,,\n")
    assert (outcome.counts["created"], outcome.counts["rejected"]) == (1, 1)
    shown = await desk.shown(await desk.customer("A1"))
    assert (shown["given_name"], shown["EMAIL"]) == ("Jane", "jane@example.com")
    assert outcome.rejects
    assert "two people with one id" in outcome.rejects.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    "row", ["A1,,,,,,,\n", "A9,Jane,Citizen,jane@example.com,,,,\n", ",Jane,,,0491570006,,,\n"]
)
async def test_the_erased_do_not_come_back_by_id_email_or_phone(desk: Desk, row: str) -> None:
    await desk.run(HEAD + JANE)
    jane = await desk.customer("A1")
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, jane)
    before = await desk.picture()
    outcome = await desk.run(HEAD + row)
    assert (outcome.counts["created"], outcome.counts["rejected"]) == (0, 1)
    assert await desk.picture() == before


async def test_consents_come_only_with_their_wording_and_never_against_a_no(desk: Desk) -> None:
    mapping = desk.file(
        '[[consents]]\ncolumn = "News"\npurpose = "newsletter"\nchannel = "EMAIL"\n'
        'wording = "May we send you our newsletter?"\ngiven = ["ja"]\non = "News since"\n', "map.toml",
    )  # fmt: skip
    await desk.run(
        "Account ID,Do Not Call,News,News since\nA1,,ja,2025-01-02\nA2,1,ja,2025-01-02\nA3,,nein,\n",
        mapping=mapping,
    )
    said = {
        name: [one["kind"] for one in json.loads((await desk.state(await desk.customer(name)))["choices"])]
        for name in ("A1", "A2", "A3")
    }
    assert said == {"A1": ["CONSENT"], "A2": ["MARKETING", "MARKETING"], "A3": []}
    async with desk.hub.act(OPERATOR, Operation.CHOICE_WITHDRAW) as act:
        scope = Scope(
            await desk.customer("A1"), desk.world.organisation.id, desk.world.purposes["newsletter"].id
        )
        await choices.withdraw_consent(act, scope, Evidence("I take it back.", "WEB"))
    outcome = await desk.run("Account ID,City,News,News since\nA1,Perth,ja,2025-03-04\n", mapping=mapping)
    assert outcome.counts["consented"] == 0


async def test_what_hangs_in_the_seam_can_stop_marketing_to_a_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def suppressed(_ask: object, _organisation: object, rows: object) -> dict[int, list[Stop]]:
        return {row.line: [Stop("MARKETING", None)] for row in rows if "quiet" in row.emails[0].normalised}  # type: ignore[attr-defined]

    monkeypatch.setattr(landing, "STOPS", [suppressed])
    await desk.run("Account ID,Email\nA1,quiet@example.com\nA2,loud@example.com\n")
    said = {
        name: json.loads((await desk.state(await desk.customer(name)))["choices"]) for name in ("A1", "A2")
    }
    assert [one["action"] for one in said["A1"]] == ["OPTED_OUT"]
    assert said["A2"] == []
