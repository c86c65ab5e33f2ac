"""How many SQL statements a question about everybody takes: as many for sixty customers as for ten."""

from typing import Any

import pytest
import pytest_asyncio

from tests.internal.counting import Counter, statements
from tests.internal.crowd import AUDIENCE, COVERAGE, COVERED, MEMBERS, REFERRAL, REPLAY, WHAT, Firm, gathered
from tests.internal.door import Door, nodes_of
from tests.internal.setting import EVIDENCE, Setting

PEOPLE = (
    "relationship name identifiers { value } profile { value } choices { kind purpose { key } }"
    " collections { source categories { key } noticeVersion { number notice { key } } }"
    " deliveries { how noticeVersion { number } }"
)


@pytest_asyncio.fixture(scope="module")
async def at(counted: Door) -> Setting:
    """A firm of its own, with a merged family among its customers."""
    made: Firm = await gathered(counted.hub, counted)
    return made[0]


CROWDS: dict[str, tuple[str, int]] = {
    "audience": (AUDIENCE, 4),
    "coverage": (COVERAGE.replace("noticeVersion { number }", "noticeVersion { number notice { key } }"), 6),
    "whatIf": (WHAT, 7),
}
"""The instant, the clock; the count, the families (twice for a what-if); each kind of link."""


@pytest.mark.parametrize("name", CROWDS)
async def test_a_crowd_of_any_size_is_counted_by_as_many_statements(
    at: Setting, counter: Counter, name: str
) -> None:
    document, most = CROWDS[name]
    given: dict[str, Any] = {"question": REFERRAL}
    if name == "whatIf":
        given["draft"] = {"grade": "EXPLICIT"}
    await at.door.ask(at.token, document, **given)
    few = await statements(at, counter, document, **given)
    for _ in range(50):
        await at.customer(shown="v2")
    await at.door.ask(at.token, document, **given)
    many = await statements(at, counter, document, **given)
    assert len(few) == len(many) == most, [each[:120] for each in (*few, *many)]


async def test_the_past_is_counted_by_as_many_statements_as_today(at: Setting, counter: Counter) -> None:
    given = {"question": REFERRAL, "asOf": "2026-01-20T00:00:00Z"}
    await at.door.ask(at.token, AUDIENCE, **given)
    ran = await statements(at, counter, AUDIENCE, **given)
    assert len(ran) == 4, [each[:120] for each in ran]


@pytest.mark.parametrize("document", [MEMBERS, COVERED])
async def test_a_page_of_twenty_members_takes_as_many_statements_as_a_page_of_two(
    at: Setting, counter: Counter, document: str
) -> None:
    people = [await at.ref() for _ in range(20)]
    for each in people:
        await at.done("optOut", "choices { id }", customer=each, kind="MARKETING", evidence=EVIDENCE)
    query = document.replace("relationship jurisdictions", PEOPLE)
    given: dict[str, Any] = {
        "question": {"act": "USE", "purpose": "conveyancing", "department": "conveyancing"}
    }
    given |= {"cover": "SEEN"} if document == COVERED else {"outcome": "ALLOW"}
    await at.door.ask(at.token, query, **given, first=20)
    few = await statements(at, counter, query, **given, first=2)
    many = await statements(at, counter, query, **given, first=20)
    assert len(nodes_of(await at.door.one(at.token, query, **given, first=20))) == 20
    for ran in (few, many):
        assert len(ran) <= 17, [each[:120] for each in ran]  # eight to find them, nine to show them


async def test_a_replay_takes_few_statements(at: Setting, counter: Counter) -> None:
    question = {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}
    made = (await at.done("decide", "decision { id }", **question))["decision"]["id"]
    await at.door.ask(at.token, REPLAY, id=made)
    ran = await statements(at, counter, REPLAY, id=made)
    assert len(ran) <= 6, [each[:120] for each in ran]
