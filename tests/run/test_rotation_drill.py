"""Keys of every use are replaced while the hub is asked and works, and whoever replaces them is killed."""

import asyncio
import json
import random
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from hub import profiles, suppression
from hub.act import Ask, Hub
from hub.actors import OPERATOR, Operation
from hub.rotation import REPLACED
from hub.settings import load
from tests.run.conftest import Place, Process, Start, make_client
from tests.run.lasting import Endpoint, Ruth, invited, outside

KILLS = [pytest.param(1, id="once"), pytest.param(10, id="often", marks=pytest.mark.chaos)]
WAIT = "2.5"
"""Longer than a process takes to see that the keyring's file has changed."""
CREATE = """
    mutation ($input: CustomerCreateInput!, $key: String) {
        customerCreate(input: $input, idempotencyKey: $key) { customer { id } problems { code message } }
    }
"""
FIND = "query ($email: String!) { customer(ref: {email: $email}) { id } }"
PAGE = "query ($after: String) { customers(first: 1, after: $after) { edges { cursor } } }"
SUPPRESS = "mutation ($input: SuppressAddressInput!) { suppressAddress(input: $input) { problems { code message } } }"
Opened = Callable[[Hub], Any]


@dataclass
class App:
    """An app that meets people, looks for them and goes on in lists, with a token that is new now and then."""

    url: str
    client: tuple[str, str]
    found: dict[str, str] = field(default_factory=dict[str, str])
    wrong: list[Any] = field(default_factory=list[Any])
    token: str = ""
    key: str = ""
    cursor: str = ""

    def sign_in(self) -> None:
        """Get a token."""
        form = {"grant_type": "client_credentials"}
        answer = httpx.post(
            f"{self.url}/oauth/token", data=form, auth=self.client, timeout=60, trust_env=False
        )
        self.token = self._right(answer)["access_token"]

    def ask(self, query: str, **variables: Any) -> Any:
        """What the one root field of an operation answers."""
        sent = {"query": query, "variables": variables}
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.url}/graphql", json=sent, headers=headers, timeout=60, trust_env=False)
        (value,) = self._right(answer)["data"].values()
        if value.get("problems"):
            raise AssertionError(value["problems"])
        return value

    def _right(self, answer: httpx.Response) -> Any:
        body = answer.json()
        if answer.status_code != 200 or "errors" in body:
            raise AssertionError(answer.text)
        return body

    def meet(self, email: str, key: str | None = None) -> None:
        """A new customer; with a key of before, the one of before."""
        new = {"locale": "en", "jurisdictions": ["AU"], "identifiers": [{"kind": "EMAIL", "value": email}]}
        made = self.ask(CREATE, input=new, key=key or str(uuid4()))
        assert self.found.setdefault(email, made["customer"]["id"]) == made["customer"]["id"]

    def begin(self) -> None:
        """What is to hold through every change: a customer under a key, a cursor, an address that gets no marketing."""
        self.sign_in()
        self.key = str(uuid4())
        self.meet("first@example.org", self.key)
        self.meet("second@example.org")
        self.ask(
            SUPPRESS, input={"address": {"kind": "EMAIL", "value": "never@example.org"}, "reason": "ASKED"}
        )
        self.cursor = self.ask(PAGE)["edges"][0]["cursor"]

    def once_around(self, number: int) -> None:
        """Meet somebody, look for them and for the first one, go on in the list, say again what was said."""
        self.meet(f"p{number}@example.org")
        for email in (f"p{number}@example.org", "first@example.org"):
            assert self.ask(FIND, email=email)["id"] == self.found[email]
        assert self.ask(PAGE, after=self.cursor)["edges"]
        self.meet("first@example.org", self.key)
        if number % 5 == 0:
            self.sign_in()

    @contextmanager
    def at_work(self, look: Callable[[], None]) -> Generator[None]:
        """Go around again and again, look each time, and note what went wrong."""
        stop = threading.Event()

        def work() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    self.once_around(number)
                    look()
                except (AssertionError, httpx.HTTPError, KeyError) as error:
                    self.wrong.append(error)
                time.sleep(0.05)

        thread = threading.Thread(target=work)
        thread.start()
        yield
        stop.set()
        thread.join()


async def within(place: Place, body: Callable[[Hub], Any]) -> Any:
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=None), place.url)
    try:
        return await body(hub)
    finally:
        await hub.close()


def kill_some(begin: Callable[[], Process], times: int) -> None:
    """Begin to replace a key and be killed, so many times."""
    dice = random.Random(times)  # noqa: S311 - when it is killed
    for _ in range(times):
        process = begin()
        time.sleep(dice.uniform(0.5, 4.0))
        process.tell(signal.SIGKILL)
        process.wait()


def rows(place: Place, sql: str) -> list[Any]:
    with psycopg.connect(place.url) as connection:
        return [row[0] for row in connection.execute(sql.encode()).fetchall()]


@pytest.mark.slow
@pytest.mark.parametrize("times", KILLS)
def test_every_key_is_replaced_under_load_and_nothing_is_refused_or_unreadable(
    place: Place, start: Start, times: int
) -> None:
    path = place.folder / "keyring.json"
    path.write_text(place.keyring, encoding="utf-8")
    before = json.loads(place.keyring)["current"]
    with outside() as others:
        filed = {"HUB_KEYRING": "", **others.settings}
        served, working = start(place, "serve", **filed), start(place, "work", **filed)
        app = App(served.url, asyncio.run(within(place, make_client)))
        app.begin()
        firm, token = asyncio.run(within(place, invited))
        ruth = Ruth(served.url.replace("127.0.0.1", "localhost"), f"/desk/{firm}/en")
        ruth.begin(token)
        endpoint = Endpoint(app.ask, others.receiver)
        endpoint.begin()
        with app.at_work(ruth.look):
            for use in REPLACED:
                command = ("keys", "rotate", str(use), "--wait", WAIT)
                with ruth.signing_in():
                    kill_some(lambda command=command: start(place, *command, **filed), times)
                    working.tell(signal.SIGKILL)
                    working = start(place, "work", **filed)
                    done = place.run(*command, **filed)
                assert done.returncode == 0, done.stderr
                assert before[use] in done.stdout
                endpoint.hear()
        ruth.leave()
    assert app.wrong == []
    after = json.loads(path.read_text(encoding="utf-8"))["current"]
    assert {use for use in after if after[use] != before[use]} == {str(use) for use in REPLACED}
    assert rows(place, "SELECT DISTINCT blind_key_id FROM identifier") == [after["index"]]
    asyncio.run(within(place, lambda hub: look_through(hub, app)))
    published = httpx.get(f"{served.url}/.well-known/jwks.json", timeout=60, trust_env=False).json()["keys"]
    assert {before["seal"], after["seal"], before["token"], after["token"]} <= {
        key["kid"] for key in published
    }
    verified = place.run("ledger", "verify", **filed)
    assert verified.returncode == 0, verified.stdout
    assert place.run("check", **filed).returncode == 0


async def look_through(hub: Hub, app: App) -> None:
    """Everybody's address opens, and the one that gets no marketing is recognised."""
    sql = "SELECT customer_id, organisation_id FROM identifier ORDER BY id"
    async with hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        found = await ask.rows(sql)
        shown = [await _email(ask, row["customer_id"], row["organisation_id"]) for row in found]
        never = suppression.Address("EMAIL", "never@example.org")
        met = await suppression.met(ask, found[0]["organisation_id"], [never])
    assert sorted(shown) == sorted(app.found)
    assert met


async def _email(ask: Ask, customer_id: UUID, organisation_id: UUID) -> str:
    return (await profiles.opened(ask, customer_id, organisation_id)).identifiers[0].value


def test_what_partners_know_customers_by_is_never_replaced_and_no_other_word_is_a_use(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "keyring.json").write_text(place.keyring, encoding="utf-8")
    for said, why in (("pairwise", "it stays"), ("door", "a key is for one of wrap, index")):
        refused = place.run("keys", "rotate", said, "--wait", "0", HUB_KEYRING="")
        assert (refused.returncode, why in refused.stderr) == (2, True), refused.stderr
    assert (tmp_path / "keyring.json").read_text(encoding="utf-8") == place.keyring
