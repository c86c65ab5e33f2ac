"""Letters queued, claimed, settled: each step a short act; what lies between claim and settle is the mail server's.

A letter goes out once, but for one gap that nobody can close: a worker that dies after the server said 250 and before
the letter is settled leaves it to be sent again, with the same Message-ID, by which mailboxes know a copy. A claim
holds for LEASE_SECONDS, which is longer than an attempt can take.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from hub import identifiers, inputs, particulars, queue, scope
from hub.act import Act, Hub
from hub.db import Record, new_id
from hub.errors import Refusal, invalid, not_found
from hub.letters import rendering, revising
from hub.letters.post import Outcome, Result
from hub.letters.rendering import Outgoing
from hub.letters.templates import SHIPPED, Content, Key, Template, Value, host_of, speaks, write
from hub.vault import DataKey

TASK: Final = "letters.deliver"
LEASE_SECONDS: Final = 300
FIRST_PAUSE_SECONDS: Final = 60
LONGEST_PAUSE_SECONDS: Final = 3_600
PATIENCE: Final = timedelta(days=5)  # RFC 5321 section 4.5.4.1
OVERDUE_SECONDS: Final = 120
RESUMED_MOST: Final = 1_000

_INSERT = """
    INSERT INTO letter (id, organisation_id, customer_id, request_id, template, template_version, revision_id, locale,
                        address, content, state, message_id, queued_at, next_at, until_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'QUEUED', $11, $12, $12, $13, $14)
"""
_HOLD = """
    SELECT l.*, o.name AS organisation, k.wrapped FROM letter l JOIN organisation o ON o.id = l.organisation_id
    LEFT JOIN keys.customer_key k ON k.customer_id = l.customer_id
    WHERE l.id = $1 FOR UPDATE OF l
"""
_CLAIM = "UPDATE letter SET attempts = attempts + 1, next_at = $2 WHERE id = $1"
_DEFER = "UPDATE letter SET next_at = $2, reason = $3 WHERE id = $1"
_END = """
    UPDATE letter SET state = $2, reason = $3, next_at = NULL,
        sent_at = CASE WHEN $2 IN ('SENT', 'BOUNCED') THEN coalesce(sent_at, $4) END,
        content = CASE WHEN $5 THEN NULL ELSE content END
    WHERE id = $1
"""
_OVERDUE = """
    SELECT id FROM letter WHERE state = 'QUEUED' AND next_at < now() - make_interval(secs => $1)
        AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                        WHERE j.queueing_lock = 'letter ' || letter.id AND j.status = 'todo')
    ORDER BY next_at LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter to be sent.

    address: where to. locale: what its reader reads, as ``fr`` or ``ar-MA``; English where we do not speak it. values:
    one for each placeholder of the template; links are paths of ours. customer_id: whose key seals it, so that it goes
    with them when they are erased; None for somebody who is no customer, or not any more. until_at: after that it is of
    no use, and is not sent.
    """

    organisation_id: UUID | None
    template: str
    address: str = field(repr=False)
    locale: str
    values: Mapping[str, Value] = field(repr=False)
    customer_id: UUID | None = None
    request_id: UUID | None = None
    until_at: datetime | None = None


async def send(act: Act, new: NewLetter) -> UUID:
    """Queue a letter, to go out if this act commits; returns its id.

    Refusals: NOT_FOUND for the organisation or the customer, CONFLICT for an erased one, INVALID for everything else,
    at the place that is wrong; what could not be composed is never queued.
    """
    template = SHIPPED[inputs.choice(Key, new.template, "template")]
    house = await revising.read_house(act, new.organisation_id)
    locale = particulars.language(new.locale, "locale")
    if new.until_at is not None and new.until_at <= act.at:
        raise invalid("This is over: give a later instant.", "until_at")
    wording, revision_id = await revising.current(act, house.id, template, speaks(locale))
    content = write(template, wording, {**new.values, **house.values}, locale, _host(act, template))
    letter = Outgoing(
        letter_id := new_id(), 0, template.key, rendering.new_message_id(letter_id, act.hub.settings), act.at,
        house.name, _address(new.address), content,
    )  # fmt: skip
    rendering.compose(letter, act.hub.settings)
    key = await _key(act, new.customer_id, house.id)
    await act.execute(
        _INSERT, letter.id, house.id, new.customer_id, new.request_id, template.key, template.version, revision_id,
        locale, seal(act.hub, key, letter.id, "address", letter.address),
        seal(act.hub, key, letter.id, "content", _dump(content)), letter.message_id, act.at, new.until_at, act.id,
    )  # fmt: skip
    await queue.defer(act, TASK, {"letter_id": letter.id}, once=f"letter {letter.id}")
    await act.record(
        "letter.queued", new.customer_id, letter=letter.id, organisation=house.id, template=template.key,
        version=template.version, revision=revision_id, locale=content.language, request=new.request_id,
    )  # fmt: skip
    return letter.id


async def claim(act: Act, letter_id: UUID) -> Outgoing | datetime | None:
    """Take a letter that is due, for one attempt; a later instant where it is not due yet, None where it has ended.

    A letter whose reader was erased, or that is of no use any more, is suppressed.
    """
    row = await act.row(_HOLD, letter_id)
    if row is None or row["state"] != "QUEUED":
        return None
    if row["next_at"] > act.at:
        return row["next_at"]
    if reason := _why_not(act, row):
        await _suppress(act, row, reason)
        return None
    await act.execute(_CLAIM, letter_id, act.at + timedelta(seconds=LEASE_SECONDS))
    await act.record("letter.tried", row["customer_id"], letter=letter_id, attempt=row["attempts"] + 1)
    key = act.hub.vault.unwrap(row["customer_id"], row["wrapped"]) if row["customer_id"] else None
    return Outgoing(
        letter_id, row["attempts"] + 1, row["template"], row["message_id"], row["queued_at"], row["organisation"],
        unseal(act.hub, key, letter_id, "address", row["address"]).decode(),
        Content(**orjson.loads(unseal(act.hub, key, letter_id, "content", row["content"]))),
    )  # fmt: skip


async def suppress(act: Act, letter_id: UUID, reason: str) -> None:
    """Let a letter that waits not be sent any more; one that has ended stays as it is."""
    row = await act.row(_HOLD, letter_id)
    if row is not None and row["state"] == "QUEUED":
        await _suppress(act, row, reason)


async def settle(act: Act, letter: Outgoing, outcome: Outcome) -> datetime | None:
    """Note what became of an attempt; returns when to try again, None where there is nothing more to do.

    An attempt that was overtaken, by a bounce or by the next attempt, is not noted.
    """
    row = await act.row(_HOLD, letter.id)
    if row is None or row["state"] != "QUEUED" or row["attempts"] != letter.attempt:
        return None
    said = {"letter": letter.id, "attempt": letter.attempt, "smtp": outcome.code}
    if outcome.result is Result.SENT:
        await _end(act, row, "SENT", "")
        await act.record("letter.sent", row["customer_id"], **said)
        return None
    is_over = outcome.result is Result.LATER and act.at - row["queued_at"] > PATIENCE
    if is_over or outcome.result is Result.NEVER:
        reason = "GAVE_UP" if is_over else outcome.reason
        await _end(act, row, "FAILED", reason)
        await act.record("letter.failed", row["customer_id"], reason=reason, **said)
        return None
    next_at = act.at + timedelta(seconds=pause_seconds(letter.attempt))
    await act.execute(_DEFER, letter.id, next_at, outcome.reason)
    await act.record("letter.deferred", row["customer_id"], reason=outcome.reason, **said)
    return next_at


async def bounce(act: Act, letter_id: UUID, reason: str) -> bool:
    """Note that a letter came back; False where that was known, or the letter never went out."""
    row = await act.row(_HOLD, letter_id)
    if row is None:
        raise not_found("letter", "letter")
    # A queued one that was tried came back sooner than its attempt was settled.
    if row["state"] != "SENT" and not (row["state"] == "QUEUED" and row["attempts"]):
        return False
    await _end(act, row, "BOUNCED", reason)
    await act.record("letter.bounced", row["customer_id"], letter=letter_id, reason=reason)
    return True


async def put_off(hub: Hub, letter_id: UUID, at: datetime | None) -> None:
    """Have a letter looked at again, unless a job for it waits already; `at` None means soon."""
    once = f"letter {letter_id}"
    try:
        async with hub.database.writing() as session:
            if not await queue.is_waiting(session, once):
                await queue.defer(session, TASK, {"letter_id": letter_id}, once=once, at=at)
    except asyncpg.UniqueViolationError:
        return  # another job for it was put there at the same moment


async def overdue(hub: Hub) -> list[UUID]:
    """Find letters that are due though no job waits for them: some were queued before there was a mail server."""
    rows = await hub.database.single().rows(_OVERDUE, float(OVERDUE_SECONDS), RESUMED_MOST)
    return [row["id"] for row in rows]


def pause_seconds(attempt: int) -> float:
    """How long to wait after so many attempts: at random, between half and all of what doubling gives."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def seal(hub: Hub, key: DataKey | None, letter_id: UUID, column: str, plaintext: str | bytes) -> bytes:
    """Seal a cell of a letter: under its customer's key, or the keyring's own where it has none."""
    if key is not None:
        return key.seal("letter", column, letter_id, plaintext)
    return hub.vault.seal_own("letter", column, letter_id, plaintext)


def unseal(hub: Hub, key: DataKey | None, letter_id: UUID, column: str, sealed: bytes) -> bytes:
    """Open a cell of a letter."""
    if key is not None:
        return key.open("letter", column, letter_id, sealed)
    return hub.vault.open_own("letter", column, letter_id, sealed)


def _host(act: Act, template: Template) -> str:
    return host_of(template, act.hub.settings)


def _why_not(act: Act, row: Record) -> str:
    if row["customer_id"] is not None and row["wrapped"] is None:
        return "ERASED"
    return "TOO_LATE" if row["until_at"] is not None and row["until_at"] <= act.at else ""


async def _suppress(act: Act, row: Record, reason: str) -> None:
    await _end(act, row, "SUPPRESSED", reason)
    await act.record("letter.suppressed", row["customer_id"], letter=row["id"], reason=reason)


async def _end(act: Act, row: Record, state: str, reason: str) -> None:
    forgotten = row["template"] in {key for key, template in SHIPPED.items() if template.is_forgotten}
    await act.execute(_END, row["id"], state, reason, act.at, forgotten)


async def _key(act: Act, customer_id: UUID | None, organisation_id: UUID) -> DataKey | None:
    if customer_id is None:
        return None
    reached = await scope.hold(act, customer_id, organisation_id, "customer_id")
    return act.hub.vault.unwrap(customer_id, reached.wrapped or b"")


def _address(given: str) -> str:
    try:
        return identifiers.deliverable_email(given)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, ("address",)) from None


def _dump(content: Content) -> bytes:
    return orjson.dumps({
        "language": content.language, "subject": content.subject, "body": content.body, "foot": content.foot,
    })  # fmt: skip
