"""Citing: what an answer rests on, among one customer's own rows: the delivery, the collection, the clause shown."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from hub.answers import Shown
from hub.db import Record
from hub.reading import Reading
from hub.telling import Told

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Delivery = tuple[UUID, datetime, str, str]
"""Id, instant, locale, how."""


def delivery(row: Record, read: Told) -> Delivery | None:
    """The first delivery of the version that is cited."""
    line = _delivered(row, read)
    if line is None:
        return None
    _, delivery_id, microseconds, locale, how = line
    return UUID(delivery_id), _instant(microseconds), locale, how


def delivery_id(row: Record, read: Told) -> str | None:
    """Its id alone, as text."""
    line = _delivered(row, read)
    return line[1] if line else None


def collection(row: Record, reading: Reading) -> tuple[datetime | None, UUID | None]:
    """Of the categories in question, when the first came in, and by which collection."""
    line = _collected(row, reading)
    return (_instant(line[1]), UUID(line[0])) if line else (None, None)


def collection_id(row: Record, reading: Reading) -> str | None:
    """Its id alone, as text."""
    line = _collected(row, reading)
    return line[0] if line else None


def _delivered(row: Record, read: Told) -> list[str] | None:
    lines: str | None = row["deliveries"]
    start = lines.find(read.version.id + " ") if read.version is not None and lines is not None else -1
    return lines[start:].split(";", 1)[0].split(" ") if lines is not None and start >= 0 else None


def _collected(row: Record, reading: Reading) -> list[str] | None:
    lines: str | None = row["collections"]
    missing: Collection[str] = reading.told.categories
    first: str | None = None
    for line in lines.split(";") if lines else ():
        still = [category for category in missing if category not in line]
        if len(still) < len(missing):
            # Lines go back in time, so that the last one found is the first that came in.
            first, missing = line, still
        if not missing:
            break
    return first.split(" ") if first else None


def _instant(microseconds: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(microseconds))


def told(read: Told, reached: Delivery | None) -> Shown | None:
    """What this customer was told: the clause and version that were read, as they reached them."""
    if read.shown is None:
        return None
    _, shown_at, locale, how = reached or (None, None, None, None)
    one, (text, locale) = read.shown, _worded(locale, read.clause.texts if read.clause else {})
    return Shown(
        one.notice_key, one.notice_name, one.version_id, one.version, one.clause_id, one.clause_key, text, locale,
        shown_at, how,
    )  # fmt: skip


def kept(row: Record) -> Shown | None:
    """The same, of a decision that was kept."""
    if row["version_id"] is None:
        return None
    texts: dict[str, str] = orjson.loads(row["clause_texts"]) if row["clause_texts"] else {}
    text, locale = _worded(row["shown_locale"], texts)
    return Shown(
        notice_key=row["notice_key"],
        notice_name=row["notice_name"],
        version_id=row["version_id"],
        version=row["version_number"],
        clause_id=row["clause_id"],
        clause_key=row["clause_key"],
        clause_text=text,
        locale=locale,
        shown_at=row["shown_at"],
        shown_how=row["shown_how"],
    )


def _worded(locale: str | None, texts: dict[str, str]) -> tuple[str | None, str | None]:
    """The clause's words in the locale shown, or in the first there is; and that locale."""
    if not texts:
        return None, locale
    worded = locale if locale in texts else next(iter(texts))
    return texts[worded or ""], worded
