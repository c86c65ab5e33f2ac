"""What a customer sees who is signed in, in a real browser: in every language and width, judged by axe."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Browser

from hub import profiles
from hub.actors import Operation
from hub.policy.values import Jurisdiction
from hub.profiles import NewValue
from hub.rights import conduct, fulfilling, reasons
from tests.domain.firm import Firm, email, external, name
from tests.portal.browser import TRIED, Walk, open_page, press
from tests.portal.quiet import hub
from tests.portal.test_visits import move_back
from tests.portal.visitor import KNOWN, UNKNOWN
from tests.rights.copies import copied
from tests.rights.desk import Desk

__all__ = ["hub"]

ADDRESS = "kim@example.org"


@pytest.fixture
async def kim(firm: Firm) -> UUID:
    """A customer with values, one of which somebody has opened."""
    values = [name("Kim Kolmogorov"), NewValue("contact", "address", "Flat 3, 7 Prime Road, Sydney NSW 2000")]
    kim = await firm.customer(identifiers=[email(ADDRESS), external("crm", "HV-77")], profile=values)
    async with firm.hub.act(firm.app, Operation.CUSTOMER_REVEAL) as act:
        await profiles.reveal(act, kim, "SERVICE", "asked for the boiler")
    return kim


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_signed_in_pages_are_walked_on_a_phone_and_on_a_desk(
    chromium: Browser, address: str, firm: Firm, kim: UUID, superuser: asyncpg.Connection, language: str
) -> None:
    said: list[str] = []
    scheme = "dark" if language == "fr" else "light"
    page = await open_page(chromium, said, bypass_csp=True, color_scheme=scheme)
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/{language}", f"own-{language}")
    await walk.enter(ADDRESS)
    await walk.judge()
    await walk.go("held")
    await page.goto(f"{walk.start}/identify/held")
    await walk.fill({"number": "HV-77"})
    for place in ("held", "fix", "visits", "ask/stop/remedy"):
        await walk.go(place)
    await move_back(superuser, "portal_visit", ("begun_at", "confirmed_at"), timedelta(minutes=11))
    await page.goto(f"{walk.start}/confirm/stop")
    await walk.fill({})
    await walk.fill({"code": "000000"})
    await walk.judge()
    await page.goto(f"{walk.start}/fix")
    await press(page.locator("main .act a").last)
    await walk.fill({"value": "11 Prime Road"})
    await page.goto(f"{walk.start}/ask/copy/topics")
    await walk.fill({"which": "everything"})
    await walk.fill({"words": "I moved in 2024."})
    await walk.fill({})
    await walk.judge()
    assert page.url.endswith("/done")
    await page.goto(page.url.removesuffix("/done"))
    await walk.judge()
    await walk.go()
    assert await page.locator("section .entries li").count() == 2  # the value to be put right, and the copy
    await page.context.close()
    assert [each for each in said if "status of 422" not in each] == []
    assert kim


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_the_pages_on_the_way_in_are_judged(
    chromium: Browser, address: str, firm: Firm, kim: UUID, language: str
) -> None:
    await firm.customer(identifiers=[email(KNOWN), external("crm", "HV-78")])  # the mailbox of two
    page = await open_page(
        chromium, [], bypass_csp=True, color_scheme="dark" if language == "ar" else "light"
    )
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/{language}", f"in-{language}")
    await walk.enter(KNOWN)
    await walk.fill({"number": "HV-79"})
    await walk.fill({"number": "HV-78"})
    assert page.url == walk.start
    await press(page.locator("header form button"))
    await walk.go(f"enter/link/{'x' * 43}")
    await walk.enter(UNKNOWN)
    await walk.judge()
    assert page.url.endswith("/nobody")
    await page.context.close()
    assert kim


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_the_pages_at_the_end_of_a_request_are_judged(
    chromium: Browser, address: str, firm: Firm, kim: UUID, language: str
) -> None:
    desk = Desk(firm)
    copy = await desk.receive(kim, "ACCESS")
    await copied(desk, copy)
    await desk.do(conduct.answer, copy.id, "Here it is.")
    refused = await desk.receive(kim, "RECTIFICATION", changes={"name": "K. Kolmogorov"})
    ground = reasons.refusals(Jurisdiction(refused.jurisdictions[0]), refused.kind)[0]
    await desk.do(conduct.refuse, refused.id, ground.code, "The register says otherwise.")
    deletion = await desk.receive(kim, "DELETION")
    await desk.do(fulfilling.approve, deletion.id)
    page = await open_page(
        chromium, [], bypass_csp=True, color_scheme="dark" if language == "en" else "light"
    )
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/{language}", f"end-{language}", is_judged=False)
    await walk.enter(ADDRESS)
    await page.goto(f"{walk.start}/identify/held")
    await walk.fill({"number": "HV-77"})
    walk.is_judged = True
    ends = [f"{refused.id}{end}" for end in ("", "/note", "/complain")]
    for place in (copy.id, f"{copy.id}/package", *ends, deletion.id, f"{deletion.id}/withdraw"):
        await walk.go(f"requests/{place}")
    await page.context.close()
