"""The parts of a notice version that have no id of their own: texts, statements, circumstances, verdicts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from hub import notices
from hub.linter import Circumstance, NotApplicable
from hub.linter import Finding as DomainFinding
from hub.linter import complete as is_complete
from hub.policy.values import Jurisdiction
from schema.internal.findings import Finding
from schema.weights import Weight

FEW = {"weight": Weight(items=3)}


@strawberry.type(description="A notice version as it is shown in one language.")
class NoticeText:
    """Title and body."""

    locale: str = strawberry.field(description="The language.")
    title: str = strawberry.field(description="The title.")
    body: str = strawberry.field(description="Everything it says.")

    @classmethod
    def of(cls, row: notices.NoticeText) -> Self:
        """As the API shows it."""
        return cls(locale=row.locale, title=row.title, body=row.body)


@strawberry.type(description="What a version says about one thing a notice may have to say.")
class NoticeStatement:
    """Either a text, or the reason why it does not apply."""

    field: str = strawberry.field(description="What it is about; `noticeFields` lists them.")
    text: str | None = strawberry.field(description="What the version says; null if it does not apply.")
    not_applicable: str | None = strawberry.field(description="Why it does not apply; null if it does.")

    @classmethod
    def of(cls, name: str, said: str | NotApplicable) -> Self:
        """As the API shows it."""
        if isinstance(said, NotApplicable):
            return cls(field=name, text=None, not_applicable=said.reason)
        return cls(field=name, text=said, not_applicable=None)


@strawberry.type(description="Whether something is so about the collection a notice is for.")
class NoticeCircumstance:
    """One that was stated; what is not stated is taken as given."""

    circumstance: Circumstance = strawberry.field(description="What.")
    is_so: bool = strawberry.field(description="Whether it is so.")


@strawberry.type(description="What one law finds in a version.")
class NoticeVerdict:
    """Complete or not, and why."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    is_complete: bool = strawberry.field(
        description="Whether there is no error: it may be published and serves."
    )
    findings: list[Finding] = strawberry.field(description="What to mend, and advice.", metadata=FEW)
    checked_at: datetime = strawberry.field(description="As of when.")

    @classmethod
    def of(cls, row: notices.NoticeVerdict) -> Self:
        """As the API shows it."""
        return cls(
            jurisdiction=Jurisdiction(row.jurisdiction),
            is_complete=row.complete,
            findings=[Finding.kept(each) for each in row.findings],
            checked_at=row.checked_at,
        )

    @classmethod
    def now(cls, place: Jurisdiction, found: Sequence[DomainFinding], at: datetime) -> Self:
        """One that is not kept."""
        findings = [Finding.of(each) for each in found]
        return cls(jurisdiction=place, is_complete=is_complete(found), findings=findings, checked_at=at)
