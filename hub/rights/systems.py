"""Connected systems: where personal data lies besides the hub, and how a worker reaches it.

The address of a database comes from the operator alone, by the command line, and is sealed. What a worker needs of a
step is read here in one go: the address, what lies where, and by what the customer is known.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from hub import inputs, merges
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.identities import NewIdentifier, blind, open_key
from hub.rights import correcting, reaching, requests, sealed
from hub.rights import steps as planned
from hub.rights.correcting import Wanted
from hub.rights.outcomes import Step, StepKind
from hub.rights.parts import Destination
from hub.rights.reaching import Reach
from hub.scope import organisation, require_organisation

SYSTEMS_MOST: Final = 200
DATASET_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class NewSystem:
    """A system to connect. reach: of all but a person without an address. dataset: a fideslang file, as text.

    refers_to: the datasets of other systems that its own names; None where nobody looked.
    """

    key: str
    name: str
    kind: str
    reach: Reach | None = None
    dataset: str | None = None
    refers_to: tuple[str, ...] | None = None


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
    """What a worker needs for a step, in memory only. reach: None where the system has none any more.

    own: the dataset file of this system; datasets: those of all of them; away: those of the systems that are switched
    off; described: a digest of all of these. keys: by field, by what other systems know the person, as far as it was
    found out. destination: of what is exported; None where there is no request.
    """

    step: Step
    customer_id: UUID | None
    reach: Reach | None
    own: str
    datasets: tuple[str, ...]
    away: tuple[str, ...]
    described: bytes
    identities: Mapping[str, tuple[str, ...]] = field(repr=False)
    keys: Mapping[str, tuple[Any, ...]] = field(repr=False)
    wanted: tuple[Wanted, ...] = field(repr=False)
    key: bytes = field(repr=False)
    destination: Destination | None = None


_COLUMNS = "id, organisation_id, key, name, kind, created_at, disabled_at"
_ALL = f"""
    SELECT {_COLUMNS} FROM connected_system WHERE organisation_id = $1 AND removed_at IS NULL
    ORDER BY key LIMIT {SYSTEMS_MOST}
"""  # noqa: S608
_HOLD = f"""
    SELECT {_COLUMNS} FROM connected_system WHERE key = $2 AND organisation_id = $1 FOR NO KEY UPDATE
"""  # noqa: S608
_ADD = """
    INSERT INTO connected_system (id, organisation_id, key, name, kind, settings, dataset, refers_to, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_SWITCH = "UPDATE connected_system SET disabled_at = $2 WHERE id = $1"
_OPEN_STEPS = f"""
    SELECT count(*) FROM rights_step s JOIN rights_request r ON r.id = s.request_id AND {planned.LIVE}
    WHERE s.system_id = $1 AND s.ended_at IS NULL
"""  # noqa: S608 - joined from constants
_REACHING = "SELECT id, settings, dataset FROM connected_system WHERE id = ANY ($1)"
_DATASETS = """
    SELECT dataset, disabled_at IS NOT NULL AS is_away FROM connected_system
    WHERE organisation_id = $1 AND dataset IS NOT NULL ORDER BY key
"""
_ASKED = """
    SELECT c.organisation_id, c.dataset FROM rights_step s JOIN connected_system c ON c.id = s.system_id
    WHERE s.id = $1 AND s.kind = 'HTTP' AND c.dataset IS NOT NULL
"""
_IDENTITIES = """
    SELECT id, customer_id, kind, system, sealed, verified_at FROM identifier
    WHERE customer_id = ANY ($1) AND organisation_id = $2 AND ended_at IS NULL ORDER BY customer_id, id
"""
_OTHERS_TOO = """
    SELECT blind FROM identifier WHERE blind = ANY ($3) AND kind IN ('EMAIL', 'PHONE') AND organisation_id = $2
      AND ended_at IS NULL AND customer_id <> ALL ($1)
"""


async def connect(act: Act, new: NewSystem, organisation_id: UUID | None = None) -> System:
    """Connect a system. Refusals: CONFLICT for a taken key, INVALID for what cannot be."""
    towards = await require_organisation(act, organisation_id, "organisation")
    kind = inputs.choice(StepKind, new.kind, "kind")
    reaching.require(kind, _given(new))
    reaching.require_fit(act, kind, new.reach)
    if new.dataset is not None and len(new.dataset.encode()) > DATASET_BYTES:
        raise Refusal(Code.TOO_LARGE, "A dataset file has at most 1 MB.", ("dataset",))
    system_id, key, name = new_id(), inputs.key(new.key, "key"), inputs.line(new.name, "name")
    settings = new.reach and reaching.seal(act, system_id, reaching.checked(kind, new.reach))
    refers_to = None if new.refers_to is None else list(new.refers_to)
    try:
        await act.execute(_ADD, system_id, towards, key, name, kind, settings, new.dataset, refers_to, act.at)
    except asyncpg.UniqueViolationError:
        raise Refusal(Code.CONFLICT, "This key is taken by a system: choose another key.", ("key",)) from None
    await act.record("system.connected", system=system_id, key=key, kind=kind)
    return System(system_id, towards, key, name, kind, act.at, None)


def _given(new: NewSystem) -> frozenset[str]:
    reach = new.reach or Reach("")
    there = {"address": reach.address, "secret": reach.secrets, "dataset": new.dataset}
    return frozenset(name for name, value in there.items() if value)


async def switch(act: Act, key: str, *, is_on: bool, organisation_id: UUID | None = None) -> System:
    """Switch a system off or on again; refused while steps wait for it, which are to be ended or skipped first."""
    system = await read_by_key(act, key, organisation_id)
    if (system.disabled_at is None) == is_on:
        return system
    if not is_on and (waiting := await act.value(_OPEN_STEPS, system.id)):
        message = f"{waiting} steps of requests wait for this system: say why they are left out, or let them end first."
        raise Refusal(Code.CONFLICT, message, ("key",))
    disabled_at = None if is_on else act.at
    await act.execute(_SWITCH, system.id, disabled_at)
    await act.record("system.switched", system=system.id, is_on=is_on)
    return dataclasses.replace(system, disabled_at=disabled_at)


async def read_by_key(act: Act, key: str, organisation_id: UUID | None = None) -> System:
    """Lock a system by its key, and read it; NOT_FOUND for any other."""
    row = await act.row(_HOLD, organisation(act, organisation_id), key)
    if row is None:
        raise not_found("connected system", "key")
    return _system(row)


async def all_of(ask: Ask, organisation_id: UUID | None = None) -> list[System]:
    """Read the systems of an organisation, by key."""
    return [_system(row) for row in await ask.rows(_ALL, organisation(ask, organisation_id))]


async def prepare(ask: Ask, steps: Sequence[Step]) -> list[Work]:
    """Read what a worker needs for claimed steps of one request."""
    request = await requests.read(ask, steps[0].request_id)
    content, _ = await sealed.contents(ask, request.id)
    known, keys = await identities(ask, request), await sealed.keys(ask, request.id)
    about = About(request.organisation_id, request.customer_id, known, keys, correcting.wanted(content))
    towards = Destination(request, await sealed.open_key(ask, request.id))
    return [dataclasses.replace(each, destination=towards) for each in await works_about(ask, about, steps)]


async def prepare_about(
    ask: Ask, organisation_id: UUID, customer_id: UUID, steps: Sequence[Step]
) -> list[Work]:
    """Read what a worker needs to ask about a customer without a request, of which nobody reviews what comes."""
    known = await identities_of(ask, organisation_id, customer_id, only_sure=True)
    return await works_about(ask, About(organisation_id, customer_id, known, {}), steps)


@dataclass(frozen=True, slots=True)
class About:
    """Whom steps are about, and what is known of them."""

    organisation_id: UUID
    customer_id: UUID | None
    identities: Mapping[str, tuple[str, ...]] = field(repr=False)
    keys: Mapping[str, tuple[Any, ...]] = field(repr=False)
    wanted: tuple[Wanted, ...] = field(default=(), repr=False)


async def works_about(ask: Ask, about: About, steps: Sequence[Step]) -> list[Work]:
    """Read what a worker needs to ask about somebody who is known by these identities."""
    rows = {row["id"]: row for row in await ask.rows(_REACHING, [each.system_id for each in steps])}
    here, away = await _datasets(ask, about.organisation_id)
    described = hashlib.sha256("\0".join((*here, "", *away)).encode()).digest()
    key = connector_key(ask, about.organisation_id)
    return [
        Work(
            step=each,
            customer_id=about.customer_id,
            reach=_reach(ask, rows.get(each.system_id)),
            own=(rows[each.system_id]["dataset"] or "") if each.system_id in rows else "",
            datasets=here,
            away=away,
            described=described,
            identities=about.identities,
            keys=about.keys,
            wanted=about.wanted,
            key=key,
        )
        for each in steps
    ]


async def asked(ask: Ask, step_id: UUID) -> tuple[Step, UUID, str] | None:
    """Read a step that a system behind HTTP may still answer: it, its organisation, its dataset file."""
    row = await ask.row(_ASKED, step_id)
    return None if row is None else (await planned.read(ask, step_id), row["organisation_id"], row["dataset"])


def connector_key(ask: Ask, organisation_id: UUID) -> bytes:
    """The key of an organisation's connectors, for digests and for the tokens of later answers."""
    return ask.hub.vault.steady("connector", str(organisation_id))


async def _datasets(ask: Ask, organisation_id: UUID) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The dataset files of the systems that are asked, and of those that are switched off; each once."""
    rows = await ask.rows(_DATASETS, organisation_id)
    here = dict.fromkeys(row["dataset"] for row in rows if not row["is_away"])
    away = dict.fromkeys(row["dataset"] for row in rows if row["is_away"] and row["dataset"] not in here)
    return tuple(here), tuple(away)


def _reach(ask: Ask, row: Record | None) -> Reach | None:
    if row is None or row["settings"] is None:
        return None
    return reaching.open_sealed(ask, row["id"], row["settings"])


async def identities(ask: Ask, request: requests.Request) -> dict[str, tuple[str, ...]]:
    """By what the customer of a request is known; nothing where it is not known whose it is."""
    if request.customer_id is None:
        return {}
    return await identities_of(ask, request.organisation_id, request.customer_id)


async def identities_of(
    ask: Ask, organisation_id: UUID, customer_id: UUID, *, only_sure: bool = False
) -> dict[str, tuple[str, ...]]:
    """By what a customer is known: email, phone, and other systems' ids under the names of those systems.

    only_sure: leaves out emails and phones that are not verified, or that somebody else has too.
    """
    found: dict[str, list[str]] = {"customer_id": [str(customer_id)]}
    family = list((await merges.families(ask, [customer_id]))[customer_id])
    rows = await ask.rows(_IDENTITIES, family, organisation_id)
    if not rows:  # of the erased there are none, and there is no key to open them with
        return {"customer_id": (str(customer_id),)}
    keys = {each: await open_key(ask, each) for each in {row["customer_id"] for row in rows}}
    opened = [
        (row, keys[row["customer_id"]].open_text("identifier", "sealed", row["id"], row["sealed"]))
        for row in rows
    ]
    for row, value in await _sure(ask, organisation_id, family, opened) if only_sure else opened:
        kind: Any = row["system"] or row["kind"].lower()
        found.setdefault(kind, []).append(value)
    return {kind: tuple(values) for kind, values in found.items()}


async def _sure(
    ask: Ask, organisation_id: UUID, family: list[UUID], opened: Sequence[tuple[Record, str]]
) -> list[tuple[Record, str]]:
    """Ids of other systems, which are nobody else's, and what was verified and nobody outside the family has."""
    blinds = {
        row["id"]: blind(ask.hub.vault, NewIdentifier(row["kind"], value)).candidates
        for row, value in opened if row["system"] is None and row["verified_at"] is not None
    }  # fmt: skip
    asked = [each for several in blinds.values() for each in several]
    shared = {row["blind"] for row in await ask.rows(_OTHERS_TOO, family, organisation_id, asked)}
    return [
        (row, value) for row, value in opened
        if row["system"] is not None or (row["id"] in blinds and shared.isdisjoint(blinds[row["id"]]))
    ]  # fmt: skip


def _system(row: Record) -> System:
    values: dict[str, Any] = dict(row)
    values["kind"] = StepKind(values["kind"])
    return System(**values)
