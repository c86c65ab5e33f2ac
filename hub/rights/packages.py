"""Packages: the copy that a customer gets, built from the parts when everybody has looked, and released by staff.

BUILDING, BUILT, RELEASED, EXPIRED: a package is there whole or not at all, can be looked at and built again before it
is released, and is deleted with its parts on the day that the customer was told. A later one replaces an earlier one.
"""

import dataclasses
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub import storage
from hub.act import Act, Ask, Hub
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.rights import sealed
from hub.rights.requests import Move, Request, hold_request, move, read
from hub.rights.states import State
from hub.storage import Stored
from hub.vault import DataKey

TASK: Final = "packages.build"
GONE_AT_A_TIME: Final = 100
LATE: Final = timedelta(minutes=10)


class Access(StrEnum):
    """How a package stands."""

    BUILDING = "BUILDING"
    BUILT = "BUILT"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True)
class Package:
    """A stored package. manifest: SHA-256 over the digests of its files. until_at: when it is deleted."""

    id: UUID
    request_id: UUID
    number: int
    state: Access
    place: str | None
    manifest: bytes | None = field(repr=False)
    files: int | None
    begun_at: datetime
    built_at: datetime | None
    released_at: datetime | None
    until_at: datetime | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Usual:
    """How large nine of ten of the last copies were at most, and after how many days they were there."""

    megabytes: int
    days: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A package that may be read now, and what opens it."""

    package: Package
    reference: str
    key: DataKey = field(repr=False)


_NAMES = tuple(each.name for each in dataclasses.fields(Package) if each.name != "size_bytes")
_COLUMNS = ", ".join(f"p.{name}" for name in _NAMES) + ", o.size_bytes"
_FROM = "FROM package p LEFT JOIN stored_object o ON o.place = p.place"
_LATEST = f"""
    SELECT DISTINCT ON (p.request_id) {_COLUMNS} {_FROM} WHERE p.request_id = ANY ($1)
    ORDER BY p.request_id, p.number DESC
"""
# Of few copies nothing is said: it would tell of one person's.
_USUAL = """
    SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY size_bytes) AS size_bytes,
        percentile_disc(0.9) WITHIN GROUP (ORDER BY days) AS days
    FROM (SELECT o.size_bytes, (p.released_at::date - r.received_on) AS days
          FROM package p JOIN rights_request r ON r.id = p.request_id JOIN stored_object o ON o.place = p.place
          WHERE r.organisation_id = $1 AND p.state = 'RELEASED' ORDER BY p.released_at DESC LIMIT 100) AS last
    HAVING count(*) >= 10
"""
_ONE = f"SELECT {_COLUMNS} {_FROM} WHERE p.id = $1"
_REPLACE = """
    UPDATE package SET state = 'REPLACED', ended_at = $2, place = NULL FROM (
        SELECT id, place FROM package WHERE request_id = $1 AND ended_at IS NULL FOR UPDATE) AS was
    WHERE package.id = was.id RETURNING was.place
"""
_BEGIN = """
    INSERT INTO package (id, request_id, number, state, begun_at, act_id)
    SELECT $1, $2, coalesce(max(number), 0) + 1, 'BUILDING', $3, $4 FROM package WHERE request_id = $2
"""
_BUILT = """
    UPDATE package SET state = 'BUILT', place = $2, manifest = $3, files = $4, built_at = $5 WHERE id = $1
"""
_RELEASE = "UPDATE package SET state = 'RELEASED', released_at = $2, until_at = $3 WHERE id = $1"
_GONE = "UPDATE package SET state = 'EXPIRED', ended_at = $2, place = NULL WHERE request_id = $1 AND ended_at IS NULL"
_PLACES = "SELECT place FROM package WHERE request_id = $1 AND place IS NOT NULL"
_PARTS = "DELETE FROM package_part WHERE request_id = $1 RETURNING place"
# What was released and has had its time, and what is left of requests that ended without a release.
_OVER = """
    SELECT request_id FROM package WHERE state = 'RELEASED' AND until_at <= $1
    UNION SELECT r.id FROM rights_request r WHERE r.closed_at IS NOT NULL
        AND (EXISTS (SELECT FROM package_part t WHERE t.request_id = r.id)
             OR EXISTS (SELECT FROM package k WHERE k.request_id = r.id AND k.ended_at IS NULL))
        AND NOT EXISTS (SELECT FROM package k WHERE k.request_id = r.id AND k.state = 'RELEASED')
    LIMIT $2
"""
_HELD = """
    SELECT r.id FROM rights_request r WHERE r.customer_id = ANY ($1)
        AND (EXISTS (SELECT FROM package_part t WHERE t.request_id = r.id)
             OR EXISTS (SELECT FROM package k WHERE k.request_id = r.id AND k.ended_at IS NULL))
    ORDER BY r.id
"""
_LEFT = """
    SELECT p.id FROM package p WHERE p.state = 'BUILDING' AND p.begun_at <= $1 AND NOT EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing') AND (
            (j.task_name = 'packages.build' AND j.args ->> 'package_id' = p.id::text)
            OR (j.task_name = 'rights.steps' AND j.args ->> 'request_id' = p.request_id::text))) LIMIT $2
"""
_BEGUN = f"""
    SELECT {_COLUMNS} {_FROM} WHERE p.request_id = $1 AND p.state = 'BUILDING' AND NOT EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.task_name = 'packages.build' AND j.status IN ('todo', 'doing')
            AND j.args ->> 'package_id' = p.id::text)
"""  # noqa: S608 - joined from constants


async def begin(act: Act, request: Request, *, has_builder: bool = False) -> None:
    """Have the package of a held request built; one that was there before is replaced.

    has_builder: the job that has gathered goes on and builds it; where its worker is killed, the job comes again.
    """
    gone = [row["place"] for row in await act.rows(_REPLACE, request.id, act.at) if row["place"]]
    await storage.forget(act, gone)
    package_id = new_id()
    await act.execute(_BEGIN, package_id, request.id, act.at, act.id)
    await act.record("package.begun", request.customer_id, request=request.id, package=package_id)
    if not has_builder:
        await act.defer(TASK, package_id=package_id)


async def rebuild(act: Act, request_id: UUID) -> Request:
    """Build the package again, with what was added or taken out since; only before it is released."""
    request = await hold_request(act, request_id)
    await require_open(act, request)
    await begin(act, request)
    return await move(act, request, Move("PACKAGE_REBUILT"))


async def require_open(act: Act, request: Request) -> None:
    """Refuse CONFLICT to change a package that is not there yet, or that the customer has."""
    found = await of(act, request.id)
    if (
        request.state is not State.DECIDING
        or found is None
        or found.state not in {Access.BUILDING, Access.BUILT}
    ):
        raise Refusal(Code.CONFLICT, "There is no package that could still be changed.", ("request",))


async def of_many(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Package]:
    """Read the latest package of each request by one statement. Whoever calls has seen the requests."""
    return {row["request_id"]: _package(row) for row in await ask.rows(_LATEST, list(ids))}


async def usual(ask: Ask, organisation_id: UUID) -> Usual | None:
    """How large copies are here, and how long they take; None while there were few."""
    row = await ask.row(_USUAL, organisation_id)
    return Usual(max(1, -(-row["size_bytes"] // 1_000_000)), max(1, row["days"])) if row else None


async def of(ask: Ask, request_id: UUID) -> Package | None:
    """Read the latest package of a request; None where none was begun. Whoever calls has seen the request."""
    return (await of_many(ask, [request_id])).get(request_id)


async def building(ask: Ask, package_id: UUID) -> Package | None:
    """Read a package that is to be built; None where that has been done, or another has replaced it."""
    row = await ask.row(_ONE, package_id)
    found = _package(row) if row else None
    return found if found and found.state is Access.BUILDING else None


async def begun(ask: Ask, request_id: UUID) -> Package | None:
    """Read the package of a request that is to be built and has no job of its own; None where there is none."""
    row = await ask.row(_BEGUN, request_id)
    return _package(row) if row else None


async def built(act: Act, package: Package, stored: Stored, manifest: bytes, files: int) -> bool:
    """Note that a package is there; False where another has replaced it, and then this one does not count."""
    request = await hold_request(act, package.request_id)
    if await building(act, package.id) is None:
        return False
    await storage.note(act, stored)
    await act.execute(_BUILT, package.id, stored.place, manifest, files, act.at)
    body = {"package": str(package.id), "files": files, "manifest": manifest.hex()}
    await move(act, request, Move("PACKAGE_BUILT", body=body))
    return True


async def require_built(act: Act, request: Request) -> Package:
    """Read the package that can be released; Refusal CONFLICT until it is there.

    One that an erasure let go (EXPIRED) does not come back: the request can end without it.
    """
    found = await of(act, request.id)
    if found is None or found.state not in {Access.BUILT, Access.EXPIRED}:
        raise Refusal(Code.CONFLICT, "The package is not built yet: look again in a moment.", ("request",))
    return found


async def release(act: Act, request: Request) -> Package:
    """Let the customer have the package of a held request, for as long as the setting says; not one that has gone."""
    found = await require_built(act, request)
    if found.state is not Access.BUILT:
        return found
    until = act.at + timedelta(days=act.hub.settings.package_days)
    await act.execute(_RELEASE, found.id, act.at, until)
    await act.record(
        "package.released", request.customer_id, request=request.id, package=found.id, until=until
    )
    return dataclasses.replace(found, state=Access.RELEASED, released_at=act.at, until_at=until)


async def opened(ask: Ask, request_id: UUID, among: Sequence[Access] = (Access.RELEASED,)) -> Opened:
    """Find the package of a request, to be read; NOT_FOUND where there is none. The caller has looked at who asks."""
    request = await read(ask, request_id)
    found = await of(ask, request.id)
    if found is None or found.state not in among or (found.until_at and found.until_at <= ask.at):
        raise not_found("package", "request")
    return Opened(found, request.reference, await sealed.open_key(ask, request.id))


async def stream(hub: Hub, opened: Opened) -> AsyncIterator[bytes]:
    """Yield an opened package, a ZIP file of `size_bytes`."""
    async for piece in storage.read(hub, opened.package.place or "", opened.key):
        yield piece


async def expire(act: Act) -> list[str]:
    """Let packages and parts go that have had their time; returns their places, to be removed from the storage."""
    gone: list[str] = []
    for row in await act.rows(_OVER, act.at, GONE_AT_A_TIME):
        gone += await _let_go(act, row["request_id"])
    return gone


async def erase(act: Act, people: Sequence[UUID]) -> None:
    """Let packages and parts of people who are erased go, whoever's their requests are; the sweep removes them.

    They lie under the keys of requests, which outlive the keys of customers. The caller has locked the people.
    """
    for row in await act.rows(_HELD, list(people)):
        await _let_go(act, row["id"])


async def _let_go(act: Act, request_id: UUID) -> list[str]:
    request = await hold_request(act, request_id)
    rows = await act.rows(_PLACES, request.id) + await act.rows(_PARTS, request.id)
    places = [row["place"] for row in rows]
    await act.execute(_GONE, request.id, act.at)
    await storage.forget(act, places)
    await act.record("package.expired", request.customer_id, request=request.id)
    return places


async def set_off_left(act: Act) -> int:
    """Have the packages built whose job was lost; returns how many."""
    rows = await act.rows(_LEFT, act.at - LATE, GONE_AT_A_TIME)
    for row in rows:
        await act.defer(TASK, package_id=row["id"])
    if rows:
        await act.record("package.resumed", packages=[row["id"] for row in rows])
    return len(rows)


def _package(row: Record) -> Package:
    values: dict[str, Any] = dict(row)
    values["state"] = Access(values["state"])
    return Package(**values)
