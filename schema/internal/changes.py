"""Rights requests as they change: pushed to whoever follows, from any place they have reached."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub.act import Ask
from hub.actors import Operation
from hub.rights import changes, following, requests
from hub.rights.changes import Change, Mark, Wanted
from schema.call import Call, Info, uninterrupted
from schema.door import asks, follows
from schema.internal.links import link, one
from schema.internal.references import optional_id
from schema.internal.rights import RightsRequest, RightsRequestEvent, requests_by_id
from schema.relay import Binding
from schema.weights import Weight

_ONE = Weight(items=1)


@strawberry.type(description="Something that became of a rights request.")
class RightsRequestChange:
    """One event."""

    change: strawberry.Private[Change]
    cursor: str = strawberry.field(
        description="Give it to `requestChanged` as `after` when you come back: what follows this is not missed."
    )
    event: RightsRequestEvent = strawberry.field(description="What became of it.")

    @classmethod
    def of(cls, call: Call, change: Change) -> Self:
        """As the API shows it."""
        return cls(
            change=change, cursor=_cursor(call, change.mark), event=RightsRequestEvent.of(change.event)
        )

    @link(Operation.REQUEST_READ, "The request as it stands now, which may be further on.")
    async def request(self, info: Info) -> RightsRequest | None:
        """Read when the change is given out."""
        return await one(info, Operation.REQUEST_READ, requests_by_id, self.change.event.request_id)


_Request = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only this one; by default all of the organisation."),
]
_After = Annotated[
    str | None,
    strawberry.argument(
        description="A cursor of a change or of `changesCursor`, after which to begin; by default now."
    ),
]


@strawberry.type
class ChangeQueries:
    """Where following begins."""

    @asks(Operation.REQUEST_READ, whole=True)
    async def changes_cursor(self, call: Call) -> str:
        """Where changes stand in this snapshot: what is read beside it is followed from here without a gap."""
        return _cursor(call, await changes.end(await call.ask(Operation.REQUEST_READ)))


@strawberry.type
class RequestSubscriptions:
    """What is pushed."""

    @follows(Operation.REQUEST_READ, weight=_ONE)
    async def request_changed(
        self, call: Call, request: _Request = None, after: _After = None
    ) -> AsyncGenerator[RightsRequestChange, None]:
        """What becomes of rights requests, in one order; after a cursor nothing is left out and nothing comes twice."""
        wanted, mark = await uninterrupted(_start(call, request, after))
        async with aclosing(following.of(call.hub).follow(wanted, mark)) as found:
            async for each in found:
                yield RightsRequestChange.of(call, each)


async def _start(call: Call, request: str | None, after: str | None) -> tuple[Wanted, Mark]:
    """What is followed, and after which mark; nothing is left open."""
    request_id = optional_id(request, "RightsRequest", "request")
    try:
        ask = await call.ask(Operation.REQUEST_READ)
        if request_id is not None:
            await requests.read(ask, request_id)
        return Wanted(ask.actor.organisation_id, request_id), await _mark(call, ask, after)
    finally:
        await call.close()


async def _mark(call: Call, ask: Ask, after: str | None) -> Mark:
    if after is None:
        return await changes.end(ask)
    mark = Mark(*call.cursors.decode_cursor(after, (int, UUID), _binding(call), "after"))
    await changes.require_known(ask, mark)
    return mark


def _cursor(call: Call, mark: Mark) -> str:
    return call.cursors.encode_cursor((mark.position, mark.event_id), _binding(call))


def _binding(call: Call) -> Binding:
    return Binding("Subscription.requestChanged", "", b"", call.viewer)
