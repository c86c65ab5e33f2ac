"""A copy is looked at, shortened with reasons, and fetched by nobody but whom it is about."""

import json
from pathlib import Path

import asyncpg
import pytest

from hub import storage
from hub.act import Act
from hub.actors import Actor, Operation, customer, guest
from hub.auth.sessions import Known
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.packaging import previewing
from hub.packaging.pages import WORDS
from hub.rights import conduct, fetching, packages, redactions, sealed
from hub.rights.gathered import Part
from hub.rights.packages import Access, Opened
from hub.rights.redactions import NewRedaction
from hub.rights.requests import Request
from hub.storage import CHUNK_BYTES, SEALED_BYTES
from tests.rights.copies import (
    Page,
    anna,
    build,
    connect,
    copied,
    opened,
    package_of,
    parts_of,
    pieces,
    shop_at,
)
from tests.rights.desk import Desk
from tests.rights.test_exporting import objects
from workers import packages as building

ORDERS = "shop.orders"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """A shop with two customers."""
    return shop_at(tmp_path)


async def built(desk: Desk, shop: str, place: str = "EU") -> tuple[Request, Part]:
    """A request whose copy is built, and the part of the shop."""
    await connect(desk, shop)
    request = await desk.receive(await anna(desk, place), "ACCESS")
    await copied(desk, request)
    [part] = [each for each in await parts_of(desk, request) if each.system == "Shop"]
    return request, part


async def rows(desk: Desk, request: Request, collection: str) -> list[dict[str, object]]:
    """What the customer would read."""
    data = json.loads((await opened(desk, request)).read("data.json"))
    numbers = [each["number"] for each in data["about"]["collections"] if each["collection"] == collection]
    return [row["values"] for row in data["rows"] if row["collection"] in numbers]


async def redact(
    desk: Desk, request: Request, part: Part, reason: str = "OTHER_PERSON", **what: object
) -> None:
    """Take something out and build again."""
    await desk.do(redactions.redact, request.id, NewRedaction(part.id, reason, **what))  # type: ignore[arg-type]
    await build(desk, request)


async def test_a_field_a_range_of_rows_and_a_collection_are_taken_out_and_said(desk: Desk, shop: str) -> None:
    request, part = await built(desk, shop)
    whole = await rows(desk, request, ORDERS)
    field = next(iter(whole[0]))
    await redact(desk, request, part, collection=ORDERS, field=field)
    assert await rows(desk, request, ORDERS) == [
        {k: v for k, v in row.items() if k != field} for row in whole
    ]
    await redact(desk, request, part, "SECURITY", collection=ORDERS, first_row=1, last_row=1)
    assert len(await rows(desk, request, ORDERS)) == len(whole) - 1
    await redact(desk, request, part, "TRADE_SECRET", collection="shop.addresses")
    assert await rows(desk, request, "shop.addresses") == []
    archive = await opened(desk, request)
    said = Page(archive.read("index.html").decode()).sections["left-out"]
    for reason in ("OTHER_PERSON", "SECURITY", "TRADE_SECRET"):
        assert WORDS["en"]["reasons"][reason] in said
    for name in archive.namelist():
        assert not (name.startswith("tables/") and "addresses" in name)
    assert (await package_of(desk, request)).number == 4


async def test_what_was_taken_out_can_be_put_back_until_it_is_released(desk: Desk, shop: str) -> None:
    request, part = await built(desk, shop)
    whole = await rows(desk, request, ORDERS)
    await redact(desk, request, part, collection=ORDERS)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        [made] = await redactions.of(ask, request.id)
    await desk.do(redactions.restore, made.id)
    await build(desk, request)
    assert await rows(desk, request, ORDERS) == whole
    await desk.do(conduct.answer, request.id, "Here it is.")
    new = NewRedaction(part.id, "SECURITY", ORDERS)
    await desk.refused(Code.CONFLICT, ("request",), lambda: desk.do(redactions.redact, request.id, new))
    await desk.refused(Code.CONFLICT, ("request",), lambda: desk.do(packages.rebuild, request.id))


@pytest.mark.parametrize(
    ("what", "code", "path"),
    [
        ({"reason": "BECAUSE"}, Code.INVALID, ("reason",)),
        ({"part_id": new_id()}, Code.NOT_FOUND, ("part",)),
        ({"collection": "shop.made_up"}, Code.NOT_FOUND, ("collection",)),
        ({"collection": ORDERS, "field": "made_up"}, Code.NOT_FOUND, ("field",)),
        ({"field": "email"}, Code.INVALID, ("collection",)),
        ({"collection": ORDERS, "first_row": 1}, Code.INVALID, ("last_row",)),
        ({"collection": ORDERS, "first_row": 0, "last_row": 1}, Code.INVALID, ("last_row",)),
        ({"collection": ORDERS, "first_row": 2, "last_row": 1}, Code.INVALID, ("last_row",)),
        ({"collection": ORDERS, "first_row": 1, "last_row": 99}, Code.INVALID, ("last_row",)),
    ],
)
async def test_what_is_not_there_is_not_taken_out(
    desk: Desk, shop: str, what: dict[str, object], code: Code, path: tuple[str, ...]
) -> None:
    request, part = await built(desk, shop)
    new = NewRedaction(**{"part_id": part.id, "reason": "SECURITY", **what})  # type: ignore[arg-type]
    await desk.refused(code, path, lambda: desk.do(redactions.redact, request.id, new))


async def test_a_package_that_was_overtaken_by_a_redaction_does_not_count(desk: Desk, shop: str) -> None:
    request, part = await built(desk, shop)
    old = await package_of(desk, request)
    await desk.do(redactions.redact, request.id, NewRedaction(part.id, "SECURITY", ORDERS))
    message = await desk.refused(
        Code.CONFLICT, ("request",), lambda: desk.do(conduct.answer, request.id, "Here.")
    )
    assert "not built yet" in message
    await building.build(desk.firm.hub, old.id)
    assert (await package_of(desk, request)).state is Access.BUILDING


async def revealed(
    desk: Desk, request: Request, part: Part, reason: str = "HANDLING", first_row: int = 1
) -> list[previewing.Row]:
    """Look at rows of the shop's orders."""
    looked = await desk.do(previewing.look, request.id, part.id, ORDERS, reason, first_row)
    return await previewing.rows(desk.firm.hub, looked)


async def test_rows_are_shown_to_staff_with_a_reason_that_is_noted(
    desk: Desk, shop: str, other_desk: Desk
) -> None:
    request, part = await built(desk, shop)
    shown = await revealed(desk, request, part)
    assert [each.number for each in shown] == [1, 2]
    assert (await desk.kinds(request))[-1] == "VIEWED"
    assert [each.number for each in await revealed(desk, request, part, first_row=2)] == [2]
    await desk.refused(Code.INVALID, ("reason",), lambda: revealed(desk, request, part, ""))
    far = previewing.FURTHEST + 1
    await desk.refused(Code.LIMIT, ("first_row",), lambda: revealed(desk, request, part, first_row=far))
    await other_desk.refused(Code.NOT_FOUND, ("request",), lambda: revealed(other_desk, request, part))


async def test_rows_are_read_after_they_are_noted_and_no_further_than_they_are_shown(
    desk: Desk, shop: str
) -> None:
    request, part = await built(desk, shop)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        key = await sealed.open_key(ask, request.id)
    few, many = b'{"n":0,"v":{}}\n' * previewing.ROWS_MOST, b'{"n":1,"v":{}}\n' * (CHUNK_BYTES // 8)
    stored = await storage.keep(
        desk.firm.hub, f"requests/{request.id}/parts/{new_id()}", key, pieces(few + many)
    )
    [file] = [each for each in objects(desk, request) if str(each).endswith(stored.place)]
    with file.open("r+b") as broken:
        broken.truncate(CHUNK_BYTES + 2 * SEALED_BYTES)
    looked = previewing.Looked(stored.place, 0, 1, key)
    assert len(await previewing.rows(desk.firm.hub, looked)) == previewing.ROWS_MOST
    noted = await desk.do(previewing.look, request.id, part.id, ORDERS, "HANDLING")
    await storage.drop(desk.firm.hub, part.place)
    with pytest.raises(Refusal):
        await previewing.rows(desk.firm.hub, noted)
    assert (await desk.kinds(request))[-1] == "VIEWED"


async def fetched(
    desk: Desk, actor: Actor, request: Request, known: Known | None, *, is_fresh: bool = True
) -> Opened:
    """Fetch it, as somebody at the portal."""

    async def body(act: Act) -> Opened:
        return await fetching.fetch(act, request.id, known, is_fresh=is_fresh)

    return await desk.firm.hub.perform(actor, Operation.PORTAL_ASK, body)


async def released(desk: Desk, place: str = "EU") -> tuple[Request, Actor]:
    """A request whose copy is released, and who asked."""
    request = await desk.receive(await anna(desk, place), "ACCESS")
    await copied(desk, request)
    await desk.do(conduct.answer, request.id, "Here it is.")
    assert request.customer_id is not None
    return request, customer(desk.firm.id, request.customer_id)


async def test_a_taken_mailbox_opens_no_copy(desk: Desk) -> None:
    request, actor = await released(desk)
    await desk.refused(Code.FORBIDDEN, ("identified",), lambda: fetched(desk, actor, request, Known.CODE))
    await desk.refused(
        Code.FORBIDDEN,
        ("proof",),
        lambda: fetched(desk, actor, request, Known.TWO_IDENTIFIERS, is_fresh=False),
    )
    await desk.refused(
        Code.FORBIDDEN, ("identified",), lambda: fetched(desk, guest(desk.firm.id), request, None)
    )
    found = await fetched(desk, actor, request, Known.TWO_IDENTIFIERS)
    content = b"".join([piece async for piece in packages.stream(desk.firm.hub, found)])
    assert content[:4] == b"PK\x03\x04"
    assert (await desk.kinds(request))[-1] == "PACKAGE_FETCHED"


async def test_a_copy_is_fetched_by_nobody_else_and_not_before_it_is_released(
    desk: Desk, other_desk: Desk, superuser: asyncpg.Connection
) -> None:
    request, actor = await released(desk)
    stranger = customer(desk.firm.id, await desk.firm.customer())
    elsewhere = guest(other_desk.firm.id)
    early = await desk.receive(await anna(desk), "ACCESS")
    await copied(desk, early)
    assert early.customer_id is not None
    for who, what in (
        (stranger, request),
        (elsewhere, request),
        (customer(desk.firm.id, early.customer_id), early),
    ):
        await desk.refused(
            Code.NOT_FOUND, ("request",), lambda w=who, r=what: fetched(desk, w, r, Known.TWO_IDENTIFIERS)
        )
    await fetched(desk, actor, request, Known.TWO_IDENTIFIERS)
    sql = "SELECT count(*) FROM rights_event WHERE kind = 'PACKAGE_FETCHED' AND request_id = $1"
    assert await superuser.fetchval(sql, request.id) == 1


async def test_a_copy_is_fetched_twenty_times_at_most(desk: Desk) -> None:
    request, actor = await released(desk)
    for _ in range(fetching.FETCHES_MOST):
        await fetched(desk, actor, request, Known.TWO_IDENTIFIERS)
    with pytest.raises(Refusal) as caught:
        await fetched(desk, actor, request, Known.TWO_IDENTIFIERS)
    assert caught.value.code is Code.LIMIT


async def test_staff_get_the_whole_copy_with_a_reason(desk: Desk) -> None:
    request = await desk.receive(await anna(desk), "ACCESS")
    await desk.refused(Code.NOT_FOUND, ("request",), lambda: desk.do(fetching.hand_out, request.id, "POST"))
    await copied(desk, request)
    found: Opened = await desk.do(fetching.hand_out, request.id, "POST")
    assert found.reference == request.reference
    assert (await desk.kinds(request))[-1] == "VIEWED"


def test_the_reasons_are_said_in_every_language() -> None:
    for words in WORDS.values():
        assert set(words["reasons"]) == set(redactions.Reason)
