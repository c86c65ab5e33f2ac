"""The copy at the desk: shortened for a reason, put back, opened by whoever says why, and released by an answer."""

import json
import re
from typing import Any

import asyncpg
import pytest

from hub.actors import Operation
from hub.rights import gathered, redactions
from hub.rights.requests import Request
from portal.desk.package import TARGETS_MOST
from tests.desk.colleague import Colleague
from tests.desk.conftest import Joins
from tests.rights.desk import Desk
from tests.rights.test_exporting import objects, stored_file
from tests.rights.test_reviewing import built
from tests.rights.test_reviewing import shop as a_shop

shop = a_shop


@pytest.fixture
async def copied(desk: Desk, shop: str) -> Request:
    """A request whose copy is built."""
    return (await built(desk, shop))[0]


async def test_a_field_is_taken_out_for_a_reason_and_put_back(
    ruth: Colleague, desk: Desk, copied: Request
) -> None:
    await ruth.open(f"requests/{copied.reference}")
    assert f"requests/{copied.reference}/package" in ruth.page.text
    await ruth.open(f"requests/{copied.reference}/package")
    number = re.findall(r'<option value="(\d+)"[^>]*>[^<]*/ shop.orders /', ruth.page.text)[0]
    for fields, field in (
        ({}, "what"), ({"what": "99999"}, "what"), ({"what": number}, "reason"),
        ({"what": number, "reason": "OTHER_PERSON", "first": "x"}, "first"),
        ({"what": number, "reason": "OTHER_PERSON", "first": "1", "last": "999"}, "last"),
    ):  # fmt: skip
        assert (await ruth.send(fields)).status_code == 422, fields
        assert f'id="{field}-wrong"' in ruth.page.text
    assert "REDACTED" not in await desk.kinds(copied)
    assert (await ruth.send({"what": number, "reason": "OTHER_PERSON"})).status_code == 200
    assert "It is about another person" in ruth.text
    [place] = re.findall(r'action="[^"]*/(requests/[^"]*/restore)"', ruth.page.text)
    assert (await ruth.send({}, to=place)).status_code == 200
    assert (await desk.kinds(copied))[-1] == "RESTORED"


async def test_the_copy_is_opened_only_by_whoever_says_why(
    ruth: Colleague, desk: Desk, joins: Joins, copied: Request
) -> None:
    place = f"requests/{copied.reference}/package.zip"
    await ruth.open(place)
    assert ruth.place == f"requests/{copied.reference}"
    await ruth.send({"reason": "HANDLING"}, to=f"requests/{copied.reference}/look")
    await ruth.open(place)
    assert ruth.page.content.startswith(b"PK")
    assert ruth.page.headers["content-disposition"] == f'attachment; filename="{copied.reference}.zip"'
    assert ruth.page.headers["cache-control"] == "no-store"
    assert ruth.page.headers["content-length"] == str(len(ruth.page.content))
    assert (await desk.kinds(copied))[-2:] == ["VIEWED", "VIEWED"]
    for each in objects(desk, copied):
        each.unlink()
    await ruth.open(place)
    assert ruth.page.status_code == 503
    reader = await joins("reader", name="Sam Lee")
    await reader.sign_in()
    await reader.open(place)
    assert reader.page.status_code == 403


async def test_an_answer_releases_it_and_its_letter_is_previewed(
    ruth: Colleague, desk: Desk, copied: Request
) -> None:
    await ruth.open(f"requests/{copied.reference}/answer")
    await ruth.send({"message": "Here it is."})
    assert "The letter, as it will be sent" in ruth.text
    shown = ruth.text.partition("as it will be sent")[2]
    await ruth.send({"message": "Here it is.", "do": "send"})
    assert (await desk.read(copied)).state == "ANSWERED"
    assert copied.reference in shown
    await ruth.open(f"requests/{copied.reference}/package")
    assert "Released" in ruth.text
    assert "Take it out" not in ruth.text


async def test_of_a_large_copy_everything_whole_can_be_taken_out_and_the_page_says_what_is_not_listed(
    ruth: Colleague, desk: Desk, copied: Request, superuser: asyncpg.Connection
) -> None:
    stored = await stored_file(desk, copied)
    await desk.do(gathered.add_file, copied.id, stored, "scan.pdf", "application/pdf")
    many: dict[str, Any] = {
        "collection": "shop.wide",
        "rows": 1,
        "withheld": [],
        "fields": {f"f{n}": [] for n in range(TARGETS_MOST)},
    }
    await superuser.execute("SET session_replication_role = replica")
    sql = "UPDATE package_part SET shape = $2::jsonb || shape WHERE request_id = $1 AND kind = 'ROWS'"
    await superuser.execute(sql, copied.id, json.dumps([many]))
    await superuser.execute("SET session_replication_role = origin")
    await ruth.open(f"requests/{copied.reference}/package")
    offered = dict(re.findall(r'<option value="(\d+)"[^>]*>([^<]*)</option>', ruth.page.text))
    assert len(offered) == TARGETS_MOST
    assert [label for label in offered.values() if label.count("/") < 2 and label.endswith("shop.orders")]
    assert "Too many fields to list. Not here: " in ruth.text
    [number] = [number for number, label in offered.items() if label.endswith("scan.pdf")]
    assert (await ruth.send({"what": number, "reason": "OTHER_PERSON"})).status_code == 200
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        [out] = await redactions.of(ask, copied.id)
        [file] = [each for each in await gathered.of(ask, copied.id) if each.kind == "FILE"]
    assert (out.part_id, out.collection, out.field) == (file.id, None, None)
