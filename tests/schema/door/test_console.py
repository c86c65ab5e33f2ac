"""The console in a browser: keyboard, small screens, strict policy, nothing from elsewhere."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.routing import Route

from schema.console import HEADERS, console_page
from tests.portal.browser import resize

FIRST = "query Books($first: Int) {\n  books(first: $first) { totalCount edges { node { id title } } }\n}\n"


@pytest.fixture
def app(library: Any) -> Starlette:
    console = console_page(title="Harbour <& Vale>", query=FIRST, variables='{ "first": 3 }')
    door = library.open(page=console.page, page_headers=console.headers)
    return Starlette(routes=[*console.routes(), Route("/graphql", door.endpoint())])


@pytest.fixture
def address(app: Starlette) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
async def page(address: str, chromium: Browser) -> AsyncIterator[Page]:
    """A page in a context of its own, which remembers nothing of another test's."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(address)
    yield page
    await context.close()
    assert [each for each in said if "status of 401" not in each] == []
    assert [url for url in asked if not url.startswith(address)] == []


async def sign_in(page: Page) -> None:
    await page.get_by_label("Access token").fill("writer")
    await page.keyboard.press("Tab")
    await page.locator("#documentation h3").first.wait_for()


@pytest.mark.browser
async def test_a_query_runs_by_keyboard_alone(page: Page) -> None:
    assert await page.evaluate("document.activeElement.id") == "token"
    await page.keyboard.type("writer")
    for name in ("forget", "query"):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.id") == name
    await page.keyboard.press("Control+Enter")
    await page.locator("#answer:not(:empty)").wait_for()
    assert '"totalCount": 250' in await page.locator("#answer").inner_text()
    status = await page.get_by_role("status").first.inner_text()
    assert status.startswith("200 OK, ")
    assert status.endswith(" ms, cost 27 of 20,000")


@pytest.mark.browser
async def test_what_goes_wrong_is_said_in_words(page: Page) -> None:
    await page.get_by_role("button", name="Run the query").click()
    await page.get_by_text("401 Unauthorized").wait_for()
    await page.get_by_label("Variables").fill("{ first: 3 }")
    await page.get_by_role("button", name="Run the query").click()
    await page.get_by_text("The variables are not JSON").wait_for()
    assert await page.evaluate("document.activeElement.id") == "variables"


@pytest.mark.browser
async def test_the_schema_can_be_read_and_searched(page: Page) -> None:
    await sign_in(page)
    await page.get_by_role("link", name="BookConnection!").first.click()
    assert await page.evaluate("document.activeElement.textContent") == "BookConnection"
    await page.get_by_role("button", name="Back to all queries").click()
    await page.get_by_label("Find a type or a field").fill("titl")
    await page.get_by_role("link", name="BookFilter.title").wait_for()
    await page.get_by_label("Find a type or a field").fill("zzzz")
    await page.get_by_text("Nothing has this in its name or description.").wait_for()


@pytest.mark.browser
async def test_every_field_gives_a_query_that_runs(page: Page) -> None:
    await sign_in(page)
    for name in ("hello", "books", "nodes", "rename"):
        await page.evaluate("document.getElementById('answer').replaceChildren()")
        await page.get_by_role("button", name=f"Start a query with {name}", exact=True).click()
        await page.keyboard.press("Control+Enter")
        await page.locator("#answer:not(:empty)").wait_for()
        answer = await page.locator("#answer").inner_text()
        assert "GRAPHQL_" not in answer
        assert f'"{name}"' in answer


@pytest.mark.browser
async def test_of_several_operations_one_is_chosen(page: Page) -> None:
    await sign_in(page)
    await page.get_by_label("Query", exact=True).fill(
        "# query No\nquery One { hello } query Two { two: hello }"
    )
    await page.get_by_label("Variables").fill("")
    await page.get_by_label("Operation to run").select_option("Two")
    await page.get_by_role("button", name="Run the query").click()
    await page.get_by_text('"two": "hello"').wait_for()


@pytest.mark.browser
async def test_the_token_stays_in_the_tab_until_it_is_forgotten(page: Page, address: str) -> None:
    await sign_in(page)
    await page.reload()
    assert await page.get_by_label("Access token").input_value() == "writer"
    await page.locator("#documentation h3").first.wait_for()
    await page.get_by_role("button", name="Forget it").click()
    assert await page.evaluate(
        "[sessionStorage.getItem('hub-token'), localStorage.length, document.cookie]"
    ) == [
        "",
        0,
        "",
    ]
    assert await page.locator("#documentation").inner_text() == ""
    assert address in page.url


@pytest.mark.browser
async def test_nothing_runs_off_the_side(page: Page) -> None:
    await resize(page, 360)
    await sign_in(page)
    await page.keyboard.press("Control+Enter")
    await page.locator("#answer:not(:empty)").wait_for()
    for width in (360, 1280):
        await resize(page, width)
        assert await page.evaluate("document.documentElement.scrollWidth") == width


class Markup(HTMLParser):
    """Collects what the policy would refuse, and controls without a label."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.controls: set[str | None] = set()
        self.labels: set[str | None] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        given = dict(attrs)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        if tag in {"input", "textarea", "select"}:
            self.controls.add(given.get("id"))
        if tag == "label":
            self.labels.add(given.get("for"))


async def test_the_page_is_plain_labelled_and_under_its_policy(app: Starlette) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as client:
        page = await client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
        head = await client.head("/graphql", headers={"Accept": "text/html"})
        assets = [
            await client.get(f"/graphql/{name}") for name in ("console.js", "documentation.js", "console.css")
        ]
        program = await client.get("/graphql", headers={"Accept": "application/json"})
    markup = Markup()
    markup.feed(page.text)
    assert markup.inline == []
    assert markup.controls == markup.labels
    assert "Harbour &lt;&amp; Vale&gt;" in page.text
    assert "://" not in page.text
    for answer in (page, head, *assets):
        assert answer.status_code == 200
        assert {name: answer.headers[name] for name in HEADERS if name != "Cache-Control"} == {
            name: text for name, text in HEADERS.items() if name != "Cache-Control"
        }
    assert head.content == b""
    assert program.status_code == 405
