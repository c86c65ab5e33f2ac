"""A real browser at a firm's portal: every page it comes to is judged in both widths, and pictured where asked."""

import asyncio
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
from axe_playwright_python import base
from playwright.async_api import Browser, Locator, Page, Request

from portal.languages import LANGUAGES
from tests.domain.firm import Firm
from tests.portal.visitor import code_of, letter_to, requests_of

WIDTHS: Final = (360, 1280)
HEIGHT: Final = 900
SMALLEST_TARGET: Final = 44
AXE: Final = Path(base.AXE_FILE_PATH).read_text(encoding="utf-8")
SHOW: Final = """async ([html, url]) => {
    if (location.protocol !== 'file:') history.replaceState(null, '', url);
    const next = new DOMParser().parseFromString(html, 'text/html').documentElement;
    document.replaceChild(document.adoptNode(next), document.documentElement);
    const awaited = [...document.querySelectorAll('link[rel=stylesheet]')].filter(link => !link.sheet)
        .concat([...document.images].filter(image => !image.complete));
    await Promise.all(awaited.map(each => new Promise((loaded, failed) => {
        each.onload = loaded; each.onerror = each.rel ? failed : loaded;
    })));
}"""
RESIZED: Final = """async width => {
    for (let left = 3000; innerWidth !== width && left; left--) await new Promise(done => setTimeout(done, 10));
}"""
# Only what is wrong is worked out in full: that is a third of the time.
LOOK: Final = """async most => {
    const small = [...document.querySelectorAll(
        'button, .button, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea, label.pick, '
        + 'summary, .row a, .back, .leave, .entries li, .act a, main section > ul:not([class]) a'
    )].map(e => [e.textContent.trim() || e.name, e.getBoundingClientRect().height])
      .filter(([name, height]) => height < most - 0.5);
    const found = await axe.run(document, {resultTypes: ['violations'], preload: false});
    return {
        width: document.documentElement.scrollWidth, small: most ? small : [],
        wrong: found.violations.map(each => [each.id, each.nodes]),
    };
}"""
# What differs though nothing is seen of it: ids, keys of forms, tokens, the time.
PASSING: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w-]{24,}|\d\d:\d\d|localhost:\d+")


TRIED: Final = [
    pytest.param(each, marks=[] if each == "ar" else [pytest.mark.chaos], id=each) for each in LANGUAGES
]
"""In which languages a walk is made: tours see every page in all; what else comes on its way, in one with every run."""


class Loaded:
    """What a page loads. It is weighed at the end: a browser that closes answers nothing more."""

    def __init__(self, page: Page) -> None:
        """Listen from now on."""
        self._requests: list[Request] = []
        page.on("requestfinished", lambda request: self._requests.append(request))  # noqa: PLW0108 - Playwright sets an attribute on it

    async def kinds(self) -> set[str]:
        """Document, stylesheet, script ... The icon, which is another, is asked for when all else is there."""
        for _ in range(1_200):
            if any(each.resource_type == "other" for each in self._requests):
                break
            await asyncio.sleep(0.05)
        return {each.resource_type for each in self._requests}

    async def heaviest(self) -> int:
        """Bytes of the heaviest page with its style sheet, as they were transferred."""
        sizes = [(each.url, await each.sizes()) for each in self._requests]
        weights = {url: size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes}
        style = next(size for url, size in weights.items() if url.endswith(".css"))
        return style + max(size for url, size in weights.items() if not url.endswith(".css"))


@dataclass
class Walk:
    """One browser on its way through the portal."""

    page: Page
    firm: Firm
    start: str
    name: str
    is_judged: bool = True
    seen: int = 0
    weights: list[int] = field(default_factory=list[int])

    async def go(self, place: str = "") -> None:
        """Open a page below the start, and judge it."""
        await self.page.goto(f"{self.start}/{place}".rstrip("/"))
        await self.judge()

    async def begin(self, journey: str) -> None:
        """Come to the first page of a journey by the links of the home page."""
        await self.go()
        await press(self.page.locator(f".entries a[href*='/ask/{journey}/']").first)

    async def fill(self, answers: dict[str, str], button: str = "button.primary") -> None:
        """Judge the page, fill in its form and send it."""
        await self.judge()
        for name, value in answers.items():
            found = self.page.locator(f"[name={name}]")
            if await found.first.get_attribute("type") == "radio":
                await self.page.locator(f"[name={name}][value='{value}']").check()
            else:
                await found.fill(value)
        await press(self.page.locator(button))

    async def digits(self) -> str:
        """The code that the newest request of the firm waits for."""
        requests = await requests_of(self.firm)
        return await code_of(self.firm, requests[-1])

    async def enter(self, address: str) -> None:
        """Sign in by a code."""
        await self.page.goto(f"{self.start}/enter")
        await self.fill({"email": address})
        lines = (await letter_to(self.firm, address)).splitlines()
        await self.fill({"code": next(line for line in lines if line.isdecimal())})

    async def judge(self) -> None:
        """Judge the page that is shown; every target is large besides."""
        self.seen += 1
        assert self.page.url.startswith(self.start), self.page.url
        if self.is_judged:
            await judge(self.page, f"{self.name}-{self.seen:02}", smallest_target=SMALLEST_TARGET)


@dataclass
class Judge:
    """A tab beside all walks and tours, where each page is looked at: there axe is loaded and warm already."""

    tab: Page
    is_dark: bool = False

    async def show(self, html: str, url: str, *, is_dark: bool) -> None:
        """Show a page as it was answered, or as it stands in the tab it was walked to."""
        if base_of(self.tab.url) != base_of(url):
            await self.tab.goto(url if url.startswith("file:") else f"{origin(url)}/nothing")
            await self.tab.evaluate(AXE)
        if is_dark != self.is_dark:
            await self.tab.emulate_media(color_scheme="dark" if is_dark else "light")
            self.is_dark = is_dark
        await self.tab.evaluate(SHOW, [html, url])

    @property
    def widths(self) -> list[int]:
        """Both, beginning with the one that the page was laid out in."""
        size = self.tab.viewport_size
        return sorted(WIDTHS, key=lambda width: size is None or width != size["width"])

    async def judge(self, html: str, smallest_target: int) -> None:
        """Judge the page that is shown here, in both widths. Once, if it comes again."""
        key = key_of(html, smallest_target, is_dark=self.is_dark)
        for width in self.widths if key not in _JUDGED else ():
            await resize(self.tab, width)
            seen = await self.tab.evaluate(LOOK, smallest_target)
            assert seen == {"width": width, "small": [], "wrong": []}, (self.tab.url, width, seen)
        _JUDGED.add(key)


_JUDGES: WeakKeyDictionary[Browser, Judge] = WeakKeyDictionary()
_JUDGED: set[tuple[str, bool, int]] = set()


def key_of(html: str, smallest_target: int, *, is_dark: bool) -> tuple[str, bool, int]:
    """What a page is told from others by, when it comes again."""
    return PASSING.sub("PASSING", html), is_dark, smallest_target


async def resize(page: Page, width: int) -> None:
    """Give a page a width, and wait until it has that: it is told, and lays itself out a moment later."""
    if page.viewport_size != {"width": width, "height": HEIGHT}:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        await page.evaluate(RESIZED, width)


async def press(button: Locator) -> None:
    """Press what leads to a page, and wait for that: a click may be over while the page before it still stands."""
    async with button.page.expect_navigation():
        await button.click()


async def judge(page: Page, called: str, *, smallest_target: int = 0) -> None:
    """Judge the page that is shown, in both widths: nothing sticks out, axe finds nothing. Once, if it comes again."""
    await page.wait_for_load_state("load")
    await picture(page, called)
    judging, html, is_dark = await judge_of(page), await page.content(), await darkness(page)
    if key_of(html, smallest_target, is_dark=is_dark) in _JUDGED:
        return
    await judging.show(html, page.url, is_dark=is_dark)
    await judging.judge(html, smallest_target)


async def judge_of(page: Page) -> Judge:
    """The tab for judging of a browser."""
    browser = page.context.browser
    assert browser
    if browser not in _JUDGES:
        context = await browser.new_context(bypass_csp=True)
        _JUDGES[browser] = Judge(await context.new_page())
    return _JUDGES[browser]


async def darkness(page: Page) -> bool:
    """Whether the visitor's browser prefers dark pages."""
    return await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


async def picture(page: Page, called: str) -> None:
    """Keep pictures of a page in both widths, where they are asked for."""
    folder = os.environ.get("HUB_SCREENSHOTS")
    for width in WIDTHS if folder else ():
        await resize(page, width)
        await page.screenshot(path=Path(folder or "") / f"{called}-{width}.png", full_page=True)


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


def base_of(url: str) -> str:
    """What the links of a page lead on from: of one out of a copy, its folder."""
    return url.rpartition("/")[0] if url.startswith("file:") else origin(url)


async def open_page(browser: Browser, said: list[str], **options: Any) -> Page:
    """A browser of its own; what its console says is kept."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page
