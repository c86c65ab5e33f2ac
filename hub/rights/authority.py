"""Whether whoever asks for somebody else may: a request waits (AUTHORITY) until a link in force says so.

A code proves a representative's own address, and nothing of whom they ask for: until staff have confirmed the link,
everybody who asks for somebody else is told the same, whether or not we know the customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from hub import finding, representatives
from hub.act import Act, Ask
from hub.errors import Code, Refusal, not_found
from hub.finding import Reference, ReferenceKind
from hub.policy.values import Jurisdiction
from hub.representatives import Representative, State
from hub.rights.acting import RULES, Proof, Role
from hub.rights.requests import Asker, Move, Request, hold_request, move
from hub.rights.sealed import contents
from hub.rights.states import FOLLOWS, Waiting
from hub.rights.states import State as Standing
from hub.rights.values import Kind
from hub.vault import Blind

UNPROVED: Final = (
    "Nobody has confirmed that they may act for this customer: propose a representative and confirm it."
)
_WAITING = """
    SELECT id FROM rights_request WHERE representative_id = $1 AND state = 'PAUSED' AND waiting_for = 'AUTHORITY'
    ORDER BY id
"""

_LIVING = "SELECT id FROM rights_request WHERE representative_id = $1 AND closed_at IS NULL ORDER BY id"


@dataclass(frozen=True, slots=True)
class Asks:
    """What somebody asks, and as what."""

    organisation_id: UUID
    asker: Asker
    kind: Kind

    @classmethod
    def of(cls, request: Request) -> "Asks":
        """What a stored request asks."""
        return cls(request.organisation_id, request.asker, request.kind)


async def found(
    ask: Ask, asks: Asks, customers: Sequence[UUID] | None, contact: Blind | None
) -> Representative | None:
    """Find the one link in force that covers this; None for none, and where it is open which of several it is.

    Without the address of whoever asks, it is theirs only where the customer has no other.
    """
    if asks.asker is Asker.SELF:
        return None
    role, on = Role(asks.asker), ask.at.date()
    links = await representatives.confirmed(ask, role, asks.organisation_id, customers, contact)
    counting = [each for each in links if each.covers(asks.kind, on)]
    which = {each.id if contact is None else each.customer_id for each in counting}
    return counting[0] if len(which) == 1 else None


async def named(ask: Ask, asks: Asks, link_id: UUID, customer_id: UUID) -> Representative:
    """Read the link that a request names. Refusals: NOT_FOUND for another's or role's, CONFLICT if it is over."""
    link = await representatives.read(ask, link_id)
    if link.customer_id != customer_id or link.role != asks.asker:
        raise not_found("representative", "representative")
    if link.state not in {State.PROPOSED, State.CONFIRMED}:
        raise Refusal(Code.CONFLICT, f"This representative is {link.state}.", ("representative",))
    return link


async def wait(act: Act, request: Request, link_id: UUID | None) -> Request:
    """Let a held request that is being verified wait until it is known that its asker may ask."""
    changes = {
        "waiting_for": Waiting.AUTHORITY, "resumes_to": Standing.VERIFYING, "representative_id": link_id,
    }  # fmt: skip
    step = Move("PAUSED", Standing.PAUSED, Waiting.AUTHORITY, changes=changes)
    return await move(act, request, step)


async def require(act: Act, request: Request, customer_id: UUID) -> Representative | None:
    """Refuse CONFLICT unless whoever asks is the customer, or may act for them; returns the link."""
    if request.asker is Asker.SELF:
        return None
    if request.representative_id is not None:
        link = await representatives.read(act, request.representative_id)
        if link.customer_id == customer_id and link.covers(request.kind, act.at.date()):
            return link
    _, said = await contents(act, request.id)
    contact = None if said is None else act.hub.vault.blind_email(said)
    link = await found(act, Asks.of(request), [customer_id], contact)
    if link is None:
        raise Refusal(Code.CONFLICT, UNPROVED, ("customer",))
    return link


async def match(act: Act, request: Request) -> Representative | None:
    """Find for whom somebody asks who has proved their own address: by a link in force, and by nothing else."""
    content, contact = await contents(act, request.id)
    named: dict[str, str] = content.get("represented") or {}
    said = named.get("email", "")
    if not said:
        return None
    customers = await finding.find(act, request.organisation_id, Reference(ReferenceKind.EMAIL, said))
    blind = act.hub.vault.blind_email(contact or "")
    return await found(act, Asks.of(request), customers, blind)


async def waiting(act: Act, link: Representative) -> list[Request]:
    """Hold the requests that wait for a link."""
    rows = await act.rows(_WAITING, link.id)
    return [await hold_request(act, row["id"]) for row in rows]


async def stop(act: Act, link: Representative) -> None:
    """A link has ended: what was asked under it goes no further until another one says so, and no letter goes there."""
    silent: dict[str, Any] = {"contact": None, "contact_blind": None, "contact_key": None}
    for row in await act.rows(_LIVING, link.id):
        request = await hold_request(act, row["id"])
        waits = {"waiting_for": Waiting.AUTHORITY, **silent}
        if request.state is Standing.PAUSED:
            await move(act, request, Move("AUTHORITY_ENDED", changes=waits))
        elif Standing.PAUSED in FOLLOWS[request.state]:
            rests = {**waits, "resumes_to": request.state}
            await move(
                act, request, Move("AUTHORITY_ENDED", Standing.PAUSED, Waiting.AUTHORITY, changes=rests)
            )
        else:
            await move(act, request, Move("AUTHORITY_ENDED", changes=silent))


def is_told(request: Request, link: Representative) -> bool:
    """Whether the customer hears that somebody asked for them, by the law that governs the request."""
    rule = RULES[link.role, Jurisdiction(request.jurisdictions[0])]
    return rule.is_told(link.proof or Proof.SIGNED_PERMISSION)
