"""A day as a calendar file (iCalendar, RFC 5545), for the calendar of whoever waits for an answer."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

LINE_BYTES: Final = 75
_SPECIAL: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


def day(uid: str, on: date, summary: str, description: str, now: datetime) -> str:
    """Write one whole day; it takes no time from anybody's calendar."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Privacy Hub//Portal//EN", "BEGIN:VEVENT", f"UID:{uid}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", f"DTSTART;VALUE=DATE:{on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{on + timedelta(days=1):%Y%m%d}", f"SUMMARY:{_text(summary)}",
        f"DESCRIPTION:{_text(description)}", "TRANSP:TRANSPARENT", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(said: str) -> str:
    kept = "".join(letter for letter in said if letter == "\n" or letter.isprintable())
    return "".join(_SPECIAL.get(letter, letter) for letter in kept)


def _folded(line: str) -> str:
    """Break a line so that no part is longer than 75 bytes (section 3.1)."""
    parts, length = [""], 0
    for letter in line:
        size = len(letter.encode())
        if length + size > LINE_BYTES - 1:
            parts.append("")
            length = 0
        parts[-1] += letter
        length += size
    return "\r\n ".join(parts)
