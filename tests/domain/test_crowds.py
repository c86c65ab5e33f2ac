"""The same question about everybody: counted, split by what they were told, supposed otherwise, asked of the past."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from hub import coverage, crowds, decisions, merges, supposing
from hub.act import Ask, Hub
from hub.actors import OPERATOR, Operation
from hub.coverage import Cover
from hub.decisions import Answer
from hub.errors import Code, Refusal
from hub.pieces import statement
from hub.policy.values import Act, Channel, Footer, Offer
from hub.questioned import Question
from tests.world import World, build_world

REFERRAL = Question(crowds.ANYBODY, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
LETTER = Question(
    crowds.ANYBODY, Act.MESSAGE, "newsletter", channel=Channel.EMAIL, offer=Offer.OWN_SIMILAR,
    footer=Footer.COMPLETE, department="marketing",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def crowd(hub: Hub) -> AsyncIterator[tuple[World, list[UUID]]]:
    """Ten customers: two years, both countries, a consent, a refusal, an opt-out, an objector, no notice, a family."""
    world = await build_world(hub)
    early = [await world.customer(hub, joined="2024-03-01", shown="v2") for _ in range(3)]
    late = [await world.customer(hub, joined="2025-08-01", shown="v3") for _ in range(2)]
    british = await world.customer(hub, jurisdiction="UK", joined="2024-03-01", shown="v2")
    untold = await world.customer(hub, joined="2024-05-01", shown=None)
    await world.choose(hub, early[0], consents="referral-mortgage", recipient="bluegum-mortgages")
    await world.choose(hub, early[1], stops_sharing=True)
    await world.choose(hub, late[0], stops_marketing=True)
    kin = [await world.customer(hub, joined="2025-08-01", shown="v3") for _ in range(2)]
    await world.choose(hub, kin[1], stops_sharing=True)
    async with hub.act(world.app(), Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, kin[0], kin[1])
    yield world, [*early, *late, british, untold, kin[0]]


async def counted(hub: Hub, world: World, question: Question, at: datetime | None = None) -> dict[str, int]:
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW, at=at) as ask:
        found = await crowds.audience(ask, question)
    assert found.customers == sum(group.customers for group in found.groups) + found.undecided
    return {f"{group.outcome} {group.decision.rule}": group.customers for group in found.groups}


async def one_by_one(hub: Hub, world: World, people: list[UUID], question: Question) -> dict[str, int]:
    from dataclasses import replace  # noqa: PLC0415

    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        answers = await decisions.preview(ask, [replace(question, customer_id=each) for each in people])
    assert all(isinstance(each, Answer) for each in answers)
    return Counter(f"{a.decision.outcome} {a.decision.rule}" for a in answers if isinstance(a, Answer))


@pytest.mark.parametrize("question", [REFERRAL, LETTER], ids=["referral", "letter"])
async def test_an_audience_is_what_each_customer_would_be_answered(
    hub: Hub, crowd: tuple[World, list[UUID]], question: Question
) -> None:
    world, people = crowd
    assert await counted(hub, world, question) == await one_by_one(hub, world, people, question)


async def test_each_group_says_what_would_move_how_many(hub: Hub, crowd: tuple[World, list[UUID]]) -> None:
    world, _ = crowd
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        found = await crowds.audience(ask, REFERRAL)
    [needs] = [group for group in found.groups if group.decision.rule == "au.alliance-later"]
    assert (needs.customers, [(move.remedy.code, move.customers) for move in needs.moves]) == (
        1,
        [("consent.given", 1)],
    )


async def test_a_crowd_as_of_a_past_day_is_those_of_that_day_as_they_stood(
    hub: Hub, crowd: tuple[World, list[UUID]]
) -> None:
    world, _ = crowd
    in_2025 = await counted(hub, world, LETTER, datetime(2025, 3, 1, tzinfo=UTC))
    assert sum(in_2025.values()) == 5
    before = await counted(hub, world, LETTER, datetime(2026, 1, 10, tzinfo=UTC))
    after = await counted(hub, world, LETTER, datetime(2026, 1, 20, tzinfo=UTC))
    assert "DENY au.app7-opt-out" not in before
    assert after["DENY au.app7-opt-out"] == 1
    with pytest.raises(Refusal) as refused:
        await counted(hub, world, LETTER, datetime(2001, 1, 1, tzinfo=UTC))
    assert refused.value.code is Code.INVALID


async def test_coverage_splits_the_base_by_what_they_were_told(
    hub: Hub, crowd: tuple[World, list[UUID]]
) -> None:
    world, people = crowd
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        found = await coverage.coverage(ask, REFERRAL)
        asked = await coverage.members(ask, REFERRAL, Cover.CONSENT)
    assert {cover: found.of(cover) for cover in Cover if found.of(cover)} == {
        Cover.SEEN: 2, Cover.AGREED: 1, Cover.CONSENT: 1, Cover.NOTICE: 1, Cover.UNKNOWN_NOTICE: 1, Cover.OBJECTED: 2,
    }  # fmt: skip
    assert found.can_be_asked == 1
    assert asked == [people[2]]


async def test_a_page_of_members_goes_on_where_the_last_one_ended(
    hub: Hub, crowd: tuple[World, list[UUID]]
) -> None:
    world, people = crowd
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        asked = await crowds.Crowd.of(ask, REFERRAL)
        first = await asked.members(lambda _: True, None, 3)
        rest = await asked.members(lambda _: True, first[2], 100)
    assert sorted(people) == [*first[:3], *rest]


async def test_a_broader_notice_and_a_campaign_are_decided_before_they_exist(
    hub: Hub, crowd: tuple[World, list[UUID]]
) -> None:
    world, _ = crowd
    letter = supposing.Draft(version=world.versions["v3"].id)
    british = crowds.Such(jurisdictions=frozenset({"UK"}))
    before, after = await supposed(hub, world, REFERRAL, letter, british)
    assert (before, after) == ({"NOTICE_NEEDED uk.recipient": 1}, {"CONSENT_NEEDED uk.default": 1})
    before, after = await supposed(hub, world, REFERRAL, supposing.Draft(grade="EXPLICIT"))
    assert after["ALLOW au.consent"] > before["ALLOW au.consent"]
    assert after["DENY hub.sharing-opt-out"] == before["DENY hub.sharing-opt-out"]


async def test_an_alliance_that_is_not_signed_yet_is_covered_or_not(
    hub: Hub, crowd: tuple[World, list[UUID]]
) -> None:
    world, _ = crowd
    broker = world.classes["mortgage-brokers"].id
    draft = supposing.Draft(
        recipient=supposing.NewRecipient("new-broker", "AU", (broker,)),
        arrangement=supposing.NewArrangement(
            "new-broker", "ALLIANCE", date(2025, 9, 1), ["referral-mortgage"], ["contact", "identity"], "AU"
        ),
    )
    question = Question(crowds.ANYBODY, Act.DISCLOSE, "referral-mortgage", recipient="new-broker")
    before, after = await supposed(hub, world, question, draft)
    assert before is None
    assert after["ALLOW au.alliance-covered"] == 2


async def supposed(
    hub: Hub, world: World, question: Question, draft: supposing.Draft, such: crowds.Such = crowds.EVERYBODY
) -> Any:
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        found = await supposing.what_if(ask, question, draft, such)

    def tally(one: crowds.Audience | None) -> dict[str, int] | None:
        return one and {f"{g.outcome} {g.decision.rule}": g.customers for g in one.groups}

    return tally(found.today), tally(found.supposed)


@pytest.mark.parametrize(
    ("draft", "path"),
    [
        (supposing.Draft(), ("draft",)),
        (supposing.Draft(grade="GUARDIAN"), ("draft", "grade")),
        (supposing.Draft(recipient=supposing.NewRecipient("bluegum-mortgages", "AU")), ("draft", "recipient", "key")),
        (
            supposing.Draft(
                arrangement=supposing.NewArrangement(
                    "bluegum-mortgages", "ALLIANCE", date(2025, 1, 1), ["nothing"], ["contact"], "AU"
                )
            ),
            ("draft", "arrangement", "purposes", 0),
        ),
        (
            supposing.Draft(
                arrangement=supposing.NewArrangement(
                    "bluegum-mortgages", "ALLIANCE", date(2025, 1, 2), ["referral-mortgage"], ["contact"], "AU",
                    ends_on=date(2025, 1, 1),
                )
            ),
            ("draft", "arrangement", "ends_on"),
        ),
    ],
)  # fmt: skip
async def test_a_draft_that_makes_no_sense_is_refused_with_its_place(
    hub: Hub, crowd: tuple[World, list[UUID]], draft: supposing.Draft, path: tuple[str | int, ...]
) -> None:
    world, _ = crowd
    with pytest.raises(Refusal) as refused:
        await supposed(hub, world, REFERRAL, draft)
    assert refused.value.path == path


async def test_families_are_read_once_however_many_pages_are_asked_for(
    hub: Hub, crowd: tuple[World, list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, people = crowd
    read: list[str] = []
    rows = Ask.rows

    async def counting(self: Ask, sql: str, *args: Any) -> Any:
        read.append(sql)
        return await rows(self, sql, *args)

    monkeypatch.setattr(Ask, "rows", counting)
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        asked = await crowds.Crowd.of(ask, REFERRAL)
        found: list[UUID] = []
        while page := await asked.members(lambda _: True, found[-1] if found else None, 1):
            found.append(page[0])
    assert found == sorted(people)
    number = asked.reader.terms.purpose.number
    assert [read.count(statement(name, number=number)) for name in ("crowd", "families")] == [1, 1]


async def test_an_organisation_without_customers_has_an_audience_of_nobody(hub: Hub) -> None:
    world = await build_world(hub)
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        found = await crowds.audience(ask, REFERRAL)
        split = await coverage.coverage(ask, REFERRAL)
        assert await coverage.members(ask, REFERRAL, Cover.SEEN) == []
        assert (found.customers, found.groups, found.undecided, found.distinct_facts) == (0, (), 0, 0)
        assert (split.customers, split.shares, split.can_be_asked, split.undecided) == (0, (), 0, 0)
        with pytest.raises(Refusal) as refused:
            await crowds.audience(ask, REFERRAL, crowds.Such(relationships=frozenset({"ACTIVE"})))
        assert (refused.value.code, refused.value.path) == (Code.INVALID, ("such",))


async def test_a_filter_that_nobody_fits_is_refused(hub: Hub, crowd: tuple[World, list[UUID]]) -> None:
    world, _ = crowd
    async with hub.ask(OPERATOR, Operation.DECISION_PREVIEW) as ask:
        with pytest.raises(Refusal):
            await crowds.audience(ask, REFERRAL)
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        with pytest.raises(Refusal) as refused:
            await crowds.audience(ask, REFERRAL, crowds.Such(jurisdictions=frozenset({"ZA"})))
    assert refused.value.path == ("such",)
