"""What a partner has to forget, to correct or to stop using: read in order, followed, and acknowledged."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import date
from typing import Annotated, Final, Self
from uuid import UUID

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.pairwise import Pairs
from hub.partners import acknowledging, feed
from hub.partners.acknowledging import ANSWERS_MOST, Answer
from hub.partners.feed import Entry, Place
from hub.partners.withdrawals import Ground, Kind, Said
from schema.call import Call, uninterrupted
from schema.door import acts, asks, follows
from schema.internal.telling import told
from schema.limits import LARGEST_PAGE, PAGE
from schema.problems import Payload
from schema.relay import Binding, Connection, Edge, PageInfo, global_id, uuid_of
from schema.weights import Weight

_ONE: Final = Weight(items=1)
_NAME: Final = "Withdrawal"
_First = Annotated[int, strawberry.argument(description="How many at most: 1 to 100.")]
_After = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last one you have dealt with; by default from the start."
    ),
]

told(
    Kind, "WithdrawalKind", "What is to be done.",
    FORGET="Delete what you hold for this.", CORRECT="It has changed: fetch the customer again.",
    STOP="Keep it, and do not use it for this.",
)  # fmt: skip
told(
    Said, "WithdrawalEvidence", "What you did.",
    DONE="All of it.", NOT_HELD="There was nothing any more.", KEPT="You keep some of it, on a ground, until a day.",
)  # fmt: skip
told(
    Ground, "WithdrawalGround", "Why you keep what you should forget.",
    LEGAL_DUTY="A law makes you keep it.", LEGAL_CLAIM="You need it for a legal claim.",
    OWN_CUSTOMER="They are your customer too, and gave it to you themselves.",
    PUBLIC_INTEREST="You need it for a task in the public interest.",
)  # fmt: skip


@strawberry.type(
    description="What you have to do about one customer, under one arrangement, for one purpose."
)
class Withdrawal:
    """One entry of the feed."""

    id: strawberry.ID = strawberry.field(description="What you acknowledge it by.")
    cursor: str = strawberry.field(
        description="Its place: give it as `after`, and nothing that follows is missed."
    )
    kind: Kind = strawberry.field(description="What you have to do.")
    customer: strawberry.ID = strawberry.field(description="Your own id of the customer.")
    arrangement: strawberry.ID | None = strawberry.field(
        description="Under which arrangement you received it."
    )
    purpose: str = strawberry.field(description="For which purpose, by its key.")
    categories: list[str] = strawberry.field(description="What it is about, by key.")
    made_on: date = strawberry.field(description="On which day it came about.")
    due_on: date = strawberry.field(
        description="By the end of which day you acknowledge it, or receive nothing more."
    )
    evidence: Said | None = strawberry.field(description="What you said you did; null: it waits for that.")
    ground: Ground | None = strawberry.field(description="Why you keep some of it.")
    kept_until: date | None = strawberry.field(description="Until when you keep it.")

    @classmethod
    def of(cls, call: Call, pairs: Pairs, entry: Entry) -> Self:
        """As the API shows it. Days only: what happened to one customer at one moment is told to several partners."""
        one = entry.withdrawal
        [own_id, customer] = pairs.shown([one.id, one.customer_id])
        return cls(
            id=global_id(_NAME, own_id),
            cursor=_cursor(call, entry.place, own_id),
            kind=one.kind,
            customer=global_id("Customer", customer),
            arrangement=global_id("Arrangement", one.arrangement_id) if one.arrangement_id else None,
            purpose=entry.purpose,
            categories=list(entry.categories),
            made_on=one.made_at.date(),
            due_on=one.due_at.date(),
            evidence=one.answer,
            ground=one.ground,
            kept_until=one.kept_until,
        )


@strawberry.input(description="What you did about one entry.")
class AcknowledgementInput:
    """Evidence."""

    id: strawberry.ID = strawberry.field(description="The entry.")
    evidence: Said = strawberry.field(description="DONE, NOT_HELD, or KEPT with a ground and a last day.")
    ground: Ground | None = strawberry.field(default=None, description="Of what is KEPT: why.")
    until: date | None = strawberry.field(default=None, description="Of what is KEPT: until when.")


@strawberry.type(description="What was acknowledged: all of it, or none.")
class AcknowledgePayload(Payload):
    """Of `acknowledge`."""

    count: int = strawberry.field(default=0, description="How many entries stand as you said.")


_Entries = Annotated[
    list[AcknowledgementInput], strawberry.argument(description="What you did, an entry each: at most 1,000.")
]


@strawberry.type
class WithdrawalQueries:
    """The feed."""

    @asks(Operation.WITHDRAWAL_READ, whole=True, weight=Weight(sized_by="first"))
    async def withdrawals(
        self, call: Call, first: _First = PAGE, after: _After = None
    ) -> Connection[Withdrawal]:
        """What you have to forget, correct or stop using, in one order, which never changes; at least once each.

        Entries you have acknowledged stay in it. A cursor from before a backup was restored is refused: resync.
        """
        if not 1 <= first <= LARGEST_PAGE:
            raise Refusal(Code.INVALID, f"`first` must be from 1 to {LARGEST_PAGE}.", ("first",))
        ask = await call.ask(Operation.WITHDRAWAL_READ)
        start = await _place(call, ask, after)
        found = await feed.after(ask, ask.actor, start.number, first + 1)
        return _connection(_shown(call, found[:first]), is_later=after is not None, more=len(found) > first)


@strawberry.type
class WithdrawalMutations:
    """What was done."""

    @acts(Operation.WITHDRAWAL_ACKNOWLEDGE)
    async def acknowledge(self, act: Act, entries: _Entries) -> AcknowledgePayload:
        """Say what you did about entries of the feed. Said again, it changes nothing."""
        if len(entries) > ANSWERS_MOST:  # before any of them is read
            raise Refusal(Code.LIMIT, f"Acknowledge at most {ANSWERS_MOST} entries at a time.", ("entries",))
        pairs = Pairs(act.hub, feed.recipient(act.actor))
        named = [uuid_of(each.id, _NAME, "entries", place, "id") for place, each in enumerate(entries)]
        answers = [
            Answer(meant, each.evidence, each.ground, each.until)
            for meant, each in zip(pairs.meant(named), entries, strict=True)
        ]
        return AcknowledgePayload(count=len(await acknowledging.acknowledge(act, answers)))


@strawberry.type
class WithdrawalSubscriptions:
    """The feed, as it grows."""

    @follows(Operation.WITHDRAWAL_READ, weight=_ONE)
    async def withdrawal_added(self, call: Call, after: _After = None) -> AsyncGenerator[Withdrawal, None]:
        """What follows a cursor, and then each entry as it comes; without a cursor from the start."""
        place = await uninterrupted(_start(call, after))
        pairs = Pairs(call.hub, feed.recipient(call.actor))
        async with aclosing(feed.follow(call.hub, call.actor, place)) as found:
            async for each in found:
                yield Withdrawal.of(call, pairs, each)


async def _start(call: Call, after: str | None) -> Place:
    """After which place to follow; nothing is left open."""
    try:
        return await _place(call, await call.ask(Operation.WITHDRAWAL_READ), after)
    finally:
        await call.close()


async def _place(call: Call, ask: Ask, after: str | None) -> Place:
    if after is None:
        return feed.START
    number, own_id = call.cursors.decode_cursor(after, (int, UUID), _binding(call), "after")
    [withdrawal_id] = Pairs(ask.hub, feed.recipient(ask.actor)).meant([own_id])
    place = Place(number, withdrawal_id)
    await feed.require_known(ask, place)
    return place


def _shown(call: Call, found: Sequence[Entry]) -> list[Withdrawal]:
    pairs = Pairs(call.hub, feed.recipient(call.actor))
    return [Withdrawal.of(call, pairs, each) for each in found]


def _connection(rows: Sequence[Withdrawal], *, is_later: bool, more: bool) -> Connection[Withdrawal]:
    edges = [Edge(node=each, cursor=each.cursor) for each in rows]
    info = PageInfo(
        has_next_page=more,
        has_previous_page=is_later,
        start_cursor=rows[0].cursor if rows else None,
        end_cursor=rows[-1].cursor if rows else None,
    )
    return Connection(edges=edges, page_info=info)


def _cursor(call: Call, place: Place, own_id: UUID) -> str:
    return call.cursors.encode_cursor((place.number, own_id), _binding(call))


def _binding(call: Call) -> Binding:
    """A cursor is good for every client of the partner: clients are renewed, what it has read is not."""
    return Binding("withdrawals", "", b"", f"partner:{feed.recipient(call.actor)}")
