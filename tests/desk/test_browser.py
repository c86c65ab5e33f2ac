"""The desk in a real browser: on a phone and on a desk, in every language, without a script, and judged by axe."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Browser, Page

from hub.rights import conduct, fulfilling, redactions
from hub.rights.redactions import NewRedaction
from tests.desk.colleague import PASSWORD, Colleague, fresh_codes
from tests.desk.conftest import Joins
from tests.desk.quiet import hub, site
from tests.desk.test_today import due
from tests.domain.firm import email, name
from tests.portal.browser import TRIED, Loaded, judge, press
from tests.rights.copies import shop_at
from tests.rights.desk import Desk
from tests.rights.test_reviewing import built

__all__ = ["hub", "site"]

PAGE_BYTES = 30_000
SCHEMES = {"en": "light", "fr": "dark", "ar": "light"}


async def work(desk: Desk, superuser: asyncpg.Connection) -> str:
    """Requests of several sorts; returns the reference of the one whose page is looked at."""
    customer = await desk.firm.customer(
        jurisdictions=["EU"], identifiers=[email("mika@example.org")], profile=[name("Mika Lindqvist")]
    )
    late = await desk.receive(customer, "DELETION", text="I have moved away.")
    await desk.do(fulfilling.approve, late.id)
    copy = await desk.receive(customer, "ACCESS", text="Everything about the house in Manly.")
    await desk.do(conduct.say, copy.id, "We are looking into the archive.", is_private=False)
    await desk.do(conduct.say, copy.id, "They called twice.", is_private=True)
    await desk.receive(customer, "COMPLAINT", text="Nobody answered.")
    await desk.guest("ACCESS", "mika@example.org", "EU")
    await due(superuser, late, -1)
    return copy.reference


async def enter(page: Page, ruth: Colleague) -> None:
    """Sign in by the keyboard alone."""
    await page.locator("#email").fill(ruth.account.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")
    await page.keyboard.type(await ruth.code())
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert not page.url.endswith("/sign-in")


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_the_desk_is_worked_at_on_a_phone_and_on_a_desk(
    chromium: Browser, address: str, joins: Joins, desk: Desk, superuser: asyncpg.Connection, language: str
) -> None:
    ruth = await joins("conduct", "admin")
    reference = await work(desk, superuser)
    said: list[str] = []
    scheme: Any = SCHEMES[language]
    context = await chromium.new_context(bypass_csp=True, color_scheme=scheme)
    page = await context.new_page()
    page.on("console", lambda message: said.append(message.text))
    start = f"{address}/desk/firm-{desk.firm.id}/{language}"
    await page.goto(start)
    await press(page.locator("button.primary"))
    await page.locator(".errors:focus").wait_for()
    await judge(page, f"desk-{language}-sign-in")
    await enter(page, ruth)
    assert page.url == start
    await judge(page, f"desk-{language}-today")
    assert await page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    await page.goto(f"{start}/requests/{reference}")
    await page.locator("#reason").select_option("HANDLING")
    await press(page.locator("form[action$='/look'] button"))
    await judge(page, f"desk-{language}-request")
    await page.locator("#to").fill("We need a little longer.")
    await press(page.locator("form[action$='/say'] button"))
    await judge(page, f"desk-{language}-letter")
    await page.goto(f"{start}/tasks")
    await press(page.locator("main table a").first)
    await judge(page, f"desk-{language}-task")
    await context.close()
    assert [each for each in said if "status of 422" not in each] == []


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_the_page_of_a_copy_is_judged_before_and_after_something_is_taken_out(
    chromium: Browser, address: str, joins: Joins, desk: Desk, tmp_path: Path, language: str
) -> None:
    ruth = await joins("conduct")
    copy, part = await built(desk, shop_at(tmp_path))
    scheme: Any = SCHEMES[language]
    context = await chromium.new_context(bypass_csp=True, color_scheme=scheme)
    page = await context.new_page()
    start = f"{address}/desk/firm-{desk.firm.id}/{language}"
    await page.goto(start)
    await enter(page, ruth)
    await page.goto(f"{start}/requests/{copy.reference}/package")
    await judge(page, f"desk-{language}-package")
    await press(page.locator("main form button").last)
    await page.locator(".errors:focus").wait_for()
    await judge(page, f"desk-{language}-package-wrong")
    await desk.do(redactions.redact, copy.id, NewRedaction(part.id, "OTHER_PERSON", "shop.orders"))
    await page.goto(f"{start}/requests/{copy.reference}/package")
    await judge(page, f"desk-{language}-package-shortened")
    await context.close()


@pytest.mark.browser
async def test_no_script_is_needed_none_is_loaded_and_pages_are_light(
    chromium: Browser, address: str, joins: Joins, desk: Desk, superuser: asyncpg.Connection
) -> None:
    ruth = await joins("conduct")
    reference = await work(desk, superuser)
    await fresh_codes(ruth, superuser)
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    loaded = Loaded(page)
    start = f"{address}/desk/firm-{desk.firm.id}/en"
    await page.goto(start)
    await enter(page, ruth)
    await page.goto(f"{start}/requests/{reference}")
    assert await loaded.kinds() == {"document", "stylesheet", "other"}  # the last is the icon
    assert await loaded.heaviest() < PAGE_BYTES
    await context.close()
