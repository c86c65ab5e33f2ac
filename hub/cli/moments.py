"""Days and instants as people type them: "as of" a day means its end, in UTC, where nobody says the hour."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from hub.errors import invalid

_TICK: Final = timedelta(microseconds=1)


def instant_of(said: str | None, now: datetime) -> datetime | None:
    """The instant that is meant; None: now. A day means its end, in UTC. Refusal INVALID."""
    if said is None:
        return None
    at = _instant(said)
    if not isinstance(at, datetime):
        if at == now.astimezone(UTC).date():
            return None
        at = datetime.combine(at, time.min, UTC) + timedelta(days=1) - _TICK
    if at > now:
        raise invalid(
            "This is in the future: nobody knows how it will stand. Choose an earlier day.", "--as-of"
        )
    return at


def _instant(said: str) -> date | datetime:
    try:
        if "T" not in said.upper() and " " not in said:
            return date.fromisoformat(said)
        at = datetime.fromisoformat(said)
    except (ValueError, OverflowError):
        raise invalid(
            "Write a day as 2026-03-31, or an instant as 2026-03-31T09:00:00+11:00.", "--as-of"
        ) from None
    if at.tzinfo is None:
        raise invalid("Say the offset too, or Z for UTC: 2026-03-31T09:00:00Z.", "--as-of")
    return at


def day_of(said: str | None) -> date | None:
    """The day that is meant, in UTC, past or to come; Refusal INVALID."""
    at = None if said is None else _instant(said)
    return at.astimezone(UTC).date() if isinstance(at, datetime) else at
