"""What a copy tells besides the data: who received it, why it is held, and the person's own notes."""

import html
import json
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from hub.actors import Operation, Role
from hub.packaging.pages import WORDS
from hub.rights import certificates, disputing, fulfilling, remains, untouched
from tests.connectors.shop import FILE
from tests.portal.visitor import delivered
from tests.rights.copies import Page, anna, connect, copied, gather, opened, planned, shop_at
from tests.rights.desk import Desk
from tests.rights.test_disclosures import sent
from tests.rights.test_disputing import refused
from tests.rights.test_fulfilling import cooled
from tests.world import build_world


async def test_a_copy_says_who_received_it_and_why_it_is_held(desk: Desk) -> None:
    world = await build_world(desk.firm.hub)
    app = replace(world.app(), roles=frozenset({Role.CUSTOMERS_WRITE, Role.DECIDE}))
    selling_desk = Desk(replace(desk.firm, id=world.organisation.id, app=app))
    customer_id, _ = await sent(selling_desk, world)
    request = await selling_desk.receive(customer_id, "ACCESS")
    await copied(selling_desk, request)
    archive = await opened(selling_desk, request)
    sections, words = Page(archive.read("index.html").decode()).sections, WORDS["en"]
    recipient = world.recipients["moor-surveys"].name
    assert f"{recipient}" in sections["recipients"]
    assert f"{words['PASSED']} (1)" in sections["recipients"]
    assert sections["recipients"].index(words["PASSED"]) < sections["recipients"].index(words["DECIDED"])
    shown = [each for each in world.purposes.values() if each.names["en"] in sections["purposes"]]
    assert shown
    for purpose in shown:
        assert purpose.benefits.get("en", "") in sections["purposes"]
    assert words["sources_named"]["CUSTOMER"] in sections["sources"]
    data = json.loads(archive.read("data.json"))
    [passed] = [each for each in data["about"]["collections"] if each["collection"].endswith(".disclosures")]
    [row] = [each["values"] for each in data["rows"] if each["collection"] == passed["number"]]
    assert (row["recipient"], row["act"]) == (recipient, "DISCLOSE")


async def test_a_copy_carries_the_persons_own_notes(desk: Desk) -> None:
    request = await refused(desk)
    await desk.do(disputing.dispute, request.id, "I was never called that.")
    assert request.customer_id is not None
    copy = await desk.receive(request.customer_id, "PORTABILITY")
    await copied(desk, copy)
    assert b"I was never called that." in (await opened(desk, copy)).read("data.json")


# The shop as one that finds people by their telephone alone.
BY_PHONE = FILE.read_text(encoding="utf-8").replace(f"{' ' * 14}identity: email\n", "")
UNREACHED = ("addresses", "customers", "invoices", "orders", "parcels")


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_a_copy_says_where_nobody_could_look(desk: Desk, tmp_path: Path, language: str) -> None:
    await connect(desk, shop_at(tmp_path), BY_PHONE)
    request = await desk.receive(await anna(desk, locale=language), "ACCESS")
    await copied(desk, request)
    [shop] = [each for each in await planned(desk, request) if each.name == "Shop"]
    assert shop.why is not None
    assert shop.why.startswith("Not searched, as nothing is known by which it finds people: `shop.addresses`")
    page = Page((await opened(desk, request)).read("index.html").decode())
    missing = page.sections["left-out"]
    for each in UNREACHED:
        assert f"Shop: {each}" in missing
    assert WORDS[language]["unreached"] in missing


async def test_a_deletion_says_where_nobody_could_look(
    desk: Desk, tmp_path: Path, superuser: asyncpg.Connection
) -> None:
    await connect(desk, shop_at(tmp_path), BY_PHONE)
    request = await desk.receive(await anna(desk), "DELETION")
    await desk.do(fulfilling.approve, request.id)
    await cooled(desk, superuser, request)
    for _ in range(2):
        await gather(desk, request)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        made = await certificates.of(ask, request.id)
    assert certificates.document(made)["unreached"] == [
        {"system": "Shop", "what": each} for each in UNREACHED
    ]
    for language in ("en", "fr", "ar"):
        page = html.unescape(certificates.page(made, language))
        for each in made.outcome.untouched:
            assert untouched.in_words(each, language) in page
    rows = await superuser.fetch(
        "SELECT id FROM letter WHERE request_id = $1 AND template = $2", request.id, "rights_answered"
    )
    [(_, text)] = await delivered(desk.firm, rows[0]["id"])
    assert remains.undone_in_words(made.outcome, "en")[0] in text
