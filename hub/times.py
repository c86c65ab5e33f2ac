"""Days packed as in a row's `times`: one subtraction compares three of them (see ``migrations/sql/words.sql``)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

FIRST = date(1900, 1, 1)
LATEST = 65_535
"""The last day there is: nothing of a row is later."""
CONTACT, KEPT, CHECKED = 46, 29, 12
"""Where each day begins. The bit sixteen above says, after the subtraction, whether the row's is not earlier."""
WIDTH = 16
Kept = tuple[datetime | None, datetime]


def thresholds(quiet: datetime, kept: Kept, washes: Sequence[datetime]) -> tuple[int, int, int, int]:
    """What rows are compared with, and which bits of the first comparison matter.

    quiet: contact before that is long ago. kept: what was closed before the first, or of a prospect before the
    second, is past retention; None: no period. washes: at most three, ascending, where checks of a register matter.
    All begin at midnight, UTC.
    """
    oldest, for_prospects = kept
    first, second, third = [*map(_day, washes), *[LATEST] * 3][:3]
    return (
        _day(quiet) << CONTACT | _day(oldest) << KEPT | first << CHECKED,
        _day(for_prospects) << KEPT | second << CHECKED,
        third << CHECKED,
        1 << CONTACT + WIDTH | 1 << KEPT + WIDTH | (1 << CHECKED + WIDTH if washes else 0),
    )


def _day(at: datetime | None) -> int:
    """Nothing is earlier than the first day, which stands for none."""
    return 0 if at is None else min(max((at.astimezone(UTC).date() - FIRST).days, 0), LATEST)
