"""What a system may answer over HTTP, and how it is read: only names that datasets know, only words that we know.

A text of the system's own choice could hold somebody's data, so none reaches evidence or a `why`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, cast

import msgspec

from workers.connectors.connector import (
    Broken,
    Done,
    Evidence,
    Export,
    Kept,
    Later,
    Nothing,
    Outcome,
    Place,
    Refused,
    Row,
)
from workers.connectors.datasets import Collection, CollectionName, Dataset
from workers.connectors.plain import digest

GARBAGE: Final = Broken("The system answered something that is none of the answers agreed.")
ROWS_MOST: Final = 1_000_000
COUNTED_MOST: Final = 2**31 - 1
NESTED_MOST: Final = 100
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
Number = Annotated[int, msgspec.Meta(ge=_SMALLEST, le=_LARGEST)]
"""A whole number of 64 bits: what is larger, neither evidence nor a copy can hold."""
Word = Literal[
    "found", "exported", "deleted", "emptied", "replaced", "hashed", "randomised", "corrected", "already so",
    "differs", "restricted", "released",
]  # fmt: skip
Code = Literal["UNSUPPORTED", "NOT_ALLOWED", "INVALID", "CONFLICT", "LEGAL_HOLD"]
REASONS: Final[Mapping[str, str]] = {
    "UNSUPPORTED": "The system cannot do this by itself.",
    "NOT_ALLOWED": "The system does not allow us to do this.",
    "INVALID": "The system cannot read what it was asked, or cannot hold a new value.",
    "CONFLICT": "This step was done before with other values: give the new ones a step of their own.",
    "LEGAL_HOLD": "The system keeps these data for a legal duty or claim.",
}


class _Place(msgspec.Struct):
    collection: str
    rows: Annotated[int, msgspec.Meta(ge=0, le=COUNTED_MOST)]
    fields: dict[str, Word]
    dataset: str = ""


class _Kept(msgspec.Struct):
    collection: str
    fields: list[str]
    rows: Annotated[int, msgspec.Meta(ge=_SMALLEST, le=COUNTED_MOST)]
    until: date | None = None
    dataset: str = ""


class Answered(msgspec.Struct):
    """What a system answers; `docs/connectors/openapi.yaml` describes it to its owner."""

    outcome: Literal["done", "nothing", "later", "refused"]
    places: list[_Place] = []
    kept: list[_Kept] = []
    keys: dict[str, list[str | Number | float]] = {}
    is_repeated: bool = False
    is_dry_run: bool = False
    expected_at: datetime | None = None
    code: Code = "UNSUPPORTED"


class _Line(msgspec.Struct):
    collection: str
    values: dict[str, Any]
    dataset: str = ""


class _Names:
    """The collections of a system, by the names its answers give them; with one dataset its key may be left out."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        given = tuple(datasets)
        self._only = given[0].key if len(given) == 1 else ""
        self._made = {made.name: made for each in given for made in each.collections.values()}

    def collection(self, dataset: str, name: str, fields: Iterable[str]) -> Collection:
        """A described collection with these fields; KeyError for what no dataset describes."""
        made = self._made[CollectionName(dataset or self._only, name)]
        for each in fields:
            made.fields[each]
        return made

    def keys(self, said: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, ...]]:
        """Keys of other systems, by fields that are described."""
        for name in said:
            dataset, collection, field = name.split(".")
            self.collection(dataset, collection, [field])
        return {name: tuple(values) for name, values in said.items()}


def read_answer(body: bytes, datasets: Iterable[Dataset], key: bytes) -> Outcome:
    """The outcome in the body of an answer or of a callback; BROKEN for anything else."""
    try:
        answer = msgspec.json.decode(body, type=Answered)
        return _outcome(answer, _Names(datasets), key)
    except (msgspec.DecodeError, KeyError, ValueError, RecursionError):
        return GARBAGE


async def read_rows(lines: AsyncIterator[bytes], datasets: Iterable[Dataset], key: bytes) -> Export:
    """The rows of an export and its outcome, from lines of JSON of which the last is an answer."""
    names, given, seen, counts = _Names(datasets), tuple(datasets), "", dict[CollectionName, int]()
    async for line in lines:
        try:
            row = _row(line, names)
        except (msgspec.DecodeError, KeyError, ValueError, RecursionError):
            yield _ended(read_answer(line, given, key), counts, seen)
            return
        seen = digest(key, seen, dict(row.values))
        name = CollectionName(row.dataset, row.collection)
        counts[name] = counts.get(name, 0) + 1
        if sum(counts.values()) > ROWS_MOST:
            yield Broken(f"The system exports more than {ROWS_MOST:,} rows for one person.")
            return
        yield row
    yield Broken("The system ended its export without saying whether it is complete.")


def _row(line: bytes, names: _Names) -> Row:
    said = msgspec.json.decode(line, type=_Line)
    made = names.collection(said.dataset, said.collection, said.values)
    if not _is_kept(said.values):
        raise ValueError
    return Row(*made.name, said.values, {name: made.categories[name] for name in said.values})


def _is_kept(value: Any, depth: int = 0) -> bool:
    """Whether a copy can hold a value: no whole number beyond 64 bits, and nothing nested without end."""
    if isinstance(value, int):
        return _SMALLEST <= value <= _LARGEST
    if not isinstance(value, dict | list):
        return True
    inner = cast("dict[str, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
    return depth < NESTED_MOST and all(_is_kept(each, depth + 1) for each in inner)


def _ended(outcome: Outcome, counts: Mapping[CollectionName, int], seen: str) -> Outcome:
    """What was exported is counted here; the system's own count must not differ."""
    if not isinstance(outcome, Done):
        return GARBAGE if counts and isinstance(outcome, Nothing) else outcome
    said = {CollectionName(place.dataset, place.collection): place.rows for place in outcome.evidence.places}
    if said != counts:
        return Broken("The system said it exported another number of rows than it did.")
    return Done(Evidence(outcome.evidence.places, outcome.evidence.kept, digest=seen))


def _outcome(answer: Answered, names: _Names, key: bytes) -> Outcome:
    if answer.outcome == "nothing":
        return Nothing()
    if answer.outcome == "refused":
        return Refused(REASONS[answer.code])
    if answer.outcome == "later":
        return (
            GARBAGE
            if answer.expected_at is None or answer.expected_at.tzinfo is None
            else Later(answer.expected_at)
        )
    places = tuple(_place(each, names) for each in answer.places)
    kept = tuple(_kept(each, names) for each in answer.kept)
    if not places and not kept:
        return GARBAGE
    seen = digest(key, msgspec.to_builtins((places, kept)))
    evidence = Evidence(
        places, kept, digest=seen, is_repeated=answer.is_repeated, is_dry_run=answer.is_dry_run
    )
    return Done(evidence, names.keys(answer.keys))


def _place(said: _Place, names: _Names) -> Place:
    made = names.collection(said.dataset, said.collection, said.fields)
    return Place(*made.name, said.rows, dict(said.fields))


def _kept(said: _Kept, names: _Names) -> Kept:
    """The ground is the dataset's own, where it names one; the system's word for it is not taken over."""
    made = names.collection(said.dataset, said.collection, said.fields)
    ground = made.kept.ground if made.kept else "kept_by_the_system"
    return Kept(*made.name, tuple(said.fields), ground, max(said.rows, 0), said.until)
