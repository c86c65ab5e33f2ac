"""Landing a chunk of rows: one act, a dozen statements, one ledger entry with a line for each customer.

Every function in ``STOPS`` is asked for opt-outs of its own before a chunk lands: it gets the act, the
organisation and the rows, and answers, by line, which opt-outs those customers must have. The list of
addresses that get no marketing hangs in there; like a file's own opt-outs, what it says can only be added.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from hub.act import Act, Ask
from hub.imports import finding, suppressed, writing
from hub.imports.additions import Refused
from hub.imports.finding import Found
from hub.imports.people import Person
from hub.imports.rows import Row, Stop
from hub.imports.terms import Terms

Stops = Callable[[Ask, UUID, Sequence[Row]], Awaitable[Mapping[int, Sequence[Stop]]]]
STOPS: list[Stops] = [suppressed.stops]

_REACHES: Final[dict[str, tuple[str, ...]]] = {"EMAIL": ("EMAIL",), "PHONE": ("SMS", "PHONE", "AUTO_CALL")}


@dataclass(slots=True)
class Landing:
    """What becomes of a chunk. refused: by line. rows: digest and customer of each row that lands."""

    import_id: UUID
    at: datetime
    refused: dict[int, Refused] = field(default_factory=dict[int, Refused])
    rows: list[tuple[bytes, UUID]] = field(default_factory=list[tuple[bytes, UUID]])
    people: dict[UUID, Person] = field(default_factory=dict[UUID, Person])
    alike: dict[tuple[UUID, UUID], str] = field(default_factory=dict[tuple[UUID, UUID], str])
    counts: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class Memory:
    """What a trial run, which writes nothing, remembers of earlier chunks: the rows and ids it has seen."""

    digests: set[bytes] = field(default_factory=set[bytes])
    externals: set[bytes] = field(default_factory=set[bytes])


async def land(act: Act, import_id: UUID, terms: Terms, rows: Sequence[Row]) -> Landing:
    """Land the rows of a chunk, leaving the record and the batch to the caller."""
    stopped = await _add_stops(act, terms, rows)
    found = await finding.find(act, terms, rows, is_locking=True)
    landing = _plan(act, import_id, terms, rows, found)
    landing.counts["suppressed"] += stopped
    await writing.write(act, terms, landing.import_id, list(landing.people.values()), landing.rows)
    landing.counts["proposed"] = await writing.propose(act, terms.organisation_id, landing.alike)
    return landing


async def rehearse(ask: Ask, import_id: UUID, terms: Terms, rows: Sequence[Row], memory: Memory) -> Landing:
    """Find out what `land` would do, writing nothing."""
    fresh = [row for row in rows if row.digest not in memory.digests]
    stopped = await _add_stops(ask, terms, fresh)
    found = await finding.find(ask, terms, fresh, is_locking=False)
    landing = _plan(ask, import_id, terms, fresh, found)
    again = {row.external.digest for row in fresh if row.external and row.external.digest in memory.externals}
    landing.counts["suppressed"] += stopped
    landing.counts["created"] -= len(again)
    landing.counts["updated"] += len(again)
    landing.counts["duplicates"] += len(again) + len(rows) - len(fresh)
    landing.counts["unchanged"] += len(rows) - len(fresh)
    landing.counts["proposed"] = len(landing.alike)
    memory.digests.update(row.digest for row in fresh)
    memory.externals.update(row.external.digest for row in fresh if row.external)
    return landing


def _plan(ask: Ask, import_id: UUID, terms: Terms, rows: Sequence[Row], found: Found) -> Landing:
    landing = Landing(import_id, ask.at)
    names = [(terms.categories["identity"], name) for name in ("given_name", "family_name", "name")]
    for row in rows:
        if row.digest in found.landed:
            landing.counts["unchanged"] += 1
            landing.counts["duplicates"] += found.landed[row.digest] == import_id
            continue
        person = finding.resolve(ask, found, row, import_id, terms.options.locale)
        if isinstance(person, Person) and person.is_somebody_else(row, names):
            person = Refused.OTHER_PERSON
        if isinstance(person, Refused):
            landing.refused[row.line] = person
            continue
        _take(landing, found, person, row, terms)
    _count(landing)
    return landing


def _take(landing: Landing, found: Found, person: Person, row: Row, terms: Terms) -> None:
    is_first = person.id not in landing.people and person.is_new
    before, news, now = len(person.said), person.news, landing.at
    for other, kind in finding.alike(found, person, row):
        landing.alike.setdefault((min(person.id, other), max(person.id, other)), kind)
    landing.counts["shared"] += any(finding.is_widely_shared(found, *each) for each in row.identifiers)
    person.take(row, terms, now)
    said = person.said[before:]
    for stop in row.stops:
        if stop.kind == "MARKETING" and stop.since is None:  # of a listed address all who have it were told
            _pass_on(landing, found, row, stop, now)
    found.hold(person, row)
    found.landed[row.digest] = landing.import_id
    landing.people[person.id] = person
    landing.rows.append((row.digest, person.id))
    what = "created" if is_first else "updated" if person.news > news else "unchanged"
    landing.counts[what] += 1
    landing.counts["duplicates"] += not is_first and person.import_id == landing.import_id
    landing.counts["opted_out"] += any(one.consent is None for one in said)
    landing.counts["consented"] += any(one.consent is not None for one in said)


def _pass_on(landing: Landing, found: Found, row: Row, stop: Stop, now: datetime) -> None:
    """Let an opt-out reach others with the same address, for that address: who it was is not known better."""
    for kind, blind in row.identifiers:
        reached = [Stop(stop.kind, one, stop.at) for one in _REACHES[kind] if stop.channel in {None, one}]
        for holder in found.living(kind, blind):
            other = found.people.get(holder.customer_id)
            if other is None:
                continue
            before = len(other.said)
            for one in reached:
                other.stop(one, now, is_passed_on=True)
            if len(other.said) > before:
                landing.people[other.id] = other
                landing.counts["passed_on"] += 1


def _count(landing: Landing) -> None:
    landing.counts["rejected"] += len(landing.refused)
    landing.counts["kept"] += sum(person.kept for person in landing.people.values())


async def _add_stops(ask: Ask, terms: Terms, rows: Sequence[Row]) -> int:
    """Add what hangs in the seam says; returns to how many rows."""
    by_line, reached = {row.line: row for row in rows}, set[int]()
    for stops in STOPS:
        for line, more in (await stops(ask, terms.organisation_id, rows)).items():
            row = by_line[line]
            row.stops = tuple(dict.fromkeys((*row.stops, *more)))
            reached.add(line)
    return len(reached)
