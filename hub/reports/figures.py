"""The numbers of a report, ready to be drawn: bars of a whole, stacks side by side, and what would move how many.

Widths and places are per cent of the drawing, so that it fits every screen and every sheet of paper.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hub.coverage import Cover, Coverage
from hub.crowds import Audience
from hub.known import Version
from hub.policy.remedies import Remedy
from hub.policy.rule import ALLOW, Outcome

UNDECIDED = "UNDECIDED"
"""Customers without a jurisdiction on record: nobody can tell."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a whole. start and share: of 1. before: how many it was without what is supposed."""

    key: str
    customers: int
    start: float
    share: float
    before: int | None = None
    before_share: float = 0.0

    @property
    def change(self) -> int:
        """How many more than before."""
        return self.customers - (self.before or 0)


@dataclass(frozen=True, slots=True)
class Stack:
    """The customers of one notice version, by where they stand; shares are of the largest version's customers."""

    version: Version | None
    customers: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that can be done. customers: whom it would move; then: how many would be allowed after it."""

    remedy: Remedy
    customers: int
    then: int


def answers(audience: Audience, today: Audience | None = None) -> list[Bar]:
    """How many get which outcome, ALLOW first; those nobody can tell about last."""
    now, was = _outcomes(audience), _outcomes(today) if today else None
    keys = [key for key in now if now[key] or (was and was[key])]
    return _bars([(key, now[key], was[key] if was else None) for key in keys], audience.customers)


def covers(coverage: Coverage) -> list[Bar]:
    """How many stand where, in the order of `Cover`."""
    counts = [(cover.value, coverage.of(cover), None) for cover in Cover if coverage.of(cover)]
    last = [(UNDECIDED, coverage.undecided, None)] if coverage.undecided else []
    return _bars([*counts, *last], coverage.customers)


def stacks(coverage: Coverage) -> list[Stack]:
    """A stack per notice version, the newest first, and one for those without any."""
    versions = {share.version.id if share.version else "": share.version for share in coverage.shares}
    found: list[tuple[Version | None, list[tuple[str, int, int | None]]]] = []
    for mark, version in versions.items():
        own = [share for share in coverage.shares if (share.version.id if share.version else "") == mark]
        found.append((version, [(share.cover.value, share.customers, None) for share in own]))
    found.sort(key=lambda each: _age(each[0]), reverse=True)
    largest = max((_total(parts) for _, parts in found), default=1)
    return [Stack(version, _total(parts), tuple(_bars(parts, largest))) for version, parts in found]


def steps(audience: Audience) -> list[Step]:
    """What would move customers, the most first. They are alternatives: their numbers do not add up."""
    counts: Counter[str] = Counter()
    known: dict[str, Remedy] = {}
    for move in (move for group in audience.groups for move in group.moves):
        counts[move.remedy.code] += move.customers
        known.setdefault(move.remedy.code, move.remedy)
    allowed = audience.of(ALLOW)
    return [Step(known[code], number, allowed + number) for code, number in counts.most_common()]


def stuck(audience: Audience) -> int:
    """How many stand in groups that no step, nor two together, would move."""
    return sum(each.customers for each in audience.groups if each.outcome is not ALLOW and not each.moves)


def _outcomes(audience: Audience) -> dict[str, int]:
    found = {outcome.value: audience.of(outcome) for outcome in reversed(Outcome)}
    return {**found, UNDECIDED: audience.undecided}


def _bars(parts: Iterable[tuple[str, int, int | None]], whole: int) -> list[Bar]:
    found: list[Bar] = []
    start = 0
    for key, number, before in parts:
        found.append(Bar(key, number, start / whole, number / whole, before, (before or 0) / whole))
        start += number
    return found


def _total(parts: Iterable[tuple[str, int, int | None]]) -> int:
    return sum(number for _, number, _ in parts)


def _age(version: Version | None) -> tuple[str, int]:
    return (version.notice_key, version.number) if version else ("", 0)
