"""Recording what customers choose, each word with its evidence."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from hub import catalogue, choices, purposes, recipients, said
from hub.act import Act
from hub.actors import Operation
from hub.policy.values import Channel
from hub.recording import Adding
from schema.door import acts
from schema.internal.choices import Choice
from schema.internal.meanings import ConsentWord, OptOutKind
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.references import Reference, optional_id, row_id
from schema.problems import Payload
from schema.relay import uuid_of

EVIDENCE = {
    "wording": ("evidence", "wording"),
    "method": ("evidence", "method"),
    "evidence": ("evidence", "reference"),
    "happened_at": ("evidence", "happened_at"),
    "notice_version": ("evidence", "notice_version"),
}
"""Where the parts of the evidence stand in an input."""


@strawberry.input(description="How a word reached us, and what the customer saw.")
class EvidenceInput:
    """One immutable row's worth."""

    wording: str = strawberry.field(
        description="The words everybody in this situation is shown, without personal data. "
        "Kept with their SHA-256."
    )
    method: said.Method = strawberry.field(description="How it was said.")
    reference: str = strawberry.field(
        default="", description="Where the proof is kept: a recording, a form. Sealed."
    )
    notice_version: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the notice version shown with it."
    )
    happened_at: datetime | None = strawberry.field(
        default=None, description="When it was said; by default now."
    )

    def kept(self) -> said.Evidence:
        """As the hub takes it."""
        return said.Evidence(
            wording=self.wording,
            method=self.method,
            reference=self.reference,
            notice_version_id=optional_id(self.notice_version, "NoticeVersion", "notice_version"),
            happened_at=self.happened_at,
        )


@strawberry.input(description="A consent, or a word about one.")
class ConsentRecordInput:
    """For one purpose, these channels, one recipient."""

    customer: CustomerRef = strawberry.field(description="Whose word.")
    word: ConsentWord = strawberry.field(description="What was said.")
    purpose: Reference = strawberry.field(description="For which purpose: key or id.")
    evidence: EvidenceInput = strawberry.field(description="How it was said.")
    channels: list[Channel] = strawberry.field(
        default_factory=list[Channel],
        description="On which channels, each a choice of its own; none: on all.",
    )
    recipient: Reference | None = strawberry.field(
        default=None, description="Towards which recipient: key or id; null: towards all."
    )
    grade: said.Grade = strawberry.field(default=said.Grade.GIVEN, description="Of GIVEN: what it is worth.")
    ends_at: datetime | None = strawberry.field(
        default=None, description="Of GIVEN: when its own text ends it."
    )


@strawberry.input(description="Explicit consent to a transfer abroad, or its withdrawal.")
class TransferConsentRecordInput:
    """To one recipient."""

    customer: CustomerRef = strawberry.field(description="Whose word.")
    recipient: Reference = strawberry.field(description="To which recipient: key or id.")
    evidence: EvidenceInput = strawberry.field(description="How it was said.")
    purpose: Reference | None = strawberry.field(
        default=None, description="For which purpose; null: for all."
    )
    is_withdrawn: bool = strawberry.field(default=False, description="True to take it back.")
    ends_at: datetime | None = strawberry.field(default=None, description="When its own text ends it.")


@strawberry.input(description="An opt-out, or its taking back.")
class OptInput:
    """Of marketing, of sharing and sale, by signal, of sensitive use."""

    customer: CustomerRef = strawberry.field(description="Whose word.")
    kind: OptOutKind = strawberry.field(description="Of what.")
    evidence: EvidenceInput = strawberry.field(description="How it was said.")
    purpose: Reference | None = strawberry.field(
        default=None, description="For which purpose; null: for all."
    )
    channels: list[Channel] = strawberry.field(
        default_factory=list[Channel], description="Of MARKETING: on which channels; none: on all."
    )
    recipient: Reference | None = strawberry.field(
        default=None, description="Of SHARING and SIGNAL: towards which recipient; null: towards all."
    )


@strawberry.input(description="An objection, or its taking back.")
class ObjectionRecordInput:
    """To processing other than marketing."""

    customer: CustomerRef = strawberry.field(description="Whose word.")
    evidence: EvidenceInput = strawberry.field(description="How it was said.")
    purpose: Reference | None = strawberry.field(
        default=None, description="For which purpose; null: for all."
    )
    channels: list[Channel] = strawberry.field(
        default_factory=list[Channel], description="On which channels; none: on all."
    )
    recipient: Reference | None = strawberry.field(
        default=None, description="Towards which recipient: key or id; null: towards all."
    )
    is_withdrawn: bool = strawberry.field(default=False, description="True to take it back.")


@strawberry.input(description="How a pending objection was settled.")
class ObjectionSettleInput:
    """Upheld or overruled."""

    objection: strawberry.ID = strawberry.field(description="The pending objection's id.")
    is_upheld: bool = strawberry.field(description="Whether it is upheld.")
    evidence: EvidenceInput = strawberry.field(description="How the customer was told.")


@strawberry.type(description="What was recorded, one choice per channel.")
class ChoicesPayload(Payload):
    """Of every mutation here."""

    choices: list[Choice] = strawberry.field(
        default_factory=list[Choice], description="The words that stand now."
    )


_Consent = Annotated[ConsentRecordInput, strawberry.argument(description="The word.")]
_Transfer = Annotated[TransferConsentRecordInput, strawberry.argument(description="The word.")]
_Opt = Annotated[OptInput, strawberry.argument(description="The word.")]
_Objection = Annotated[ObjectionRecordInput, strawberry.argument(description="The word.")]
_Settle = Annotated[ObjectionSettleInput, strawberry.argument(description="Which, and how.")]
Verb = Callable[..., Awaitable[list[said.Choice]]]
Given = ConsentRecordInput | TransferConsentRecordInput | OptInput | ObjectionRecordInput


@strawberry.type
class ChoiceMutations:
    """Recording what customers choose."""

    @acts(Operation.CHOICE_RECORD, adds=lambda given: given.word is not ConsentWord.WITHDRAWN)
    async def consent_record(self, act: Adding, input: _Consent) -> ChoicesPayload:
        """Record a consent asked, given, refused or withdrawn: for one purpose, channels, a recipient."""
        if input.word is ConsentWord.GIVEN:
            return await _keep(act, choices.give_consent, input, grade=input.grade, ends_at=input.ends_at)
        verbs: dict[ConsentWord, Verb] = {
            ConsentWord.ASKED: choices.ask_consent,
            ConsentWord.REFUSED: choices.refuse_consent,
            ConsentWord.WITHDRAWN: choices.withdraw_consent,
        }
        return await _keep(act, verbs[input.word], input)

    @acts(Operation.CHOICE_RECORD, adds=lambda given: not given.is_withdrawn)
    async def transfer_consent_record(self, act: Adding, input: _Transfer) -> ChoicesPayload:
        """Record explicit consent to a transfer abroad to a recipient, or its withdrawal."""
        if input.is_withdrawn:
            return await _keep(act, choices.withdraw_transfer, input)
        return await _keep(act, choices.consent_to_transfer, input, ends_at=input.ends_at)

    @acts(Operation.CHOICE_RECORD, adds=True)
    async def opt_out(self, act: Adding, input: _Opt) -> ChoicesPayload:
        """Record an opt-out: of marketing, of sharing and sale, by browser signal, or of sensitive use."""
        if input.kind is OptOutKind.MARKETING:
            return await _keep(act, choices.opt_out_of_marketing, input)
        return await _keep(act, _kinded(choices.opt_out, input.kind), input)

    @acts(Operation.CHOICE_RECORD, adds=True)
    async def opt_in(self, act: Adding, input: _Opt) -> ChoicesPayload:
        """Record that an opt-out was taken back; of marketing only `consentRecord` takes one back."""
        return await _keep(act, _kinded(choices.opt_in, input.kind), input)

    @acts(Operation.CHOICE_RECORD, adds=lambda given: not given.is_withdrawn)
    async def objection_record(self, act: Adding, input: _Objection) -> ChoicesPayload:
        """Record an objection to processing other than marketing, or that it was taken back."""
        verb: Verb = choices.withdraw_objection if input.is_withdrawn else choices.object_to
        return await _keep(act, verb, input)

    @acts(Operation.CHOICE_RECORD)
    async def objection_settle(self, act: Act, input: _Settle) -> ChoicesPayload:
        """Uphold or overrule a pending objection."""
        with within(input, "input", moved=EVIDENCE):
            pending, evidence = uuid_of(input.objection, "Choice", "objection"), input.evidence.kept()
            settled = await choices.settle_objection(act, pending, evidence, is_upheld=input.is_upheld)
        return ChoicesPayload(choices=[Choice.of(settled)])


def _kinded(verb: Callable[..., Awaitable[list[said.Choice]]], kind: OptOutKind) -> Verb:
    async def of_kind(act: Adding, scope: said.Scope, evidence: said.Evidence) -> list[said.Choice]:
        return await verb(act, kind.value, scope, evidence)

    return of_kind


async def _keep(act: Adding, verb: Verb, given: Given, **more: Any) -> ChoicesPayload:
    customer_id = await find_customer(act, given.customer, "input", "customer")
    with within(given, "input", moved=EVIDENCE):
        kept = await verb(act, await _scope(act, customer_id, given), given.evidence.kept(), **more)
    return ChoicesPayload(choices=[Choice.of(each) for each in kept])


async def _scope(act: Adding, customer_id: UUID, given: Given) -> said.Scope:
    channels = () if isinstance(given, TransferConsentRecordInput) else given.channels
    return said.Scope(
        customer_id=customer_id,
        organisation_id=catalogue.owner(act, None),
        purpose_id=await row_id(purposes.read, act, given.purpose, "Purpose", "purpose"),
        channels=channels,
        recipient_id=await row_id(recipients.read, act, given.recipient, "Recipient", "recipient"),
    )
