"""The journal of what was forgotten: a file outside the database, so that a backup from before brings nothing back.

One JSON object a line, of keyed hashes, their key and the day: a customer who was erased, or an address that gets no
marketing. The database has the same rows; a file that knows one more says that the database is older than the file.
Lines are added by a job of the act that forgot, and what a job could not add an hourly look adds later. Every machine
that works has all of them. ``hub.restoring`` reads it.
"""

import fcntl
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from hub.act import Act, Ask
from hub.db import Record
from hub.vault import Blind, Vault

TASK: Final = "customers.journal"
FRESH_DAYS: Final = 2
_NOTE: Final = """
    INSERT INTO erasure (digest, key_id, erased_on) VALUES ($1, $2, ($3::timestamptz AT TIME ZONE 'UTC')::date)
    ON CONFLICT DO NOTHING
"""
_ERASURES: Final = "SELECT digest, key_id, erased_on FROM erasure WHERE met AND erased_on > $1"
_SUPPRESSIONS: Final = """
    SELECT organisation_id, kind, digest, channel, key_id, reason, added_on FROM suppression WHERE added_on > $1
"""


def mark(vault: Vault, customer_id: UUID) -> Blind:
    """What the journal knows a customer by, under the current key and those before."""
    return vault.marked("erasure", str(customer_id))


async def note(act: Act, customer_id: UUID) -> None:
    """Note that a customer was erased."""
    made = mark(act.hub.vault, customer_id)
    await act.execute(_NOTE, made.digest, made.key_id, act.at)


async def write(act: Act) -> None:
    """Have what this act forgot written outside, once it has committed."""
    await act.defer(TASK)


async def lines(ask: Ask, since: date = date.min) -> list[bytes]:
    """What the journal holds of the days after one, as it is written; sorted, so that no line tells of the next."""
    gone = [_erased(row) for row in await ask.rows(_ERASURES, since)]
    return sorted(gone + [_suppressed(row) for row in await ask.rows(_SUPPRESSIONS, since)])


def append(path: Path, given: Sequence[bytes]) -> None:
    """Add those lines that the file does not hold, and have the disk hold them; several processes may at once.

    OSError where that fails.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with path.open("ab+") as file:
            file.seek(0)
            there = file.read()
            missing = sorted(set(given) - set(there.splitlines(keepends=True)))
            if missing:
                file.write((b"\n" if there and not there.endswith(b"\n") else b"") + b"".join(missing))
                file.flush()
                os.fsync(file.fileno())


def read(path: Path) -> list[Mapping[str, Any]]:
    """Read a journal; an absent file has no line, and a torn one is passed over."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        return [line for line in map(_parsed, file) if line]


def _erased(row: Record) -> bytes:
    said = {"erased": row["digest"].hex(), "key": row["key_id"], "on": row["erased_on"]}
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _suppressed(row: Record) -> bytes:
    said = {
        "suppressed": row["digest"].hex(), "key": row["key_id"], "on": row["added_on"], "kind": row["kind"],
        "organisation": str(row["organisation_id"]), "channel": row["channel"], "reason": row["reason"],
    }  # fmt: skip
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        said: dict[str, Any] = orjson.loads(text)
        digest = bytes.fromhex(said.get("erased") or said["suppressed"])
        return {**said, "digest": digest, "on": date.fromisoformat(said["on"])}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
