"""Files to keep, and what became of them."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

from hub import storage
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.storage import Stored
from hub.vault import DataKey


def moved(hub: Hub, **changes: object) -> Hub:
    """The same hub with other settings of its storage."""
    return Hub(hub.settings.model_copy(update=changes), hub.database, hub.vault)


async def pieces(content: bytes, size: int = 300_000) -> AsyncIterator[bytes]:
    """Content as it comes from somewhere, in uneven pieces."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def held(hub: Hub, place: str, key: DataKey) -> bytes:
    """What an object holds."""
    return b"".join([piece async for piece in storage.read(hub, place, key)])


def files_below(folder: Path) -> list[Path]:
    """What lies there, finished or not."""
    return [each for each in folder.rglob("*") if each.is_file()]


def mode(folder: Path) -> int:
    """Who may do what there."""
    return folder.stat().st_mode


def place() -> str:
    return f"tests/{uuid4()}"


async def noted(hub: Hub, stored: Stored) -> None:
    """Let it count."""
    async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        await storage.note(act, stored)
        await act.record("storage.noted")
