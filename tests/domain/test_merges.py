"""Records that are one person are joined and parted again without losing anything."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from hub import customers, finding, merges, metrics
from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.finding import Reference
from tests.domain.firm import Firm, email, events_of, everything, phone

MERGE = Operation.CUSTOMER_MERGE


async def join(firm: Firm, older: UUID, newer: UUID) -> UUID:
    async def body(act: Act) -> UUID:
        return await merges.merge(act, older, newer)

    return await firm.hub.perform(firm.app, MERGE, body)


async def family(firm: Firm, customer_id: UUID) -> set[UUID]:
    async with firm.hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        return set((await merges.families(ask, [customer_id]))[customer_id])


async def test_a_merged_record_answers_as_its_survivor_and_comes_back_whole(hub: Hub, firm: Firm) -> None:
    older = await firm.customer(identifiers=[email("one@example.com")])
    newer = await firm.customer(identifiers=[email("one@example.com"), phone("+61491570157")])
    assert await join(firm, older, newer) == older
    assert await join(firm, newer, older) == older
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        assert await finding.find(ask, None, Reference("EMAIL", "one@example.com")) == (older,)
        assert await finding.find(ask, None, Reference("PHONE", "+61491570157")) == (older,)
        assert (await customers.read(ask, newer)).survivor_id == older
    for _ in range(2):
        async with hub.act(firm.app, MERGE) as act:
            await merges.unmerge(act, newer)
    assert await family(firm, newer) == {newer}
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        assert await finding.find(ask, None, Reference("PHONE", "+61491570157")) == (newer,)
    assert await events_of(hub, newer) == ["customer.created", "customer.merged", "customer.unmerged"]


async def test_parting_two_merged_families_gives_both_back(firm: Firm) -> None:
    a, b, c, d = [await firm.customer() for _ in range(4)]
    await join(firm, a, b)
    await join(firm, c, d)
    assert await join(firm, b, d) == a
    assert await family(firm, d) == {a, b, c, d}
    async with firm.hub.act(firm.app, MERGE) as act:
        await merges.unmerge(act, c)
    assert await family(firm, a) == {a, b}
    assert await family(firm, d) == {c, d}


async def test_merges_at_the_same_time_never_make_a_record_part_of_two_families(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    people = [await firm.customer() for _ in range(8)]
    pairs = [
        (people[i], people[j]) for i, j in ((0, 1), (2, 1), (3, 2), (4, 1), (5, 4), (6, 7), (7, 0), (3, 6))
    ]
    await asyncio.gather(*(join(firm, older, newer) for older, newer in pairs))
    assert await family(firm, people[0]) == set(people)
    dangling = """
        SELECT count(*) FROM customer c JOIN customer s ON s.id = c.survivor_id
        WHERE s.survivor_id IS NOT NULL AND c.id = ANY ($1)
    """
    assert await superuser.fetchval(dangling, people) == 0


async def propose(firm: Firm, customer_id: UUID) -> int:
    async with firm.hub.act(WORKER, MERGE) as act:
        return await merges.propose_merges(act, customer_id, firm.id)


async def waiting(firm: Firm) -> list[tuple[UUID, UUID, str]]:
    async with firm.hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        items = (await merges.open_proposals(ask)).items
    return [(each.older_id, each.newer_id, each.reason) for each in items]


@pytest.mark.parametrize("is_same", [True, False])
async def test_those_who_share_a_mailbox_are_proposed_once_and_a_person_decides(
    hub: Hub, firm: Firm, *, is_same: bool
) -> None:
    both = [email("both@example.com"), phone("+61491570158")]
    older, newer = await firm.customer(identifiers=both), await firm.customer(identifiers=both)
    alone = await firm.customer(identifiers=[email("alone@example.com")])
    assert [await propose(firm, each) for each in (newer, older, alone, newer)] == [1, 0, 0, 0]
    assert (await events_of(hub, newer))[-1] == "merge.proposed"
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        [proposal] = (await merges.open_proposals(ask)).items
    assert (proposal.older_id, proposal.newer_id, proposal.reason) == (older, newer, "EMAIL")
    async with hub.act(firm.app, MERGE) as act:
        settled = await merges.settle_merge(act, proposal.id, is_same=is_same)
    assert settled.verdict == ("MERGED" if is_same else "DIFFERENT")
    assert await family(firm, newer) == ({older, newer} if is_same else {newer})
    with pytest.raises(Refusal) as refused:
        async with hub.act(firm.app, MERGE) as act:
            await merges.settle_merge(act, proposal.id, is_same=not is_same)
    assert refused.value.code is Code.CONFLICT
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        assert (await merges.open_proposals(ask)).items == ()


def too_shared() -> float:
    return metrics.REGISTRY.get_sample_value("hub_merge_too_shared_total", {"kind": "EMAIL"}) or 0.0


async def test_what_many_share_is_nobodys_own_and_proposes_nothing(firm: Firm) -> None:
    info = email("info@example.com")
    few = [await firm.customer(identifiers=[info]) for _ in range(merges.SHARED_MOST + 1)]
    assert await propose(firm, few[-1]) == merges.PROPOSED_MOST
    assert {older for older, _, _ in await waiting(firm)} == set(few[: merges.PROPOSED_MOST])
    one_more = await firm.customer(identifiers=[info, phone("+61491570159")])
    twin = await firm.customer(identifiers=[phone("+61491570159")])
    before = too_shared()
    assert await propose(firm, one_more) == 1
    assert (one_more, twin, "PHONE") in await waiting(firm)
    assert too_shared() == before + 1


async def test_the_gone_and_the_merged_are_not_proposed(firm: Firm) -> None:
    people = [await firm.customer(identifiers=[email("three@example.com")]) for _ in range(3)]
    await join(firm, people[0], people[1])
    async with firm.hub.act(WORKER, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, people[2])
    assert [await propose(firm, each) for each in people] == [0, 0, 0]


async def test_only_ones_own_living_customers_can_be_merged(
    hub: Hub, firm: Firm, other_firm: Firm, superuser: asyncpg.Connection
) -> None:
    mine, theirs, gone = await firm.customer(), await other_firm.customer(), await firm.customer()
    async with hub.act(WORKER, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, gone)
    before = await everything(superuser)
    refusals: list[tuple[Code, tuple[str | int, ...]]] = []
    for older, newer in ((mine, theirs), (theirs, mine), (mine, new_id()), (mine, gone)):
        with pytest.raises(Refusal) as refused:
            await join(firm, older, newer)
        refusals.append((refused.value.code, refused.value.path))
    assert refusals == [
        (Code.NOT_FOUND, ("newer",)),
        (Code.NOT_FOUND, ("older",)),
        (Code.NOT_FOUND, ("newer",)),
        (Code.CONFLICT, ("newer",)),
    ]
    with pytest.raises(Refusal, match="No proposal"):
        async with hub.act(firm.app, MERGE) as act:
            await merges.settle_merge(act, new_id(), is_same=True)
    assert await everything(superuser) == before
