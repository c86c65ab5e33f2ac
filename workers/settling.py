"""What an outcome of a connector means for its step, and how several are noted by one act."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec

from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.rights import gathered, trying
from hub.rights.gathered import Rows
from hub.rights.outcomes import Ended, Settled, Step, StepState
from hub.rights.states import State
from hub.together import Together
from workers import correcting
from workers.connectors.connector import DIFFERS, Broken, Done, Evidence, Later, Nothing, Outcome, Refused
from workers.exporting import Exported

COMPANY_SECONDS: Final = 0.05
NAMED_MOST: Final = 5
Came: TypeAlias = tuple[Step, Outcome | Exported]


def settled(outcome: Outcome, at: datetime, attempt: int) -> Settled:
    """How a step stands after an attempt. at: now; attempt: which one it was, for when to try again."""
    match outcome:
        case Done(evidence=evidence, keys=keys):
            differing = [f"{each.dataset}.{each.collection}.{name}" for each in evidence.places
                         for name, word in each.fields.items() if word == DIFFERS]  # fmt: skip
            why = _why(evidence.unreached, correcting.in_words(evidence.left, differing))
            return Settled(StepState.DONE, _plain(evidence), why, keys=keys)
        case Nothing(unreached=unreached, left=left):
            said = {"unreached": list(unreached), **({"left": left} if left else {})}
            return Settled(StepState.NOTHING, said, _why(unreached, correcting.in_words(left, ())))
        case Later(when=when):
            return Settled(StepState.WAITING_ON_OTHERS, next_at=max(when, at))
        case Refused(why=why):
            return Settled(StepState.REFUSED, why=why)
        case Broken(why=why):
            return Settled(StepState.FAILED, why=why, next_at=trying.next_try(at, attempt))


def _why(unreached: Sequence[str], uncorrected: str | None) -> str | None:
    """What staff read of an attempt that ended, and left something; the evidence names all of it."""
    shown = ", ".join(f"`{each}`" for each in unreached[:NAMED_MOST])
    more = f" and {len(unreached) - NAMED_MOST} more" if len(unreached) > NAMED_MOST else ""
    unseen = (
        f"Not searched, as nothing is known by which it finds people: {shown}{more}." if unreached else None
    )
    return " ".join(each for each in (unseen, uncorrected) if each) or None


def _plain(evidence: Evidence) -> dict[str, Any]:
    said = msgspec.to_builtins(evidence)
    return said if evidence.left else {name: each for name, each in said.items() if name != "left"}


class Settling:
    """Notes what steps of one request came to: whatever ends while an act is under way goes into the next.

    many: how many steps are under way; none waits long for the others. has_builder: as `fulfilling.settle_live`.
    has_gathered: whether a package was begun by what was noted.
    """

    def __init__(self, hub: Hub, request_id: UUID, many: int = 1, *, has_builder: bool = False) -> None:
        self._hub, self._request_id, self._has_builder = hub, request_id, has_builder
        self._together = Together[Came, Exception | None](self._note, runners=1)
        self._left, self._all = many, asyncio.Event()
        self.has_gathered = False

    async def note(self, step: Step, outcome: Outcome | Exported) -> None:
        """Return once it is noted, by an act of its own or together with others; an export with its part.

        Raises why it could not be noted, whatever became of the others.
        """
        await self._wait_for_others()
        [failure] = await self._together([(step, outcome)])
        if failure is not None:
            raise failure

    async def _wait_for_others(self) -> None:
        """Wait a moment: most systems end at about the same time, and an act for all is hardly longer than for one."""
        self._left -= 1
        if self._left <= 0:
            self._all.set()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(COMPANY_SECONDS):
                await self._all.wait()

    async def _note(self, came: Sequence[Came]) -> list[Exception | None]:
        """Note all by one act, or where that fails each by its own; answers of each why it was not noted."""
        try:
            await self._hub.perform(WORKER, Operation.REQUEST_FULFIL, partial(self._settle, came=came))
        except Exception as failure:  # noqa: BLE001 - raised for those whom it concerns
            if len(came) == 1:
                return [failure]
            return [each for alone in came for each in await self._note([alone])]
        return [None] * len(came)

    async def _settle(self, act: Act, came: Sequence[Came]) -> None:
        ended, parts = list[Ended](), dict[UUID, Rows]()
        for step, outcome in came:
            exported = outcome if isinstance(outcome, Exported) else Exported(outcome)
            noted = settled(exported.outcome, act.at, step.attempts)
            if exported.part is not None:
                noted, parts[step.id] = gathered.proved(noted, exported.part), exported.part
            ended.append(Ended(step.id, step.attempts, noted))
        request = await gathered.settle_all(
            act, self._request_id, ended, parts, has_builder=self._has_builder
        )
        self.has_gathered = request.state is State.DECIDING
