"""A request as the desk has it before it: read once, by a few statements, for its page and for every form about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from hub import profiles, unmasking
from hub.act import Ask
from hub.actors import Operation
from hub.auth import staff
from hub.rights import advice, appealing, conduct, matching, recognising, requests, steps, timing
from hub.rights.advice import Advice, Deed, Standing
from hub.rights.clocks import Clock
from hub.rights.matching import Flags
from hub.rights.outcomes import Step
from hub.rights.recognising import Entry
from hub.rights.requests import Event, Request
from hub.rights.values import Kind
from hub.unmasking import Details, View
from portal.desk.entrance import AtDesk


@dataclass(frozen=True, slots=True)
class Situation:
    """How a request stands. view: the reader's own that goes on, with what it opens. people: staff by id.

    about: of a complaint, the request it is about. complaints: those about this one. entry: what the customer does not
    recognise of what they read about themselves.
    """

    standing: Standing
    advice: Advice
    possible: frozenset[Deed]
    grounds: Mapping[str, str]
    flags: Flags
    view: View | None
    details: Details | None = field(repr=False)
    people: Mapping[UUID, str] = field(repr=False)
    masked: str | None = field(repr=False)
    about: Request | None = None
    complaints: Sequence[Request] = ()
    entry: Entry | None = None

    @property
    def request(self) -> Request:
        """Which."""
        return self.standing.request

    @property
    def steps(self) -> Sequence[Step]:
        """What it needs of each system."""
        return self.standing.steps

    @property
    def events(self) -> Sequence[Event]:
        """What became of it."""
        return self.standing.events

    @property
    def clock(self) -> Clock:
        """Until when it is answered, worked."""
        return self.standing.clock

    @property
    def days(self) -> tuple[int, int] | None:
        """Which day of its time it is, and of how many; None where the law names no last day."""
        last = self.clock.last_day
        if last is None:
            return None
        begun = self.request.received_on
        return max(0, (self.standing.today - begun) // timedelta(days=1)), max(1, (last - begun).days)

    @property
    def days_left(self) -> int | None:
        """How many days are left; negative once it is overdue."""
        last = self.clock.last_day
        return None if last is None else (last - self.standing.today).days


async def situation(reader: AtDesk, operation: Operation = Operation.REQUEST_READ) -> Situation:
    """Read the request that the address names; Refusal NOT_FOUND for every other reference."""
    async with reader.hub.ask(reader.actor, operation, locale=reader.language) as ask:
        request = await requests.by_reference(ask, reader.request.path_params["reference"])
        return await read(ask, request)


async def read(ask: Ask, request: Request) -> Situation:
    """Read how a request stands."""
    events = (await requests.events_of(ask, [request.id]))[request.id]
    grounds = conduct.grounds(request)
    standing = Standing(
        request, await steps.of(ask, request.id), events, timing.clock_of(request, events, ask.at),
        timing.local_day(request.jurisdictions[0], ask.at), bool(grounds), await _is_barred(ask, request),
    )  # fmt: skip
    view = await unmasking.live(ask, request)
    actors = {each.actor_id for each in events if each.actor_kind == "staff" and each.actor_id}
    opened = await unmasking.details(ask, request) if view else None
    return Situation(
        standing, advice.advise(standing), advice.possible(standing), grounds, await matching.flags(ask, request),
        view, opened,
        await staff.names_of(ask, list(actors)), await _masked(ask, request), *await _complaints(ask, request),
        await _entry(ask, request, opened),
    )  # fmt: skip


async def _is_barred(ask: Ask, request: Request) -> bool:
    """Whether the reader decided what this complaint is about."""
    if request.kind is not Kind.COMPLAINT or ask.actor.id is None:
        return False
    return ask.actor.id in (await appealing.barred(ask, [request.id]))[request.id]


async def _complaints(ask: Ask, request: Request) -> tuple[Request | None, list[Request]]:
    """Which request a complaint is about, and which complaints are about a request."""
    if request.kind is Kind.COMPLAINT:
        about = (await appealing.about_of(ask, [request.id])).get(request.id)
        return (await requests.by_ids(ask, [about])).get(about) if about else None, []
    several = await appealing.complaints_of(ask, request.id)
    found = await requests.by_ids(ask, several) if several else {}
    return None, [found[each] for each in several if each in found]


async def _entry(ask: Ask, request: Request, opened: Details | None) -> Entry | None:
    if opened is None:
        return None
    return await recognising.of_request(ask, request.customer_id, request.organisation_id, opened.content)


async def _masked(ask: Ask, request: Request) -> str | None:
    if request.customer_id is None:
        return None
    shown = await profiles.masked(ask, [request.customer_id], request.organisation_id)
    return shown[request.customer_id].name if request.customer_id in shown else None


def proved_by(events: Sequence[Event]) -> str | None:
    """How it was made sure who asks; None while it is not."""
    said: list[Any] = [each.body.get("identified") for each in events if each.kind == "VERIFIED"]
    return said[-1] if said else None
