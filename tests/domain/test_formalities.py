"""Formalities: each step as the law has it, recorded once and for good; every other is refused and changes nothing."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import formalities, register
from hub.act import Hub
from hub.actors import OPERATOR
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.filings import Step
from hub.formalities import NewStep
from hub.policy.values import Formality, Jurisdiction
from hub.register import Changes
from tests.domain.filing import READ, WRITE, Office, new_step
from tests.domain.refusals import entries, refused
from tests.domain.test_filings import LEGAL
from tests.world import World

HISTORIES: dict[str, dict[str, tuple[str, ...]]] = {
    "MA": {
        "NONE": (),
        "PENDING": ("FILED",),
        "DECLARED": ("FILED", "RECEIVED"),
        "AUTHORISED": ("APPLIED", "AUTHORISED"),
        "REFUSED": ("APPLIED", "REFUSED"),
    },
    "ZA": {
        "NONE": (),
        "PENDING": ("APPLIED",),
        "AUTHORISED": ("APPLIED", "AUTHORISED"),
        "REFUSED": ("APPLIED", "REFUSED"),
    },
}
PAIRS = [
    (where, state, step.value)
    for where, histories in HISTORIES.items()
    for state, step in product(histories, Step)
]


@pytest.fixture
def office(hub: Hub, world: World) -> Office:
    return Office(hub, world)


@pytest.fixture
def still_office(hub: Hub, still_world: World) -> Office:
    return Office(hub, still_world)


async def told(office: Office, where: str, steps: tuple[str, ...]) -> UUID:
    """An activity with a history of a step a day from 1 March 2025."""
    activity = await office.activity(where)
    for number, step in enumerate(steps):
        await office.take(activity.id, where, step, f"2025-03-0{number + 1}")
    return activity.id


@pytest.mark.parametrize(("where", "state", "step"), PAIRS)
async def test_every_step_from_every_state_is_taken_or_refused_as_the_law_has_it(
    still_office: Office, where: str, state: str, step: str
) -> None:
    activity = await told(still_office, where, HISTORIES[where][state])
    assert await still_office.state(activity, where) == state
    expected = LEGAL[Jurisdiction(where)].get((Formality(state), Step(step)))
    new = new_step(where, step, "2025-06-01")
    app = still_office.world.app()
    if expected is None:
        await refused(
            still_office.hub,
            Code.CONFLICT,
            ("step",),
            lambda act: formalities.record(act, activity, new),
            app,
        )
        return
    async with still_office.hub.act(app, WRITE) as act:
        made = await formalities.record(act, activity, new)
    assert await entries(still_office.hub, act) == [f"formality.{step.lower()}"]
    assert (made.state, made.act_id, made.recorded_at) == (expected.value, act.id, act.at)
    assert await still_office.state(activity, where) == expected.value


async def test_a_step_is_said_in_the_refusal_of_another(office: Office) -> None:
    activity = await told(office, "MA", ("FILED",))
    new = new_step("MA", "FILED", "2025-06-01")
    message = await refused(
        office.hub, Code.CONFLICT, ("step",), lambda act: formalities.record(act, activity, new)
    )
    assert message == (
        "FILED cannot follow: the activity stands at PENDING there. "
        "What can: RECEIVED, AUTHORISED, REFUSED, ENDED."
    )


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"jurisdiction": "AU"}, ("jurisdiction",)),
        ({"jurisdiction": "FR"}, ("jurisdiction",)),
        ({"step": "STAMPED"}, ("step",)),
        ({"happened_at": datetime(2125, 1, 1, tzinfo=UTC)}, ("happened_at",)),
        ({"happened_at": datetime(2025, 5, 1)}, ("happened_at",)),  # noqa: DTZ001 - that is the point
        ({"happened_at": datetime(2009, 3, 4, tzinfo=UTC)}, ("happened_at",)),
        ({"happened_at": datetime(1, 1, 1, tzinfo=UTC)}, ("happened_at",)),
        ({"happened_at": datetime(2025, 3, 1, 12, tzinfo=UTC)}, ("happened_at",)),
        ({"happened_at": datetime(2025, 2, 1, tzinfo=UTC)}, ("happened_at",)),
        ({"number": None}, ("number",)),
        ({"number": " "}, ("number",)),
        ({"number": "x" * 101}, ("number",)),
        ({"valid_until": date(2025, 5, 31)}, ("valid_until",)),
        ({"reason": "x" * 501}, ("reason",)),
        ({"step": "REFUSED"}, ("number",)),
        ({"step": "REFUSED", "number": None, "valid_until": date(2026, 1, 1)}, ("valid_until",)),
    ],
)
async def test_what_cannot_have_happened_is_refused_by_field(
    still_office: Office, given: dict[str, Any], path: tuple[str, ...]
) -> None:
    activity = await told(still_office, "MA", ("FILED",))
    said: dict[str, Any] = {
        "jurisdiction": "MA",
        "step": "RECEIVED",
        "number": "N-1",
        "happened_at": datetime(2025, 6, 1, tzinfo=UTC),
        **given,
    }
    new = NewStep(**said)
    await refused(
        still_office.hub,
        Code.INVALID,
        path,
        lambda act: formalities.record(act, activity, new),
        still_office.world.app(),
    )


async def test_the_last_day_may_be_the_day_it_was_given(office: Office) -> None:
    activity = await told(office, "MA", ("FILED",))
    await office.take(activity, "MA", "RECEIVED", "2025-06-01", valid_until="2025-06-01")
    days = ("2025-05-31", "2025-06-01", "2025-06-02")
    assert [await office.state(activity, "MA", day) for day in days] == ["PENDING", "DECLARED", "NONE"]


async def test_only_what_an_activity_is_carried_out_under_is_filed(office: Office) -> None:
    activity = await office.activity("MA")
    new = new_step("ZA", "APPLIED", "2025-06-01")
    await refused(
        office.hub, Code.INVALID, ("jurisdiction",), lambda act: formalities.record(act, activity.id, new)
    )


async def test_the_two_laws_do_not_touch_each_other(office: Office) -> None:
    activity = await office.activity("MA", "ZA")
    await office.take(activity.id, "MA", "FILED", "2025-06-01")
    await office.take(activity.id, "ZA", "APPLIED", "2025-05-01")
    await office.take(activity.id, "ZA", "REFUSED", "2025-05-20", reason="Too little was said.")
    assert [await office.state(activity.id, where) for where in ("MA", "ZA")] == ["PENDING", "REFUSED"]


async def test_an_unknown_activity_and_that_of_another_organisation_are_alike(
    office: Office, other_world: World
) -> None:
    foreign = (await Office(office.hub, other_world).activity("MA")).id
    said: set[str] = set()
    for activity in (foreign, new_id(), "made-up"):
        new = new_step("MA", "FILED", "2025-06-01")
        said.add(
            await refused(
                office.hub,
                Code.NOT_FOUND,
                ("activity",),
                lambda act, activity=activity, new=new: formalities.record(act, activity, new),
                office.world.app(),
            )
        )
    assert len(said) == 1
    async with office.hub.ask(office.world.app(), READ) as ask:
        assert await formalities.of_activities(ask, [foreign]) == {}


async def test_a_number_is_given_once_in_an_organisation_and_jurisdiction(
    office: Office, other_world: World
) -> None:
    await _receive(office, "D-W-12/2025")
    for number in ("D-W-12/2025", " d-w-12/2025 "):
        activity = await told(office, "MA", ("FILED",))
        new = new_step("MA", "RECEIVED", "2025-06-01", number=number)
        await refused(
            office.hub,
            Code.CONFLICT,
            ("number",),
            lambda act, activity=activity, new=new: formalities.record(act, activity, new),
        )
    await _receive(office, "D-W-13/2025")
    await _receive(Office(office.hub, other_world), "D-W-12/2025")
    activity = await told(office, "ZA", ("APPLIED",))
    await office.take(activity, "ZA", "AUTHORISED", "2025-06-01", number="D-W-12/2025")


async def _receive(office: Office, number: str) -> None:
    activity = await told(office, "MA", ("FILED",))
    await office.take(activity, "MA", "RECEIVED", "2025-06-01", number=number)


async def test_a_change_keeps_number_and_last_day_unless_it_brings_another_day(office: Office) -> None:
    activity = await told(office, "MA", ("FILED",))
    await office.take(activity, "MA", "RECEIVED", "2025-06-01", number="D-1", valid_until="2026-05-31")
    kept = await office.take(activity, "MA", "AMENDED", "2025-07-01")
    assert (kept.number, kept.valid_until, kept.state) == ("D-1", date(2026, 5, 31), "DECLARED")
    longer = await office.take(activity, "MA", "AMENDED", "2025-08-01", valid_until="2027-05-31")
    assert (longer.number, longer.valid_until) == ("D-1", date(2027, 5, 31))


async def test_a_new_filing_follows_the_end_of_the_old_one_and_not_before(office: Office) -> None:
    activity = await told(office, "MA", ("FILED",))
    await office.take(activity, "MA", "RECEIVED", "2025-06-01", valid_until="2025-12-31")
    early = new_step("MA", "FILED", "2025-12-31")
    await refused(office.hub, Code.CONFLICT, ("step",), lambda act: formalities.record(act, activity, early))
    await office.take(activity, "MA", "FILED", "2026-01-01")
    days = ("2025-12-31", "2026-01-02", "2025-05-01", "2025-02-01")
    assert [await office.state(activity, "MA", day) for day in days] == [
        "DECLARED", "PENDING", "PENDING", "NONE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "too_early", "in_time"),
    [
        (("APPLIED",), "2025-03-28", "2025-03-29"),
        (("APPLIED", "INVESTIGATED"), "2025-06-27", "2025-06-28"),
    ],
)
async def test_silence_is_consent_in_south_africa_from_its_day_on(
    office: Office, steps: tuple[str, ...], too_early: str, in_time: str
) -> None:
    activity = await told(office, "ZA", steps)
    new = new_step("ZA", "PRESUMED", too_early)
    message = await refused(
        office.hub, Code.INVALID, ("happened_at",), lambda act: formalities.record(act, activity, new)
    )
    assert in_time in message
    assert await office.state(activity, "ZA") == "PENDING"
    await office.take(activity, "ZA", "PRESUMED", in_time)
    assert await office.state(activity, "ZA") == "AUTHORISED"


async def test_of_an_archived_activity_only_the_end_is_recorded(office: Office) -> None:
    activity = await told(office, "MA", ("FILED", "RECEIVED"))
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.archive(act, activity)
    new = new_step("MA", "AMENDED")
    await refused(
        office.hub, Code.CONFLICT, ("activity",), lambda act: formalities.record(act, activity, new)
    )
    await office.take(activity, "MA", "ENDED")
    assert await office.state(activity, "MA") == "NONE"


@pytest.mark.parametrize("where", ["MA", "ZA"])
async def test_of_two_filings_at_once_one_wins_and_the_other_is_refused(office: Office, where: str) -> None:
    activity = (await office.activity(where)).id
    step = new_step(where, "APPLIED")

    async def one() -> str:
        try:
            await office.hub.perform(
                office.world.app(), WRITE, lambda act: formalities.record(act, activity, step)
            )
        except Refusal as refusal:
            return f"{refusal.code} {refusal.path}"
        return "done"

    found = sorted(await asyncio.gather(*(one() for _ in range(6))))
    assert found == ["CONFLICT ('step',)"] * 5 + ["done"]
    async with office.hub.ask(office.world.app(), READ) as ask:
        assert len((await formalities.of_activities(ask, [activity]))[activity]) == 1


async def test_one_number_given_to_two_activities_at_once_is_kept_by_one(office: Office) -> None:
    pair = [await told(office, "MA", ("FILED",)) for _ in range(2)]
    step = new_step("MA", "RECEIVED", number="D-77")

    async def one(activity: UUID) -> str:
        try:
            await office.hub.perform(
                office.world.app(), WRITE, lambda act: formalities.record(act, activity, step)
            )
        except Refusal as refusal:
            return f"{refusal.code} {refusal.path}"
        return "done"

    assert sorted(await asyncio.gather(*map(one, pair))) == ["CONFLICT ('number',)", "done"]


async def test_a_purpose_that_joins_after_a_receipt_waits_for_the_change_to_be_notified(
    office: Office,
) -> None:
    activity = await office.activity("MA")
    await office.take(activity.id, "MA", "FILED", "2025-03-01")
    await office.take(activity.id, "MA", "RECEIVED", "2025-03-02")
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "NONE"]
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.change(act, activity.id, Changes(purposes=["newsletter", "lettings"]))
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "NONE"]
    await office.take(activity.id, "MA", "AMENDED")
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "DECLARED"]


async def test_a_purpose_that_left_keeps_its_past(office: Office) -> None:
    activity = await office.activity("MA", purposes=("newsletter", "lettings"))
    await office.take(activity.id, "MA", "FILED", "2025-03-01")
    await office.take(activity.id, "MA", "RECEIVED", "2025-03-02")
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.change(act, activity.id, Changes(purposes=["newsletter"]))
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "NONE"]
    past = datetime(2025, 6, 1, tzinfo=UTC)
    assert await purposes(office, "newsletter", "lettings", at=past) == ["DECLARED", "DECLARED"]


async def test_a_purpose_of_two_activities_stands_as_the_worse_until_that_is_archived(office: Office) -> None:
    declared, refused_one = await office.activity("MA"), await office.activity("MA", "ZA")
    await office.activity("ZA")
    for activity, step in ((declared, "RECEIVED"), (refused_one, "REFUSED")):
        await office.take(activity.id, "MA", "FILED", "2025-03-01")
        await office.take(activity.id, "MA", step, "2025-03-02")
    assert await purposes(office, "newsletter") == ["REFUSED"]
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.archive(act, refused_one.id)
    assert await purposes(office, "newsletter") == ["DECLARED"]
    assert await purposes(office, "newsletter", at=datetime(2025, 6, 1, tzinfo=UTC)) == ["REFUSED"]


async def purposes(office: Office, *keys: str, at: datetime | None = None) -> list[str]:
    """Where purposes stand in Morocco."""
    ids = [office.world.purposes[key].id for key in keys]
    async with office.hub.ask(office.world.app(), READ) as ask:
        found = await formalities.states_of_purposes(ask, ids, at)
    return [found[one, Jurisdiction.MA].value for one in ids]


async def test_the_purposes_of_another_organisation_are_left_out(office: Office, other_world: World) -> None:
    foreign = other_world.purposes["newsletter"].id
    async with office.hub.ask(office.world.app(), READ) as ask:
        assert await formalities.states_of_purposes(ask, [foreign]) == {}
    async with office.hub.ask(OPERATOR, READ) as ask:
        found = await formalities.states_of_purposes(ask, [foreign])
    assert {place.value: state.value for (_, place), state in found.items()} == {"MA": "NONE", "ZA": "NONE"}


async def test_many_activities_are_read_in_one_statement(office: Office) -> None:
    made = [await told(office, "MA", steps) for steps in HISTORIES["MA"].values()]
    async with office.hub.ask(office.world.app(), READ) as ask:
        found = await formalities.states_of_activities(ask, made)
    states = [found[one, Jurisdiction.MA].value for one in made if (one, Jurisdiction.MA) in found]
    assert states == list(HISTORIES["MA"])[1:]


async def test_what_was_recorded_never_changes(office: Office, superuser: asyncpg.Connection) -> None:
    await told(office, "MA", ("FILED",))
    for statement in ("UPDATE formality_event SET state = 'DECLARED'", "DELETE FROM formality_event"):
        with pytest.raises(asyncpg.PostgresError, match="permission denied"):
            async with office.hub.act(OPERATOR, WRITE) as act:
                await act.execute(statement)
        with pytest.raises(asyncpg.PostgresError, match="outside an act|append-only"):
            await superuser.execute(statement)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "DECLARED"},
        {"number": "N-1"},
        {"jurisdiction": "AU"},
        {"step": "STAMPED"},
        {"step": "RECEIVED", "state": "DECLARED"},
        {"step": "RECEIVED", "state": "DECLARED", "number": "N-1", "valid_until": date(2025, 5, 31)},
        {"valid_until": date(2030, 1, 1)},
        {"happened_at": datetime(2125, 1, 1, tzinfo=UTC)},
        {"organisation_id": UUID(int=7)},
    ],
)
async def test_the_database_itself_refuses_a_row_that_cannot_be(
    still_office: Office, changes: dict[str, Any]
) -> None:
    activity = await still_office.activity("MA")
    async with still_office.hub.ask(OPERATOR, READ) as ask:
        now = ask.at
    row: dict[str, Any] = {
        "id": new_id(),
        "organisation_id": activity.organisation_id,
        "activity_id": activity.id,
        "jurisdiction": "MA",
        "step": "FILED",
        "state": "PENDING",
        "reason": "",
        "happened_at": datetime(2025, 6, 1, 12, tzinfo=UTC),
        "recorded_at": now - timedelta(seconds=1),
        "act_id": new_id(),
        **changes,
    }
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with still_office.hub.act(OPERATOR, WRITE) as act:
            await act.execute(
                f"INSERT INTO formality_event ({', '.join(row)}) VALUES ({places})", *row.values()
            )
