"""Whom the past forbids to ask, as of an instant: South Africa, California, marketing, and a question that waits."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import askable, choices, merges, questions
from hub.act import Hub
from hub.actors import Operation
from hub.askable import Asked, Bar, Candidate, Matter, barred
from hub.errors import Code
from hub.policy.values import PurposeKind
from hub.questions import Showing
from hub.said import Scope
from tests.domain.firm import Firm, evidence
from tests.domain.posing import PHONE, PORTAL, answer, by_app, cancel, lapse, put, put_long_ago, refused, show
from tests.world import World

CONFLICT = (Code.CONFLICT, "customer")
MET = datetime(2024, 1, 1, tzinfo=UTC)


async def say(firm: Firm, verb: Any, *args: Any, days_ago: float = 1, **scope: Any) -> None:
    """Let a customer have chosen something some days ago; args: what goes before the scope, the customer last."""
    *kind, customer_id = args
    when = datetime.now(UTC) - timedelta(days=days_ago)
    about = Scope(customer_id, firm.id, **scope)
    await by_app(firm, Operation.CHOICE_RECORD, verb, *kind, about, evidence(happened_at=when))


async def met(firm: Firm, *places: str, **more: Any) -> UUID:
    """A customer known for long."""
    return await firm.customer(jurisdictions=list(places), happened_at=MET, **more)


async def asked(firm: Firm, customer_id: UUID, at: datetime | None = None, **matter: Any) -> Asked:
    """What of the past bears on the first purpose."""
    about = Matter(firm.id, firm.purposes[0], PurposeKind.MARKETING, **matter)
    async with firm.hub.ask(firm.app, Operation.QUESTION_READ) as ask:
        return (await askable.candidates(ask, [customer_id], about, at or ask.at))[customer_id].asked


async def test_in_south_africa_one_is_asked_once(firm: Firm, superuser: asyncpg.Connection) -> None:
    customer_id = await met(firm, "ZA")
    question = await put(firm, customer_id, channels=["EMAIL"])
    await show(firm, question)
    await put_long_ago(superuser, question)
    await lapse(firm)
    said = await refused(superuser, put(firm, customer_id, channels=["EMAIL"]), *CONFLICT)
    assert "asked once only" in said
    await refused(superuser, put(firm, customer_id, channels=["SMS"]), *CONFLICT)
    await put(firm, customer_id, purpose_id=firm.purposes[1], channels=["EMAIL"])


async def test_in_south_africa_words_recorded_by_hand_count_as_asking(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await met(firm, "ZA", "UK")
    await say(firm, choices.ask_consent, customer_id, purpose_id=firm.purposes[0], days_ago=600)
    assert "asked once only" in await refused(superuser, put(firm, customer_id), *CONFLICT)


async def test_in_south_africa_a_refusal_is_for_good(firm: Firm, superuser: asyncpg.Connection) -> None:
    customer_id = await met(firm, "ZA")
    await answer(firm, await put(firm, customer_id), PHONE, is_yes=False)
    assert "who refused" in await refused(superuser, put(firm, customer_id), *CONFLICT)
    other = await met(firm, "ZA")
    await say(
        firm, choices.refuse_consent, other, purpose_id=firm.purposes[0], channels=["SMS"], days_ago=900
    )
    assert "who refused" in await refused(superuser, put(firm, other, channels=["EMAIL"]), *CONFLICT)


async def test_in_south_africa_another_recipient_is_another_question(firm: Firm) -> None:
    customer_id = await met(firm, "ZA")
    await put(firm, customer_id, recipient_id=firm.recipients[0])
    await put(firm, customer_id, recipient_id=firm.recipients[1])
    assert (await asked(firm, customer_id)).already_asked


async def test_what_was_cancelled_before_anybody_saw_it_was_not_asked(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await met(firm, "ZA")
    await cancel(firm, await put(firm, customer_id))
    seen = await put(firm, customer_id)
    await show(firm, seen)
    await cancel(firm, seen)
    await refused(superuser, put(firm, customer_id), *CONFLICT)


@pytest.mark.parametrize("place", ["AU", "UK", "EU", "MA", "US_CA"])
async def test_elsewhere_silence_is_no_answer_and_a_no_stays_one(
    firm: Firm, superuser: asyncpg.Connection, place: str
) -> None:
    silent, unwilling = [await met(firm, place) for _ in range(2)]
    seen = await put(firm, silent)
    await show(firm, seen)
    await cancel(firm, seen)
    assert (await put(firm, silent)).customer_id == silent
    await answer(firm, await put(firm, unwilling), PHONE, is_yes=False)
    assert "leave them alone" in await refused(superuser, put(firm, unwilling), *CONFLICT)


@pytest.mark.parametrize("kind", ["SHARING", "SIGNAL"])
async def test_in_california_nobody_is_asked_within_twelve_months_of_an_opt_out_of_sharing(
    firm: Firm, superuser: asyncpg.Connection, kind: str
) -> None:
    within, after, elsewhere = [await met(firm, place) for place in ("US_CA", "US_CA", "AU")]
    for customer_id, days_ago in ((within, 364), (after, 367), (elsewhere, 1)):
        await say(firm, choices.opt_out, kind, customer_id, days_ago=days_ago)
    assert "within 12 months" in await refused(superuser, put(firm, within), *CONFLICT)
    for customer_id in (after, elsewhere):
        await put(firm, customer_id)


async def test_in_california_the_latest_opt_out_counts_unless_it_was_taken_back(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    again, back, other = [await met(firm, "US_CA") for _ in range(3)]
    await say(firm, choices.opt_out, "SHARING", again, days_ago=700)
    await say(firm, choices.opt_out, "SHARING", again, days_ago=10)
    await refused(superuser, put(firm, again), *CONFLICT)
    await say(firm, choices.opt_out, "SHARING", back, days_ago=30)
    await say(firm, choices.opt_in, "SHARING", back, days_ago=20)
    await put(firm, back)
    await say(firm, choices.opt_out, "SHARING", other, recipient_id=firm.recipients[1])
    await put(firm, other, recipient_id=firm.recipients[0])
    await refused(superuser, put(firm, other, recipient_id=firm.recipients[1]), *CONFLICT)


@pytest.mark.parametrize("place", ["AU", "UK", "EU", "MA", "ZA", "US_CA"])
async def test_nobody_who_opted_out_of_marketing_is_asked_for_consent_to_it(
    firm: Firm, superuser: asyncpg.Connection, place: str
) -> None:
    customer_id = await met(firm, place)
    await say(firm, choices.opt_out_of_marketing, customer_id, channels=["EMAIL"], days_ago=900)
    for channels in (["EMAIL"], ["SMS", "EMAIL"], []):
        said = await refused(superuser, put(firm, customer_id, channels=channels), *CONFLICT)
        assert "opted out of marketing" in said
    await put(firm, customer_id, channels=["SMS"])


async def test_a_later_consent_reverses_the_opt_out_on_its_channel(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await met(firm, "UK")
    await say(firm, choices.opt_out_of_marketing, customer_id, days_ago=50)
    about = {"purpose_id": firm.purposes[0], "channels": ["EMAIL"]}
    await say(firm, choices.give_consent, customer_id, days_ago=20, **about)
    await put(firm, customer_id, channels=["EMAIL"])
    await refused(superuser, put(firm, customer_id, channels=["POST"]), *CONFLICT)
    await say(firm, choices.opt_out_of_marketing, customer_id, days_ago=10)
    await refused(superuser, put(firm, customer_id, channels=["EMAIL"]), *CONFLICT)


async def test_an_opt_out_of_marketing_is_no_obstacle_to_another_kind_of_question(
    hub: Hub, world: World
) -> None:
    customer_id = await world.customer(hub, jurisdiction="UK", stops_marketing=True)
    new = questions.NewQuestion(
        world.purposes["referral-mortgage"].id,
        {"en": "May we refer you to Pennine Mortgages?"},
        {"en": "You can compare loans at leisure."},
        ["PORTAL"],
        datetime.now(UTC) + timedelta(days=30),
        recipient_id=world.recipients["pennine-mortgages"].id,
    )
    async with hub.act(world.app(), Operation.QUESTION_PUT) as act:
        assert (await questions.put(act, new, customer_id)).recipient_id == new.recipient_id


@pytest.mark.parametrize(
    ("first", "second", "meets"),
    [
        ({}, {}, True),
        ({"channels": ["EMAIL"]}, {"channels": ["SMS", "EMAIL"]}, True),
        ({"channels": ["EMAIL"]}, {}, True),
        ({"channels": ["EMAIL"]}, {"channels": ["SMS"]}, False),
        ({"recipient_id": 0}, {"recipient_id": 0}, True),
        ({"recipient_id": 0}, {"recipient_id": 1}, False),
        ({"recipient_id": 0}, {}, True),
        ({"purpose_id": 1}, {}, False),
    ],
)
async def test_two_questions_whose_scopes_meet_are_not_open_at_once(
    firm: Firm, superuser: asyncpg.Connection, first: Any, second: Any, meets: Any
) -> None:
    def scoped(named: dict[str, Any]) -> dict[str, Any]:
        lists = {"recipient_id": firm.recipients, "purpose_id": firm.purposes}
        return {name: lists[name][value] if name in lists else value for name, value in named.items()}

    customer_id = await met(firm, "AU")
    open_ = await put(firm, customer_id, **scoped(first))
    if not meets:
        await put(firm, customer_id, **scoped(second))
        return
    said = await refused(superuser, put(firm, customer_id, **scoped(second)), *CONFLICT)
    assert "waits for this customer's answer" in said
    await put_long_ago(superuser, open_)
    await put(firm, customer_id, **scoped(second))


async def test_an_opt_out_after_the_putting_wins_over_the_showing(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await met(firm, "ZA")
    question = await put(firm, customer_id)
    await show(firm, question)
    await say(firm, choices.opt_out_of_marketing, customer_id, days_ago=0)
    for showing in (PORTAL, Showing("PAPER")):
        said = await refused(superuser, show(firm, question, showing), Code.CONFLICT, "question")
        assert "opted out of marketing" in said
    await answer(firm, question)


async def test_records_of_one_person_remember_for_each_other(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    older, newer = await met(firm, "AU"), await met(firm, "ZA")
    await cancel(firm, await put(firm, older))
    await answer(firm, await put(firm, newer), PHONE, is_yes=False)
    await put(firm, older)
    third = await met(firm, "AU")
    async with firm.hub.act(firm.app, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, older, newer)
        await merges.merge(act, older, third)
    for customer_id in (newer, third):
        said = await refused(superuser, put(firm, customer_id), *CONFLICT)
        assert "waits for this customer's answer" in said
    async with firm.hub.ask(firm.app, Operation.QUESTION_READ) as ask:
        about = Matter(firm.id, firm.purposes[0], PurposeKind.MARKETING)
        [found] = (await askable.candidates(ask, [third], about, ask.at)).values()
    assert (found.person_id, found.jurisdictions) == (older, {"AU", "ZA"})
    assert found.asked == Asked(already_asked=True, refused=True, is_open=True)


async def test_the_past_is_reduced_to_an_instant(firm: Firm) -> None:
    customer_id = await met(firm, "ZA", "US_CA")
    await say(firm, choices.ask_consent, customer_id, purpose_id=firm.purposes[0], days_ago=500)
    await say(firm, choices.opt_out, "SHARING", customer_id, days_ago=400)
    await say(firm, choices.opt_out_of_marketing, customer_id, days_ago=300)
    await say(firm, choices.refuse_consent, customer_id, purpose_id=firm.purposes[0], days_ago=200)

    async def then(days_ago: float) -> Asked:
        return await asked(firm, customer_id, datetime.now(UTC) - timedelta(days=days_ago))

    assert await then(501) == Asked()
    assert await then(450) == Asked(already_asked=True)
    shared = Asked(already_asked=True, opted_out_within_12_months=True)
    assert await then(350) == shared
    assert await then(250) == Asked(
        already_asked=True, opted_out_within_12_months=True, opted_out_of_marketing=True
    )
    assert await then(0) == Asked(already_asked=True, refused=True, opted_out_of_marketing=True)


async def test_a_question_that_has_ended_was_open_before(firm: Firm) -> None:
    customer_id = await met(firm, "AU")
    question = await put(firm, customer_id)
    await cancel(firm, question)
    assert (await asked(firm, customer_id, question.put_at)).is_open
    assert not (await asked(firm, customer_id)).is_open
    assert not (await asked(firm, customer_id, question.put_at - timedelta(days=1))).is_open


def test_a_customer_under_no_known_law_is_under_all_of_them() -> None:
    person = UUID(int=1)

    def bar(places: set[str], past: Asked, kind: PurposeKind = PurposeKind.OTHER) -> Bar | None:
        return barred(Candidate(person, person, frozenset(places), "ADULT", past), kind)

    assert bar(set(), Asked(already_asked=True)) is Bar.ASKED_BEFORE
    assert bar({"AU"}, Asked(already_asked=True, refused=True, opted_out_within_12_months=True)) is None
    assert bar(set(), Asked(opted_out_within_12_months=True)) is Bar.OPTED_OUT_OF_SHARING
    assert bar({"AU"}, Asked(opted_out_of_marketing=True)) is None
    assert (
        bar({"AU"}, Asked(opted_out_of_marketing=True), PurposeKind.MARKETING) is Bar.OPTED_OUT_OF_MARKETING
    )
