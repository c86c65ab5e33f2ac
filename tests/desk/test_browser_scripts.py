"""What outsiders wrote, in a real browser that would run it: pages of both kinds, letters and copies run nothing.

The policy is in force here, and nothing even comes so far that it has to stop it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, Dialog, Page

from hub import letters
from hub.actors import OPERATOR, Operation
from hub.letters import Key
from hub.profiles import NewValue
from hub.rights import conduct
from hub.rights.requests import Request
from tests.connectors.shop import customers as people
from tests.desk.conftest import Joins
from tests.desk.quiet import hub, site
from tests.desk.test_browser import enter
from tests.domain.firm import email, external
from tests.portal.browser import Walk, press
from tests.rights.copies import ANNA, connect, copied, opened, shop_at
from tests.rights.desk import Desk

__all__ = ["hub", "site"]

POISON = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>\"'><b onmouseover=alert(4)>"
)
LISTEN = """
    document.addEventListener('securitypolicyviolation', e => console.error('STOPPED ' + e.violatedDirective));
    window.alert = text => console.error('RAN ' + text);
"""


@dataclass
class Watched:
    """A browser in which nothing may run. heard: what ran, or was stopped."""

    page: Page
    heard: list[str] = field(default_factory=list[str])

    async def look(self, url: str, *, is_poisoned: bool = True) -> None:
        """Open a page; it shows what was written, as text."""
        await self.page.goto(url)
        await self.quiet(is_poisoned=is_poisoned)

    async def quiet(self, *, is_poisoned: bool = True) -> None:
        """Nothing ran, and nothing of it is an element."""
        assert await self.page.locator("script, svg[onload], img[src=x], b[onmouseover]").count() == 0, (
            self.page.url
        )
        if is_poisoned:
            assert "onerror=alert(2)" in await self.page.locator("body").inner_text(), self.page.url
        assert self.heard == [], self.page.url


@pytest_asyncio.fixture
async def watched(chromium: Browser) -> AsyncIterator[Watched]:
    """A browser that runs scripts, where it is given any."""
    context = await chromium.new_context()
    await context.add_init_script(LISTEN)
    made = Watched(await context.new_page())

    async def noted(dialog: Dialog) -> None:
        made.heard.append(dialog.message)
        await dialog.dismiss()

    made.page.on("dialog", noted)
    made.page.on(
        "console", lambda said: made.heard.append(said.text) if "STOPPED" in said.text or "RAN" in said.text else None
    )  # fmt: skip
    made.page.on("pageerror", lambda error: made.heard.append(str(error)))
    yield made
    await context.close()


async def poisoned(desk: Desk, folder: Path) -> tuple[UUID, Request]:
    """A customer, a request and a system in which everything that others write is poison."""
    url = shop_at(folder)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(people.update().values(name=POISON))
    engine.dispose()
    await connect(desk, url)
    values = [NewValue("identity", "name", POISON), NewValue("contact", "address", POISON)]
    customer_id = await desk.firm.customer(
        jurisdictions=["EU"], identifiers=[email(ANNA), external("crm", "HV-77")], profile=values
    )
    request = await desk.receive(customer_id, "ACCESS", text=POISON)
    await desk.do(conduct.say, request.id, POISON, is_private=False)
    await desk.do(conduct.say, request.id, POISON, is_private=True)
    await copied(desk, request)
    return customer_id, request


@pytest.mark.browser
async def test_nothing_that_others_wrote_runs_at_the_desk_or_at_the_portal(
    watched: Watched, address: str, joins: Joins, desk: Desk, tmp_path: Path
) -> None:
    ruth = await joins("conduct")
    _, request = await poisoned(desk, tmp_path)
    page, start = watched.page, f"{address}/desk/firm-{desk.firm.id}/en"
    await page.goto(start)
    await enter(page, ruth)
    await page.goto(f"{start}/requests/{request.reference}")
    await page.locator("#reason").select_option("HANDLING")
    await press(page.locator("form[action$='/look'] button"))
    await watched.quiet()
    await watched.look(f"{start}/requests/{request.reference}/package", is_poisoned=False)
    await desk.do(conduct.answer, request.id, POISON)
    walk = Walk(page, desk.firm, f"{address}/o/firm-{desk.firm.id}/en", "poison", is_judged=False)
    await walk.enter(ANNA)
    await page.goto(f"{walk.start}/identify/held")
    await walk.fill({"number": "HV-77"})
    await watched.look(f"{walk.start}/held")
    await watched.look(f"{walk.start}/fix")
    await watched.look(f"{walk.start}/requests/{request.id}")


@pytest.mark.browser
async def test_nothing_that_others_wrote_runs_in_a_copy_or_a_letter(
    watched: Watched, desk: Desk, tmp_path: Path
) -> None:
    _, request = await poisoned(desk, tmp_path)
    folder = tmp_path / "copy"
    (await opened(desk, request)).extractall(folder)
    files = sorted(folder.rglob("*.html"))
    shown = [each for each in files if "onerror" in each.read_text(encoding="utf-8")]
    assert len(shown) > 2
    for file in files:
        await watched.look(file.as_uri(), is_poisoned=file in shown)
    async with desk.firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        values = {"reference": "PH-1", "message": POISON, "link": "/requests/PH-1"}
        letter = await letters.preview(ask, Key.RIGHTS_MESSAGE, "en", values, None, desk.firm.id)
    await watched.page.set_content(letter.html)
    await watched.quiet()
