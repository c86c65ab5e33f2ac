"""Words and intakes by many at once: acts that share a statement are acts of their own, and none harms another."""

import asyncio
from uuid import UUID

import pytest

from hub import choices, customers, receipts, recording
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.recording import Recording
from hub.said import Evidence, Scope
from tests.chaos import stage as acts
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


@pytest.mark.parametrize("bad", [0, 7, WRITERS - 1])
async def test_one_whose_customer_was_erased_in_between_is_refused_and_all_others_are_kept(
    stage: Stage, bad: int
) -> None:
    whom = [await stage.customer() for _ in range(WRITERS)]
    before = await stage.door.traces()
    calls = (opt_out(stage, each, erased=place == bad) for place, each in enumerate(whom))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = answers.pop(bad)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.path) == (Code.CONFLICT, ("input", "customer"))
    assert not [each for each in answers if isinstance(each, BaseException)]
    assert await stage.superuser.fetchval(WORDS, whom) == WRITERS - 1
    assert await stage.superuser.fetchval(WORDS, [whom[bad]]) == 0
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


async def opt_out(stage: Stage, customer: UUID, *, erased: bool = False) -> None:
    """Record an opt-out as the door does; let the customer be erased after it was looked at, before it is kept."""

    async def make(act: Recording) -> dict[str, int]:
        scope = Scope(customer, stage.world.organisation.id)
        await choices.opt_out(act, "SHARING", scope, Evidence("Share nothing of mine.", "WEB"))
        if erased:
            async with stage.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as erasing:
                await customers.erase(erasing, customer)
        await asyncio.sleep(0.2 if erased else 0.1)
        return {}

    await recording.perform(
        stage.hub, stage.world.app(), Operation.CHOICE_RECORD, make, path=("input", "customer")
    )
