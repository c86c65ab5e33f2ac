"""Producing an export: its plan, its parts, its end. Each part is an act of its own, and a killed one never was.

Two parts are made beside each other, so that the hub opens values while the database keeps what the other part decided.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

from hub import storage, turns
from hub.act import Act, Hub
from hub.actors import Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.pairwise import Pairs
from hub.partners import age, downloads, exports, handing, offers, ordering, pages, writing
from hub.partners.exports import Export, Format, State
from hub.partners.ordering import Place
from hub.spelling import spelled
from hub.vault import DataKey
from hub.webhooks import announcing
from hub.webhooks.types import Type

CUSTOMERS_MOST: Final = 2_048
AT_ONCE: Final = 2
_BEGIN: Final = """
    UPDATE partner_export SET state = 'RUNNING', bits = $2, columns = $3, sealed = $4 WHERE id = $1
"""
# Two workers may be at one export, when one was taken for dead: each part is made by whoever comes first.
_TURN: Final = "SELECT pg_advisory_xact_lock(7226026, hashtext($1::text || $2::text))"
_STATE: Final = """
    SELECT e.state = 'RUNNING' AS is_running,
        EXISTS (SELECT FROM client c WHERE c.id = e.client_id AND c.revoked_at IS NULL) AS is_let,
        EXISTS (SELECT FROM partner_export_part p WHERE p.export_id = e.id AND p.number = $2) AS is_there
    FROM partner_export e WHERE e.id = $1 FOR SHARE OF e
"""
_LET: Final = "SELECT EXISTS (SELECT FROM client c WHERE c.id = $1 AND c.revoked_at IS NULL)"
_ADD: Final = """
    INSERT INTO partner_export_part (export_id, number, rows, size_bytes, place) VALUES ($1, $2, $3, $4, $5)
"""
_DONE: Final = "SELECT number FROM partner_export_part WHERE export_id = $1"
_READY: Final = """
    UPDATE partner_export SET state = 'READY', size_bytes = $2, digest = $3, ready_at = $4, until_at = $5 WHERE id = $1
"""
_FIELDS: Final = """
    SELECT DISTINCT g.key || '.' || p.field AS name FROM profile_value p JOIN category g ON g.id = p.category_id
    WHERE p.organisation_id = $1 AND p.category_id = ANY ($2) ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Job:
    """An export at work. key: what its parts are sealed with."""

    export: Export
    key: DataKey = field(repr=False)


async def begin(act: Act, export_id: UUID) -> Job | None:
    """Plan an export, or go on with one that was planned; None where there is nothing to do."""
    export = await exports.hold(act, export_id)
    if export is None or not export.is_open:
        return None
    key = await exports.key(act, export_id)
    if export.state is State.WAITING:
        offer = await offers.find(act, export.arrangement_id, export.purpose_id)
        bits = await ordering.parted(act, offer, CUSTOMERS_MOST)
        columns: list[str] = []
        if export.format is Format.CSV:
            rows = await act.rows(_FIELDS, offer.organisation_id, list(offer.categories))
            columns = [row["name"] for row in rows]
        secret = (
            key.seal("partner_export", "sealed", export_id, age.new_secret()) if export.encrypt_to else None
        )
        await act.execute(_BEGIN, export_id, bits, columns, secret)
        await act.record("export.planned", export=export_id, parts=1 << bits)
        export = await exports.read(act, export_id)
    return Job(export, key)


async def produce(hub: Hub, job: Job) -> None:
    """Make all parts that are not there yet. Refusals of a part end it: what is done stays."""
    async with hub.ask(job.export.on_behalf, Operation.EXPORT_MAKE) as ask:
        done = {row["number"] for row in await ask.rows(_DONE, job.export.id)}
    numbers = iter([each for each in range(1 << (job.export.bits or 0)) if each not in done])
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(_parts(hub, job, numbers))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def finish(hub: Hub, job: Job) -> None:
    """Let a whole export be downloaded: it is read once from end to end, for its size and its digest."""
    made = await downloads.measured(hub, job.export, job.key)

    async def settle(act: Act) -> None:
        export = await exports.hold(act, job.export.id)
        if export is None or export.state is not State.RUNNING:
            return
        await _require_client(act, export)
        until = act.at + exports.LIFE
        await act.execute(_READY, export.id, made.size_bytes, made.digest, act.at, until)
        await act.record("export.ready", export=export.id, rows=export.rows, sha256=made.digest.hex())
        await announcing.announce(
            act, export.organisation_id, Type.EXPORT_READY, {"export": spelled("Export", export.id)},
            recipient_id=export.recipient_id, arrangement_id=export.arrangement_id,
        )  # fmt: skip

    await hub.perform(job.export.on_behalf, Operation.EXPORT_MAKE, settle)


async def fail(act: Act, export_id: UUID, code: Code) -> list[str]:
    """End an export that cannot be made; returns what is to be removed from the storage."""
    export = await exports.hold(act, export_id)
    return await exports.end(act, export, State.FAILED, code.value) if export and export.is_open else []


async def _parts(hub: Hub, job: Job, numbers: Iterable[int]) -> None:
    for number in numbers:
        body = partial(_part, job=job, number=number, place=f"exports/{job.export.id}/parts/{new_id()}")
        if not await hub.perform(job.export.on_behalf, Operation.DISCLOSURE_HAND_OVER, body):
            return


async def _part(act: Act, *, job: Job, number: int, place: str) -> bool:
    """Decide, record and store a part; False where the export has ended meanwhile. One that is there stays."""
    await turns.share(act, job.export.id, job.export.arrangement_id)
    await act.execute(_TURN, str(job.export.id), str(number))
    state = await act.row(_STATE, job.export.id, number)
    if state is not None and not state["is_let"]:
        raise _unlet()
    if state is None or not state["is_running"]:
        return False
    if state["is_there"]:
        return True
    offer = await offers.find(act, job.export.arrangement_id, job.export.purpose_id)
    reads, pairs = pages.reader(act, offer), Pairs(act.hub, offer.recipient_id)
    bits, visits = ordering.visits(job.export.bits or 0, number)
    rows = await pages.stretch(act, offer, reads, [ordering.bucket(pairs, bits, each) for each in visits])
    wanted = await pages.placed(act, reads, rows, (visits, pairs, Place(bits)))
    handed = await handing.hand_over(act, offer, [each.customer_id for each in wanted])
    text = writing.written(job.export.format, job.export.columns, handed)
    if text:
        await storage.note(act, await storage.keep(act.hub, place, job.key, _once(text)))
    else:
        await act.record("export.part_empty", export=job.export.id, number=number)
    await act.execute(_ADD, job.export.id, number, len(handed), len(text), place if text else None)
    return True


async def _require_client(act: Act, export: Export) -> None:
    if not await act.value(_LET, export.client_id):
        raise _unlet()


def _unlet() -> Refusal:
    return Refusal(Code.FORBIDDEN, "The client that asked for this export has been revoked.")


async def _once(text: bytes) -> AsyncIterator[bytes]:
    yield text
