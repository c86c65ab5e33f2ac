"""A step that gives a part of a copy: rows go from the system to the storage as they come, in bounded memory.

Where an export breaks off, its part is not there.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from hub import storage
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.rights import copying, requests, sealed
from hub.rights.gathered import Rows
from hub.rights.outcomes import Step
from hub.rights.parts import Destination, Held, Shape, Writing
from workers.connectors.connector import Broken, Done, Evidence, Export, Nothing, Outcome, Place, Refused, Row

Items = AsyncIterator[Held | Outcome]


UNSAID: Final = Broken("The system ended its export without saying whether it is complete.")


class _Broken(Exception):
    """Raised within the stream, so that what was written of it goes."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of a call: the outcome, and of an export the part, where there is one."""

    outcome: Outcome
    part: Rows | None = None


async def own(hub: Hub, step: Step) -> Exported:
    """Export what the hub itself holds, as it is at one instant."""
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL, is_planned_once=True) as ask:
        request = await requests.read(ask, step.request_id)
        towards = Destination(request, await sealed.open_key(ask, request.id))
        exported = await _take(hub, towards, _own(copying.rows(ask, request)))
    if exported.part is None:
        return exported
    return replace(exported, outcome=Done(Evidence(tuple(_place(each) for each in exported.part.shapes))))


async def take(hub: Hub, towards: Destination, export: Export) -> Exported:
    """Export what a system holds; whatever the storage cannot do is an outcome too."""
    return await _take(hub, towards, _theirs(export))


async def _take(hub: Hub, towards: Destination, items: Items) -> Exported:
    stream = _Stream(towards.request, items)
    try:
        if not await stream.begins():
            return Exported(stream.outcome)
        place = f"requests/{towards.request.id}/parts/{new_id()}"
        stored = await storage.keep(hub, place, towards.key, stream.lines())
    except _Broken:
        return Exported(stream.outcome)
    except Refusal as refusal:
        passes = refusal.code is Code.UNAVAILABLE
        return Exported(Broken(refusal.message) if passes else Refused(refusal.message))
    return Exported(stream.outcome, Rows(stored, stream.writing.shapes))


class _Stream:
    """The rows of an export as lines, and the outcome once they have ended."""

    def __init__(self, request: requests.Request, items: Items) -> None:
        self._items = items
        self._first: Held | None = None
        self.writing = Writing(request.jurisdictions)
        self.outcome: Outcome = UNSAID

    async def begins(self) -> bool:
        """Whether there is any row: without one nothing is written."""
        item = await anext(self._items, None)
        if isinstance(item, Held):
            self._first = item
            return True
        self.outcome = item or UNSAID
        return False

    async def lines(self) -> AsyncIterator[bytes]:
        """Every row; broken off unless the system says that these were all."""
        if self._first is not None:
            yield self.writing.line(self._first)
        async for item in self._items:
            if isinstance(item, Held):
                yield self.writing.line(item)
                continue
            self.outcome = item
            if not isinstance(item, Done):
                raise _Broken
        if self.outcome is UNSAID:
            raise _Broken


async def _theirs(export: Export) -> Items:
    async for item in export:
        yield (
            Held(f"{item.dataset}.{item.collection}", item.values, item.categories)
            if isinstance(item, Row)
            else item
        )


async def _own(rows: AsyncIterator[Held]) -> Items:
    found = False
    async for row in rows:
        found = True
        yield row
    yield Done(Evidence()) if found else Nothing()


def _place(shape: Shape) -> Place:
    dataset, _, collection = shape.collection.partition(".")
    return Place(dataset, collection, shape.rows, dict.fromkeys([*shape.fields, *shape.withheld], "exported"))
