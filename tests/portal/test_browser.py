"""The pages in a real browser: on a phone and on a desk, in every language, without a script, and judged by axe."""

import pytest
from playwright.async_api import Browser

from portal.languages import LANGUAGES
from tests.domain.firm import Firm
from tests.portal.browser import TRIED, Loaded, Walk, open_page, press
from tests.portal.quiet import hub
from tests.portal.visitor import KNOWN, UNKNOWN

__all__ = ["hub"]

PAGE_BYTES = 30_000
JOURNEYS: dict[str, list[dict[str, str]]] = {
    "copy": [{"which": "everything"}, {"place": "AU"}, {"email": KNOWN}, {"words": "I moved in 2024."}],
    "stop": [{"place": "AU"}, {"remedy": "STOP_MARKETING"}, {"email": UNKNOWN}],
}
WALKED = [
    *(pytest.param("copy", each, id=f"copy-{each}") for each in LANGUAGES),
    *(pytest.param("stop", *each.values, marks=each.marks, id=f"stop-{each.id}") for each in TRIED),
]


@pytest.mark.browser
@pytest.mark.parametrize(("journey", "language"), WALKED)
async def test_a_journey_is_walked_on_a_phone_and_on_a_desk(
    chromium: Browser, address: str, firm: Firm, language: str, journey: str
) -> None:
    said: list[str] = []
    scheme = "dark" if language == "fr" else "light"
    page = await open_page(chromium, said, bypass_csp=True, color_scheme=scheme)
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/{language}", f"{journey}-{language}")
    await walk.begin(journey)
    await press(page.locator("button.primary"))
    assert (await page.title()).count(":") == 1
    await page.locator(".errors:focus").wait_for()
    for answers in JOURNEYS[journey]:
        await walk.fill(answers)
    await walk.fill({})
    await walk.fill({"code": "000000x"})
    await walk.fill({"code": await walk.digits()})
    await walk.judge()
    assert page.url.endswith("/requests/1/done")
    assert await page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    for place in ["requests/1", *(["requests/1/number"] if journey == "copy" else [])]:
        await page.goto(f"{walk.start}/{place}")
        assert page.url.endswith(place)
        await walk.judge()
    await page.context.close()
    assert [each for each in said if "status of 422" not in each] == []


@pytest.mark.browser
async def test_no_script_is_needed_none_is_loaded_and_pages_are_light(
    chromium: Browser, address: str, firm: Firm
) -> None:
    said: list[str] = []
    page = await open_page(chromium, said, java_script_enabled=False)
    loaded = Loaded(page)
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/en", "plain", is_judged=False)
    await walk.begin("stop")
    for answers in JOURNEYS["stop"]:
        await walk.fill(answers)
    await walk.fill({})
    await walk.fill({"code": await walk.digits()})
    assert page.url.endswith("/requests/1/done")
    assert await loaded.kinds() == {"document", "stylesheet", "other"}  # the last is the icon
    assert await loaded.heaviest() < PAGE_BYTES
    assert said == []
    await page.context.close()
