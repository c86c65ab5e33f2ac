"""Exports: everybody a partner may receive under an offer, as one file, made in parts by a job and kept for a day.

WAITING, RUNNING, READY, and the ends CANCELLED, FAILED, EXPIRED. A part is decided, recorded and stored by one act, and
nothing can be downloaded before all parts are there: whatever left is recorded, whenever something was killed. Who has
said no since then is in the feed of withdrawals, since they are recorded as received.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub import inputs, storage, turns
from hub.act import Act, Ask
from hub.actors import Actor, Role
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.known import Reference
from hub.partners import age, blocks, offers
from hub.vault import DataKey

TASK: Final = "partner_exports.run"
OPEN_MOST: Final = 3
PAGE_MOST: Final = 100
GONE_AT_A_TIME: Final = 100
LATE: Final = timedelta(minutes=10)
LIFE: Final = timedelta(hours=24)
"""How long a file can be downloaded."""
OWNER: Final = "partner_export"


class Format(StrEnum):
    """How rows are written: a JSON object a line, or a table."""

    NDJSON = "NDJSON"
    CSV = "CSV"


class State(StrEnum):
    """How an export stands."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    READY = "READY"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


OPEN: Final = frozenset({State.WAITING, State.RUNNING})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported. encrypt_to: a public key of age."""

    arrangement: Reference
    purpose: Reference
    format: str
    encrypt_to: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """An export. rows and parts: what is done, of 2^bits parts. digest: SHA-256 of the file. until_at: when it goes."""

    id: UUID
    organisation_id: UUID
    recipient_id: UUID
    client_id: UUID
    arrangement_id: UUID
    purpose_id: UUID
    format: Format
    encrypt_to: str | None
    state: State
    bits: int | None
    columns: tuple[str, ...]
    sealed: bytes | None = field(repr=False)
    size_bytes: int | None
    digest: bytes | None
    reason: str | None
    requested_at: datetime
    ready_at: datetime | None
    until_at: datetime | None
    rows: int
    parts: int

    @property
    def progress(self) -> float:
        """How much of it is made, from 0 to 1."""
        if self.bits is None:
            return 0.0
        return 1.0 if self.ready_at else self.parts / (1 << self.bits)

    @property
    def is_open(self) -> bool:
        """Whether it is still being made."""
        return self.state in OPEN

    @property
    def on_behalf(self) -> Actor:
        """The partner's client, for what a job does in its name: this export and no more."""
        return Actor(
            "partner", self.client_id, self.organisation_id, roles=frozenset({Role.PARTNER_EXPORT}),
            recipient_id=self.recipient_id, arrangements=frozenset({self.arrangement_id}),
        )  # fmt: skip


_NAMES: Final = tuple(each.name for each in dataclasses.fields(Export) if each.name not in {"rows", "parts"})
_COLUMNS: Final = ", ".join(f"e.{name}" for name in _NAMES)
_READ: Final = f"""
    SELECT {_COLUMNS}, coalesce(p.rows, 0) AS rows, p.parts FROM partner_export e CROSS JOIN LATERAL (
        SELECT sum(p.rows) AS rows, count(*) AS parts FROM partner_export_part p WHERE p.export_id = e.id) p
"""  # noqa: S608 - joined from constants
_ONE: Final = f"{_READ} WHERE e.id = $1"
_OWN: Final = f"""
    {_READ} WHERE e.id = ANY ($1) AND e.organisation_id = $2 AND e.recipient_id = $3
        AND ($4::uuid[] IS NULL OR e.arrangement_id = ANY ($4))
"""
_PAGE: Final = f"""
    {_READ} WHERE e.organisation_id = $1 AND ($2::uuid IS NULL OR e.recipient_id = $2)
        AND ($3::uuid[] IS NULL OR e.arrangement_id = ANY ($3)) AND ($4::uuid IS NULL OR e.id < $4)
    ORDER BY e.id DESC LIMIT $5
"""
_HOLD: Final = "SELECT FROM partner_export WHERE id = $1 FOR UPDATE"
_TURN: Final = "SELECT pg_advisory_xact_lock(7226025, hashtext($1::text))"
_OPENED: Final = (
    "SELECT count(*) FROM partner_export WHERE recipient_id = $1 AND state IN ('WAITING', 'RUNNING')"
)
_ADD: Final = """
    INSERT INTO partner_export (id, organisation_id, recipient_id, client_id, arrangement_id, purpose_id, format,
        encrypt_to, state, requested_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'WAITING', $9, $10)
"""
_KEY: Final = "INSERT INTO keys.partner_export_key (export_id, wrapped) VALUES ($1, $2)"
_WRAPPED: Final = "SELECT wrapped FROM keys.partner_export_key WHERE export_id = $1"
_END: Final = "UPDATE partner_export SET state = $2, reason = $3, ended_at = $4, sealed = NULL WHERE id = $1"
_PARTS: Final = """
    UPDATE partner_export_part p SET place = NULL FROM (
        SELECT number, place FROM partner_export_part WHERE export_id = $1 AND place IS NOT NULL FOR UPDATE) AS was
    WHERE p.export_id = $1 AND p.number = was.number RETURNING was.place
"""
_UNLOCK: Final = "DELETE FROM keys.partner_export_key WHERE export_id = $1"
_OVER: Final = "SELECT id FROM partner_export WHERE state = 'READY' AND until_at <= $1 ORDER BY id LIMIT $2"
_LEFT: Final = """
    SELECT e.id FROM partner_export e WHERE e.state IN ('WAITING', 'RUNNING') AND e.requested_at <= $1 AND NOT EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.task_name = 'partner_exports.run' AND j.status IN ('todo', 'doing')
            AND j.args ->> 'export_id' = e.id::text) LIMIT $2
"""


async def start(act: Act, wanted: Wanted) -> Export:
    """Have an export made. Refusals: NOT_FOUND for what is not offered, INVALID, LIMIT for a fourth, CONFLICT."""
    offer = await offers.find(act, wanted.arrangement, wanted.purpose)
    await blocks.require_open(act, offer.recipient_id, "arrangement")
    form = inputs.choice(Format, wanted.format, "format")
    if wanted.encrypt_to is not None:
        age.public_key(wanted.encrypt_to, "encrypt_to")
    await act.execute(_TURN, str(offer.recipient_id))
    if await act.value(_OPENED, offer.recipient_id) >= OPEN_MOST:
        message = f"{OPEN_MOST} exports are being made already: wait for one, or cancel one."
        raise Refusal(Code.LIMIT, message)
    export_id = new_id()
    await act.execute(
        _ADD, export_id, offer.organisation_id, offer.recipient_id, act.actor.id, offer.arrangement_id,
        offer.purpose_id, form.value, wanted.encrypt_to, act.at, act.id,
    )  # fmt: skip
    await act.execute(_KEY, export_id, act.hub.vault.new_data_key(OWNER, export_id))
    await act.record(
        "export.started", export=export_id, recipient=offer.recipient_id, arrangement=offer.arrangement_id,
        purpose=offer.purpose_id, format=form.value, encrypted=wanted.encrypt_to is not None,
    )  # fmt: skip
    await act.defer(TASK, export_id=export_id)
    return await read(act, export_id)


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> list[Export]:
    """Read those among these exports that are the partner's own, and of arrangements that its client is for."""
    among = ask.actor.arrangements
    rows = await ask.rows(
        _OWN, list(ids), offers.towards(ask), offers.recipient(ask), None if among is None else list(among)
    )
    return [_export(row) for row in rows]


async def read(ask: Ask, export_id: UUID) -> Export:
    """Read one of the partner's own exports; Refusal NOT_FOUND for every other id."""
    found = await by_ids(ask, [export_id])
    if not found:
        raise not_found("export", "id")
    return found[0]


async def page(ask: Ask, before: UUID | None = None, limit: int = 20) -> list[Export]:
    """Read a partner's own exports, or all of an organisation's for who conducts it; the newest first."""
    among = ask.actor.arrangements
    rows = await ask.rows(
        _PAGE, offers.towards(ask), ask.actor.recipient_id, None if among is None else list(among), before,
        min(limit, PAGE_MOST + 1),
    )  # fmt: skip
    return [_export(row) for row in rows]


async def cancel(act: Act, export_id: UUID) -> Export:
    """End an export that is not over; its file goes. One that is over stays as it ended."""
    await turns.alone(act, export_id)
    await act.execute(_HOLD, export_id)
    found = await read(act, export_id)
    if found.is_open or found.state is State.READY:
        await end(act, found, State.CANCELLED)
    return await read(act, export_id)


async def end(act: Act, export: Export, state: State, reason: str | None = None) -> list[str]:
    """Let an export that is locked go, with its parts and its key; returns the places of what was stored."""
    places = [row["place"] for row in await act.rows(_PARTS, export.id)]
    await storage.forget(act, places)
    await act.execute(_UNLOCK, export.id)
    await act.execute(_END, export.id, state.value, reason, act.at)
    await act.record(f"export.{state.value.lower()}", export=export.id, reason=reason)
    return places


async def hold(act: Act, export_id: UUID) -> Export | None:
    """Lock an export for who works at it; None: there is no such one."""
    await turns.alone(act, export_id)
    await act.execute(_HOLD, export_id)
    return await found(act, export_id)


async def found(ask: Ask, export_id: UUID) -> Export | None:
    """Read any export, for who works at it."""
    row = await ask.row(_ONE, export_id)
    return _export(row) if row else None


async def key(ask: Ask, export_id: UUID) -> DataKey:
    """What an export is sealed with; Refusal NOT_FOUND once it has gone."""
    wrapped = await ask.value(_WRAPPED, export_id)
    if wrapped is None:
        raise not_found("export", "id")
    return ask.hub.vault.unwrap(export_id, wrapped, OWNER)


async def expire(act: Act) -> list[str]:
    """Let files go that have had their time; returns their places, to be removed from the storage."""
    gone: list[str] = []
    for row in await act.rows(_OVER, act.at, GONE_AT_A_TIME):
        export = await hold(act, row["id"])
        if export is not None and export.state is State.READY:
            gone += await end(act, export, State.EXPIRED)
    return gone


async def set_off_left(act: Act) -> int:
    """Have the exports made whose job was lost; returns how many."""
    rows = await act.rows(_LEFT, act.at - LATE, GONE_AT_A_TIME)
    for row in rows:
        await act.defer(TASK, export_id=row["id"])
    if rows:
        await act.record("export.resumed", exports=[row["id"] for row in rows])
    return len(rows)


def _export(row: Record) -> Export:
    values: dict[str, Any] = dict(row)
    columns: Sequence[str] = values["columns"] or ()
    values |= {"format": Format(values["format"]), "state": State(values["state"]), "columns": tuple(columns)}
    return Export(**values)
