"""Every page of the portal in every language, in a real browser: judged by axe in both widths, and read for English."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Browser
from starlette.routing import Route

from hub import asgi
from hub.act import Hub
from hub.demo.mailbox import Mailbox
from hub.policy.values import Jurisdiction
from hub.readiness import Readiness
from hub.rights import conduct, fulfilling, reasons
from portal.desk.routes import PAGES as DESK
from portal.routes import PAGES
from tests.domain.firm import Firm, email, external, name
from tests.portal.browser import SMALLEST_TARGET
from tests.portal.quiet import hub
from tests.portal.test_browser_own import ADDRESS, kim
from tests.portal.test_files import PROOF, upload
from tests.portal.test_represented import FOR
from tests.portal.test_visits import move_back
from tests.portal.touring import Tour, kinds_of_others, setting_off
from tests.portal.visitor import COPY, KNOWN, STOP, Visitor
from tests.rights.copies import copied
from tests.rights.desk import Desk
from tests.rights.test_certificates import erased

__all__ = ["hub", "kim"]

Arrives = Callable[..., Visitor]
FILES = {"/requests/{number}/due.ics", "/requests/{number}/certificate.json"}
"""Addresses at which there is no page."""
ELSEWHERE = {"/referrals/{referral}", "/question/{token}"}
"""Looked at by `tests/partners/test_browser.py`, in every language: what is asked belongs to a partner."""
OUTSIDE = {
    "/", "/mailbox", "/o", "/desk", "/task/{token}",  # looked at by `test_browser_rest.py`
    "/o/{house}", "/desk/{house}", "/requests", "/requests/check", "/desk/oidc/callback",  # lead on
}  # fmt: skip
FIRMS = {
    "contact", ": contact", "financial", "identity", "letters", "mortgages", "We save you a search.",
    ". We save you a search.",
}  # fmt: skip
"""What the firm was told in English only."""
WORDS = {"words": "It was in 2024."}


async def asks(guest: Visitor) -> list[str]:
    """A guest who begins everything that can be asked for, and ends one of them; returns the pages."""
    await guest.prove(await guest.ask("copy", COPY))
    await guest.walk(
        "stop", (STOP[0], ("remedy", {"remedy": "DELETION"}), ("stays", {}), ("words", WORDS), STOP[2])
    )
    await guest.open("ask/object/place")
    await guest.send({"place": "AU"})
    await guest.send({"purpose": str(guest.firm.purposes[0])})
    await guest.ask("complain", (("words", WORDS), STOP[0], STOP[2]))
    await guest.walk("fix", (("words", WORDS), STOP[0], STOP[2]))
    await guest.open("ask/fix/who")
    await guest.send({"who": "other"})
    await guest.send(FOR)
    await upload(guest, PROOF)
    await guest.begin("noor@example.org")
    asked = {
        "copy": ("topics", "place", "email", "words"), "stop": ("remedy", "stays", "check"), "object": ("purpose",),
        "explain": ("words",), "complain": ("code",), "fix": ("who", "represent", "files", "words"),
    }  # fmt: skip
    ones = [f"ask/{journey}/{question}" for journey, questions in asked.items() for question in questions]
    twos = [f"requests/1{each}" for each in ("", "/done", "/number", "/files", "/withdraw")]
    return ["", "leave", "enter", "enter/code", "enter/nobody", f"enter/link/{'x' * 43}", *ones, *twos]


async def ends(firm: Firm, who: UUID) -> list[str]:
    """Requests that have come to an end, or nearly; returns the pages."""
    desk = Desk(firm)
    copy = await desk.receive(who, "ACCESS")
    await copied(desk, copy)
    await desk.do(conduct.answer, copy.id, "Here it is.")
    no = await desk.receive(who, "RECTIFICATION", changes={"name": "K. Kolmogorov"})
    ground = reasons.refusals(Jurisdiction(no.jurisdictions[0]), no.kind)[0]
    await desk.do(conduct.refuse, no.id, ground.code, "The register says otherwise.")
    late = await desk.receive(who, "DELETION")
    await desk.do(fulfilling.approve, late.id)
    ones = (
        f"{copy.id}",
        f"{copy.id}/package",
        f"{no.id}",
        f"{no.id}/note",
        f"{no.id}/complain",
        f"{late.id}",
    )
    return [f"requests/{each}" for each in (*ones, f"{late.id}/withdraw")]


async def own(visitor: Visitor) -> list[str]:
    """Somebody who signs in, and says who they are; returns the pages."""
    await visitor.enter(ADDRESS)
    await visitor.identify("HV-77")
    await visitor.open("fix")
    value = re.findall(r'href="[^"]*/(fix/[0-9a-f-]{36})"', visitor.page.text)[-1]
    return ["", "held", "fix", value, "used", "visits", "close", "referrals"]


@pytest.mark.browser
async def test_every_page_is_judged_in_every_language_and_none_is_left_out(
    chromium: Browser, address: str, firm: Firm, arrives: Arrives, kim: UUID, superuser: asyncpg.Connection
) -> None:
    await firm.customer(identifiers=[email(KNOWN), external("crm", "HV-78")], profile=[name("Ann")])
    await erased(Desk(firm), superuser)
    own_words = FIRMS | await kinds_of_others(superuser)
    tour = Tour(None, "tour", f"{address}/o/firm-{firm.id}", PAGES, own_words, SMALLEST_TARGET)  # type: ignore[arg-type]
    visits: list[tuple[Visitor, list[str]]] = [(guest := arrives(), await asks(guest))]
    shared, erasure, mine = arrives(), arrives(), arrives()
    await shared.enter(KNOWN)
    visits.append((shared, ["enter/which"]))
    await erasure.enter("grace@example.org")
    visits.append(
        (erasure, ["requests/1", "requests/1/certificate.html"])
    )  # the last is handed out to be kept
    visits.append((mine, [*await own(mine), *await ends(firm, kim)]))
    for visitor, places in visits:
        tour.page = await setting_off(chromium, dict(visitor.http.cookies), address)
        await tour.go(places)
        if visitor is mine:
            await move_back(superuser, "portal_visit", ("begun_at", "confirmed_at"), timedelta(minutes=11))
            await tour.go(["confirm/stop", f"confirm/stop/{'x' * 43}", "identify/stop"])
        await tour.page.context.close()
    assert not tour.faults, "\n".join(tour.faults)
    assert tour.missing == FILES | ELSEWHERE


def test_no_address_lies_outside_of_what_is_looked_at(hub: Hub) -> None:
    tables = {f"/o/{{house}}/{{language}}{path}" for path, _ in PAGES}
    tables |= {f"/desk/{{house}}/{{language}}{path}" for path, _ in DESK}
    pages = {
        each.path
        for each in asgi.routes(hub, Readiness(hub, []), Mailbox().letters)
        if isinstance(each, Route)
        and (
            each.name.partition(".")[0] in {"portal", "desk", "mailbox"}
            or each.path.startswith("/task")
            or each.path == "/"
        )
    }
    assert pages - tables == OUTSIDE
