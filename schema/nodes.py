"""Things by their id: one explicit table of types, each with its permission and its way of loading.

What may not be seen, what is gone and what never was give the same null.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import get_object_definition

from hub.act import Ask
from hub.actors import Operation, may
from hub.errors import Code, Refusal
from schema.limits import LARGEST_PAGE
from schema.relay import Node, parse_id
from schema.weights import Weight

Load = Callable[[Ask, Sequence[UUID]], Awaitable[Sequence[Node]]]
"""Those of the rows that exist and that this Ask's actor may see, in any order."""


Batch = Callable[[Ask, Sequence[UUID]], Awaitable[Mapping[UUID, Node]]]
"""As loaders have it: those rows by their ids."""


def loading(batch: Batch) -> Load:
    """What a loader reads, for the table."""

    async def load(ask: Ask, ids: Sequence[UUID]) -> Sequence[Node]:
        return list((await batch(ask, ids)).values())

    return load


@dataclass(frozen=True, slots=True)
class _Entry:
    operation: Operation
    load: Load


class NodeTable:
    """The types of one schema that can be fetched by id."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def add(self, kind: type[Node], operation: Operation, load: Load) -> None:
        """Let `kind` be fetched by whoever may do `operation`."""
        self._entries[get_object_definition(kind, strict=True).name] = _Entry(operation, load)

    @property
    def kinds(self) -> Mapping[str, Operation]:
        """The types by name and the operation each needs."""
        return {name: entry.operation for name, entry in self._entries.items()}

    def parse(self, identifier: str, *path: str | int) -> tuple[str, UUID]:
        """Type and UUID of an id of any of these types. Raises Refusal(INVALID) with `path`."""
        return parse_id(identifier, *self._entries, path=path)

    async def find(self, ask: Ask, wanted: Sequence[tuple[str, UUID]]) -> list[Node | None]:
        """These things, in this order; None for each that the asker cannot have."""
        by_kind: dict[str, list[UUID]] = defaultdict(list)
        for kind, uuid in wanted:
            by_kind[kind].append(uuid)
        found: dict[tuple[str, UUID], Node] = {}
        for kind, uuids in by_kind.items():
            found |= {(kind, node.uuid): node for node in await self._load(ask, kind, uuids)}
        return [found.get(each) for each in wanted]

    async def _load(self, ask: Ask, kind: str, uuids: list[UUID]) -> Sequence[Node]:
        entry = self._entries[kind]
        return await entry.load(ask, uuids) if may(ask.actor, entry.operation) else ()


@strawberry.type
class NodeQueries:
    """Mix into a root query; the table comes from the request, so that each schema has its own."""

    @strawberry.field(
        description="The thing with this id, or null if there is none that you may see.",
        metadata={"operation": Operation.VIEWER_READ},
    )
    async def node(
        self,
        info: strawberry.Info[Any, None],
        id: Annotated[strawberry.ID, strawberry.argument(description="An id as it was given.")],  # noqa: A002 - Relay's name
    ) -> Node | None:
        """One thing by its id."""
        nodes: NodeTable = info.context.nodes
        wanted = [nodes.parse(id, "id")]
        return (await nodes.find(await info.context.ask(Operation.VIEWER_READ), wanted))[0]

    @strawberry.field(
        description="The things with these ids, in their order, each null if there is none that you may see.",
        metadata={"operation": Operation.VIEWER_READ, "weight": Weight(sized_by="ids")},
    )
    async def nodes(
        self,
        info: strawberry.Info[Any, None],
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="At most 100 ids as they were given.")
        ],
    ) -> list[Node | None]:
        """Several things by their ids."""
        if len(ids) > LARGEST_PAGE:
            raise Refusal(Code.INVALID, f"At most {LARGEST_PAGE} ids at a time.", ("ids",))
        nodes: NodeTable = info.context.nodes
        wanted = [nodes.parse(each, "ids", place) for place, each in enumerate(ids)]
        return await nodes.find(await info.context.ask(Operation.VIEWER_READ), wanted)
