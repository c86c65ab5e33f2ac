"""A rights request comes in: for a customer who is known, or from a guest who is found after proving an address.

What the right needs as proof is the law's and the house's to say (`hub.rights.law`). Where enough is known of who asks,
the request is open at once, and what it changes at once is changed by the same act. A guest is told the same in the
same time whether or not we know the address: nobody is looked for before the code has come back.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson

from hub import appointing, inputs
from hub.act import Act
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.representatives import Representative
from hub.rights import asked, authority, effects, fulfilling, timing, writing
from hub.rights.asked import Asked
from hub.rights.authority import Asks
from hub.rights.effects import AT_ONCE, About
from hub.rights.references import new_reference
from hub.rights.requests import COLUMNS, Asker, Channel, Move, Request, move, stored
from hub.rights.sealed import OWNER, contents
from hub.rights.states import State
from hub.rights.values import Identity, Kind
from hub.scope import hold, require_organisation
from hub.vault import Blind


class Identified(StrEnum):
    """How whoever passes a request on made sure who asks."""

    SIGNED_IN = "SIGNED_IN"
    CODE = "CODE"
    TWO_IDENTIFIERS = "TWO_IDENTIFIERS"
    DOCUMENT = "DOCUMENT"
    IN_PERSON = "IN_PERSON"
    CALLED_BACK = "CALLED_BACK"


STRENGTH: Final[Mapping[Identified, Identity]] = {
    Identified.SIGNED_IN: Identity.REASONABLE,
    Identified.CODE: Identity.CONTACT,
    Identified.TWO_IDENTIFIERS: Identity.REASONABLE,
    Identified.DOCUMENT: Identity.HIGH,
    Identified.IN_PERSON: Identity.HIGH,
    Identified.CALLED_BACK: Identity.REASONABLE,
}
"""Which level of proof each way reaches."""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as it comes in for a customer. received_on: the customer's day on which it came; by default today.

    contact: where we write to, if not to the address on record. identified: how it was made sure who asks; reference:
    where that is kept, sealed. representative_id: under which link somebody asks for the customer.
    """

    kind: str
    customer_id: UUID
    channel: str
    asked: Asked = field(default_factory=Asked)
    asker: str = Asker.SELF
    received_on: date | None = None
    contact: str | None = dataclasses.field(default=None, repr=False)
    identified: str | None = None
    reference: str = dataclasses.field(default="", repr=False)
    representative_id: UUID | None = None


RISK = """
    SELECT t.jurisdictions, EXISTS (
        SELECT FROM collection c JOIN category k ON k.id = ANY (c.categories)
        WHERE c.customer_id = $1 AND c.organisation_id = $2 AND k.sensitivity <> 'ORDINARY') AS is_sensitive
    FROM customer_state s JOIN standing t ON t.id = s.standing_id
    WHERE s.customer_id = $1 AND s.organisation_id = $2
"""
"""Where a customer $1 of an organisation $2 lives, and whether anything held of them is sensitive."""
_ADD = f"""
    WITH added AS (
        INSERT INTO rights_request (id, organisation_id, reference, kind, jurisdictions, state, customer_id, channel,
            asker, locale, proof, contact, contact_blind, contact_key, content, received_on, opened_at, act_id)
        VALUES ($1, $2, $3, $4, $5, 'RECEIVED', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (reference) DO NOTHING RETURNING {COLUMNS}
    ), kept AS (INSERT INTO keys.request_key (request_id, wrapped) SELECT id, $18::bytea FROM added)
    SELECT {COLUMNS} FROM added
"""  # noqa: S608 - joined from constants
REFERENCES_TRIED: Final = 5
"""How often another reference is drawn where one is taken: there are 200 thousand million of them."""


async def receive(act: Act, new: NewRequest, organisation_id: UUID | None = None) -> Request:
    """Take a request in for a customer who is known; it is open at once where enough is known of who asks.

    Refusals: NOT_FOUND, INVALID for a right that their law does not give, CONFLICT for an erased customer.
    """
    kind, towards = inputs.choice(Kind, new.kind, "kind"), await require_organisation(act, organisation_id)
    reached = await hold(act, new.customer_id, towards, "customer")
    risk = await act.row(RISK, reached.id, towards)
    places = timing.offering(risk["jurisdictions"] if risk else [], kind, act.at)
    asks = Asks(towards, inputs.choice(Asker, new.asker, "asker"), kind)
    link = await _link(act, asks, new, reached.id)
    request = await add(act, Incoming(
        towards, kind, places, inputs.choice(Channel, new.channel, "channel"), asks.asker, reached.locale,
        timing.received_on(act, places[0], new.received_on), await asked.content(act, kind, towards, new.asked),
        timing.proof(places[0], kind, is_sensitive=bool(risk and risk["is_sensitive"])), reached.id,
        await _contact(act, new, link),
    ))  # fmt: skip
    if asks.asker is not Asker.SELF and not (link and link.covers(kind, act.at.date())):
        verifying = await timing.reckon(act, await move(act, request, Move("VERIFYING", State.VERIFYING)))
        return await authority.wait(act, verifying, link and link.id)
    known = None if new.identified is None else inputs.choice(Identified, new.identified, "identified")
    if not is_enough(request, known):
        return await timing.reckon(act, await move(act, request, Move("VERIFYING", State.VERIFYING)))
    body = {"identified": known, "has_reference": bool(new.reference)}
    return await open_request(act, request, reached.id, message=new.reference or None, body=body, link=link)


async def _link(act: Act, asks: Asks, new: NewRequest, customer_id: UUID) -> Representative | None:
    """Find the link under which somebody asks for the customer: as it is named, or the one that is in force."""
    if new.representative_id is not None:
        return await authority.named(act, asks, new.representative_id, customer_id)
    contact = None if new.contact is None else address(act, new.contact, "contact")
    return await authority.found(act, asks, [customer_id], contact)


async def _contact(act: Act, new: NewRequest, link: Representative | None) -> Blind | None:
    if new.contact is not None:
        return address(act, new.contact, "contact")
    return await appointing.contact_of(act, link) if link else None


async def open_request(
    act: Act,
    request: Request,
    customer_id: UUID,
    *,
    message: str | None = None,
    body: Mapping[str, Any],
    link: Representative | None = None,
) -> Request:
    """It is known who asks: open the request, and change at once what it changes at once. The customer is held."""
    changes: dict[str, Any] = {"verified_at": act.at, "customer_id": customer_id}
    if link is not None:
        changes["representative_id"] = link.id
    verified = Move("VERIFIED", State.OPEN, message=message, is_private=True, changes=changes, body=body)
    opened = await timing.reckon(act, await move(act, request, verified))
    await writing.keep_address(act, opened)
    if link is not None:
        await _write_to(act, opened, link)
    done = await _at_once(act, opened, customer_id)
    await (writing.tell_answered(act, done) if done.is_ended else writing.confirm(act, done))
    return done


async def _write_to(act: Act, request: Request, link: Representative) -> None:
    """Let letters go to whoever asks for the customer, and tell the customer where the law wants it."""
    if (await contents(act, request.id))[1] is None:
        await writing.keep_contact(act, request, await appointing.contact_of(act, link))
    if authority.is_told(request, link):
        await writing.tell_represented(act, request)


async def settle_places(act: Act, request: Request, customer_id: UUID) -> Request:
    """Read a guest's request under the law of where the customer is known to live, and weigh what is held of them.

    Where that law does not give the right, the one of the place that the guest named stays.
    """
    risk = await act.row(RISK, customer_id, request.organisation_id)
    places = request.jurisdictions
    with suppress(Refusal):
        places = timing.offering(risk["jurisdictions"] if risk else [], request.kind, act.at)
    needed = timing.proof(places[0], request.kind, is_sensitive=bool(risk and risk["is_sensitive"]))
    if (request.jurisdictions, request.proof) == (places, needed):
        return request
    settled = {"jurisdictions": list(places), "proof": needed}
    return await move(act, request, Move("PLACED", changes=settled, body=settled))


async def _at_once(act: Act, request: Request, customer_id: UUID) -> Request:
    content, _ = await contents(act, request.id)
    applied = await effects.apply(act, request, customer_id, About.of(content))
    if applied.choices or applied.is_frozen:
        body = {"choices": [str(each) for each in applied.choices], "is_frozen": applied.is_frozen}
        request = await move(act, request, Move("APPLIED", body=body))
    if request.kind in AT_ONCE:
        return await move(act, request, Move("ANSWERED", State.ANSWERED))
    return await fulfilling.begin(act, request)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request about to be kept."""

    organisation_id: UUID
    kind: Kind
    jurisdictions: Sequence[str]
    channel: Channel
    asker: Asker
    locale: str
    received_on: date
    content: Mapping[str, Any]
    proof: Identity
    customer_id: UUID | None = None
    contact: Blind | None = None


async def add(act: Act, row: Incoming) -> Request:
    """Keep a request as RECEIVED, sealed under a key of its own."""
    request_id, vault = new_id(), act.hub.vault
    wrapped = act.wrapped[request_id] = vault.new_data_key(OWNER, request_id)
    key = vault.unwrap(request_id, wrapped, OWNER)
    blind = row.contact
    sealed = blind and key.seal("rights_request", "contact", request_id, blind.normalised)
    content = key.seal("rights_request", "content", request_id, orjson.dumps(dict(row.content)))
    added = await _insert(act, request_id, row.organisation_id, (
        row.kind, list(row.jurisdictions), row.customer_id, row.channel, row.asker, row.locale, row.proof, sealed,
        blind and blind.digest, blind and blind.key_id, content, row.received_on, act.at, act.id, wrapped,
    ))  # fmt: skip
    body = {"kind": row.kind, "channel": row.channel, "jurisdictions": list(row.jurisdictions), "asker": row.asker,
            "received_on": row.received_on}  # fmt: skip
    return await move(act, added, Move("OPENED", body=body))


async def _insert(act: Act, request_id: UUID, organisation_id: UUID, values: tuple[Any, ...]) -> Request:
    """Write the row under a reference that nobody has; two who draw the same at once get one each."""
    for _ in range(REFERENCES_TRIED):
        rows = await act.rows(_ADD, request_id, organisation_id, new_reference(), *values)
        if rows:
            return stored(rows[0])
    raise Refusal(
        Code.UNAVAILABLE, "No reference could be found for this request. Nothing changed; try again."
    )


def address(act: Act, email: str, *path: str | int) -> Blind:
    """Make the address that we write to findable; Refusal INVALID if it is none."""
    try:
        return act.hub.vault.blind_email(email)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, path) from None


def is_enough(request: Request, known: Identified | None) -> bool:
    """Whether a way of making sure who asks reaches the level that the right needs."""
    needed = Identity(request.proof)
    if needed is Identity.NONE:
        return True
    return known is not None and list(Identity).index(STRENGTH[known]) >= list(Identity).index(needed)
