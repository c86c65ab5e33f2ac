"""Staff of an organisation's desk: who they are, what they may do, and how they come and go.

An account is made by an invitation, whose link is given away once (`hub.auth.invitations`); nobody but its owner knows
its password or holds its authenticator. Whoever loses the authenticator needs a second person: nobody resets an account
of their own. Names and addresses are sealed under the keyring and found by a keyed hash.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.act import Act, Ask, Hub
from hub.actors import STAFF, Actor, Role, member
from hub.auth import invitations, sign_ins
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.vault import Blind

NAME_CHARACTERS: Final = 100
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff. is_ready: they have a way to sign in, by two factors. seen_at: when last at the desk."""

    id: UUID
    organisation_id: UUID
    roles: tuple[str, ...]
    is_ready: bool
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None
    name: str = field(repr=False)
    email: str = field(repr=False)

    @property
    def actor(self) -> Actor:
        """As whom they act."""
        return member(self.id, self.organisation_id, self.roles)


_ACCOUNT = """
    SELECT s.id, s.organisation_id, s.name, s.email, s.roles, s.password IS NOT NULL OR EXISTS (
        SELECT FROM staff_identity x WHERE x.staff_id = s.id) AS is_ready, s.created_at,
        s.disabled_at, (SELECT max(i.seen_at) FROM staff_sign_in i WHERE i.staff_id = s.id) AS seen_at
    FROM staff s
"""
_ALL = f"{_ACCOUNT} WHERE s.organisation_id = $1 ORDER BY s.id LIMIT {MOST}"
_BY_ID = f"{_ACCOUNT} WHERE s.id = $1 AND ($2::uuid IS NULL OR s.organisation_id = $2)"
_HOLD = "SELECT id FROM staff WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2) FOR UPDATE"
_BY_EMAIL = (
    "SELECT id, disabled_at FROM staff WHERE organisation_id = $1 AND email_blind = ANY ($2) FOR UPDATE"
)
_ADD = """
    INSERT INTO staff (id, organisation_id, name, email, email_blind, email_key, roles, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_COUNT = "SELECT count(*) FROM staff WHERE organisation_id = $1"
_RENEW = "UPDATE staff SET name = $2, roles = $3, disabled_at = NULL WHERE id = $1"
_DISABLE = "UPDATE staff SET disabled_at = $2 WHERE id = $1"
_BARE = "UPDATE staff SET password = NULL, authenticator = NULL, code_step = NULL WHERE id = $1"
_UNBIND = "DELETE FROM staff_identity WHERE staff_id = $1"
_NAMES = "SELECT id, name FROM staff WHERE id = ANY ($1) AND ($2::uuid IS NULL OR organisation_id = $2)"


async def invite(
    act: Act, organisation_id: UUID, name: str, email: str, roles: Iterable[str]
) -> tuple[Account, str]:
    """Make an account, or one that was disabled again; returns it with the token of its invitation, shown once.

    Refusals: NOT_FOUND for another organisation, INVALID for a name, an address or roles, FORBIDDEN for a role that a
    member of staff does not have, CONFLICT where they have one.
    """
    if act.actor.organisation_id not in {None, organisation_id}:
        raise not_found("organisation", "organisation")
    granted, called, blind = _granted(act.actor, roles), _name(name), _blind(act, email)
    found = await act.row(_BY_EMAIL, organisation_id, list(blind.candidates))
    if found is not None and found["disabled_at"] is None:
        message = "There is an account with this address: reset it, and it gets a new link."
        raise Refusal(Code.CONFLICT, message, ("email",))
    vault, staff_id = act.hub.vault, found["id"] if found else new_id()
    sealed = vault.seal_own("staff", "name", staff_id, called)
    if found is None:
        await _refuse_too_many(act, organisation_id)
        address = vault.seal_own("staff", "email", staff_id, blind.normalised)
        about = (blind.digest, blind.key_id, granted, act.at)
        await act.execute(_ADD, staff_id, organisation_id, sealed, address, *about)
    else:
        await act.execute(_RENEW, staff_id, sealed, granted)
    token = await invitations.issue(act, staff_id)
    await act.record("staff.invited", staff=staff_id, roles=granted, organisation=organisation_id)
    return await read(act, staff_id), token


async def reset(act: Act, staff_id: UUID) -> str:
    """Take password and authenticator away, end every sign-in, and make a new invitation; returns its token.

    Refusals: NOT_FOUND, CONFLICT for a disabled account, and for one's own: that takes a second person.
    """
    account = await _hold(act, staff_id)
    if act.actor.id == account.id:
        raise Refusal(Code.CONFLICT, "Ask somebody else to reset your account.", ("staff",))
    if account.disabled_at is not None:
        raise Refusal(Code.CONFLICT, "This account is disabled: invite its owner again.", ("staff",))
    await _bare(act, account.id)
    await sign_ins.end_all(act, account.id)
    token = await invitations.issue(act, account.id)
    await act.record("staff.reset", staff=account.id)
    return token


async def disable(act: Act, staff_id: UUID) -> Account:
    """End an account, its invitation and every sign-in at once; a second time changes nothing.

    Refusals: NOT_FOUND, CONFLICT for one's own: that takes a second person.
    """
    account = await _hold(act, staff_id)
    if account.disabled_at is not None:
        return account
    if act.actor.id == account.id:
        raise Refusal(Code.CONFLICT, "Ask somebody else to disable your account.", ("staff",))
    await act.execute(_DISABLE, account.id, act.at)
    await _bare(act, account.id)
    await invitations.end(act, account.id)
    await sign_ins.end_all(act, account.id)
    await act.record("staff.disabled", staff=account.id)
    return await read(act, staff_id)


async def read(ask: Ask, staff_id: UUID) -> Account:
    """Read one account; Refusal NOT_FOUND for every other id."""
    row = await ask.row(_BY_ID, staff_id, ask.actor.organisation_id)
    if row is None:
        raise not_found("member of staff", "staff")
    return _account(ask.hub, row)


async def all_of(ask: Ask, organisation_id: UUID) -> list[Account]:
    """List an organisation's staff, disabled accounts too, the oldest first."""
    if ask.actor.organisation_id not in {None, organisation_id}:
        raise not_found("organisation", "organisation")
    return [_account(ask.hub, row) for row in await ask.rows(_ALL, organisation_id)]


async def names_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Read what some members of staff are called, by one statement."""
    rows = await ask.rows(_NAMES, list(ids), ask.actor.organisation_id)
    return {row["id"]: _open(ask.hub, row["id"], "name", row["name"]) for row in rows}


def _account(hub: Hub, row: Record) -> Account:
    values: dict[str, Any] = {**row, "roles": tuple(row["roles"])}
    for column in ("name", "email"):
        values[column] = _open(hub, row["id"], column, row[column])
    return Account(**values)


def _open(hub: Hub, staff_id: UUID, column: str, sealed: bytes) -> str:
    return hub.vault.open_own("staff", column, staff_id, sealed).decode()


async def _hold(act: Act, staff_id: UUID) -> Account:
    if await act.value(_HOLD, staff_id, act.actor.organisation_id) is None:
        raise not_found("member of staff", "staff")
    return await read(act, staff_id)


async def _bare(act: Act, staff_id: UUID) -> None:
    """Take every way to sign in from an account."""
    await act.execute(_BARE, staff_id)
    await act.execute(_UNBIND, staff_id)


async def _refuse_too_many(act: Act, organisation_id: UUID) -> None:
    if await act.value(_COUNT, organisation_id) >= MOST:
        raise Refusal(Code.LIMIT, f"An organisation has {MOST} accounts at most.", ("organisation",))


def _granted(actor: Actor, roles: Iterable[str]) -> list[str]:
    """The roles, sorted; staff give only what they have themselves, whatever else they look after."""
    granted = sorted(set(roles))
    if not granted or not set(granted) <= STAFF:
        raise invalid(f"Name one role at least of: {', '.join(sorted(STAFF))}.", "roles")
    if actor.kind == "staff" and not set(granted) <= actor.roles:
        raise Refusal(Code.FORBIDDEN, "You can give only what you may do yourself.", ("roles",))
    return [str(Role(each)) for each in granted]


def _name(name: str) -> str:
    called = " ".join(name.split())
    if not called or len(called) > NAME_CHARACTERS or not called.isprintable():
        raise invalid(f"A name is 1 to {NAME_CHARACTERS} printable characters.", "name")
    return called


def _blind(act: Act, email: str) -> Blind:
    try:
        return act.hub.vault.blind_email(email)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, ("email",)) from None
