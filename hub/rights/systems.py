"""Connected systems: where personal data lies besides the hub, and how a worker reaches it.

The address of a database comes from the operator alone, by the command line, and is sealed. What a worker needs of a
step is read here in one go: the address, what lies where, and by what the customer is known.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from hub import inputs, merges
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.identities import open_key
from hub.keyring import Use
from hub.rights import requests, sealed
from hub.rights.outcomes import Step, StepKind
from hub.scope import organisation, require_organisation

SYSTEMS_MOST: Final = 200
DATASET_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class NewSystem:
    """A system to connect. address: a database's URL, sealed. dataset: a fideslang file, as text."""

    key: str
    name: str
    kind: str
    address: str | None = dataclasses.field(default=None, repr=False)
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class System:
    """A connected system, without its address."""

    id: UUID
    organisation_id: UUID
    key: str
    name: str
    kind: StepKind
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker needs for a step, in memory only. datasets: files of all systems; own: of this one."""

    step: Step
    customer_id: UUID | None
    address: str = field(repr=False)
    own: str
    datasets: tuple[str, ...]
    identities: Mapping[str, tuple[str, ...]] = field(repr=False)
    changes: Mapping[str, str] = field(repr=False)
    key: bytes = field(repr=False)


_COLUMNS = "id, organisation_id, key, name, kind, created_at, disabled_at"
_ALL = f"SELECT {_COLUMNS} FROM connected_system WHERE organisation_id = $1 ORDER BY key LIMIT {SYSTEMS_MOST}"  # noqa: S608
_HOLD = f"""
    SELECT {_COLUMNS} FROM connected_system WHERE key = $2 AND organisation_id = $1 FOR NO KEY UPDATE
"""  # noqa: S608
_ADD = """
    INSERT INTO connected_system (id, organisation_id, key, name, kind, settings, dataset, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_SWITCH = "UPDATE connected_system SET disabled_at = $2 WHERE id = $1"
_OPEN_STEPS = """
    SELECT count(*) FROM rights_step s JOIN rights_request r ON r.id = s.request_id AND r.closed_at IS NULL
    WHERE s.system_id = $1 AND s.ended_at IS NULL
"""
_REACHING = "SELECT id, settings, dataset FROM connected_system WHERE id = $1"
_DATASETS = """
    SELECT dataset FROM connected_system WHERE organisation_id = $1 AND dataset IS NOT NULL AND disabled_at IS NULL
"""
_IDENTITIES = """
    SELECT id, customer_id, kind, system, sealed FROM identifier
    WHERE customer_id = ANY ($1) AND organisation_id = $2 AND ended_at IS NULL ORDER BY customer_id, id
"""


async def connect(act: Act, new: NewSystem, organisation_id: UUID | None = None) -> System:
    """Connect a system. Refusals: CONFLICT for a taken key, INVALID for what cannot be."""
    towards = await require_organisation(act, organisation_id, "organisation")
    kind = inputs.choice(StepKind, new.kind, "kind")
    if kind is StepKind.HUB or (kind is StepKind.SQL) != bool(new.address and new.dataset):
        raise invalid("A system is MANUAL, or SQL with an address and a dataset.", "kind")
    if new.dataset is not None and len(new.dataset.encode()) > DATASET_BYTES:
        raise Refusal(Code.TOO_LARGE, "A dataset file has at most 1 MB.", ("dataset",))
    system_id, key, name = new_id(), inputs.key(new.key, "key"), inputs.line(new.name, "name")
    settings = new.address and act.hub.vault.seal_own("connected_system", "settings", system_id, new.address)
    try:
        await act.execute(_ADD, system_id, towards, key, name, kind, settings, new.dataset, act.at)
    except asyncpg.UniqueViolationError:
        raise Refusal(
            Code.CONFLICT, "A system with this key is connected: choose another key.", ("key",)
        ) from None
    await act.record("system.connected", system=system_id, key=key, kind=kind)
    return System(system_id, towards, key, name, kind, act.at, None)


async def switch(act: Act, key: str, *, is_on: bool, organisation_id: UUID | None = None) -> System:
    """Switch a system off or on again; refused while steps wait for it, which are to be ended or skipped first."""
    row = await act.row(_HOLD, organisation(act, organisation_id), key)
    if row is None:
        raise not_found("connected system", "key")
    system = _system(row)
    if (system.disabled_at is None) == is_on:
        return system
    if not is_on and (waiting := await act.value(_OPEN_STEPS, system.id)):
        message = (
            f"{waiting} steps of requests wait for this system: skip them with a reason, or let them end."
        )
        raise Refusal(Code.CONFLICT, message, ("key",))
    disabled_at = None if is_on else act.at
    await act.execute(_SWITCH, system.id, disabled_at)
    await act.record("system.switched", system=system.id, is_on=is_on)
    return dataclasses.replace(system, disabled_at=disabled_at)


async def all_of(ask: Ask, organisation_id: UUID | None = None) -> list[System]:
    """Read the systems of an organisation, by key."""
    return [_system(row) for row in await ask.rows(_ALL, organisation(ask, organisation_id))]


async def prepare(ask: Ask, step: Step) -> Work:
    """Read what a worker needs for a claimed step of a database."""
    request = await requests.read(ask, step.request_id)
    row = await ask.row(_REACHING, step.system_id)
    if row is None or row["settings"] is None:
        raise not_found("connected system", "system")
    content, _ = await sealed.contents(ask, request.id)
    datasets = [each["dataset"] for each in await ask.rows(_DATASETS, request.organisation_id)]
    return Work(
        step=step,
        customer_id=request.customer_id,
        address=ask.hub.vault.open_own("connected_system", "settings", row["id"], row["settings"]).decode(),
        own=row["dataset"],
        datasets=tuple({row["dataset"]: None, **dict.fromkeys(datasets)}),
        identities=await _identities(ask, request),
        changes=content["changes"],
        key=ask.hub.vault.mac(Use.INDEX, "connector", str(request.organisation_id)),
    )


async def _identities(ask: Ask, request: requests.Request) -> dict[str, tuple[str, ...]]:
    """By what the customer is known: email, phone, and other systems' ids under the names of those systems."""
    if request.customer_id is None:
        return {}
    found: dict[str, list[str]] = {"customer_id": [str(request.customer_id)]}
    family = (await merges.families(ask, [request.customer_id]))[request.customer_id]
    rows = await ask.rows(_IDENTITIES, list(family), request.organisation_id)
    if not rows:  # of the erased there are none, and there is no key to open them with
        return {"customer_id": (str(request.customer_id),)}
    keys = {each: await open_key(ask, each) for each in {row["customer_id"] for row in rows}}
    for row in rows:
        key = keys[row["customer_id"]]
        kind: Any = row["system"] or row["kind"].lower()
        found.setdefault(kind, []).append(key.open_text("identifier", "sealed", row["id"], row["sealed"]))
    return {kind: tuple(values) for kind, values in found.items()}


def _system(row: Record) -> System:
    values: dict[str, Any] = dict(row)
    values["kind"] = StepKind(values["kind"])
    return System(**values)
