"""The case it all began with, in a real browser: an alliance that is newer than the notice the customer was shown.

They are asked, by a letter; they say yes on the page, and it is released; they say no, and nothing goes out.
"""

from datetime import datetime
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser

from hub.policy.rule import Outcome
from portal.languages import LANGUAGES
from tests.domain.firm import Firm
from tests.partners.referred import House
from tests.partners.test_question_page import asked, linked
from tests.portal.browser import Walk, open_page, press
from tests.portal.quiet import hub

__all__ = ["hub"]

YES, NO = "button[value=yes]", "button[value=no]"


async def walked(
    browser: Browser, said: list[str], house: House, address: str, language: str, name: str
) -> Walk:
    """A browser at the firm's portal."""
    scheme = "dark" if language == "ar" else "light"
    page = await open_page(browser, said, bypass_csp=True, color_scheme=scheme)
    whose = house.world.organisation.id
    firm = Firm(house.hub, whose, house.world.app(), [], [], {}, whose, whose)
    return Walk(page, firm, f"{address}/o/{house.world.organisation.key}/{language}", f"{name}-{language}")


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_yes_on_the_page_of_the_letter_releases_it_and_the_same_page_takes_it_back(
    chromium: Browser, address: str, house: House, firm: Firm, language: str
) -> None:
    began = house.world.arrangements["mortgage-alliance"].starts_on
    customer, referral, email = await asked(house, locale=language)
    assert began > datetime.fromisoformat("2024-03-01").date()  # they joined before it was agreed
    said: list[str] = []
    walk = await walked(chromium, said, house, address, language, "question")
    link = urlsplit(await linked(house, firm, email)).path
    await walk.page.goto(address + link)
    await walk.judge()
    boxes = [await walk.page.locator(each).bounding_box() for each in (YES, NO)]
    assert boxes[0]
    assert boxes[1]
    assert (boxes[0]["width"], boxes[0]["height"]) == (boxes[1]["width"], boxes[1]["height"])
    looks = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color, getComputedStyle(e).fontWeight]"
    assert await walk.page.locator(YES).evaluate(looks) == await walk.page.locator(NO).evaluate(looks)
    await press(walk.page.locator(YES))
    await walk.judge()
    now = await house.read(referral)
    assert (now.state.value, now.disclosure_id is not None) == ("OFFERED", True)
    await walk.page.go_back()
    await walk.page.goto(address + link)
    assert await walk.page.locator(YES).count() == 0
    await press(walk.page.locator("button[value=back]"))
    await walk.judge()
    assert (await house.read(referral)).state.value == "WITHDRAWN"
    assert (await house.events(customer)).count("disclosure.recorded") == 1
    await walk.page.context.close()
    assert said == []


@pytest.mark.browser
async def test_a_no_on_the_page_closes_it_and_nothing_goes_out(
    chromium: Browser, address: str, house: House, firm: Firm
) -> None:
    customer, referral, email = await asked(house)
    walk = await walked(chromium, [], house, address, "en", "refused")
    await walk.page.goto(address + urlsplit(await linked(house, firm, email)).path)
    await press(walk.page.locator(NO))
    await walk.judge()
    now = await house.read(referral)
    assert (now.state.value, now.disclosure_id) == ("CLOSED", None)
    assert "disclosure.recorded" not in await house.events(customer)
    again = await house.refer(customer, recipient="bluegum-mortgages", purpose="referral-mortgage")
    assert again.referral is None
    assert again.answer.decision.outcome is not Outcome.ALLOW
    await walk.page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
async def test_signed_in_it_is_on_the_first_page_and_among_all_of_them(
    chromium: Browser, address: str, house: House, language: str
) -> None:
    _, referral, email = await asked(house, locale=language)
    walk = await walked(chromium, [], house, address, language, "own-question")
    await walk.enter(email)
    await walk.judge()
    await press(walk.page.locator(f"a[href$='/referrals/{referral.id}']"))
    await walk.judge()
    await press(walk.page.locator(YES))
    await walk.go("referrals")
    await walk.page.context.close()
    assert (await house.read(referral)).state.value == "OFFERED"
