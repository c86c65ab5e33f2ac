"""What the steps of a request say to its customer: in each system what was found or done, and what we wait for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from hub.rights.outcomes import Step, StepKind, StepState
from hub.rights.steps import ELSEWHERE
from portal.tags import Tag, tag_of_step
from portal.wording import N_

OURS: Final = N_("These pages and what they know")


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as it is shown. name: ours are translated. count: of records; again_at, until_at: local."""

    name: str
    is_ours: bool
    tag: Tag
    count: int | None
    again_at: datetime | None
    until_at: datetime | None


def shown(steps: Sequence[Step], zone: ZoneInfo, told: Collection[UUID] = ()) -> list[Shown]:
    """Say it, in the order of the steps. told: steps that tell past recipients, which are said elsewhere."""
    return [_one(each, zone) for each in steps if each.kind is not StepKind.WAY and each.id not in told]


def _one(step: Step, zone: ZoneInfo) -> Shown:
    is_ours = step.system_id is None
    name = (OURS if step.kind is StepKind.HUB else ELSEWHERE) if is_ours else step.name
    next_at = step.next_at and step.next_at.astimezone(zone)
    return Shown(
        name, is_ours, tag_of_step(step), counted(step.evidence),
        next_at if step.state is StepState.FAILED else None,
        next_at if step.state is StepState.WAITING_ON_OTHERS else None,
    )  # fmt: skip


def counted(evidence: Mapping[str, Any] | None) -> int | None:
    """How many records it was, of all tables or as a person counted them; None where that is not said."""
    said = evidence or {}
    rows = said.get("rows") or sum(each["rows"] for each in said.get("places", ()))
    if isinstance(rows, Mapping):
        numbers = [each for each in rows.values() if isinstance(each, int)]  # pyright: ignore[reportUnknownVariableType]
        return sum(numbers) or None
    return rows if isinstance(rows, int) and rows else None
