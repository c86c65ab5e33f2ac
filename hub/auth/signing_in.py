"""Signing in at the desk: address, password and the code of an authenticator, all in one.

Whoever is wrong in any of them is told the same, after the same work: one count, one look-up, one hash. Each try counts
until it was right, for an address in a network, as failures of clients do, so a stranger locks nobody out. Codes that
come with the right password count for the account, wherever they come from: five in a quarter of an hour, then none is
looked at. A code is taken once, also of several at the same moment: the account is locked, and remembers the thirty
seconds.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from hub.act import Act, Hub
from hub.actors import Actor, Operation, member
from hub.auth import attempts, authenticator, passwords, sign_ins
from hub.db import Record
from hub.errors import Refusal

CODES_MOST: Final = 5
CODES_SECONDS: Final = 900

_FIND = """
    SELECT id, roles, password FROM staff
    WHERE organisation_id = $1 AND email_blind = ANY ($2) AND disabled_at IS NULL AND password IS NOT NULL
"""
_HOLD = """
    SELECT authenticator, code_step FROM staff
    WHERE id = $1 AND password = $2 AND disabled_at IS NULL FOR UPDATE
"""
_OWN = "SELECT id, roles, password FROM staff WHERE id = $1 AND disabled_at IS NULL AND password IS NOT NULL"
_TAKE = "UPDATE staff SET code_step = $2 WHERE id = $1"
_CHANGE = "UPDATE staff SET password = $2 WHERE id = $1"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody signs in with. network: the address that they come from."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    code: str = field(repr=False)
    network: str | None = field(repr=False)


async def sign_in(hub: Hub, organisation_id: UUID, said: Said) -> str | None:
    """Sign in; returns the token for the browser, None where anything is wrong.

    Refusal LIMIT after too many failures.
    """
    candidates = _candidates(hub, said.email)
    spending = attempts.budget(hub, f"desk {organisation_id} {candidates[0].hex()}", said.network)
    await attempts.refuse_spent(hub, spending)
    await attempts.count_failure(hub, spending)  # before the work, or many at once would all have it done
    row = await hub.database.single().row(_FIND, organisation_id, candidates)
    is_right = await passwords.matches(said.password, row["password"] if row else None)
    token = await _take(hub, organisation_id, row, said.code) if row is not None and is_right else None
    if token is None:
        _log.warning("desk.sign_in_refused")
    else:
        await attempts.take_back(hub, spending)
    return token


async def prove(hub: Hub, actor: Actor, token: str, code: str) -> str | None:
    """Prove again, by a new code, that one is at the desk oneself; returns the new token, None for a wrong code."""
    row = await hub.database.single().row(_OWN, actor.id)
    if row is None or not await _may_try(hub, row["id"]):
        return None

    async def body(act: Act) -> str | None:
        if not await _take_code(act, row, code):
            return None
        await act.record("staff.proved", staff=row["id"])
        return await sign_ins.prove(act, token)

    return await _cleared(hub, row["id"], await hub.perform(actor, Operation.DESK_OWN, body))


async def change_password(hub: Hub, actor: Actor, token: str, old: str, new: str, code: str) -> str | None:
    """Change one's own password and end all other sign-ins; returns the new token, None where old or code is wrong.

    Refusal INVALID for a new one that will not do.
    """
    kept = passwords.check(new)
    row = await hub.database.single().row(_OWN, actor.id)
    if row is None or not await _may_try(hub, row["id"]):
        return None
    if not await passwords.matches(old, row["password"]):
        return None
    hashed = await passwords.hash_(kept)

    async def body(act: Act) -> str | None:
        if not await _take_code(act, row, code):
            return None
        await act.execute(_CHANGE, row["id"], hashed)
        await act.record("staff.password_changed", staff=row["id"])
        fresh = await sign_ins.prove(act, token)
        await sign_ins.end_all(act, row["id"], spared=fresh)
        return fresh

    return await _cleared(hub, row["id"], await hub.perform(actor, Operation.DESK_OWN, body))


async def _take(hub: Hub, organisation_id: UUID, row: Record, code: str) -> str | None:
    if not await _may_try(hub, row["id"]):
        return None
    actor = member(row["id"], organisation_id, row["roles"])

    async def body(act: Act) -> str | None:
        if not await _take_code(act, row, code):
            return None
        await act.record("staff.signed_in", staff=row["id"])
        return await sign_ins.begin(act, row["id"])

    return await _cleared(hub, row["id"], await hub.perform(actor, Operation.DESK_SIGN_IN, body))


async def _take_code(act: Act, row: Record, code: str) -> bool:
    """Take a code of an account whose password is still the same, and of these thirty seconds for the first time."""
    held = await act.row(_HOLD, row["id"], row["password"])
    if held is None:
        return False
    secret = act.hub.vault.open_own("staff", "authenticator", row["id"], held["authenticator"])
    step = authenticator.matching_step(secret, code, act.at)
    if step is None or step <= (held["code_step"] or 0):
        await act.record("staff.code_refused", staff=row["id"])
        return False
    await act.execute(_TAKE, row["id"], step)
    return True


async def _may_try(hub: Hub, staff_id: UUID) -> bool:
    """Count one more code of an account, before it is looked at."""
    return await attempts.spend(hub, [_purse(hub, staff_id)], CODES_SECONDS) == 0


async def _cleared(hub: Hub, staff_id: UUID, token: str | None) -> str | None:
    """Begin to count anew after a right code."""
    if token is not None:
        await attempts.forget(hub, [_purse(hub, staff_id)])
    return token


def _purse(hub: Hub, staff_id: UUID) -> attempts.Purse:
    return attempts.purse(hub, CODES_MOST, "desk code", str(staff_id))


def _candidates(hub: Hub, email: str) -> list[bytes]:
    """What an account with this address would be found by; something that is nobody's for what is no address."""
    try:
        return list(hub.vault.blind_email(email).candidates)
    except Refusal:
        return [bytes(32)]
