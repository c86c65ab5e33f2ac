"""What systems gave for a copy: a part of rows for each step, and the files that people added by hand.

A part lies in the storage, sealed under the request's key. It counts with the act that settles its step; a step that is
done again replaces its part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub import inputs, storage
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.rights import fulfilling, sealed, steps, trying
from hub.rights.outcomes import Ended, Settled
from hub.rights.parts import Shape
from hub.rights.requests import Request, hold_request
from hub.storage import Stored

LINES: Final = "application/x-ndjson"
FILES_MOST: Final = 100
NAME_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A stored part. system: whose it is. name: of a file. shapes: of the rows, a collection each, in their order."""

    id: UUID
    request_id: UUID
    step_id: UUID | None
    kind: str
    place: str
    system: str
    name: str | None = field(repr=False)
    media_type: str
    shapes: tuple[Shape, ...]
    size_bytes: int
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Rows:
    """A part that was just written: where it lies, and what it is like."""

    stored: Stored
    shapes: Sequence[Shape]

    @property
    def proof(self) -> dict[str, Any]:
        """What a step keeps of it."""
        return {"size_bytes": self.stored.size_bytes, "digest": self.stored.digest.hex()}


_ADD = """
    INSERT INTO package_part (id, request_id, step_id, kind, place, name, media_type, shape, added_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10)
"""
_OF = """
    SELECT p.id, p.request_id, p.step_id, p.kind, p.place, coalesce(s.name, '') AS system, p.name, p.media_type,
        p.shape, o.size_bytes, p.added_at
    FROM package_part p JOIN stored_object o ON o.place = p.place LEFT JOIN rights_step s ON s.id = p.step_id
    WHERE p.request_id = $1 ORDER BY p.kind DESC, s.kind <> 'HUB', p.step_id, p.id
"""
_ADD_ROWS = """
    INSERT INTO package_part (id, request_id, step_id, kind, place, media_type, shape, added_at, act_id)
    SELECT id, $1, step_id, 'ROWS', place, $6, shape::jsonb, $7, $8
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS n (id, step_id, place, shape)
"""
_REPLACED = "DELETE FROM package_part WHERE step_id = ANY ($1) AND kind = 'ROWS' RETURNING place"
_FILES = "SELECT count(*) FROM package_part WHERE request_id = $1 AND kind = 'FILE'"


async def of(ask: Ask, request_id: UUID) -> list[Part]:
    """Read the parts of a request: rows first, the hub's own before others', then files."""
    found = await ask.rows(_OF, request_id)
    key = await sealed.open_key(ask, request_id) if any(row["name"] for row in found) else None
    return [_part(row, key) for row in found]


def proved(settled: Settled, rows: Rows) -> Settled:
    """What came of an export, with the proof of its part beside it."""
    return replace(settled, evidence={**(settled.evidence or {}), "part": rows.proof})


async def settle_all(
    act: Act,
    request_id: UUID,
    ended: Sequence[Ended],
    parts: Mapping[UUID, Rows],
    *,
    has_builder: bool = False,
) -> Request:
    """Note what came of attempts at steps of one request, and let the parts of those that are exports count.

    parts: by step. Where another attempt has overtaken one, neither counts, and its part is swept away.
    has_builder: as `fulfilling.settle_live`.
    """
    live = await trying.live(act, request_id, ended)
    await _keep(act, live.request, {step.id: parts[step.id] for step, _ in live.came if step.id in parts})
    return await fulfilling.settle_live(act, live, has_builder=has_builder)


async def _keep(act: Act, request: Request, parts: Mapping[UUID, Rows]) -> None:
    """Let parts count, in the place of those that the same steps gave before."""
    if not parts:
        return
    gone = await act.rows(_REPLACED, list(parts))
    await storage.forget(act, [row["place"] for row in gone])
    await storage.note(act, *(each.stored for each in parts.values()))
    places = [each.stored.place for each in parts.values()]
    shapes = [orjson.dumps(list(rows.shapes)).decode() for rows in parts.values()]
    given = ([new_id() for _ in parts], list(parts), places, shapes, LINES, act.at, act.id)
    await act.execute(_ADD_ROWS, request.id, *given)


async def add_file(
    act: Act, request_id: UUID, stored: Stored, name: str, media_type: str, step_id: UUID | None = None
) -> UUID:
    """Add a file that a person found by hand; it goes into the package as it is. Returns the part's id.

    The caller has stored it under the request's key, and answers for what it is. Refusals: CONFLICT for a request that
    has ended or is no copy, LIMIT.
    """
    request = await hold_request(act, request_id)
    if request.is_ended or request.kind not in fulfilling.FOUND_FIRST:
        raise Refusal(Code.CONFLICT, "Only an open request for a copy takes files.", ("request",))
    if step_id is not None and step_id not in {each.id for each in await steps.of(act, request.id)}:
        raise not_found("step", "step")
    if await act.value(_FILES, request.id) >= FILES_MOST:
        raise Refusal(Code.LIMIT, f"A copy takes at most {FILES_MOST} files.", ("request",))
    part_id = new_id()
    key = await sealed.open_key(act, request.id)
    said = key.seal("package_part", "name", part_id, inputs.line(name, "name", most=NAME_CHARACTERS))
    await storage.note(act, stored)
    await act.execute(
        _ADD, part_id, request.id, step_id, "FILE", stored.place, said, media_type, "[]", act.at, act.id
    )
    await act.record("package.file_added", request.customer_id, request=request.id, part=part_id)
    return part_id


def _part(row: Record, key: Any) -> Part:
    values: dict[str, Any] = {name: value for name, value in dict(row).items() if name != "shape"}
    values["shapes"] = tuple(Shape(**each) for each in orjson.loads(row["shape"]))
    if row["name"] is not None:
        values["name"] = key.open_text("package_part", "name", row["id"], row["name"])
    return Part(**values)
