"""What the record of an activity lacks under one law. Pure: rows in, gaps out.

What each law asks is data (``register.toml``). What was not said counts against the record where the law asks for
it; a formality is missing until a receipt or an authorisation is held, and again once its last day has passed.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from hub import filings, formalities
from hub.categories import sensitivity
from hub.filings import Step
from hub.formalities import Standing
from hub.linter import Level
from hub.models import Activity, ActivityPurpose, Category, FormalityEvent, Purpose
from hub.policy import parameters
from hub.policy.values import Data, Formality, Jurisdiction, PurposeKind

SOON: Final = timedelta(days=90)
_MAY_BE_NONE: Final = frozenset({"transfers", "interconnections", "handover", "processors"})
SPECIAL: Final = frozenset({Data.SENSITIVE, Data.BIOMETRIC, Data.CRIMINAL})


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing to mend. code: stable. message: what to do, and which law asks for it. due_on: by when."""

    code: str
    level: Level
    jurisdiction: Jurisdiction
    message: str
    cites: str
    activity_id: UUID | None = None
    purpose_id: UUID | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """An activity with what belongs to it. named: purposes of which its notice tells; None: it has no notice."""

    activity: Activity
    contact: str
    belongings: Sequence[ActivityPurpose]
    purposes: Sequence[Purpose]
    categories: Sequence[Category]
    at: datetime
    named: frozenset[UUID] | None = None
    statements: Mapping[str, Any] = field(default_factory=dict[str, Any])
    steps: Sequence[FormalityEvent] = ()

    @property
    def on(self) -> date:
        """The day of asking."""
        return self.at.astimezone(UTC).date()

    def touches(self, where: Jurisdiction) -> frozenset[Data]:
        """How special the data is under one law."""
        return frozenset(sensitivity(each, where) for each in self.categories)

    def is_so(self, circumstance: str) -> bool:
        """Whether a circumstance was said to be so."""
        return bool(self.activity.circumstances.get(circumstance))

    def tells_others(self) -> bool:
        """Whether data reaches third parties."""
        row = self.activity
        return bool(row.recipients or row.recipient_classes) or row.handover in {"FREE", "PAID"}

    def unprotected(self, where: Jurisdiction) -> list[dict[str, Any]]:
        """The transfers to countries that the law does not trust."""
        trusted = parameters.home_countries(where, self.on) | parameters.adequate_countries(where, self.on)
        return [each for each in self.activity.transfers or [] if each["country"] not in trusted]


@dataclass(frozen=True, slots=True)
class Duty:
    """What one law says of something that is missing."""

    level: Level
    cites: str


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a record says."""

    key: str
    says: str
    duties: Mapping[str, Duty]


@dataclass(frozen=True, slots=True)
class Case:
    """What needs the authority's leave before it starts."""

    key: str
    jurisdiction: Jurisdiction
    because: str
    cites: str


def gaps_of(record: Record, where: Jurisdiction) -> Iterator[Gap]:
    """Find what the record of an activity lacks under one law."""
    standing = next((one for one in _standings(record) if one.jurisdiction is where), None)
    if record.activity.archived_at is not None:
        if standing and standing.state in filings.GRANTED | {Formality.PENDING}:
            yield _finding(record, "unended", where)
        return
    yield from _fields(record, where)
    if standing:
        yield from _formality(record, standing)
    if where is Jurisdiction.MA:
        for each in record.unprotected(where):
            if not each["authorisation"]:
                yield _finding(record, "transfer", where, each["country"])


def unregistered(purpose: UUID, where: Jurisdiction) -> Gap:
    """Say that no activity has a purpose."""
    says, duty = _findings()["unregistered"]
    found = duty[where]
    return Gap(
        "unregistered", found.level, where, f"{says} ({found.cites}).", found.cites, purpose_id=purpose
    )


def _standings(record: Record) -> list[Standing]:
    return formalities.standings(record.activity, record.steps, record.at)


def _fields(record: Record, where: Jurisdiction) -> Iterator[Gap]:
    for one in fields():
        duty = one.duties.get(where)
        if duty and not _is_said(record, one.key):
            message = f"Say {one.says}: fill in `{one.key}` ({duty.cites})."
            yield Gap(f"field.{one.key}", duty.level, where, message, duty.cites, record.activity.id)


def _is_said(record: Record, key: str) -> bool:
    row = record.activity
    if key in _MAY_BE_NONE:
        return getattr(row, key) is not None
    if key in row.circumstances or key in row.toolbox:
        return True
    match key:
        case "controller":
            return bool(record.contact)
        case "purposes" | "categories":
            return bool(getattr(record, key))
        case "recipients":
            return row.recipients is not None or row.recipient_classes is not None
        case _:
            return bool(getattr(row, "notice_version_id" if key == "notice_version" else key, None))


def _formality(record: Record, standing: Standing) -> Iterator[Gap]:
    where, state, event = standing.jurisdiction, standing.state, standing.event
    needed = _needed(record, where)
    if state is Formality.REFUSED:
        yield _finding(record, "refused", where)
    elif standing.has_expired and event and (needed or where is Jurisdiction.MA):
        yield _finding(record, "expired", where, event.valid_until, due_on=event.valid_until)
    elif state is Formality.PENDING and event:
        yield _waiting(record, standing)
        if event.step == Step.FILED:
            yield from needed
    elif state is Formality.NONE and where is Jurisdiction.MA and not needed:
        yield _finding(record, "undeclared", where)
    elif state is not Formality.AUTHORISED:
        yield from needed
    if state in filings.GRANTED and event:
        yield from _granted(record, where, event)


def _waiting(record: Record, standing: Standing) -> Gap:
    where, expected = standing.jurisdiction, standing.expected_by
    day = expected.astimezone(UTC).date() if expected else None
    is_silent = where is Jurisdiction.ZA and expected is not None and expected <= record.at
    return _finding(record, "silent" if is_silent else "pending", where, day, due_on=day)


def _granted(record: Record, where: Jurisdiction, event: FormalityEvent) -> Iterator[Gap]:
    """Find what is wrong with what was granted: its end is near, it covers too little, no form bears its number."""
    if event.valid_until is not None and event.valid_until - record.on <= SOON:
        yield _finding(record, "expiring", where, event.valid_until, due_on=event.valid_until)
    for each in record.belongings:
        if event.recorded_at < each.joined_at:
            yield _finding(record, "unnotified", where, purpose_id=each.purpose_id)
    borne = record.statements.get("cndp_number")
    if where is Jurisdiction.MA and record.named is not None and (event.number or "") not in str(borne or ""):
        yield _finding(record, "number", where, event.number)


def _needed(record: Record, where: Jurisdiction) -> list[Gap]:
    """List why the authority's leave is needed; none where a code of conduct applies (POPIA s 57(3))."""
    if where is Jurisdiction.ZA and record.is_so("code_of_conduct"):
        return []
    return [
        Gap(
            f"unauthorised.{case.key}",
            Level.ERROR,
            where,
            f"Get the authority's leave first, because {case.because} ({case.cites}).",
            case.cites,
            record.activity.id,
        )
        for case in cases()
        if case.jurisdiction is where and TESTS[case.key](record, where)
    ]


def _finding(
    record: Record,
    name: str,
    where: Jurisdiction,
    value: object = "",
    *,
    purpose_id: UUID | None = None,
    due_on: date | None = None,
) -> Gap:
    says, duties = _findings()[name]
    duty = duties[where]
    message = f"{says.format(value)} ({duty.cites})."
    return Gap(name, duty.level, where, message, duty.cites, record.activity.id, purpose_id, due_on)


def _fraud(record: Record) -> bool:
    return any(each.kind == PurposeKind.FRAUD for each in record.purposes)


def _unnamed(record: Record) -> bool:
    return record.named is not None and any(each.id not in record.named for each in record.purposes)


def _special_abroad(record: Record, where: Jurisdiction) -> bool:
    is_special = bool(record.touches(where) & SPECIAL)
    of_children = record.is_so("children") or any(each.key == "child" for each in record.categories)
    return (is_special or of_children) and any(
        each["safeguard"] == "NONE" for each in record.unprotected(where)
    )


TESTS: Final[Mapping[str, Callable[[Record, Jurisdiction], bool]]] = {
    "sensitive_data": lambda record, where: Data.SENSITIVE in record.touches(where),
    "other_purpose": lambda record, _: _unnamed(record),
    "biometrics": lambda record, where: Data.BIOMETRIC in record.touches(where),
    "offences": lambda record, where: Data.CRIMINAL in record.touches(where),
    "national_id": lambda record, where: Data.NATIONAL_ID in record.touches(where),
    "interconnection": lambda record, _: bool(record.activity.interconnections),
    "scoring": lambda record, _: record.is_so("exclusion_scoring"),
    "fraud_alert": lambda record, _: _fraud(record),
    "identifiers_linked": lambda record, where: (
        Data.NATIONAL_ID in record.touches(where) and bool(record.activity.interconnections)
    ),
    "conduct_reported": lambda record, where: (
        record.tells_others() and (_fraud(record) or Data.CRIMINAL in record.touches(where))
    ),
    "credit_reporting": lambda record, _: record.is_so("credit_reporting"),
    "special_abroad": _special_abroad,
}
"""How each case of the table is recognised."""


@cache
def fields() -> tuple[Field, ...]:
    """Read what a record says."""
    return tuple(Field(one["key"], one["says"], _duties(one)) for one in _table()["field"])


@cache
def cases() -> tuple[Case, ...]:
    """Read what needs the authority's leave."""
    return tuple(
        Case(one["key"], Jurisdiction(one["jurisdiction"]), one["because"], one["cites"])
        for one in _table()["case"]
    )


@cache
def _findings() -> Mapping[str, tuple[str, Mapping[str, Duty]]]:
    return {name: (one["says"], _duties(one)) for name, one in _table()["finding"].items()}


def _duties(one: Mapping[str, Any]) -> dict[str, Duty]:
    return {place: Duty(Level(duty["level"]), duty["cites"]) for place, duty in one["duties"].items()}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("hub") / "register.toml").read_text(encoding="utf-8"))
