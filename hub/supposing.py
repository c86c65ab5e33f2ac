"""What if: a draft notice, a recipient, an arrangement, a purpose or a consent campaign, decided before it exists.

The crowd is read twice by the same code: as it is, and against a copy of what is known in which the draft stands.
Nothing is written. A campaign supposes that everybody who may be asked agrees: what could be reached, not what will be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import msgspec

from hub import crowds, gather, inputs, linter, notices
from hub import known as knowledge
from hub.act import Ask
from hub.arrangements import Kind, Safeguard
from hub.coverage import Coverage, may_be_asked, split
from hub.crowds import EVERYBODY, Audience, Crowd, Such, summed
from hub.db import new_id
from hub.errors import Refusal, invalid, not_found
from hub.grounds import Relatedness
from hub.known import Arrangement, Known, Purpose, Recipient, Reference, Version
from hub.policy.values import Basis, Consent, Jurisdiction, PurposeKind
from hub.questioned import Question
from hub.reading import Reader, Supposed
from hub.scope import organisation
from hub.terms import Terms

NEVER_SPOKEN_OF = (1 << 31) - 1
"""The number of a purpose that does not exist: nobody's words are about it."""


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """A recipient that is not recorded yet. classes: ids of the classes it would belong to."""

    key: str
    country: str
    classes: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class NewArrangement:
    """An arrangement that is not made yet, with a recipient that is recorded, or supposed beside it."""

    recipient: Reference
    kind: str
    starts_on: date
    purposes: Sequence[Reference]
    categories: Sequence[Reference]
    country: str
    safeguard: str = "NONE"
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewPurpose:
    """A purpose that is not defined yet. bases: per jurisdiction. relations: other purposes, DIRECTLY or RELATED."""

    key: str
    kind: str
    categories: Sequence[Reference]
    departments: Sequence[Reference] = ()
    bases: Mapping[str, str] = field(default_factory=dict[str, str])
    relations: Mapping[str, str] = field(default_factory=dict[str, str])
    retention_months: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What is supposed. version: of a notice, draft or not, that reaches everybody. grade: of everybody's consent."""

    version: UUID | None = None
    recipient: NewRecipient | None = None
    arrangement: NewArrangement | None = None
    purpose: NewPurpose | None = None
    grade: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """The same question today and as supposed. today: None where it cannot be asked without the draft."""

    today: Audience | None
    supposed: Audience
    coverage: Coverage


async def what_if(ask: Ask, question: Question, draft: Draft, such: Such = EVERYBODY) -> Difference:
    """Decide a crowd as it is and as supposed. Refusals name the place in the draft."""
    if draft == Draft():
        raise invalid(
            "Suppose something: a version, recipient, arrangement, purpose or grade of consent.", "draft"
        )
    organisation_id, on = organisation(ask, None), ask.at.date()
    known = await knowledge.within(ask, organisation_id)
    asked = crowds.about_everybody(ask, question)
    today = gather.reader(known, asked, on)
    if isinstance(today, Refusal) and not (draft.recipient or draft.arrangement or draft.purpose):
        raise today
    changed = await _suppose(ask, known, draft)
    told = (str(draft.version),) if draft.version else ()
    reader = Reader(Terms.of(changed, asked, on), Supposed(told, _grade(draft), may_be_asked(on)))
    supposed = Crowd(ask, organisation_id, changed, reader, on)
    heaps = await supposed.heaps(such)
    before = None
    if isinstance(today, Reader):
        now = Crowd(ask, organisation_id, known, today, on)
        before = summed(now, await now.heaps(such))
    return Difference(before, summed(supposed, heaps), split(supposed, heaps))


async def _suppose(ask: Ask, known: Known, draft: Draft) -> Known:
    """Put the draft into a copy of what is known, each thing after those it may name."""
    if draft.purpose is not None:
        known = known.with_things("PURPOSE", [_purpose(known, draft.purpose)])
    if draft.recipient is not None:
        known = known.with_things("RECIPIENT", [_recipient(known, draft.recipient)])
    if draft.arrangement is not None:
        known = known.with_things("ARRANGEMENT", [_arrangement(known, draft.arrangement)])
    if draft.version is not None:
        known = known.with_things("VERSION", [await _version(ask, known, draft.version)])
    return known


def _fresh(known: Known, kind: str, key: str) -> str:
    if known.find(kind, inputs.key(key, "draft", kind.lower(), "key")) is not None:
        raise invalid(
            "This key is taken: suppose something that is not there yet.", "draft", kind.lower(), "key"
        )
    return key


def _ids(known: Known, kind: str, some: Sequence[Reference], *path: str) -> tuple[str, ...]:
    for place, each in enumerate(some):
        if known.find(kind, each) is None:
            raise not_found(kind.lower(), "draft", *path, place)
    return tuple(known.find(kind, each).id for each in some)


def _purpose(known: Known, new: NewPurpose) -> Purpose:
    where = ("draft", "purpose")
    return Purpose(
        key=_fresh(known, "PURPOSE", new.key),
        number=NEVER_SPOKEN_OF,
        kind=inputs.choice(PurposeKind, new.kind, *where, "kind").value,
        categories=_some(
            _ids(known, "CATEGORY", new.categories, "purpose", "categories"), *where, "categories"
        ),
        departments=frozenset(_ids(known, "DEPARTMENT", new.departments, "purpose", "departments")),
        bases=_bases(new.bases),
        relations=_relations(known, new.relations),
        retention_months=new.retention_months,
        id=str(new_id()),
    )


def _bases(given: Mapping[str, str]) -> dict[str, tuple[str, bool]]:
    where = ("draft", "purpose", "bases")
    return {
        inputs.choice(Jurisdiction, place, *where).value: (inputs.choice(Basis, basis, *where).value, False)
        for place, basis in given.items()
    }


def _relations(known: Known, given: Mapping[str, str]) -> dict[str, str]:
    ids = _ids(known, "PURPOSE", list(given), "purpose", "relations")
    where = ("draft", "purpose", "relations")
    return {
        id_: inputs.choice(Relatedness, kind, *where).value
        for id_, kind in zip(ids, given.values(), strict=True)
    }


def _recipient(known: Known, new: NewRecipient) -> Recipient:
    country = inputs.country(new.country, "draft", "recipient", "country")
    classes = tuple((str(each), date.min, None) for each in new.classes)
    return Recipient(_fresh(known, "RECIPIENT", new.key), country, classes, str(new_id()))


def _arrangement(known: Known, new: NewArrangement) -> Arrangement:
    where = ("draft", "arrangement")
    inputs.period(new.starts_on, new.ends_on, *where, "ends_on")
    recipient = known.find("RECIPIENT", new.recipient)
    if recipient is None:
        raise not_found("recipient", *where, "recipient")
    return Arrangement(
        key="supposed",
        recipient=recipient.id,
        kind=inputs.choice(Kind, new.kind, *where, "kind").value,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        purposes=_some(_ids(known, "PURPOSE", new.purposes, "arrangement", "purposes"), *where, "purposes"),
        categories=_some(
            _ids(known, "CATEGORY", new.categories, "arrangement", "categories"), *where, "categories"
        ),
        country=inputs.country(new.country, *where, "country"),
        safeguard=inputs.choice(Safeguard, new.safeguard, *where, "safeguard").value,
        id=str(new_id()),
    )


def _some(ids: tuple[str, ...], *path: str) -> tuple[str, ...]:
    if not ids:
        raise invalid("Name at least one.", *path)
    return ids


_DRAFT = "SELECT catalogue_document('VERSION', $1)::text"


async def _version(ask: Ask, known: Known, version_id: UUID) -> Version:
    """A version as if it were published; what the linter says of it counts."""
    if found := known.get("VERSION", str(version_id)):
        return found
    verdicts = await notices.check(ask, version_id)
    document: str = await ask.value(_DRAFT, version_id)
    version = msgspec.json.decode(document, type=Version)
    complete = {place.value: linter.complete(findings) for place, findings in verdicts.items()}
    return msgspec.structs.replace(version, id=str(version_id), complete=complete)


def _grade(draft: Draft) -> str | None:
    if draft.grade not in {None, Consent.GIVEN, Consent.EXPLICIT}:
        raise invalid("A campaign asks customers themselves: GIVEN or EXPLICIT.", "draft", "grade")
    return draft.grade
