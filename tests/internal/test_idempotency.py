"""One key, one effect, one answer: in parallel, after a lost answer, and after a crash half-way."""

import asyncio
from typing import Any

import asyncpg
import pytest

from hub.act import Hub
from hub.db import new_id
from schema.relay import global_id
from tests.internal.door import Door
from tests.internal.setting import Setting, document, key
from tests.world import World

DECIDE = document("decide", "decision { id outcome rule decidedAt citation { clause text shownAt } }")
DECISIONS = document("decisions", "results { decision { id outcome } problems { code path message } }")
CREATE = document("customerCreate", "customer { id createdAt }")
CHANGE = document("customerChange", "customer { id relationship }")
TIMES = 20


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


async def question(at: Setting) -> dict[str, Any]:
    return {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}


async def created(at: Setting) -> dict[str, Any]:
    del at
    return {"locale": "en", "jurisdictions": ["AU"]}


@pytest.mark.parametrize(
    ("mutation", "given", "events"),
    [(DECIDE, question, ["decision.made"]), (CREATE, created, ["customer.created"])],
    ids=["decide", "customerCreate"],
)
async def test_twenty_at_once_with_one_key_have_one_effect_and_equal_answers(
    at: Setting, mutation: str, given: Any, events: list[str]
) -> None:
    variables = {"input": await given(at), "key": key()}
    before = await at.door.traces()
    answers = await asyncio.gather(*(at.door.post(at.token, mutation, variables) for _ in range(TIMES)))
    data = [each.json()["data"] for each in answers]
    assert all(each == data[0] for each in data), data
    assert not next(iter(data[0].values()))["problems"]
    assert await at.door.events(before) == events


async def test_the_header_is_a_key_too(at: Setting) -> None:
    variables = {"input": await question(at)}
    header = {"Idempotency-Key": f'"{key()}"'}
    before = await at.door.traces()
    answers = [await at.door.post(at.token, DECIDE, variables, header) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await at.door.events(before) == ["decision.made"]


@pytest.mark.parametrize("mutation", [DECIDE, DECISIONS, CREATE, CHANGE])
async def test_a_key_used_for_something_else_is_refused_and_changes_nothing(
    at: Setting, mutation: str
) -> None:
    used, asked = key(), await question(at)
    firsts: dict[str, Any] = {
        DECIDE: asked,
        DECISIONS: [asked],
        CREATE: await created(at),
        CHANGE: {"customer": asked["customer"], "age": "AGE_15"},
    }
    seconds: dict[str, Any] = {
        DECIDE: {**asked, "act": "PROFILE"},
        DECISIONS: [asked, asked],
        CREATE: {"locale": "fr", "jurisdictions": ["AU"]},
        CHANGE: {"customer": asked["customer"], "relationship": "CLOSED"},
    }
    await at.door.ask(at.token, mutation, input=firsts[mutation], key=used)
    found = await at.door.problem(at.token, mutation, input=seconds[mutation], key=used)
    assert found == ("IDEMPOTENCY_MISMATCH", [])
    other = DECISIONS if mutation == DECIDE else DECIDE
    found = await at.door.problem(at.token, other, input=firsts[other], key=used)
    assert found == ("IDEMPOTENCY_MISMATCH", [])


async def test_keys_of_two_clients_have_nothing_to_do_with_each_other(at: Setting) -> None:
    variables = {"input": await question(at), "key": key()}
    before = await at.door.traces()
    first = await at.door.ask(at.token, DECIDE, **variables)
    second = await at.door.ask(await at.door.token(at.world), DECIDE, **variables)
    assert first["decide"]["decision"]["id"] != second["decide"]["decision"]["id"]
    assert (await at.door.events(before)).count("decision.made") == 2


async def test_a_batch_again_gets_the_same_answers_and_the_same_problems(at: Setting) -> None:
    email = f"{new_id()}@example.org"
    asked = await question(at)
    absent = {**asked, "customer": {"email": email}}
    variables = {"input": [asked, absent, {**asked, "purpose": "made-up"}], "key": key()}
    first = await at.door.ask(at.token, DECISIONS, **variables)
    await at.customer(email=email)
    before = await at.door.traces()
    assert await at.door.ask(at.token, DECISIONS, **variables) == first
    assert await at.door.traces() == before
    codes = [[each["code"] for each in result["problems"]] for result in first["decisions"]["results"]]
    assert codes == [[], ["NOT_FOUND"], ["NOT_FOUND"]]


async def test_the_answer_stays_what_it_was_when_the_facts_have_moved_on(hub: Hub, at: Setting) -> None:
    customer = await at.customer()
    asked = {
        "customer": {"id": global_id("Customer", customer)},
        "act": "DISCLOSE",
        "purpose": "referral-mortgage",
        "recipient": "bluegum-mortgages",
    }
    used = key()
    first = await at.door.ask(at.token, DECIDE, input=asked, key=used)
    assert first["decide"]["decision"]["outcome"] == "ALLOW"
    await at.world.choose(hub, customer, on="2026-02-01", refuses="referral-mortgage")
    assert await at.door.ask(at.token, DECIDE, input=asked, key=used) == first
    fresh = await at.door.ask(at.token, DECIDE, input=asked, key=key())
    assert fresh["decide"]["decision"]["outcome"] != "ALLOW"


async def test_a_call_that_died_half_way_left_nothing_and_its_key_still_works(
    at: Setting, superuser: asyncpg.Connection
) -> None:
    customer = await at.customer()
    variables = {
        "input": {"customer": {"id": global_id("Customer", customer)}, "relationship": "CLOSED"},
        "key": key(),
    }
    before = await at.door.traces()
    async with superuser.transaction():
        await superuser.execute("SELECT FROM customer WHERE id = $1 FOR UPDATE", customer)
        dying = asyncio.create_task(at.door.post(at.token, CHANGE, variables))
        await waiting_for_a_lock(superuser)
        dying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dying
    assert await at.door.traces() == before
    (payload,) = (await at.door.ask(at.token, CHANGE, **variables)).values()
    assert payload["customer"]["relationship"] == "CLOSED"
    assert await at.door.events(before) == ["customer.changed"]
    assert (await at.door.ask(at.token, CHANGE, **variables))["customerChange"] == payload
    assert await at.door.events(before) == ["customer.changed"]


async def waiting_for_a_lock(connection: asyncpg.Connection) -> None:
    for _ in range(6_000):
        if await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type"
            " = 'Lock'"
        ):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_what_changes_nothing_is_answered_under_a_key_too(at: Setting) -> None:
    unmerge = document("customerUnmerge", "customer { id survivor { id } }")
    variables = {"input": {"customer": await at.ref()}, "key": key()}
    before = await at.door.traces()
    first = await at.door.ask(at.token, unmerge, **variables)
    assert await at.door.ask(at.token, unmerge, **variables) == first
    assert await at.door.events(before) == ["answer.kept"]


async def test_the_secret_of_a_client_is_not_told_twice(at: Setting) -> None:
    create = document("clientCreate", "client { id name } clientId clientSecret")
    variables = {"input": {"name": "Desk", "scopes": ["decide"]}, "key": key()}
    first = (await at.door.ask(at.token, create, **variables))["clientCreate"]
    again = (await at.door.ask(at.token, create, **variables))["clientCreate"]
    assert first["client"] == again["client"]
    assert first["clientSecret"]
    assert again["clientSecret"] is None


async def test_what_was_opened_is_not_told_twice_without_being_recorded(at: Setting) -> None:
    reveal = document("customerReveal", "name identifiers { value } profile { value }")
    variables = {
        "input": {"customer": await at.ref(), "reason": "SERVICE", "explanation": "ticket 7"},
        "key": key(),
    }
    before = await at.door.traces()
    first = (await at.door.ask(at.token, reveal, **variables))["customerReveal"]
    again = (await at.door.ask(at.token, reveal, **variables))["customerReveal"]
    assert first["identifiers"]
    assert again["identifiers"] == []
    assert await at.door.events(before) == ["customer.revealed"]


@pytest.mark.parametrize("bad", ["", "x" * 256, "ø", "a\nb"])
async def test_a_key_that_is_none_is_refused(at: Setting, bad: str) -> None:
    found = await at.door.problem(at.token, DECIDE, input=await question(at), key=bad)
    assert found == ("INVALID", ["idempotencyKey"])
