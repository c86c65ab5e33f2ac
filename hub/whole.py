"""Whole acts: each is kept by one statement, and those that are ready at the same moment share it, and so a commit.

If anything is wrong with one of those that share, each is tried again alone, so nobody fails for another's mistake.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg
import orjson

from hub import metrics
from hub.act import FAILURES, RETRIED, Hub, refusal
from hub.actors import Actor, Operation
from hub.db import LOST
from hub.ledger import Sealed
from hub.together import CROWDED, Together

ACTS_AT_MOST = 64
ATTEMPTS = 3
Row = tuple[Any, ...]
Once = tuple[str, bytes]
"""An idempotency key, and the fingerprint of what was asked under it."""


class Whole:
    """Acts that one database function keeps, any number of them by one statement."""

    def __init__(
        self,
        sql: str,
        *,
        most: int = ACTS_AT_MOST,
        runners: int = 4,
        crowded: int = CROWDED,
        by_column: bool = False,
    ) -> None:
        """Keep by `sql`, whose one argument is an array of acts and whose answer is for all of them.

        most: acts in one statement; with more than `crowded` waiting, another runs beside it, `runners` at most.
        by_column: `sql` takes an array for each value of an act.
        """
        self.sql = sql
        self._by_column = by_column
        self._limits = {"most": most, "runners": runners, "crowded": crowded}
        self._queues: WeakKeyDictionary[Hub, Together[Row, Any]] = WeakKeyDictionary()

    async def keep(self, hub: Hub, act: Row) -> Any:
        """Keep an act with those that are ready too; alone, and again if the database asks for it, when that fails.

        Refusals UNAVAILABLE, OUTCOME_UNKNOWN. What the act itself is refused for is raised as the database said it.
        """
        together = self._queues.get(hub)
        if together is None:
            together = self._queues[hub] = Together(partial(self._keep_all, hub), **self._limits)
        try:
            return (await together([act]))[0]
        except LOST as error:
            raise refusal(error, is_committing=True) from error
        except asyncpg.PostgresError:
            return await self._keep_alone(hub, act)

    async def _keep_alone(self, hub: Hub, act: Row) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return (await self._keep_all(hub, [act]))[0]
            except FAILURES as error:
                if attempt == ATTEMPTS or not isinstance(error, RETRIED):
                    raise refusal(error, is_committing=True) from error
                metrics.RETRIES.labels(getattr(error, "sqlstate", "")).inc()
        raise AssertionError("unreachable")

    async def _keep_all(self, hub: Hub, acts: list[Row]) -> list[Any]:
        arguments = map(list, zip(*acts, strict=True)) if self._by_column else [acts]
        answer = await hub.database.single_write().value(self.sql, *arguments)
        return [answer] * len(acts)


def opening(  # noqa: PLR0913, PLR0917 - an act is its actor, operation and entry, no less
    act_id: UUID,
    operation: Operation,
    actor: Actor,
    event: str,
    subject: UUID | None,
    entry: Sealed,
    once: Once | None,
    answer: Mapping[str, Any] | list[Any] | None,
) -> Row:
    """What every whole act begins with: the database's type whole_act. answer: what is remembered under the key."""
    return (
        act_id, operation.value, actor.kind, actor.id, actor.organisation_id,
        entry.id, event, subject, entry.commitment, entry.subjects, entry.leaves, entry.bodies,
        *(once or (None, None)), orjson.dumps(answer).decode() if once else None,
    )  # fmt: skip
