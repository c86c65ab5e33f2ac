"""A tour: every page of a table of addresses, opened in each language, judged, and read for what stayed English.

Each is asked for once for a language, and judged in both widths from there.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import asyncpg
from babel.messages.pofile import read_po
from playwright.async_api import Browser, Page
from starlette.routing import compile_path

from hub import categories
from portal.door import Bound
from portal.languages import LANGUAGES
from portal.wording import PORTAL
from tests.portal.browser import Judge, judge_of, picture

# What stands in an element of its own direction or language is somebody's data, or a code.
SAID: Final = """() => {
    const said = new Set(), aside = 'bdi, style, time, textarea, body [dir], body [lang]';
    const note = (text, where) => {
        const words = text.replace(/\\s+/g, ' ').trim();
        if (/[A-Za-z]{2}/.test(words) && !where.closest(aside)) said.add(words);
    };
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) note(walker.currentNode.textContent, walker.currentNode.parentElement);
    for (const each of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]'))
        for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
            note(each.getAttribute(name) || '', each);
    return [...said];
}"""


@dataclass
class Tour:
    """One browser that goes round. root: of the pages, up to their language. own: words of the world, not of ours."""

    page: Page
    name: str
    root: str
    table: Sequence[tuple[str, Bound]]
    own: set[str]
    smallest_target: int = 0
    seen: int = 0
    met: set[str] = field(default_factory=set[str])
    faults: list[str] = field(default_factory=list[str])
    _english: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    @property
    def missing(self) -> set[str]:
        """Addresses of the table that answer GET, and that it did not come to."""
        return {path for path, page in self.table if page.method == "GET"} - self.met

    async def go(self, places: Iterable[str]) -> None:
        """Look at each of these, below its language, in all languages: in French by night."""
        several = list(places)
        for language in LANGUAGES:
            for place in several:
                await self.look(language, place)

    async def look(self, language: str, place: str) -> None:
        """Ask for one as this browser would, show it to the judge and read it."""
        url = f"{self.root}/{language}/{place}".rstrip("/")
        answer = await self.page.request.get(url)
        if (answer.status, answer.url) != (200, url):
            self.faults.append(f"{language} {place}: led to {answer.url}, {answer.status}")
            return
        judging = await judge_of(self.page)
        await judging.show(await answer.text(), url, is_dark=language == "fr")
        await self.judge(judging, language, place)
        self.met.add(self._pattern(place))

    async def judge(self, judging: Judge, language: str, place: str) -> None:
        """Judge and read the page that is shown there."""
        self.seen += 1
        shape = re.sub(r"[{}]", "", self._pattern(place)).replace("/", "-")
        await picture(judging.tab, f"{self.name}-{language}{shape}-{self.seen:03}")
        try:
            await judging.judge(await judging.tab.content(), self.smallest_target)
        except AssertionError as fault:
            self.faults.append(f"{language} {place}: {fault}")
        self.read(language, place, set(await judging.tab.evaluate(SAID)))

    def read(self, language: str, place: str, said: set[str]) -> None:
        """Note what stayed English."""
        if language == "en":
            self._english[place] = said
            return
        same = (said & self._english[place]) - self.own
        self.faults += [
            f"{language} {place}: English: {each}"
            for each in sorted(same)
            if each.removesuffix(":") not in _cognates(language)
        ]

    def _pattern(self, place: str) -> str:
        path = f"/{place.partition('?')[0]}" if place else ""
        return next(
            each
            for each, page in self.table
            if page.method == "GET" and compile_path(each)[0].fullmatch(path)
        )


@cache
def _cognates(language: str) -> set[str]:
    """Sentences that a catalogue translates by the same word: somebody looked at them."""
    found = set[str]()
    for file in (PORTAL / "locale" / language / "LC_MESSAGES").glob("*.po"):
        with file.open("rb") as source:
            found |= {str(each.id) for each in read_po(source) if each.id == each.string}
    return found


async def kinds_of_others(superuser: asyncpg.Connection) -> set[str]:
    """What other tests have called kinds of data, which are there for every firm, in English only."""
    keys = [each.key for each in categories.standard()]
    rows = await superuser.fetch("SELECT names ->> 'en' AS name FROM category WHERE key <> ALL ($1)", keys)
    names = {" ".join(row["name"].split()) for row in rows}
    return {f"{before}{name}" for name in names for before in ("", ": ")}


async def setting_off(browser: Browser, cookies: dict[str, str], address: str) -> Page:
    """A browser that holds the cookies of a visit that was made without one."""
    context = await browser.new_context(bypass_csp=True)
    await context.add_cookies(
        [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
    )
    return await context.new_page()
