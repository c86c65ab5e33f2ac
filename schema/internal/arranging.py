"""Drafting arrangements, looking whom they will reach, and putting them into force."""

from dataclasses import replace
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from hub import arrangements, arranging
from hub.act import Act, Ask
from hub.actors import Operation
from hub.arranging import Weighed
from hub.partners import clocks
from schema.door import acts
from schema.internal.arrangements import Arrangement, ArrangementAgreeInput, ArrangementPayload
from schema.internal.crowds import COUNTING
from schema.internal.places import within
from schema.internal.references import Reference, reference
from schema.internal.texts import LocalTextInput, by_locale
from schema.internal.turns import turn
from schema.problems import Payload


@strawberry.input(description="An arrangement to draft.")
class ArrangementDraftInput(ArrangementAgreeInput):
    """What is to be agreed."""

    starts_on: date = strawberry.field(
        description="Its first day; at the earliest the day on which it is put into force."
    )
    keep_days: int | None = strawberry.field(
        default=None,
        description="For how many days the recipient may keep what it gets; null: until it must forget.",
    )
    gain: list[LocalTextInput] = strawberry.field(
        default_factory=list[LocalTextInput],
        description="What we get from it, as customers read it; empty: it is not said.",
    )

    def new(self) -> arrangements.NewArrangement:
        """As the hub takes it."""
        gain = by_locale(self.gain, "gain") or None
        return replace(super().new(), keep_days=self.keep_days, gain=gain)


@strawberry.input(description="A draft.")
class ArrangementRefInput:
    """Which."""

    arrangement: Reference = strawberry.field(description="Which: key or id.")


@strawberry.type(description="The draft is gone.")
class ArrangementDiscardPayload(Payload):
    """Of `arrangementDiscard`."""


_Draft = Annotated[ArrangementDraftInput, strawberry.argument(description="The draft.")]
_Which = Annotated[ArrangementRefInput, strawberry.argument(description="Which.")]


@strawberry.input(description="Until when a recipient is to say what it did about withdrawals.")
class ArrangementClockInput:
    """In days."""

    arrangement: Reference = strawberry.field(description="Under which arrangement: key or id.")
    days: int = strawberry.field(description="Days in which they are acknowledged: 1 to 90.")


_Clock = Annotated[ArrangementClockInput, strawberry.argument(description="How many days.")]


async def _weighed(ask: Ask, input: ArrangementRefInput) -> Weighed:
    with within(input, "input"), turn(ask):
        return await arranging.weigh(ask, _named(input))


@strawberry.type
class ArrangingMutations:
    """From a draft to what is in force."""

    @acts(Operation.CATALOGUE_WRITE)
    async def arrangement_draft(self, act: Act, input: _Draft) -> ArrangementPayload:
        """Enter what is to be agreed with a recipient. Nothing may rest on it until it is put into force."""
        with within(input, "input"):
            row = await arrangements.draft(act, input.new())
        return ArrangementPayload(arrangement=Arrangement.of(row))

    @acts(Operation.CATALOGUE_WRITE, looks=_weighed, weight=COUNTING)
    async def arrangement_weigh(self, act: Act, input: _Which, looked: Weighed) -> ArrangementPayload:
        """Count whom a draft will reach, and keep the picture with it."""
        with within(input, "input"):
            row = await arranging.keep(act, looked)
        return ArrangementPayload(arrangement=Arrangement.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def arrangement_put_in_force(self, act: Act, input: _Which) -> ArrangementPayload:
        """Let a draft count from now on; refused until its picture was looked at and nothing is missing."""
        with within(input, "input"):
            row = await arranging.put_in_force(act, _named(input))
        return ArrangementPayload(arrangement=Arrangement.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def arrangement_discard(self, act: Act, input: _Which) -> ArrangementDiscardPayload:
        """Throw a draft away; what is or was in force is kept."""
        with within(input, "input"):
            await arranging.discard(act, _named(input))
        return ArrangementDiscardPayload()

    @acts(Operation.CATALOGUE_WRITE)
    async def arrangement_clock_set(self, act: Act, input: _Clock) -> ArrangementPayload:
        """Give a recipient so many days to say what it did; what it was told before keeps its day."""
        with within(input, "input"):
            named = reference(input.arrangement, "Arrangement", "arrangement")
            await clocks.put(act, named, input.days)
            row = await arrangements.read(act, named, "arrangement")
        return ArrangementPayload(arrangement=Arrangement.of(row))


def _named(given: ArrangementRefInput) -> UUID | str:
    return reference(given.arrangement, "Arrangement", "arrangement")
