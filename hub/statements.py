"""What is hashed and signed, byte by byte: one encoding for writer, sealer, verifier and receipts.

Everything is canonical JSON: keys sorted, no spaces, UTF-8, integers below 2**53, no floats, instants in UTC
with microseconds, ids and hashes in lower-case hexadecimal. For such values it is the form of RFC 8785.

A **detail** (what happened to one subject) is 32 random bytes of salt followed by its body. An **entry**
commits to its details by the Merkle root of their leaf hashes, so it may commit to a crowd and each person's
receipt shows one detail. A **seal** is a signed statement over the tree of all entries so far, chained to the
seal before by the statement's hash.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast
from uuid import UUID

import orjson

from hub import merkle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SALT_BYTES = 32
ENTRY, SEAL = "privacy-hub/entry/1", "privacy-hub/seal/1"
FIRST_PREVIOUS = bytes(32)

ENTRY_FIELDS = (
    "id",
    "sequence",
    "xid",
    "act_id",
    "event",
    "subject",
    "actor_kind",
    "actor_id",
    "commitment",
    "detail_count",
    "recorded_at",
)
SEAL_FIELDS = (
    "origin",
    "number",
    "first_position",
    "size",
    "root",
    "previous",
    "horizon",
    "cluster",
    "sealed_at",
    "key_id",
)

_NO_FLOATS = frozenset({str, int, bool, type(None), UUID})
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER | orjson.OPT_PASSTHROUGH_DATETIME


class Row(Protocol):
    """A row of the database, or anything that is read by column name."""

    def __getitem__(self, name: str, /) -> Any: ...


def canonical(value: Any) -> bytes:
    """Encode JSON values, ids, instants and enums in the one form; TypeError for floats and anything else."""
    _refuse_floats(value)
    return orjson.dumps(value, default=_plain, option=_CANONICAL)


def instant(at: datetime) -> str:
    """Spell an aware instant in UTC with microseconds: 2026-11-22T13:00:00.000000Z."""
    if at.tzinfo is None:
        message = "an instant needs a time zone"
        raise TypeError(message)
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:26] + "Z"


class Alike:
    """Details that say the same but for a few ids, encoded but once. blanks: the names of those ids."""

    def __init__(self, body: Mapping[str, Any], blanks: Sequence[str]) -> None:
        """Encode what they have in common."""
        marks = {name: f"\ue000{name}\ue000" for name in blanks}
        form = canonical({**body, **marks}).decode().replace("%", "%%")
        for name, mark in marks.items():
            form = form.replace(f'"{mark}"', f"%({name})s")
        self._form = form

    def detail_bytes(self, salt: bytes, ids: Mapping[str, str | None]) -> bytes:
        """As the function of this name, for the body with these ids; None: null."""
        said = {name: "null" if each is None else f'"{each}"' for name, each in ids.items()}
        return salt + (self._form % said).encode()


def new_salts(many: int) -> list[bytes]:
    """Return salts for many details."""
    return drawn(many, SALT_BYTES)


def drawn(many: int, size: int) -> list[bytes]:
    """Return as many lots of so many random bytes, asked for at once."""
    octets = secrets.token_bytes(size * many)
    return [octets[at : at + size] for at in range(0, len(octets), size)]


def new_salt() -> bytes:
    """Return fresh salt: it keeps a detail from being guessed from its hash once its body is gone."""
    return secrets.token_bytes(SALT_BYTES)


def detail_bytes(salt: bytes, body: Mapping[str, Any]) -> bytes:
    """Encode one detail: both what is sealed in the vault and what its leaf hash covers."""
    return salt + canonical(body)


def split_detail(content: bytes) -> tuple[bytes, dict[str, Any]]:
    """Take a detail apart into salt and body."""
    return content[:SALT_BYTES], orjson.loads(content[SALT_BYTES:])


def commitment(leaves: Iterable[bytes]) -> bytes:
    """Commit to an entry's details, given their leaf hashes in order of index."""
    return merkle.root(leaves)


def entry_statement(entry: Row) -> dict[str, Any]:
    """Turn a row of the ledger into its statement: JSON values only. Spelled out, as every entry passes here."""
    subject, actor_id = entry["subject"], entry["actor_id"]
    return {
        "act_id": str(entry["act_id"]),
        "actor_id": str(actor_id) if actor_id else None,
        "actor_kind": entry["actor_kind"],
        "commitment": entry["commitment"].hex(),
        "detail_count": entry["detail_count"],
        "event": entry["event"],
        "id": str(entry["id"]),
        "recorded_at": instant(entry["recorded_at"]),
        "sequence": entry["sequence"],
        "subject": str(subject) if subject else None,
        "type": ENTRY,
        "xid": entry["xid"],
    }


def entry_leaf(entry: Row) -> bytes:
    """Return the leaf hash of a ledger row in the tree of all entries; our own statement has no floats to look for."""
    return merkle.leaf_hash(orjson.dumps(entry_statement(entry), option=_CANONICAL))


def statement_leaf(statement: Mapping[str, Any]) -> bytes:
    """Return the leaf hash of an entry's statement."""
    return merkle.leaf_hash(canonical(statement))


def seal_statement(seal: Row, origin: str) -> dict[str, Any]:
    """Turn a seal's row into the statement its signature covers; `origin` names the deployment."""
    statement: dict[str, Any] = {name: _json(seal[name]) for name in SEAL_FIELDS if name != "origin"}
    statement |= {"origin": origin, "type": SEAL}
    return statement


def seal_hash(statement: Mapping[str, Any]) -> bytes:
    """Return the hash by which the next seal refers to this one."""
    return hashlib.sha256(canonical(statement)).digest()


def _json(value: Any) -> Any:
    match value:
        case None | str() | int():
            return value
        case bytes():
            return value.hex()
        case datetime():
            return instant(value)
        case _:
            return str(value)


def _plain(value: Any) -> str:
    match value:
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
        case UUID():  # the database driver's own kind of it
            return str(value)
        case _:
            message = f"{type(value).__name__} has no canonical form"
            raise TypeError(message)


def _refuse_floats(value: Any) -> None:
    if type(value) in _NO_FLOATS:
        return
    if isinstance(value, float):
        message = "floats have no canonical form: give a whole number of a smaller unit, or text"
        raise TypeError(message)
    if isinstance(value, dict):
        _refuse_floats_in(cast("dict[object, object]", value).values())
    elif isinstance(value, list | tuple):
        _refuse_floats_in(cast("list[object]", value))


def _refuse_floats_in(several: Iterable[object]) -> None:
    for each in several:
        if type(each) not in _NO_FLOATS:
            _refuse_floats(each)
