"""What may be run on one schema, by whichever way it comes, and how the answer reads.

The order is binding, cheapest and surest first: does it parse within the token limit, what does it cost with every
fragment expanded; only then validation, and last execution, inside a time limit.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import strawberry
from graphql import ExecutionResult, OperationDefinitionNode, OperationType

from hub.errors import Code, Refusal
from schema import faults
from schema.call import uninterrupted
from schema.documents import Documents, Invalid, Prepared
from schema.limits import LIMITS, Limits
from schema.trusted import NONE, Trusted
from schema.wire import Halt, Parameters


class Context(Protocol):
    """What resolvers find in ``info.context``; closed when the operation is over."""

    async def close(self) -> None:
        """Give back what the operation held open."""
        ...


class Meter(Protocol):
    """Where figures about requests go. Neither method sees a value a client sent."""

    def spent(self, points: int) -> None:
        """An operation of this cost is about to run."""
        ...

    def refused(self, reason: str) -> None:
        """A request ended before its operation ran; `reason` is a code."""
        ...


class Unmetered:
    """Counts nothing."""

    def spent(self, points: int) -> None:
        """Forget it."""

    def refused(self, reason: str) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operation that may run. cost: its points, with the variables that came with it."""

    text: str
    prepared: Prepared
    node: OperationDefinitionNode
    asked: Parameters
    cost: int

    @property
    def kind(self) -> OperationType:
        """A query, a mutation or a subscription."""
        return self.node.operation


class Operations:
    """Admits and runs what is asked of one schema.

    introspection: the schema may be asked for, and errors suggest names.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        limits: Limits = LIMITS,
        *,
        introspection: bool = False,
        trusted: Callable[[Documents], Trusted] | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.limits = limits
        self.meter = meter or Unmetered()
        self._introspection = introspection
        self._documents = Documents(schema, limits, introspection=introspection)
        self._trusted = trusted(self._documents) if trusted else NONE

    def admit(self, asked: Parameters) -> Admitted:
        """What may run. Raises Refusal(LIMIT), Invalid, and Halt where only known documents run."""
        text, prepared = self._prepared(asked)
        node = prepared.operation(asked.operation_name)
        cost = self._documents.cost(prepared, node, asked.variables)
        return Admitted(text, prepared, node, asked, cost)

    async def run(self, admitted: Admitted, context: Context) -> dict[str, Any]:
        """Answer a query or a mutation. Raises Invalid if the variables do not fit, Halt(503) after the time limit."""
        self.meter.spent(admitted.cost)
        asked = admitted.asked
        running = self._documents.run(admitted.prepared, asked.operation_name, asked.variables, context)
        return self._value(await self._timed(admitted, context, running), admitted)

    async def follow(self, admitted: Admitted, context: Context) -> AsyncGenerator[dict[str, Any]]:
        """Answer a subscription, once for each of its events; nothing is held open between two.

        Raises Invalid if the variables do not fit, Halt(503) for an event that takes too long, and whatever its
        resolver raises.
        """
        self.meter.spent(admitted.cost)
        asked = admitted.asked
        events = self._documents.follow(admitted.prepared, asked.operation_name, asked.variables, context)
        async with aclosing(events):
            async for answer in events:
                done = await uninterrupted(self._timed(admitted, context, answer()))
                yield self._value(done, admitted)

    def refused(self, refused: Refusal | Invalid) -> list[dict[str, Any]]:
        """The errors of a request that is not run."""
        if isinstance(refused, Refusal):
            self.meter.refused(str(refused.code))
            return [faults.refused(refused)]
        self.meter.refused(refused.code)
        return [
            faults.of_document(each, refused.code, suggest=self._introspection) for each in refused.errors
        ]

    def _value(self, done: ExecutionResult, admitted: Admitted) -> dict[str, Any]:
        value: dict[str, Any] = {}
        if done.errors:
            value["errors"] = [
                faults.shown(each, admitted.text, suggest=self._introspection) for each in done.errors
            ]
        value["data"] = done.data
        value["extensions"] = {"cost": {"requested": admitted.cost, "limit": self.limits.cost}}
        return value

    def _too_slow(self, admitted: Admitted) -> Halt:
        seconds = f"The operation took longer than {self.limits.seconds} seconds and was stopped. "
        if admitted.kind is OperationType.MUTATION:
            advice = "It may have happened: send it again with the same idempotency key to find out."
            return Halt(503, Code.OUTCOME_UNKNOWN, seconds + advice)
        return Halt(503, "TOO_SLOW", seconds + "Ask for smaller pages or fewer nested lists.")

    async def _timed(
        self, admitted: Admitted, context: Context, running: Awaitable[ExecutionResult]
    ) -> ExecutionResult:
        try:
            async with asyncio.timeout(self.limits.seconds):
                return await running
        except TimeoutError:
            raise self._too_slow(admitted) from None
        finally:
            await _close(context, admitted.text)

    def _prepared(self, asked: Parameters) -> tuple[str, Prepared]:
        if asked.document_id is not None:
            return self._trusted.find(asked.document_id)
        self._trusted.refuse_others()
        text = asked.query or ""
        return text, self._documents.prepare(text)


async def _close(context: Context, document: str) -> None:
    """Close; what was done is done, so a failure here is logged and the answer stands."""
    try:
        await context.close()
    except Exception as error:  # noqa: BLE001 -- see above
        faults.fault(error, document)
