"""Organisations, the controllers of one deployment, and their departments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from hub import catalogue, inputs
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.models import Department, Organisation

__all__ = [
    "Changes",
    "Department",
    "NewDepartment",
    "NewOrganisation",
    "Organisation",
    "add_department",
    "by_ids",
    "change",
    "count",
    "count_departments",
    "departments_by_ids",
    "page",
    "page_departments",
    "read",
    "read_department",
    "set_up",
]


_REAL = Q(sandbox_of_id__isnull=True)


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """A controller. contact: where people reach it. strict_sharing: nothing leaves without agreement."""

    key: str
    name: str
    country: str
    contact: str
    strict_sharing: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different; None leaves it as it is."""

    name: str | None = None
    country: str | None = None
    contact: str | None = None
    strict_sharing: bool | None = None


@dataclass(frozen=True, slots=True)
class NewDepartment:
    """A team. organisation: only an operator names it."""

    key: str
    name: str
    organisation: UUID | None = None


async def set_up(act: Act, new: NewOrganisation) -> Organisation:
    """Set up an organisation. Refusals: INVALID, CONFLICT when the key is taken."""
    with catalogue.claiming("organisation", new.key, "key"):
        made = await Organisation.create(
            id=new_id(),
            key=inputs.key(new.key, "key"),
            name=inputs.line(new.name, "name"),
            country=inputs.country(new.country, "country"),
            contact=inputs.text(new.contact, "contact", most=inputs.SENTENCE_LENGTH),
            strict_sharing=new.strict_sharing,
            created_at=act.at,
            using_db=act.db,
        )
    await act.record("organisation.set_up", organisation=made.id, key=made.key, strict=made.strict_sharing)
    return made


async def change(act: Act, organisation: Ref, changes: Changes) -> Organisation:
    """Change an organisation. What is said already to be so changes nothing and leaves no entry."""
    row = await catalogue.read(act, Organisation, organisation, "organisation", lock=True)
    changed = [name for name, value in _checked(changes).items() if _set(row, name, value)]
    if changed:
        await row.save(update_fields=changed, using_db=act.db)
        await act.record(
            "organisation.changed", organisation=row.id, changed=changed, strict=row.strict_sharing
        )
    return row


def _checked(changes: Changes) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if changes.name is not None:
        said["name"] = inputs.line(changes.name, "name")
    if changes.country is not None:
        said["country"] = inputs.country(changes.country, "country")
    if changes.contact is not None:
        said["contact"] = inputs.text(changes.contact, "contact", most=inputs.SENTENCE_LENGTH)
    if changes.strict_sharing is not None:
        said["strict_sharing"] = changes.strict_sharing
    return said


def _set(row: Organisation, name: str, value: Any) -> bool:
    """Set a column; tell whether that changed it."""
    if getattr(row, name) == value:
        return False
    setattr(row, name, value)
    return True


async def add_department(act: Act, new: NewDepartment) -> Department:
    """Add a department. Refusals: INVALID, CONFLICT when the key is taken, NOT_FOUND for the organisation."""
    towards = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, towards, "organisation")
    with catalogue.claiming("department", new.key, "key"):
        made = await Department.create(
            id=new_id(),
            organisation_id=towards,
            key=inputs.key(new.key, "key"),
            name=inputs.line(new.name, "name"),
            created_at=act.at,
            using_db=act.db,
        )
    await act.record("department.added", organisation=towards, department=made.id, key=made.key)
    return made


async def read(ask: Ask, organisation: Ref, *path: str | int) -> Organisation:
    """Read one organisation by id or key."""
    return await catalogue.read(ask, Organisation, organisation, *path)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    """Read many organisations in one statement."""
    return await catalogue.by_ids(ask, Organisation, ids)


async def page(ask: Ask, which: Page) -> list[Organisation]:
    """Read a page of the organisations the actor may see; partners' sandboxes are none."""
    return await catalogue.page(ask, Organisation, which, _REAL)


async def count(ask: Ask) -> int:
    """Count the organisations of such a page's list."""
    return await catalogue.count(ask, Organisation, _REAL)


async def read_department(
    ask: Ask, department: Ref, *path: str | int, organisation: UUID | None = None
) -> Department:
    """Read one department by id or key."""
    return await catalogue.read(ask, Department, department, *path, organisation=organisation)


async def departments_by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Department]:
    """Read many departments in one statement."""
    return await catalogue.by_ids(ask, Department, ids)


async def page_departments(
    ask: Ask, which: Page, *, organisation: UUID | None = None, search: str | None = None
) -> list[Department]:
    """Read a page of departments; search: part of the name or the key."""
    return await catalogue.page(ask, Department, which, _named(search), organisation=organisation)


async def count_departments(ask: Ask, *, organisation: UUID | None = None, search: str | None = None) -> int:
    """Count the departments of such a page's list."""
    return await catalogue.count(ask, Department, _named(search), organisation=organisation)


def _named(search: str | None) -> Q:
    if not search:
        return Q()
    part = inputs.line(search, "search")
    return Q(name__icontains=part) | Q(key__icontains=part)
