"""The pages of partners and arrangements in a real browser: in every language and width, judged by axe."""

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from hub.actors import OPERATOR, PARTNER_SCOPES, Actor, Operation
from hub.catalogue import Page as Stretch
from hub.partners import inviting
from tests.desk.colleague import Colleague
from tests.desk.conftest import Joins
from tests.desk.quiet import hub, site
from tests.desk.test_browser import SCHEMES, enter
from tests.desk.test_handed import start as ask_for_file
from tests.desk.test_messages import partner_of, unheard
from tests.desk.test_partners import drafted
from tests.domain.firm import Firm
from tests.portal.browser import TRIED, judge, press
from workers import partner_exports

__all__ = ["hub", "site"]


@dataclass(frozen=True, slots=True)
class Pages:
    """A browser at the desk. Whatever it comes to is judged."""

    page: Page
    start: str
    name: str

    async def look(self, *places: str) -> None:
        """Open each of these."""
        for each in places:
            await self.page.goto(f"{self.start}/{each}")
            await self.judge(each.replace("/", "-"))

    async def press(self, action: str) -> None:
        """Send the first form that does this."""
        await press(self.page.locator(f"form[action$='/{action}'] button").first)

    async def count(self, action: str) -> int:
        """How many forms there are that do this."""
        return await self.page.locator(f"form[action$='/{action}']").count()

    async def judge(self, name: str) -> None:
        """The page as it is."""
        await judge(self.page, f"{self.name}-{name}")


async def block(pages: Pages) -> None:
    """Without a reason first, then with one."""
    await pages.page.goto(f"{pages.start}/partners/bank")
    await pages.press("block")
    await pages.judge("wrong")
    await pages.page.locator("#reason").fill("They lost a laptop.")
    await pages.press("block")
    await pages.judge("blocked")


async def put_into_force(pages: Pages) -> None:
    """The draft, which was weighed; then it can be ended."""
    await pages.page.goto(f"{pages.start}/arrangements/bank-alliance")
    await pages.press("force")
    await pages.judge("in-force")
    assert await pages.count("end") == 1


async def invite(pages: Pages) -> None:
    """A client of the partner's: without a name first, then with one."""
    await pages.page.goto(f"{pages.start}/partners/bank/clients")
    before = await pages.count("revoke")
    await pages.press("clients")
    await pages.judge("clients-wrong")
    await pages.page.locator("#name").fill("Branch, Leeds")
    await pages.page.locator("[value='partner:export']").check()
    await pages.press("clients")
    await pages.judge("clients")
    assert await pages.count("revoke") == before + 1


async def send_again(pages: Pages) -> None:
    """A message that did not arrive."""
    await pages.page.goto(f"{pages.start}/messages")
    await pages.press("again")
    await pages.judge("sent-again")
    assert await pages.count("again") == 0


async def exported(ruth: Colleague) -> None:
    """The bank was let receive again, asks for a file with its client, and was told to forget somebody."""
    firm = ruth.firm
    async with firm.hub.act(OPERATOR, Operation.PARTNER_BLOCK) as act:
        await act.execute("UPDATE partner_block SET ended_at = $1 WHERE ended_at IS NULL", act.at)
        await act.record("partner.released", organisation=firm.id)
    async with firm.hub.ask(OPERATOR, Operation.PARTNER_CLIENTS) as ask:
        client = (await inviting.page(ask, Stretch(1, backwards=True)))[0]
    partner = Actor("partner", client.id, firm.id, roles=PARTNER_SCOPES, recipient_id=client.recipient_id)
    export = await ask_for_file(ruth, partner)
    await partner_exports.run(firm.hub, export.id)


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_pages_of_partners_are_judged(
    chromium: Browser, address: str, joins: Joins, firm: Firm, language: str
) -> None:
    await firm.customer()
    ruth = await joins("conduct")
    await ruth.sign_in()
    await drafted(ruth)
    await ruth.send({}, to="arrangements/bank-alliance/weigh")
    await unheard(firm.hub, await partner_of(firm))
    colleague = await joins("conduct", "admin", name="Omar Said")
    scheme: Any = SCHEMES[language]
    context = await chromium.new_context(bypass_csp=True, color_scheme=scheme)
    page = await context.new_page()
    start = f"{address}/desk/firm-{firm.id}/{language}"
    await page.goto(start)
    await enter(page, colleague)
    pages = Pages(page, start, f"partners-{language}")
    await pages.look("arrangements/bank-alliance")
    await block(pages)
    await put_into_force(pages)
    await invite(pages)
    await exported(ruth)
    await pages.look("partners/bank/exports", "partners/bank/withdrawals")
    await send_again(pages)
    await context.close()
