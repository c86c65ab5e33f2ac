"""Finding what an organisation has decided: one row by id or key, many by id, a page; only ever one's own.

An unknown id, another organisation's id and an id of something else get the same answer:
nothing can be learnt by trying. Ids grow with time: a page by id is in the order in which things were made.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from uuid import UUID

from asyncpg import UniqueViolationError
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from hub import inputs
from hub.act import Ask
from hub.errors import Code, Refusal, invalid, not_found
from hub.models import (
    ActivityPurpose,
    Category,
    Clause,
    NoticeText,
    NoticeVerdict,
    NoticeVersion,
    Organisation,
    PurposeBasis,
    PurposeRelation,
    RecipientMembership,
)

Ref = UUID | str
"""How one thing names another: its id, or its key inside the organisation."""

Row = TypeVar("Row", bound=Model)

_NOUNS: dict[str, str] = {
    "RecipientClass": "recipient class",
    "NoticeVersion": "notice version",
}
_OWNED_THROUGH: dict[type[Model], str] = {
    ActivityPurpose: "activity__organisation_id",
    Organisation: "id",
    NoticeVersion: "notice__organisation_id",
    NoticeText: "notice_version__notice__organisation_id",
    NoticeVerdict: "notice_version__notice__organisation_id",
    Clause: "notice_version__notice__organisation_id",
    PurposeBasis: "purpose__organisation_id",
    PurposeRelation: "purpose__organisation_id",
    RecipientMembership: "recipient__organisation_id",
}


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` rows beyond `start`, in order of id; backwards: those before it, last first."""

    limit: int = 50
    start: UUID | None = None
    backwards: bool = False


def owner(ask: Ask, organisation: UUID | None, *path: str | int) -> UUID:
    """Whose row is to be made: the actor's own organisation, or, for an operator, the one that is named."""
    own = ask.actor.organisation_id
    if own is not None and organisation not in {None, own}:
        raise not_found("organisation", *path)
    if own is None and organisation is None:
        raise invalid("Say for which organisation.", *path)
    return cast("UUID", own or organisation)


def visible(ask: Ask, kind: type[Row], organisation: UUID | None = None) -> QuerySet[Row]:
    """Select the rows of this kind that the actor may see; `organisation` narrows them to one."""
    rows = kind.all().using_db(ask.db)
    if kind is Category:
        return rows
    owned = _OWNED_THROUGH.get(kind, "organisation_id")
    for one in {ask.actor.organisation_id, organisation} - {None}:
        rows = rows.filter(**{owned: one})
    return rows


async def read(
    ask: Ask,
    kind: type[Row],
    wanted: Ref,
    *path: str | int,
    organisation: UUID | None = None,
    lock: bool = False,
) -> Row:
    """Read one row by id or key; unknown and foreign are alike NOT_FOUND. `lock`: others wait."""
    rows = visible(ask, kind, organisation).filter(_named(wanted))
    found = await (rows.select_for_update(of=(_table(kind),)) if lock else rows).limit(2)
    if not found:
        raise not_found(noun(kind), *path)
    if len(found) > 1:
        raise invalid("Several organisations use this key: say which, or give the id.", *path)
    return found[0]


async def by_ids(ask: Ask, kind: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Read many rows by id in one statement; those unknown or foreign are left out."""
    found = await visible(ask, kind).filter(id__in=list(ids))
    return {cast("UUID", row.pk): row for row in found}


async def page(
    ask: Ask, kind: type[Row], which: Page, *filters: Q, organisation: UUID | None = None
) -> list[Row]:
    """Read a page, ordered by id (backwards: the reverse)."""
    rows = visible(ask, kind, organisation).filter(*filters)
    if which.start is not None:
        rows = rows.filter(**{"id__lt" if which.backwards else "id__gt": which.start})
    return await rows.order_by("-id" if which.backwards else "id").limit(which.limit)


async def count(ask: Ask, kind: type[Row], *filters: Q, organisation: UUID | None = None) -> int:
    """Count the whole list a page is of."""
    return await visible(ask, kind, organisation).filter(*filters).count()


async def resolve(
    ask: Ask, kind: type[Row], wanted: Sequence[Ref], *path: str | int, organisation: UUID | None = None
) -> list[Row]:
    """Read the rows named by id or key, in that order, in one statement; NOT_FOUND says which is missing."""
    found = await known(ask, kind, wanted, organisation)
    for place, one in enumerate(wanted):
        if one not in found:
            raise not_found(noun(kind), *path, place)
    return [found[one] for one in wanted]


async def known(
    ask: Ask, kind: type[Row], wanted: Sequence[Ref], organisation: UUID | None = None
) -> dict[Ref, Row]:
    """Read the rows named by id or key in one statement, each under its id and its key."""
    if not wanted:
        return {}
    ids = [one for one in wanted if isinstance(one, UUID)]
    keys = [one for one in wanted if isinstance(one, str) and inputs.storable(one)]
    found = await visible(ask, kind, organisation).filter(Q(id__in=ids) | Q(key__in=keys))
    return {ref: row for row in found for ref in (cast("UUID", row.pk), cast("Any", row).key)}


async def children(
    ask: Ask, kind: type[Row], link: str, parents: Iterable[UUID], order: str = "id"
) -> dict[UUID, list[Row]]:
    """Read the rows that hang on these parents, in one statement; parents without any are left out."""
    found: dict[UUID, list[Row]] = {}
    for row in await visible(ask, kind).filter(**{f"{link}__in": list(parents)}).order_by(order):
        found.setdefault(getattr(row, link), []).append(row)
    return found


@contextmanager
def claiming(what: str, key: str, *path: str | int) -> Generator[None]:
    """Turn a key that is taken, also by somebody at this very moment, into CONFLICT."""
    try:
        yield
    except (UniqueViolationError, IntegrityError) as error:
        if isinstance(error, IntegrityError) and not isinstance(error.args[0], UniqueViolationError):
            raise
        message = f"The key `{key}` is that of another {what}: change that one, or choose another key."
        raise Refusal(Code.CONFLICT, message, path) from error


def noun(kind: type[Model]) -> str:
    """Name a row of this kind, as people do."""
    return _NOUNS.get(kind.__name__, kind.__name__.lower())


def _table(kind: type[Model]) -> str:
    return cast("Any", kind)._meta.db_table  # noqa: SLF001 - where Tortoise says it


def _named(wanted: Ref) -> Q:
    if isinstance(wanted, UUID):
        return Q(id=wanted)
    return Q(key=wanted) if inputs.storable(wanted) else Q(id__in=[])
