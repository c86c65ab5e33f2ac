"""The contract of a connector: five calls on a system about one person, and five ways in which they may end.

A connector is described by data, never by uploaded code. Personal values travel in memory only: the identity and
the keys of a subject, the rows of an export and the values of a correction hide from every repr, and evidence
holds counts, names of fields and keyed digests. No `why` ever repeats what a system said.

Each call carries the id of its step. Together with the operation it is the idempotency key: repeated, an erasure
or a correction has no second effect, and its evidence says `is_repeated`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

import msgspec

Value: TypeAlias = Any
"""What a field holds, as JSON knows it: text, number, truth, null, or a list or object of these."""
CALL_SECONDS: Final = 60.0
CORRECTED, ALREADY_SO, DIFFERS = "corrected", "already so", "differs"
"""What became of a field by a correction. DIFFERS: something else stands there than what was to be corrected."""


class Operation(StrEnum):
    """What is asked of a system."""

    FIND = "find"
    EXPORT = "export"
    CORRECT = "correct"
    ERASE = "erase"
    RESTRICT = "restrict"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who it is about.

    identities: by kind (`email`, `phone`, `customer_id`, or what datasets call their own) the values known.
    keys: by field (`dataset.collection.field`) the values that `find` met in other systems.
    """

    identities: Mapping[str, tuple[str, ...]] = field(repr=False)
    keys: Mapping[str, tuple[Value, ...]] = field(default_factory=dict[str, tuple[Value, ...]], repr=False)

    def joined(self, keys: Mapping[str, Sequence[Value]]) -> "Subject":
        """The same person, with keys that another system knows them by."""
        names = {*self.keys, *keys}
        both = {name: (*self.keys.get(name, ()), *keys.get(name, ())) for name in names}
        return replace(self, keys={name: tuple(dict.fromkeys(values)) for name, values in both.items()})


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the step it belongs to, its subject, the instant, and how many seconds it may take.

    is_dry_run: nothing may change; the evidence says what would.
    """

    step_id: UUID
    subject: Subject
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    attempt: int = 1
    seconds: float = CALL_SECONDS
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A correction. target: a data category, or one field (`dataset.collection.field`).

    was: only where the field holds this value now; without it, wherever the person's rows have the field.
    among: of several rows of the person's only those where the field holds this value now; one alone is always meant.
    """

    target: str
    value: Value = field(repr=False)
    was: Value = field(default=None, repr=False)
    among: Value = field(default=None, repr=False)

    def before(self, rows: int) -> Value:
        """What has to stand in a row that is meant, of so many; None for whatever stands there."""
        return self.among if self.was is None and rows > 1 else self.was

    @property
    def told(self) -> list[Value]:
        """What tells it from another, for digests."""
        return [self.target, self.value, self.was, *([] if self.among is None else [self.among])]


@dataclass(frozen=True, slots=True)
class Place:
    """What happened in one collection: to how many rows, and to each field."""

    dataset: str
    collection: str
    rows: int
    fields: dict[str, str]


@dataclass(slots=True)
class Corrected:
    """What a correction came to in one collection. rows: the most that were changed in one field."""

    rows: int = 0
    fields: dict[str, str] = field(default_factory=dict[str, str])

    def note(self, name: str, count: int, *, differs: bool) -> None:
        """Add what one change came to: another of the same field may have met its value."""
        self.rows = max(self.rows, count)
        if count or self.fields.get(name) != CORRECTED:
            self.fields[name] = CORRECTED if count else DIFFERS if differs else ALREADY_SO


@dataclass(frozen=True, slots=True)
class Kept:
    """What an erasure leaves, on which ground and until when."""

    dataset: str
    collection: str
    fields: tuple[str, ...]
    ground: str
    rows: int
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves an outcome, without a value of anybody's.

    unreached: collections that need an identity of a kind that is not known of this person.
    left: of a correction what was not asked for, a field and a word for why.
    digest: HMAC-SHA-256 over what was met, so that equal answers can be told from others.
    """

    places: tuple[Place, ...] = ()
    kept: tuple[Kept, ...] = ()
    unreached: tuple[str, ...] = ()
    digest: str = ""
    is_repeated: bool = False
    is_dry_run: bool = False
    left: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def rows(self) -> int:
        """Rows of all collections together."""
        return sum(place.rows for place in self.places)

    def text(self) -> str:
        """As JSON, to be kept."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def of(cls, text: str | bytes) -> "Evidence":
        """Read what `text` wrote; ValueError if it is something else."""
        return msgspec.json.decode(text, type=cls)


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and this is the proof. keys: where others' collections refer to, by field; for `Subject.joined`."""

    evidence: Evidence
    keys: Mapping[str, tuple[Value, ...]] = field(default_factory=dict[str, tuple[Value, ...]], repr=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """The system holds nothing about the subject, as far as it could be reached. left: as in evidence."""

    unreached: tuple[str, ...] = ()
    left: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Later:
    """The system, or a person there, is at it; ask again, or expect an answer, at this instant."""

    when: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done as it is; trying again is useless until somebody changes what `why` names."""

    why: str


@dataclass(frozen=True, slots=True)
class Broken:
    """It failed, and nothing is known to have changed; trying again may help."""

    why: str


Outcome: TypeAlias = Done | Nothing | Later | Refused | Broken
OUTCOMES: Final = (Done, Nothing, Later, Refused, Broken)


@dataclass(frozen=True, slots=True)
class Row:
    """One record of an export; categories: of each field, from the fideslang taxonomy."""

    dataset: str
    collection: str
    values: Mapping[str, Value] = field(repr=False)
    categories: Mapping[str, tuple[str, ...]]


Export: TypeAlias = AsyncIterator[Row | Outcome]
"""The rows, one at a time, and then exactly one outcome; without it the export is not complete."""


class Connector(Protocol):
    """A system, as the hub's workers see it."""

    async def find(self, call: Call) -> Outcome:
        """Count what is there about the subject; `Done.keys` lead on to other systems."""
        ...

    def export(self, call: Call) -> Export:
        """Yield what is there, in bounded memory, and the outcome at the end."""
        ...

    async def correct(self, call: Call, changes: Sequence[Change]) -> Outcome:
        """Put right values in place; all changes or none."""
        ...

    async def erase(self, call: Call) -> Outcome:
        """Erase by the strategy of each field; all of it or nothing."""
        ...

    async def restrict(self, call: Call, *, is_restricted: bool = True) -> Outcome:
        """Mark the subject's data as not to be used, or lift the mark."""
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...


class Stopped(Exception):
    """Raised within a connector to end a call with an outcome, from however deep."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome
