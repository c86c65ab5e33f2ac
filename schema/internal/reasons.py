"""Why, what would change it, what comes with it, and whether to ask: said to staff and customers in three languages."""

from typing import Annotated, Self

import strawberry

from hub.policy import words
from hub.policy.asking import Asking as PolicyAsking
from hub.policy.asking import Where
from hub.policy.obligations import Obligation as PolicyObligation
from hub.policy.remedies import Remedy as PolicyRemedy
from hub.policy.rule import Outcome
from hub.policy.rule import Reason as PolicyReason
from hub.policy.silence import When
from schema.call import Info
from schema.internal.telling import told

told(
    Where, "AskingPlace", "Where a customer may be asked for consent.",
    PORTAL="In the portal.",
    SERVICE_FLOW="While they do what they came for: an order, a contract, a visit to their account.",
    IN_PERSON="Face to face, or in a conversation they began.",
    PAPER="On paper.",
    MESSAGE="By a message that does nothing but ask.",
)  # fmt: skip
told(
    When, "AskingTime", "From when on a customer may be asked for consent.",
    NOW="Now.",
    WHEN_SETTLED="When the objection or the dispute is settled in our favour.",
    AFTER_TWELVE_MONTHS="Twelve months after their last opt-out of sale or sharing.",
    WHEN_THEY_RETURN="When they come forward themselves.",
    NEVER="Never.",
)  # fmt: skip

Language = Annotated[
    str | None,
    strawberry.argument(
        description="The language: en, fr or ar; English for any other. Without it, that of the request."
    ),
]


def language_of(language: str | None, info: Info) -> str:
    """The language asked for, else that of the request."""
    return words.spoken(language or info.context.locale)


@strawberry.type(description="Why, in two voices.")
class Reasons:
    """The same reason for two readers."""

    staff: str = strawberry.field(description="For the people who asked.")
    customer: str = strawberry.field(description="For the customer.")

    @classmethod
    def of(cls, said: words.Said | PolicyReason | PolicyRemedy | PolicyAsking) -> Self:
        """Whatever says something to both."""
        return cls(staff=said.staff, customer=said.customer)


@strawberry.type(description="Another rule that stands in the way as well.")
class Blocker:
    """A rule further down that would also stop it."""

    blocking: strawberry.Private[PolicyReason]
    rule: str = strawberry.field(description="The rule's id.")
    outcome: Outcome = strawberry.field(description="What it would answer.")
    citation: str = strawberry.field(description="The provision it encodes.")

    @classmethod
    def of(cls, reason: PolicyReason) -> Self:
        """As the API shows it."""
        return cls(blocking=reason, rule=reason.rule, outcome=reason.outcome, citation=reason.citation)

    @strawberry.field(description="Why.")
    def reasons(self, info: Info, language: Language = None) -> Reasons:
        """For staff and for the customer."""
        return Reasons.of(words.reason_in(self.blocking, language_of(language, info)))


@strawberry.type(
    description="A change that would turn the answer into ALLOW. Never a way round somebody's no."
)
class Remedy:
    """What would move the answer."""

    remedy: strawberry.Private[PolicyRemedy]
    code: str = strawberry.field(
        description="For programs, e.g. `consent.ask`; parts joined by `+` are needed together."
    )
    then_rule: str = strawberry.field(description="The rule that would then allow it.")

    @classmethod
    def of(cls, remedy: PolicyRemedy) -> Self:
        """As the API shows it."""
        return cls(remedy=remedy, code=remedy.code, then_rule=remedy.rule)

    @strawberry.field(description="What to do.")
    def reasons(self, info: Info, language: Language = None) -> Reasons:
        """For staff and for the customer."""
        return Reasons.of(words.remedy_in(self.remedy, language_of(language, info)))


@strawberry.type(description="A duty: one that comes with acting on an ALLOW, or with asking for consent.")
class Obligation:
    """What the one who acts must do."""

    obligation: strawberry.Private[PolicyObligation]
    code: str = strawberry.field(description="For programs.")
    citation: str = strawberry.field(description="What it rests on.")

    @classmethod
    def of(cls, obligation: PolicyObligation) -> Self:
        """As the API shows it."""
        return cls(obligation=obligation, code=obligation.code, citation=obligation.citation)

    @strawberry.field(description="What to do.")
    def text(self, info: Info, language: Language = None) -> str:
        """For staff."""
        return words.obligation_in(self.obligation, language_of(language, info)).text


@strawberry.type(description="Whether, from when on, where and how the missing consent may be asked for.")
class Asking:
    """The answer to "may we ask?"."""

    asking: strawberry.Private[PolicyAsking]
    allowed: bool = strawberry.field(description="Whether the customer may be asked now.")
    code: str = strawberry.field(description="For programs, e.g. `ask.allowed` or `ask.refused`.")
    citation: str = strawberry.field(description="The provision this rests on.")
    when: When = strawberry.field(description="From when on they may be asked.")
    where: list[Where] = strawberry.field(description="Where; nowhere unless allowed.")
    how: list[str] = strawberry.field(description="How, for programs: the codes of the duties.")

    @classmethod
    def of(cls, found: PolicyAsking) -> Self:
        """As the API shows it."""
        return cls(
            asking=found,
            allowed=found.allowed,
            code=found.code,
            citation=found.citation,
            when=found.when,
            where=list(found.where),
            how=[each.code for each in found.how],
        )

    @strawberry.field(description="Why.")
    def reasons(self, info: Info, language: Language = None) -> Reasons:
        """For staff and for the customer."""
        return Reasons.of(words.asking_in(self.asking, language_of(language, info)))

    @strawberry.field(description="How to ask, in words and with what each rests on.")
    def duties(self) -> list[Obligation]:
        """What makes a yes a yes."""
        return [Obligation.of(each) for each in self.asking.how]
