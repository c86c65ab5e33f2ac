"""Words and intakes by many at once: acts that share a statement are acts of their own, and none harms another."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from hub import choices, customers, profiles, receipts, recording
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.recording import Recording
from hub.said import Evidence, Scope
from tests.chaos import stage as acts
from tests.chaos.clocks import make_movable, move
from tests.chaos.replayed import assert_whole
from tests.chaos.stage import Stage, code_of
from tests.world import build_world

WRITERS = 20
ROUNDS = [pytest.param(2, id="few"), pytest.param(20, id="many", marks=pytest.mark.chaos)]
WORDS = "SELECT count(*) FROM choice WHERE customer_id = ANY ($1)"
INTAKES = "SELECT count(*) FROM collection WHERE customer_id = ANY ($1)"
ENTRIES = """
    SELECT e.id, e.act_id, e.xid, e.subject FROM ledger_entry e
    WHERE e.event = 'choice.opted_out' AND e.subject = ANY ($1) ORDER BY e.sequence
"""
LOOKS = ENTRIES.replace("choice.opted_out", "customer.revealed")


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("people", [1, WRITERS])
async def test_twenty_writers_lose_nothing_and_leave_one_entry_each(
    stage: Stage, people: int, rounds: int
) -> None:
    whom = [await stage.customer() for _ in range(people)]
    known = await stage.superuser.fetchval(INTAKES, whom)
    before = await stage.door.traces()
    for number in range(rounds):
        writers = [whom[place % people] for place in range(WRITERS)]
        kinds = (acts.opt_out, acts.collect)
        meant = [kinds[(place + number) % 2](each) for place, each in enumerate(writers)]
        answers = await asyncio.gather(*map(stage.post, meant))
        assert {code_of(each) for each in answers} == {None}
    done = WRITERS * rounds
    assert await stage.superuser.fetchval(WORDS, whom) == done // 2
    assert await stage.superuser.fetchval(INTAKES, whom) - known == done // 2
    assert await stage.door.traces() == (before[0] + done, before[1] + done)
    await assert_whole(stage.hub)


async def test_looks_share_commits_and_each_is_kept_once(stage: Stage) -> None:
    whom = [await stage.customer() for _ in range(WRITERS // 2)] * 2
    before = await stage.door.traces()
    await asyncio.gather(*(look(stage, each) for each in whom))
    entries = await stage.superuser.fetch(LOOKS, whom)
    assert sorted(each["subject"] for each in entries) == sorted(whom)
    assert len({each["act_id"] for each in entries}) == WRITERS
    assert len({each["xid"] for each in entries}) < WRITERS, "some of them shared a commit"
    assert await stage.door.traces() == (before[0] + WRITERS, before[1] + WRITERS)
    await assert_whole(stage.hub)
    async with stage.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        for each in entries:
            assert await receipts.issue(ask, each["id"], each["subject"])


async def test_acts_that_share_a_commit_have_rows_entries_and_receipts_of_their_own(stage: Stage) -> None:
    whom = [await stage.customer() for _ in range(WRITERS)]
    await asyncio.gather(*(opt_out(stage, each) for each in whom))
    entries = await stage.superuser.fetch(ENTRIES, whom)
    assert sorted(each["subject"] for each in entries) == sorted(whom)
    assert len({each["act_id"] for each in entries}) == WRITERS
    assert len({each["xid"] for each in entries}) < WRITERS, "some of them shared a commit"
    await assert_whole(stage.hub)
    async with stage.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        for each in entries:
            assert await receipts.issue(ask, each["id"], each["subject"])


@pytest.mark.parametrize("bad", [0, pytest.param(7, marks=pytest.mark.chaos), WRITERS - 1])
@pytest.mark.parametrize("kind", ["word", "look"])
async def test_one_whose_customer_was_erased_in_between_is_refused_and_all_others_are_kept(
    stage: Stage, kind: str, bad: int
) -> None:
    whom = [await stage.customer() for _ in range(WRITERS)]
    before = await stage.door.traces()
    do, kept = {"word": (opt_out, ENTRIES), "look": (look, LOOKS)}[kind]
    calls = (do(stage, each, erased=place == bad) for place, each in enumerate(whom))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = answers.pop(bad)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.path) == (Code.CONFLICT, ("input", "customer"))
    assert not [each for each in answers if isinstance(each, BaseException)]
    others = sorted(each for each in whom if each != whom[bad])
    assert sorted(row["subject"] for row in await stage.superuser.fetch(kept, whom)) == others
    assert await stage.superuser.fetchval(WORDS, whom) == (len(others) if kind == "word" else 0)
    assert await stage.door.traces() == (before[0] + WRITERS, before[1] + WRITERS), (
        "all but one, and the erasure"
    )
    await assert_whole(stage.hub)


async def test_a_customer_who_is_none_of_the_organisation_is_refused_by_the_database_too(
    stage: Stage,
) -> None:
    stranger = await (await build_world(stage.hub)).customer(stage.hub)
    before = await stage.contents()

    async def make(act: Recording) -> dict[str, int]:
        act.hold(stranger, stage.world.organisation.id, None)
        await act.record("choice.given", stranger)
        return {}

    with pytest.raises(Refusal) as refused:
        await recording.perform(
            stage.hub, stage.world.app(), Operation.CHOICE_RECORD, make, path=("input", "customer")
        )
    assert (refused.value.code, refused.value.path) == (Code.NOT_FOUND, ("input", "customer"))
    assert await stage.contents() == before


async def test_where_the_clock_is_set_back_meanwhile_nothing_changes_and_who_asks_again_is_answered(
    stage: Stage,
) -> None:
    whom, scope = await stage.customer(), stage.world.organisation.id
    await make_movable(stage.superuser)
    hub = await Hub.open(stage.hub.settings, stage.hub.database.url)
    hours = [-1, -1]

    async def make(act: Recording) -> dict[str, int]:
        await choices.opt_out(act, "SHARING", Scope(whom, scope), Evidence("Share nothing of mine.", "WEB"))
        await move(stage.superuser, timedelta(hours=hours.pop()))
        return {}

    before = await stage.contents()
    with pytest.raises(Refusal, match="clock") as refused:
        await recording.perform(hub, stage.world.app(), Operation.CHOICE_RECORD, make)
    assert refused.value.code is Code.UNAVAILABLE
    assert await stage.contents() == {**before, "chaos_clock": (await stage.contents())["chaos_clock"]}
    await recording.perform(hub, stage.world.app(), Operation.CHOICE_RECORD, make)
    assert await stage.superuser.fetchval(WORDS, [whom]) == 1
    await hub.close()


async def opt_out(stage: Stage, customer: UUID, *, erased: bool = False) -> None:
    """Record an opt-out as the door does."""
    scope = Scope(customer, stage.world.organisation.id)

    async def verb(act: Recording) -> None:
        await choices.opt_out(act, "SHARING", scope, Evidence("Share nothing of mine.", "WEB"))

    await _do(stage, Operation.CHOICE_RECORD, verb, customer if erased else None)


async def look(stage: Stage, customer: UUID, *, erased: bool = False) -> None:
    """Look at a customer's values as the door does."""

    async def verb(act: Recording) -> None:
        assert (await profiles.reveal(act, customer, "SERVICE", "ticket 7")).customer_id == customer

    await _do(stage, Operation.CUSTOMER_REVEAL, verb, customer if erased else None)


async def _do(
    stage: Stage, operation: Operation, verb: Callable[[Recording], Awaitable[None]], gone: UUID | None
) -> None:
    """Let somebody be erased after they were looked at, before it is kept."""

    async def make(act: Recording) -> dict[str, int]:
        await verb(act)
        if gone:
            async with stage.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as erasing:
                await customers.erase(erasing, gone)
        await asyncio.sleep(0.2 if gone else 0.1)
        return {}

    await recording.perform(stage.hub, stage.world.app(), operation, make, path=("input", "customer"))
