"""Citing: what an answer rests on, among one customer's own rows: the delivery, the collection, the clause shown."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson

from hub.answers import Shown
from hub.db import Record
from hub.reading import Reading
from hub.telling import Told


def delivery(row: Record, read: Told) -> tuple[UUID, datetime, str, str] | None:
    """The first delivery of the version that is cited: id, instant, locale, how."""
    versions: list[UUID] = row["versions"] or []
    if read.version is None or UUID(read.version.id) not in versions:
        return None
    index = versions.index(UUID(read.version.id))
    return row["deliveries"][index], row["delivered"][index], row["locales"][index], row["hows"][index]


def collection(row: Record, reading: Reading) -> tuple[datetime | None, UUID | None]:
    """Of the categories in question, when the first came in, and by which collection."""
    touched = {UUID(each) for each in reading.told.categories}
    rows = zip(row["collected"] or (), row["collections"] or (), row["categories"] or (), strict=True)
    return min(((at, one) for at, one, category in rows if category in touched), default=(None, None))


def told(read: Told, reached: tuple[UUID, datetime, str, str] | None) -> Shown | None:
    """What this customer was told: the clause and version that were read, as they reached them."""
    version, clause = read.version, read.clause
    if version is None:
        return None
    _, shown_at, shown_locale, shown_how = reached or (None, None, None, None)
    return _shown(
        Shown(
            notice_key=version.notice_key,
            notice_name=version.notice_name,
            version_id=UUID(version.id),
            version=version.number,
            clause_id=UUID(clause.id) if clause else None,
            clause_key=clause.key if clause else None,
            clause_text=None,
            locale=shown_locale,
            shown_at=shown_at,
            shown_how=shown_how,
        ),
        clause.texts if clause else {},
    )


def _shown(shown: Shown, texts: dict[str, str]) -> Shown:
    """With the clause's words in the locale shown, or in the first there is."""
    locale = shown.locale if shown.locale in texts else next(iter(texts), None)
    return replace(shown, clause_text=texts.get(locale) if locale else None, locale=locale or shown.locale)


def kept(row: Record) -> Shown | None:
    """The same, of a decision that was kept."""
    if row["version_id"] is None:
        return None
    return _shown(
        Shown(
            notice_key=row["notice_key"],
            notice_name=row["notice_name"],
            version_id=row["version_id"],
            version=row["version_number"],
            clause_id=row["clause_id"],
            clause_key=row["clause_key"],
            clause_text=None,
            locale=row["shown_locale"],
            shown_at=row["shown_at"],
            shown_how=row["shown_how"],
        ),
        orjson.loads(row["clause_texts"]) if row["clause_texts"] else {},
    )
