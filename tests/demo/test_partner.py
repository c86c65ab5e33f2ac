"""The demo's partner, a process of its own: it receives, is told to forget, forgets, says so; the customer sees it."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest

from tests.demo.conftest import Demo
from tests.demo.test_portal import code, newest, send

pytestmark = pytest.mark.xdist_group("demo")
PATIENCE_SECONDS = 180


def copied(demo: Demo) -> dict[str, Any]:
    """The customers that the partner holds, by its own ids."""
    found = demo.folder / ".data" / "demo" / "bluegum.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{found}?mode=ro", uri=True)) as copy:
        rows = copy.execute("SELECT id, value FROM kept").fetchall()
    own = {"place", "fetched", "hook", "export"}
    return {name: json.loads(value) for name, value in rows if name not in own}


def wait_for(is_so: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with contextlib.suppress(sqlite3.OperationalError):  # not made yet
            if found := is_so():
                return found
        assert time.monotonic() < until
        time.sleep(0.1)


def ask(demo: Demo, query: str) -> Any:
    secret = (demo.folder / ".data" / "demo" / "harbour-crm.secret").read_text().strip().split(":")
    form = {"grant_type": "client_credentials"}
    token = httpx.post(
        f"{demo.address}/oauth/token", data=form, auth=(secret[0], secret[1]), timeout=60
    ).json()
    headers = {"authorization": f"Bearer {token['access_token']}"}
    answer = httpx.post(f"{demo.address}/graphql", json={"query": query}, headers=headers, timeout=60).json()
    assert "errors" not in answer, answer
    return answer["data"]


ANSWERED = "SELECT count(*) > 0 AND count(*) = count(answer) FROM withdrawal"
RECEIVED = "{{ disclosures(customer: {{email: {email}}}, first: 5) {{ edges {{ node {{ recipient {{ key }} }} }} }} }}"
OPT_OUT = """mutation {{ optOut(input: {{customer: {{email: {email}}}, kind: SHARING,
    evidence: {{wording: "Do not pass my details on.", method: PHONE}}}}) {{ problems {{ message }} }} }}"""


def acknowledged(demo: Demo) -> bool:
    """Whether the partner has answered all that it was told."""

    async def look() -> bool:
        connection = await asyncpg.connect(demo.environment["HUB_DATABASE_URL"])
        try:
            return await connection.fetchval(ANSWERED)
        finally:
            await connection.close()

    return asyncio.run(look())


OF_THE_STORY = {"grace.okafor@example.com", "tom.nguyen@example.com"}


def test_the_partner_receives_forgets_and_says_so(demo: Demo) -> None:
    before = wait_for(lambda: len(found := copied(demo)) > 100 and found)
    assert all(each["id"] == name for name, each in before.items())
    some = next(
        each
        for each in before.values()
        if len(each["emails"]) == 1 and OF_THE_STORY.isdisjoint(each["emails"])
    )
    email = json.dumps(some["emails"][0])
    received = ask(demo, RECEIVED.format(email=email))["disclosures"]["edges"]
    assert {each["node"]["recipient"]["key"] for each in received} == {"bluegum-mortgages"}
    assert ask(demo, OPT_OUT.format(email=email)) == {"optOut": {"problems": []}}
    wait_for(lambda: some["id"] not in copied(demo))
    assert wait_for(lambda: acknowledged(demo))
    with httpx.Client(base_url=demo.address, timeout=60, trust_env=False, follow_redirects=True) as browser:
        earlier = newest(browser)
        page = send(browser, browser.get("/o/harbour/en/enter"), email=some["emails"][0])
        send(browser, page, code=code(browser, earlier))
        seen = browser.get("/o/harbour/en/used").text
    for said in ("Bluegum Mortgages", "to delete it.", "They confirmed it on"):
        assert said in seen, said


def test_the_partner_is_told_and_has_an_export_made_once(demo: Demo) -> None:
    wait_for(lambda: len(copied(demo)) > 100)
    file = demo.folder / ".data" / "demo" / "bluegum.ndjson"
    wait_for(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("\n"))
    exported = {json.loads(line)["id"] for line in file.read_text(encoding="utf-8").splitlines()}
    assert len(exported & set(copied(demo))) > 100

    async def told() -> list[tuple[str, str]]:
        connection = await asyncpg.connect(demo.environment["HUB_DATABASE_URL"])
        rows = await connection.fetch(
            "SELECT m.type, d.state FROM webhook_delivery d JOIN webhook_message m ON m.id = d.message_id"
            " JOIN webhook_endpoint e ON e.id = d.endpoint_id JOIN client c ON c.id = e.client_id"
            " WHERE c.name = $1", "Bluegum's system",
        )  # fmt: skip
        await connection.close()
        return [(row["type"], row["state"]) for row in rows]

    found = asyncio.run(told())
    assert ("endpoint.verify", "DELIVERED") in found
    assert found.count(("export.ready", "DELIVERED")) == 1
