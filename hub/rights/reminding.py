"""Reminding staff of the clock: at half of a request's time, at four fifths, and when it is over; once each.

One letter a day and organisation names all of them, as a mailbox with a letter for each is read by nobody. It goes to
the organisation's contact address, names nobody, and counts days where each customer lives. A request is not
named while its clock waits for the customer; where the law's time goes on meanwhile, it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from babel.dates import format_date

from hub import identifiers
from hub.act import Act, Ask
from hub.errors import Refusal
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key, speaks
from hub.rights.timing import ZONES, stopping
from hub.texts import texts

LOCALE: Final = "en"
DESK_PATH: Final = "/desk"
OVER: Final = 100
NAMED_MOST: Final = 50
"""Requests named in one letter, the most urgent first; of the others it says how many there are."""
_TEXTS: Final = texts(Path(__file__).parent / "reminding.toml")
_WORD: Final = re.compile(r"[^\s<>()\[\],;]+@[^\s<>()\[\],;]+")
# The highest share of its time that each open request has passed and nobody was reminded of. $1 now, $2
# jurisdictions, $3 their time zones, $4 for what the law's time waits, $5 the organisation (null: all).
_PASSED: Final = """
    SELECT r.id, r.organisation_id, r.reference, r.due_on, reached.share
    FROM rights_request r
    JOIN unnest($2::text[], $3::text[]) AS z (place, zone) ON z.place = r.jurisdictions[1]
    CROSS JOIN LATERAL (SELECT ($1::timestamptz AT TIME ZONE z.zone)::date AS today) t
    CROSS JOIN LATERAL (SELECT max(s.share) AS share FROM unnest(ARRAY[50, 80, 100]) AS s (share)
        WHERE CASE s.share WHEN 100 THEN t.today > r.due_on
            ELSE (t.today - r.received_on) * 100 >= (r.due_on - r.received_on) * s.share END) reached
    WHERE r.closed_at IS NULL AND r.due_on IS NOT NULL AND reached.share IS NOT NULL
      AND NOT (r.state = 'PAUSED' AND r.verified_at IS NOT NULL AND (
          SELECT bool_and(concat_ws(' ', p, r.kind, r.waiting_for) = ANY ($4)) FROM unnest(r.jurisdictions) AS p))
      AND NOT EXISTS (SELECT FROM rights_reminder m WHERE m.request_id = r.id AND m.share >= reached.share)
      AND ($5::uuid IS NULL OR r.organisation_id = $5)
"""
_OWN: Final = f"{_PASSED} ORDER BY reached.share DESC, r.due_on, r.id"
_WAITING: Final = f"SELECT DISTINCT organisation_id FROM ({_PASSED}) p ORDER BY organisation_id"  # noqa: S608
# Two workers at once: the second waits here, and then finds that today's letter is written.
_HOLD: Final = """
    SELECT o.contact, EXISTS (SELECT FROM rights_reminder m WHERE m.organisation_id = o.id
        AND (m.reminded_at AT TIME ZONE 'UTC')::date = ($2::timestamptz AT TIME ZONE 'UTC')::date) AS is_written
    FROM organisation o WHERE o.id = $1 FOR NO KEY UPDATE OF o
"""
_NOTE: Final = """
    INSERT INTO rights_reminder (request_id, share, organisation_id, reminded_at)
    SELECT new.id, s.share, $1, $2 FROM unnest($3::uuid[], $4::int[]) AS new (id, share)
    JOIN unnest(ARRAY[50, 80, 100]) AS s (share) ON s.share <= new.share
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """A request of which so much of the time has passed, in percent; 100: it is overdue."""

    id: UUID
    reference: str
    due_on: date
    share: int


async def waiting(ask: Ask) -> list[UUID]:
    """Which organisations have something to be reminded of."""
    rows = await ask.rows(_WAITING, *_when(ask), None)
    return [row["organisation_id"] for row in rows]


async def remind(act: Act, organisation_id: UUID) -> int:
    """Write an organisation's letter of today; returns of how many requests. Nothing where it is written already.

    Where the contact names no email address nobody can be written to, and the ledger says so.
    """
    held = await act.row(_HOLD, organisation_id, act.at)
    if held is None or held["is_written"]:
        return 0
    rows = await act.rows(_OWN, *_when(act), organisation_id)
    passed = [Passed(row["id"], row["reference"], row["due_on"], row["share"]) for row in rows]
    if not passed:
        return 0
    await act.execute(
        _NOTE, organisation_id, act.at, [each.id for each in passed], [each.share for each in passed]
    )
    address = address_in(held["contact"])
    if address is not None:
        await _write(act, organisation_id, address, passed)
    await act.record(
        "request.reminded", organisation=organisation_id, is_written=address is not None,
        requests=[each.id for each in passed], shares=[each.share for each in passed],
    )  # fmt: skip
    return len(passed)


def _when(ask: Ask) -> tuple[datetime, list[str], list[str], list[str]]:
    """Now, in which zone each jurisdiction counts its days, and for what its law waits."""
    return ask.at, [each.value for each in ZONES], [each.key for each in ZONES.values()], stopping()


async def _write(act: Act, organisation_id: UUID, address: str, passed: Sequence[Passed]) -> None:
    over = sum(each.share == OVER for each in passed)
    values = {"count": len(passed), "overdue": over, "requests": listed(passed, LOCALE), "link": DESK_PATH}
    await send(act, NewLetter(organisation_id, Key.DESK_REMINDER, address, LOCALE, values))


def listed(passed: Sequence[Passed], locale: str) -> str:
    """Name the requests, a line each, the most urgent first."""
    said = _TEXTS[speaks(locale)]
    lines = [
        said["over" if each.share == OVER else "passed"].format(
            reference=each.reference, share=each.share, due_on=format_date(each.due_on, "long", locale)
        )
        for each in passed[:NAMED_MOST]
    ]
    more = len(passed) - NAMED_MOST
    return "\n".join([*lines, *([said["more"].format(count=more)] if more > 0 else [])])


def address_in(contact: str) -> str | None:
    """The first email address that an organisation's contact names."""
    for word in _WORD.findall(contact):
        try:
            return identifiers.deliverable_email(word.strip(".:"))
        except Refusal:
            continue
    return None
