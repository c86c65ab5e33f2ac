"""Random histories, read by the hub and once more by a naive reader of the law: each fact is the same."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub import decisions
from hub.actors import Operation
from hub.errors import Refusal
from hub.policy import Facts
from hub.questioned import Question
from tests.resolver.by_the_book import Reader
from tests.resolver.history import midnight
from tests.resolver.land import Land
from tests.resolver.life import instant
from tests.resolver.questions import letter, profile, refer, trade, use
from tests.resolver.random_lives import DAYS, Past, pasts, write

QUESTIONS = (
    refer("near"), refer("guild"), letter("EMAIL"), letter("PHONE"), letter("AUTO_CALL"), use("care"),
    profile(), trade("SELL"), trade("POOL"), use("letters"),
)  # fmt: skip
TICK = timedelta(microseconds=1)
ENDS = (
    *(midnight(day, months) for day in DAYS for months in (3, 24)),
    *(midnight(day) + timedelta(days=count) for day in DAYS for count in (20, 28, 30, 31, 400)),
    instant("2024-03-15T00:00"), instant("2025-07-01T00:00"),
)  # fmt: skip
INSTANTS = sorted(at for end in (*DAYS, *ENDS) for at in (end - TICK, end) if at <= DAYS[-1])
"""Whatever ends after days or months, ends between two of these."""
LIVES = st.lists(pasts(), min_size=6, max_size=6)
SURE = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
Tally = Counter[tuple[str, Any]]


@pytest_asyncio.fixture(scope="module")
async def tally() -> AsyncIterator[Tally]:
    """How often each value of a fact was agreed on: facts that never differ would prove nothing."""
    agreed: Tally = Counter()
    yield agreed
    several = Counter(name for name, _ in agreed)
    assert agreed.total() < 100_000 or min(several.values()) > 1, several


async def compare(land: Land, tally: Tally, lives: list[Past], at: datetime) -> None:
    async with land.acting() as act:
        ids = await write(land, act, lives, [])
    asked = [
        (past, replace(question, customer_id=whose))
        for whose, past in zip(ids, lives, strict=True)
        for question in QUESTIONS
    ]
    async with land.hub.ask(land.app(), Operation.DECISION_PREVIEW, at=at) as ask:
        answers = await decisions.preview(ask, [question for _, question in asked])
    for (past, question), answer in zip(asked, answers, strict=True):
        for facts in () if isinstance(answer, Refusal) else answer.all_facts:
            tally.update(agreed(past, question, at, facts).items())


def agreed(past: Past, question: Question, at: datetime, facts: Facts) -> dict[str, Any]:
    """The facts as both read them; where no rule can read one, the hub may say the neutral value."""
    expected = Reader(past, str(facts.jurisdiction), at, question).facts()
    raw, read = dict(shown(facts)), dict(shown(facts.canonical()))
    differing = {
        name: (value, raw[name]) for name, value in expected.items() if value not in {raw[name], read[name]}
    }
    assert not differing, f"{differing} in {facts.jurisdiction} at {at}, asked {question}:\n{written(past)}"
    return expected


def written(past: Past) -> str:
    told = sorted(past.happenings, key=lambda each: each.at)
    return "\n".join(f"{each.at:%F} {each.table} {each.values} {each.shown_days}" for each in told)


def shown(facts: Facts) -> Iterator[tuple[str, Any]]:
    yield from facts.to_dict().items()
    yield "is_objecting", facts.objection in {"PENDING", "UPHELD"}
    yield "is_from_customer", facts.source == "CUSTOMER"


@SURE
@given(lives=LIVES, at=st.sampled_from(INSTANTS))
async def test_the_hub_reads_histories_as_the_law_says(
    land: Land, tally: Tally, lives: list[Past], at: datetime
) -> None:
    await compare(land, tally, lives, at)


@pytest.mark.chaos
@settings(parent=SURE, max_examples=150)
@given(lives=LIVES, at=st.sampled_from(INSTANTS))
async def test_the_hub_reads_thousands_of_histories_as_the_law_says(
    land: Land, tally: Tally, lives: list[Past], at: datetime
) -> None:
    await compare(land, tally, lives, at)
