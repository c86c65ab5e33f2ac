"""The pages outside of an organisation's portal, and what few come to: judged by axe in both widths."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.demo.mailbox import Mailbox
from hub.purposes import Ground, NewPurpose, define
from hub.readiness import Readiness
from portal.languages import LANGUAGES
from tests.demo.test_mailbox import message, send
from tests.domain.firm import Firm
from tests.portal.browser import SMALLEST_TARGET, TRIED, Walk, judge, open_page, press
from tests.portal.helping import Helper, helper
from tests.portal.quiet import hub
from tests.portal.test_browser_own import ADDRESS, kim
from tests.portal.visitor import KNOWN

__all__ = ["helper", "hub", "kim"]


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mailbox with a letter in it."""
    async with Mailbox().receiving() as opened:
        await send(opened.url, message("Your code", "It is 123456."))
        yield opened


@pytest_asyncio.fixture
async def demo(hub: Hub, mailbox: Mailbox) -> AsyncIterator[str]:
    """The hub as the demo serves it."""
    app = asgi.create_app(hub, Readiness(hub, []), mailbox.letters)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = asgi.server(app, hub.settings)
        running = asyncio.ensure_future(server.serve(sockets=[listening]))
        yield f"http://localhost:{listening.getsockname()[1]}"
        server.should_exit = True
        await running


async def arrived(browser: Browser, language: str) -> Page:
    """A browser of a reader of that language."""
    page = await open_page(browser, [], bypass_csp=True, locale=language)
    await page.set_extra_http_headers({"accept-language": language})
    return page


@pytest.mark.browser
async def test_the_first_pages_and_the_mailbox_are_judged(chromium: Browser, demo: str, firm: Firm) -> None:
    page = await open_page(chromium, [], bypass_csp=True)
    for language in LANGUAGES:
        await page.set_extra_http_headers({"accept-language": language})
        nowhere = f"/o/firm-{firm.id}/{language}/nowhere"
        for number, place in enumerate(("/", "/o", "/desk", "/mailbox", nowhere)):
            await page.goto(demo + place)
            assert await page.locator("html").get_attribute("lang") == language, place
            await judge(page, f"first-{language}-{number}")
    await page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_questions_that_few_come_to_are_judged(
    chromium: Browser, address: str, firm: Firm, language: str
) -> None:
    new = NewPurpose(
        f"p-{new_id().hex}", "OTHER", {"en": "Surveys"}, ["contact"], organisation=firm.id,
        bases=[Ground("AU", "LEGAL_OBLIGATION")], retention_months=84,
    )  # fmt: skip
    async with firm.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        surveys = str((await define(act, new)).id)
    walk = Walk(
        await arrived(chromium, language), firm, f"{address}/o/firm-{firm.id}/{language}", f"rest-{language}"
    )
    await walk.page.goto(f"{walk.start}/ask/object/place")
    for answers in ({"place": "AU"}, {"purpose": surveys}, {"words": "It worries me."}):
        await walk.fill(answers)
    await walk.page.goto(f"{walk.start}/ask/stop/place")
    await walk.fill({"place": "AU"})
    for remedy, answers in (("WITHDRAW_CONSENT", {"purpose": surveys}), ("DELETION", {})):
        await walk.page.goto(f"{walk.start}/ask/stop/remedy")
        await walk.page.locator(f"[name=remedy][value={remedy}]").check()
        await press(walk.page.locator("button.primary"))
        await walk.fill(answers)
    await walk.judge()
    for journey in ("complain", "explain"):
        await walk.go(f"ask/{journey}/words")
    await walk.go("leave")
    await walk.page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_task_and_its_ends_are_judged(
    chromium: Browser, address: str, helper: Helper, language: str
) -> None:
    request = await helper.asked(language=language)
    link = await helper.link(request)
    page = await arrived(chromium, language)
    for step in ("opened", "answered", "over"):
        await page.goto(address + link)
        await judge(page, f"task-{language}-{step}", smallest_target=SMALLEST_TARGET)
        if step == "opened":
            await press(page.locator("main button").first)
            await judge(page, f"task-{language}-shown", smallest_target=SMALLEST_TARGET)
            await press(page.locator("main button").last)
            await judge(page, f"task-{language}-wrong", smallest_target=SMALLEST_TARGET)
        if step == "answered":
            await helper.send(link, do="answer", outcome="NOTHING")
    await page.goto(f"{address}/task/{'x' * 43}")
    await judge(page, f"task-{language}-none")
    await page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_who_has_used_it_and_waiting_too_long_are_judged(
    chromium: Browser, address: str, firm: Firm, kim: object, language: str
) -> None:
    walk = Walk(
        await arrived(chromium, language), firm, f"{address}/o/firm-{firm.id}/{language}", f"used-{language}",
        is_judged=False,
    )  # fmt: skip
    await walk.enter(ADDRESS)
    walk.is_judged = True
    await walk.go("used")
    await press(walk.page.locator("main a[href*='entry=']").first)
    await walk.judge()
    await press(walk.page.locator("header form button").first)
    for _ in range(7):
        await walk.page.goto(f"{walk.start}/enter")
        await walk.page.locator("[name=email]").fill(KNOWN)
        await press(walk.page.locator("button.primary"))
    assert await walk.page.locator("[name=code]").count() == 0
    await walk.judge()
    await walk.page.context.close()
    assert kim
