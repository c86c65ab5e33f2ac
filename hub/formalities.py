"""Formalities: the steps between an organisation and an authority about one activity, recorded as they happen.

Which step may follow which stands in ``hub/filings.py``. Steps of one activity are recorded one after the other,
under the lock of its row; each is later than the one before, and none changes afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from asyncpg import UniqueViolationError
from tortoise.exceptions import IntegrityError

from hub import catalogue, filings, inputs, particulars
from hub.act import Act, Ask
from hub.catalogue import Ref
from hub.db import new_id
from hub.errors import Code, Refusal, invalid
from hub.filings import Event, Step
from hub.models import Activity, FormalityEvent
from hub.policy.values import Formality, Jurisdiction

__all__ = [
    "Formality",
    "FormalityEvent",
    "NewStep",
    "Standing",
    "Step",
    "as_events",
    "of_activities",
    "record",
    "standings",
    "states_of_activities",
    "states_of_purposes",
]

NUMBER_LENGTH = 100


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step that was taken. happened_at: None for now. valid_until: the last day of what was granted.

    number: the receipt's or the authorisation's; for a presumed consent the one the Regulator knows the notice by.
    """

    jurisdiction: str
    step: str
    number: str | None = None
    valid_until: date | None = None
    reason: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an activity stands under one law. event: the step that counts. has_expired: its last day has passed."""

    jurisdiction: Jurisdiction
    state: Formality
    event: FormalityEvent | None = None
    has_expired: bool = False
    expected_by: datetime | None = None


async def record(act: Act, activity: Ref, new: NewStep) -> FormalityEvent:
    """Record a step. Refusals: CONFLICT for one that cannot follow or a number that is taken; INVALID; NOT_FOUND."""
    row = await catalogue.read(act, Activity, activity, "activity", lock=True)
    where = _place(new.jurisdiction)
    step = inputs.choice(Step, new.step, "step")
    at = _instant(act, new.happened_at, where)
    rows = await _steps(act, row, where)
    taken = as_events(rows)
    state = _follow(row, step, taken, at, where)
    _check_later(taken, at, is_said=new.happened_at is not None)
    made = FormalityEvent(
        id=new_id(),
        organisation_id=row.organisation_id,
        activity_id=row.id,
        jurisdiction=where.value,
        step=step.value,
        state=state.value,
        number=_number(step, new.number, rows),
        valid_until=_end(step, new.valid_until, rows, at),
        reason=inputs.text(new.reason, "reason", most=inputs.SENTENCE_LENGTH, empty=True),
        happened_at=at,
        recorded_at=act.at,
        act_id=act.id,
    )
    await _save(act, made)
    return made


def _place(said: str) -> Jurisdiction:
    where = inputs.choice(Jurisdiction, said, "jurisdiction")
    if where not in filings.PLACES:
        raise invalid("Only Morocco (MA) and South Africa (ZA) know formalities.", "jurisdiction")
    return where


def _instant(act: Act, said: datetime | None, where: Jurisdiction) -> datetime:
    at = particulars.happened(act, said, "happened_at")
    born = filings.BORN[where]
    if at.astimezone(UTC).date() < born:
        raise invalid(f"Before {born} there was no such law: correct the day.", "happened_at")
    return at


async def _steps(act: Act, row: Activity, where: Jurisdiction) -> list[FormalityEvent]:
    taken = FormalityEvent.filter(activity_id=row.id, jurisdiction=where.value).using_db(act.db)
    return await taken.order_by("happened_at", "id")


def _follow(
    row: Activity, step: Step, taken: Sequence[Event], at: datetime, where: Jurisdiction
) -> Formality:
    """Tell where a step leads, or refuse it."""
    newest = taken[-1].happened_at if taken else at
    state = filings.follows(step, taken, max(at, newest), where)
    if state is None:
        raise _refusal(step, taken, max(at, newest), where)
    _check_activity(row, step, where)
    _check_silence(step, taken, at, where)
    return state


def _check_later(taken: Sequence[Event], at: datetime, *, is_said: bool) -> None:
    """Steps are told in their order; of two who tell of this moment, the first to come may be the second to write."""
    if not taken or at > taken[-1].happened_at:
        return
    before = taken[-1].happened_at.isoformat()
    if is_said:
        raise invalid(f"The step before happened at {before}: this one must be later.", "happened_at")
    message = f"Somebody recorded a step at {before}, while this came in: look at it, then try again."
    raise Refusal(Code.CONFLICT, message, ("step",))


def _refusal(step: Step, taken: Sequence[Event], at: datetime, where: Jurisdiction) -> Refusal:
    now = filings.state_at(taken, at)
    possible = ", ".join(filings.possible(taken, at, where))
    message = f"{step} cannot follow: the activity stands at {now} there. What can: {possible}."
    return Refusal(Code.CONFLICT, message, ("step",))


def _check_activity(row: Activity, step: Step, where: Jurisdiction) -> None:
    if row.archived_at is not None and step is not Step.ENDED:
        message = "This activity is archived: only its end can be recorded."
        raise Refusal(Code.CONFLICT, message, ("activity",))
    if step in {Step.FILED, Step.APPLIED} and where.value not in row.jurisdictions:
        raise invalid(f"The activity is not carried out under {where}: add that first.", "jurisdiction")


def _check_silence(step: Step, taken: Sequence[Event], at: datetime, where: Jurisdiction) -> None:
    """Refuse to take silence for consent before its time (POPIA s 58)."""
    silent_from = filings.expected_by(taken, at, where)
    if step is Step.PRESUMED and silent_from is not None and at < silent_from:
        message = f"Silence is consent from {silent_from.isoformat()} only (POPIA s 58)."
        raise invalid(message, "happened_at")


def _number(step: Step, said: str | None, taken: Sequence[FormalityEvent]) -> str | None:
    """Check a step's number; a change keeps the one that is held."""
    if step in filings.NUMBERED:
        if said is None:
            raise invalid("Give the number: without it nothing is held.", "number")
        return inputs.line(said, "number", most=NUMBER_LENGTH)
    if said is not None:
        raise invalid("Only a receipt or an authorisation has a number: leave it out.", "number")
    return taken[-1].number if step is Step.AMENDED else None


def _end(step: Step, said: date | None, taken: Sequence[FormalityEvent], at: datetime) -> date | None:
    """Check the last day; a change keeps the one that was set unless it brings another."""
    if said is None:
        return taken[-1].valid_until if step is Step.AMENDED else None
    if step not in filings.DATED:
        raise invalid("Only what is granted has a last day: leave it out.", "valid_until")
    if said < at.astimezone(UTC).date():
        message = f"This ends on {said}, before it was given on {at.date()}: correct a day."
        raise invalid(message, "valid_until")
    return said


async def _save(act: Act, made: FormalityEvent) -> None:
    try:
        await made.save(force_create=True, using_db=act.db)
    except (UniqueViolationError, IntegrityError) as error:
        if isinstance(error, IntegrityError) and not isinstance(error.args[0], UniqueViolationError):
            raise
        message = f"The number `{made.number}` stands in the register already: an authority gives it once."
        raise Refusal(Code.CONFLICT, message, ("number",)) from error
    await act.record(
        f"formality.{made.step.lower()}",
        organisation=made.organisation_id,
        activity=made.activity_id,
        jurisdiction=made.jurisdiction,
        formality=made.id,
        state=made.state,
        number=made.number,
        valid_until=made.valid_until.isoformat() if made.valid_until else None,
        happened_at=made.happened_at,
    )


def as_events(rows: Iterable[FormalityEvent]) -> list[Event]:
    """Turn rows into what the state machine reads."""
    return [
        Event(Step(row.step), Formality(row.state), row.happened_at, row.recorded_at, row.valid_until)
        for row in rows
    ]


async def of_activities(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[FormalityEvent]]:
    """Read the steps of many activities in one statement, in the order in which they happened."""
    found = await catalogue.children(ask, FormalityEvent, "activity_id", ids, "happened_at")
    return {
        activity: sorted(rows, key=lambda row: (row.happened_at, row.id)) for activity, rows in found.items()
    }


def standings(row: Activity, taken: Iterable[FormalityEvent], at: datetime) -> list[Standing]:
    """Tell where an activity stands under each law that knows formalities and that it is carried out under."""
    rows = list(taken)
    places = [place for place in filings.PLACES if place.value in row.jurisdictions]
    return [
        _standing(place, [each for each in rows if each.jurisdiction == place.value], at) for place in places
    ]


def _standing(place: Jurisdiction, rows: Sequence[FormalityEvent], at: datetime) -> Standing:
    events = as_events(rows)
    counted = filings.last(events, at)
    if counted is None:
        return Standing(place, Formality.NONE)
    return Standing(
        place,
        filings.state_at(events, at),
        rows[events.index(counted)],
        filings.expired(counted, at),
        filings.expected_by(events, at, place),
    )


_OF_ACTIVITIES = """
    SELECT a.id, f.jurisdiction, f.state FROM activity_formality($1, $2) f JOIN activity a ON a.id = f.activity_id
    WHERE $3::uuid IS NULL OR a.organisation_id = $3
"""
_OF_PURPOSES = """
    SELECT p.id, f.jurisdiction, f.state FROM purpose_formality($1, $2) f JOIN purpose p ON p.id = f.purpose_id
    WHERE $3::uuid IS NULL OR p.organisation_id = $3
"""
States = dict[tuple[UUID, Jurisdiction], Formality]


async def states_of_activities(ask: Ask, ids: Iterable[UUID], at: datetime | None = None) -> States:
    """Read where many activities stood at an instant (None: the Ask's) in one statement; without a step: left out."""
    return await _states(ask, _OF_ACTIVITIES, ids, at)


async def states_of_purposes(ask: Ask, ids: Iterable[UUID], at: datetime | None = None) -> States:
    """Read where many purposes stood at an instant (None: the Ask's): the worst of their activities."""
    return await _states(ask, _OF_PURPOSES, ids, at)


async def _states(ask: Ask, sql: str, ids: Iterable[UUID], at: datetime | None) -> States:
    found = await ask.rows(sql, list(ids), at or ask.at, ask.actor.organisation_id)
    return {(row["id"], Jurisdiction(row["jurisdiction"])): Formality(row["state"]) for row in found}
