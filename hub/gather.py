"""Gather: questions and customers in, facts and what they rest on out, by one statement for any number.

The statement (``facts.sql``) finds how customers stand on a question, as keys; a reader (``reading.py``) says what a
key means. One customer, a thousand and a crowd go through the same words of SQL and the same reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from hub import known as knowledge
from hub import sayings, times
from hub.act import FAILURES, Ask, Hub, refusal
from hub.db import Record, Session, listed
from hub.errors import Code, Refusal, invalid, not_found
from hub.known import Known, Reference
from hub.pieces import statement
from hub.policy.facts import Facts
from hub.questioned import Question
from hub.reading import Reader, Reading
from hub.shapes import SAID, Saying, shapes
from hub.terms import Terms
from hub.together import Together

READERS_AT_MOST = 2_000
LOOKS_AT_MOST = 3
"""How often a question is asked anew because the catalogue changed, or the day, while it was asked."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a question came to: a reading for each record and jurisdiction beside the row it came from, or a refusal."""

    question: Question
    reader: Reader | None = None
    rows: list[Record] = field(default_factory=list[Record])
    readings: tuple[Reading, ...] = ()
    refusal: Refusal | None = None

    @property
    def facts(self) -> list[Facts]:
        """Of each reading."""
        return [each.facts for each in self.readings]


@dataclass(frozen=True, slots=True)
class Several:
    """How several customers stand on one question: of each the rows of their family, and words read one by one."""

    reader: Reader
    rows: list[list[Record]]
    mixed: dict[tuple[UUID, int], Saying]


Row = tuple[Any, ...]
"""A question's own columns: its customer, and `parameters`."""


async def gather(ask: Ask, organisation_id: UUID, questions: Sequence[Question]) -> list[Gathered]:
    """Answer for each question, in order. One statement; a question that makes no sense carries its refusal."""
    own = ask.actor.department_id
    asked = [each if each.department or not own else replace(each, department=own) for each in questions]
    if ask.is_past:
        return await _gather_past(ask, organisation_id, asked)
    is_alone = ask.at == datetime.min  # noqa: DTZ901 - the mark of an Ask that finds its own instant
    on = datetime.now(UTC).date() if is_alone else ask.at.date()
    known = await knowledge.current(ask, organisation_id)
    for _ in range(LOOKS_AT_MOST):
        readers = [reader(known, each, on) for each in asked]
        columns = [_columns(each, one) for each, one in zip(asked, readers, strict=True)]
        found = await (
            _find_now(ask.hub, organisation_id, columns)
            if is_alone
            else _find(ask, organisation_id, None, columns)
        )
        clock, at = found[0][0]["clock"], found[0][0]["at"]
        if clock == known.number and at.date() == on:
            return await _read(ask, organisation_id, asked, readers, found)
        known = await knowledge.current(ask, organisation_id, clock)
        on = at.date()
    return await _gather_in_one(ask, organisation_id, asked)


async def _gather_in_one(ask: Ask, organisation_id: UUID, asked: Sequence[Question]) -> list[Gathered]:
    """The catalogue changes faster than it is asked about: look at it and at the customers in one snapshot.

    Only who holds no snapshot comes here: in one, the catalogue and the customers are of one instant.
    """
    async with ask.hub.database.reading() as session:
        known = await knowledge.load(session, organisation_id)
        on: date = await session.value("SELECT now()::date")
        readers = [reader(known, each, on) for each in asked]
        columns = [_columns(each, one) for each, one in zip(asked, readers, strict=True)]
        found = await _find(session, organisation_id, None, columns)
    return await _read(ask, organisation_id, asked, readers, found)


async def _gather_past(ask: Ask, organisation_id: UUID, asked: Sequence[Question]) -> list[Gathered]:
    known = await knowledge.past(ask.hub, ask, organisation_id, ask.at)
    return await read_each(
        ask, organisation_id, asked, [reader(known, each, ask.at.date()) for each in asked]
    )


async def read_each(
    ask: Ask, organisation_id: UUID, asked: Sequence[Question], readers: Sequence[Reader | Refusal]
) -> list[Gathered]:
    """Answer each question by a reader of its own, in the snapshot of an Ask."""
    columns = [_columns(each, one) for each, one in zip(asked, readers, strict=True)]
    found = await _find(ask, organisation_id, ask.at if ask.is_past else None, columns)
    return await _read(ask, organisation_id, asked, readers, found)


async def several(ask: Ask, organisation_id: UUID, question: Question, ids: Sequence[UUID]) -> Several:
    """One question about several customers, in order, as of this moment, by one statement; nobody's row is of nulls.

    Refusals: what cannot be asked of anybody; UNAVAILABLE while the catalogue changes faster than it is asked about.
    """
    known = await knowledge.current(ask, organisation_id)
    for _ in range(LOOKS_AT_MOST):
        one = reader(known, question, ask.at.date())
        if isinstance(one, Refusal):
            raise one
        sql = statement("several", number=one.terms.purpose.number)
        rows = await ask.rows(sql, organisation_id, ask.at, *parameters(one.terms), listed(ids))
        if rows[0]["clock"] == known.number:
            return await _several(ask, organisation_id, one, _by_position(rows, len(ids)))
        known = await knowledge.current(ask, organisation_id, rows[0]["clock"])
    raise Refusal(Code.UNAVAILABLE, "The catalogue is being changed. Nothing changed; try again.")


async def _several(ask: Ask, organisation_id: UUID, one: Reader, found: list[list[Record]]) -> Several:
    await _require(ask, found)
    mixed = await sayings.exact(ask, organisation_id, [one] * len(found), found)
    return Several(one, found, mixed)


def reader(known: Known, question: Question, on: date) -> Reader | Refusal:
    """The reader of a question on a day, kept beside what it reads against; or why nobody can be asked about it."""
    mark = (
        on, question.act, question.purpose, question.recipient, question.arrangement, question.channel,
        question.categories, question.offer, question.footer, question.department, question.profile_effect,
    )  # fmt: skip
    kept = known.readers.get(mark)
    if kept is None:
        if len(known.readers) >= READERS_AT_MOST:
            known.readers.clear()
        try:
            kept = Reader(Terms.of(known, question, on))
        except Refusal as refused:
            kept = refused
        known.readers[mark] = kept
    return kept


def _columns(question: Question, one: Reader | Refusal) -> Row:
    return (question.customer_id, *(_UNASKED if isinstance(one, Refusal) else _asked(one)))


_UNASKED: Row = (0, None, None, None, 0, 0, 0, 0)


def _asked(one: Reader) -> Row:
    """A question's columns, found once."""
    if one.columns is None:
        number, calls, starts, washes, *days = parameters(one.terms)
        one.columns = (
            number,
            calls,
            starts,
            "{" + ",".join(map(str, washes)) + "}" if washes else None,
            *days,
        )
    return one.columns


def parameters(terms: Terms) -> Row:
    """What a question compares rows with: purpose number, calls, starts, washes; first, second, third, minded."""
    law, washes = terms.law, terms.law.washes if terms.is_promotion else ()
    is_outside = terms.recipient is not None and not terms.is_processor
    return (
        terms.purpose.number, law.calls_before, terms.arranged_on if is_outside else None, list(washes) or None,
        *times.thresholds(law.quiet_before, (terms.retention_before, law.prospects_before), washes),
    )  # fmt: skip


# --- finding ---------------------------------------------------------------------------------------------------------


async def _find(
    session: Session, organisation_id: UUID, at: datetime | None, columns: Sequence[Row]
) -> list[list[Record]]:
    sql = statement("each", is_past=at is not None)
    transposed: list[list[Any]] = [list(each) for each in zip(*columns, strict=True)]
    return _by_position(await session.rows(sql, organisation_id, at, *transposed), len(columns))


def _by_position(rows: Sequence[Record], many: int) -> list[list[Record]]:
    found: list[list[Record]] = [[] for _ in range(many)]
    for row in rows:
        position: int = row["position"]
        found[position - 1].append(row)
    return found


async def _find_now(hub: Hub, organisation_id: UUID, columns: Sequence[Row]) -> Sequence[list[Record]]:
    """Questions about this moment that wait at the same time share one statement and its snapshot."""
    queues = _QUEUES.setdefault(hub, {})
    if organisation_id not in queues:
        queues[organisation_id] = Together(partial(_find, hub.database.single(), organisation_id, None))
    try:
        return await queues[organisation_id](columns)
    except FAILURES as error:
        raise refusal(error) from error


_QUEUES: WeakKeyDictionary[Hub, dict[UUID, Together[Row, list[Record]]]] = WeakKeyDictionary()


# --- reading what was found -------------------------------------------------------------------------------------------


async def _read(
    ask: Ask,
    organisation_id: UUID,
    questions: Sequence[Question],
    readers: Sequence[Reader | Refusal],
    found: Sequence[list[Record]],
) -> list[Gathered]:
    await _require(ask, found)
    mixed = await sayings.exact(ask, organisation_id, readers, found)
    return [
        _gathered(ask.hub, question, one, each, mixed)
        for question, one, each in zip(questions, readers, found, strict=True)
    ]


async def _require(ask: Ask, found: Sequence[list[Record]]) -> None:
    """Have what the rows name by number."""
    pairs = [(row["part"], row["key"]) for each in found for row in each if row["part"] is not None]
    await shapes(ask.hub).require(ask, {part for part, _ in pairs}, {key & SAID for _, key in pairs})


def _gathered(
    hub: Hub,
    question: Question,
    one: Reader | Refusal,
    rows: list[Record],
    mixed: dict[tuple[UUID, int], Saying],
) -> Gathered:
    try:
        if rows[0]["record_id"] is None:
            raise not_found("customer", "customer")
        if isinstance(one, Refusal):
            raise one
        if not any(shapes(hub).standings[row["part"] >> 32].jurisdictions for row in rows):
            raise invalid(
                "This customer has no jurisdiction on record. Record one, then ask again.", "customer"
            )
        pairs = [(row, each) for row in rows for each in readings(hub, one, row, mixed)]
    except Refusal as refused:
        return Gathered(question, refusal=refused)
    return Gathered(question, one, [row for row, _ in pairs], tuple([each for _, each in pairs]))


def readings(
    hub: Hub, one: Reader, row: Record, mixed: dict[tuple[UUID, int], Saying]
) -> tuple[Reading, ...]:
    """A record as it stands, a reading per jurisdiction; Refusal where no facts come of it."""
    saying = mixed.get((row["record_id"], one.terms.purpose.number))
    if saying is None:
        return one.read(shapes(hub), row["part"], row["key"])
    return one.read_words(shapes(hub), row["part"], row["key"], saying)


async def category_ids(ask: Ask, names: dict[str, Reference]) -> dict[str, UUID]:
    """The ids of categories named by key or id, in one statement; unknown ones are left out."""
    sql = "SELECT id, key FROM category WHERE id = ANY ($1) OR key = ANY ($2)"
    ids = [each for each in names.values() if isinstance(each, UUID)]
    keys = [each for each in names.values() if isinstance(each, str)]
    found: dict[Reference, UUID] = {}
    for row in await ask.rows(sql, ids, keys):
        found[row["id"]] = found[row["key"]] = row["id"]
    return {name: found[each] for name, each in names.items() if each in found}
