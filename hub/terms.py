"""A question's terms: what it names, found in what is known, on a day (pure).

Made once for a question and a day; the same for every customer it is asked about.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from hub.errors import invalid, not_found
from hub.known import Arrangement, Department, Known, Purpose, Recipient
from hub.law import Law, law, months_before
from hub.questioned import OUTWARD, Question
from hub.words import Scope

KINDS = {"SELL": {"SALE", "RENTAL"}, "POOL": {"POOLING"}, "DISCLOSE": {"REFERRAL", "ALLIANCE", "PROCESSOR"}}


@dataclass(frozen=True, slots=True)
class Terms:
    """A question that can be asked. agreed: the arrangement that covers it; arranged_on: since when there is one."""

    known: Known
    question: Question
    law: Law
    purpose: Purpose
    recipient: Recipient | None
    department: Department | None
    agreed: Arrangement | None
    classes: frozenset[str]
    scope: Scope
    resolved: Question
    agreed_id: UUID | None

    @classmethod
    def of(cls, known: Known, question: Question, on: date) -> Self:
        """Find everything; Refusal for what cannot be asked of anybody. Ids of others look absent."""
        purpose: Purpose = _found(known, "purpose", question.purpose)
        recipient: Recipient | None = _optional(known, "recipient", question.recipient)
        given = _given(known, question, recipient)
        department: Department | None = _optional(known, "department", question.department)
        if any(known.get("CATEGORY", str(each)) is None for each in question.categories or ()):
            raise not_found("category", "categories")
        if purpose.retired_at is not None:
            raise invalid("This purpose is retired. Ask about one in use.", "purpose")
        agreed = _agreed(known, question, on, purpose, recipient, given)
        is_processor = agreed is not None and agreed.kind == "PROCESSOR"
        _check_recipient(question, is_processor=is_processor)
        classes = recipient.classes_on(on) if recipient is not None else frozenset[str]()
        scope = _scope(question, purpose, recipient, is_processor=is_processor)
        resolved = _resolved(question, purpose, recipient, given, department)
        agreed_id = UUID(agreed.id) if agreed is not None else None
        return cls(
            known,
            question,
            law(on),
            purpose,
            recipient,
            department,
            agreed,
            classes,
            scope,
            resolved,
            agreed_id,
        )

    def about(self, customer_id: UUID) -> Question:
        """The question about one customer, with ids where it had keys: as it is kept."""
        one = self.resolved
        return Question(
            customer_id, one.act, one.purpose, one.recipient, one.arrangement, one.channel, one.categories, one.offer,
            one.footer, one.department, one.profile_effect,
        )  # fmt: skip

    @property
    def is_processor(self) -> bool:
        """Whether the recipient only acts on our instructions."""
        return self.agreed is not None and self.agreed.kind == "PROCESSOR"

    @property
    def is_promotion(self) -> bool:
        """Whether it is a marketing message: only then do registers matter."""
        return self.question.act == "MESSAGE" and self.purpose.kind == "MARKETING"

    @property
    def needs_to_know(self) -> bool:
        """Whether the department is on the access list of the purpose."""
        return self.department is not None and self.department.id in self.purpose.departments

    @property
    def arranged_on(self) -> date | None:
        """When the arrangement with a third party began; of none that covers the question, the oldest about it."""
        if self.recipient is None or self.agreed is not None:
            return self.agreed.starts_on if self.agreed is not None else None
        about = [
            one.starts_on
            for one in self.known.all("ARRANGEMENT")
            if one.recipient == self.recipient.id and self.purpose.id in one.purposes
        ]
        return min(about, default=None)

    @property
    def retention_before(self) -> datetime | None:
        """What was closed before this is kept no longer; None: the purpose states no period."""
        months = self.purpose.retention_months
        return None if months is None else months_before(self.law.on, months)


def _resolved(
    question: Question,
    purpose: Purpose,
    recipient: Recipient | None,
    given: Arrangement | None,
    department: Department | None,
) -> Question:
    return replace(
        question,
        purpose=UUID(purpose.id),
        recipient=UUID(recipient.id) if recipient else None,
        arrangement=UUID(given.id) if given else None,
        department=UUID(department.id) if department else None,
    )


def _found(known: Known, noun: str, reference: UUID | str) -> Any:
    found = known.find(noun.upper(), reference)
    if found is None:
        raise not_found(noun, noun)
    return found


def _optional(known: Known, noun: str, reference: UUID | str | None) -> Any:
    return None if reference is None else _found(known, noun, reference)


def _given(known: Known, question: Question, recipient: Recipient | None) -> Arrangement | None:
    """The arrangement that is named; it must be one with the recipient."""
    given: Arrangement | None = _optional(known, "arrangement", question.arrangement)
    if given is not None and (recipient is None or given.recipient != recipient.id):
        raise not_found("arrangement", "arrangement")
    return given


def _agreed(
    known: Known,
    question: Question,
    on: date,
    purpose: Purpose,
    recipient: Recipient | None,
    given: Arrangement | None,
) -> Arrangement | None:
    """The arrangement that covers purpose, act and all categories named, or some of the purpose's, on the day.

    The oldest if there are several.
    """
    named = {str(each) for each in question.categories or ()}
    meant = named or set(purpose.categories)
    fitting = [
        one
        for one in (known.all("ARRANGEMENT") if given is None else [given])
        if recipient is not None
        and one.recipient == recipient.id
        and one.holds_on(on)
        and purpose.id in one.purposes
        and named <= set(one.categories)
        and not meant.isdisjoint(one.categories)
        and one.kind in KINDS.get(question.act, {"PROCESSOR"})
    ]
    return min(fitting, key=lambda one: (one.starts_on, one.id), default=None)


def _check_recipient(question: Question, *, is_processor: bool) -> None:
    if question.act in OUTWARD and question.recipient is None:
        raise invalid(f"{question.act} hands data to somebody: name the recipient.", "recipient")
    if question.act not in OUTWARD and question.recipient is not None and not is_processor:
        raise invalid(
            f"{question.act} stays inside, or with a processor under an arrangement in force. "
            "Ask DISCLOSE for this recipient, or leave it out.", "recipient"
        )  # fmt: skip


def _scope(question: Question, purpose: Purpose, recipient: Recipient | None, *, is_processor: bool) -> Scope:
    receiver = recipient.id if recipient is not None else None
    channel = None if question.channel == "NONE" else question.channel.value
    agreed_with = None if is_processor else receiver
    return Scope(question.act.value, purpose.kind == "MARKETING", channel, receiver, agreed_with)
