"""Every address in the portal's table of pages, so that a new one is covered on the day it is added."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest

from hub.db import Session, new_id
from hub.profiles import NewValue
from portal.routes import PAGES
from tests.domain.firm import Firm, email, external, name
from tests.portal.alike import masked
from tests.portal.test_sending import CANARY, rows
from tests.portal.visitor import HOME, KNOWN, UNKNOWN, Visitor

Arrives = Callable[..., Visitor]
SAMPLES = {"journey": "stop", "question": "place", "number": "1", "token": "x" * 43, "what": "stop"}
ASIDE = {"value": str(new_id()), "referral": str(new_id())}
PERSONAL = ("held", "fix", "used", "visits", "close", "confirm/stop", "identify/stop")


def places(method: str) -> Iterator[str]:
    """Every address that answers a method, below a portal's start."""
    for path, page in PAGES:
        wanted = re.findall(r"{(\w+)}", path)
        assert set(wanted) <= {*SAMPLES, *ASIDE}, f"{path}: say here what its parts may be"
        if page.method == method:
            yield path.format(**SAMPLES, **ASIDE).strip("/")


@pytest.mark.parametrize("signed_in", [False, True])
async def test_what_no_page_of_ours_sends_does_nothing_anywhere(
    visitor: Visitor, superuser: asyncpg.Connection, *, signed_in: bool
) -> None:
    if signed_in:
        await visitor.enter(KNOWN)
    else:
        await visitor.begin(KNOWN)
    before = await rows(superuser)
    for place in places("POST"):
        path = f"{visitor.start}/{place}"
        for fields, origin in (
            ({"x": "y"}, HOME),
            ({"form": "x.y"}, HOME),
            ({"form": "x.y"}, "https://evil.example"),
        ):
            answer = await visitor.post(path, fields, follow=False, origin=origin)
            led = answer.headers.get("location", "").startswith(visitor.start)
            assert answer.status_code in {403, 404, 415} or led, (place, fields, origin)
    assert await rows(superuser) == before


@pytest.mark.parametrize("signed_in", [False, True])
async def test_looking_changes_nothing_anywhere_and_nothing_is_kept_by_a_cache(
    visitor: Visitor, superuser: asyncpg.Connection, *, signed_in: bool
) -> None:
    if signed_in:
        await visitor.enter(KNOWN)
    before = await rows(superuser), await superuser.fetch("SELECT * FROM portal_visit ORDER BY digest")
    for place in places("GET"):
        for method in ("GET", "HEAD"):
            answer = await visitor.http.request(method, f"{visitor.start}/{place}", follow_redirects=False)
            assert answer.status_code in {200, 303, 404}, place
            assert answer.headers["cache-control"] == "no-store", place
            assert "unsafe" not in answer.headers["content-security-policy"], place
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], place
    assert (
        await rows(superuser),
        await superuser.fetch("SELECT * FROM portal_visit ORDER BY digest"),
    ) == before


async def test_what_is_ones_own_sends_a_guest_to_the_door(visitor: Visitor) -> None:
    for place in PERSONAL:
        answer = await visitor.http.get(f"{visitor.start}/{place}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{visitor.start}/enter"), place


async def test_signing_in_costs_the_same_whether_or_not_we_know_the_address(
    arrives: Arrives, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    for verb in ("rows", "row", "value", "execute"):
        plain = getattr(Session, verb)

        async def counted(self: Session, sql: str, *args: Any, plain: Any = plain) -> Any:
            statements.append(sql)
            return await plain(self, sql, *args)

        monkeypatch.setattr(Session, verb, counted)
    seen: list[tuple[list[str], list[str]]] = []
    for address in (KNOWN, UNKNOWN, KNOWN, UNKNOWN):
        one = arrives()
        await one.open("enter")
        statements.clear()
        pages = [await one.send({"email": address}), await one.send({"code": "123456"})]
        pages.append(await one.send({"again": "yes"}))
        seen.append(([masked(each.text.replace(address, "ADDRESS")) for each in pages], list(statements)))
    assert all(each == seen[0] for each in seen[1:])
    assert len(seen[0][1]) > 10


async def test_values_of_a_customer_are_text_on_their_own_pages(visitor: Visitor, firm: Firm) -> None:
    values = [name(CANARY), NewValue("contact", "address", CANARY), NewValue("contact", "odd_field", CANARY)]
    given = [email("odd@example.org"), external("crm", "<b>9</b>")]
    await firm.customer(identifiers=given, profile=values)
    await visitor.enter("odd@example.org")
    await visitor.identify("<b>9</b>")
    for place in ("held", "fix"):
        text = await visitor.open(place)
        assert "<script" not in text
        assert "<b>9" not in text
        assert text.count("&lt;script&gt;") == 3
        assert "{{7*7}}%(x)s" in text
    places = re.findall(r'href="[^"]*/(fix/[0-9a-f-]+)"', text)
    for place in places:
        await visitor.open(place)
        await visitor.send({"value": CANARY * 20, "why": CANARY})
        assert visitor.page.status_code == 422
        assert "<script" not in visitor.page.text


async def test_two_tabs_that_sign_in_leave_one_visit_and_going_back_repeats_nothing(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection
) -> None:
    await visitor.begin(KNOWN)
    tab = visitor.key
    digits = await visitor.entrance_code(KNOWN)
    await visitor.open("enter/code")
    await visitor.send({"code": digits})
    assert "Your requests" in visitor.page.text
    await visitor.post(f"{visitor.start}/enter/code", {"form": tab, "code": digits})
    sql = "SELECT count(*) FROM portal_visit WHERE customer_id = $1"
    assert await superuser.fetchval(sql, firm.people[0]) == 1
    for place in ("enter", "enter/code", "enter/which", "enter/nobody"):
        assert (await visitor.http.get(f"{visitor.start}/{place}")).url.path == visitor.start
