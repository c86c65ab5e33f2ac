"""Purposes: why data is used, with its benefit in the customer's words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from tortoise.expressions import Q

from hub import catalogue, grounds, inputs, linter
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.errors import Code, Refusal, invalid
from hub.grounds import Ground, Relation, bases_of, relations_of
from hub.inputs import KEEP, Keep
from hub.linter import Finding, Wording
from hub.models import Category, Department, Organisation, Purpose, PurposeBasis, PurposeRelation
from hub.policy.values import PurposeKind

__all__ = [
    "Changes",
    "Ground",
    "NewPurpose",
    "Purpose",
    "PurposeBasis",
    "PurposeRelation",
    "Relation",
    "Such",
    "bases_of",
    "by_ids",
    "change",
    "count",
    "define",
    "page",
    "read",
    "relations_of",
    "retire",
    "warnings",
]

MOST_MONTHS = 1_200


@dataclass(frozen=True, slots=True)
class NewPurpose:
    """A purpose. names, benefits: per locale. categories, departments: ids or keys.

    organisation: only an operator names it.
    """

    key: str
    kind: str
    names: Mapping[str, str]
    categories: Sequence[Ref]
    benefits: Mapping[str, str] = field(default_factory=dict[str, str])
    departments: Sequence[Ref] = ()
    bases: Sequence[Ground] = ()
    relations: Sequence[Relation] = ()
    retention_months: int | None = None
    dpv_iri: str | None = None
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different; None (or KEEP) leaves it as it is; a list replaces the whole old one."""

    names: Mapping[str, str] | None = None
    benefits: Mapping[str, str] | None = None
    categories: Sequence[Ref] | None = None
    departments: Sequence[Ref] | None = None
    bases: Sequence[Ground] | None = None
    relations: Sequence[Relation] | None = None
    retention_months: int | Keep | None = KEEP
    dpv_iri: str | Keep | None = KEEP


async def define(act: Act, new: NewPurpose) -> Purpose:
    """Define a purpose. Refusals: INVALID, NOT_FOUND for what it names, CONFLICT when the key is taken."""
    towards = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, towards, "organisation")
    bases = grounds.check(new.bases)
    row = Purpose(
        id=new_id(),
        organisation_id=towards,
        key=inputs.key(new.key, "key"),
        kind=inputs.choice(PurposeKind, new.kind, "kind").value,
        names=inputs.texts(new.names, "names", most=inputs.NAME_LENGTH),
        benefits=_benefits(new.benefits),
        categories=await _categories(act, new.categories),
        departments=await _departments(act, new.departments, towards),
        retention_months=_months(new.retention_months),
        dpv_iri=_iri(new.dpv_iri),
        created_at=act.at,
    )
    relations = await grounds.check_relations(act, row, new.relations)
    with catalogue.claiming("purpose", new.key, "key"):
        await row.save(force_create=True, using_db=act.db)
    await grounds.write(act, row, bases, relations)
    await _record(act, "purpose.defined", row)
    return row


async def change(act: Act, purpose: Ref, changes: Changes) -> Purpose:
    """Change a purpose that is not retired; its key and kind stay, since notices and choices rest on them."""
    row = await catalogue.read(act, Purpose, purpose, "purpose", lock=True)
    if row.retired_at is not None:
        raise Refusal(Code.CONFLICT, "This purpose is retired for good: define a new one.", ("purpose",))
    before = _columns(row)
    for name, value in (await _checked(act, row, changes)).items():
        setattr(row, name, value)
    bases = None if changes.bases is None else grounds.check(changes.bases)
    relations = (
        None if changes.relations is None else await grounds.check_relations(act, row, changes.relations)
    )
    altered = [name for name, value in _columns(row).items() if value != before[name]]
    if not altered and bases is None and relations is None:
        return row
    if altered:
        await row.save(update_fields=altered, using_db=act.db)
    await grounds.write(act, row, bases, relations)
    await _record(act, "purpose.changed", row)
    return row


async def retire(act: Act, purpose: Ref) -> Purpose:
    """Retire a purpose: nothing new may rest on it. Again, it changes nothing."""
    row = await catalogue.read(act, Purpose, purpose, "purpose", lock=True)
    if row.retired_at is None:
        row.retired_at = act.at
        await row.save(update_fields=["retired_at"], using_db=act.db)
        await _record(act, "purpose.retired", row)
    return row


def warnings(purpose: Purpose) -> list[Finding]:
    """Advise on the wording of a purpose's benefits."""
    return linter.lint_benefits([Wording(purpose.key, purpose.benefits)])


def _columns(row: Purpose) -> dict[str, Any]:
    names = ("names", "benefits", "categories", "departments", "retention_months", "dpv_iri")
    return {name: getattr(row, name) for name in names}


async def _checked(act: Act, row: Purpose, changes: Changes) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if changes.names is not None:
        said["names"] = inputs.texts(changes.names, "names", most=inputs.NAME_LENGTH)
    if changes.benefits is not None:
        said["benefits"] = _benefits(changes.benefits)
    if changes.categories is not None:
        said["categories"] = await _categories(act, changes.categories)
    if changes.departments is not None:
        said["departments"] = await _departments(act, changes.departments, row.organisation_id)
    if not isinstance(changes.retention_months, Keep):
        said["retention_months"] = _months(changes.retention_months)
    if not isinstance(changes.dpv_iri, Keep):
        said["dpv_iri"] = _iri(changes.dpv_iri)
    return said


def _benefits(values: Mapping[str, str]) -> dict[str, str]:
    return inputs.texts(values, "benefits", most=inputs.SENTENCE_LENGTH) if values else {}


async def _categories(act: Act, wanted: Sequence[Ref]) -> list[UUID]:
    some = inputs.distinct(wanted, "categories", least=1)
    return list(dict.fromkeys(row.id for row in await catalogue.resolve(act, Category, some, "categories")))


async def _departments(act: Act, wanted: Sequence[Ref], towards: UUID) -> list[UUID]:
    some = inputs.distinct(wanted, "departments")
    found = await catalogue.resolve(act, Department, some, "departments", organisation=towards)
    return list(dict.fromkeys(row.id for row in found))


def _months(months: int | None) -> int | None:
    if months is None or 0 < months <= MOST_MONTHS:
        return months
    raise invalid(f"Keep data for 1 to {MOST_MONTHS} months, or leave this out.", "retention_months")


def _iri(value: str | None) -> str | None:
    return None if value is None else inputs.iri(value, "dpv_iri")


async def _record(act: Act, event: str, row: Purpose) -> None:
    bases = (await bases_of(act, [row.id])).get(row.id, [])
    await act.record(
        event,
        organisation=row.organisation_id,
        purpose=row.id,
        key=row.key,
        kind=row.kind,
        categories=row.categories,
        departments=row.departments,
        bases={basis.jurisdiction: basis.basis for basis in bases},
        retention_months=row.retention_months,
        warnings=sorted({finding.code for finding in warnings(row)}),
    )


async def read(ask: Ask, purpose: Ref, *path: str | int, organisation: UUID | None = None) -> Purpose:
    """Read one purpose by id or key."""
    return await catalogue.read(ask, Purpose, purpose, *path, organisation=organisation)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Purpose]:
    """Read many purposes in one statement."""
    return await catalogue.by_ids(ask, Purpose, ids)


@dataclass(frozen=True, slots=True)
class Duty:
    """What an organisation must keep by law. names: of the purpose, per language. months: how long."""

    names: Mapping[str, str]
    months: int


_DUTIES = """
    SELECT p.names, p.retention_months AS months FROM purpose p
    JOIN purpose_basis b ON b.purpose_id = p.id AND b.jurisdiction = $2 AND b.basis = 'LEGAL_OBLIGATION'
    WHERE p.organisation_id = $1 AND p.retired_at IS NULL AND p.retention_months IS NOT NULL ORDER BY p.key
"""


async def duties(ask: Ask, jurisdiction: str) -> list[Duty]:
    """Read what the actor's organisation keeps because the law of a place makes it, and for how long."""
    rows = await ask.rows(_DUTIES, ask.actor.organisation_id, jurisdiction)
    return [Duty(orjson.loads(row["names"]), row["months"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Such:
    """Which purposes of a list. retired None: both."""

    kind: str | None = None
    category: UUID | None = None
    department: UUID | None = None
    retired: bool | None = None
    organisation: UUID | None = None


async def page(ask: Ask, which: Page, such: Such = Such()) -> list[Purpose]:
    """Read a page of purposes."""
    return await catalogue.page(ask, Purpose, which, _such(such), organisation=such.organisation)


async def count(ask: Ask, such: Such = Such()) -> int:
    """Count the purposes of such a page's list."""
    return await catalogue.count(ask, Purpose, _such(such), organisation=such.organisation)


def _such(such: Such) -> Q:
    filters: dict[str, Any] = {}
    if such.kind is not None:
        filters["kind"] = inputs.choice(PurposeKind, such.kind, "kind").value
    if such.category is not None:
        filters["categories__contains"] = [such.category]
    if such.department is not None:
        filters["departments__contains"] = [such.department]
    if such.retired is not None:
        filters["retired_at__isnull"] = not such.retired
    return Q(**filters)
