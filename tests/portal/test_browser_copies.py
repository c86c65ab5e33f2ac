"""A copy in a real browser, opened from its customer's own disk: in every language and width, judged by axe."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from hub.act import Hub
from hub.rights import redactions
from hub.rights.redactions import NewRedaction
from portal.languages import LANGUAGES
from tests.domain.firm import Firm, email, found, name
from tests.portal.browser import judge, open_page
from tests.portal.quiet import hub
from tests.rights.copies import ANNA, build, connect, copied, opened, parts_of, shop_at
from tests.rights.desk import Desk

__all__ = ["hub"]


def made(folder: Path) -> Path:
    """A folder that was not there before."""
    folder.mkdir()
    return folder


def pages_in(folder: Path) -> list[Path]:
    """All pages of a copy."""
    return sorted(folder.rglob("*.html"))


async def unpacked(firm: Firm, folder: Path, language: str) -> Path:
    """A copy in this language, on its customer's disk."""
    desk = Desk(firm)
    await connect(desk, shop_at(folder))
    customer = await firm.customer(
        jurisdictions=["EU"], locale=language, identifiers=[email(ANNA)], profile=[name("Anna Lindqvist")]
    )
    request = await desk.receive(customer, "ACCESS", text="Everything about the house in Manly.")
    await copied(desk, request)
    [part] = [each for each in await parts_of(desk, request) if each.system == "Shop"]
    await desk.do(redactions.redact, request.id, NewRedaction(part.id, "OTHER_PERSON", "shop.orders"))
    await build(desk, request)
    (await opened(desk, request)).extractall(folder / "copy")
    return folder / "copy"


async def judge_all(page: Page, folder: Path, language: str) -> None:
    """Judge every page of a copy; its contents lead to pages that are there."""
    files = pages_in(folder)
    assert len(files) > 2
    for file in files:
        await page.goto(file.as_uri())
        assert await page.locator("html").get_attribute("lang") == language
        await judge(page, f"copy-{language}-{file.stem}")
    await page.goto((folder / "index.html").as_uri())
    links = await page.locator("a[href$='.html']").all()
    assert {await each.get_attribute("href") for each in links} <= {
        file.relative_to(folder).as_posix() for file in files
    }


@pytest.mark.browser
async def test_every_page_within_a_copy_is_judged(chromium: Browser, hub: Hub, tmp_path: Path) -> None:
    said: list[str] = []
    page = await open_page(chromium, said, bypass_csp=True)
    for language in LANGUAGES:
        await page.emulate_media(color_scheme="dark" if language == "fr" else "light")
        folder = await unpacked(await found(hub), made(tmp_path / language), language)
        await judge_all(page, folder, language)
    await page.context.close()
    assert said == []
