"""Fulfilling rights requests, and the systems in which that is done."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.rights import fulfilling, handling, leaving, outcomes, systems
from schema.door import acts, asks
from schema.internal.opening import RightsRequestPayload, payload_of
from schema.internal.places import within
from schema.problems import Payload
from schema.relay import uuid_of
from schema.weights import Weight


@strawberry.type(description="A system in which personal data lies; its address is the operator's alone.")
class ConnectedSystem:
    """Where a request is fulfilled."""

    key: str = strawberry.field(description="Its key.")
    name: str = strawberry.field(description="Its name.")
    kind: outcomes.StepKind = strawberry.field(description="Who works on it.")
    connected_at: datetime = strawberry.field(description="Since when it is connected.")
    disabled_at: datetime | None = strawberry.field(
        description="Since when it is switched off; requests skip it, and say so."
    )

    @classmethod
    def of(cls, row: systems.System) -> Self:
        """As the API shows it."""
        return cls(
            key=row.key,
            name=row.name,
            kind=row.kind,
            connected_at=row.created_at,
            disabled_at=row.disabled_at,
        )


@strawberry.input(description="A rights request whose correction or deletion is decided on.")
class ApproveRightsRequestInput:
    """Which."""

    request: strawberry.ID = strawberry.field(description="The request's id.")


@strawberry.input(description="What a person found or did in a system.")
class SettleRightsStepInput:
    """With what proves it."""

    step: strawberry.ID = strawberry.field(description="The step's id.")
    state: outcomes.StepState = strawberry.field(description="DONE, NOTHING, REFUSED or SKIPPED.")
    rows: int | None = strawberry.field(default=None, description="Of DONE: how many records it was.")
    why: str = strawberry.field(
        default="",
        description="Of REFUSED and SKIPPED: why, in plain words, naming nobody; the customer reads it.",
    )


@strawberry.input(description="A step is left out.")
class SkipRightsStepInput:
    """Why."""

    step: strawberry.ID = strawberry.field(description="The step's id.")
    why: str = strawberry.field(description="Why, in plain words, naming nobody; the customer reads it.")
    ground: str = strawberry.field(
        default="",
        description="The ground of the law on which this part is refused: of a deletion such as CLAIMS, of a "
        "correction such as DATA_CORRECT; empty: another reason.",
    )


@strawberry.input(description="A step is tried again at once.")
class RetryRightsStepInput:
    """Which."""

    step: strawberry.ID = strawberry.field(description="The step's id.")


@strawberry.input(description="A system in which a person looks.")
class ConnectSystemInput:
    """Databases are connected by the operator: `hub system add`."""

    key: str = strawberry.field(description="A key of its own, such as `paper-archive`.")
    name: str = strawberry.field(description="What staff call it.")


@strawberry.input(description="A system is switched off, or on again.")
class SwitchSystemInput:
    """Which."""

    key: str = strawberry.field(description="The system's key.")
    is_on: bool = strawberry.field(description="Whether requests ask it from now on.")
    skip: str = strawberry.field(
        default="", description="Off: why steps that wait for it are left out; empty: not while any do."
    )


@strawberry.type(description="The system, after the act.")
class ConnectedSystemPayload(Payload):
    """Of every mutation about one."""

    system: ConnectedSystem | None = strawberry.field(default=None, description="The system.")


_Approve = Annotated[ApproveRightsRequestInput, strawberry.argument(description="Which.")]
_Settle = Annotated[SettleRightsStepInput, strawberry.argument(description="Which, and what.")]
_Skip = Annotated[SkipRightsStepInput, strawberry.argument(description="Which, and why.")]
_Retry = Annotated[RetryRightsStepInput, strawberry.argument(description="Which.")]
_Connect = Annotated[ConnectSystemInput, strawberry.argument(description="Which.")]
_Switch = Annotated[SwitchSystemInput, strawberry.argument(description="Which, and to what.")]


def _step(given: strawberry.ID) -> UUID:
    return uuid_of(given, "RightsStep", "step")


@strawberry.type
class FulfilmentQueries:
    """Where requests are fulfilled."""

    @asks(Operation.REQUEST_READ, weight=Weight(items=20))
    async def connected_systems(self, ask: Ask) -> list[ConnectedSystem]:
        """The systems in which personal data lies, by key; the hub itself is always one more."""
        return [ConnectedSystem.of(each) for each in await systems.all_of(ask)]


@strawberry.type
class FulfilmentMutations:
    """Deciding, and doing."""

    @acts(Operation.REQUEST_CONDUCT)
    async def approve_rights_request(self, act: Act, input: _Approve) -> RightsRequestPayload:
        """Have a correction made, or a deletion; a deletion waits seven days, in which it can be withdrawn."""
        with within(input, "input"):
            named = uuid_of(input.request, "RightsRequest", "request")
            return payload_of(await fulfilling.approve(act, named))

    @acts(Operation.REQUEST_CONDUCT)
    async def settle_rights_step(self, act: Act, input: _Settle) -> RightsRequestPayload:
        """Say what was found or done by hand; with the last step the request moves on."""
        with within(input, "input"):
            given = (_step(input.step), input.state, input.rows, input.why)
            return payload_of(await fulfilling.settle_by_hand(act, *given))

    @acts(Operation.REQUEST_CONDUCT)
    async def skip_rights_step(self, act: Act, input: _Skip) -> RightsRequestPayload:
        """Leave a system out, with a reason; the request can then end in part."""
        with within(input, "input"):
            return payload_of(await fulfilling.skip(act, _step(input.step), input.why, input.ground))

    @acts(Operation.REQUEST_CONDUCT)
    async def retry_rights_step(self, act: Act, input: _Retry) -> RightsRequestPayload:
        """Try a step again now that would wait."""
        with within(input, "input"):
            return payload_of(await handling.retry(act, _step(input.step)))

    @acts(Operation.SYSTEM_CONNECT)
    async def connect_system(self, act: Act, input: _Connect) -> ConnectedSystemPayload:
        """Connect a system in which a person looks, such as a paper archive."""
        with within(input, "input"):
            new = systems.NewSystem(input.key, input.name, outcomes.StepKind.MANUAL)
            return ConnectedSystemPayload(system=ConnectedSystem.of(await systems.connect(act, new)))

    @acts(Operation.SYSTEM_CONNECT)
    async def switch_system(self, act: Act, input: _Switch) -> ConnectedSystemPayload:
        """Switch a system off or on; not off while steps wait for it."""
        with within(input, "input"):
            if input.is_on:
                switched = await systems.switch(act, input.key, is_on=True)
            else:
                switched = await leaving.switch_off(act, input.key, input.skip)
        return ConnectedSystemPayload(system=ConnectedSystem.of(switched))
