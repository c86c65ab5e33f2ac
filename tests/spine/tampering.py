"""A sealed ledger to tamper with, and what must be found afterwards."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.findings import Finding, Kind
from tests.spine.world import World


@dataclass
class Sealed:
    """A ledger of four seals: an act and a crowd under the first, three acts under each of the others."""

    world: World
    entries: list[UUID]
    crowd: UUID

    async def tamper(self, sql: str, *arguments: Any) -> None:
        """Write as a superuser."""
        await self.world.tamper(sql, *arguments)


@dataclass
class Expected:
    """What the report must name."""

    kind: Kind
    says: str
    entry: UUID | None = None
    position: int | None = None
    seal: int | None = None

    def fits(self, finding: Finding) -> bool:
        """Whether a finding says this."""
        return (
            finding.kind is self.kind
            and self.says in finding.text
            and (self.entry is None or (finding.entry == str(self.entry) and str(self.entry) in finding.text))
            and (self.position is None or finding.position == self.position)
            and (self.seal is None or finding.seal == self.seal)
        )


Tampering = Callable[[Sealed], Awaitable[list[Expected]]]


class Tamperings(list[Tampering]):
    """The tamperings of one file, collected by decorating them."""

    def __call__(self, case: Tampering) -> Tampering:
        """Add one."""
        self.append(case)
        return case


async def assert_named(sealed: Sealed, expected: list[Expected]) -> None:
    """Verify, and require every expected finding and hardly any other."""
    report = await sealed.world.verify()
    assert not report.ok
    for each in expected:
        assert any(each.fits(finding) for finding in report.findings), f"{each} not in\n{report.to_text()}"
    assert len(report.findings) <= len(expected) + 2, report.to_text()
    said = json.loads(json.dumps(report.to_dict()))
    assert said["ok"] is False
    assert len(said["findings"]) == len(report.findings)
    assert report.to_text().endswith("THE LEDGER IS NOT WHOLE")


async def cut_off(sealed: Sealed, number: int) -> None:
    """Delete everything from seal `number` on."""
    await sealed.tamper(
        "CREATE TEMP TABLE cut AS SELECT entry_id FROM ledger_leaf WHERE seal_number >= $1", number
    )
    await sealed.tamper("DELETE FROM ledger_detail WHERE entry_id IN (SELECT entry_id FROM cut)")
    await sealed.tamper("DELETE FROM ledger_entry WHERE id IN (SELECT entry_id FROM cut)")
    await sealed.tamper("DELETE FROM ledger_leaf WHERE seal_number >= $1", number)
    await sealed.tamper("DELETE FROM ledger_seal WHERE number >= $1", number)
