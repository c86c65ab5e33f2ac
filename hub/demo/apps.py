"""The CRM of each demo firm: a client with every scope, whose secret is kept beside the made-up data.

The file holds ``client_id:secret``, as ``curl -u`` takes it, for nobody's eyes but the owner's.
"""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from hub import organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients, server
from hub.auth.forms import Form
from hub.demo.firm import FIRMS

NAME = "CRM"


@dataclass(frozen=True, slots=True)
class App:
    """A firm's CRM, signed in. file: what it signs in with."""

    firm: str
    file: Path
    token: str = field(repr=False)


async def sign_in(hub: Hub) -> list[App]:
    """Sign in the CRM of each firm; one whose secret is lost, or was revoked, is made anew."""
    return [await _sign_in(hub, key) for key in FIRMS]


async def _sign_in(hub: Hub, key: str) -> App:
    path = hub.settings.data_dir / f"{key}-crm.secret"
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        firm = await organisations.read(ask, key)
    token = await _token(hub, await asyncio.to_thread(_read, path))
    if token is None:
        token = await _token(hub, await _create(hub, firm.id, path))
    if token is None:
        raise AssertionError("a client that was just made cannot sign in")
    return App(firm.name, path, token)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


async def _create(hub: Hub, firm: Any, path: Path) -> str:
    async def create(act: Act) -> tuple[Any, SecretStr]:
        return await clients.create(act, NAME, clients.Kind.APP, sorted(SCOPES), firm)

    client, secret = await hub.perform(OPERATOR, Operation.CLIENT_CREATE, create)
    kept = f"{client.id}:{secret.get_secret_value()}"
    await asyncio.to_thread(keep, path, kept)
    return kept


def keep(path: Path, kept: str) -> None:
    """Write a secret where its owner alone can read it."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{kept}\n")


async def _token(hub: Hub, kept: str) -> str | None:
    """Sign in as any client would."""
    client_id, _, secret = kept.partition(":")
    if not secret:
        return None
    fields = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answered = await server.answer(hub, Operation.TOKEN_ISSUE, Form(fields, None, client_id), None)
    return answered.body.get("access_token")
