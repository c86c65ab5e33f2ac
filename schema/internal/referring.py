"""Referring a customer to a partner: decided, then released, asked about, or told what is missing."""

from datetime import datetime
from typing import Annotated

import strawberry

from hub import scope
from hub.act import Act
from hub.actors import Operation
from hub.askable import Bar
from hub.partners import missing, referring
from hub.partners.referring import NewReferral, Referred
from schema.door import acts
from schema.internal.decisions import Decision
from schema.internal.notices import NoticeVersion, versions_by_id
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.references import Reference, optional, reference
from schema.internal.referrals import Referral
from schema.internal.register import Activity, activities_by_id
from schema.internal.texts import LocalTextInput, by_locale
from schema.problems import Payload
from schema.weights import Weight


@strawberry.input(description="A customer to refer to a partner.")
class ReferInput:
    """Whom, to whom, for what."""

    customer: CustomerRef = strawberry.field(description="Who is referred.")
    partner: Reference = strawberry.field(description="To which recipient: key or id.")
    purpose: Reference = strawberry.field(description="For which purpose: key or id.")
    need: str = strawberry.field(
        description="What the customer needs, as they and the partner read it, in 500 characters. Sealed."
    )
    arrangement: Reference | None = strawberry.field(
        default=None, description="Under which arrangement: key or id; by default the oldest that covers it."
    )
    fields: list[str] = strawberry.field(
        default_factory=list[str],
        description="Which values to pass on, as `contact.phone` or `identity.name`; none: all of the categories.",
    )
    wording: list[LocalTextInput] = strawberry.field(
        default_factory=list[LocalTextInput],
        description="The question, if consent is missing, without personal data; by default made of the names.",
    )
    benefit: list[LocalTextInput] = strawberry.field(
        default_factory=list[LocalTextInput],
        description="What the customer has from a yes; by default what the purpose says.",
    )
    answer_by: datetime | None = strawberry.field(
        default=None, description="Until when the customer can answer; by default for 14 days."
    )


@strawberry.type(description="What came of it. The decision is kept whatever it is.")
class ReferPayload(Payload):
    """Of `refer`."""

    decision: Decision | None = strawberry.field(default=None, description="May we? The recorded answer.")
    referral: Referral | None = strawberry.field(
        default=None, description="OFFERED where the answer is ALLOW, ASKING where the customer is asked."
    )
    bar: Bar | None = strawberry.field(
        default=None, description="Of CONSENT_NEEDED: why this customer is not asked; null if they are."
    )
    notices: list[NoticeVersion] = strawberry.field(
        default_factory=list[NoticeVersion],
        description="Of NOTICE_NEEDED: the published versions that cover it; one has to reach the customer first.",
        metadata={"weight": Weight(items=2)},
    )
    activities: list[Activity] = strawberry.field(
        default_factory=list[Activity],
        description="Of FORMALITY_NEEDED: the entries of the register whose formalities are missing.",
        metadata={"weight": Weight(items=2)},
    )


_Refer = Annotated[ReferInput, strawberry.argument(description="Whom, to whom, for what.")]


@strawberry.type
class ReferralMutations:
    """Referring."""

    @acts(Operation.REFERRAL_MAKE)
    async def refer(self, act: Act, input: _Refer) -> ReferPayload:
        """Decide whether a customer may be referred, and release it, ask the customer, or say what is missing."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input", moved={"recipient": ("partner",), "expires_at": ("answer_by",)}):
            new = NewReferral(
                customer_id,
                reference(input.partner, "Recipient", "partner"),
                reference(input.purpose, "Purpose", "purpose"),
                input.need,
                optional(input.arrangement, "Arrangement", "arrangement"),
                input.fields,
                by_locale(input.wording, "wording") or None,
                by_locale(input.benefit, "benefit") or None,
                input.answer_by,
            )
            done = await referring.refer(act, new)
        return await _payload(act, done)


async def _payload(act: Act, done: Referred) -> ReferPayload:
    versions = await missing.notices(act, done.answer, scope.organisation(act, None))
    activities = [each.id for each in await missing.activities(act, done.answer)]
    return ReferPayload(
        decision=Decision.of(done.answer),
        referral=Referral.of(done.referral) if done.referral else None,
        bar=done.bar,
        notices=list((await versions_by_id(act, versions)).values()) if versions else [],
        activities=list((await activities_by_id(act, activities)).values()) if activities else [],
    )
