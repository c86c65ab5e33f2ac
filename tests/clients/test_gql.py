"""The Python client `gql` as a partner's program: its queries, pages, mutations and subscription, over real sockets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
import pytest_asyncio
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from schema.relay import global_id
from tests.clients.conftest import CUSTOMERS, FOLLOW, OFFER, ONE, PAGE, SAY, Served, entry

PATIENCE_SECONDS = 60
PATIENT: dict[str, Any] = {"connect_timeout": PATIENCE_SECONDS, "ack_timeout": PATIENCE_SECONDS}
SDL = (Path(__file__).resolve().parents[2] / "schema" / "partner.graphql").read_text(encoding="utf-8")


@pytest_asyncio.fixture
async def session(served: Served) -> AsyncIterator[AsyncClientSession]:
    """A session by HTTP; documents are looked at by the published schema before they leave."""
    headers = {"Authorization": f"Bearer {await served.partner.token()}"}
    async with Client(
        transport=AIOHTTPTransport(served.url, headers=headers, ssl=True),
        schema=SDL,
        execute_timeout=PATIENCE_SECONDS,
    ) as opened:
        yield cast("AsyncClientSession", opened)


async def said(session: AsyncClientSession, document: str, **variables: Any) -> dict[str, Any]:
    """The data of an operation."""
    return await session.execute(GraphQLRequest(document, variable_values=variables))


async def every(session: AsyncClientSession) -> list[dict[str, Any]]:
    """All customers, page by page."""
    found, after, more = list[dict[str, Any]](), None, True
    while more:
        page = (await said(session, PAGE, **OFFER, first=3, after=after))["customers"]
        found += [each["node"] for each in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


async def following(served: Served, after: str | None = None) -> AsyncGenerator[dict[str, Any]]:
    """What is told over a socket of its own."""
    payload = {"Authorization": f"Bearer {await served.partner.token()}"}
    transport = WebsocketsTransport(served.socket_url, init_payload=payload, ssl=False, **PATIENT)
    async with Client(transport=transport, schema=SDL) as session:
        request = GraphQLRequest(FOLLOW, variable_values={"after": after})
        async with aclosing(session.subscribe(request)) as events:
            async for each in events:
                yield each["withdrawalAdded"]


async def test_it_pages_to_the_end_and_asks_for_one(session: AsyncClientSession) -> None:
    customers = await every(session)
    assert len({each["id"] for each in customers}) == len(customers) == CUSTOMERS
    assert {each["name"] for each in customers} == {"Jo"}
    [first, *_] = customers
    again = (await said(session, ONE, **OFFER, id=first["id"]))["customer"]
    assert again == {"id": first["id"], "emails": first["emails"]}
    assert (await said(session, ONE, **OFFER, id=global_id("Customer", uuid4()))) == {"customer": None}


async def test_it_is_told_by_a_code_why_something_is_refused(session: AsyncClientSession) -> None:
    with pytest.raises(TransportQueryError) as refused:
        await said(session, PAGE, **OFFER, first=101)
    [error] = refused.value.errors or []
    assert (error["extensions"]["code"], error["path"]) == ("LIMIT", ["customers"])


async def test_it_acknowledges_and_reads_problems_and_a_key_counts_once(
    served: Served, session: AsyncClientSession
) -> None:
    await every(session)
    await served.withdraw(0)
    async with aclosing(following(served)) as told:
        heard = await anext(told)
    wrong = {**entry(heard), "evidence": "KEPT"}
    problems = (await said(session, SAY, entries=[wrong]))["acknowledge"]
    assert (problems["count"], [each["code"] for each in problems["problems"]]) == (0, ["INVALID"])
    assert problems["problems"][0]["path"][:2] == ["entries", "0"]
    key = str(uuid4())
    for _ in range(2):
        done = (await said(session, SAY, entries=[entry(heard)], key=key))["acknowledge"]
        assert done == {"count": 1, "problems": []}


async def test_it_follows_over_a_socket_and_goes_on_where_it_was_cut_off(
    served: Served, session: AsyncClientSession
) -> None:
    await every(session)
    async with aclosing(following(served)) as told:
        waiting = asyncio.ensure_future(anext(told))
        await served.withdraw(0)
        heard = [await asyncio.wait_for(waiting, PATIENCE_SECONDS)]
    await served.withdraw(1, 2)  # while nobody listens
    async with aclosing(following(served, heard[0]["cursor"])) as told:
        heard += [await asyncio.wait_for(anext(told), PATIENCE_SECONDS) for _ in range(2)]
        waiting = asyncio.ensure_future(anext(told))
        await served.withdraw(3)
        heard.append(await asyncio.wait_for(waiting, PATIENCE_SECONDS))
    assert len({each["id"] for each in heard}) == len({each["customer"] for each in heard}) == 4
    assert {each["kind"] for each in heard} == {"FORGET"}
