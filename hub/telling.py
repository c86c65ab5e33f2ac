"""Telling: what the notices that reached a customer say of a question (pure).

How a notice is read, and why, is in docs/decisions/0002.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.known import Clause, Version
from hub.shapes import Holding, Intake
from hub.terms import Terms

FITS = ("PRIMARY", "NAMED", "DIRECTLY_RELATED", "RELATED", "NEW")
REACHES = ("NAMED", "CLASS", "UNCOVERED")
DATA = ("ORDINARY", "NATIONAL_ID", "SENSITIVE", "BIOMETRIC", "CRIMINAL")
SPECIAL = frozenset({"SENSITIVE", "BIOMETRIC", "CRIMINAL"})
_, NAMED, DIRECTLY_RELATED, RELATED, NEW = range(5)
UNCOVERED = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """What this customer was told: the clause (None: none covers it), its text in the locale shown, when and how."""

    notice_key: str
    notice_name: str
    version_id: UUID
    version: int
    clause_id: UUID | None
    clause_key: str | None
    clause_text: str | None
    locale: str | None
    shown_at: datetime | None
    shown_how: str | None


class Promise(NamedTuple):
    """What the best clause says of one category, as ranks in FITS and REACHES."""

    fit: int
    reach: int
    clause: Clause | None
    version: Version | None
    category: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer's holding comes to under one jurisdiction."""

    purpose_fit: str
    reach: str
    source: str
    notice: str
    is_offered: bool
    data: str
    first_slot: int | None
    clause: Clause | None
    version: Version | None
    categories: tuple[str, ...]
    shown: Shown | None


def tell_as_collected(terms: Terms, holding: Holding, place: str) -> Told:
    """What the notice shown when the data came in says, in any jurisdiction: no later delivery counts."""
    intakes = {category: one._replace(shown=one.governing) for category, one in holding.intakes.items()}
    shown = {one.governing for one in intakes.values()}
    return tell(
        terms, Holding(intakes, {id_: rank for id_, rank in holding.told.items() if id_ in shown}), place
    )


def tell(terms: Terms, holding: Holding, place: str) -> Told:
    """What the notices that reached a customer say of this question; of several categories the worst counts."""
    wanted = _wanted(terms, holding)
    intakes = [holding.intakes.get(each) for each in wanted]
    held = [each for each in intakes if each is not None]
    data = [_data(terms, each, place) for each in wanted]
    promises = [
        _promise(terms, category, intake, holding, place, is_special=kind in SPECIAL)
        for category, intake, kind in zip(wanted, intakes, data, strict=True)
    ]
    kept = [one for one in promises if one.clause is not None]
    cited = min(kept, key=lambda one: (-one.reach, -one.fit, one.category), default=None)
    clause = cited.clause if cited else None
    version = cited.version if cited else _latest(terms, _governing(held, holding, place), holding)
    return Told(
        FITS[_worst_fit(promises, data)],
        REACHES[max((one.reach for one in promises), default=UNCOVERED)],
        _source(intakes),
        "MISSING" if len(held) < len(wanted) or not wanted else _notice(terms, holding, place),
        bool(held) and len(held) == len(wanted) and all(each.is_offered for each in held),
        DATA[max((DATA.index(each) for each in data), default=0)],
        min((each.slot for each in held), default=None),
        clause,
        version,
        tuple(category for category in wanted if category in holding.intakes),
        _shown(version, clause),
    )


def _shown(version: Version | None, clause: Clause | None) -> Shown | None:
    """What is cited, but for how it reached the customer."""
    if version is None:
        return None
    return Shown(
        notice_key=version.notice_key,
        notice_name=version.notice_name,
        version_id=UUID(version.id),
        version=version.number,
        clause_id=UUID(clause.id) if clause else None,
        clause_key=clause.key if clause else None,
        clause_text=None,
        locale=None,
        shown_at=None,
        shown_how=None,
    )


def _worst_fit(promises: Sequence[Promise], data: Sequence[str]) -> int:
    """The worst of several categories. For sensitive data NAMED is less than DIRECTLY_RELATED, for other data more.

    Where both meet, the first for sensitive data, only RELATED is as bad as each of them.
    """
    worst = max((one.fit for one in promises), default=NEW)
    is_only_named = any(
        one.fit == NAMED and kind in SPECIAL for one, kind in zip(promises, data, strict=True)
    )
    return RELATED if worst == DIRECTLY_RELATED and is_only_named else worst


def _wanted(terms: Terms, holding: Holding) -> Sequence[str]:
    """The categories named, else those of the purpose (and of the arrangement) that are held, else all of those."""
    if terms.question.categories is not None:
        return [str(each) for each in terms.question.categories]
    meant = [
        each for each in terms.purpose.categories if terms.agreed is None or each in terms.agreed.categories
    ]
    return [each for each in meant if each in holding.intakes] or meant or terms.purpose.categories


def _data(terms: Terms, category: str, place: str) -> str:
    found = terms.known.get("CATEGORY", category)
    return found.by_jurisdiction.get(place, found.sensitivity)


def _notice(terms: Terms, holding: Holding, place: str) -> str:
    """Whether a version that passes the linter of this jurisdiction was delivered."""
    if not holding.told:
        return "MISSING"
    versions = [terms.known.get("VERSION", each) for each in holding.told]
    return "GIVEN" if any(one is not None and one.complete.get(place) for one in versions) else "INCOMPLETE"


def _promise(
    terms: Terms, category: str, intake: Intake | None, holding: Holding, place: str, *, is_special: bool
) -> Promise:
    """The best clause about one category; for sensitive data a directly related purpose comes before a named one."""
    found = [
        (fit, reach, -holding.told.get(version.id, 0), clause.key, clause, version)
        for version in _versions(terms, intake, holding, place)
        for clause, fit, reach in _clauses(terms, version)
        if category in clause.categories
    ]
    order = (0, 2, 1, 3) if is_special else (0, 1, 2, 3)
    best = min(found, key=lambda one: (order[one[0]], *one[1:4]), default=None)
    if best is None:
        return Promise(NEW, UNCOVERED, None, None, category)
    return Promise(best[0], best[1], best[4], best[5], category)


def _versions(terms: Terms, intake: Intake | None, holding: Holding, place: str) -> list[Version]:
    ids = _governing([intake] if intake is not None else [], holding, place)
    return [one for one in (terms.known.get("VERSION", each) for each in ids) if one is not None]


def _clauses(terms: Terms, version: Version) -> list[tuple[Clause, int, int]]:
    """The clauses of a version that speak of this purpose, with their ranks."""
    found: list[tuple[Clause, int, int]] = []
    for clause in version.clauses:
        fit = _fit(terms, clause)
        channel = terms.question.channel
        if fit is not None and (channel == "NONE" or not clause.channels or channel in clause.channels):
            found.append((clause, fit, _reach(terms, clause)))
    return found


def _fit(terms: Terms, clause: Clause) -> int | None:
    if clause.purpose == terms.purpose.id:
        return 0 if clause.is_primary else 1
    related = terms.purpose.relations.get(clause.purpose) if clause.is_primary else None
    return {"DIRECTLY": 2, "RELATED": 3}.get(related or "")


def _reach(terms: Terms, clause: Clause) -> int:
    if terms.recipient is None:
        return UNCOVERED
    if terms.recipient.id in clause.recipients:
        return 0
    return 1 if not clause.classes.isdisjoint(terms.classes) else UNCOVERED


def _latest(terms: Terms, governing: frozenset[str], holding: Holding) -> Version | None:
    """Without a clause, what is cited is the version that was found wanting."""
    latest = max(governing, key=lambda each: (holding.told.get(each, 0), each), default=None)
    return terms.known.get("VERSION", latest) if latest else None


def _governing(held: Sequence[Intake], holding: Holding, place: str) -> frozenset[str]:
    """Australia: the version shown at collection. Elsewhere a later delivery widens."""
    if place == "AU":
        return frozenset(each.governing for each in held if each.governing)
    shown = {each.shown for each in held if each.shown}
    return frozenset(shown | holding.told.keys()) if held else frozenset()


def _source(intakes: Sequence[Intake | None]) -> str:
    sources = {"THIRD_PARTY" if each is None else each.source for each in intakes}
    return next((each for each in ("THIRD_PARTY", "PUBLIC") if each in sources), "CUSTOMER")
