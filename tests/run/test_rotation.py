"""Another wrapping key while the hub works: killed again and again, nothing unreadable, nothing refused."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import changing, customers, profiles, rotation
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.changing import Changing
from hub.cli.rotating import PAUSE_SECONDS, turn
from hub.customers import NewCustomer
from hub.errors import Code, Refusal
from hub.identities import NewIdentifier
from hub.keyring import Keyring, Use, write
from hub.partners import exports
from hub.rights import intake, sealed
from hub.rights.asked import Asked
from hub.rights.intake import NewRequest
from hub.settings import load
from tests.conftest import Clone
from tests.run.conftest import Place
from tests.world import World, build_silent_world

KILLS = 10
WAIT_SECONDS = 0.1
LONG_WAIT_SECONDS = 3.0
"""Longer than any act lasts that began with the key of before."""


@pytest_asyncio.fixture
async def hubs(
    clone: Clone, worker_name: str, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Hub]]:
    """Three processes' hubs on a database of their own, with their keyring in one file."""
    monkeypatch.setattr(changing, "LOOK_SECONDS", WAIT_SECONDS / 4)
    monkeypatch.setattr("hub.cli.rotating.PAUSE_SECONDS", PAUSE_SECONDS / 20)
    write(keyring, tmp_path / "keyring.json")
    url = clone(f"hub_fresh_{worker_name}")
    settings = load(mode="run", data_dir=tmp_path)
    opened = [await Hub.open(settings, url) for _ in range(3)]
    yield opened
    for each in opened:
        await each.close()


async def meet(hub: Hub, world: World, number: int) -> UUID:
    """A new customer, with a request of their own; and the key of an export."""

    async def body(act: Act) -> UUID:
        new = NewCustomer(
            world.organisation.id, "en", ["AU"], identifiers=[NewIdentifier("EMAIL", f"p{number}@example.org")]
        )  # fmt: skip
        made = await customers.create(act, new)
        asked = NewRequest("COMPLAINT", made, "PHONE", Asked(text=f"Number {number}"), identified="IN_PERSON")
        await intake.receive(act, asked, world.organisation.id)
        wrapped = act.hub.vault.new_data_key(exports.OWNER, made)
        await act.execute(
            "INSERT INTO keys.partner_export_key (export_id, wrapped) VALUES ($1, $2)", made, wrapped
        )
        return made

    return await hub.perform(OPERATOR, Operation.CUSTOMER_CREATE, body)


async def unreadable(hub: Hub, world: World) -> list[str]:
    """Whose details do not open."""
    wrong: list[str] = []
    async with hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        rows = await ask.rows("SELECT customer_id, id FROM rights_request ORDER BY id")
        for row in rows:
            shown = await profiles.opened(ask, row["customer_id"], world.organisation.id)
            said, _ = await sealed.contents(ask, row["id"])
            await exports.key(ask, row["customer_id"])
            number = shown.identifiers[0].value.removeprefix("p").partition("@")[0]
            wrong += [] if said["text"] == f"Number {number}" else [str(row["id"])]
    return wrong


async def work(hubs: list[Hub], world: World, stop: asyncio.Event, failed: list[BaseException]) -> int:
    """Meet people and read of them by every process, until told to stop; returns how many were met."""
    number = 100
    while not stop.is_set():
        number += 1
        try:
            await meet(hubs[number % 3], world, number)
            assert await unreadable(hubs[(number + 1) % 3], world) == []
        except BaseException as error:  # noqa: BLE001 - every one of them is a finding
            failed.append(error)
        await asyncio.sleep(0)
    return number - 100


async def under(hub: Hub, *ids: str) -> int:
    """How many data keys lie under some wrapping keys."""
    async with hub.ask(OPERATOR, Operation.HUB_MAINTAIN) as ask:
        return await rotation.left(ask, [key for key in hub.vault.keyring.keys if key.id in ids])


async def test_it_is_killed_again_and_again_under_load_and_nothing_is_unreadable_or_refused(
    hubs: list[Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 7)
    world, path = await build_silent_world(hubs[0]), hubs[0].settings.data_dir / "keyring.json"
    async with hubs[0].act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        await act.hub.vault.plant(act)
        await act.record("hub.prepared")
    for number in range(30):
        await meet(hubs[0], world, number)
    old = Keyring.load(path.read_text()).current(Use.WRAP)
    stop, failed, dice = asyncio.Event(), list[BaseException](), random.Random(7)  # noqa: S311 - when it is killed
    working = asyncio.create_task(work(hubs, world, stop, failed))
    for _ in range(KILLS):
        rotating = asyncio.create_task(turn(hubs[0], path, WAIT_SECONDS))
        await asyncio.sleep(dice.uniform(0.01, 0.2))
        rotating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await rotating
    before = await today(hubs[0])
    ended = await turn(hubs[0], path, LONG_WAIT_SECONDS)
    days = range(before, await today(hubs[0]) + 1)
    stop.set()
    assert await working > 0
    assert failed == []
    assert old.id in ended
    assert await under(hubs[1], *ended) == 0
    assert await unreadable(hubs[2], world) == []
    for each in ended.values():
        assert each is not None
        assert each.toordinal() - hubs[0].settings.key_backup_days in days
    assert {each.vault.keyring.current(Use.WRAP).id for each in hubs} == {
        rotation.newest(hubs[0].vault.keyring).id
    }


async def today(hub: Hub) -> int:
    return (await hub.database.single().value("SELECT current_date")).toordinal()


async def test_whatever_holds_wrapped_keys_is_wrapped_anew(hubs: list[Hub]) -> None:
    sql = """
        SELECT format('keys.%s', table_name) AS name FROM information_schema.columns
        WHERE table_schema = 'keys' AND column_name = 'wrapped' ORDER BY 1
    """
    named = [row["name"] for row in await hubs[0].database.single().rows(sql)]
    assert named == sorted(each.table for each in rotation.SHELVES)


async def test_an_old_key_is_destroyed_on_its_day_and_not_while_anything_is_under_it(hubs: list[Hub]) -> None:
    hub, path = hubs[0], hubs[0].settings.data_dir / "keyring.json"
    world = await build_silent_world(hub)
    await meet(hub, world, 1)
    [old] = await turn(hub, path, WAIT_SECONDS)
    keyring = Keyring.load(path.read_text())

    async def refused(key_id: str) -> Code:
        async with hub.ask(OPERATOR, Operation.HUB_MAINTAIN) as ask:
            with pytest.raises(Refusal) as caught:
                await rotation.require_over(ask, keyring, key_id)
        return caught.value.code

    assert await refused(old) is Code.CONFLICT  # its day has not come
    assert await refused(keyring.current(Use.WRAP).id) is Code.NOT_FOUND
    assert await refused("wrap-00000000") is Code.NOT_FOUND
    assert await refused(keyring.current(Use.INDEX).id) is Code.NOT_FOUND
    connection = await asyncpg.connect(hub.database.url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        "UPDATE keys.retired SET retired_at = now() - $1::interval, ends_on = current_date",
        timedelta(days=35),
    )
    await connection.close()
    async with hub.ask(OPERATOR, Operation.HUB_MAINTAIN) as ask:
        await rotation.require_over(ask, keyring, old)
    write(keyring.without(old), path)
    await asyncio.sleep(WAIT_SECONDS)
    assert await unreadable(hubs[1], world) == []


async def test_what_is_written_with_the_old_key_meanwhile_is_wrapped_too(hubs: list[Hub]) -> None:
    hub, path = hubs[0], hubs[0].settings.data_dir / "keyring.json"
    world = await build_silent_world(hub)
    late = hubs[1]
    late.vault._changing = None  # a process that does not hear of it
    rotating = asyncio.create_task(turn(hub, path, WAIT_SECONDS))
    for number in range(20):
        await meet(late, world, number)
    [old] = await rotating
    assert await under(hub, old) >= 0
    await turn(hub, path, WAIT_SECONDS)
    assert await unreadable(hub, world) == []


def test_a_file_that_is_broken_or_anothers_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "LOOK_SECONDS", 0.0)
    keyring, path = Keyring.generate(), tmp_path / "keyring.json"
    write(keyring, path)
    watching = Changing(path)
    for text in ("{", keyring.dump()[:-9], Keyring.generate().dump(), "\x00"):
        path.write_text(text, encoding="utf-8")
        assert watching.read(keyring) is keyring
    path.unlink()
    assert watching.read(keyring) is keyring
    write(keyring.rotated(Use.WRAP), path)
    assert watching.read(keyring) == Keyring.load(path.read_text())


def test_the_commands_say_what_stands_in_the_way(place: Place) -> None:
    given = place.run("keys", "rotate", "--wait", "0")
    assert given.returncode == 2
    assert "HUB_KEYRING_FILE" in given.stderr
    file = place.folder / "ring.json"
    file.write_text(place.keyring, encoding="utf-8")
    named = {"HUB_KEYRING": "", "HUB_KEYRING_FILE": str(file)}
    done = place.run("keys", "rotate", "--wait", "0", **named)
    assert done.returncode == 0, done.stderr
    old = json.loads(place.keyring)["current"]["wrap"]
    assert f"hub keys destroy {old}" in done.stdout
    early = place.run("keys", "destroy", old, **named)
    assert (early.returncode != 0, "Backups may hold data keys" in early.stderr) == (True, True)
    assert old in file.read_text(encoding="utf-8")
