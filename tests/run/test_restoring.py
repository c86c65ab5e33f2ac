"""A backup from before an erasure: shut until it has been finished, and then nobody who was erased is in it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count as numbers
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from hub import anchors, customers, journal, restoring
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.auth import staff
from hub.identities import NewIdentifier
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key
from hub.sealing import seal_once
from hub.settings import load
from tests.run.conftest import Place
from tests.world import World, build_silent_world
from workers import customers as jobs

ALL, GONE = 120, 12


async def opened(place: Place) -> Hub:
    return await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)


async def people(place: Place) -> tuple[World, list[UUID]]:
    """A firm with many customers, a letter that waits, and somebody who was invited to its desk."""
    hub = await opened(place)
    world = await build_silent_world(hub)

    async def meet(act: Act) -> list[UUID]:
        return [
            await customers.create(act, customers.NewCustomer(
                world.organisation.id, "en", ["AU"], identifiers=[NewIdentifier("EMAIL", f"p{number}@example.org")]
            ))
            for number in range(ALL)
        ]  # fmt: skip

    made = await hub.perform(OPERATOR, Operation.CUSTOMER_CREATE, meet)
    async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        values = {"count": 1, "overdue": 0, "requests": "PH-1", "link": "/desk"}
        await send(act, NewLetter(world.organisation.id, Key.DESK_REMINDER, "desk@example.org", "en", values))
    async with hub.act(OPERATOR, Operation.STAFF_MANAGE) as act:
        await staff.invite(act, world.organisation.id, "Ruth Okafor", "ruth@firm.example", ["staff:conduct"])
    await hub.close()
    return world, made


async def forget(place: Place, some: Sequence[UUID]) -> None:
    """Erase them, and let the worker write it outside, and the sealer seal it."""
    hub = await opened(place)
    for customer_id in some:
        async with hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
            await customers.erase(act, customer_id)
    await jobs.journal_fresh(hub)
    await jobs.journal_all(hub)
    async with hub.database.sealer() as connection:
        seal = await seal_once(connection, hub.vault.keyring)
    assert seal
    anchors.append(hub.settings.anchors, seal.statement, seal.signature)
    await hub.close()


def count(place: Place, sql: LiteralString, *given: object) -> int:
    with psycopg.connect(place.url) as connection:
        row = connection.execute(sql, given).fetchone()
    assert row
    return int(row[0])


KEYS = "SELECT count(*) FROM keys.customer_key WHERE customer_id = ANY (%s)"


@pytest.fixture
def older(place: Place, clone: Callable[..., str], worker_name: str) -> Callable[[], Place]:
    """Copies the database as it is now, as a backup would."""
    made = numbers()

    def copy() -> Place:
        name = urlsplit(place.url).path.removeprefix("/")
        return Place(clone(f"hub_older_{worker_name}_{next(made)}", name), place.folder, place.keyring)

    return copy


def test_the_erased_of_an_older_backup_are_erased_again_before_it_is_opened(
    place: Place, older: Callable[[], Place]
) -> None:
    _, everybody = asyncio.run(people(place))
    gone, stay = everybody[:GONE], everybody[GONE:]
    again = older()
    asyncio.run(forget(place, gone))
    journal = (place.folder / "erasures.ndjson").read_text()
    assert len(journal.splitlines()) == 2 * GONE
    assert not any(str(each) in journal for each in everybody)
    assert "@" not in journal

    assert place.run("restore", "finish").returncode == 1, "of the living database nothing is to be finished"
    refused = again.run("serve")
    assert (refused.returncode, "hub restore finish" in refused.stderr) == (78, True)
    assert again.run("check").returncode == 1
    assert count(again, KEYS, gone) == GONE

    done = again.run("restore", "finish", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "erased": GONE, "never_met": 0, "listed": GONE, "signed_out": 1, "letters": 1, "seals_lost": 1,
    }  # fmt: skip
    live = "SELECT count(*) FROM staff_invitation WHERE ended_at IS NULL OR authenticator IS NOT NULL"
    assert (count(place, live), count(again, live)) == (1, 0)
    assert (count(again, KEYS, gone), count(again, KEYS, stay)) == (0, ALL - GONE)
    assert count(again, "SELECT count(*) FROM letter WHERE state = 'QUEUED'") == 0
    assert count(again, "SELECT count(*) FROM suppression") == GONE
    assert again.run("check").returncode == 0
    assert again.run("restore", "finish").returncode == 1


def test_a_finish_that_died_on_its_way_leaves_the_hub_shut_and_is_run_again(
    place: Place, older: Callable[[], Place]
) -> None:
    before = older()
    _, everybody = asyncio.run(people(place))
    gone = everybody[:3]
    again = older()
    asyncio.run(forget(place, gone))

    async def die_before_the_end() -> bool:
        hub = await opened(again)
        lines = journal.read(hub.settings.erasures)
        await hub.perform(OPERATOR, Operation.HUB_MAINTAIN, lambda act: restoring._begin(act, lines))
        assert await restoring._erase(hub, lines) == 3
        lost = await restoring.lost(hub.database.single(), hub.settings, hub.vault)
        await hub.close()
        return lost.is_nothing

    assert not asyncio.run(die_before_the_end())
    assert again.run("serve").returncode == 78
    assert json.loads(again.run("restore", "finish", "--json").stdout)["erased"] == 0
    assert (again.run("check").returncode, count(again, KEYS, gone)) == (0, 0)

    stranger = before.run("restore", "finish", "--json")
    assert json.loads(stranger.stdout) == {
        "erased": 0, "never_met": 3, "listed": 0, "signed_out": 0, "letters": 0, "seals_lost": 1,
    }  # fmt: skip
    assert before.run("check").returncode == 0


def test_a_journal_is_written_by_many_at_once_and_survives_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "erasures.ndjson"
    said = [
        f'{{"erased":"{number:064x}","key":"index-1","on":"2026-11-26"}}\n'.encode() for number in range(40)
    ]
    parts = [said[start : start + 10] for start in (0, 5, 10, 15, 20, 25, 30, 0)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(journal.append, [path] * len(parts), parts))
    assert sorted(path.read_bytes().splitlines(keepends=True)) == said
    with path.open("ab") as file:
        file.write(b'{"erased":"00')
    journal.append(path, [*said, said[0].replace(b"index-1", b"index-2")])
    assert len(journal.read(path)) == 41
    assert journal.read(tmp_path / "absent") == []


def test_a_journal_that_cannot_be_read_keeps_the_hub_shut_and_is_named(place: Place) -> None:
    (place.folder / "erasures.ndjson").mkdir()
    refused = place.run("serve")
    assert (refused.returncode, "journal" in refused.stderr) == (78, True)
    assert "Traceback" not in refused.stderr
    checked = place.run("check")
    assert (checked.returncode, "journal" in checked.stdout, checked.stderr) == (1, True, "")
