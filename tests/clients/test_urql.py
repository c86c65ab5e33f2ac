"""A Node program with urql and graphql-ws as a partner's: it asks, pages, acknowledges and follows."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio

from schema.relay import global_id
from tests import node
from tests.clients.conftest import CUSTOMERS, FOLLOW, OFFER, ONE, PAGE, SAY, Served, entry

HERE = Path(__file__).parent
PATIENCE_SECONDS = 120


@dataclass
class Program:
    """The program, as it runs."""

    process: Process

    async def tell(self, verb: str, document: str, **given: Any) -> None:
        """Give it something to do."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"verb": verb, "document": document, **given}).encode() + b"\n")
        await self.process.stdin.drain()

    async def hear(self) -> dict[str, Any]:
        """What it says next."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE_SECONDS)
        assert line, "it ended"
        return json.loads(line)

    async def ask(self, verb: str, document: str, **variables: Any) -> dict[str, Any]:
        """Give it something to do, and hear what came of it."""
        await self.tell(verb, document, variables=variables)
        return await self.hear()

    async def heard(self) -> dict[str, Any]:
        """The next withdrawal that it was told."""
        said = await self.hear()
        assert said["errors"] == [], said
        return said["data"]["withdrawalAdded"]


@pytest_asyncio.fixture
async def program(served: Served) -> AsyncIterator[Program]:
    """The program, which ends when nothing more is said to it."""
    await asyncio.to_thread(node.install, HERE)
    process = await asyncio.create_subprocess_exec(
        node.program(), "urql.mjs", served.url, served.socket_url, cwd=HERE, stdin=PIPE, stdout=PIPE,
        env={"PARTNER_TOKEN": await served.partner.token()},
    )  # fmt: skip
    yield Program(process)
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == 0


async def test_it_pages_to_the_end_asks_for_one_and_is_told_why_something_is_refused(
    program: Program,
) -> None:
    customers = (await program.ask("pages", PAGE, **OFFER, first=3))["nodes"]
    assert len({each["id"] for each in customers}) == len(customers) == CUSTOMERS
    first = customers[0]["id"]
    assert (await program.ask("query", ONE, **OFFER, id=first))["data"]["customer"]["id"] == first
    nobody = await program.ask("query", ONE, **OFFER, id=global_id("Customer", uuid4()))
    assert nobody == {"data": {"customer": None}, "errors": [], "network": None}
    refused = await program.ask("query", PAGE, **OFFER, first=101)
    assert refused["errors"] == [{"code": "LIMIT", "path": ["customers"]}]


async def test_it_follows_goes_on_where_it_was_cut_off_and_acknowledges(
    served: Served, program: Program
) -> None:
    await program.ask("pages", PAGE, **OFFER, first=100)
    await program.tell("follow", FOLLOW, variables={"after": None}, count=1)
    await served.withdraw(0)
    told = [await program.heard()]
    await served.withdraw(1, 2)  # while nobody listens
    await program.tell("follow", FOLLOW, variables={"after": told[0]["cursor"]}, count=3)
    told += [await program.heard() for _ in range(2)]
    await served.withdraw(3)
    told.append(await program.heard())
    assert len({each["customer"] for each in told}) == 4
    wrong = await program.ask("mutation", SAY, entries=[{**entry(told[0]), "evidence": "KEPT"}])
    [problem] = wrong["data"]["acknowledge"]["problems"]
    assert (problem["code"], problem["path"][:2]) == ("INVALID", ["entries", "0"])
    done = await program.ask("mutation", SAY, entries=[entry(each) for each in told])
    assert done["data"]["acknowledge"] == {"count": 4, "problems": []}
