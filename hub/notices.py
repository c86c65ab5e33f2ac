"""Notices: what customers are told. A version is drafted, checked, published, and from then on never changes.

Publishing checks the version under every law: those it is meant for must find no error; what the others find
is kept too, because a customer who falls under another law holds the same text. The fingerprint covers
everything the version says.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from hub import catalogue, clauses, inputs, linter, statements, versions
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.clauses import Clause, Difference, NewClause
from hub.db import new_id
from hub.errors import Code, Refusal, invalid
from hub.linter import NotApplicable
from hub.models import Notice, NoticeText, NoticeVerdict, NoticeVersion, Organisation
from hub.versions import Content, Text, Verdicts

__all__ = [
    "Clause",
    "Content",
    "NewClause",
    "NewNotice",
    "NotApplicable",
    "Notice",
    "NoticeText",
    "NoticeVerdict",
    "NoticeVersion",
    "Such",
    "Text",
    "by_ids",
    "check",
    "count",
    "count_versions",
    "create",
    "diff",
    "draft",
    "fingerprint",
    "page",
    "page_versions",
    "publish",
    "read",
    "read_version",
    "revise",
    "texts_of",
    "verdicts_of",
    "versions_by_ids",
    "versions_of",
]


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A collection statement, such as the one of a branch. organisation: only an operator names it."""

    key: str
    name: str
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Such:
    """Which versions of a list. published None: both."""

    notice: UUID | None = None
    published: bool | None = None
    jurisdiction: str | None = None
    organisation: UUID | None = None


async def create(act: Act, new: NewNotice) -> Notice:
    """Create a notice, still without a version. Refusals: INVALID, CONFLICT when the key is taken."""
    towards = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, towards, "organisation")
    with catalogue.claiming("notice", new.key, "key"):
        made = await Notice.create(
            id=new_id(),
            organisation_id=towards,
            key=inputs.key(new.key, "key"),
            name=inputs.line(new.name, "name"),
            created_at=act.at,
            using_db=act.db,
        )
    await act.record("notice.created", organisation=towards, notice=made.id, key=made.key)
    return made


async def draft(
    act: Act, notice: Ref, content: Content, *, organisation: UUID | None = None
) -> NoticeVersion:
    """Draft the next version of a notice. Refusals: INVALID, NOT_FOUND and CONFLICT for what it names."""
    parent = await catalogue.read(act, Notice, notice, "notice", organisation=organisation, lock=True)
    last = await NoticeVersion.filter(notice_id=parent.id).using_db(act.db).order_by("-number").first()
    row = await NoticeVersion.create(
        id=new_id(),
        notice_id=parent.id,
        number=last.number + 1 if last else 1,
        created_at=act.at,
        using_db=act.db,
        **versions.columns(content),
    )
    written = await versions.replace_parts(act, row, content, parent.organisation_id)
    await _record(act, "notice_version.drafted", parent, row, clauses=written)
    return row


async def revise(act: Act, version: UUID, content: Content) -> NoticeVersion:
    """Replace what a draft says. Refusals: as for a draft; CONFLICT when the version is published."""
    row, parent = await _unpublished(act, version)
    for name, value in versions.columns(content).items():
        setattr(row, name, value)
    await row.save(update_fields=["jurisdictions", "statements"], using_db=act.db)
    written = await versions.replace_parts(act, row, content, parent.organisation_id)
    await _record(act, "notice_version.revised", parent, row, clauses=written)
    return row


async def publish(act: Act, version: UUID, *, published_at: datetime | None = None) -> NoticeVersion:
    """Publish a draft: check it under every law, keep the verdicts, freeze it.

    published_at: only an operator gives it, to enter what was published before the hub was there.
    Refusals: INVALID with every error the version's own jurisdictions find; CONFLICT when it is published, a
    later version is, or a purpose it rests on is retired.
    """
    row, parent = await _unpublished(act, version)
    at = await _moment(act, row, published_at)
    await versions.refuse_retired(act, row)
    verdicts = await versions.lint(act, row, at)
    versions.refuse_errors(row, verdicts)
    await NoticeVerdict.bulk_create(versions.verdict_rows(row, verdicts, at), using_db=act.db)
    row.published_at, row.sha256 = at, await fingerprint(act, row)
    await row.save(update_fields=["published_at", "sha256"], using_db=act.db)
    complete = [place.value for place, found in verdicts.items() if linter.complete(found)]
    told = statements.instant(at)
    await _record(
        act, "notice_version.published", parent, row, published_at=told, sha256=row.sha256, complete=complete
    )
    await act.announce("notice", version=row.id)
    return row


async def _unpublished(act: Act, version: UUID) -> tuple[NoticeVersion, Notice]:
    """Lock a draft and its notice, the notice first, so that its versions change one after the other."""
    found = await catalogue.read(act, NoticeVersion, version, "version")
    parent = await catalogue.read(act, Notice, found.notice_id, "version", lock=True)
    row = await catalogue.read(act, NoticeVersion, version, "version", lock=True)
    if row.published_at is not None:
        message = "This version is published and never changes: draft a new one."
        raise Refusal(Code.CONFLICT, message, ("version",))
    return row, parent


async def _moment(act: Act, row: NoticeVersion, published_at: datetime | None) -> datetime:
    """Say when the version counts as published; versions of one notice follow each other."""
    at = _backdated(act, published_at) if published_at is not None else act.at
    others = NoticeVersion.filter(notice_id=row.notice_id, published_at__isnull=False).using_db(act.db)
    if await others.filter(number__gt=row.number).exists():
        message = "A later version is published already: draft a new one."
        raise Refusal(Code.CONFLICT, message, ("version",))
    if await others.filter(published_at__gte=at).exists():
        raise invalid(
            "This is not after the version before it was published: choose a later instant.", "published_at"
        )
    return at


def _backdated(act: Act, published_at: datetime) -> datetime:
    if act.actor.kind != "operator":
        message = "Only an operator enters when a version was published: leave this out."
        raise Refusal(Code.FORBIDDEN, message, ("published_at",))
    if published_at.tzinfo is None or published_at > act.at:
        raise invalid("Give an instant that is over, with its time zone.", "published_at")
    return published_at


async def _record(act: Act, event: str, parent: Notice, row: NoticeVersion, **more: Any) -> None:
    await act.record(
        event,
        organisation=parent.organisation_id,
        notice=parent.id,
        version=row.id,
        number=row.number,
        jurisdictions=row.jurisdictions,
        **more,
    )


async def check(ask: Ask, version: UUID) -> Verdicts:
    """Check a version under every law, as if it were published now."""
    row = await catalogue.read(ask, NoticeVersion, version, "version")
    return await versions.lint(ask, row, ask.at)


async def diff(ask: Ask, older: UUID, newer: UUID) -> list[Difference]:
    """Compare two versions of one notice clause by clause. Refusals: NOT_FOUND, INVALID for two notices."""
    first = await catalogue.read(ask, NoticeVersion, older, "older")
    second = await catalogue.read(ask, NoticeVersion, newer, "newer")
    if first.notice_id != second.notice_id:
        raise invalid("These are versions of two notices: compare versions of one.", "newer")
    found = await clauses.of_versions(ask, [older, newer])
    return clauses.compare(found.get(older, []), found.get(newer, []))


async def fingerprint(ask: Ask, version: NoticeVersion) -> str:
    """Compute the SHA-256 over everything a version says, in canonical JSON (RFC 8785)."""
    texts = (await texts_of(ask, [version.id])).get(version.id, [])
    promises = (await clauses.of_versions(ask, [version.id])).get(version.id, [])
    content = {
        "notice": version.notice_id,
        "number": version.number,
        "jurisdictions": version.jurisdictions,
        "statements": version.statements,
        "texts": {text.locale: {"title": text.title, "body": text.body} for text in texts},
        "clauses": [clauses.canonical(clause) for clause in sorted(promises, key=lambda one: one.key)],
    }
    return hashlib.sha256(statements.canonical(content)).hexdigest()


async def read(ask: Ask, notice: Ref, *path: str | int, organisation: UUID | None = None) -> Notice:
    """Read one notice by id or key."""
    return await catalogue.read(ask, Notice, notice, *path, organisation=organisation)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Notice]:
    """Read many notices in one statement."""
    return await catalogue.by_ids(ask, Notice, ids)


async def page(ask: Ask, which: Page, *, organisation: UUID | None = None) -> list[Notice]:
    """Read a page of notices."""
    return await catalogue.page(ask, Notice, which, organisation=organisation)


async def count(ask: Ask, *, organisation: UUID | None = None) -> int:
    """Count the notices of such a page's list."""
    return await catalogue.count(ask, Notice, organisation=organisation)


async def read_version(ask: Ask, version: UUID, *path: str | int) -> NoticeVersion:
    """Read one version by id."""
    return await catalogue.read(ask, NoticeVersion, version, *path)


async def versions_by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, NoticeVersion]:
    """Read many versions in one statement."""
    return await catalogue.by_ids(ask, NoticeVersion, ids)


async def page_versions(ask: Ask, which: Page, such: Such = Such()) -> list[NoticeVersion]:
    """Read a page of versions."""
    return await catalogue.page(ask, NoticeVersion, which, _such(such), organisation=such.organisation)


async def count_versions(ask: Ask, such: Such = Such()) -> int:
    """Count the versions of such a page's list."""
    return await catalogue.count(ask, NoticeVersion, _such(such), organisation=such.organisation)


def _such(such: Such) -> Q:
    filters: dict[str, Any] = {}
    if such.notice is not None:
        filters["notice_id"] = such.notice
    if such.published is not None:
        filters["published_at__isnull"] = not such.published
    if such.jurisdiction is not None:
        filters["jurisdictions__contains"] = inputs.jurisdictions([such.jurisdiction], "jurisdiction")
    return Q(**filters)


async def versions_of(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[NoticeVersion]]:
    """Read the versions of many notices in one statement, by number."""
    return await catalogue.children(ask, NoticeVersion, "notice_id", ids, "number")


async def texts_of(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[NoticeText]]:
    """Read the texts of many versions in one statement."""
    return await catalogue.children(ask, NoticeText, "notice_version_id", ids, "locale")


async def verdicts_of(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[NoticeVerdict]]:
    """Read what the laws found in many published versions, in one statement."""
    return await catalogue.children(ask, NoticeVerdict, "notice_version_id", ids, "jurisdiction")
