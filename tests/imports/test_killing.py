"""kill -9 in the middle of an import: run again, it ends as if nothing had happened."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.imports.conftest import Desk

ROWS = 3_000
CHILD = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from hub.act import Hub
from hub.actors import OPERATOR
from hub.imports import running
from hub.imports.terms import Options
from hub.settings import load

running.CHUNK_ROWS = 100

async def main(url, file, firm):
    hub = await Hub.open(load(mode="run", metrics_token="metrics-for-tests"), url)
    shown = {"notice": "customers", "shown_how": "WEB"}
    said = Options(organisation=UUID(firm), system="salesforce", jurisdiction="AU", **shown)
    def moved(line, lines):
        print(line, flush=True)
    outcome = await running.import_customers(hub, OPERATOR, Path(file), said, progress=moved)
    print("done", outcome.rows, outcome.rows_before, flush=True)
    await hub.close()

asyncio.run(main(*sys.argv[1:]))
"""


def content(rows: int = ROWS) -> str:
    """Rows of every kind: fresh, again, merged, sharing addresses, opting out, broken."""
    chance = random.Random(7)  # noqa: S311 - the same file every time
    lines = ["Account ID,First Name,Email,Phone,Created,Email Opt Out,City"]
    for number in range(rows):
        external = f"A{chance.randrange(rows)}" if chance.random() < 0.1 else f"A{number}"
        email = f"p{chance.randrange(rows * 4)}@example.com" if chance.random() < 0.97 else "broken"
        phone = f"04{chance.randrange(10**7, 10**8)}" if chance.random() < 0.5 else ""
        day = f"202{chance.randrange(3, 6)}-0{chance.randrange(2, 9)}-15"
        lines.append(
            f"{external},Jo,{email},{phone},{day},{chance.randrange(10) == 0:d},City {chance.randrange(9)}"
        )
    return "\n".join(lines) + "\n"


async def start(desk: Desk, path: Path) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "HUB_KEYRING": desk.hub.vault.keyring.dump(),
        "HUB_DATA_DIR": str(desk.hub.settings.data_dir),
    }
    arguments = (desk.hub.database.url, str(path), str(desk.world.organisation.id))
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, *arguments, stdout=asyncio.subprocess.PIPE, env=environment
    )


async def finish(desk: Desk, path: Path) -> list[str]:
    child = await start(desk, path)
    out, _ = await asyncio.wait_for(child.communicate(), 300)
    assert child.returncode == 0
    return out.decode().split("\n")[-2].split()


@pytest.mark.chaos
@pytest.mark.slow
async def test_a_killed_import_run_again_ends_like_one_that_was_not(
    desk: Desk, another_desk: Callable[[], Awaitable[Desk]]
) -> None:
    undisturbed, path = await another_desk(), desk.file(content())
    assert await finish(undisturbed, undisturbed.file(content())) == ["done", str(ROWS), "0"]
    chance = random.Random()  # noqa: S311 - another moment every time
    kills = 0
    for _ in range(6):
        child = await start(desk, path)
        assert child.stdout
        for _ in range(chance.randrange(1, 6)):
            if not await child.stdout.readline():
                break
        await asyncio.sleep(chance.random() * 0.1)
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
            kills += 1
        await child.communicate()
    assert kills >= 3
    [done, rows, before] = await finish(desk, path)
    assert (done, rows) == ("done", str(ROWS))
    assert int(before) > 0
    mine, theirs = await picture(desk), await picture(undisturbed)
    assert mine == theirs
    assert (desk.folder / "crm.rejects.csv").read_bytes() == (
        undisturbed.folder / "crm.rejects.csv"
    ).read_bytes()


async def picture(desk: Desk) -> object:
    """What a firm's import left, with what differs between firms by its nature taken out."""
    people = await desk.people()
    found = {
        "identifiers": "SELECT kind, blind FROM identifier WHERE customer_id = ANY ($1)",
        "customers": "SELECT kind, locale FROM customer WHERE id = ANY ($1)",
        "events": "SELECT aspect, value FROM customer_event WHERE customer_id = ANY ($1)",
        "choices": "SELECT kind, action, channel, wording_sha256 FROM choice WHERE customer_id = ANY ($1)",
        "collections": """SELECT happened_at, cardinality(categories), shown_how FROM collection
                          WHERE customer_id = ANY ($1)""",
        "deliveries": "SELECT happened_at, how, locale FROM delivery WHERE customer_id = ANY ($1)",
        "states": """SELECT jurisdictions, relationship,
                            (SELECT count(*) FROM words_at(s.customer_id, s.organisation_id, now())),
                            (SELECT count(*) FROM intakes_at(s.customer_id, s.organisation_id, now()))
                     FROM customer_standing s WHERE customer_id = ANY ($1)""",
        "values": "SELECT field, previous IS NULL FROM profile_value WHERE customer_id = ANY ($1)",
        "proposals": "SELECT reason FROM merge_proposal WHERE newer_id = ANY ($1)",
        "lines": """SELECT count(*) FROM ledger_detail d JOIN ledger_entry e ON e.id = d.entry_id
                    WHERE d.subject = ANY ($1) AND e.event = 'customers.imported'""",
    }
    rows = {name: sorted(map(repr, await desk.rows(sql, people))) for name, sql in found.items()}
    [batch] = await desk.rows(
        "SELECT rows_done, counts, finished_at IS NOT NULL FROM import_batch WHERE organisation_id = $1",
        desk.world.organisation.id,
    )
    return rows, tuple(batch)


@pytest.mark.slow
@pytest.mark.parametrize(
    "many", [pytest.param(1_000, id="few"), pytest.param(ROWS, id="many", marks=pytest.mark.chaos)]
)
async def test_of_two_processes_with_one_file_both_leave_it_imported_once(desk: Desk, many: int) -> None:
    path = desk.file(content(many))
    children = [await start(desk, path) for _ in range(2)]
    for child in children:
        await asyncio.wait_for(child.communicate(), 300)
    await finish(desk, path)
    [[rows, created]] = await desk.rows(
        "SELECT rows_done, (counts ->> 'created')::integer FROM import_batch WHERE organisation_id = $1",
        desk.world.organisation.id,
    )
    assert rows == many
    assert created == len(await desk.people())
