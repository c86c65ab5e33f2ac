"""Kinds of personal data: how sensitive each is in each jurisdiction, and its terms in two vocabularies.

The standard ones come with the hub (``categories.toml``) and are there for every organisation; own ones can
be added. What touches several categories counts as the riskiest of them.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final
from uuid import UUID

from tortoise.expressions import Q

from hub import catalogue, inputs
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.errors import invalid
from hub.models import Category
from hub.policy.values import Data, Jurisdiction

__all__ = [
    "Category",
    "NewCategory",
    "add",
    "by_ids",
    "count",
    "page",
    "read",
    "riskiest",
    "seed",
    "sensitivity",
    "standard",
]

PD: Final = "https://w3id.org/dpv/pd#"
RISKIEST_FIRST: Final = (Data.CRIMINAL, Data.BIOMETRIC, Data.SENSITIVE, Data.NATIONAL_ID, Data.ORDINARY)


@dataclass(frozen=True, slots=True)
class NewCategory:
    """A kind of data. where: jurisdictions in which its sensitivity differs. names: per locale."""

    key: str
    names: Mapping[str, str]
    fideslang_key: str
    dpv_iri: str
    sensitivity: str = Data.ORDINARY
    where: Mapping[str, str] = field(default_factory=dict[str, str])


@cache
def standard() -> tuple[NewCategory, ...]:
    """Read the categories that come with the hub."""
    said = tomllib.loads((files("hub") / "categories.toml").read_text(encoding="utf-8"))
    return tuple(
        NewCategory(
            key=key,
            names=one["names"],
            fideslang_key=one["fideslang"],
            dpv_iri=PD + one["dpv"],
            sensitivity=one["sensitivity"],
            where=one.get("where", {}),
        )
        for key, one in said.items()
    )


async def seed(act: Act) -> int:
    """Add the standard categories that are missing and return how many; safe to repeat, and at once."""
    known = {row.key for row in await Category.all().using_db(act.db)}
    missing = [_row(act, new) for new in standard() if new.key not in known]
    if missing:
        await Category.bulk_create(missing, ignore_conflicts=True, using_db=act.db)
        await act.record("category.seeded", keys=[row.key for row in missing])
    return len(missing)


async def add(act: Act, new: NewCategory) -> Category:
    """Add a category of one's own. Refusals: INVALID, CONFLICT when the key is taken."""
    if new.fideslang_key not in _fideslang():
        raise invalid(
            "This is not a data category of the fideslang taxonomy: use one such as user.contact.",
            "fideslang_key",
        )
    row = _row(act, new)
    with catalogue.claiming("category", new.key, "key"):
        await row.save(force_create=True, using_db=act.db)
    await act.record("category.added", category=row.id, key=row.key, sensitivity=row.sensitivity)
    return row


def _row(act: Act, new: NewCategory) -> Category:
    return Category(
        id=new_id(),
        key=inputs.key(new.key, "key"),
        names=inputs.texts(new.names, "names", most=inputs.NAME_LENGTH),
        sensitivity=inputs.choice(Data, new.sensitivity, "sensitivity").value,
        sensitivity_by_jurisdiction={
            inputs.choice(Jurisdiction, place, "where").value: inputs.choice(
                Data, value, "where", place
            ).value
            for place, value in new.where.items()
        },
        fideslang_key=new.fideslang_key,
        dpv_iri=inputs.iri(new.dpv_iri, "dpv_iri"),
        created_at=act.at,
    )


def _fideslang() -> frozenset[str]:
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY  # noqa: PLC0415 - slow to load, seldom needed

    return frozenset(str(one.fides_key) for one in DEFAULT_TAXONOMY.data_category or ())


def sensitivity(category: Category, jurisdiction: Jurisdiction) -> Data:
    """Tell how special this data is under one law."""
    return Data(category.sensitivity_by_jurisdiction.get(jurisdiction, category.sensitivity))


def riskiest(touched: Iterable[Category], jurisdiction: Jurisdiction) -> Data:
    """Tell the riskiest sensitivity among several categories; ORDINARY for none."""
    found = {sensitivity(category, jurisdiction) for category in touched}
    return next((data for data in RISKIEST_FIRST if data in found), Data.ORDINARY)


async def read(ask: Ask, category: Ref, *path: str | int) -> Category:
    """Read one category by id or key."""
    return await catalogue.read(ask, Category, category, *path)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Category]:
    """Read many categories in one statement."""
    return await catalogue.by_ids(ask, Category, ids)


async def page(ask: Ask, which: Page, *, sensitivity: str | None = None) -> list[Category]:
    """Read a page of categories; sensitivity: those of this one by default."""
    return await catalogue.page(ask, Category, which, _such(sensitivity))


async def count(ask: Ask, *, sensitivity: str | None = None) -> int:
    """Count the categories of such a page's list."""
    return await catalogue.count(ask, Category, _such(sensitivity))


def _such(sensitivity: str | None) -> Q:
    return Q(sensitivity=inputs.choice(Data, sensitivity, "sensitivity").value) if sensitivity else Q()
