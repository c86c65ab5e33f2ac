"""One row of a file of requests, understood: who asks for what, or every reason why it cannot be used."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from hub import inputs
from hub.errors import Refusal, invalid
from hub.finding import Reference, ReferenceKind
from hub.imports import values
from hub.imports.reading import Record
from hub.imports.values import Unclear
from hub.rights.asked import TEXT_CHARACTERS, Asked
from hub.rights.intake import Identified, NewRequest
from hub.rights.requests import Asker, Channel
from hub.rights.values import Kind
from hub.spreadsheets import unguard
from hub.vault import Blind, Vault

COLUMNS: Final = (
    "external_reference", "kind", "customer", "customer_number", "email", "phone", "received_on", "channel", "asker",
    "identified_by", "evidence", "contact", "text", "topics", "channels",
)  # fmt: skip
"""What a column may be called; docs/requests.md says what stands in each."""
NEEDED: Final = "kind"
NAMING: Final = ("customer", "customer_number", "email", "phone")
"""The columns that say whose request it is; the first that holds something counts."""
NOBODY: Final = UUID(int=0)
"""Stands for the customer until they are found."""
_KINDS: Final = {
    "customer": ReferenceKind.ID, "customer_number": ReferenceKind.EXTERNAL, "email": ReferenceKind.EMAIL,
    "phone": ReferenceKind.PHONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says. mark: the same for the same request, by its own reference or by all that stands in the row."""

    line: int
    mark: Blind
    who: Reference = field(repr=False)
    new: NewRequest = field(repr=False)


class Reader:
    """Understands records. system: whose numbers customers have; dates: the order of days that are only numbers."""

    def __init__(
        self, vault: Vault, columns: Sequence[str], system: str | None, dates: str | None, now: datetime
    ) -> None:
        self._vault, self._columns, self._now = vault, columns, now
        self._system, self._dates = system, dates

    def read(self, record: Record) -> Row | list[str]:
        """Understand a record; returns the reasons where it cannot be used."""
        if record.fault:
            return [record.fault]
        if len(record.cells) != len(self._columns):
            return [f"has {len(record.cells)} cells, and the header {len(self._columns)}"]
        reasons: list[str] = []
        cells = self._cells(record, reasons)
        if reasons:
            return reasons
        try:
            return Row(record.line, self._mark(cells), self._who(cells), self._new(cells))
        except Refusal as refusal:
            place = next((str(each) for each in refusal.path if isinstance(each, str)), NEEDED)
            return [f"{place}: {refusal.message}"]

    def _cells(self, record: Record, reasons: list[str]) -> dict[str, str]:
        cells: dict[str, str] = {}
        for name, cell in zip(self._columns, record.cells, strict=True):
            try:
                cells[name] = _lines(cell) if name == "text" else values.clean(cell)
            except Unclear as unclear:
                reasons.append(f"{name}: {unclear}")
        return cells

    def _mark(self, cells: Mapping[str, str]) -> Blind:
        own = cells.get("external_reference", "")
        said = own or "\n".join(f"{name}={cells.get(name, '')}" for name in COLUMNS)
        kind = "request-reference" if own else "request-row"
        return self._vault.blind_external(kind, hashlib.sha256(said.encode()).hexdigest())

    def _who(self, cells: Mapping[str, str]) -> Reference:
        name = next((each for each in NAMING if cells.get(each)), None)
        if name is None:
            raise invalid(f"Say whose request it is, in one of {', '.join(NAMING)}.", "customer")
        if name == "customer_number" and self._system is None:
            raise invalid("Say whose numbers these are, with --system.", name)
        return Reference(_KINDS[name], cells[name], self._system if name == "customer_number" else None)

    def _new(self, cells: Mapping[str, str]) -> NewRequest:
        received = cells.get("received_on")
        known = _word(cells.get("identified_by", ""))
        asked = Asked(
            inputs.text(cells.get("text", ""), "text", most=TEXT_CHARACTERS, empty=True),
            [each.strip() for each in cells.get("topics", "").split(";") if each.strip()],
            channels=[_word(each) for each in cells.get("channels", "").split(";") if each.strip()],
        )
        return NewRequest(
            inputs.choice(Kind, _word(cells.get(NEEDED, "")), NEEDED), NOBODY,
            inputs.choice(Channel, _word(cells.get("channel", "")) or Channel.IMPORT, "channel"), asked,
            inputs.choice(Asker, _word(cells.get("asker", "")) or Asker.SELF, "asker"),
            self._day(received) if received else None, cells.get("contact") or None,
            inputs.choice(Identified, known, "identified_by") if known else None, cells.get("evidence", ""),
        )  # fmt: skip

    def _day(self, cell: str) -> date:
        try:
            return values.moment(cell, self._dates, self._now).date()
        except Unclear as unclear:
            raise invalid(str(unclear), "received_on") from None


def _word(cell: str) -> str:
    """Bring a code to its one spelling: `stop marketing` is STOP_MARKETING."""
    return "_".join(cell.replace("-", " ").upper().split())


def _lines(cell: str) -> str:
    """A text of several lines, each of which must be plain."""
    return "\n".join(values.clean(line) for line in unguard(cell).splitlines())
