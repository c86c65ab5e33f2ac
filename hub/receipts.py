"""Receipts: the proof, handed to a person, that the ledger holds what was recorded about them.

A receipt shows only its owner's details. It proves, with hashes alone, that they belong to an entry and that
the entry stands in the tree under a signed seal (RFC 9162 section 2.1.3). Checking one needs no database and
no network::

    {"type": "privacy-hub/receipt/1",
     "details": [{"index": 0, "salt": hex, "body": {...}, "path": [hex, ...]}],
     "entry": {the entry's statement}, "position": 41, "path": [hex, ...],
     "seal": {the seal's statement}, "signature": hex, "key": {the public key as a JWK, RFC 8037}}
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from hub import merkle, statements
from hub.errors import Code, Refusal, not_found
from hub.evidence import open_detail
from hub.keyring import is_signed
from hub.sealing import ENTRY_COLUMNS, NODE_LEVELS, SEAL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from hub.act import Ask
    from hub.db import Record

RECEIPT = "privacy-hub/receipt/1"
RECEIPT_CHARACTERS = 1_000_000
INCOMPLETE = "Part of the ledger's tree is missing: ask the operator to run `hub ledger verify`."
MOST_DETAILS, MOST_STEPS = 10_000, 64

ENTRY = f"""
    SELECT {ENTRY_COLUMNS}, leaf.position, leaf.seal_number
    FROM ledger_entry AS entry LEFT JOIN ledger_leaf AS leaf ON leaf.entry_id = entry.id
    WHERE entry.id = $1 AND EXISTS (
        SELECT FROM ledger_detail WHERE entry_id = entry.id AND subject IS NOT DISTINCT FROM $2)
"""  # noqa: S608 column names of our own
DETAILS = """
    SELECT detail.entry_id, detail.index, detail.subject, detail.leaf_hash, stored.wrapped,
           detail.subject IS NOT DISTINCT FROM $2 AS is_own,
           CASE WHEN detail.subject IS NOT DISTINCT FROM $2 THEN detail.body END AS body
    FROM ledger_detail AS detail
    LEFT JOIN keys.customer_key AS stored ON stored.customer_id = detail.subject AND detail.subject = $2
    WHERE detail.entry_id = $1 ORDER BY detail.index
"""
SEAL = f"SELECT {SEAL_COLUMNS} FROM ledger_seal WHERE number = $1"  # noqa: S608 column names of our own
SUBTREES = """
    SELECT 0::smallint AS level, position AS index, leaf_hash AS hash
    FROM ledger_leaf WHERE position = ANY ($1)
    UNION ALL
    SELECT node.level, node.index, node.hash
    FROM unnest($2::smallint[], $3::bigint[]) AS wanted (level, index)
    JOIN ledger_node AS node USING (level, index)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a receipt proves what it shows, and why not.

    pinned: its key is one the reader trusts; otherwise only the receipt itself vouches for its key.
    """

    valid: bool
    pinned: bool
    reasons: tuple[str, ...]
    event: str | None = None
    recorded_at: str | None = None
    seal: int | None = None
    sealed_at: str | None = None
    key_id: str | None = None

    def to_text(self) -> str:
        """Say it to a person."""
        if not self.valid:
            return "\n".join(["This receipt proves nothing:", *(f"- {reason}" for reason in self.reasons)])
        proved = f"Genuine: {self.event}, recorded {self.recorded_at}"
        proved += f", sealed {self.sealed_at} under seal {self.seal}."
        if self.pinned:
            return f"{proved}\nSigned by {self.key_id}, a published key."
        return (
            f"{proved}\nSigned by {self.key_id}, a key that only this receipt vouches for:"
            " compare it with those published at /.well-known/jwks.json."
        )


class _Flaw(Exception):
    """A receipt fails; says why."""


async def issue(ask: Ask, entry_id: UUID, subject: UUID | None) -> dict[str, Any]:
    """Give the receipt of one subject's details in an entry; subject None: of those that are about nobody.

    Refusals: NOT_FOUND for an entry that says nothing about the subject, or whose details are gone;
    NOT_SEALED_YET.
    """
    entry = await ask.row(ENTRY, entry_id, subject)
    if entry is None:
        raise not_found("ledger entry")
    if entry["position"] is None:
        raise Refusal(Code.NOT_SEALED_YET, "This entry is not sealed yet: ask again in a few seconds.")
    seal = await ask.row(SEAL, entry["seal_number"])
    if seal is None:
        raise Refusal(Code.UNAVAILABLE, INCOMPLETE)
    keyring = ask.hub.vault.keyring
    return {
        "type": RECEIPT,
        "details": _own_details(ask, await ask.rows(DETAILS, entry_id, subject)),
        "entry": statements.entry_statement(entry),
        "position": entry["position"],
        "path": await _path(ask, entry["position"], seal["size"]),
        "seal": statements.seal_statement(seal, keyring.origin),
        "signature": seal["signature"].hex(),
        "key": next((key for key in keyring.public_jwks()["keys"] if key["kid"] == seal["key_id"]), None),
    }


def read_receipt(text: str | bytes) -> dict[str, Any]:
    """Parse a receipt from outside; Refusals: TOO_LARGE; INVALID unless one JSON object, no name twice."""
    if len(text) > RECEIPT_CHARACTERS:
        raise Refusal(Code.TOO_LARGE, f"A receipt has at most {RECEIPT_CHARACTERS} characters.")
    try:
        receipt: object = json.loads(text, object_pairs_hook=_once, parse_constant=_fail)
    except (ValueError, RecursionError, _Flaw):
        receipt = None
    if isinstance(receipt, dict):
        return cast("dict[str, Any]", receipt)
    raise Refusal(Code.INVALID, "This is not a receipt: it must be one JSON object, as it was handed out.")


def trusted_keys(jwks: Mapping[str, Any]) -> dict[str, bytes]:
    """Take the seal keys out of a published JWK set: public keys by id; Refusal INVALID if there are none."""
    try:
        keys = {str(key["kid"]): _public_key(key) for key in jwks["keys"] if key.get("crv") == "Ed25519"}
    except (_Flaw, KeyError, TypeError, AttributeError):
        keys = {}
    if not keys:
        raise Refusal(
            Code.INVALID, "This holds no seal keys: give the JWK set published at /.well-known/jwks.json."
        )
    return keys


def verify_receipt(receipt: Mapping[str, Any], trusted: Mapping[str, bytes] | None = None) -> Verdict:
    """Check a receipt offline; never raises on what a receipt may hold.

    trusted: public seal keys by id. Given, the receipt must be signed by one of them; without, its own key is
    used and the verdict says so.
    """
    try:
        return _check(receipt, trusted or {})
    except _Flaw as flaw:
        return Verdict(valid=False, pinned=False, reasons=(str(flaw),))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        return Verdict(
            valid=False, pinned=False, reasons=("it has another shape than a receipt of this version",)
        )


def _check(receipt: Mapping[str, Any], trusted: Mapping[str, bytes]) -> Verdict:
    entry, seal = receipt["entry"], receipt["seal"]
    if receipt["type"] != RECEIPT:
        _fail("it is not a receipt of a version this release reads")
    if set(entry) != {*statements.ENTRY_FIELDS, "type"} or set(seal) != {*statements.SEAL_FIELDS, "type"}:
        _fail("its entry or seal lacks a field, or has one too many")
    if entry["type"] != statements.ENTRY or seal["type"] != statements.SEAL:
        _fail("its entry or seal is of another kind")
    _check_details(receipt["details"], entry)
    _check_position(receipt, entry, seal)
    pinned = _check_signature(receipt, seal, trusted)
    return Verdict(
        valid=True,
        pinned=pinned,
        reasons=(),
        event=entry["event"],
        recorded_at=entry["recorded_at"],
        seal=seal["number"],
        sealed_at=seal["sealed_at"],
        key_id=seal["key_id"],
    )


def _check_details(details: Sequence[Mapping[str, Any]], entry: Mapping[str, Any]) -> None:
    if not details or len(details) > MOST_DETAILS:
        _fail("it shows no details")
    for detail in details:
        salt = bytes.fromhex(detail["salt"])
        if len(salt) != statements.SALT_BYTES:
            _fail("the salt of a detail has another length")
        leaf = merkle.leaf_hash(statements.detail_bytes(salt, detail["body"]))
        index, count = _number(detail["index"]), _number(entry["detail_count"])
        if not merkle.verify_inclusion(
            leaf, index, count, _hashes(detail["path"]), bytes.fromhex(entry["commitment"])
        ):
            _fail(f"detail {index} is not what the entry committed to: it, its path or the entry was changed")


def _check_position(receipt: Mapping[str, Any], entry: Mapping[str, Any], seal: Mapping[str, Any]) -> None:
    position, size = _number(receipt["position"]), _number(seal["size"])
    if not _number(seal["first_position"]) <= position < size:
        _fail("its position does not lie under its seal")
    leaf, path = statements.statement_leaf(entry), _hashes(receipt["path"])
    if not merkle.verify_inclusion(leaf, position, size, path, bytes.fromhex(seal["root"])):
        _fail(
            "the entry is not in the sealed tree: the entry, its position, its path or the root was changed"
        )


def _check_signature(
    receipt: Mapping[str, Any], seal: Mapping[str, Any], trusted: Mapping[str, bytes]
) -> bool:
    key_id = seal["key_id"]
    if trusted and key_id not in trusted:
        _fail(f"it is signed by {str(key_id)[:40]!r}, which is not one of the trusted keys")
    key = trusted[key_id] if trusted else _public_key(receipt["key"])
    if not trusted and receipt["key"]["kid"] != key_id:
        _fail("the key it brings is not the one its seal names")
    if not is_signed(statements.canonical(seal), bytes.fromhex(receipt["signature"]), key):
        _fail("the signature does not fit the seal: the seal was changed, or another key signed it")
    return bool(trusted)


def _own_details(ask: Ask, rows: Sequence[Record]) -> list[dict[str, Any]]:
    leaves = [row["leaf_hash"] for row in rows]
    details: list[dict[str, Any]] = []
    for row in rows:
        content = open_detail(ask.hub.vault, row) if row["is_own"] else None
        if content is not None:
            salt, body = statements.split_detail(content)
            path = [step.hex() for step in merkle.inclusion_path(leaves, row["index"])]
            details.append({"index": row["index"], "salt": salt.hex(), "body": body, "path": path})
    if not details:
        raise Refusal(Code.NOT_FOUND, "What this entry recorded has been removed and can no longer be shown.")
    return details


async def _path(ask: Ask, position: int, size: int) -> list[str]:
    """Rebuild the inclusion path from the kept levels: fewer than 256 rows for each."""
    ranges = merkle.inclusion_ranges(position, size)
    subtrees = [merkle.complete_subtrees(start, end, NODE_LEVELS) for start, end in ranges]
    wanted = [subtree for each in subtrees for subtree in each]
    nodes = [subtree for subtree in wanted if subtree[0]]
    rows = await ask.rows(
        SUBTREES,
        [index for level, index in wanted if not level],
        [level for level, _ in nodes],
        [index for _, index in nodes],
    )
    found = {(row["level"], row["index"]): row["hash"] for row in rows}
    if len(found) < len(wanted):
        raise Refusal(Code.UNAVAILABLE, INCOMPLETE)
    return [_fold([(level, found[level, index]) for level, index in each]).hex() for each in subtrees]


def _fold(subtrees: Sequence[tuple[int, bytes]]) -> bytes:
    tree = merkle.Frontier()
    for level, node in subtrees:
        tree.add(node, level)
    return tree.root()


def _hashes(path: Sequence[str]) -> list[bytes]:
    if isinstance(path, str) or len(path) > MOST_STEPS:
        _fail("a path in it is longer than any tree is high")
    return [bytes.fromhex(step) for step in path]


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        _fail("a position or count in it is not a whole number")
    return value


def _public_key(jwk: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(jwk["x"] + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        _fail("its key is not an Ed25519 key")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a name stands twice"
        raise ValueError(message)
    return found


def _fail(reason: str) -> NoReturn:
    raise _Flaw(reason)
