"""A hub whose pools hold one connection each answers everything: nothing that holds one waits for another."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from hub.sealing import seal_once
from hub.settings import Settings
from tests.internal.cases import MUTATIONS, QUERIES
from tests.internal.crowd import (
    AUDIENCE,
    COVERAGE,
    COVERED,
    LETTER,
    MEMBERS,
    PREVIEW,
    REFERRAL,
    REPLAY,
    WHAT,
    Firm,
    named,
)
from tests.internal.door import Door
from tests.internal.setting import Setting, document
from tests.world import World

PATIENCE_SECONDS = 120
PAST = "2026-01-20T00:00:00Z"
DECIDE = document("decide", "decision { id }")


@asynccontextmanager
async def opened(settings: Settings, url: str) -> AsyncGenerator[Door]:
    """The application on pools of one connection, by a process that has read nothing yet."""
    hub = await Hub.open(settings.model_copy(update={"pool_size": 1}), url)
    try:
        yield Door(hub, asgi.create_app(hub, Readiness(hub, [])))
    finally:
        await hub.close()


@pytest_asyncio.fixture
async def narrow(settings: Settings, database_url: str) -> AsyncIterator[Door]:
    async with opened(settings, database_url) as door:
        yield door


@pytest_asyncio.fixture(scope="module")
async def worn(settings: Settings, database_url: str) -> AsyncIterator[Door]:
    """One for all that is tried field by field."""
    async with opened(settings, database_url) as door:
        yield door


async def asked(firm: Firm) -> dict[str, tuple[str, dict[str, Any]]]:
    """Everything that reads the catalogue and the customers, each to be asked of a process that has read neither."""
    at, people = firm
    letter = {**LETTER, "customer": {"id": named(people)[0]}}
    made = (await at.door.one(at.token, DECIDE, input=letter))["decision"]["id"]
    return {
        "preview": (PREVIEW, {"input": letter}),
        "preview of the past": (PREVIEW, {"input": letter, "asOf": PAST}),
        "decide": (DECIDE, {"input": letter}),
        "audience": (AUDIENCE, {"question": REFERRAL}),
        "audience of the past": (AUDIENCE, {"question": REFERRAL, "asOf": PAST}),
        "audienceMembers": (MEMBERS, {"question": REFERRAL}),
        "coverage": (COVERAGE, {"question": REFERRAL}),
        "coverageMembers": (COVERED, {"question": REFERRAL, "cover": "SEEN"}),
        "whatIf": (WHAT, {"question": REFERRAL, "draft": {"grade": "EXPLICIT"}}),
        "replay": (REPLAY, {"id": made}),
    }


FIELDS = (
    "preview", "preview of the past", "decide", "audience", "audience of the past", "audienceMembers", "coverage",
    "coverageMembers", "whatIf", "replay",
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
async def test_the_first_question_to_a_process_is_answered(narrow: Door, firm: Firm, field: str) -> None:
    query, variables = (await asked(firm))[field]
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await narrow.one(firm[0].token, query, **variables)


@pytest.mark.parametrize("field", FIELDS)
async def test_a_question_after_the_catalogue_changed_is_answered(
    narrow: Door, firm: Firm, field: str
) -> None:
    at, _ = firm
    query, variables = (await asked(firm))[field]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await narrow.one(at.token, query, **variables)
        await at.recipient()  # by another process
        assert await narrow.one(at.token, query, **variables)


async def test_all_of_them_at_once_are_answered_or_told_to_come_again(narrow: Door, firm: Firm) -> None:
    at, _ = firm
    sent = [each for each in (await asked(firm)).values() for _ in range(4)]
    async with asyncio.timeout(PATIENCE_SECONDS * 2):
        answers = await asyncio.gather(*(narrow.post(at.token, *each) for each in sent))
    said = [each.json() for each in answers]
    assert {each["errors"][0]["extensions"]["code"] for each in said if "errors" in each} <= {"LIMIT"}
    assert sum("errors" not in each for each in said) >= len(FIELDS)


@pytest.mark.parametrize("query", QUERIES)
async def test_every_query_is_answered(door: Door, worn: Door, world: World, app: str, query: str) -> None:
    variables = await QUERIES[query].good(Setting(door, world, app))
    async with door.hub.database.sealer() as sealer:
        while query == "receipt" and await seal_once(sealer, door.hub.vault.keyring) is not None:
            pass
    async with asyncio.timeout(PATIENCE_SECONDS):
        await worn.ask(app, QUERIES[query].document, **variables)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_every_mutation_is_done(door: Door, worn: Door, world: World, app: str, mutation: str) -> None:
    given = await MUTATIONS[mutation].good(Setting(door, world, app))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await worn.one(app, document(mutation, MUTATIONS[mutation].select), input=given)
