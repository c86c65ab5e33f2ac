"""What connected systems hold about a customer right now: asked for, gathered by a worker, kept sealed for a day.

A look is a snapshot of each system as it answered, with its instant; a system that does not answer says so and hinders
no other. Rows are sealed under the customer's key. What nobody should see on a page (numbers of accounts and documents,
passwords, biometrics) is named and not shown.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson

from hub import inputs, particulars, scope
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import not_found
from hub.identities import open_key
from hub.profiles import RevealReason
from hub.rights import systems
from hub.rights.outcomes import Operation, Step, StepKind, StepState
from hub.rights.systems import Work

TASK: Final = "holdings.gather"
KEPT: Final = timedelta(hours=24)
FRESH: Final = timedelta(minutes=10)
"""Asked again within this time, the same look is the answer: systems are not there to be asked all day."""
FORGOTTEN_AT_A_TIME: Final = 500

_LATEST = """
    SELECT id, customer_id, organisation_id, asked_at, expires_at FROM look
    WHERE customer_id = $1 AND organisation_id = $2 AND expires_at > $3 ORDER BY asked_at DESC, id DESC LIMIT 1
"""
_BY_ID = "SELECT id, customer_id, organisation_id, asked_at, expires_at FROM look WHERE id = $1"
_ADD = "INSERT INTO look (id, organisation_id, customer_id, asked_at, expires_at) VALUES ($1, $2, $3, $4, $5)"
_SYSTEMS = """
    SELECT id, name, kind, disabled_at IS NOT NULL AS is_away FROM connected_system
    WHERE organisation_id = $1 AND removed_at IS NULL ORDER BY key
"""
_ADD_PARTS = """
    INSERT INTO look_part (id, look_id, system_id, name, state)
    SELECT p.id, $1, p.system_id, p.name, p.state
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS p (id, system_id, name, state)
"""
_PARTS = "SELECT id, system_id, name, state, why, as_of, sealed FROM look_part WHERE look_id = $1 ORDER BY id"
_WAITING = """
    SELECT p.id, p.system_id, p.name, c.kind FROM look_part p JOIN connected_system c ON c.id = p.system_id
    WHERE p.look_id = $1 AND p.state = 'WAITING' ORDER BY p.id
"""
_SETTLE = """
    UPDATE look_part SET state = $2, why = $3, as_of = $4, sealed = $5 WHERE id = $1 AND state = 'WAITING'
"""
_OVER = "SELECT id FROM look WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2"
_FORGET = "DELETE FROM look WHERE id = ANY ($1)"


class PartState(StrEnum):
    """What came of asking one system."""

    WAITING = "WAITING"
    DONE = "DONE"
    NOTHING = "NOTHING"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    BY_HAND = "BY_HAND"


@dataclass(frozen=True, slots=True)
class Line:
    """One record: of which collection, and its fields. hidden: fields that are there and not shown."""

    collection: str
    values: Mapping[str, Any] = field(repr=False)
    categories: Mapping[str, Sequence[str]]
    hidden: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one system said. as_of: when. is_capped: there is more than is shown."""

    id: UUID
    system: str
    state: PartState
    why: str | None
    as_of: datetime | None
    lines: tuple[Line, ...] = field(default=(), repr=False)
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """One look into all systems."""

    id: UUID
    customer_id: UUID
    asked_at: datetime
    expires_at: datetime
    parts: tuple[Part, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every system has answered, or will not."""
        return all(each.state is not PartState.WAITING for each in self.parts)


@dataclass(frozen=True, slots=True)
class Found:
    """What a worker found in one system."""

    part_id: UUID
    state: PartState
    why: str | None = None
    lines: Sequence[Line] = field(default=(), repr=False)
    is_capped: bool = False


async def ask_for(act: Act, customer_id: UUID, organisation_id: UUID | None = None) -> Holding:
    """Have all systems asked what they hold about a customer, unless they just were; refused for an erased one."""
    reached = await scope.hold(act, customer_id, organisation_id, "customer")
    row = await act.row(_LATEST, customer_id, reached.organisation_id, act.at)
    if row is not None and row["asked_at"] > act.at - FRESH:
        return await _read(act, row)
    holding_id = new_id()
    await act.execute(_ADD, holding_id, reached.organisation_id, customer_id, act.at, act.at + KEPT)
    asked = await act.rows(_SYSTEMS, reached.organisation_id)
    columns = ([new_id() for _ in asked], *([each[name] for each in asked] for name in ("id", "name")))
    await act.execute(_ADD_PARTS, holding_id, *columns, [_state(each) for each in asked])
    await act.defer(TASK, holding_id=holding_id)
    await act.record("holding.asked", customer_id, holding=holding_id, systems=len(asked))
    made = await act.row(_BY_ID, holding_id)
    assert made is not None  # noqa: S101 - it was written above
    return await _read(act, made)


def _state(system: Record) -> PartState:
    if system["is_away"]:
        return PartState.SKIPPED
    return PartState.BY_HAND if system["kind"] in {"MANUAL", "EMAIL"} else PartState.WAITING


async def of(ask: Ask, customer_id: UUID, organisation_id: UUID | None = None) -> Holding | None:
    """Read the newest look that is still kept, opened; None where nobody asked, or it is over, or they are erased."""
    if scope.own(ask) not in {None, customer_id}:
        return None
    row = await ask.row(_LATEST, customer_id, scope.organisation(ask, organisation_id), ask.at)
    return None if row is None else await _read(ask, row)


async def reveal(
    act: Act, customer_id: UUID, reason: str, explanation: str, organisation_id: UUID | None = None
) -> Holding:
    """Open the newest look for a person of the staff; who, why and a hash of the explanation are noted first."""
    why = inputs.choice(RevealReason, reason, "reason")
    said = inputs.text(explanation, "explanation", most=particulars.REFERENCE_CHARACTERS)
    reached = await scope.hold(act, customer_id, organisation_id, "customer")
    found = await of(act, customer_id, reached.organisation_id)
    if found is None:
        raise not_found("look into the systems: ask for one", "customer")
    digest = hashlib.sha256(said.encode()).hexdigest()
    await act.record("holding.revealed", customer_id, holding=found.id, reason=why, explanation_sha256=digest)
    return found


async def works(ask: Ask, holding_id: UUID) -> list[Work]:
    """Read what a worker needs to ask the systems that have not answered yet: a step for each, kept nowhere."""
    row = await ask.row(_BY_ID, holding_id)
    waiting = await ask.rows(_WAITING, holding_id) if row is not None else []
    if row is None or not waiting:
        return []
    steps = [
        Step(
            each["id"], holding_id, each["system_id"], each["name"], StepKind(each["kind"]), Operation.EXPORT, 1,
            StepState.RUNNING, 1, None, None, None, None, row["asked_at"], None,
        )
        for each in waiting
    ]  # fmt: skip
    return await systems.prepare_about(ask, row["organisation_id"], row["customer_id"], steps)


async def settle(act: Act, holding_id: UUID, found: Found) -> None:
    """Keep what one system said; nothing of a customer who was erased meanwhile, nothing a second time."""
    row = await act.row(_BY_ID, holding_id)
    if row is None:
        return
    reached = await scope.hold(act, row["customer_id"], row["organisation_id"], "customer")
    sealed = None
    if found.state is PartState.DONE:
        key = act.hub.vault.unwrap(reached.id, reached.wrapped or b"")
        sealed = key.seal("look_part", "sealed", found.part_id, _dump(found))
    as_of = act.at if found.state in {PartState.DONE, PartState.NOTHING} else None
    await act.execute(_SETTLE, found.part_id, found.state, found.why, as_of, sealed)
    await act.record("holding.settled", reached.id, holding=holding_id, part=found.part_id, state=found.state)


async def forget(act: Act) -> int:
    """Forget the looks whose day is over; returns how many."""
    rows = await act.rows(_OVER, act.at, FORGOTTEN_AT_A_TIME)
    if rows:  # a statement that deletes nothing is a write too, and an act that records none is refused
        await act.execute(_FORGET, [row["id"] for row in rows])
        await act.record("holding.forgotten", holdings=len(rows))
    return len(rows)


def _dump(found: Found) -> bytes:
    lines = [
        [each.collection, dict(each.values), dict(each.categories), list(each.hidden)] for each in found.lines
    ]
    return orjson.dumps({"lines": lines, "is_capped": found.is_capped})


async def _read(ask: Ask, row: Record) -> Holding:
    parts = await ask.rows(_PARTS, row["id"])
    key = await open_key(ask, row["customer_id"]) if any(each["sealed"] for each in parts) else None
    read: list[Part] = []
    for each in parts:
        said: dict[str, Any] = {"lines": [], "is_capped": False}
        if key is not None and each["sealed"]:
            said = orjson.loads(key.open("look_part", "sealed", each["id"], each["sealed"]))
        lines = tuple(Line(*line) for line in said["lines"])
        state = PartState(each["state"])
        read.append(
            Part(each["id"], each["name"], state, each["why"], each["as_of"], lines, said["is_capped"])
        )
    return Holding(row["id"], row["customer_id"], row["asked_at"], row["expires_at"], tuple(read))
