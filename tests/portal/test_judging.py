"""The judge of pages finds what is planted for it to find."""

import pytest
from playwright.async_api import Browser

from tests.domain.firm import Firm
from tests.portal.browser import SMALLEST_TARGET, judge, open_page
from tests.portal.quiet import hub

__all__ = ["hub"]

PLANTED = {
    "wide": ("<div style='width: 700px'>wide</div>", r"'width': 7\d\d"),
    "small": (
        "<button style='height: 9px; min-height: 0; padding: 0'>small</button>",
        r"'small': \[\['small",
    ),
    "unnamed": ("<img src='/static/icon.svg'>", "image-alt"),
    "faint": ("<p style='color: #999; background: #fff'>faint</p>", "color-contrast"),
}


@pytest.mark.browser
async def test_what_is_wrong_with_a_page_is_found_also_on_one_that_was_right(
    chromium: Browser, address: str, firm: Firm
) -> None:
    page = await open_page(chromium, [], bypass_csp=True)
    for name, (planted, said) in PLANTED.items():
        await page.goto(f"{address}/o/firm-{firm.id}/en")
        await judge(page, f"right-{name}", smallest_target=SMALLEST_TARGET)
        await page.locator("main").evaluate(
            "(main, html) => main.insertAdjacentHTML('beforeend', html)", planted
        )
        with pytest.raises(AssertionError, match=said):
            await judge(page, f"wrong-{name}", smallest_target=SMALLEST_TARGET)
    await page.context.close()
