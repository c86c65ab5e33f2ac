"""The demo's staff: one member at each firm's desk, whose password and codes the first page shows.

They come by an invitation as everybody does. What they sign in with lies beside the made-up data, for nobody's eyes but
the owner's; where that is lost they are invited anew.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson

from hub import organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, STAFF, STRANGER, Operation
from hub.auth import authenticator, invitations, passwords, staff
from hub.demo.apps import keep
from hub.errors import Unready

PEOPLE: Final[Mapping[str, tuple[str, str]]] = {
    "harbour": ("Priya Shah", "priya.shah@harbour.example"),
    "mill-lane": ("Ruth Okafor", "ruth.okafor@mill-lane.example"),
}


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who can be signed in as."""

    firm: str
    key: str
    email: str
    password: str = field(repr=False)
    secret: bytes = field(repr=False)

    @property
    def code(self) -> str:
        """What their authenticator shows now."""
        return authenticator.code(self.secret, datetime.now(UTC))


async def enter(hub: Hub) -> None:
    """Let each firm have its member of staff, once."""
    if hub.settings.is_production:
        raise Unready("demo: made-up staff have no place in production; start it with `hub demo`")
    for key, (name, email) in PEOPLE.items():
        async with hub.ask(OPERATOR, Operation.STAFF_READ) as ask:
            firm = await organisations.read(ask, key)
            found = {each.email: each for each in await staff.all_of(ask, firm.id)}.get(email)
        path = hub.settings.data_dir / f"{key}-desk.secret"
        if found is None or not found.is_ready or await asyncio.to_thread(_read, path) is None:
            made = await _join(hub, firm.id, name, email, found.id if found else None)
            kept = {"firm": firm.name, "key": key, "email": email, **made}
            await asyncio.to_thread(keep, path, orjson.dumps(kept).decode())


def colleagues(folder: Path) -> list[Colleague]:
    """Read who can be signed in as, as the demo's folder has it."""
    kept = [_read(folder / f"{key}-desk.secret") for key in PEOPLE]
    return [
        Colleague(each["firm"], each["key"], each["email"], each["password"], bytes.fromhex(each["secret"]))
        for each in kept
        if each
    ]


async def _join(hub: Hub, firm_id: UUID, name: str, email: str, known: UUID | None) -> dict[str, str]:
    """Invite somebody, or reset them, and take that up; the code of half a minute ago leaves the present one unused."""

    async def invite(act: Act) -> str:
        if known is not None:
            return await staff.reset(act, known)
        return (await staff.invite(act, firm_id, name, email, STAFF))[1]

    token = await hub.perform(OPERATOR, Operation.STAFF_MANAGE, invite)
    invitation = await invitations.read(hub, firm_id, token)
    if invitation is None:
        raise AssertionError("an invitation that was just made is over")
    password = f"demo {secrets.token_hex(8)}"
    hashed = await passwords.hash_(password)

    async def accept(act: Act) -> None:
        before = authenticator.code(invitation.secret, act.at - timedelta(seconds=authenticator.STEP_SECONDS))
        await invitations.accept(act, firm_id, token, hashed, before)

    await hub.perform(STRANGER, Operation.DESK_SIGN_IN, accept)
    return {"password": password, "secret": invitation.secret.hex()}


def _read(path: Path) -> dict[str, str] | None:
    try:
        return orjson.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
