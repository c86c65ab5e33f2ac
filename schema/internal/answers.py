"""An answer to "may we?": what a preview and a recorded decision have in common."""

from datetime import datetime
from typing import Self

import strawberry

from hub import answers, decisions
from hub.actors import Operation
from hub.policy import may_ask, words
from hub.policy.obligations import obligations
from hub.policy.rule import Outcome
from hub.policy.values import Jurisdiction
from schema.call import Info
from schema.internal.asked import Question
from schema.internal.customers import Customer, customers_by_id
from schema.internal.links import link, one
from schema.internal.notices import Clause, NoticeVersion, clauses_by_id, versions_by_id
from schema.internal.reasons import Asking, Blocker, Language, Obligation, Reasons, Remedy, language_of
from schema.relay import global_id
from schema.weights import Weight

FACTS = {"weight": Weight(items=29)}
DUTIES = {"weight": Weight(items=3)}
FEW = {"weight": Weight(items=2)}


@strawberry.type(
    description="The clause this customer was shown, in the words and on the day they were shown it."
)
class Citation:
    """What the answer rests on."""

    shown: strawberry.Private[answers.Shown | None]
    law: str = strawberry.field(description="The provision the rule encodes.")
    clause: str | None = strawberry.field(
        description="The clause's key, stable across versions; null if none covers it."
    )
    text: str | None = strawberry.field(description="The clause as it was shown.")
    locale: str | None = strawberry.field(description="The language it was shown in.")
    notice: str | None = strawberry.field(
        description="The notice's name; null if this customer was never shown one."
    )
    version: int | None = strawberry.field(description="The version of the notice that was shown.")
    shown_at: datetime | None = strawberry.field(description="When it was shown to this customer.")
    shown_how: str | None = strawberry.field(description="How it was shown: WEB, PAPER, PHONE_SCRIPT ...")
    collected_at: datetime | None = strawberry.field(
        description="When the data in question was first collected."
    )

    @classmethod
    def of(cls, answer: decisions.Answer) -> Self:
        """As the API shows it."""
        shown = answer.shown
        return cls(
            shown=shown,
            law=answer.decision.citation,
            clause=shown.clause_key if shown else None,
            text=shown.clause_text if shown else None,
            locale=shown.locale if shown else None,
            notice=shown.notice_name if shown else None,
            version=shown.version if shown else None,
            shown_at=shown.shown_at if shown else None,
            shown_how=shown.shown_how if shown else None,
            collected_at=answer.collected_at,
        )

    @strawberry.field(description="The id of that version.")
    def version_id(self) -> strawberry.ID | None:
        """Opaque."""
        return global_id("NoticeVersion", self.shown.version_id) if self.shown else None

    @link(Operation.NOTICE_READ, "The version that was shown; null for none, or if you may not read notices.")
    async def notice_version(self, info: Info) -> NoticeVersion | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, versions_by_id, self.shown and self.shown.version_id)

    @link(
        Operation.NOTICE_READ,
        "The clause with its purpose and recipients; null for none, or if you may not read notices.",
    )
    async def notice_clause(self, info: Info) -> Clause | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, clauses_by_id, self.shown and self.shown.clause_id)


@strawberry.type(description="One of the 29 facts an answer stands on.")
class Fact:
    """A name and a value."""

    name: str = strawberry.field(description="The fact.")
    value: str = strawberry.field(description="Its value; booleans as `true` and `false`.")
    is_decisive: bool = strawberry.field(description="Whether the deciding rule reads it.")


@strawberry.interface(description="An answer to `may we?`.")
class Answer:
    """Recorded or not."""

    answer: strawberry.Private[decisions.Answer]

    @strawberry.field(description="The answer.")
    def outcome(self) -> Outcome:
        """Of the deciding rule."""
        return self.answer.decision.outcome

    @strawberry.field(description="The rule that decided, e.g. `au.alliance-later`.")
    def rule(self) -> str:
        """Its id."""
        return self.answer.decision.rule

    @strawberry.field(description="The version of the rules that were read.")
    def rules_version(self) -> str:
        """Of all tables together."""
        return self.answer.decision.ruleset

    @strawberry.field(description="What was asked.")
    def question(self) -> Question:
        """With every default filled in."""
        return Question.of(self.answer)

    @strawberry.field(description="The law, and the clause this customer was shown.")
    def citation(self) -> Citation:
        """What the answer rests on."""
        return Citation.of(self.answer)

    @strawberry.field(description="Why.")
    def reasons(self, info: Info, language: Language = None) -> Reasons:
        """For staff and for the customer."""
        return Reasons.of(words.sentences(self.answer.decision.rule, language_of(language, info)))

    @strawberry.field(
        description="What the one who acts must do; empty unless the answer is ALLOW.", metadata=DUTIES
    )
    def obligations(self) -> list[Obligation]:
        """Duties of the act."""
        allowed = self.answer.decision.outcome is Outcome.ALLOW
        return [Obligation.of(each) for each in obligations(self.answer.facts)] if allowed else []

    @strawberry.field(
        description="What else stands in the way, so that the whole cure shows at once.", metadata=FEW
    )
    def also_needed(self) -> list[Blocker]:
        """Other blocking rules."""
        return [Blocker.of(each) for each in self.answer.decision.also_needed]

    @strawberry.field(description="What would change the answer to ALLOW.", metadata=FEW)
    def remedies(self) -> list[Remedy]:
        """The smallest changes."""
        return [Remedy.of(each) for each in self.answer.remedies]

    @strawberry.field(
        description="Whether, where and how the missing consent may be asked for; null unless CONSENT_NEEDED."
    )
    def asking(self) -> Asking | None:
        """From the facts alone."""
        needed = self.answer.decision.outcome is Outcome.CONSENT_NEEDED
        return Asking.of(may_ask(self.answer.facts)) if needed else None

    @strawberry.field(description="The facts the answer stands on.", metadata=FACTS)
    def facts(self) -> list[Fact]:
        """All of them, in the order of the law."""
        decisive = {name for name, _ in self.answer.decision.facts}
        return [
            Fact(
                name=name,
                value=str(value).lower() if isinstance(value, bool) else value,
                is_decisive=name in decisive,
            )
            for name, value in self.answer.facts.to_dict().items()
        ]

    @strawberry.field(description="The jurisdiction whose rules decided: the strictest of the customer's.")
    def jurisdiction(self) -> Jurisdiction:
        """Whose law was asked."""
        return Jurisdiction(self.answer.facts.jurisdiction)

    @strawberry.field(description="The instant of the answer. It holds while its facts hold.")
    def decided_at(self) -> datetime:
        """The database's own."""
        return self.answer.decided_at

    @strawberry.field(description="The id of the customer it is about.")
    def customer_id(self) -> strawberry.ID:
        """Whoever may ask may know it."""
        return global_id("Customer", self.answer.question.customer_id)

    @link(Operation.CUSTOMER_READ, "About whom; null if you may not read customers.")
    async def customer(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.answer.question.customer_id)
