"""What partners are handed page by page over HTTP, against the same without deciding, opening and recording.

That is a bare Strawberry application that takes a page of eight plain columns by one indexed query. Each in turn with
what is measured.
"""

import asyncio
import os
from dataclasses import dataclass
from statistics import median
from typing import Any

import orjson

from bench import load
from bench.handed import staged
from bench.house import Stage, served
from bench.serving import HOST

CUSTOMERS = int(os.environ.get("HUB_BENCH_PARTNERS", "20000"))
SECONDS = 4.0
ROUNDS = 3
CONNECTIONS = 16
SIZE = 100
OFFER = {"a": "quay-referrals", "p": "referral-inspection"}
OURS = """query P($a: ID!, $p: String!, $n: Int!, $after: String) {
    customers(arrangement: $a, purpose: $p, first: $n, after: $after) {
      edges { node { id emails phones given: value(name: "identity.given_name")
        family: value(name: "identity.family_name") city: value(name: "identity.city")
        street: value(name: "identity.street") postcode: value(name: "identity.postcode") } }
      pageInfo { hasNextPage endCursor } } }"""
BARE = """query P($n: Int!, $after: ID) { customers(first: $n, after: $after) {
    edges { node { id email phone given: givenName family: familyName city street postcode } }
    hasNextPage endCursor } }"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Pages of one server: the first, and the deepest."""

    server: tuple[int, str]
    path: str
    document: str
    variables: dict[str, Any]
    deepest: str | None

    def rate(self, *, deep: bool) -> float:
        """Pages a second."""
        after = self.deepest if deep else None
        body = orjson.dumps(
            {"query": self.document, "variables": {**self.variables, "n": SIZE, "after": after}}
        )
        port, token = self.server
        request = load.post(HOST, self.path, token, body)
        running = load.run(port, [request], seconds=SECONDS, connections=CONNECTIONS, wanted=b'"postcode"')
        done = asyncio.run(running)
        if done.bad:
            raise AssertionError(f"{done.bad} of {done.requests} answers were wrong")
        return done.rate


def main() -> None:
    """Print pages a second."""
    with staged(CUSTOMERS) as stage, served("list", stage) as bare, served("hub", stage) as ours:
        _pages(stage, bare, ours)


def _pages(stage: Stage, bare: tuple[int, str], ours: tuple[int, str]) -> None:
    people = sorted(stage.customers)
    asked = {
        "bare": Asked(bare, "/graphql", BARE, {}, str(people[-SIZE - 1])),
        "ours": Asked(ours, "/partner/graphql", OURS, OFFER, _deepest(ours)),
    }
    rounds = [
        {(name, deep): each.rate(deep=deep) for deep in (False, True) for name, each in asked.items()}
        for _ in range(ROUNDS)
    ]
    found = {key: median(each[key] for each in rounds) for key in rounds[0]}
    print(f"pages of {SIZE} x 8, {CONNECTIONS} connections, of {CUSTOMERS:,} customers")
    print(f"bare Strawberry, one query           {found['bare', False]:7,.1f} pages a second")
    for deep, name in ((False, "first"), (True, "deepest")):
        ratio = median(each["ours", deep] / each["bare", deep] for each in rounds)
        print(
            f"decided, opened, recorded: {name:8}  {found['ours', deep]:7,.1f} pages a second, {ratio:.2f}x of bare"
        )
    slower = median(each["ours", False] / each["ours", True] for each in rounds)
    print(f"the deepest page takes {slower:.2f}x of the first")


def _deepest(ours: tuple[int, str]) -> str | None:
    """The cursor of the last full page, found by going there."""
    port, token = ours
    cursors: list[str | None] = [None]
    while True:
        variables = {**OFFER, "n": SIZE, "after": cursors[-1]}
        answer = asyncio.run(_ask(port, token, {"query": OURS, "variables": variables}))
        page = answer["data"]["customers"]
        if not page["pageInfo"]["hasNextPage"]:
            return cursors[-2] if len(cursors) > 1 else None
        cursors.append(page["pageInfo"]["endCursor"])


async def _ask(port: int, token: str, body: dict[str, Any]) -> dict[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(load.post(HOST, "/partner/graphql", token, orjson.dumps(body)))
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    answer = orjson.loads(await reader.readexactly(length))
    writer.close()
    return answer
