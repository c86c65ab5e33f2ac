"""Days and instants as people type them: "as of" a day means its end, in UTC, where nobody says the hour."""

from datetime import UTC, date, datetime, time
from typing import Final

from hub.errors import invalid

EARLIEST: Final = 1900
"""Nobody kept records of customers in machines before; some calendars end there."""


def instant_of(said: str | None, now: datetime) -> datetime | None:
    """The instant that is meant; None: now. A day means its end, in UTC. Refusal INVALID."""
    if said is None:
        return None
    at = _instant(said)
    if at.year < EARLIEST:
        raise invalid("No customer was on record then. Ask about a later day.", "--as-of")
    today = now.astimezone(UTC).date()
    if not isinstance(at, datetime) and at == today:
        return None
    if at > (now if isinstance(at, datetime) else today):
        raise invalid(
            "This is in the future: nobody knows how it will stand. Choose an earlier day.", "--as-of"
        )
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime.combine(at, time.max, UTC)


def day_of(said: str | None) -> date | None:
    """The day that is meant, in UTC, past or to come; Refusal INVALID."""
    at = None if said is None else _instant(said)
    if not isinstance(at, datetime):
        return at
    return at.astimezone(UTC).date() if EARLIEST <= at.year < date.max.year else at.date()


def _instant(said: str) -> date | datetime:
    try:
        if "T" not in said.upper() and " " not in said:
            return date.fromisoformat(said)
        at = datetime.fromisoformat(said)
    except ValueError:
        raise invalid(
            "Write a day as 2026-03-31, or an instant as 2026-03-31T09:00:00+11:00.", "--as-of"
        ) from None
    if at.tzinfo is None:
        raise invalid("Say the offset too, or Z for UTC: 2026-03-31T09:00:00Z.", "--as-of")
    return at
