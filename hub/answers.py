"""An answer to "may we?", with what it rests on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.errors import Refusal
from hub.policy.decision import Decision
from hub.policy.facts import Facts
from hub.policy.remedies import Remedy
from hub.questioned import Question
from hub.telling import Shown


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one question about one customer. id: the kept decision subject, None for a preview.

    all_facts: those of each record and jurisdiction that was decided; facts: the one that decided.
    """

    question: Question
    decision: Decision
    facts: Facts
    all_facts: tuple[Facts, ...]
    remedies: tuple[Remedy, ...]
    shown: Shown | None
    collected_at: datetime | None
    collection_id: UUID | None
    delivery_id: UUID | None
    arrangement_id: UUID | None
    record_id: UUID
    decided_at: datetime
    id: UUID | None = None


Outcome = Answer | Refusal

__all__ = ["Answer", "Outcome", "Shown"]
