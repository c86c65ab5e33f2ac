"""Who asks for somebody else: named, the proof looked at, confirmed or not, and ended; what waited for it goes on."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub import appointing, representatives
from hub.act import Act, Ask
from hub.actors import Operation
from hub.appointing import NewRepresentative
from hub.errors import Code, Refusal, not_found
from hub.representatives import Representative, State
from hub.rights import attachments, matching, representing
from hub.rights.acting import Role
from hub.rights.requests import Request
from hub.rights.states import Waiting
from portal.desk import names
from portal.desk.confirming import OTHER, chosen_customer
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.situation import Situation, situation
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

LIVING: Final = (State.PROPOSED, State.CONFIRMED)
FIELDS: Final[Mapping[str, str]] = {
    "customer": "customer", "name": "name", "contact": "contact", "ends_on": "until", "attachment": "file",
    "proof": "proof", "reason": "reason",
}  # fmt: skip
"""Where on the page stands what the hub names so."""
Verb = Callable[[Act, UUID, str], Awaitable[Representative]]


async def show_acting(reader: AtDesk) -> Page:
    """Show who may act for the customer, or might; and, where nobody is named yet, ask who it is."""
    now = await situation(reader, Operation.REPRESENTATIVE_CHECK)
    request = now.request
    async with reader.hub.ask(reader.actor, Operation.REPRESENTATIVE_CHECK) as ask:
        links = await _links(ask, request)
        files = (await attachments.of(ask, [request.id]))[request.id]
        called = await attachments.names_of(ask, request.id) if now.view and files else {}
        candidates = await matching.candidates(ask, request) if is_to_be_named(request, links) else []
        who = await _who(ask, now, links)
    return Page("desk/acting.html", {
        "now": now, "request": request, "names": names, "links": links, "who": who, "files": files, "called": called,
        "is_to_be_named": is_to_be_named(request, links), "candidates": candidates, "other": OTHER,
        "proofs": appointing.proofs(Role(request.asker), request.jurisdictions) if links else [], "sent": reader.form,
    })  # fmt: skip


acting = shows(Operation.REPRESENTATIVE_CHECK)(show_acting)


def is_to_be_named(request: Request, links: Sequence[Representative]) -> bool:
    """Whether the request waits for somebody to be named: nobody is, or who was may not or no longer act."""
    named = [each for each in links if each.id == request.representative_id and each.state in LIVING]
    return request.waiting_for == Waiting.AUTHORITY and not named


@does(Operation.REPRESENTATIVE_PROPOSE, again=show_acting)
async def propose(reader: AtDesk) -> Response:
    """Name who asks; it counts once the proof was seen."""
    now, form = await situation(reader, Operation.REPRESENTATIVE_PROPOSE), reader.form
    customer_id = now.request.customer_id or await chosen_customer(reader, now)
    name, contact = form.one("name").strip(), form.one("contact").strip() or None
    if not name:
        raise Wrong("name", N_("Say who it is"))
    file = await _file(reader, now)
    new = NewRepresentative(
        customer_id, now.request.asker, name, contact, ends_on=_until(reader), attachment_id=file
    )

    async def make(act: Act) -> dict[str, Any]:
        await representing.propose(act, new, now.request.id)
        return {}

    return await _done(reader, Operation.REPRESENTATIVE_PROPOSE, make, "appoint")


@does(Operation.REPRESENTATIVE_CHECK, again=show_acting)
async def confirm(reader: AtDesk) -> Response:
    """The proof was seen: the link counts."""
    return await _settle(reader, "proof", names.PROOFS, N_("Choose what you have seen"), representing.confirm)


@does(Operation.REPRESENTATIVE_CHECK, again=show_acting)
async def reject(reader: AtDesk) -> Response:
    """The proof shows no such thing: the link never counts."""
    return await _settle(reader, "reason", names.REJECTED, N_("Choose why"), representing.reject)


@does(Operation.REPRESENTATIVE_CHECK, again=show_acting)
async def end(reader: AtDesk) -> Response:
    """The link counts no more."""
    return await _settle(reader, "reason", names.OVER, N_("Choose why"), representing.end)


async def _settle(reader: AtDesk, field: str, known: Mapping[str, str], missing: str, verb: Verb) -> Response:
    link_id = await _link_of(reader)
    said = reader.form.choice(field, list(known), missing)

    async def make(act: Act) -> dict[str, Any]:
        await verb(act, link_id, said)
        return {}

    return await _done(reader, Operation.REPRESENTATIVE_CHECK, make)


async def _done(
    reader: AtDesk, operation: Operation, make: Callable[[Act], Awaitable[dict[str, Any]]], *after: str
) -> Response:
    try:
        await reader.once(operation, make)
    except Refusal as refusal:
        if refusal.code not in {Code.INVALID, Code.CONFLICT, Code.TOO_LARGE}:
            raise
        last = str(refusal.path[-1]) if refusal.path else ""
        raise Wrong(FIELDS.get(last, ""), refusal.message) from None
    return reader.go("requests", reader.request.path_params["reference"], *after)


async def _links(ask: Ask, request: Request) -> list[Representative]:
    """Who may act for the customer in the role of who asks, or might; while nobody knows for whom, who was named."""
    if request.customer_id is not None:
        found = (await representatives.of_customers(ask, [request.customer_id]))[request.customer_id]
        return [each for each in found if each.role == request.asker]
    if request.representative_id is None:
        return []
    return [await representatives.read(ask, request.representative_id)]


async def _who(
    ask: Ask, now: Situation, links: Sequence[Representative]
) -> dict[UUID, tuple[str, str | None]]:
    """Names and addresses, for whom a view goes on; of an erased customer's nothing can be opened."""
    if now.view:
        with suppress(Refusal):
            return await appointing.opened(ask, links)
    return {}


async def _link_of(reader: AtDesk) -> UUID:
    """The link that an address names, if it is one that the request's page shows; Refusal NOT_FOUND for others."""
    now = await situation(reader, Operation.REPRESENTATIVE_CHECK)
    async with reader.hub.ask(reader.actor, Operation.REPRESENTATIVE_CHECK) as ask:
        known = {str(each.id): each.id for each in await _links(ask, now.request)}
    said = reader.request.path_params["link"]
    if said not in known:
        raise not_found("representative", "representative")
    return known[said]


async def _file(reader: AtDesk, now: Situation) -> UUID | None:
    """Which of the request's files shows it; none may."""
    async with reader.hub.ask(reader.actor, Operation.REPRESENTATIVE_CHECK) as ask:
        files = (await attachments.of(ask, [now.request.id]))[now.request.id]
    known = {"": None, **{str(each.id): each.id for each in files}}
    return known[reader.form.choice("file", list(known), N_("Choose one of the files"))]


def _until(reader: AtDesk) -> date | None:
    said = reader.form.one("until").strip()
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise Wrong("until", N_("Give a day such as 2027-03-31, or leave it empty")) from None
