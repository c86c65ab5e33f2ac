"""What the customers of the demo said since they joined: consents, refusals, opt-outs, objections.

Most said nothing. The others each follow one of the ways below, days after joining.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.demo.firm import Described

TODAY = datetime(2026, 11, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Word:
    """One thing said. purpose and recipient are keys; ends_at: when a consent runs out by its own words."""

    kind: str
    action: str
    at: datetime
    purpose: str | None = None
    channel: str | None = None
    recipient: str | None = None
    grade: str | None = None
    ends_at: datetime | None = None
    method: str = "WEB"


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a way: said `after_days`, about the newsletter, the partner, introductions, or all."""

    kind: str
    action: str
    after_days: int
    about: str = ""
    channel: str | None = None
    ends_after_days: int | None = None
    method: str = "WEB"


OBJECTS = Turn("OBJECTION", "PENDING", 120, "introduction")
# How many of a thousand go each way, and what they say on it.
WAYS: tuple[tuple[int, tuple[Turn, ...]], ...] = (
    (560, ()),
    (120, (Turn("CONSENT", "GIVEN", 0, "newsletter", "EMAIL"),)),
    (20, (Turn("CONSENT", "GIVEN", 3, "newsletter", "EMAIL", ends_after_days=180),)),
    (70, (Turn("MARKETING", "OPTED_OUT", 45),)),
    (40, (Turn("MARKETING", "OPTED_OUT", 60, channel="EMAIL", method="EMAIL"),)),
    (15, (Turn("MARKETING", "OPTED_OUT", 30), Turn("CONSENT", "GIVEN", 300, "newsletter", "EMAIL"))),
    (40, (Turn("SHARING", "OPTED_OUT", 20, method="PHONE"),)),
    (8, (Turn("SHARING", "OPTED_OUT", 20), Turn("SHARING", "OPTED_IN", 200))),
    (20, (Turn("SIGNAL", "OPTED_OUT", 1, method="SIGNAL"),)),
    (40, (Turn("CONSENT", "GIVEN", 14, "partner", method="BRANCH"),)),
    (25, (Turn("CONSENT", "REFUSED", 14, "partner", method="BRANCH"),)),
    (15, (Turn("CONSENT", "GIVEN", 14, "partner"), Turn("CONSENT", "WITHDRAWN", 90, "partner"))),
    (12, (Turn("CONSENT", "GIVEN", 14, "partner", ends_after_days=90, method="PAPER"),)),
    (8, (OBJECTS,)),
    (4, (OBJECTS, Turn("OBJECTION", "UPHELD", 135, "introduction"))),
    (3, (OBJECTS, Turn("OBJECTION", "OVERRULED", 140, "introduction"))),
)  # fmt: skip


def words_of(joined: datetime, said: Described, dice: random.Random) -> tuple[Word, ...]:
    """Tell what a customer said: nothing in the future, and of a partner nothing before its time."""
    turns = dice.choices([way for _, way in WAYS], [many for many, _ in WAYS])[0]
    start = joined
    if any(turn.about == "partner" for turn in turns):
        start = max(joined, _signed(said))
    words = [_word(turn, start, said) for turn in turns]
    return tuple(words) if all(word.at < TODAY for word in words) else ()


def _word(turn: Turn, start: datetime, said: Described) -> Word:
    wanted = said["customers"]
    at = start + timedelta(days=turn.after_days, minutes=7)
    ends = None if turn.ends_after_days is None else at + timedelta(days=turn.ends_after_days)
    purpose = {"newsletter": wanted["newsletter"], "partner": "referral", "introduction": "referral"}.get(
        turn.about
    )
    return Word(
        kind=turn.kind,
        action=turn.action,
        at=at,
        purpose=purpose,
        channel=turn.channel,
        recipient=wanted["partner"] if turn.about == "partner" else None,
        grade="EXPLICIT" if turn.action == "GIVEN" else None,
        ends_at=ends,
        method=turn.method,
    )


def _signed(said: Described) -> datetime:
    """Tell when the alliance with the partner began."""
    partner = said["customers"]["partner"]
    day = next(each["starts_on"] for each in said["arrangements"] if each["recipient"] == partner)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
