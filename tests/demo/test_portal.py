"""The portal in the demo, as docs/portal.md says: a made-up customer stops marketing with the code from the mailbox."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.demo.conftest import ROOT, Demo

PATIENCE_SECONDS = 60
GRACE = "grace.okafor@example.com"
_KEY = re.compile(r'name="form" value="([^"]+)"')


@pytest.fixture
def browser(demo: Demo) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=demo.address, trust_env=False, follow_redirects=True) as opened:
        yield opened


def send(browser: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    """Send the form of a page."""
    found = _KEY.search(page.text)
    assert found, page.text
    origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
    return browser.post(page.url, data={"form": found[1], **fields}, headers={"origin": origin})


def code(browser: httpx.Client) -> str:
    """The code in the newest letter, once it has come."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := re.search(r"^(\d{6})\s*$", browser.get("/mailbox").text, re.MULTILINE)):
        assert time.monotonic() < until, browser.get("/mailbox").text
        time.sleep(0.2)
    return found[1]


def test_a_customer_stops_marketing_with_the_code_from_the_mailbox(browser: httpx.Client) -> None:
    assert "/o/harbour/en" in browser.get("/o").text
    page = browser.get("/o/harbour/en/ask/stop/place")
    for said in ({"place": "AU"}, {"remedy": "STOP_MARKETING"}, {"email": GRACE}, {}):
        page = send(browser, page, **said)
    assert page.url.path == "/o/harbour/en/ask/stop/code"
    page = send(browser, page, code=code(browser))
    assert page.url.path == "/o/harbour/en/requests/1/done"
    assert "Done: we have stopped" in page.text


def test_the_guide_names_what_the_demo_has() -> None:
    said = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
    assert GRACE in said
    assert "http://localhost:8000/o" in said
