"""Steps that give a part: whole or absent, once in effect, without what the law never lets out."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub import storage
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.db import new_id
from hub.errors import Code
from hub.rights import conduct, fulfilling, gathered, packages, sealed, systems
from hub.rights.outcomes import Step, StepState
from hub.rights.packages import Access
from hub.rights.parts import Destination, Held, Writing, lines_of, withheld
from hub.rights.requests import Request
from hub.storage import Stored
from tests.domain.firm import email
from tests.rights.copies import (
    anna,
    as_worker,
    build,
    connect,
    copied,
    gather,
    opened,
    package_of,
    parts_of,
    pieces,
    planned,
    shop_at,
)
from tests.rights.desk import Desk
from workers import asking, exporting, rights
from workers import packages as building
from workers.connectors.connector import Broken, Done, Evidence, Nothing, Place, Row
from workers.settling import Settling

CARD = {"card": ("user.financial.credit_card",), "name": ("user.name",), "licence": ("user.government_id.x",)}


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """A shop with two customers."""
    return shop_at(tmp_path)


async def rows(*items: Any) -> AsyncIterator[Any]:
    """An export as a connector gives it."""
    for each in items:
        yield each


def row(**values: Any) -> Row:
    return Row("crm", "people", values, {name: CARD.get(name, ()) for name in values})


DONE = Done(Evidence((Place("crm", "people", 2, {"name": "exported"}),)))


async def waiting(desk: Desk, place: str = "EU") -> tuple[Request, Step]:
    """A request whose own step waits."""
    request = await desk.receive(
        await desk.firm.customer(jurisdictions=[place], identifiers=[email(f"{new_id()}@x.example")]),
        "ACCESS",
    )
    [step] = [each for each in await planned(desk, request) if each.kind == "HUB"]
    claimed = await as_worker(desk, fulfilling.claim, step.id)
    return request, claimed


async def towards(desk: Desk, request: Request) -> Destination:
    """Where the parts of a request go."""
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        return Destination(request, await sealed.open_key(ask, request.id))


async def lines(desk: Desk, request: Request, place: str) -> list[dict[str, Any]]:
    """What a part holds."""
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        key = await sealed.open_key(ask, request.id)
    return [values async for _, values in lines_of(storage.read(desk.firm.hub, place, key))]


def objects(desk: Desk, request: Request) -> list[Path]:
    """What lies in the storage of one request."""
    folder = storage.folder(desk.firm.hub.settings)
    assert folder is not None
    return [each for each in (folder / f"requests/{request.id}").rglob("*") if each.is_file()]


async def test_rows_are_written_as_they_come_and_read_back(desk: Desk) -> None:
    request, _ = await waiting(desk)
    exported = await exporting.take(
        desk.firm.hub, await towards(desk, request), rows(row(name="Ann"), row(name="Bob", age=3), DONE)
    )
    assert exported.part is not None
    assert [(each.collection, each.rows, each.fields) for each in exported.part.shapes] == [
        ("crm.people", 2, {"name": ["user.name"], "age": []})
    ]
    assert await lines(desk, request, exported.part.stored.place) == [
        {"name": "Ann"},
        {"name": "Bob", "age": 3},
    ]


@pytest.mark.parametrize("end", [Broken("It went away."), None])
async def test_an_export_that_breaks_off_leaves_nothing(desk: Desk, end: Broken | None) -> None:
    request, _ = await waiting(desk)
    given = rows(row(name="Ann"), *([end] if end else []))
    exported = await exporting.take(desk.firm.hub, await towards(desk, request), given)
    assert isinstance(exported.outcome, Broken)
    assert exported.part is None
    assert objects(desk, request) == []


async def test_an_export_that_says_nothing_at_all_has_not_found_nothing(desk: Desk) -> None:
    request, _ = await waiting(desk)
    exported = await exporting.take(desk.firm.hub, await towards(desk, request), rows())
    assert (exported.outcome, exported.part) == (exporting.UNSAID, None)
    assert objects(desk, request) == []


async def test_nothing_found_writes_nothing(desk: Desk) -> None:
    request, _ = await waiting(desk)
    exported = await exporting.take(desk.firm.hub, await towards(desk, request), rows(Nothing()))
    assert (exported.outcome, exported.part) == (Nothing(), None)
    assert objects(desk, request) == []


async def test_what_california_never_lets_out_is_not_even_written(desk: Desk) -> None:
    request, _ = await waiting(desk, "US_CA")
    given = rows(
        row(name="Ann", card="4111 1111", licence="D-1"),
        row(name="Bob", card="4222 2222", licence="D-2"),
        DONE,
    )
    exported = await exporting.take(desk.firm.hub, await towards(desk, request), given)
    assert exported.part is not None
    [shape] = exported.part.shapes
    assert (set(shape.withheld), list(shape.fields)) == ({"card", "licence"}, ["name"])
    assert await lines(desk, request, exported.part.stored.place) == [{"name": "Ann"}, {"name": "Bob"}]
    assert withheld(["UK", "EU"]) == ()


async def test_a_step_that_is_done_again_replaces_its_part(
    desk: Desk, shop: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, shop)
    request = await desk.receive(await anna(desk), "ACCESS")
    [step] = [each for each in await planned(desk, request) if each.name == "Shop"]
    claimed = await as_worker(desk, fulfilling.claim, step.id)
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        [work] = await systems.prepare(ask, [claimed])
    late = await asking.ask_system(desk.firm.hub, work)
    await superuser.execute("SET session_replication_role = replica")
    back = "UPDATE rights_step SET lease_until = now() - interval '1 second' WHERE id = $1"
    await superuser.execute(back, step.id)
    await superuser.execute("SET session_replication_role = origin")
    await rights.step(desk.firm.hub, step.id)
    [mine] = [each for each in await parts_of(desk, request) if each.step_id == step.id]
    await Settling(desk.firm.hub, request.id).note(claimed, late)  # comes too late, and is swept
    assert [each.id for each in await parts_of(desk, request) if each.step_id == step.id] == [mine.id]
    assert len(objects(desk, request)) == 2
    await storage.sweep(desk.firm.hub, timedelta(seconds=-2))
    assert [str(each).endswith(mine.place) for each in objects(desk, request)] == [True]


async def test_what_is_taken_back_while_it_is_exported_gets_no_part(desk: Desk, shop: str) -> None:
    await connect(desk, shop)
    request = await desk.receive(await anna(desk), "ACCESS")
    [step] = [each for each in await planned(desk, request) if each.name == "Shop"]
    claimed = await as_worker(desk, fulfilling.claim, step.id)
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        [work] = await systems.prepare(ask, [claimed])
    late = await asking.ask_system(desk.firm.hub, work)
    await desk.do(conduct.withdraw, request.id)
    before = await planned(desk, request), await desk.kinds(request)
    await Settling(desk.firm.hub, request.id).note(claimed, late)
    assert (await planned(desk, request), await desk.kinds(request)) == before
    assert await parts_of(desk, request) == []
    await storage.sweep(desk.firm.hub, timedelta(seconds=-2))
    assert objects(desk, request) == []


async def test_a_storage_that_is_away_fails_the_step_and_it_is_tried_again(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "none").write_text("no folder")
    request, step = await waiting(desk)
    hub = desk.firm.hub
    away = hub.settings.model_copy(update={"storage_url": (tmp_path / "none").as_uri()})
    exported = await exporting.own(Hub(away, hub.database, hub.vault), step)
    assert isinstance(exported.outcome, Broken)
    await Settling(hub, request.id).note(step, exported)
    [failed] = [each for each in await planned(desk, request) if each.kind == "HUB"]
    assert failed.state is StepState.FAILED
    assert failed.next_at is not None
    assert "storage" in str(failed.why)


async def stored_file(desk: Desk, request: Request, content: bytes = b"a scan") -> Stored:
    """A file as an upload stores it."""
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        key = await sealed.open_key(ask, request.id)
    return await storage.keep(desk.firm.hub, f"requests/{request.id}/files/{new_id()}", key, pieces(content))


async def test_files_found_by_hand_are_in_the_package(desk: Desk) -> None:
    request = await desk.receive(await anna(desk), "ACCESS")
    [step] = [each for each in await planned(desk, request) if each.kind == "MANUAL"]
    stored = await stored_file(desk, request)
    await desk.do(gathered.add_file, request.id, stored, "Scan of 1998.PDF", "application/pdf", step.id)
    await copied(desk, request)
    archive = await opened(desk, request)
    assert archive.read("files/1-scan-of-1998.pdf") == b"a scan"
    assert b"Scan of 1998.PDF" in archive.read("index.html")


async def test_a_file_is_not_added_to_what_has_ended_or_is_no_copy_or_is_anothers(
    desk: Desk, other_desk: Desk
) -> None:
    ended = await desk.receive(await anna(desk), "ACCESS")
    await desk.do(conduct.withdraw, ended.id)
    other = await desk.receive(await desk.firm.customer(), "OBJECTION", purpose_id=desk.firm.purposes[0])
    theirs = await other_desk.receive(await anna(other_desk), "ACCESS")
    for request, code in ((ended, Code.CONFLICT), (other, Code.CONFLICT), (theirs, Code.NOT_FOUND)):
        stored = Stored(f"requests/{request.id}/files/{new_id()}", 1, bytes(32))
        await desk.refused(
            code,
            ("request",),
            lambda r=request, s=stored: desk.do(gathered.add_file, r.id, s, "x.pdf", "application/pdf"),
        )


async def test_of_what_ended_without_a_release_nothing_is_kept(desk: Desk, shop: str) -> None:
    await connect(desk, shop)
    request = await desk.receive(await anna(desk), "ACCESS")
    await copied(desk, request)
    assert len(objects(desk, request)) == 3
    await desk.do(conduct.withdraw, request.id)
    await building.expire(desk.firm.hub)
    assert objects(desk, request) == []
    assert (await package_of(desk, request)).state is Access.EXPIRED
    assert await parts_of(desk, request) == []


async def test_a_released_package_is_deleted_on_its_day_and_not_before(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await desk.receive(await anna(desk), "ACCESS")
    await copied(desk, request)
    await desk.do(conduct.answer, request.id, "Here it is.")
    await building.expire(desk.firm.hub)
    assert (await package_of(desk, request)).state is Access.RELEASED
    await superuser.execute("SET session_replication_role = replica")
    back = timedelta(days=desk.firm.hub.settings.package_days, minutes=1)
    await superuser.execute(
        "UPDATE package SET released_at = released_at - $1::interval, until_at = until_at - $1::interval",
        back,
    )
    await superuser.execute("SET session_replication_role = origin")
    await desk.refused(Code.NOT_FOUND, ("request",), lambda: desk.do(packages.opened, request.id))
    await building.expire(desk.firm.hub)
    assert (await package_of(desk, request)).state is Access.EXPIRED
    assert objects(desk, request) == []


async def test_a_package_whose_job_was_lost_is_built_all_the_same(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await desk.receive(await anna(desk), "ACCESS")
    await gather(desk, request)
    await superuser.execute("DELETE FROM procrastinate_jobs")
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE package SET begun_at = begun_at - interval '1 hour'")
    await superuser.execute("SET session_replication_role = origin")
    await building.resume(desk.firm.hub)
    sql = "SELECT args ->> 'package_id' AS id FROM procrastinate_jobs WHERE task_name = 'packages.build'"
    assert str((await package_of(desk, request)).id) in {each["id"] for each in await superuser.fetch(sql)}
    assert (await build(desk, request)).state is Access.BUILT
    await build(desk, request)
    assert len([each for each in objects(desk, request) if "packages" in each.parts]) == 1


def test_a_line_is_short_json_and_the_shape_holds_no_value() -> None:
    writing = Writing(["EU"])
    said = writing.line(Held("crm.people", {"name": "Ann", "born": None}, {"name": ("user.name",)}))
    assert said == b'{"n":0,"v":{"name":"Ann","born":null}}\n'
    assert "Ann" not in json.dumps([vars_of(each) for each in writing.shapes])


def vars_of(shape: Any) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in ("collection", "rows", "fields", "withheld")}
