"""Files that were checked, put into the storage for an act to note: each under a key of its own."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from hub import storage
from hub.act import Hub
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.keyring import SECRET_BYTES
from hub.storage import Stored
from hub.uploads.values import Checked
from hub.vault import DataKey

Place = Callable[[UUID], str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the storage, and that no act has noted yet. secret: its key."""

    id: UUID
    file: Checked
    stored: Stored
    secret: bytes = field(repr=False)


@asynccontextmanager
async def keeping(hub: Hub, files: Sequence[Checked], place: Place, known: str) -> AsyncGenerator[list[Kept]]:
    """Put files into the storage for an act to note; what it has not noted is removed again.

    place: where a file lies. known: the statement that finds which ids were noted. Refusal UNAVAILABLE where they
    cannot be stored.
    """
    kept: list[Kept] = []
    try:
        for file in files:
            kept += [await _keep(hub, file, place)]
        yield kept
    except Exception as error:
        is_known = not isinstance(error, Refusal) or error.code is not Code.OUTCOME_UNKNOWN
        if is_known:  # otherwise they may have been noted
            await drop(hub, [place(each.id) for each in kept])
        raise
    ids = [each.id for each in kept]
    noted = {row["id"] for row in await hub.database.single().rows(known, ids)}
    await drop(hub, [place(each) for each in ids if each not in noted])


async def drop(hub: Hub, places: Sequence[str]) -> None:
    """Remove what no act knows; what cannot be removed now is swept later."""
    for each in places:
        try:
            await storage.drop(hub, each)
        except Refusal:
            return


async def _keep(hub: Hub, file: Checked, place: Place) -> Kept:
    file_id, secret = new_id(), os.urandom(SECRET_BYTES)
    stored = await storage.keep(hub, place(file_id), DataKey(secret), _once(file.content))
    return Kept(file_id, file, stored, secret)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
