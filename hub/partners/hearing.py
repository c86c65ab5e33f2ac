"""Who hears what became of a referral: its partner of what it sees, the firm's own apps of whatever came after it."""

from typing import Final, NamedTuple
from uuid import UUID

from hub.act import Act
from hub.partners.states import State
from hub.spelling import spelled
from hub.webhooks import announcing
from hub.webhooks.types import Type

TO_PARTNER: Final = {
    State.OFFERED: Type.REFERRAL_OFFERED,
    State.WITHDRAWN: Type.REFERRAL_CHANGED,
    State.EXPIRED: Type.REFERRAL_CHANGED,
}
"""Of what a partner does itself it is not told, nor of what it was never offered."""


class Between(NamedTuple):
    """A referral, and between whom it stands."""

    referral_id: UUID
    organisation_id: UUID
    recipient_id: UUID
    arrangement_id: UUID


async def offered(act: Act, what: Between) -> None:
    """Tell the partner of a referral that is offered from the start."""
    await _tell(act, what, Type.REFERRAL_OFFERED, what.recipient_id)


async def moved(act: Act, what: Between, state: State) -> None:
    """Tell both sides that a referral has become this; the firm's apps made it, and hear of every move."""
    if state in TO_PARTNER:
        await _tell(act, what, TO_PARTNER[state], what.recipient_id)
    await _tell(act, what, Type.REFERRAL_CHANGED, None)


async def _tell(act: Act, what: Between, kind: Type, recipient_id: UUID | None) -> None:
    arrangement = what.arrangement_id if recipient_id else None
    await announcing.announce(
        act, what.organisation_id, kind, {"referral": spelled("Referral", what.referral_id)},
        recipient_id=recipient_id, arrangement_id=arrangement,
    )  # fmt: skip
