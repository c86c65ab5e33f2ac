"""What is demanded of an entry about a customer: when it happened, coded reasons, fields, languages.

Refusals name the place and what to write instead; they never repeat the input, which may be personal data.
"""

import re
from datetime import UTC, datetime

from hub.act import Ask
from hub.errors import Code, Refusal, invalid

PAGE_MOST = 500
REFERENCE_CHARACTERS = 500
WORDING_CHARACTERS = 20_000
VALUE_CHARACTERS = 4_000
LOCALE_CHARACTERS = 35
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LOCALE = re.compile(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8})*")


def happened(ask: Ask, at: datetime | None, *path: str | int) -> datetime:
    """Check when something happened: by default now, never after it."""
    if at is None:
        return ask.at
    if at.tzinfo is None:
        raise invalid("This instant needs a time zone, as in 2026-11-22T09:00:00Z.", *path)
    if at > ask.at:
        raise invalid("This lies in the future: only what has happened can be recorded.", *path)
    if at < EARLIEST:
        raise invalid("This lies before 1900: check the year.", *path)
    return at.astimezone(UTC)


def reason(code: str, *path: str | int) -> str:
    """Check a reason such as MOVED_HOUSE, or none: it is coded, so that it never holds personal data."""
    if code and not _REASON.fullmatch(code):
        raise invalid("A reason is a code of A-Z, 0-9 and _, at most 64, such as MOVED_HOUSE.", *path)
    return code


def field_name(name: str, *path: str | int) -> str:
    """Check the name of a profile field such as given_name."""
    if not _FIELD.fullmatch(name):
        raise invalid("A field's name has a-z, 0-9 and _, at most 64, such as given_name.", *path)
    return name


def language(tag: str, *path: str | int) -> str:
    """Check the language a customer reads, a tag of BCP 47: ``en``, ``en-AU``, ``ar``."""
    if len(tag) > LOCALE_CHARACTERS or not _LOCALE.fullmatch(tag):
        raise invalid("A language is a tag such as en-AU or fr.", *path)
    return tag.replace("_", "-")


def page_size(limit: int, *path: str | int) -> int:
    """Check how many rows are asked for at a time."""
    if not 1 <= limit <= PAGE_MOST:
        raise Refusal(Code.LIMIT, f"Ask for 1 to {PAGE_MOST} at a time.", path)
    return limit
