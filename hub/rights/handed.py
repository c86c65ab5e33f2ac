"""What somebody hands in who looked by hand, by the link of a task or at the desk: for a copy, the files they found.

A file lies in the storage under the request's key, and counts with the act that notes the answer; it goes into the copy
as it is. Of a link or a step that is over by then, nothing is kept.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from uuid import UUID

from hub import storage
from hub.act import Act, Hub
from hub.actors import STRANGER, Actor, Operation
from hub.db import new_id
from hub.errors import Code, Refusal, not_found
from hub.rights import fulfilling, gathered, requests, steps, tasks
from hub.rights.outcomes import Operation as Asked
from hub.rights.outcomes import Step
from hub.rights.requests import Request
from hub.rights.sealed import open_key
from hub.rights.tasks import Said
from hub.storage import Stored
from hub.uploads.values import MEDIA, Checked
from hub.vault import DataKey

TAKING: Final = frozenset({Asked.EXPORT})
"""What files are handed in for: what a copy is made of."""
Found = Callable[[], Awaitable[tuple[UUID, DataKey]]]
"""Finds the request that files belong to, and its key."""
_NOTED: Final = "SELECT place FROM package_part WHERE place = ANY ($1)"


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that lies in the storage, and that no act has noted yet."""

    file: Checked
    stored: Stored


def keeping(hub: Hub, token: str, files: Sequence[Checked]) -> AbstractAsyncContextManager[list[Handed]]:
    """Put files that come by a link into the storage for an act to note.

    Refusals: NOT_FOUND and CONFLICT as for the link, UNAVAILABLE where they cannot be stored.
    """
    return _keeping(hub, files, partial(_by_link, hub, token))


def keeping_by_hand(
    hub: Hub, actor: Actor, step_id: UUID, files: Sequence[Checked]
) -> AbstractAsyncContextManager[list[Handed]]:
    """Put files that staff found into the storage for an act to note. Refusals: NOT_FOUND, UNAVAILABLE."""
    return _keeping(hub, files, partial(_by_hand, hub, actor, step_id))


@asynccontextmanager
async def _keeping(hub: Hub, files: Sequence[Checked], find: Found) -> AsyncGenerator[list[Handed]]:
    """What no act has noted is removed again, or swept away later."""
    kept: list[Handed] = []
    try:
        if files:
            await _keep(hub, await find(), files, kept)
        yield kept
    except Exception as error:
        is_known = not isinstance(error, Refusal) or error.code is not Code.OUTCOME_UNKNOWN
        if is_known:  # otherwise they may have been noted
            await _drop(hub, [each.stored.place for each in kept])
        raise
    places = [each.stored.place for each in kept]
    rows = await hub.database.single().rows(_NOTED, places) if places else []
    noted = {row["place"] for row in rows}
    await _drop(hub, [each for each in places if each not in noted])


async def _drop(hub: Hub, places: Sequence[str]) -> None:
    for each in places:
        await storage.drop(hub, each)


async def answer(act: Act, token: str, said: Said, kept: Sequence[Handed]) -> Request:
    """Note what somebody says by their link, with what they hand in; with the last step the request moves on."""
    request, step = await tasks.hold(act, token)
    await _note(act, request, step, kept)
    return await fulfilling.answer_task(act, token, replace(said, files=len(kept)))


async def settle(
    act: Act, step_id: UUID, state: str, rows: int | None, why: str, kept: Sequence[Handed] = ()
) -> Request:
    """Note what staff found or did by hand, with the files they found; with the last step the request moves on."""
    request, step = await steps.hold(act, step_id)
    await _note(act, request, step, kept)
    return await fulfilling.settle_by_hand(act, step_id, state, rows, why, len(kept))


async def _note(act: Act, request: Request, step: Step, kept: Sequence[Handed]) -> None:
    for each in kept:
        media_type = MEDIA[each.file.kind]
        await gathered.add_file(act, request.id, each.stored, each.file.name, media_type, step.id)


async def _by_link(hub: Hub, token: str) -> tuple[UUID, DataKey]:
    async with hub.ask(STRANGER, Operation.STEP_ANSWER) as ask:
        request_id = await tasks.request_of(ask, token)
        return request_id, await open_key(ask, request_id)


async def _by_hand(hub: Hub, actor: Actor, step_id: UUID) -> tuple[UUID, DataKey]:
    async with hub.ask(actor, Operation.REQUEST_CONDUCT) as ask:
        request_id = await ask.value("SELECT request_id FROM rights_step WHERE id = $1", step_id)
        if request_id is None:
            raise not_found("step", "step")
        await requests.read(ask, request_id)
        return request_id, await open_key(ask, request_id)


async def _keep(hub: Hub, found: tuple[UUID, DataKey], files: Sequence[Checked], kept: list[Handed]) -> None:
    request_id, key = found
    for file in files:
        place = f"requests/{request_id}/files/{new_id()}"
        kept.append(Handed(file, await storage.keep(hub, place, key, _once(file.content))))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
