"""Addresses of partners' own: where they publish keys, where they are told things. Of the open internet, by https."""

from typing import Final
from uuid import UUID

from hub import queue
from hub.db import Session
from hub.errors import invalid
from hub.outbound import Rules, Unwanted, check
from hub.settings import Settings

FETCH: Final = "partners.keys_of"
"""The job that fetches the keys of one client."""


def rules(settings: Settings) -> Rules:
    """Where partners' addresses may lead: elsewhere only where this is tried out, which production refuses."""
    own = settings.partner_own_networks
    return Rules(allows_own_networks=own, allows_http=own)


def checked(url: str, settings: Settings, *path: str | int) -> str:
    """An address that may be called, as it was given. Refusal: INVALID."""
    try:
        check(url, rules(settings))
    except Unwanted as unwanted:
        raise invalid(str(unwanted), *path) from None
    return url


async def fetch_soon(session: Session, client_id: UUID) -> None:
    """Let the keys of a client be fetched, by one job at a time."""
    await queue.defer(session, FETCH, {"client": client_id}, lock=f"{FETCH}:{client_id}")
