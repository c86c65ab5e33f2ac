"""From one thing to others: loaded together with those of the whole answer, never one by one.

A link asks for an operation of its own. Where the asker may not do it, the link is null, and the field's
description says so.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from hub.actors import Operation
from schema.call import Batch, Info
from schema.weights import Weight

V = TypeVar("V")
Resolver = Callable[..., Any]


def link(operation: Operation, description: str, weight: Weight | None = None) -> Callable[[Resolver], Any]:
    """A field that leads to another thing; its operation stands in the picture of who may call what."""
    metadata = {"operation": operation, **({"weight": weight} if weight else {})}

    def declare(resolver: Resolver) -> Any:
        return strawberry.field(resolver=resolver, description=description, metadata=metadata)

    return declare


async def one(info: Info, operation: Operation, batch: Batch[UUID, V], key: UUID | None) -> V | None:
    """The thing with this id; None for none, and for an asker who may not see such things."""
    if key is None or not info.context.may(operation):
        return None
    return await info.context.load(batch, operation, key)


async def several(
    info: Info, operation: Operation, batch: Batch[UUID, V], keys: Sequence[UUID]
) -> list[V] | None:
    """The things with these ids, in this order; None for an asker who may not see such things."""
    if not info.context.may(operation):
        return None
    found = await asyncio.gather(*(info.context.load(batch, operation, key) for key in keys))
    return [each for each in found if each is not None]


async def children(
    info: Info, operation: Operation, batch: Batch[UUID, list[V]], key: UUID
) -> list[V] | None:
    """What hangs on the thing with this id; None for an asker who may not see such things."""
    if not info.context.may(operation):
        return None
    return await info.context.load(batch, operation, key) or []
