"""The pages in a real browser: on a phone and on a desk, in every language, without a script, and judged by axe."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from portal.languages import LANGUAGES
from tests.domain.firm import Firm
from tests.portal.visitor import KNOWN, UNKNOWN, code_of, requests_of

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDTHS = (360, 1280)
PAGE_BYTES = 30_000
SMALLEST_TARGET = 44


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("The portal's tests need Chromium: apt-get install -y chromium", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def address(hub: Hub) -> AsyncIterator[str]:
    """The hub, served over HTTP on a port of its own."""
    app = asgi.create_app(hub, Readiness(hub, []))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = asgi.server(app, hub.settings)
        running = asyncio.ensure_future(server.serve(sockets=[listening]))
        yield f"http://localhost:{listening.getsockname()[1]}"
        server.should_exit = True
        await running


TARGETS = """most => [...document.querySelectorAll(
    'button, .button, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea, label.pick, summary, '
    + '.row a, .back, .leave, .entries li, .act a, main section > ul:not([class]) a'
)].map(e => [e.textContent.trim() || e.name, e.getBoundingClientRect().height])
  .filter(([name, height]) => height < most - 0.5)"""
JOURNEYS: dict[str, list[dict[str, str]]] = {
    "copy": [{"which": "everything"}, {"place": "AU"}, {"email": KNOWN}, {"words": "I moved in 2024."}],
    "stop": [{"place": "AU"}, {"remedy": "STOP_MARKETING"}, {"email": UNKNOWN}],
}


@dataclass
class Walk:
    """One browser on its way through the portal; each page it comes to is judged in both widths."""

    page: Page
    firm: Firm
    start: str
    name: str
    is_judged: bool = True
    seen: int = 0
    weights: list[int] = field(default_factory=list[int])

    async def begin(self, journey: str) -> None:
        """Come to the first page of a journey by the links of the home page."""
        await self.page.goto(self.start)
        await self.judge()
        await self.page.locator(f".entries a[href*='/ask/{journey}/']").first.click()

    async def fill(self, answers: dict[str, str]) -> None:
        """Answer a question and go on."""
        await self.judge()
        for name, value in answers.items():
            field = self.page.locator(f"[name={name}]")
            if await field.first.get_attribute("type") == "radio":
                await self.page.locator(f"[name={name}][value={value}]").check()
            else:
                await field.fill(value)
        await self.page.locator("button.primary").click()

    async def digits(self) -> str:
        """The code that the newest request of the firm waits for."""
        requests = await requests_of(self.firm)
        return await code_of(self.firm, requests[-1])

    async def judge(self) -> None:
        """Judge the page that is shown: nothing sticks out, every target is large, axe finds nothing."""
        self.seen += 1
        assert self.page.url.startswith(self.start), self.page.url
        if not self.is_judged:
            return
        await self.page.wait_for_load_state("load")
        for width in WIDTHS:
            await self.page.set_viewport_size({"width": width, "height": 900})
            await self._picture(width)
            assert await self.page.evaluate("document.documentElement.scrollWidth") == width, self.page.url
            assert await self.page.evaluate(TARGETS, SMALLEST_TARGET) == [], (self.page.url, width)
            found: dict[str, Any] = (await cast("Any", Axe()).run(self.page)).response
            assert [(each["id"], each["nodes"]) for each in found["violations"]] == [], self.page.url

    async def _picture(self, width: int) -> None:
        folder = os.environ.get("HUB_SCREENSHOTS")
        if folder:
            file = Path(folder) / f"{self.name}-{self.seen:02}-{width}.png"
            await self.page.screenshot(path=file, full_page=True)


async def open_page(browser: Browser, said: list[str], **options: Any) -> Page:
    """A browser of its own; what its console says is kept."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page


@pytest.mark.browser
@pytest.mark.parametrize("journey", JOURNEYS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_journey_is_walked_on_a_phone_and_on_a_desk(
    chromium: Browser, address: str, firm: Firm, language: str, journey: str
) -> None:
    said: list[str] = []
    scheme = "dark" if language == "fr" else "light"
    page = await open_page(chromium, said, bypass_csp=True, color_scheme=scheme)
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/{language}", f"{journey}-{language}")
    await walk.begin(journey)
    await page.locator("button.primary").click()
    assert (await page.title()).count(":") == 1
    assert await page.evaluate("document.activeElement.className") == "errors"
    for answers in JOURNEYS[journey]:
        await walk.fill(answers)
    await walk.fill({})
    await walk.fill({"code": "000000x"})
    await walk.fill({"code": await walk.digits()})
    await walk.judge()
    assert page.url.endswith("/requests/1/done")
    assert await page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    await page.goto(f"{walk.start}/requests/1")
    await walk.judge()
    await page.context.close()
    assert [each for each in said if "status of 422" not in each] == []


@pytest.mark.browser
async def test_no_script_is_needed_none_is_loaded_and_pages_are_light(
    chromium: Browser, address: str, firm: Firm
) -> None:
    said: list[str] = []
    page = await open_page(chromium, said, java_script_enabled=False)
    weights: dict[str, int] = {}
    loaded: set[str] = set()

    async def weigh(request: Any) -> None:
        sizes = await request.sizes()
        loaded.add(request.resource_type)
        weights[request.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]

    page.on("requestfinished", weigh)
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/en", "plain", is_judged=False)
    await walk.begin("stop")
    for answers in JOURNEYS["stop"]:
        await walk.fill(answers)
    await walk.fill({})
    await walk.fill({"code": await walk.digits()})
    assert page.url.endswith("/requests/1/done")
    style = next(size for url, size in weights.items() if url.endswith(".css"))
    assert loaded == {"document", "stylesheet", "other"}  # the last is the icon
    assert max(size for url, size in weights.items() if not url.endswith(".css")) + style < PAGE_BYTES
    assert said == []
    await page.context.close()
