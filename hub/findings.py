"""What a check of the ledger found, for a program and for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOST_FINDINGS = 1_000
COUNTS = (
    "entries",
    "details",
    "removed",
    "unreadable",
    "seals",
    "waiting",
    "anchors",
    "unreadable_anchors",
    "size",
    "further_findings",
)


class Kind(StrEnum):
    """What is wrong with a row."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    MOVED = "moved"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, and what in words."""

    kind: Kind
    text: str
    entry: str | None = None
    position: int | None = None
    seal: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        names = ("text", "entry", "position", "seal")
        return {"kind": self.kind.value, **{name: getattr(self, name) for name in names}}


@dataclass(slots=True)
class Report:
    """What was checked and what was found.

    removed: details emptied by retention. unreadable: details whose customer's key is destroyed. waiting:
    entries the sealer has yet to come to. size, root: of the tree under the last seal.
    """

    findings: list[Finding] = field(default_factory=list[Finding])
    further_findings: int = 0
    entries: int = 0
    details: int = 0
    removed: int = 0
    unreadable: int = 0
    seals: int = 0
    waiting: int = 0
    anchors: int = 0
    unreadable_anchors: int = 0
    size: int = 0
    root: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def find(self, kind: Kind, text: str, **where: Any) -> None:
        """Add a finding; beyond a thousand they are only counted."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(kind, text, **where))
        else:
            self.further_findings += 1

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        counts = {name: getattr(self, name) for name in COUNTS}
        return {
            "ok": self.ok,
            "root": self.root.hex(),
            **counts,
            "findings": [each.to_dict() for each in self.findings],
        }

    def to_text(self) -> str:
        """Return the report for a person: a line per finding, then what was checked, then the verdict."""
        lines = [f"{finding.kind.value.upper()}: {finding.text}" for finding in self.findings]
        if self.further_findings:
            lines.append(f"and {self.further_findings} more")
        return "\n".join([*lines, self._checked(), self._compared(), self._verdict()])

    def _checked(self) -> str:
        return (
            f"{self.entries} entries under {self.seals} seals, {self.waiting} waiting for the next;"
            f" {self.details} details, of which {self.removed} were removed by retention"
            f" and {self.unreadable} are unreadable after an erasure"
        )

    def _compared(self) -> str:
        if self.anchors:
            return f"compared with {self.anchors} anchors kept outside the database"
        return "no anchor file: a ledger that was cut at its end cannot be told from a shorter one"

    def _verdict(self) -> str:
        return "the ledger is whole" if self.ok else "THE LEDGER IS NOT WHOLE"
