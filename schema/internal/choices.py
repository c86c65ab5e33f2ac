"""What customers chose: consents, objections, opt-outs, each with its evidence."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

from hub import choices, purposes, recipients, said
from hub.act import Act, Ask
from hub.actors import Operation
from hub.policy.values import Channel as PolicyChannel
from schema.door import acts, lists
from schema.internal.decisions import Channel
from schema.internal.paging import stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.references import Reference, reference
from schema.problems import Payload
from schema.relay import Connection, Node, Window, global_id, uuid_of

ChoiceKind = strawberry.enum(said.Kind, name="ChoiceKind", description="What a choice is about.")
ChoiceAction = strawberry.enum(said.Action, name="ChoiceAction", description="What was said.")
Grade = strawberry.enum(said.Grade, name="ConsentGrade", description="What a consent is worth.")
Method = strawberry.enum(said.Method, name="ChoiceMethod", description="How a word reached us.")


@strawberry.enum(description="What a customer can say about consent to one purpose.")
class ConsentWord(said.StrEnum):
    """Asked, and the answers."""

    ASKED = "ASKED"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


@strawberry.enum(description="What a customer can opt out of, and (but for marketing) into again.")
class OptOutKind(said.StrEnum):
    """MARKETING is reversed by a later consent only."""

    MARKETING = "MARKETING"
    SHARING = "SHARING"
    SIGNAL = "SIGNAL"
    LIMIT = "LIMIT"


@strawberry.type(description="One word of a customer, never changed; the next word is a new one.")
class Choice(Node):
    """With its scope: null means all."""

    kind: Annotated[said.Kind, ChoiceKind] = strawberry.field(description="What it is about.")
    action: Annotated[said.Action, ChoiceAction] = strawberry.field(description="What was said.")
    purpose_id: strawberry.ID | None = strawberry.field(description="For this purpose; null for all.")
    channel: str | None = strawberry.field(description="On this channel; null for all.")
    recipient_id: strawberry.ID | None = strawberry.field(description="To this recipient; null for all.")
    grade: Annotated[said.Grade, Grade] | None = strawberry.field(description="Of a consent: what it is worth.")
    ends_at: datetime | None = strawberry.field(description="Of a consent: when its own text ends it.")
    happened_at: datetime = strawberry.field(description="When it was said.")
    recorded_at: datetime = strawberry.field(description="When the hub was told.")

    @classmethod
    def of(cls, row: said.Choice) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            kind=said.Kind(row.kind),
            action=said.Action(row.action),
            purpose_id=global_id("Purpose", row.purpose_id) if row.purpose_id else None,
            channel=row.channel,
            recipient_id=global_id("Recipient", row.recipient_id) if row.recipient_id else None,
            grade=said.Grade(row.grade) if row.grade else None,
            ends_at=row.ends_at,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )


@strawberry.input(description="How a word reached us, and what the customer saw.")
class EvidenceInput:
    """One immutable row's worth."""

    wording: str = strawberry.field(description="The words the customer was shown. Kept with their SHA-256.")
    method: Annotated[said.Method, Method] = strawberry.field(description="How it was said.")
    reference: str = strawberry.field(default="", description="Where the proof is kept: a recording, a form. Sealed.")
    notice_version_id: strawberry.ID | None = strawberry.field(default=None, description="The notice shown with it.")
    happened_at: datetime | None = strawberry.field(default=None, description="When it was said; by default now.")

    def kept(self) -> said.Evidence:
        """As the hub takes it."""
        version = self.notice_version_id
        return said.Evidence(
            wording=self.wording,
            method=self.method.value,
            reference=self.reference,
            notice_version_id=uuid_of(version, "NoticeVersion", "evidence", "notice_version_id") if version else None,
            happened_at=self.happened_at,
        )


@strawberry.input(description="For what a word counts; what is left out means all.")
class ScopeInput:
    """Purpose x channel x recipient."""

    purpose: Reference | None = strawberry.field(default=None, description="Key or id of a purpose.")
    channels: list[Annotated[PolicyChannel, Channel]] = strawberry.field(
        default_factory=list[PolicyChannel], description="Channels; several make several choices."
    )
    recipient: Reference | None = strawberry.field(default=None, description="Key or id of a recipient.")


@strawberry.type(description="What was recorded, one choice per channel.")
class ChoicesPayload(Payload):
    """Of every mutation here."""

    choices: list[Choice] = strawberry.field(default_factory=list[Choice], description="The words kept.")


_Ref = Annotated[CustomerRef, strawberry.argument(description="Whose word.")]
_Scope = Annotated[ScopeInput | None, strawberry.argument(description="For what it counts; by default for all.")]
_Evidence = Annotated[EvidenceInput, strawberry.argument(description="How it was said.")]
_Grade = Annotated[
    Annotated[said.Grade, Grade], strawberry.argument(description="Of GIVEN: what it is worth.")
]
_Ends = Annotated[datetime | None, strawberry.argument(description="Of GIVEN: when its own text ends it.")]
Verb = Callable[..., Awaitable[list[said.Choice]]]


@strawberry.type
class ChoiceQueries:
    """What was chosen."""

    @lists(Operation.CUSTOMER_READ, UUID)
    async def choices(self, ask: Ask, window: Window, customer: _Ref) -> Connection[Choice]:
        """A customer's words, in the order in which they were recorded."""
        customer_id = await find_customer(ask, customer, "customer")
        start = window.start[0] if window.start else None
        page = await choices.history(ask, customer_id, start, window.limit, backwards=window.backwards)
        return window.page(stretch(page.items, window), Choice.of, lambda row: (row.id,))


@strawberry.type
class ChoiceMutations:
    """Recording what customers choose."""

    @acts(Operation.CHOICE_RECORD)
    async def consent_record(  # noqa: PLR0913 - a consent is its word, scope, worth and evidence
        self,
        act: Act,
        customer: _Ref,
        word: Annotated[ConsentWord, strawberry.argument(description="What was said.")],
        evidence: _Evidence,
        scope: _Scope = None,
        grade: _Grade = said.Grade.GIVEN,
        ends_at: _Ends = None,
    ) -> ChoicesPayload:
        """Record a consent asked, given, refused or withdrawn: for one purpose, these channels, this recipient."""
        if word is ConsentWord.GIVEN:
            return await _keep(act, choices.give_consent, customer, scope, evidence, grade=grade.value, ends_at=ends_at)
        verbs: dict[ConsentWord, Verb] = {
            ConsentWord.ASKED: choices.ask_consent,
            ConsentWord.REFUSED: choices.refuse_consent,
            ConsentWord.WITHDRAWN: choices.withdraw_consent,
        }
        return await _keep(act, verbs[word], customer, scope, evidence)

    @acts(Operation.CHOICE_RECORD)
    async def transfer_consent_record(
        self,
        act: Act,
        customer: _Ref,
        scope: _Scope,
        evidence: _Evidence,
        withdrawn: Annotated[bool, strawberry.argument(description="True to take it back.")] = False,  # noqa: FBT002
    ) -> ChoicesPayload:
        """Record explicit consent to a transfer abroad to a recipient, or its withdrawal."""
        verb: Verb = choices.withdraw_transfer if withdrawn else choices.consent_to_transfer
        return await _keep(act, verb, customer, scope, evidence)

    @acts(Operation.CHOICE_RECORD)
    async def opt_out(
        self,
        act: Act,
        customer: _Ref,
        kind: Annotated[OptOutKind, strawberry.argument(description="Out of what.")],
        evidence: _Evidence,
        scope: _Scope = None,
    ) -> ChoicesPayload:
        """Record an opt-out: of marketing, of sharing and sale, by browser signal, or of sensitive use."""
        if kind is OptOutKind.MARKETING:
            return await _keep(act, choices.opt_out_of_marketing, customer, scope, evidence)
        return await _keep(act, _kinded(choices.opt_out, kind), customer, scope, evidence)

    @acts(Operation.CHOICE_RECORD)
    async def opt_in(
        self,
        act: Act,
        customer: _Ref,
        kind: Annotated[OptOutKind, strawberry.argument(description="Into what; marketing takes a consent.")],
        evidence: _Evidence,
        scope: _Scope = None,
    ) -> ChoicesPayload:
        """Record that an opt-out other than from marketing was taken back."""
        return await _keep(act, _kinded(choices.opt_in, kind), customer, scope, evidence)

    @acts(Operation.CHOICE_RECORD)
    async def objection_record(
        self,
        act: Act,
        customer: _Ref,
        evidence: _Evidence,
        scope: _Scope = None,
        withdrawn: Annotated[bool, strawberry.argument(description="True to take it back.")] = False,  # noqa: FBT002
    ) -> ChoicesPayload:
        """Record an objection to processing other than marketing: it stops at once."""
        verb: Verb = choices.withdraw_objection if withdrawn else choices.object_to
        return await _keep(act, verb, customer, scope, evidence)

    @acts(Operation.CHOICE_RECORD)
    async def objection_settle(
        self,
        act: Act,
        id: Annotated[strawberry.ID, strawberry.argument(description="The pending objection.")],
        is_upheld: Annotated[bool, strawberry.argument(description="Whether it is upheld.")],
        evidence: _Evidence,
    ) -> ChoicesPayload:
        """Uphold or overrule an objection."""
        objection_id = uuid_of(id, "Choice", "id")
        settled = await choices.settle_objection(act, objection_id, evidence.kept(), is_upheld=is_upheld)
        return ChoicesPayload(choices=[Choice.of(settled)])


def _kinded(verb: Callable[..., Awaitable[list[said.Choice]]], kind: OptOutKind) -> Verb:
    async def of_kind(act: Act, scope: said.Scope, evidence: said.Evidence) -> list[said.Choice]:
        return await verb(act, kind.value, scope, evidence)

    return of_kind


async def _keep(  # noqa: PLR0913 - as its callers
    act: Act, verb: Verb, customer: CustomerRef, scope: ScopeInput | None, evidence: EvidenceInput, **more: Any
) -> ChoicesPayload:
    counted = await _scope(act, await find_customer(act, customer, "customer"), scope or ScopeInput())
    kept = await verb(act, counted, evidence.kept(), **more)
    return ChoicesPayload(choices=[Choice.of(each) for each in kept])


async def _scope(act: Act, customer_id: UUID, given: ScopeInput) -> said.Scope:
    purpose = given.purpose and reference(given.purpose, "Purpose", "scope", "purpose")
    recipient = given.recipient and reference(given.recipient, "Recipient", "scope", "recipient")
    return said.Scope(
        customer_id=customer_id,
        organisation_id=act.actor.organisation_id,  # type: ignore[arg-type]
        purpose_id=(await purposes.read(act, purpose, "scope", "purpose")).id if purpose else None,
        channels=[each.value for each in given.channels],
        recipient_id=(await recipients.read(act, recipient, "scope", "recipient")).id if recipient else None,
    )


async def load_choices(ask: Ask, ids: list[UUID]) -> list[Choice]:
    """For the node table."""
    return [Choice.of(each) for each in await choices.by_ids(ask, ids)]
