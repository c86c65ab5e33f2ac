"""What an import makes of good rows: customers who can be found, decided about, and given a receipt."""

import asyncio
import json
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.imports.conftest import Desk

HEAD = (
    "Account ID,First Name,Last Name,Email Address,Mobile Phone,Country,State,Created Date,"
    "Email Opt Out,Status,Loyalty\n"
)
SALESFORCE = f"""{HEAD.strip()}
A1,Jane,Citizen,Jane.Citizen@Example.com,0491 570 006,Australia,NSW,2024-03-01,0,Customer,gold
A2,Élodie,Martin,elodie@example.fr,06 12 34 56 78,France,,2024-05-06,1,Prospect,
A3,محمد,العلوي,mohamed@example.ma,0612-345678,Maroc,,2025-01-02,no,Closed,
A4,Kim,Nguyen,kim@example.com,(415) 555-2671,USA,California,2025-02-03,false,Active,
"""


async def test_a_crm_export_lands_with_everything_it_says(desk: Desk) -> None:
    outcome = await desk.run(SALESFORCE)
    assert outcome.counts["created"] == outcome.rows == 4
    assert outcome.counts["rejected"] == 0
    assert outcome.rejects is None
    jane = await desk.customer("A1")
    assert await desk.shown(jane) == {
        "given_name": "Jane", "family_name": "Citizen", "country": "AU", "state": "NSW",
        "EMAIL": "jane.citizen@example.com", "PHONE": "+61491570006", "EXTERNAL": "A1",
    }  # fmt: skip
    state = await desk.state(jane)
    assert (state["jurisdictions"], state["relationship"]) == (["AU"], "ACTIVE")
    [intake, *_] = json.loads(state["collections"])
    assert datetime.fromisoformat(intake["at"]) == datetime(2024, 3, 1, 12, tzinfo=UTC)
    places = {
        name: (await desk.state(await desk.customer(name)))["jurisdictions"] for name in ("A2", "A3", "A4")
    }
    assert places == {"A2": ["EU"], "A3": ["MA"], "A4": ["US_CA"]}
    assert (await desk.shown(await desk.customer("A2")))["PHONE"] == "+33612345678"
    assert (await desk.state(await desk.customer("A3")))["relationship"] == "CLOSED"


async def test_columns_nobody_knows_are_named_and_left_out(desk: Desk) -> None:
    outcome = await desk.run(SALESFORCE)
    assert [column.header for column in outcome.columns if column.meaning is None] == ["Loyalty"]


async def test_an_opt_out_column_becomes_a_choice_that_decisions_read(desk: Desk) -> None:
    outcome = await desk.run(SALESFORCE)
    assert outcome.counts["opted_out"] == 1
    [said] = json.loads((await desk.state(await desk.customer("A2")))["choices"])
    assert (said["kind"], said["action"], said["channel"], said["method"]) == (
        "MARKETING",
        "OPTED_OUT",
        "EMAIL",
        "IMPORT",
    )


async def test_every_chunk_is_one_entry_with_a_line_for_each_customer(desk: Desk) -> None:
    outcome = await desk.run(SALESFORCE)
    entries = await desk.rows(
        """SELECT e.event, e.detail_count FROM ledger_entry e
           WHERE e.act_id IN (SELECT act_id FROM import_row WHERE import_id = $1)""",
        outcome.import_id,
    )
    assert [tuple(entry) for entry in entries] == [("customers.imported", 5)]
    jane = await desk.customer("A1")
    assert len(await desk.rows("SELECT FROM ledger_detail WHERE subject = $1", jane)) == 1


async def test_the_version_in_force_on_each_day_is_what_was_shown(desk: Desk) -> None:
    await desk.run(SALESFORCE, notice="customers", shown_how="WEB", optout_offered=True)
    shown = {
        name: json.loads((await desk.state(await desk.customer(name)))["deliveries"])
        for name in ("A1", "A2", "A4")
    }
    assert {one["version"] for all_of in shown.values() for one in all_of} == {
        str(desk.world.versions["v2"].id)
    }
    await desk.run(
        "Account ID,Email,Created\nB1,b1@example.com,2023-03-01\nB2,b2@example.com,2022-01-01\n"
        "B3,b3@example.com,2025-07-01\n",
        notice="customers", shown_how="WEB",
    )  # fmt: skip
    found = {
        name: [
            one["version"] for one in json.loads((await desk.state(await desk.customer(name)))["deliveries"])
        ]
        for name in ("B1", "B2", "B3")
    }
    versions = desk.world.versions
    assert found == {"B1": [str(versions["v1"].id)], "B2": [], "B3": [str(versions["v3"].id)]}


async def test_no_value_of_a_file_stands_in_the_database_in_clear(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    canary = "zzcanaryqx"
    await desk.run(f"Account ID,Name,Email\nid{canary},Jo {canary},{canary}@example.com\n")
    tables = await superuser.fetch(
        "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name "
        "FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'keys') AND table_type = 'BASE TABLE'"
    )
    for table in tables:
        hits = await superuser.fetchval(
            f"SELECT count(*) FROM {table['name']} t WHERE t::text ILIKE $1 OR t::text ILIKE $2",
            f"%{canary}%", f"%{canary.encode().hex()}%",
        )  # fmt: skip
        assert hits == 0, table["name"]


async def test_a_minor_is_known_as_one(desk: Desk) -> None:
    year = datetime.now(UTC).year
    await desk.run(f"Account ID,Birthdate\nM1,{year - 10}-01-01\nM2,{year - 40}-01-01\n")
    assert (await desk.state(await desk.customer("M1")))["age"] == "UNDER_13"
    assert (await desk.state(await desk.customer("M2")))["age"] == "ADULT"


async def test_a_trial_run_tells_what_would_happen_and_changes_nothing(desk: Desk) -> None:
    ledger, again = (
        await desk.ledger(),
        SALESFORCE + SALESFORCE.splitlines()[1] + "\nA1,Jane,Citizen,,,,,,,,\n",
    )
    trial = await desk.run(again, is_trial=True)
    assert await desk.people() == []
    assert await desk.ledger() == ledger
    real = await desk.run(again)
    assert trial.import_id is None
    assert {name: trial.counts[name] for name in ("created", "unchanged", "rejected", "duplicates")} == {
        name: real.counts[name] for name in ("created", "unchanged", "rejected", "duplicates")
    }


async def test_two_files_with_the_same_ids_at_once_make_each_customer_once(desk: Desk) -> None:
    rows = [f"A{number},Jo{number},p{number}@example.com\n" for number in range(400)]
    one = desk.file("Account ID,First Name,Email\n" + "".join(rows), "one.csv")
    two = desk.file("Account ID,First Name,Email\n" + "".join(reversed(rows)), "two.csv")
    first, second = await asyncio.gather(desk.run(one), desk.run(two))
    assert first.counts["created"] + second.counts["created"] == 400
    assert first.counts["unchanged"] + second.counts["unchanged"] == 400
    assert len(await desk.people()) == 400


@pytest.mark.parametrize(("characters", "landed"), [(4_000, 1), (4_001, 0)])
async def test_the_limit_of_a_value_is_a_limit(desk: Desk, characters: int, landed: int) -> None:
    outcome = await desk.run(f"Account ID,Name\nA1,{'x' * characters}\n")
    assert outcome.counts["created"] == landed
