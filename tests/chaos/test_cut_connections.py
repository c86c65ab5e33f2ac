"""The connection to the database breaks while an act commits: nobody pretends to know, and the key finds out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from hub.settings import Settings
from tests.chaos import stage as acts
from tests.chaos.cutting import Moment, Proxy
from tests.chaos.replayed import assert_whole
from tests.chaos.stage import Intention, Stage, Standing, code_of
from tests.internal.door import Door

COMMIT, DECIDED, RECORDED = "^COMMIT", "keep_decisions", "keep_events"
KINDS: dict[str, tuple[Callable[[UUID], Intention], str, str]] = {
    "decide": (acts.decide, DECIDED, "SELECT count(*) FROM decision_subject WHERE customer_id = $1"),
    "decisions": (acts.decisions, DECIDED, "SELECT count(*) FROM decision_subject WHERE customer_id = $1"),
    "opt out": (acts.opt_out, RECORDED, "SELECT count(*) FROM choice WHERE customer_id = $1"),
    "collect": (acts.collect, RECORDED, "SELECT count(*) - 1 FROM collection WHERE customer_id = $1"),
    "department": (
        lambda _: acts.add_department(),
        COMMIT,
        "SELECT count(*) FROM department WHERE name = 'Surveys' AND $1::uuid IS NOT NULL",
    ),
}
# Many decisions are kept as one is, and what came in as a word is: each is cut off too where there is time for all.
ALSO = {"decisions", "collect"}
EACH_KIND = [pytest.param(kind, marks=pytest.mark.chaos if kind in ALSO else ()) for kind in KINDS]
ROUNDS = [pytest.param(3, id="few"), pytest.param(12, id="many", marks=pytest.mark.chaos)]


@pytest_asyncio.fixture
async def proxy(staged: str) -> AsyncIterator[Proxy]:
    """What stands between the hub and its database."""
    async with Proxy(staged).running() as running:
        yield running


@pytest_asyncio.fixture
async def cut_off(
    staged: str, standing: Standing, proxy: Proxy, settings: Settings, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A hub whose connections all go through the proxy."""
    hub = await Hub.open(settings.model_copy(update={"data_dir": tmp_path}), proxy.url)
    superuser = await asyncpg.connect(staged)
    door = Door(hub, asgi.create_app(hub, Readiness(hub, [])))
    yield Stage(hub, standing.world, door, standing.token, superuser)
    await superuser.close()
    await hub.close()


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("kind", EACH_KIND)
async def test_an_unknown_outcome_is_said_to_be_unknown_and_the_same_key_resolves_it_to_one_effect(
    cut_off: Stage, proxy: Proxy, kind: str, moment: Moment, rounds: int
) -> None:
    make, statement, count = KINDS[kind]
    customer = await cut_off.customer()
    for number in range(1, rounds + 1):
        meant = make(customer)
        proxy.cut(moment, statement)
        first = await cut_off.post(meant)
        assert proxy.cuts == number
        assert code_of(first) == "OUTCOME_UNKNOWN", first
        second = await cut_off.post(meant)
        assert code_of(second) is None, second
        assert await cut_off.post(meant) == second
        assert await cut_off.superuser.fetchval(count, customer) == number
    await assert_whole(cut_off.hub)


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("kind", ["decide", "opt out"])
async def test_acts_that_share_a_commit_whose_answer_is_lost_are_each_resolved_by_their_own_key(
    cut_off: Stage, proxy: Proxy, kind: str, moment: Moment, rounds: int
) -> None:
    make, statement, count = KINDS[kind]
    customers, unknown = [await cut_off.customer() for _ in range(8)], 0
    for number in range(1, rounds + 1):
        meant = [make(each) for each in customers]
        proxy.cut(moment, statement)
        first = await asyncio.gather(*(cut_off.post(each) for each in meant))
        codes = [code_of(each) for each in first]
        assert "OUTCOME_UNKNOWN" in codes
        assert set(codes) <= {None, "OUTCOME_UNKNOWN"}
        unknown += codes.count("OUTCOME_UNKNOWN")
        second = await asyncio.gather(*(cut_off.post(each) for each in meant))
        assert {code_of(each) for each in second} == {None}
        assert all(before in (after, None) for before, after in zip(done(first), done(second), strict=True))
        for each in customers:
            assert await cut_off.superuser.fetchval(count, each) == number
    assert unknown >= rounds
    await assert_whole(cut_off.hub)


def done(answers: list[dict[str, Any]]) -> list[Any]:
    """What was decided or recorded, answer by answer; None where it is not known."""
    payloads = [next(iter(each["data"].values())) for each in answers]
    return [each.get("decision") or each.get("choices") or None for each in payloads]


@pytest.mark.parametrize(
    ("kind", "statements"),
    [("collect", ['FROM "category"']), ("department", ["open_act", "idempotent_answer", "ledger_append"])],
)
async def test_a_connection_lost_before_the_commit_leaves_nothing_and_says_so(
    cut_off: Stage, proxy: Proxy, kind: str, statements: list[str]
) -> None:
    make, customer = KINDS[kind][0], await cut_off.customer()
    for statement in statements:
        for moment in Moment:
            meant, before, cuts = make(customer), await cut_off.contents(), proxy.cuts
            proxy.cut(moment, statement)
            assert code_of(await cut_off.post(meant)) == "UNAVAILABLE"
            assert proxy.cuts == cuts + 1, statement
            assert await cut_off.contents() == before
    await assert_whole(cut_off.hub)


LIST = "query { customers(first: 1) { edges { node { id } } } }"
PREVIEW = "query ($input: QuestionInput!) { preview(input: $input) { outcome rule } }"


@pytest.mark.parametrize("moment", Moment)
async def test_a_connection_lost_while_reading_is_said_and_the_next_call_is_answered(
    cut_off: Stage, proxy: Proxy, moment: Moment
) -> None:
    asked = {"input": acts.question(await cut_off.customer())}
    before = await cut_off.contents()
    for document, given, statement in (
        (LIST, {}, "access_token"),
        (LIST, {}, "^SELECT now"),
        (LIST, {}, "customer_standing"),
        (PREVIEW, asked, "customer_state"),
    ):
        whole, cuts = await cut_off.door.ask(cut_off.token, document, **given), proxy.cuts
        proxy.cut(moment, statement)
        answer = await cut_off.door.post(cut_off.token, document, given)
        assert proxy.cuts == cuts + 1, statement
        assert code_of(answer.json()) == "UNAVAILABLE", answer.text
        assert await cut_off.door.ask(cut_off.token, document, **given) == whole
    assert await cut_off.contents() == before
