"""Representatives are proposed, confirmed by staff who have seen the proof, rejected, and ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from hub import identities, inputs, particulars
from hub.act import Act, Ask
from hub.db import new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.policy.values import Jurisdiction
from hub.representatives import Representative, State, read
from hub.rights.acting import RULES, Proof, Role
from hub.rights.values import Kind
from hub.scope import hold
from hub.standings import AgeBand
from hub.vault import Blind

NAME_CHARACTERS: Final = 200
EACH_MOST: Final = 20
"""Links of one customer that are neither ended nor rejected."""


@dataclass(frozen=True, slots=True)
class NewRepresentative:
    """A link as it is proposed. contact: the email address that letters go to. kinds: of requests; none: every kind.

    attachment_id: a file of a request that shows it.
    """

    customer_id: UUID
    role: str
    name: str = field(repr=False)
    contact: str | None = field(default=None, repr=False)
    kinds: Sequence[str] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    attachment_id: UUID | None = None


_ADD = """
    INSERT INTO representative (id, organisation_id, customer_id, role, kinds, starts_on, ends_on, state, name, contact,
        contact_blind, contact_key, attachment_id, proposed_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'PROPOSED', $8, $9, $10, $11, $12, $13, $14)
"""
_SETTLE = """
    UPDATE representative SET state = $2, proof = coalesce($3, proof), reason = $4, act_id = $7,
        checked_at = CASE WHEN $2 = 'ENDED' THEN checked_at ELSE $5 END,
        checked_by = CASE WHEN $2 = 'ENDED' THEN checked_by ELSE $6::uuid END,
        ended_at = CASE WHEN $2 <> 'CONFIRMED' THEN $5 END
    WHERE id = $1
"""
_LOCK = "SELECT FROM representative WHERE id = $1 FOR NO KEY UPDATE"
_LIVING = "SELECT count(*) FROM representative WHERE customer_id = $1 AND state IN ('PROPOSED', 'CONFIRMED')"
_IS_FILE = """
    SELECT EXISTS (SELECT FROM attachment WHERE id = $1 AND organisation_id = $2 AND request_id IS NOT NULL)
"""
_SEALED = "SELECT name, contact, contact_blind, contact_key FROM representative WHERE id = $1"
_PLACES = """
    SELECT t.jurisdictions FROM customer_state s JOIN standing t ON t.id = s.standing_id
    WHERE s.customer_id = $1 AND s.organisation_id = $2
"""


async def propose(act: Act, new: NewRepresentative, organisation_id: UUID | None = None) -> Representative:
    """Note that somebody says they may act for a customer. Refusals: NOT_FOUND, INVALID, CONFLICT, TOO_LARGE."""
    role = inputs.choice(Role, new.role, "role")
    kinds = [inputs.choice(Kind, each, "kinds", place) for place, each in enumerate(new.kinds)]
    name = inputs.line(new.name, "name", most=NAME_CHARACTERS)
    starts_on = new.starts_on or act.at.date()
    inputs.period(starts_on, new.ends_on, "ends_on")
    blind = None if new.contact is None else _address(act, new.contact)
    reached = await hold(act, new.customer_id, organisation_id, "customer")
    await _require_room(act, reached.id, new.attachment_id, reached.organisation_id)
    link_id, key = new_id(), await identities.open_key(act, reached.id)
    contact = blind and key.seal("representative", "contact", link_id, blind.normalised)
    await act.execute(
        _ADD, link_id, reached.organisation_id, reached.id, role, inputs.distinct(kinds), starts_on, new.ends_on,
        key.seal("representative", "name", link_id, name), contact, blind and blind.digest, blind and blind.key_id,
        new.attachment_id, act.at, act.id,
    )  # fmt: skip
    await act.record("representative.proposed", reached.id, representative=link_id, role=role, kinds=kinds)
    return await read(act, link_id)


async def confirm(act: Act, link_id: UUID, proof: str) -> Representative:
    """Staff have seen the proof: the link counts. Refusals: INVALID for a proof that is none there, CONFLICT."""
    shown = inputs.choice(Proof, proof, "proof")
    link = await hold_link(act, link_id)
    if link.state is State.CONFIRMED:
        return link
    _require(link, State.PROPOSED)
    await _require_proof(act, link, shown)
    return await _settle(act, link, State.CONFIRMED, shown)


async def reject(act: Act, link_id: UUID, reason: str) -> Representative:
    """The proof shows nothing, or something else."""
    code = _reason(reason)
    link = await hold_link(act, link_id)
    if link.state is State.REJECTED:
        return link
    _require(link, State.PROPOSED)
    return await _settle(act, link, State.REJECTED, reason=code)


async def end(act: Act, link_id: UUID, reason: str) -> Representative:
    """The link counts no more, from now on."""
    code = _reason(reason)
    link = await hold_link(act, link_id)
    if link.state is State.ENDED:
        return link
    _require(link, State.CONFIRMED)
    return await _settle(act, link, State.ENDED, reason=code)


async def contact_of(act: Act, link: Representative) -> Blind | None:
    """Open where letters to a representative go; None where there is no address."""
    return (await _opened(act, link))[1]


async def reveal(act: Act, link_id: UUID, reason: str) -> tuple[Representative, str, str | None]:
    """Open who a representative is: name and contact. Who looks, and why, is recorded first."""
    code = _reason(reason)
    link = await hold_link(act, link_id)
    await act.record("representative.revealed", link.customer_id, representative=link.id, reason=code)
    name, contact = await _opened(act, link)
    return link, name, contact and contact.normalised


async def opened(ask: Ask, links: Sequence[Representative]) -> dict[UUID, tuple[str, str | None]]:
    """Open who several are, name and contact; for whoever has noted the view by an act of its own before."""
    found: dict[UUID, tuple[str, str | None]] = {}
    for link in links:
        name, contact = await _opened(ask, link)
        found[link.id] = name, contact and contact.normalised
    return found


def proofs(role: Role, places: Sequence[str]) -> list[Proof]:
    """What shows, under every one of these laws, that somebody may act as this; without any, under all there are."""
    taken = [RULES[role, Jurisdiction(place)].proofs for place in places or list(Jurisdiction)]
    return [each for each in Proof if all(each in several for several in taken)]


async def hold_link(act: Act, link_id: UUID) -> Representative:
    """Lock a link, after its customer, and read it as it stands."""
    link = await read(act, link_id)
    await hold(act, link.customer_id, link.organisation_id, "representative")
    await act.rows(_LOCK, link_id)
    return await read(act, link_id)


async def _opened(ask: Ask, link: Representative) -> tuple[str, Blind | None]:
    row = await ask.row(_SEALED, link.id)
    if row is None:
        raise not_found("representative", "representative")
    key = await identities.open_key(ask, link.customer_id)
    name = key.open_text("representative", "name", link.id, row["name"])
    if row["contact"] is None:
        return name, None
    address = key.open_text("representative", "contact", link.id, row["contact"])
    return name, ask.hub.vault.blind_email(address)


async def _settle(
    act: Act, link: Representative, state: State, proof: Proof | None = None, reason: str | None = None
) -> Representative:
    await act.execute(_SETTLE, link.id, state, proof, reason, act.at, act.actor.id, act.id)
    event = f"representative.{state.lower()}"
    await act.record(
        event, link.customer_id, representative=link.id, role=link.role, proof=proof, reason=reason
    )
    return replace(await read(act, link.id), is_of_age=link.is_of_age)


async def _require_proof(act: Act, link: Representative, proof: Proof) -> None:
    places: list[str] = await act.value(_PLACES, link.customer_id, link.organisation_id) or []
    common = proofs(link.role, places)
    if proof not in common:
        raise invalid(f"This shows no such thing: it takes one of {', '.join(common)}.", "proof")
    if link.role is Role.GUARDIAN and link.is_of_age and proof is not Proof.COURT_ORDER:
        message = f"This customer is of age ({AgeBand.ADULT}): only a court appoints a guardian for them."
        raise Refusal(Code.CONFLICT, message, ("proof",))


async def _require_room(act: Act, customer_id: UUID, attachment_id: UUID | None, towards: UUID) -> None:
    if await act.value(_LIVING, customer_id) >= EACH_MOST:
        raise Refusal(
            Code.TOO_LARGE, f"A customer has {EACH_MOST} representatives at most: end one.", ("customer",)
        )
    if attachment_id is not None and not await act.value(_IS_FILE, attachment_id, towards):
        raise not_found("file", "attachment")


def _require(link: Representative, state: State) -> None:
    if link.state is not state:
        message = f"This representative is {link.state}, not {state}: propose a new one."
        raise Refusal(Code.CONFLICT, message, ("representative",))


def _address(act: Act, email: str) -> Blind:
    try:
        return act.hub.vault.blind_email(email)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, ("contact",)) from None


def _reason(code: str) -> str:
    if not code:
        raise invalid("Give a reason: a code such as PERMISSION_EXPIRED.", "reason")
    return particulars.reason(code, "reason")
