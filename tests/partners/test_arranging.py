"""What is drafted counts for nothing until somebody has looked whom it reaches and nothing is missing."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest

from hub import arrangements, arranging, decisions, formalities, known, purposes, register
from hub.act import Act
from hub.actors import Operation
from hub.answers import Answer
from hub.arrangements import Arrangement, NewArrangement, State
from hub.arranging import Weighed
from hub.coverage import Cover
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.formalities import NewStep
from hub.policy.rule import Outcome
from hub.policy.values import Act as What
from hub.questioned import Question
from hub.register import NewActivity
from tests.domain.firm import everything
from tests.partners.referred import LATER, House
from tests.untouched import written

ARRANGED = written(["arrangement"])
SHA256 = "0" * 64


def drafted(**changes: Any) -> NewArrangement:
    """An alliance with a surveyor in Leeds about mortgages."""
    new = NewArrangement(
        key=f"k-{new_id().hex}", kind="ALLIANCE", recipient="southern-inspections", purposes=["referral-mortgage"],
        categories=["contact", "identity"], starts_on=date(2025, 1, 1), destination="AU",
    )  # fmt: skip
    return replace(new, **changes)


async def draft(house: House, **changes: Any) -> Arrangement:
    """Enter a draft."""
    return await house.do(Operation.CATALOGUE_WRITE, lambda act: arrangements.draft(act, drafted(**changes)))


async def do(house: House, verb: Any, row: Arrangement) -> Any:
    """Do something with an arrangement."""
    return await house.do(Operation.CATALOGUE_WRITE, lambda act: verb(act, row.key))


async def counted(house: House, row: Arrangement) -> Weighed:
    """Count whom a draft reaches, and keep nothing."""
    async with house.hub.ask(house.world.app(), Operation.CATALOGUE_READ) as ask:
        return await arranging.weigh(ask, row.key)


async def weigh(house: House, row: Arrangement) -> Arrangement:
    """Count whom a draft reaches, and keep it."""
    weighed = await counted(house, row)
    return await house.do(Operation.CATALOGUE_WRITE, partial(arranging.keep, weighed=weighed))


async def refused(house: House, verb: Any, row: Arrangement, said: str) -> None:
    """It is refused, and nothing changes."""
    connection = await asyncpg.connect(house.hub.database.url)
    try:
        before = (await everything(connection), await connection.fetch(ARRANGED))
        with pytest.raises(Refusal) as caught:
            await do(house, verb, row)
        assert (caught.value.code, caught.value.path) == (Code.CONFLICT, ("arrangement",))
        assert said in caught.value.message
        assert (await everything(connection), await connection.fetch(ARRANGED)) == before
    finally:
        await connection.close()


async def test_decisions_do_not_know_a_draft_and_know_it_once_it_is_in_force(house: House) -> None:
    customer = await house.customer(consents="referral-mortgage", recipient="southern-inspections")
    row = await draft(house)
    question = Question(
        customer, What.DISCLOSE, house.world.purposes["referral-mortgage"].id,
        house.world.recipients["southern-inspections"].id,
    )  # fmt: skip

    async def agreed() -> Any:
        async with house.hub.ask(house.world.app(), Operation.DECISION_PREVIEW) as ask:
            [answer] = await decisions.preview(ask, [question])
            assert isinstance(answer, Answer)
            return answer.arrangement_id

    assert await agreed() is None
    with pytest.raises(Refusal) as caught:
        await house.refer(
            customer, recipient="southern-inspections", purpose="referral-mortgage", arrangement=row.key
        )
    assert caught.value.path == ("arrangement",)
    async with house.hub.ask(house.world.app(), Operation.CATALOGUE_READ) as ask:
        assert (await known.within(ask, house.world.organisation.id)).find("ARRANGEMENT", row.key) is None
    await weigh(house, row)
    made = await do(house, arranging.put_in_force, row)
    assert made.starts_on == made.in_force_at.date()
    assert await agreed() == row.id


async def test_the_picture_counts_everybody_as_if_it_were_in_force_and_is_kept(house: House) -> None:
    await house.customer(**LATER, consents="referral-mortgage", recipient="southern-inspections")
    row = await draft(house)
    weighed = await weigh(house, row)
    picture: dict[str, Any] = weighed.picture or {}
    [purpose] = picture["purposes"]
    assert sum(purpose["covers"].values()) + purpose["undecided"] == purpose["customers"] > 0
    assert purpose["covers"][Cover.AGREED] >= 1
    made = await do(house, arranging.put_in_force, row)
    assert made.picture == weighed.picture


async def test_without_a_picture_of_the_day_it_stays_a_draft(
    house: House, superuser: asyncpg.Connection
) -> None:
    row = await draft(house)
    await refused(house, arranging.put_in_force, row, "Look first")
    await weigh(house, row)
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            "UPDATE arrangement SET pictured_at = pictured_at - interval '25 hours' WHERE id = $1", row.id
        )
    await refused(house, arranging.put_in_force, row, "Look first")


async def test_in_force_it_is_no_draft_any_more(house: House) -> None:
    row = await draft(house)
    await weigh(house, row)
    await do(house, arranging.put_in_force, row)
    again = await do(house, arranging.put_in_force, row)
    assert again.state == State.IN_FORCE
    await refused(house, arranging.discard, row, "in force")
    with pytest.raises(Refusal) as caught:
        await weigh(house, row)
    assert (caught.value.code, caught.value.path) == (Code.CONFLICT, ("arrangement",))


async def test_what_was_counted_before_a_draft_came_into_force_or_went_is_not_kept(house: House) -> None:
    for verb, code in ((arranging.put_in_force, Code.CONFLICT), (arranging.discard, Code.NOT_FOUND)):
        row = await draft(house)
        await weigh(house, row)
        late = await counted(house, row)
        await do(house, verb, row)
        with pytest.raises(Refusal) as caught:
            await house.do(Operation.CATALOGUE_WRITE, partial(arranging.keep, weighed=late))
        assert caught.value.code is code


async def test_of_two_pictures_the_newer_one_stays(house: House) -> None:
    row = await draft(house)
    older, newer = await counted(house, row), await counted(house, row)
    for each in (newer, older):
        kept = await house.do(Operation.CATALOGUE_WRITE, partial(arranging.keep, weighed=each))
    assert kept.pictured_at == newer.at > older.at


async def test_a_draft_cannot_end_and_is_thrown_away(house: House) -> None:
    row = await draft(house)
    await refused(house, partial(arrangements.end, on=date(2027, 1, 1)), row, "discard")
    await do(house, arranging.discard, row)
    with pytest.raises(Refusal) as caught:
        await weigh(house, row)
    assert caught.value.code is Code.NOT_FOUND


async def test_one_that_would_be_over_cannot_come_into_force(house: House) -> None:
    row = await draft(house, ends_on=date(2025, 6, 1))
    await weigh(house, row)
    with pytest.raises(Refusal) as caught:
        await do(house, arranging.put_in_force, row)
    assert caught.value.code is Code.INVALID


@pytest.mark.parametrize("kind", ["SALE", "RENTAL", "POOLING"])
async def test_trade_is_never_entered_without_its_document(
    house: House, superuser: asyncpg.Connection, kind: str
) -> None:
    before = await superuser.fetchval(ARRANGED)
    with pytest.raises(Refusal) as caught:
        await entered(house, drafted(kind=kind))
    assert (caught.value.code, caught.value.path) == (Code.CONFLICT, ("document_sha256",))
    assert await superuser.fetchval(ARRANGED) == before


async def entered(house: House, new: NewArrangement) -> Arrangement:
    """Enter what is in force already, whom it reaches being counted first."""
    async with house.hub.ask(house.world.app(), Operation.CATALOGUE_READ) as ask:
        weighed = await arranging.foresee(ask, new)
    return await house.do(Operation.CATALOGUE_WRITE, lambda act: arranging.agree(act, new, weighed))


@pytest.mark.parametrize("kind", ["SALE", "RENTAL", "POOLING"])
async def test_trade_needs_its_document(house: House, kind: str) -> None:
    row = await draft(house, kind=kind)
    await weigh(house, row)
    await refused(house, arranging.put_in_force, row, "signed document")


@pytest.mark.parametrize(
    ("kind", "step", "is_enough"),
    [("SALE", "RECEIVED", True), ("POOLING", "RECEIVED", False), ("SALE", None, False)],
)
async def test_trade_under_moroccan_law_needs_its_formality(
    house: House, kind: str, step: str | None, *, is_enough: bool
) -> None:
    await house.customer(**LATER)
    purpose = await _purpose(house)
    await _activity(house, purpose, step)
    row = await draft(house, kind=kind, purposes=[purpose], document_sha256=SHA256)
    await weigh(house, row)
    already = drafted(kind=kind, purposes=[purpose], document_sha256=SHA256, starts_on=date(2021, 5, 1))
    if is_enough:
        assert (await do(house, arranging.put_in_force, row)).state == State.IN_FORCE
        made = await entered(house, already)
        assert (made.state, made.starts_on) == (State.IN_FORCE, date(2021, 5, 1))
        assert sum((made.picture or {})["purposes"][0]["covers"].values()) > 0
    else:
        await refused(house, arranging.put_in_force, row, "Law 09-08")
        with pytest.raises(Refusal, match="Law 09-08"):
            await entered(house, already)


async def _purpose(house: House) -> str:
    key = f"p-{new_id().hex}"
    new = purposes.NewPurpose(
        key=key, kind="OTHER", names={"en": "Lists"}, benefits={"en": "You hear of offers."}, categories=["contact"],
        departments=[], organisation=house.world.organisation.id,
    )  # fmt: skip
    await house.do(Operation.CATALOGUE_WRITE, lambda act: purposes.define(act, new))
    return key


async def _activity(house: House, purpose: str, step: str | None) -> None:
    async def body(act: Act) -> None:
        row = await register.add(
            act,
            NewActivity(
                key=f"a-{new_id().hex}", name="Lists", jurisdictions=["MA"], purposes=[purpose],
            ),
        )  # fmt: skip
        if step:
            day = act.at - timedelta(days=2)
            await formalities.record(act, row.id, NewStep("MA", "FILED", happened_at=day))
            receipt = NewStep("MA", step, number=f"D-{new_id().hex}", happened_at=day + timedelta(days=1))
            await formalities.record(act, row.id, receipt)

    await house.do(Operation.REGISTER_WRITE, body)


async def test_the_database_keeps_what_was_in_force(house: House) -> None:
    row = await draft(house)
    await weigh(house, row)
    await do(house, arranging.put_in_force, row)
    for change in (
        "UPDATE arrangement SET state = 'DRAFT' WHERE id = $1", "DELETE FROM arrangement WHERE id = $1",
    ):  # fmt: skip

        async def write(act: Act, change: str = change) -> None:
            await act.execute(change, row.id)
            await act.record("arrangement.drafted")

        with pytest.raises(asyncpg.PostgresError):
            await house.do(Operation.CATALOGUE_WRITE, write)


async def test_somebody_who_is_not_allowed_is_not_told_by_an_arrangement(house: House) -> None:
    customer = await house.customer(stops_sharing=True)
    done = await house.refer(customer)
    assert (done.answer.decision.outcome, done.referral) == (Outcome.DENY, None)
