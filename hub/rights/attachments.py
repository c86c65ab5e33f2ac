"""Files with a request: kept in the storage under a key of their own, which is sealed under the request's.

A file is stored first and noted by an act; what no act noted is swept away. Somebody at the portal sends files before
there is a request: they wait with the visit, which alone holds their keys, and go after a day.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hub import particulars, storage
from hub.act import Act, Ask, Hub
from hub.errors import Code, Refusal, invalid, not_found
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.sealed import open_key
from hub.uploads import storing
from hub.uploads.storing import Kept
from hub.uploads.values import Checked, FileKind, Scan
from hub.vault import DataKey

FILES_MOST: Final = 20
"""Files with one request."""
UNSENT_FOR: Final = timedelta(days=1)
UNSENT_AT_A_TIME: Final = 200


@dataclass(frozen=True, slots=True)
class Unsent:
    """A file that waits for its request."""

    id: UUID
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file with a request, without what is in it and what it is called."""

    id: UUID
    request_id: UUID
    kind: FileKind
    size_bytes: int
    scan: Scan
    actor_kind: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that may be read: its view is noted."""

    id: UUID
    kind: FileKind
    size_bytes: int
    scan: Scan
    name: str = field(repr=False)
    secret: bytes = field(repr=False)


_COLUMNS = "id, request_id, kind, size_bytes, scan, actor_kind, added_at"
_ADD = """
    INSERT INTO attachment (id, organisation_id, request_id, file_key, name, kind, size_bytes, scan, actor_kind,
        actor_id, added_at, act_id)
    SELECT new.id, $1, $2, new.file_key, new.name, new.kind, new.size_bytes, new.scan, $3, $4, $5, $6
    FROM unnest($7::uuid[], $8::bytea[], $9::bytea[], $10::text[], $11::int[], $12::text[])
        AS new (id, file_key, name, kind, size_bytes, scan)
"""
_OF = f"SELECT {_COLUMNS} FROM attachment WHERE request_id = ANY ($1) ORDER BY request_id, id"  # noqa: S608 - constants
_KNOWN = "SELECT id FROM attachment WHERE id = ANY ($1)"
_COUNT = "SELECT count(*) FROM attachment WHERE request_id = $1"
_NAMES = "SELECT id, file_key, name FROM attachment WHERE request_id = $1 ORDER BY id"
_ONE = """
    SELECT id, request_id, file_key, name, kind, size_bytes, scan FROM attachment
    WHERE id = $1 AND request_id IS NOT NULL AND ($2::uuid IS NULL OR organisation_id = $2)
"""
# What waits belongs to whoever has its key; a request that nobody has proved gives its files back to another one.
_ATTACH = """
    UPDATE attachment a SET request_id = $2, file_key = sent.file_key, act_id = $3
    FROM unnest($4::uuid[], $5::bytea[]) AS sent (id, file_key)
    WHERE a.id = sent.id AND a.organisation_id = $1 AND (a.request_id IS NULL OR EXISTS (
        SELECT FROM rights_request r WHERE r.id = a.request_id AND r.verified_at IS NULL))
    RETURNING a.id
"""
_WAITING = """
    SELECT id FROM attachment WHERE id = ANY ($1) AND organisation_id = $2 AND request_id IS NULL FOR UPDATE
"""
# What waited too long, and what came with requests that nobody ever proved; a proof that was named stays.
_UNSENT = """
    SELECT a.id FROM attachment a LEFT JOIN rights_request r ON r.id = a.request_id
    WHERE ((a.request_id IS NULL AND a.added_at < $1) OR (r.state = 'EXPIRED' AND r.verified_at IS NULL))
      AND NOT EXISTS (SELECT FROM representative p WHERE p.attachment_id = a.id)
    ORDER BY a.id LIMIT $2 FOR UPDATE OF a SKIP LOCKED
"""
_DELETE = "DELETE FROM attachment WHERE id = ANY ($1)"


def keeping(hub: Hub, files: Sequence[Checked]) -> AbstractAsyncContextManager[list[Kept]]:
    """Put files into the storage for an act to note; what it has not noted is removed again."""
    return storing.keeping(hub, files, place, _KNOWN)


async def drop(hub: Hub, ids: Sequence[UUID]) -> None:
    """Remove what no act knows; what cannot be removed now is swept later."""
    await storing.drop(hub, [place(each) for each in ids])


async def add(act: Act, request_id: UUID, kept: Sequence[Kept]) -> list[Attachment]:
    """Add files to a request that goes on. Refusals: NOT_FOUND, CONFLICT, TOO_LARGE."""
    request = await hold_request(act, request_id)
    await _require_room(act, request, len(kept))
    key = await open_key(act, request.id)
    sealed = [key.seal("attachment", "file_key", each.id, each.secret) for each in kept]
    await _write(act, request.organisation_id, request.id, kept, sealed)
    await _tell(act, request, [each.id for each in kept])
    mine = {each.id for each in kept}
    return [each for each in (await of(act, [request.id]))[request.id] if each.id in mine]


async def wait(act: Act, kept: Sequence[Kept]) -> list[Unsent]:
    """Note files for whoever is at the portal; only the keys that are returned open them."""
    towards = act.actor.organisation_id
    if towards is None:
        raise invalid("Only somebody at a portal sends files before there is a request.")
    await _write(act, towards, None, kept, [None] * len(kept))
    await act.record("files.kept", files=[each.id for each in kept])
    return [Unsent(each.id, each.secret) for each in kept]


async def attach(act: Act, request: Request, unsent: Sequence[Unsent]) -> None:
    """Let files that waited go with a request that was just made; those that are gone by now are left out."""
    if not unsent:
        return
    key = await open_key(act, request.id)
    sealed = [key.seal("attachment", "file_key", each.id, each.secret) for each in unsent]
    ids = [each.id for each in unsent]
    rows = await act.rows(_ATTACH, request.organisation_id, request.id, act.id, ids, sealed)
    await _tell(act, request, [row["id"] for row in rows])


async def discard(act: Act, ids: Sequence[UUID]) -> list[UUID]:
    """Forget files that wait; returns those whose objects can be dropped."""
    rows = await act.rows(_WAITING, list(ids), act.actor.organisation_id)
    return await _forget(act, [row["id"] for row in rows])


async def discard_unsent(act: Act) -> list[UUID]:
    """Forget files whose request was never sent, or never proved; returns those whose objects can be dropped."""
    rows = await act.rows(_UNSENT, act.at - UNSENT_FOR, UNSENT_AT_A_TIME)
    return await _forget(act, [row["id"] for row in rows])


async def of(ask: Ask, request_ids: Sequence[UUID]) -> dict[UUID, list[Attachment]]:
    """Read the files of many requests by one statement. Whoever calls has seen the requests."""
    found: dict[UUID, list[Attachment]] = {each: [] for each in request_ids}
    for row in await ask.rows(_OF, list(request_ids)):
        values: dict[str, Any] = {**row, "kind": FileKind(row["kind"]), "scan": Scan(row["scan"])}
        found[row["request_id"]].append(Attachment(**values))
    return found


async def names_of(ask: Ask, request_id: UUID) -> dict[UUID, str]:
    """Open what the files of a request are called."""
    rows = await ask.rows(_NAMES, request_id)
    if not rows:
        return {}
    key = await open_key(ask, request_id)
    return {
        row["id"]: _name(_secret(key, row["id"], row["file_key"]), row["id"], row["name"]) for row in rows
    }


async def open_file(act: Act, file_id: UUID, reason: str) -> Opened:
    """Note who opens a file, and why; what is returned can then be read. Refusals: NOT_FOUND, INVALID."""
    code = particulars.reason(reason, "reason")
    if not code:
        raise invalid("Give a reason: a code such as HANDLING.", "reason")
    row = await act.row(_ONE, file_id, act.actor.organisation_id)
    if row is None:
        raise not_found("file", "attachment")
    request = await hold_request(act, row["request_id"])
    await move(act, request, Move("FILE_VIEWED", code=code, body={"file": str(file_id)}))
    secret = _secret(await open_key(act, request.id), file_id, row["file_key"])
    kind, scan = FileKind(row["kind"]), Scan(row["scan"])
    return Opened(file_id, kind, row["size_bytes"], scan, _name(secret, file_id, row["name"]), secret)


def read(hub: Hub, opened: Opened) -> AsyncIterator[bytes]:
    """Read what is in a file that was opened."""
    return storage.read(hub, place(opened.id), DataKey(opened.secret))


def place(file_id: UUID) -> str:
    """Where a file lies in the storage."""
    return f"attachments/{file_id}"


async def _write(
    act: Act, towards: UUID, request_id: UUID | None, kept: Sequence[Kept], keys: Sequence[bytes | None]
) -> None:
    columns = (
        [each.id for each in kept], list(keys),
        [DataKey(each.secret).seal("attachment", "name", each.id, each.file.name) for each in kept],
        [each.file.kind for each in kept], [len(each.file.content) for each in kept], [each.file.scan for each in kept],
    )  # fmt: skip
    await act.execute(_ADD, towards, request_id, act.actor.kind, act.actor.id, act.at, act.id, *columns)
    for each in kept:
        await storage.note(act, each.stored)


async def _require_room(act: Act, request: Request, more: int) -> None:
    if request.is_ended:
        raise Refusal(
            Code.CONFLICT, f"This request has ended ({request.state}): open a new one.", ("request",)
        )
    if await act.value(_COUNT, request.id) + more > FILES_MOST:
        raise Refusal(Code.TOO_LARGE, f"A request has {FILES_MOST} files at most.", ("files",))


async def _tell(act: Act, request: Request, ids: Sequence[UUID]) -> None:
    if ids:
        await move(act, request, Move("FILES_ADDED", body={"files": [str(each) for each in ids]}))


async def _forget(act: Act, ids: list[UUID]) -> list[UUID]:
    if ids:
        await act.execute(_DELETE, ids)
        await storage.forget(act, [place(each) for each in ids])
        await act.record("files.discarded", files=ids)
    return ids


def _secret(key: DataKey, file_id: UUID, sealed: bytes) -> bytes:
    return key.open("attachment", "file_key", file_id, sealed)


def _name(secret: bytes, file_id: UUID, sealed: bytes) -> str:
    return DataKey(secret).open_text("attachment", "name", file_id, sealed)
