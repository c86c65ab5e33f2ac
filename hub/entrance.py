"""How a customer comes in at the portal: a code, or a link, to an address; and who it turns out to be.

Every address gets a code, and nobody is looked for before it has come back: what is sent, said and done until then is
the same for all. A mailbox that leads to one customer lets that one in. One that several share asks for something else
that we know of them, such as their customer number. One that leads to nobody still follows the requests that name it.

A link is worth no more than its code: it works in the visit that asked for it, once, and as long. Opening it does
nothing; its page has a button.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub import finding, seconds
from hub.act import Act, Ask
from hub.auth import sessions
from hub.auth.codes import CODE_LIFE, PORTAL, Pending, Tried
from hub.auth.sessions import Identity, Known, Visit
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.finding import Reference, ReferenceKind
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key

LINK_BYTES: Final = 32
PLACE: Final = "entrance"
"""Where a visit keeps its attempt, among what was typed."""


class Came(StrEnum):
    """Whom a proved address led to. WHICH: to several, and it is asked which of them it is."""

    IN = "IN"
    WHICH = "WHICH"
    NOBODY = "NOBODY"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to come in, or to prove again who one is. proved_at: when the address was, and it is asked who."""

    id: UUID
    email: str = field(repr=False)
    proved_at: datetime | None = None

    @property
    def is_proved(self) -> bool:
        """Whether the address is proved already."""
        return self.proved_at is not None

    @classmethod
    def of(cls, typed: dict[str, Any]) -> "Attempt | None":
        """As a visit keeps it."""
        kept = typed.get(PLACE)
        if not kept:
            return None
        proved_at = kept.get("proved_at")
        return cls(UUID(kept["id"]), kept["email"], proved_at and datetime.fromisoformat(proved_at))

    def keep(self, typed: dict[str, Any]) -> None:
        """Put it into what a visit keeps."""
        proved_at = self.proved_at and self.proved_at.isoformat()
        typed[PLACE] = {"id": str(self.id), "email": self.email, "proved_at": proved_at}


# Each attempt that begins clears away some that are over, with their codes.
_BEGIN = """
    WITH over AS (
        DELETE FROM portal_attempt WHERE id IN (
            SELECT id FROM portal_attempt WHERE begun_at < now() - interval '1 day' LIMIT 10 FOR UPDATE SKIP LOCKED)
    )
    INSERT INTO portal_attempt (id, organisation_id, begun_at) VALUES ($1, $2, $3)
"""
_LINK = "UPDATE portal_attempt SET link = $2 WHERE id = $1"
_LINKED = """
    SELECT a.link FROM portal_attempt a JOIN portal_code c ON c.attempt_id = a.id
    WHERE a.id = $1 AND a.organisation_id = $2 AND c.ended_at IS NULL AND c.expires_at > $3
"""
_FOLLOWED = """
    SELECT id FROM rights_request WHERE organisation_id = $1 AND contact_blind = ANY ($2)
        AND (customer_id IS NULL OR NOT EXISTS (
            SELECT FROM customer c WHERE c.id = customer_id AND coalesce(c.survivor_id, c.id) = ANY ($3)))
        AND ($4 OR customer_id IS NULL) AND state <> 'VERIFYING'
    ORDER BY id DESC LIMIT 50
"""
_PLACES = """
    SELECT t.jurisdictions FROM customer_state s JOIN standing t ON t.id = s.standing_id
    WHERE s.customer_id = $1 AND s.organisation_id = $2
"""


async def begin(act: Act, email: str, place: str) -> Attempt:
    """Send a code, and a link below `place`, to whatever address was given; Refusal INVALID if it is none."""
    attempt = Attempt(new_id(), act.hub.vault.blind_email(email).normalised)
    await act.execute(_BEGIN, attempt.id, act.actor.organisation_id, act.at)
    await send_code(act, attempt, place)
    return attempt


async def send_code(act: Act, attempt: Attempt, place: str) -> None:
    """Send one more code; what was sent before is worth nothing from now on. Refusal LIMIT after five."""
    if await PORTAL.left(act, attempt.id) == 0:
        raise Refusal(Code.LIMIT, "Too many codes were sent for this. Begin again, or call us.", ("attempt",))
    digits, link = await PORTAL.make(act, attempt.id), secrets.token_urlsafe(LINK_BYTES)
    await act.execute(_LINK, attempt.id, _digest(link))
    minutes = int(CODE_LIFE.total_seconds() // 60)
    values = {"code": digits, "minutes": minutes, "link": f"{place}/{link}"}
    new = NewLetter(
        act.actor.organisation_id, Key.SIGN_IN, attempt.email, act.locale, values, until_at=act.at + CODE_LIFE
    )
    await send(act, new)
    await act.record("portal.code_sent", attempt=attempt.id)


async def pending(ask: Ask, attempt: Attempt) -> Pending | None:
    """Read when the code of an attempt ends and how many tries are left; None where there is none to try."""
    return await PORTAL.pending(ask, attempt.id)


async def codes_left(ask: Ask, attempt: Attempt) -> int:
    """Count how many more codes can be sent."""
    return await PORTAL.left(ask, attempt.id)


async def try_code(act: Act, attempt: Attempt, digits: str) -> Tried:
    """Try the code of a held visit's attempt."""
    tried = await PORTAL.try_code(act, attempt.id, digits)
    await act.record(f"portal.code_{tried.lower()}", attempt=attempt.id)
    return tried


async def is_link(ask: Ask, attempt: Attempt, link: str) -> bool:
    """Whether a link is the one that was sent last, and still counts."""
    kept: bytes | None = await ask.value(_LINKED, attempt.id, ask.actor.organisation_id, ask.at)
    return kept is not None and hmac.compare_digest(kept, _digest(link))


async def follow_link(act: Act, attempt: Attempt, link: str) -> bool:
    """Take the link of a held visit's attempt for its code; False where it counts no more, or is another's."""
    if not await is_link(act, attempt, link):
        await act.record("portal.link_over", attempt=attempt.id)
        return False
    await PORTAL.end(act, attempt.id)
    await act.record("portal.link_right", attempt=attempt.id)
    return True


async def come_in(act: Act, visit: Visit, attempt: Attempt, token: str) -> Came:
    """The address is proved: let its customer into a held visit, under a new token."""
    found = await _customers(act, attempt)
    if len(found) > 1:
        Attempt(attempt.id, attempt.email, act.at).keep(visit.typed)
        await sessions.keep(act, visit, token)
        return Came.WHICH
    await _follow(act, visit, attempt, found, is_sole=True)
    if not found:
        del visit.typed[PLACE]
        await sessions.keep(act, visit, token)
        await act.record("portal.nobody_came", attempt=attempt.id)
        return Came.NOBODY
    await _let_in(act, visit, attempt, found[0], Known.CODE, token)
    return Came.IN


async def say_which(act: Act, visit: Visit, attempt: Attempt, said: str, token: str) -> bool:
    """Let in the one of several whose customer number or phone this is; False where it is of none, or of two."""
    found = await _customers(act, attempt)
    asked = found if attempt.is_proved else []
    known = await seconds.known_by(act, act.actor.organisation_id, asked, said)
    if len(known) != 1:
        await act.record("portal.which_wrong", attempt=attempt.id)
        return False
    await _follow(act, visit, attempt, list(known), is_sole=False)
    await _let_in(act, visit, attempt, known.pop(), Known.TWO_IDENTIFIERS, token)
    return True


async def confirm(act: Act, visit: Visit, token: str) -> None:
    """A code was right once more: a held visit is fresh for some minutes, under a new token."""
    visit.typed.pop(PLACE, None)
    await sessions.confirm(act, visit, token)
    await act.record("portal.confirmed", visit.customer_id)


async def identify(act: Act, visit: Visit, said: str, token: str) -> bool:
    """Take a customer number, or a phone, of who is signed in for a second identifier; False if it is none.

    The visit goes on under a new token.
    """
    customer_id = visit.customer_id
    known = await seconds.known_by(act, act.actor.organisation_id, [customer_id] if customer_id else [], said)
    if customer_id is None or customer_id not in known:
        await act.record("portal.identify_wrong", customer_id)
        return False
    await sessions.identify(act, visit, Known.TWO_IDENTIFIERS, token)
    await act.record("portal.identified", customer_id)
    return True


async def _customers(act: Act, attempt: Attempt) -> list[UUID]:
    reference = Reference(ReferenceKind.EMAIL, attempt.email)
    return list(await finding.find(act, act.actor.organisation_id, reference))


async def _let_in(
    act: Act, visit: Visit, attempt: Attempt, customer_id: UUID, known: Known, token: str
) -> None:
    del visit.typed[PLACE]
    places = await act.value(_PLACES, customer_id, act.actor.organisation_id)
    visit.typed["known"] = {"email": {"email": attempt.email}}
    if places:
        visit.typed["known"]["place"] = {"place": places[0]}
    identity = Identity(customer_id, known, attempt.proved_at or act.at)
    await sessions.sign_in(act, visit, identity, token)
    await act.record("portal.signed_in", customer_id, identified=known)


async def _follow(
    act: Act, visit: Visit, attempt: Attempt, customers: Sequence[UUID], *, is_sole: bool
) -> None:
    """Let a visit follow the requests that name the address, and are not the customer's anyway.

    Where several share the mailbox, only those of nobody we know: what is another's stays theirs.
    """
    blinds = list(act.hub.vault.blind_email(attempt.email).candidates)
    rows = await act.rows(_FOLLOWED, act.actor.organisation_id, blinds, list(customers), is_sole)
    followed: list[str] = visit.typed.setdefault("requests", [])
    followed += [str(row["id"]) for row in reversed(rows) if str(row["id"]) not in followed]


def _digest(link: str) -> bytes:
    return hashlib.sha256(link.encode()).digest()
