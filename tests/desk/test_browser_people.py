"""The desk's pages about others in a real browser: who acts for a customer, complaints, reminders, hands-on answers."""

from typing import Any

import asyncpg
import pytest
from playwright.async_api import Browser

from hub import appointing
from hub.rights import representing
from tests.desk.conftest import Joins
from tests.desk.quiet import hub, site
from tests.desk.test_acting import asked
from tests.desk.test_browser import SCHEMES, enter
from tests.desk.test_reminding import asked as written
from tests.desk.test_request_page import known
from tests.portal.browser import TRIED, judge, press
from tests.portal.test_task_letters import back
from tests.rights.acting import ANN
from tests.rights.desk import Desk

__all__ = ["hub", "site"]


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_pages_about_others_are_judged(
    chromium: Browser, address: str, joins: Joins, desk: Desk, superuser: asyncpg.Connection, language: str
) -> None:
    ruth, customer_id, request = await joins("conduct"), await known(desk.firm, ANN), await asked(desk)
    [waiting] = await written(desk, 1)
    await back(superuser, waiting, 2)
    scheme: Any = SCHEMES[language]
    context = await chromium.new_context(bypass_csp=True, color_scheme=scheme)
    page = await context.new_page()
    start = f"{address}/desk/firm-{desk.firm.id}/{language}"
    await page.goto(start)
    await enter(page, ruth)
    await page.goto(f"{start}/tasks/remind")
    await judge(page, f"desk-{language}-remind")
    await page.goto(f"{start}/requests/{request.reference}")
    await page.locator("#reason").select_option("IDENTITY")
    await press(page.locator("form[action$='/look'] button"))
    await judge(page, f"desk-{language}-represented")
    await page.goto(f"{start}/requests/{request.reference}/appoint")
    await press(page.locator("main form button.primary").last)
    await judge(page, f"desk-{language}-appoint-wrong")
    new = appointing.NewRepresentative(customer_id, "AGENT", "Noor Agent")
    await desk.do(representing.propose, new, request.id)
    await page.goto(f"{start}/requests/{request.reference}/appoint")
    await judge(page, f"desk-{language}-appoint")
    await context.close()
