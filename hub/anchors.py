"""Signed roots in a file outside the database: they reveal a ledger that was cut at its end or written anew.

One JSON object per line: a seal's statement and its signature. A root covers all entries before it, so the
last line matters most; older ones tell where two histories part. When the file grows long, every other old
line is dropped.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from hub import statements
from hub.findings import Kind
from hub.keyring import is_signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hub.findings import Report

MOST_BYTES, NEWEST_LINES = 6_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the file. `statement` is None where the line is torn or is no anchor."""

    line: int
    statement: dict[str, Any] | None
    signature: bytes = b""

    @property
    def number(self) -> int:
        """The seal's number; 0 for a torn line."""
        return self.statement["number"] if self.statement else 0

    def is_signed_by(self, keys: Mapping[str, bytes]) -> bool:
        """Whether one of our seal keys signed this line."""
        if self.statement is None:
            return False
        key = keys.get(self.statement.get("key_id", ""), b"")
        return is_signed(statements.canonical(self.statement), self.signature, key)


def append(path: Path, statement: Mapping[str, Any], signature: bytes) -> None:
    """Add a seal; several processes may do so at once. OSError where the file cannot be written."""
    line = orjson.dumps({**statement, "signature": signature.hex()}) + b"\n"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with path.open("ab+") as file:
            size = file.tell()
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            file.write(b"\n" + line if torn else line)
        if size > MOST_BYTES:
            _thin(path)


def read(path: Path) -> list[Anchor]:
    """Read all lines, oldest first; an absent file has none."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        return [_anchor(number, line) for number, line in enumerate(file, start=1) if line.strip()]


def tail(path: Path, most_bytes: int) -> list[Anchor]:
    """Read the last lines, oldest first; the first of them may be torn. Their numbers are not those of the file."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - most_bytes))
        return [_anchor(number, line) for number, line in enumerate(file, start=1) if line.strip()]


class History:
    """The anchors, compared with the seals of the database as they come."""

    def __init__(self, known: Sequence[Anchor], keys: Mapping[str, bytes], report: Report) -> None:
        """Keep the anchors that we signed, by the number of their seal, and report the others."""
        self._report = report
        self._anchors: dict[int, Anchor] = {}
        for anchor in known:
            if anchor.statement is None:
                report.unreadable_anchors += 1
            elif anchor.is_signed_by(keys):
                self._remember(anchor)
            else:
                text = f"line {anchor.line} of the anchor file is not signed by a key of this keyring"
                report.find(Kind.FORGED, text)

    def compare(self, number: int, statement: Mapping[str, Any]) -> None:
        """Compare the next seal with its anchor, if it has one."""
        anchor = self._anchors.pop(number, None)
        if anchor is not None and anchor.statement != statement:
            text = f"seal {number} is not the one in line {anchor.line} of the anchor file"
            self._report.find(Kind.CHANGED, f"{text}: the two histories part here or before", seal=number)

    def end(self, last: int) -> None:
        """Compare the number of the last seal with the newest anchor."""
        newest = max(self._anchors.values(), key=lambda anchor: anchor.number, default=None)
        if newest is None or newest.statement is None or newest.number <= last:
            return
        text = (
            f"the ledger ends with seal {last} and {self._report.size} entries, but the anchor file knows"
            f" seal {newest.number} over {newest.statement['size']} entries: the end was cut off"
        )
        self._report.find(Kind.MISSING, text, seal=last + 1)

    def _remember(self, anchor: Anchor) -> None:
        before = self._anchors.get(anchor.number)
        if before is not None and before.statement != anchor.statement:
            text = (
                f"lines {before.line} and {anchor.line} of the anchor file hold two different seals"
                f" {anchor.number}: the ledger went on from an older copy"
            )
            self._report.find(Kind.CHANGED, text, seal=anchor.number)
        self._anchors[anchor.number] = anchor


def _anchor(number: int, line: bytes) -> Anchor:
    try:
        statement = orjson.loads(line)
        signature = bytes.fromhex(statement.pop("signature"))
        if not isinstance(statement["number"], int):
            return Anchor(number, None)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Anchor(number, None)
    return Anchor(number, statement, signature)


def _thin(path: Path) -> None:
    """Drop every other line but the newest, in one step."""
    lines = path.read_bytes().splitlines(keepends=True)
    fresh = path.with_name(f".{path.name}.thinned")
    fresh.write_bytes(b"".join(lines[:-NEWEST_LINES:2] + lines[-NEWEST_LINES:]))
    fresh.rename(path)
