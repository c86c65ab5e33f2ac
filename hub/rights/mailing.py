"""Letters about tasks: to whom, the link that each carries, and reminders that name all that somebody has open.

Whoever looks in a system is written to where its operator says; whoever received somebody's data, where their contact
names an email address. A reminder is one letter for each of them, whatever they were asked for: its link leads to the
list of it, and each task behind that has a link of its own, which is made from the list's and kept as a hash alone.
"""

import base64
import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from babel.languages import get_official_languages

from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key
from hub.rights import reaching, steps
from hub.rights.outcomes import BY_PEOPLE, Step, StepState
from hub.rights.reaching import LANGUAGES, Reach
from hub.rights.reminding import address_in
from hub.rights.requests import Request
from hub.scope import organisation

PATH: Final = "/task"
TOKEN_BYTES: Final = 32
LIFE: Final = timedelta(days=30)
EXPECTED: Final = timedelta(days=7)
"""When an answer is expected of somebody who was asked."""
REMINDED_AFTER: Final = (timedelta(days=3), timedelta(days=7))
LISTED_MOST: Final = 100
"""Tasks behind one link; who has more gets another letter."""
PRESSED_MOST: Final = 500
"""Tasks of one organisation that are reminded of at once."""
PAUSE: Final = timedelta(days=1)
"""How long nobody is reminded again from the desk."""

_SYSTEM = "SELECT id, settings FROM connected_system WHERE id = $1 AND disabled_at IS NULL"
_RECIPIENT = """
    SELECT p.contact, p.country FROM rights_telling t JOIN recipient p ON p.id = t.recipient_id WHERE t.step_id = $1
"""
_KEEP = """
    INSERT INTO rights_task (id, step_id, attempt, digest, sent_at, expires_at, of_list)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
# Everybody who was written to and has not answered, by organisation; when they were last written to, and whether that
# is some days ago and they have had no reminder since.
_OPEN = f"""
    SELECT s.id, s.request_id, r.reference, s.name, r.organisation_id, s.system_id, c.settings, p.contact, p.country,
        last.sent_at, last.letters,
        s.asked_at < $1::timestamptz - $2::interval
            AND last.letters <= CASE WHEN s.asked_at < $1::timestamptz - $3::interval THEN 2 ELSE 1 END AS is_late
    FROM rights_step s JOIN rights_request r ON r.id = s.request_id AND {steps.LIVE}
        AND r.state NOT IN ('PAUSED', 'HELD')
    LEFT JOIN connected_system c ON c.id = s.system_id AND c.disabled_at IS NULL
    LEFT JOIN rights_telling t ON t.step_id = s.id LEFT JOIN recipient p ON p.id = t.recipient_id
    CROSS JOIN LATERAL (SELECT count(*) AS letters, max(k.sent_at) AS sent_at FROM rights_task k
        WHERE k.step_id = s.id AND k.attempt = s.attempts) last
    WHERE s.ended_at IS NULL AND s.state = 'WAITING_ON_OTHERS' AND s.asked_at IS NOT NULL
      AND (c.settings IS NOT NULL OR p.contact IS NOT NULL)
"""  # noqa: S608 - joined from constants
_LATE = f"SELECT DISTINCT organisation_id FROM ({_OPEN}) o WHERE is_late"  # noqa: S608 - joined from constants
_OF_ONE = (
    f"SELECT * FROM ({_OPEN}) o WHERE organisation_id = $4 ORDER BY is_late DESC, request_id, id LIMIT $5"  # noqa: S608
)
# Two who remind at once: the second waits here, and then finds that the letters are written.
_ALONE = "SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is written to. is_recipient: somebody who received data from us, and not somebody who looks for us."""

    address: str = field(repr=False)
    language: str
    is_recipient: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """A task that somebody was asked for and has not answered.

    letters: how many were written about it, the last one at sent_at. is_late: it is time for a reminder.
    """

    step_id: UUID
    request_id: UUID
    reference: str
    system: str
    whom: Whom = field(repr=False)
    sent_at: datetime
    letters: int
    is_late: bool


async def whom(ask: Ask, step: Step) -> Whom | None:
    """Where letters about a step go; None where nobody does it who has an address."""
    if step.kind not in BY_PEOPLE:
        return None
    if step.system_id is not None:
        row = await ask.row(_SYSTEM, step.system_id)
        if row is None or row["settings"] is None:
            return None
        return _by_reach(reaching.open_sealed(ask, row["id"], row["settings"]))
    row = await ask.row(_RECIPIENT, step.id)
    return None if row is None else recipient(row["contact"], row["country"])


def recipient(contact: str, country: str) -> Whom | None:
    """Where somebody who received data is written to; None where their contact names no email address."""
    address = address_in(contact)
    if address is None:
        return None
    return Whom(address, language_of(country), is_recipient=True)


def language_of(country: str) -> str:
    """The first official language of a country that we write in (Unicode CLDR), or else English."""
    spoken = get_official_languages(country, de_facto=True)
    return next((each for each in spoken if each in LANGUAGES), LANGUAGES[0])


def _by_reach(reach: Reach) -> Whom:
    return Whom(reach.address, reach.language)


async def ask_for(act: Act, request: Request, step: Step, who: Whom) -> None:
    """Write to somebody for the first time about a step."""
    values = {**_about(act, request, step), "link": await _link(act, step)}
    key = Key.RECIPIENT_ASKED if who.is_recipient else Key.TASK_ASKED
    await _send(act, request.organisation_id, key, who, values, request.id)


async def remind_of(act: Act, who: Whom, several: Sequence[tuple[Request, Step]]) -> None:
    """Remind somebody of what they have open, by one letter; the steps are held, and wait for them."""
    request, step = several[0]
    if len(several) == 1:
        link, values, about = await _link(act, step), _about(act, request, step), request.id
    else:
        link, values, about = await _list(act, [each for _, each in several]), {"count": len(several)}, None
    key = Key.TASK_REMINDER if about else Key.TASKS_REMINDER
    if who.is_recipient:
        key, values = Key.RECIPIENT_REMINDER, {}
    await _send(act, request.organisation_id, key, who, {**values, "link": link}, about)
    for each, reminded in several:
        await act.record("request.task_reminded", each.customer_id, request=each.id, step=reminded.id)


async def late(ask: Ask) -> list[UUID]:
    """In which organisations somebody has not answered after some days."""
    rows = await ask.rows(_LATE, ask.at, *REMINDED_AFTER)
    return [row["organisation_id"] for row in rows]


async def remind(act: Act, organisation_id: UUID) -> int:
    """Remind those who have not answered after some days, at most once a day; returns of how many tasks.

    Who is reminded of one is reminded of all they have open.
    """
    await act.rows(_ALONE, organisation_id)
    waiting = await _waiting(act, organisation_id)
    reminded = {each.whom for each in waiting if each.letters > 1 and each.sent_at > act.at - PAUSE}
    due = {each.whom for each in waiting if each.is_late} - reminded
    return await _press(act, [each for each in waiting if each.whom in due])


async def unanswered(ask: Ask, organisation_id: UUID | None = None) -> list[Open]:
    """Whom the desk can remind: all who were written to, have not answered and have had no letter for a day."""
    waiting = await _waiting(ask, organisation(ask, organisation_id))
    return [each for each in waiting if each.sent_at <= ask.at - PAUSE]


async def remind_all(act: Act, organisation_id: UUID | None = None) -> int:
    """Remind all of these at once, each of them by one letter; returns of how many tasks."""
    towards = organisation(act, organisation_id)
    await act.rows(_ALONE, towards)
    return await _press(act, await unanswered(act, towards))


def letters_for(waiting: Sequence[Open]) -> int:
    """How many letters remind of all of these."""
    each_ones = Counter(each.whom for each in waiting)
    return sum(-(-many // LISTED_MOST) for many in each_ones.values())


async def _waiting(ask: Ask, organisation_id: UUID) -> list[Open]:
    rows = await ask.rows(_OF_ONE, ask.at, *REMINDED_AFTER, organisation_id, PRESSED_MOST)
    reached: dict[UUID, Whom] = {}
    found: list[Open] = []
    for row in rows:
        who = _who(ask, row, reached)
        if who is not None:
            found.append(
                Open(
                    row["id"], row["request_id"], row["reference"], row["name"], who, row["sent_at"], row["letters"],
                    row["is_late"],
                )
            )  # fmt: skip
    return found


def _who(ask: Ask, row: Record, reached: dict[UUID, Whom]) -> Whom | None:
    """Of one row; what is sealed is opened once for each system."""
    if row["system_id"] is None:
        return recipient(row["contact"], row["country"])
    if row["system_id"] not in reached:
        reached[row["system_id"]] = _by_reach(reaching.open_sealed(ask, row["system_id"], row["settings"]))
    return reached[row["system_id"]]


async def _press(act: Act, waiting: Sequence[Open]) -> int:
    """Write one letter to each of them; requests are held in one order, by whoever reminds."""
    held: dict[Whom, list[tuple[Request, Step]]] = {}
    for each in sorted(waiting, key=lambda one: (one.request_id, one.step_id)):
        request, step = await steps.hold(act, each.step_id)
        if not request.is_over and step.state is StepState.WAITING_ON_OTHERS:
            held.setdefault(each.whom, []).append((request, step))
    for who, several in held.items():
        for begin in range(0, len(several), LISTED_MOST):
            await remind_of(act, who, several[begin : begin + LISTED_MOST])
    return sum(len(several) for several in held.values())


def _about(act: Act, request: Request, step: Step) -> dict[str, Any]:
    expected = (step.next_at or act.at + EXPECTED).date()
    return {"reference": request.reference, "system": step.name, "expected_on": expected}


async def _link(act: Act, step: Step) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await _keep(act, step, token, None)
    return f"{PATH}/{token}"


async def _list(act: Act, several: Sequence[Step]) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    for step in several:
        await _keep(act, step, token_of(token, step.id), digest(token))
    return f"{PATH}/{token}"


async def _keep(act: Act, step: Step, token: str, of_list: bytes | None) -> None:
    await act.execute(_KEEP, new_id(), step.id, step.attempts, digest(token), act.at, act.at + LIFE, of_list)


async def _send(
    act: Act, organisation_id: UUID, key: Key, who: Whom, values: Mapping[str, Any], request_id: UUID | None
) -> None:
    await send(
        act,
        NewLetter(
            organisation_id, key, who.address, who.language, values, request_id=request_id,
            until_at=act.at + LIFE,
        ),
    )  # fmt: skip


def token_of(listed: str, step_id: UUID) -> str:
    """The token of one task of a list, which only who has the list's can make."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(listed.encode() + step_id.bytes).digest())
        .rstrip(b"=")
        .decode()
    )


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
