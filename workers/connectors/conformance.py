"""What every connector must do, tried on a living system; for whoever writes or connects one.

It needs two people whom the system holds only for this: it exports, corrects, restricts and erases the first, and
looks whether the second stays as they were. `examine` needs no test framework::

    for finding in await examine(Trial(connector, subject=..., bystander=..., stranger=...)):
        print(finding)
"""

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from workers.connectors.connector import (
    OUTCOMES,
    Call,
    Change,
    Connector,
    Done,
    Later,
    Nothing,
    Outcome,
    Refused,
    Row,
    Subject,
)
from workers.connectors.guarding import Guarded

TELLING: Final = 4
"""From how many characters on a value is sought in evidence; shorter ones occur by chance."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried. correction: one that changes something of the subject's, if the system can correct."""

    connector: Connector
    subject: Subject
    bystander: Subject
    stranger: Subject
    correction: Change | None = None
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a connector must do, and whether it did; what: the reason where it did not."""

    name: str
    what: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the connector did it."""
        return not self.what

    def __str__(self) -> str:
        return f"ok      {self.name}" if self.is_met else f"FAILED  {self.name}: {self.what}"


async def examine(trial: Trial) -> list[Finding]:
    """Try everything, in this order; the subject's data are erased at the end."""
    return [await _tried(name, part, _Examiner(trial)) for name, part in PARTS]


async def _tried(name: str, part: Callable[["_Examiner"], Awaitable[None]], examiner: "_Examiner") -> Finding:
    try:
        await part(examiner)
    except _Unmet as unmet:
        return Finding(name, str(unmet))
    except Exception as error:  # noqa: BLE001 - a connector under trial may fail in any way
        return Finding(name, f"raised {type(error).__name__}")
    return Finding(name)


class _Unmet(Exception):
    """What was expected did not happen."""


@dataclass(frozen=True, slots=True)
class _Examiner:
    trial: Trial
    step: UUID = field(default_factory=uuid4)

    @property
    def system(self) -> Guarded:
        return Guarded(self.trial.connector)

    def call(
        self, subject: Subject | None = None, *, is_dry_run: bool = False, step: UUID | None = None
    ) -> Call:
        who = self.trial.subject if subject is None else subject
        return Call(step or uuid4(), who, seconds=self.trial.seconds, is_dry_run=is_dry_run)

    async def rows(self, subject: Subject | None = None) -> list[Row]:
        """Everything exported; exactly one outcome ends it."""
        items: list[Any] = [item async for item in self.trial.connector.export(self.call(subject))]
        expect(bool(items) and isinstance(items[-1], OUTCOMES), "an export must end with an outcome")
        expect(all(isinstance(item, Row) for item in items[:-1]), "before the outcome there are rows only")
        expect(isinstance(items[-1], Done | Nothing), f"the export ended with {kind(items[-1])}")
        if isinstance(items[-1], Done):
            expect(
                items[-1].evidence.rows == len(items) - 1, "evidence must count the rows that were exported"
            )
            self.secret(items[-1], items[:-1])
        return items[:-1]

    def secret(self, outcome: Any, rows: Sequence[Row]) -> None:
        """No value of the person's stands in evidence or in a repr."""
        evidence = outcome.evidence.text() if isinstance(outcome, Done) else ""
        said = evidence + repr(outcome) + repr(self.call()) + repr(rows[:50])
        names = {name for row in rows for name in row.values}
        values = {value for row in rows for value in row.values.values() if isinstance(value, str)}
        for value in values - names:
            expect(len(value) < TELLING or value not in said, "a value stands in evidence or in a repr")


def expect(is_so: bool, what: str) -> None:  # noqa: FBT001 - what is expected reads best first
    """Raise what did not happen."""
    if not is_so:
        raise _Unmet(what)


def kind(outcome: object) -> str:
    """An outcome, told to whoever tries a connector."""
    return f"{type(outcome).__name__}: {getattr(outcome, 'why', '')}".rstrip(": ")


async def _finds(one: _Examiner) -> None:
    outcome, again = await one.system.find(one.call()), await one.system.find(one.call())
    expect(isinstance(outcome, Done), f"the subject was not found: {kind(outcome)}")
    expect(outcome == again, "asked twice, it found something else")
    exported = await one.rows()
    counted = (
        {(p.dataset, p.collection): p.rows for p in outcome.evidence.places}
        if isinstance(outcome, Done)
        else {}
    )
    shown = [(row.dataset, row.collection) for row in exported]
    expect(counted == {name: shown.count(name) for name in shown}, "find and export count differently")


async def _knows_no_stranger(one: _Examiner) -> None:
    for who in (
        one.trial.stranger,
        Subject({}),
        Subject(dict.fromkeys(one.trial.subject.identities, ("",))),
    ):
        outcomes = [await one.system.find(one.call(who)), await one.system.erase(one.call(who))]
        expect(
            all(isinstance(each, Nothing) for each in outcomes), f"somebody else's data: {kind(outcomes[0])}"
        )
        expect(not await one.rows(who), "an export of somebody who is not there")


async def _exports(one: _Examiner) -> None:
    rows = await one.rows()
    expect(bool(rows), "the export of the subject is empty")
    for row in rows:
        expect(row.values.keys() == row.categories.keys(), "each field has its categories, if only none")
        msgspec.json.encode(dict(row.values))
        plain: Any = msgspec.json.decode(msgspec.json.encode(dict(row.values)))
        expect(plain == dict(row.values), "values are those that JSON knows")
    expect(await one.rows() == rows, "exported twice, it differs")


async def _stops(one: _Examiner) -> None:
    """Whoever reads may go away."""
    export: Any = one.trial.connector.export(one.call())
    async for _ in export:
        break
    await export.aclose()
    expect(isinstance(await one.system.find(one.call()), Done), "a broken-off export left it unusable")


async def _rehearses(one: _Examiner) -> None:
    before = await one.rows()
    outcome = await one.system.erase(one.call(is_dry_run=True, step=one.step))
    expect(isinstance(outcome, Done), f"a dry run of erasure: {kind(outcome)}")
    expect(isinstance(outcome, Done) and outcome.evidence.is_dry_run, "a dry run must say that it is one")
    expect(await one.rows() == before, "a dry run changed something")


async def _shows_what_it_erases(one: _Examiner) -> None:
    outcome, rows = await one.system.erase(one.call(is_dry_run=True)), await one.rows()
    shown = {(row.dataset, row.collection, name) for row in rows for name in row.values}
    places = outcome.evidence.places if isinstance(outcome, Done) else ()
    erased = {(place.dataset, place.collection, name) for place in places for name in place.fields}
    hidden = sorted(".".join(name) for name in erased - shown)
    expect(not hidden, f"erased, but not exported: {', '.join(hidden)}")


async def _corrects(one: _Examiner) -> None:
    change = one.trial.correction
    if change is None:
        return
    before, others = await one.rows(), await one.rows(one.trial.bystander)
    rehearsed = await one.system.correct(one.call(is_dry_run=True), [change])
    expect(
        isinstance(rehearsed, Done) and await one.rows() == before,
        "a dry run of a correction changed something",
    )
    outcome = await one.system.correct(one.call(step=one.step), [change])
    expect(isinstance(outcome, Done), f"correction: {kind(outcome)}")
    after = await one.rows()
    expect(any(change.value in row.values.values() for row in after), "the new value is not exported")
    again = await one.system.correct(one.call(step=one.step), [change])
    expect(
        isinstance(again, Done) and again.evidence.is_repeated,
        "a repeated correction must say that it is one",
    )
    expect(
        isinstance(outcome, Done) and again == Done(_again(outcome)),
        "a repeated correction has other evidence",
    )
    expect(await one.rows() == after, "a repeated correction changed something")
    expect(await one.rows(one.trial.bystander) == others, "somebody else's data were corrected")


async def _refuses_what_it_cannot_correct(one: _Examiner) -> None:
    before = await one.rows()
    nonsense = Change(f"{before[0].dataset}.{before[0].collection}.no_such_field", "x")
    outcome = await one.system.correct(one.call(), [*filter(None, [one.trial.correction]), nonsense])
    expect(isinstance(outcome, Refused), f"an unknown field must be refused: {kind(outcome)}")
    expect(await one.rows() == before, "a refused correction changed something")


async def _restricts(one: _Examiner) -> None:
    outcome = await one.system.restrict(one.call(step=one.step))
    expect(isinstance(outcome, Done | Refused | Later), f"restriction: {kind(outcome)}")
    if isinstance(outcome, Done):
        again = await one.system.restrict(one.call(step=one.step))
        expect(again == Done(_again(outcome)), "a repeated restriction must say that it is one")
        lifted = await one.system.restrict(one.call(), is_restricted=False)
        expect(isinstance(lifted, Done), f"lifting a restriction: {kind(lifted)}")


async def _erases(one: _Examiner) -> None:
    before, others = await one.rows(), await one.rows(one.trial.bystander)
    rehearsed = await one.system.erase(one.call(is_dry_run=True, step=one.step))
    outcome = await one.system.erase(one.call(step=one.step))
    expect(isinstance(outcome, Done), f"erasure: {kind(outcome)}")
    if isinstance(outcome, Done) and isinstance(rehearsed, Done):
        one.secret(outcome, before)
        same = dataclasses.replace(rehearsed.evidence, is_dry_run=False) == outcome.evidence
        expect(same, "an erasure did something else than its dry run said")
        expect(not _left(outcome, before, await one.rows()), "values that were erased are still exported")
    await _erases_once(one, outcome)
    expect(await one.rows(one.trial.bystander) == others, "somebody else's data were erased")


async def _erases_once(one: _Examiner, outcome: Outcome) -> None:
    after = await one.rows()
    again = await one.system.erase(one.call(step=one.step))
    expect(
        isinstance(again, Done) and again.evidence.is_repeated, "a repeated erasure must say that it is one"
    )
    expect(
        isinstance(outcome, Done) and again == Done(_again(outcome)), "a repeated erasure has other evidence"
    )
    expect(await one.rows() == after, "a repeated erasure changed something")


def _again(outcome: Done) -> Any:
    return dataclasses.replace(outcome.evidence, is_repeated=True)


def _left(outcome: Done, before: Sequence[Row], after: Sequence[Row]) -> set[str]:
    """Fields of which an export still shows a value that was erased."""
    erased = {(p.dataset, p.collection, name) for p in outcome.evidence.places for name in p.fields}
    both = _values(before) & _values(after)
    return {name for *where, name, value in both if (*where, name) in erased and value not in {None, ""}}


def _values(rows: Sequence[Row]) -> set[tuple[str, str, str, Any]]:
    return {
        (row.dataset, row.collection, name, value)
        for row in rows
        for name, value in row.values.items()
        if not isinstance(value, dict | list)
    }


PARTS: Final = (
    ("finds the subject, and counts what it exports", _finds),
    ("knows nothing of a stranger, nor of empty identities", _knows_no_stranger),
    ("exports plain values with their categories, and one outcome at the end", _exports),
    ("survives a reader that goes away", _stops),
    ("changes nothing in a dry run", _rehearses),
    ("exports every field that it would erase", _shows_what_it_erases),
    ("corrects once, and only the subject", _corrects),
    ("refuses what it cannot correct, and then changes nothing", _refuses_what_it_cannot_correct),
    ("restricts and releases, or says that it cannot", _restricts),
    ("erases once, as rehearsed, and only the subject", _erases),
)
