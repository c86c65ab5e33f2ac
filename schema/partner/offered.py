"""What a partner may receive by its arrangements: how many, which categories, under which clauses, until when."""

from datetime import date
from typing import Annotated, Any, Final, Self

import strawberry

from hub.act import Ask
from hub.actors import Operation
from hub.partners import counting, offers
from hub.partners.offers import Offer
from hub.policy import words
from hub.policy.rule import Outcome
from schema.call import Info
from schema.door import asks
from schema.internal.texts import LocalText
from schema.partner.naming import ARRANGEMENT, arrangement_named
from schema.relay import global_id
from schema.weights import Weight

COUNTING: Final = Weight(points=1_500)
"""What reading every customer's state once costs."""
_OFFERS: Final = Weight(items=4)
_SOME: Final[dict[str, Any]] = {"weight": Weight(items=10)}
_STEPS: Final = "in steps of ten: at least so many."


@strawberry.type(description="A clause of a notice under which customers are passed on to you.")
class EntitledClause:
    """What customers were told."""

    notice: str = strawberry.field(description="The key of the notice.")
    version: int = strawberry.field(description="Its version.")
    clause: str = strawberry.field(description="The key of the clause.")
    texts: list[LocalText] = strawberry.field(description="What it says.")
    customers: int = strawberry.field(description=f"How many rest on it, {_STEPS}")

    @classmethod
    def of(cls, one: counting.Resting) -> Self:
        """As the API shows it."""
        return cls(
            notice=one.notice,
            version=one.version,
            clause=one.clause,
            texts=LocalText.all_of(one.texts),
            customers=one.customers,
        )


@strawberry.type(description="Why other customers are not passed on to you, in numbers only.")
class NotEntitled:
    """An outcome and a rule."""

    outcome: Outcome = strawberry.field(description="What it comes to.")
    rule: str = strawberry.field(description="The rule that decided, e.g. `au.alliance-later`.")
    citation: str = strawberry.field(description="The provision that the rule encodes.")
    customers: int = strawberry.field(description=f"How many, {_STEPS}")

    @classmethod
    def of(cls, one: counting.Missing) -> Self:
        """As the API shows it."""
        return cls(
            outcome=one.outcome, rule=one.decision.rule, citation=one.citation, customers=one.customers
        )

    @strawberry.field(description="Why, in words.")
    def reason(self, info: Info) -> str:
        """As the organisation's staff read it."""
        return words.sentences(self.rule, words.spoken(info.context.locale)).staff


@strawberry.type(description="Numbers of an entitlement. What is small is left out: nobody shows in them.")
class EntitledNumbers:
    """As customers stand now."""

    customers: int | None = strawberry.field(
        description=f"How many you may receive, {_STEPS} Null: nobody, or too few to say."
    )
    clauses: list[EntitledClause] = strawberry.field(description="Under which clauses.", metadata=_SOME)
    missing: list[NotEntitled] = strawberry.field(description="Why not the rest.", metadata=_SOME)


@strawberry.type(description="What you may receive under one arrangement for one purpose.")
class Entitlement:
    """An offer."""

    offer: strawberry.Private[Offer]
    arrangement: strawberry.ID = strawberry.field(description="The id of the arrangement.")
    arrangement_key: str = strawberry.field(description="Its key.")
    purpose: str = strawberry.field(description="The key of the purpose.")
    categories: list[str] = strawberry.field(
        description="Which categories you receive: those that the arrangement names and the purpose needs."
    )
    ends_on: date | None = strawberry.field(description="The last day of the arrangement; null: open.")

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """As the API shows it."""
        return cls(
            offer=offer,
            arrangement=global_id(ARRANGEMENT, offer.arrangement_id),
            arrangement_key=offer.arrangement.key,
            purpose=offer.purpose.key,
            categories=sorted(offer.categories.values()),
            ends_on=offer.arrangement.ends_on,
        )

    @asks(Operation.PARTNER_READ, weight=COUNTING)
    async def numbers(self, ask: Ask) -> EntitledNumbers:
        """How many customers that comes to now."""
        found = await counting.count(ask, self.offer)
        return EntitledNumbers(
            customers=found.customers,
            clauses=[EntitledClause.of(each) for each in found.clauses],
            missing=[NotEntitled.of(each) for each in found.missing],
        )


_Arrangement = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this arrangement: its id, or its key.")
]


@strawberry.type
class EntitlementQueries:
    """What may be received."""

    @asks(Operation.PARTNER_READ, weight=_OFFERS)
    async def entitlements(self, ask: Ask, arrangement: _Arrangement = None) -> list[Entitlement]:
        """What you may receive: one entry per arrangement in force and purpose."""
        wanted = None if arrangement is None else arrangement_named(arrangement)
        return [Entitlement.of(each) for each in await offers.every(ask) if each.is_of(wanted)]
