"""The portal in the demo, as docs/portal.md says: a made-up customer stops marketing, and signs in, by the mailbox."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.demo.conftest import ROOT, Demo

PATIENCE_SECONDS = 180
GRACE = "grace.okafor@example.com"
_KEY = re.compile(r'name="form" value="([^"]+)"')
_CODE = re.compile(r"^(\d{6})\s*$", re.MULTILINE)


@pytest.fixture
def browser(demo: Demo) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=demo.address, timeout=60, trust_env=False, follow_redirects=True) as opened:
        yield opened


def send(browser: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    """Send the form of a page."""
    found = _KEY.search(page.text)
    assert found, page.text
    origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
    return browser.post(page.url, data={"form": found[1], **fields}, headers={"origin": origin})


def newest(browser: httpx.Client) -> str:
    """The code in the newest letter that has one; others use the same demo."""
    found = _CODE.search(browser.get("/mailbox").text)
    return found[1] if found else ""


def code(browser: httpx.Client, before: str) -> str:
    """The code in the newest letter, once one has come after that with an earlier code."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (found := newest(browser)) == before:
        assert time.monotonic() < until, browser.get("/mailbox").text
        time.sleep(0.2)
    return found


def test_a_customer_stops_marketing_and_signs_in_with_codes_from_the_mailbox(browser: httpx.Client) -> None:
    assert "/o/harbour/en" in browser.get("/o").text
    page, before = browser.get("/o/harbour/en/ask/stop/place"), newest(browser)
    for said in ({"place": "AU"}, {"remedy": "STOP_MARKETING"}, {"email": GRACE}, {}):
        page = send(browser, page, **said)
    assert page.url.path == "/o/harbour/en/ask/stop/code"
    first = code(browser, before)
    page = send(browser, page, code=first)
    assert page.url.path == "/o/harbour/en/requests/1/done"
    assert "Done: we have stopped" in page.text
    page = send(browser, browser.get("/o/harbour/en/enter"), email=GRACE)
    page = send(browser, page, code=code(browser, first))
    assert "Stop marketing" in page.text
    assert GRACE in browser.get("/o/harbour/en/held").text


def test_the_guide_names_what_the_demo_has() -> None:
    said = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
    assert GRACE in said
    assert "http://localhost:8000/o" in said
