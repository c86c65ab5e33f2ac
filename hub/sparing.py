"""Sparing: whom the facts of a decision say not to ask, whatever the wording: a no, an objection, a restricted record.

The same facts as a decision about the matter would stand on, and the same `may_ask` that its answer carries.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from hub.act import Act
from hub.askable import Asked, Candidate, Matter
from hub.gather import gather
from hub.policy import asking, silence
from hub.policy.silence import OptedOut
from hub.policy.values import Act as What
from hub.policy.values import Channel, Footer, Offer, PurposeKind
from hub.questioned import Question


async def spared(act: Act, matter: Matter, candidates: Mapping[UUID, Candidate]) -> set[UUID]:
    """Of many customers, those who may not be asked about a matter; one statement. Without a jurisdiction: nobody."""
    pairs = [(each, question) for each in candidates for question in _questions(each, matter)]
    gathered = await gather(act, matter.organisation_id, [question for _, question in pairs]) if pairs else []
    found: set[UUID] = set()
    for (customer_id, _), one in zip(pairs, gathered, strict=True):
        asked = _asked(candidates[customer_id].asked)
        if any(not asking.may_ask(reading.facts, asked).allowed for reading in one.readings):
            found.add(customer_id)
    return found


def _questions(customer_id: UUID, matter: Matter) -> Iterable[Question]:
    """What the consent would be for: passing on, a message on each channel, or else use inside."""
    is_marketing = matter.purpose_kind is PurposeKind.MARKETING
    offer = Offer.OWN_OTHER if is_marketing and matter.channels else Offer.NONE
    if matter.recipient_id is not None or not matter.channels:
        what = What.USE if matter.recipient_id is None else What.DISCLOSE
        return [Question(customer_id, what, matter.purpose_id, matter.recipient_id)]
    return [
        Question(
            customer_id,
            What.MESSAGE,
            matter.purpose_id,
            channel=Channel(channel),
            offer=offer,
            footer=Footer.COMPLETE,
        )
        for channel in matter.channels
    ]


def _asked(past: Asked) -> silence.Asked:
    within = OptedOut.WITHIN_TWELVE_MONTHS if past.opted_out_within_12_months else OptedOut.EARLIER
    return silence.Asked(before=past.already_asked, opted_out=within)
