"""Customers who said more, about more, and gave more than a row has columns for: asked one by one and as a crowd."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import choices, collections, decisions, purposes
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.crowds import ANYBODY, Crowd
from hub.decisions import Answer
from hub.policy.values import Act as Deed
from hub.policy.values import Channel, Footer, Offer
from hub.purposes import Ground, NewPurpose
from hub.questioned import Question
from hub.said import Evidence, Scope
from tests.harbour import INTAKE
from tests.world import World, build_world, midday

CUSTOMERS = 40
WORDS_AT_MOST = 9
JOINED = "2024-03-01"
FIRST = midday(JOINED)
COLUMNS = 16
ALIKE = "shares-a-column"
KEYS = (
    "account-messages", "referral-inspection", "referral-mortgage", "newsletter", "analytics", "fraud-checks",
    "lettings", ALIKE,
)  # fmt: skip
GIVEN_LATER = ("household", "financial", "behaviour", "opinion", "interest")
THEN = datetime(2025, 9, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Talkers:
    """A firm, one of whose purposes shares its column with another, and customers with much to say."""

    world: World
    ids: list[UUID]


@pytest_asyncio.fixture(scope="module")
async def talkers(hub: Hub) -> AsyncIterator[Talkers]:
    """Each life is drawn anew from the same seed."""
    world, dice = await build_world(hub), random.Random(11)  # noqa: S311 - made-up people
    owner = await asyncpg.connect(hub.database.url)
    newsletter = await owner.fetchval(
        "SELECT number FROM purpose WHERE id = $1", world.purposes["newsletter"].id
    )
    sequence = "pg_get_serial_sequence('purpose', 'number')"
    await owner.execute(f"SELECT setval({sequence}, {newsletter + COLUMNS - 1})")
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        added = await purposes.define(act, _purpose(world))
    shared = "SELECT count(DISTINCT number % $1) = 1 FROM purpose WHERE id = ANY ($2)"
    assert await owner.fetchval(shared, COLUMNS, [added.id, world.purposes["newsletter"].id])
    await owner.close()
    ids = {key: world.purposes[key].id if key != ALIKE else added.id for key in KEYS}
    yield Talkers(world, [await _live(hub, world, ids, dice) for _ in range(CUSTOMERS)])


def _purpose(world: World) -> NewPurpose:
    return NewPurpose(
        key=ALIKE, kind="MARKETING", names={"en": "Much the same"}, benefits={"en": "You hear."}, categories=INTAKE,
        departments=["marketing"], bases=[Ground("EU", "CONSENT")], organisation=world.organisation.id,
    )  # fmt: skip


async def _live(hub: Hub, world: World, ids: dict[str, UUID], dice: random.Random) -> UUID:
    customer = await world.customer(
        hub, joined=JOINED, shown="v2", jurisdiction=dice.choice(["AU", "UK", "EU", "US_CA"])
    )
    async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
        for number, category in enumerate(dice.sample(GIVEN_LATER, dice.randrange(len(GIVEN_LATER) + 1))):
            await _give(
                act, world, customer, category, FIRST + timedelta(days=300 * number + dice.randrange(200))
            )
        for _ in range(dice.randrange(WORDS_AT_MOST + 1)):
            at = FIRST + timedelta(days=dice.randrange(900))
            await _say(
                act, Scope(customer, world.organisation.id, dice.choice([*ids.values(), None])), at, dice
            )
    return customer


async def _give(act: Act, world: World, customer: UUID, category: str, at: datetime) -> None:
    given = collections.NewCollection(
        customer_id=customer, organisation_id=world.organisation.id, source="CUSTOMER",
        categories=[world.categories[category].id], optout_offered=True, notice_version_id=world.versions["v2"].id,
        shown_how="WEB", happened_at=min(at, act.at - timedelta(days=1)),
    )  # fmt: skip
    await collections.record(act, given)


async def _say(act: Act, scope: Scope, at: datetime, dice: random.Random) -> None:
    said = Evidence("May we do this?", "WEB", happened_at=at)
    if scope.purpose_id is None:
        await choices.opt_out_of_marketing(act, scope, said)
    elif dice.random() < 0.2:
        await choices.refuse_consent(act, scope, said)
    else:
        ends = None if dice.random() < 0.5 else at + timedelta(days=dice.choice([90, 365, 730]))
        channels = dice.choice([(), ("EMAIL",), ("PHONE",), ("EMAIL", "PHONE")])
        await choices.give_consent(act, replace(scope, channels=channels), said, "EXPLICIT", ends)


def _questions() -> Sequence[Question]:
    plain = [Question(ANYBODY, Deed.USE, key) for key in KEYS]
    letters = [
        Question(ANYBODY, Deed.MESSAGE, key, channel=channel, offer=Offer.OWN_SIMILAR, footer=Footer.COMPLETE)
        for key in ("newsletter", ALIKE)
        for channel in (Channel.EMAIL, Channel.PHONE)
    ]
    return [
        *plain,
        *letters,
        Question(ANYBODY, Deed.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages"),
    ]


async def test_the_histories_are_longer_than_the_columns(hub: Hub, talkers: Talkers) -> None:
    sql = """
        SELECT count(*) FILTER (WHERE days IS NOT NULL) AS days, count(*) FILTER (WHERE said IS NOT NULL) AS words,
            count(*) FILTER (WHERE said IS NULL AND word_0 IS NOT NULL) AS few,
            count(*) FILTER (WHERE lapses IS NOT NULL) AS timed
        FROM customer_state WHERE customer_id = ANY ($1)
    """
    async with hub.ask(talkers.world.app(), Operation.DECISION_PREVIEW) as ask:
        found = await ask.row(sql, talkers.ids)
    assert found is not None
    assert min(found["days"], found["words"], found["few"], found["timed"]) >= 2, dict(found)


@pytest.mark.parametrize("at", [None, THEN], ids=["now", "then"])
async def test_a_crowd_of_them_is_answered_as_each_of_them_is(
    hub: Hub, talkers: Talkers, at: datetime | None
) -> None:
    async with hub.ask(talkers.world.app("marketing"), Operation.DECISION_PREVIEW, at=at) as ask:
        for question in _questions():
            asked = [replace(question, customer_id=each) for each in talkers.ids]
            answers = [each for each in await decisions.preview(ask, asked) if isinstance(each, Answer)]
            alone = Counter(tuple([facts.signature for facts in each.all_facts]) for each in answers)
            crowd: Counter[tuple[int, ...]] = Counter()
            for heap in await (await Crowd.of(ask, question)).heaps():
                crowd[tuple([each.facts.signature for each in heap.readings])] += heap.customers
            assert len(answers) == CUSTOMERS
            assert crowd == alone, question


async def test_their_rows_are_what_a_replay_of_their_events_makes_of_them(
    superuser: asyncpg.Connection, talkers: Talkers
) -> None:
    sql = """
        SELECT count(*) FROM customer_state s
        WHERE s.customer_id = ANY ($1) AND s = state_at(s.customer_id, s.organisation_id, s.valid_from)
    """
    assert await superuser.fetchval(sql, talkers.ids) == CUSTOMERS
