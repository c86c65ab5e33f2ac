"""One GraphQL request as resolvers see it: ``info.context``.

It opens one Ask for all fields of the operation, when the first field needs it, so that an answer is one
snapshot; and it makes loaders, which live and die with the request and therefore never serve one viewer's
rows to another.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import strawberry
from starlette.requests import Request
from strawberry.dataloader import DataLoader

from hub.act import Ask, Hub
from hub.actors import Actor, Operation, authorise, may
from hub.errors import Code, Refusal
from schema.nodes import NodeTable
from schema.relay import Cursors

K = TypeVar("K")
V = TypeVar("V")
Batch = Callable[[Ask, Sequence[K]], Awaitable[Mapping[K, V]]]
"""Loads many by their keys at once; what it leaves out is loaded as None."""

KEY_CHARACTERS = 255
_KEY = re.compile(r'"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([A-Za-z0-9._~:/+=-]{1,255})')


class Call:
    """One request: who asks, in which language, and what its fields share."""

    def __init__(  # noqa: PLR0913 - what fields share, no less
        self,
        hub: Hub,
        actor: Actor,
        *,
        cursors: Cursors,
        nodes: NodeTable,
        locale: str = "en",
        idempotency_key: str | None = None,
        ask_who: Callable[[], Awaitable[Actor]] | None = None,
    ) -> None:
        self.hub = hub
        self.actor = actor
        self.cursors = cursors
        self.nodes = nodes
        self.locale = locale
        self.idempotency_key = idempotency_key
        self._ask_who = ask_who
        self._opening = asyncio.Lock()
        self._ask: Ask | None = None
        self._leaving: AbstractAsyncContextManager[Ask] | None = None
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    async def ask(self, operation: Operation) -> Ask:
        """The operation's one snapshot, opened by the first field that may and must read."""
        if self._ask is not None:
            authorise(self.actor, operation)
            return self._ask
        async with self._opening:
            if self._ask is None:
                opened = self.hub.ask(self.actor, operation, locale=self.locale)
                self._ask = await opened.__aenter__()
                self._leaving = opened
                return self._ask
        return await self.ask(operation)

    def ask_once(self, operation: Operation) -> Ask:
        """An Ask for a field that runs one statement: the open snapshot, or none at all.

        A call that holds a snapshot must not wait for a second connection: enough such calls wait for ever.
        """
        if self._ask is None:
            return self.hub.ask_once(self.actor, operation, locale=self.locale)
        authorise(self.actor, operation)
        return self._ask

    async def load(self, batch: Batch[K, V], operation: Operation, key: K) -> V | None:
        """One of many: fields that ask for the same kind of thing at once are answered by one `batch`."""
        loader = self._loaders.get((batch, operation))
        if loader is None:
            loader = self._loaders[batch, operation] = DataLoader(load_fn=self._loading(batch, operation))
        return await loader.load(key)

    def _loading(
        self, batch: Batch[K, V], operation: Operation
    ) -> Callable[[list[K]], Awaitable[list[V | None]]]:
        async def load(keys: list[K]) -> list[V | None]:
            found = await batch(await self.ask(operation), keys)
            return [found.get(key) for key in keys]

        return load

    @property
    def viewer(self) -> str:
        """Who asks, for what is worth something to nobody else."""
        return f"{self.actor.kind}:{self.actor.id}:{self.actor.organisation_id}"

    async def renew(self) -> None:
        """Ask once more who asks, for a call that lasts. Refusals: UNAUTHENTICATED, UNAVAILABLE."""
        if self._ask_who is not None:
            self.actor = await self._ask_who()

    def may(self, operation: Operation) -> bool:
        """Whether the asker may do this: for fields that are null, not an error, to those who may not."""
        return may(self.actor, operation)

    async def close(self) -> None:
        """Let the snapshot go; the next field that reads sees what has been committed since."""
        leaving, self._leaving, self._ask = self._leaving, None, None
        self._loaders.clear()
        if leaving is not None:
            await leaving.__aexit__(None, None, None)


Info = strawberry.Info[Call, None]


async def uninterrupted(work: Coroutine[Any, Any, V]) -> V:
    """Let work on a snapshot end before a cancellation counts: what still runs on it would be cut off.

    Its loaders are tasks of their own, which no cancellation of who waits for them would reach.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        return await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key header: a structured text in quotes; a bare token is accepted as well."""
    header = request.headers.get("idempotency-key")
    return None if header is None else checked_key(header)


def checked_key(text: str) -> str:
    """A key of 1 to 255 printable ASCII characters; Refusal(INVALID) for anything else."""
    found = _KEY.fullmatch(text.strip())
    if found is None:
        message = f"An idempotency key is 1 to {KEY_CHARACTERS} printable characters, for example a UUID."
        raise Refusal(Code.INVALID, message, ("idempotency_key",))
    return found[1] or found[2]
