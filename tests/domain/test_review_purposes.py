"""What a review of the register says of purposes, of what has ended, and of how much there is."""

import pytest

from hub import register, reviews
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.models import Organisation
from hub.policy.values import Jurisdiction
from hub.register import Changes, Description
from hub.reviews import Such
from tests.domain.filing import READ, WRITE, Office
from tests.domain.test_reviews import bearing, codes, review, take, whole
from tests.world import World

DECLARED = ("FILED", "RECEIVED")
AUTHORISED = ("APPLIED", "AUTHORISED")


@pytest.fixture
def office(hub: Hub, world: World) -> Office:
    return Office(hub, world)


async def test_a_purpose_that_joined_later_has_to_be_notified(office: Office) -> None:
    number = f"D-{new_id().hex}"
    activity = await whole(office, "MA", notice_version=await bearing(office, number))
    await take(office, activity, "MA", *DECLARED, number=number)
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.change(act, activity.id, Changes(purposes=["newsletter", "conveyancing"]))
    [gap] = (await review(office, activity)).gaps
    assert (gap.code, gap.purpose_id) == ("unnotified", office.world.purposes["conveyancing"].id)
    await office.take(activity.id, "MA", "AMENDED")
    assert await codes(office, activity, "MA") == []


async def test_the_end_of_an_archived_activity_has_to_be_notified(office: Office) -> None:
    activity = await office.activity("MA")
    await take(office, activity, "MA", *DECLARED)
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.archive(act, activity.id)
    assert await codes(office, activity, "MA") == ["unended"]
    await office.take(activity.id, "MA", "ENDED")
    assert await codes(office, activity, "MA") == []


async def test_purposes_that_no_activity_has_are_named_where_customers_are_protected(office: Office) -> None:
    assert (await review(office)).gaps == []
    await office.world.customer(office.hub, jurisdiction="MA")
    archived = await office.activity("MA", purposes=("lettings",))
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.archive(act, archived.id)
    await office.activity("ZA", purposes=("analytics",))
    await office.activity("MA", purposes=("newsletter", "conveyancing"))
    found = [gap for gap in (await review(office)).gaps if gap.code == "unregistered"]
    registered = {office.world.purposes[key].id for key in ("newsletter", "conveyancing")}
    assert {gap.jurisdiction for gap in found} == {Jurisdiction.MA}
    assert {gap.purpose_id for gap in found} == {
        row.id for row in office.world.purposes.values() if row.id not in registered
    }
    await office.world.customer(office.hub, jurisdiction="ZA")
    both = [gap for gap in (await review(office)).gaps if gap.code == "unregistered"]
    assert {gap.jurisdiction for gap in both} == {Jurisdiction.MA, Jurisdiction.ZA}
    [only] = {gap.jurisdiction for gap in (await review(office, jurisdiction="ZA")).gaps if gap.purpose_id}
    assert only is Jurisdiction.ZA


async def test_a_review_reads_its_own_organisation_and_says_the_day(
    office: Office, other_world: World
) -> None:
    foreign = await Office(office.hub, other_world).activity("MA")
    async with office.hub.ask(office.world.app(), READ) as ask:
        found = await reviews.review(ask)
    assert foreign.id not in {gap.activity_id for gap in found.gaps}
    assert found.checked_on == ask.at.date()
    for such, code in (
        (Such(activity=foreign.id), Code.NOT_FOUND),
        (Such(activity="made-up"), Code.NOT_FOUND),
        (Such(organisation=other_world.organisation.id), Code.NOT_FOUND),
        (Such(jurisdiction="FR"), Code.INVALID),
    ):
        async with office.hub.ask(office.world.app(), READ) as ask:
            with pytest.raises(Refusal) as caught:
                await reviews.review(ask, such)
        assert caught.value.code == code


async def test_a_review_of_many_activities_is_cut_at_a_thousand_gaps_and_counts_the_rest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "STRETCH", 2)
    for _ in range(5):
        await office.activity("MA")
    found = await review(office)
    assert len({gap.activity_id for gap in found.gaps}) == 5
    monkeypatch.setattr(reviews, "MOST", 7)
    cut = await review(office)
    assert (len(cut.gaps), cut.further) == (7, len(found.gaps) - 7)


async def test_an_organisation_that_cannot_be_reached_is_told(office: Office) -> None:
    activity = await whole(office, "EU")
    async with office.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        await Organisation.filter(id=activity.organisation_id).using_db(act.db).update(contact="")
        await act.record("organisation.changed", organisation=activity.organisation_id)
    assert await codes(office, activity, "EU") == ["field.controller"]


def test_a_description_says_nothing_unless_it_is_told_to() -> None:
    assert {getattr(Description(), name).value for name in Description.__dataclass_fields__} == {"keep"}
