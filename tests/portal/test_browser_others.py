"""Asking for somebody else in a real browser, with a file, in every language; and adding one to a request."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.domain.firm import Firm
from tests.portal.browser import TRIED, Walk, open_page, press
from tests.portal.quiet import hub
from tests.uploads.files import PDF

__all__ = ["hub"]


@pytest.mark.browser
@pytest.mark.parametrize("language", TRIED)
async def test_somebody_else_is_asked_for_with_a_file(
    chromium: Browser, address: str, firm: Firm, language: str, tmp_path: Path
) -> None:
    said: list[str] = []
    proof = tmp_path / "permission.pdf"
    proof.write_bytes(PDF)
    page = await open_page(
        chromium, said, bypass_csp=True, color_scheme="dark" if language == "fr" else "light"
    )
    walk = Walk(page, firm, f"{address}/o/firm-{firm.id}/{language}", f"other-{language}")
    await walk.begin("stop")
    await walk.fill({"place": "AU"})
    await walk.fill({"remedy": "STOP_MARKETING"})
    await page.goto(f"{walk.start}/ask/stop/who")
    await walk.fill({"who": "other"})
    await walk.fill({"as": "GUARDIAN", "name": "Mika", "for": "nobody@example.org"})
    await page.locator("input[type=file]").set_input_files(proof)
    await press(page.locator("button[name=more]"))
    await walk.judge()
    assert "permission.pdf" in await page.content()
    await walk.fill({})
    await walk.fill({"email": f"noor-{language}@example.org"})
    await walk.fill({})
    await walk.fill({"code": await walk.digits()})
    await page.goto(f"{walk.start}/requests/1")
    await walk.judge()
    await page.goto(f"{walk.start}/requests/1/files")
    await walk.judge()
    await press(page.locator("button.primary"))
    await walk.judge()
    await page.locator(".errors:focus").wait_for()
    await page.context.close()
    assert [each for each in said if "status of 422" not in each] == []
