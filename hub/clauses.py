"""Clauses: what a notice promises about a purpose: which data, to whom, on which channels, in which words.

A clause's key is stable across versions, so that two versions can be compared promise by promise.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from hub import catalogue, inputs
from hub.act import Act, Ask
from hub.catalogue import Ref
from hub.db import new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.models import Category, Clause, NoticeVersion, Purpose, Recipient, RecipientClass
from hub.policy.values import Channel

__all__ = [
    "Change",
    "Clause",
    "Difference",
    "NewClause",
    "by_ids",
    "canonical",
    "check",
    "compare",
    "of_versions",
]

TEXT_LENGTH = 2_000
CHANNELS = tuple(channel for channel in Channel if channel is not Channel.NONE)


@dataclass(frozen=True, slots=True)
class NewClause:
    """A promise. purpose, categories, recipients, classes: ids or keys. Empty channels: any.

    recipients and classes both empty: the data stays inside the organisation. is_primary: this purpose is the
    reason for the collection.
    """

    key: str
    purpose: Ref
    categories: Sequence[Ref]
    texts: Mapping[str, str]
    is_primary: bool = False
    recipients: Sequence[Ref] = ()
    classes: Sequence[Ref] = ()
    channels: Sequence[str] = ()


class Reach(StrEnum):
    """How a version reaches a recipient: by its name, by a class it belongs to, or not at all."""

    NAMED = "NAMED"
    CLASS = "CLASS"
    NOT_COVERED = "NOT_COVERED"


class Change(StrEnum):
    """How a clause differs between two versions."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"


@dataclass(frozen=True, slots=True)
class Difference:
    """One clause that differs. fields: what changed, where it stands in both."""

    key: str
    change: Change
    older: Clause | None
    newer: Clause | None
    fields: tuple[str, ...] = field(default=())


async def check(
    act: Act, clauses: Sequence[NewClause], organisation: UUID, locales: Sequence[str]
) -> list[Clause]:
    """Check the clauses of a version and return their rows, not yet written.

    Refusals: INVALID for none, two of one key, none that is primary, one that names no data, a locale without
    a text; NOT_FOUND for what they name; CONFLICT for a purpose that is retired.
    """
    if not 0 < len(clauses) <= inputs.LIST_LENGTH:
        raise invalid(f"A version has 1 to {inputs.LIST_LENGTH} clauses.", "clauses")
    inputs.unlike([clause.key for clause in clauses], "key", "clauses")
    if not any(clause.is_primary for clause in clauses):
        raise invalid("Mark the clause of the purpose for which the data is collected as primary.", "clauses")
    known = await _Known.read(act, clauses, organisation)
    return [_row(clause, place, known, locales) for place, clause in enumerate(clauses)]


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything the clauses of one version name, read in one statement per kind."""

    purposes: dict[Ref, Purpose]
    categories: dict[Ref, Category]
    recipients: dict[Ref, Recipient]
    classes: dict[Ref, RecipientClass]

    @classmethod
    async def read(cls, act: Act, clauses: Sequence[NewClause], organisation: UUID) -> "_Known":
        return cls(
            await catalogue.known(act, Purpose, [one.purpose for one in clauses], organisation),
            await catalogue.known(act, Category, [ref for one in clauses for ref in one.categories]),
            await catalogue.known(
                act, Recipient, [ref for one in clauses for ref in one.recipients], organisation
            ),
            await catalogue.known(
                act, RecipientClass, [ref for one in clauses for ref in one.classes], organisation
            ),
        )


def _row(clause: NewClause, place: int, known: _Known, locales: Sequence[str]) -> Clause:
    at = ("clauses", place)
    purpose = known.purposes.get(clause.purpose)
    if purpose is None:
        raise not_found("purpose", *at, "purpose")
    if purpose.retired_at is not None:
        message = "This purpose is retired: nothing new may rest on it."
        raise Refusal(Code.CONFLICT, message, (*at, "purpose"))
    if not clause.categories:
        raise invalid("This clause names no data: say which categories it is about.", *at, "categories")
    channels = inputs.distinct(clause.channels, *at, "channels")
    return Clause(
        id=new_id(),
        purpose_id=purpose.id,
        key=inputs.key(clause.key, *at, "key"),
        is_primary=clause.is_primary,
        categories=_ids(clause.categories, known.categories, "category", *at, "categories"),
        recipients=_ids(clause.recipients, known.recipients, "recipient", *at, "recipients"),
        recipient_classes=_ids(clause.classes, known.classes, "recipient class", *at, "classes"),
        channels=[_channel(channel, *at, "channels", which) for which, channel in enumerate(channels)],
        texts=_texts(clause.texts, locales, *at, "texts"),
    )


def _ids(wanted: Sequence[Ref], known: Mapping[Ref, Any], noun: str, *path: str | int) -> list[UUID]:
    inputs.distinct(wanted, *path)
    for place, one in enumerate(wanted):
        if one not in known:
            raise not_found(noun, *path, place)
    return list(dict.fromkeys(known[one].id for one in wanted))


def _channel(value: str, *path: str | int) -> str:
    if value not in CHANNELS:
        raise invalid("This must be one of: " + ", ".join(CHANNELS) + ".", *path)
    return value


def _texts(values: Mapping[str, str], locales: Sequence[str], *path: str | int) -> dict[str, str]:
    said = inputs.texts(values, *path, most=TEXT_LENGTH)
    missing = [locale for locale in locales if locale not in said]
    if missing:
        raise invalid("This clause has no text in: " + ", ".join(missing) + ".", *path)
    superfluous = [locale for locale in said if locale not in locales]
    if superfluous:
        raise invalid("The version itself has no text in: " + ", ".join(superfluous) + ".", *path)
    return said


def canonical(clause: Clause) -> dict[str, Any]:
    """Write a clause as it is compared and fingerprinted: lists that have no order are sorted."""
    return {
        "key": clause.key,
        "purpose": clause.purpose_id,
        "is_primary": clause.is_primary,
        "categories": sorted(clause.categories),
        "recipients": sorted(clause.recipients),
        "recipient_classes": sorted(clause.recipient_classes),
        "channels": sorted(clause.channels),
        "texts": clause.texts,
    }


def compare(older: Iterable[Clause], newer: Iterable[Clause]) -> list[Difference]:
    """Compare two versions clause by clause, in the order of the newer one, then what it dropped."""
    before = {clause.key: clause for clause in older}
    after = {clause.key: clause for clause in newer}
    found = [_difference(before.get(key), clause) for key, clause in after.items()]
    gone = [
        Difference(key, Change.REMOVED, clause, None) for key, clause in before.items() if key not in after
    ]
    return [one for one in found if one is not None] + gone


def _difference(older: Clause | None, newer: Clause) -> Difference | None:
    if older is None:
        return Difference(newer.key, Change.ADDED, None, newer)
    before, after = canonical(older), canonical(newer)
    changed = tuple(name for name in after if after[name] != before[name])
    return Difference(newer.key, Change.CHANGED, older, newer, changed) if changed else None


async def of_versions(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[Clause]]:
    """Read the clauses of many versions in one statement, in the order in which they were written."""
    return await catalogue.children(ask, Clause, "notice_version_id", ids)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Clause]:
    """Read many clauses in one statement."""
    return await catalogue.by_ids(ask, Clause, ids)


_REACH = """
    SELECT r.id, CASE
        WHEN EXISTS (
            SELECT FROM clause c WHERE c.notice_version_id = $1 AND r.id = ANY (c.recipients)
        ) THEN 'NAMED'
        WHEN EXISTS (
            SELECT FROM recipient_membership m
            JOIN clause c ON c.notice_version_id = $1 AND m.recipient_class_id = ANY (c.recipient_classes)
            WHERE m.recipient_id = r.id AND m.starts_on <= $3 AND (m.ends_on IS NULL OR m.ends_on >= $3)
        ) THEN 'CLASS'
        ELSE 'NOT_COVERED' END AS reach
    FROM recipient r
    JOIN notice n ON n.organisation_id = r.organisation_id
    JOIN notice_version v ON v.notice_id = n.id AND v.id = $1
    WHERE r.id = ANY ($2)
"""


async def reach_of(ask: Ask, version: UUID, recipients: Iterable[UUID], on: date) -> dict[UUID, Reach]:
    """Tell how a version reaches these recipients on a day; those of other organisations are left out."""
    await catalogue.read(ask, NoticeVersion, version, "version")
    rows = await ask.rows(_REACH, version, list(recipients), on)
    return {row["id"]: Reach(row["reach"]) for row in rows}
