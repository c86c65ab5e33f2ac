"""Stands between workers and a connector: whatever a connector does, a call ends in time, with one outcome.

It holds no state: the time limit is the call's, and what is garbage is Broken.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import aclosing
from typing import Any, Final, cast

from workers.connectors.connector import (
    OUTCOMES,
    Broken,
    Call,
    Change,
    Connector,
    Done,
    Export,
    Nothing,
    Operation,
    Outcome,
    Row,
)

UNENDED: Final = Broken("The system ended its export without saying whether it is complete.")
GARBAGE: Final = Broken("The system answered something that is none of the answers agreed.")


class Guarded:
    """A connector that keeps to the contract, around one that may not."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def find(self, call: Call) -> Outcome:
        """As the contract says."""
        return await _guard(call, Operation.FIND, self._connector.find(call))

    async def correct(self, call: Call, changes: Sequence[Change]) -> Outcome:
        """As the contract says."""
        return await _guard(call, Operation.CORRECT, self._connector.correct(call, changes))

    async def erase(self, call: Call) -> Outcome:
        """As the contract says."""
        return await _guard(call, Operation.ERASE, self._connector.erase(call))

    async def restrict(self, call: Call, *, is_restricted: bool = True) -> Outcome:
        """As the contract says."""
        return await _guard(
            call, Operation.RESTRICT, self._connector.restrict(call, is_restricted=is_restricted)
        )

    async def export(self, call: Call) -> Export:
        """As the contract says; the time limit is for each row, as whoever writes the rows down takes time too."""
        async with aclosing(cast("Any", self._connector.export(call))) as rows:
            counted = 0
            while True:
                item = await _next(call, rows)
                if isinstance(item, Row):
                    counted += 1
                    yield item
                    continue
                yield await _last(call, rows, item, counted)
                return

    async def close(self) -> None:
        """Let connections go."""
        await self._connector.close()


async def _next(call: Call, rows: AsyncIterator[Any]) -> Any:
    try:
        async with asyncio.timeout(call.seconds):
            return await anext(rows, UNENDED)
    except TimeoutError:
        return _late(call)
    except Exception as error:  # noqa: BLE001 - a connector may fail in any way, and its message may hold values
        return _failed(error)


async def _last(call: Call, rows: AsyncIterator[Any], item: Any, counted: int) -> Outcome:
    """The outcome of an export, if it is one and nothing follows it."""
    if not isinstance(item, OUTCOMES):
        return GARBAGE
    if isinstance(item, Done) and item.evidence.rows != counted:
        return Broken("The system said it exported another number of rows than it did.")
    if isinstance(item, Nothing) and counted:
        return GARBAGE
    is_end = item is UNENDED or isinstance(item, Broken) or await _next(call, rows) is UNENDED
    return item if is_end else GARBAGE


async def _guard(call: Call, operation: Operation, answering: Awaitable[Outcome]) -> Outcome:
    try:
        async with asyncio.timeout(call.seconds):
            outcome: Any = await answering
    except TimeoutError:
        return _late(call)
    except Exception as error:  # noqa: BLE001 - a connector may fail in any way, and its message may hold values
        return _failed(error)
    return outcome if isinstance(outcome, OUTCOMES) and _proves(call, operation, outcome) else GARBAGE


def _proves(call: Call, operation: Operation, outcome: Any) -> bool:
    """Nothing counts as done without evidence, and no dry run counts as done at all."""
    if not isinstance(outcome, Done):
        return True
    evidence: Any = outcome.evidence
    is_proof = bool(evidence.places or evidence.kept)
    reads = operation in {Operation.FIND, Operation.EXPORT}
    return is_proof and (reads or evidence.is_repeated or evidence.is_dry_run == call.is_dry_run)


def _late(call: Call) -> Broken:
    return Broken(f"The system did not answer within {call.seconds:g} seconds.")


def _failed(error: Exception) -> Broken:
    return Broken(f"The connector failed ({type(error).__name__}).")
