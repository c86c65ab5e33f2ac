"""Referring a customer to a partner: decided, and released, or put to the customer as a question, by one act.

Whatever the answer, the decision is kept. Where it is ALLOW the disclosure is recorded and the referral offered, under
the customer's lock; where consent is missing the customer is asked, if they may be (`hub.policy.asking`); where a
notice or a formality is missing nothing happens but that it is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub import arrangements, decisions, disclosures, inputs, purposes, recipients, scope
from hub.act import Act
from hub.answers import Answer
from hub.arrangements import Arrangement, Kind
from hub.askable import Bar
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.partners import blocks, hearing, passing, putting, referrals, wording
from hub.partners.hearing import Between
from hub.partners.referrals import Referral
from hub.partners.states import State, Why
from hub.policy.rule import Outcome
from hub.policy.values import Act as What
from hub.purposes import Purpose
from hub.questioned import Question
from hub.recipients import Recipient
from hub.scope import Reached

NEED_CHARACTERS: Final = 500
OFFERED_FOR: Final = timedelta(days=30)
"""How long a partner has to accept."""
REFERRED: Final = frozenset({Kind.REFERRAL.value, Kind.ALLIANCE.value})
"""Under what a customer can be referred; who buys, rents or pools gets lists."""
ARRANGEMENTS_MOST: Final = 50

_STANDS: Final = """
    SELECT id FROM referral WHERE customer_id = $1 AND recipient_id = $2 AND purpose_id = $3
      AND state IN ('ASKING', 'OFFERED') FOR NO KEY UPDATE
"""
_ADD: Final = """
    INSERT INTO referral (id, organisation_id, customer_id, recipient_id, purpose_id, arrangement_id, categories,
                          fields, need, state, decision_id, disclosure_id, question_id, made_at, expires_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""


@dataclass(frozen=True, slots=True)
class NewReferral:
    """Whom to refer to whom. need: what the customer needs, in words that they and the partner read; sealed.

    fields: which values to pass on, as ``contact.phone``; none: all that arrangement and purpose have in common.
    wording, benefit: of the question, per language, without personal data; by default made of the catalogue's words.
    answer_by: until when the customer can answer.
    """

    customer_id: UUID
    recipient: Ref
    purpose: Ref
    need: str = field(repr=False)
    arrangement: Ref | None = None
    fields: Sequence[str] = ()
    wording: Mapping[str, str] | None = None
    benefit: Mapping[str, str] | None = None
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Referred:
    """What came of it. referral: None where it was neither released nor asked. bar: why the customer is not asked."""

    answer: Answer
    referral: Referral | None = None
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A referral that is about to be decided, with all that it names."""

    reached: Reached
    recipient: Recipient
    purpose: Purpose
    arrangement: Arrangement
    categories: Sequence[UUID]
    fields: Sequence[str]
    need: str = field(repr=False)

    @property
    def question(self) -> Question:
        """What is asked before it may be released."""
        return Question(
            self.reached.id, What.DISCLOSE, self.purpose.id, self.recipient.id, self.arrangement.id,
            categories=tuple(self.categories),
        )  # fmt: skip


async def refer(act: Act, new: NewReferral) -> Referred:
    """Decide, and release, ask, or say what is missing.

    Refusals: NOT_FOUND, INVALID; CONFLICT where nothing is agreed that covers it, one like it is still open, or the
    partner is blocked.
    """
    towards = scope.organisation(act, None)
    offer = await _offer(act, new, towards)
    await _clear(act, offer)
    [answer] = await decisions.decide_within(act, towards, [offer.question])
    if isinstance(answer, Refusal):
        raise answer
    if answer.decision.outcome is Outcome.ALLOW:
        return Referred(answer, await _release(act, offer, answer))
    if answer.decision.outcome is not Outcome.CONSENT_NEEDED:
        return Referred(answer)
    await blocks.require_open(
        act, offer.recipient.id, "recipient"
    )  # nobody is asked for whom nothing would come of it
    texts = wording.question(offer.recipient, offer.purpose, new.wording, new.benefit)
    asked = await putting.put(act, offer.question, answer, texts, new.answer_by)
    if asked.question is None:
        return Referred(answer, bar=asked.bar)
    made = await _add(act, offer, answer, State.ASKING, asked.question.expires_at, question=asked.question.id)
    await putting.write(act, made, answer)
    return Referred(answer, made)


async def _offer(act: Act, new: NewReferral, towards: UUID) -> Offer:
    reached = await scope.hold(act, new.customer_id, towards, "customer")
    recipient = await recipients.read(act, new.recipient, "recipient", organisation=towards)
    purpose = await purposes.read(act, new.purpose, "purpose", organisation=towards)
    agreed = await _agreed(act, new.arrangement, recipient, purpose)
    shared = [each for each in agreed.categories if each in set(purpose.categories)]
    if not shared:
        message = "Arrangement and purpose have no category in common: nothing could be passed on."
        raise Refusal(Code.CONFLICT, message, ("arrangement",))
    fields, categories = await passing.chosen(act, new.fields, shared)
    need = inputs.text(new.need, "need", most=NEED_CHARACTERS)
    return Offer(reached, recipient, purpose, agreed, categories, fields, need)


async def _agreed(act: Act, given: Ref | None, recipient: Recipient, purpose: Purpose) -> Arrangement:
    """The arrangement that is named, or the oldest in force that covers this; Refusal CONFLICT for none."""
    on = act.at.date()
    if given is not None:
        some = [await arrangements.read(act, given, "arrangement", organisation=recipient.organisation_id)]
    else:
        such = arrangements.Such(recipient=recipient.id, purpose=purpose.id, active_on=on)
        some = await arrangements.page(act, Page(ARRANGEMENTS_MOST), such)
    fitting = [
        one for one in some
        if one.kind in REFERRED and one.recipient_id == recipient.id and purpose.id in one.purposes
        and arrangements.active(one, on)
    ]  # fmt: skip
    if not fitting:
        message = "No referral or alliance with this partner is in force for this purpose: agree one first."
        raise Refusal(Code.CONFLICT, message, ("arrangement",))
    return min(fitting, key=lambda one: (one.starts_on, one.id))


async def _clear(act: Act, offer: Offer) -> None:
    """Refuse a second one like it; one whose time is over is noted as over first."""
    stands = await act.row(_STANDS, offer.reached.id, offer.recipient.id, offer.purpose.id)
    if stands is None:
        return
    held = await referrals.hold(act, stands["id"])
    if held.state in {State.ASKING, State.OFFERED}:
        message = (
            "This customer is offered to this partner for this purpose already: wait for what becomes of it."
        )
        raise Refusal(Code.CONFLICT, message, ("customer",))
    await referrals.move(act, held, held.state, Why.LAPSED if held.state is State.CLOSED else None)


async def _release(act: Act, offer: Offer, answer: Answer) -> Referral:
    towards = offer.reached.organisation_id
    await blocks.require_open(act, offer.recipient.id, "recipient")
    disclosed = await disclosures.add(act, answer, towards, offer.categories)
    return await _add(act, offer, answer, State.OFFERED, act.at + OFFERED_FOR, disclosure=disclosed.id)


async def _add(  # noqa: PLR0913 - the row's own parts
    act: Act,
    offer: Offer,
    answer: Answer,
    state: State,
    expires_at: datetime,
    *,
    disclosure: UUID | None = None,
    question: UUID | None = None,
) -> Referral:
    referral_id = new_id()
    key = act.hub.vault.unwrap(offer.reached.id, offer.reached.wrapped or b"")
    await act.execute(
        _ADD, referral_id, offer.reached.organisation_id, offer.reached.id, offer.recipient.id, offer.purpose.id,
        offer.arrangement.id, list(offer.categories), list(offer.fields),
        key.seal("referral", "need", referral_id, offer.need), state, answer.id, disclosure, question, act.at,
        expires_at, act.id,
    )  # fmt: skip
    await referrals.tell(act, referral_id, state)
    await act.record(
        f"referral.{state.lower()}", offer.reached.id, referral=referral_id, recipient=offer.recipient.id,
        purpose=offer.purpose.id, arrangement=offer.arrangement.id, categories=list(offer.categories),
        fields=list(offer.fields), decision=answer.id, disclosure=disclosure, question=question,
    )  # fmt: skip
    if state is State.OFFERED:
        parties = (offer.reached.organisation_id, offer.recipient.id, offer.arrangement.id)
        await hearing.offered(act, Between(referral_id, *parties))
    return await referrals.hold(act, referral_id)
