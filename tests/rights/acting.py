"""Somebody who acts for a customer, with and without a link."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hub.actors import OPERATOR, Operation
from hub.actors import guest as guest_of
from hub.appointing import NewRepresentative
from hub.representatives import Representative
from hub.rights import proving, representing, requests
from hub.rights.asked import Asked, Represented
from hub.rights.proving import Guest, Sent
from hub.rights.requests import Request
from hub.rights.sealed import contents
from tests.rights.desk import Desk

AGENT, ANN = "agent@example.org", "ann@example.org"


def today() -> date:
    """The day that it is, also where midnight passes while tests run."""
    return datetime.now(UTC).date()


async def propose(desk: Desk, customer_id: UUID, role: str = "AGENT", **more: Any) -> Representative:
    request_id = more.pop("request_id", None)
    given: dict[str, Any] = {"contact": AGENT, **more}
    new = NewRepresentative(customer_id, role, "Noor Agent", **given)
    return await desk.do(representing.propose, new, request_id)


async def appoint(
    desk: Desk, customer_id: UUID, role: str = "AGENT", proof: str = "SIGNED_PERMISSION", **more: Any
) -> Representative:
    return await desk.do(representing.confirm, (await propose(desk, customer_id, role, **more)).id, proof)


async def guest(desk: Desk, for_whom: str = ANN, kind: str = "STOP_MARKETING", contact: str = AGENT) -> Sent:
    asked = Asked(represented=Represented("Ann", for_whom))
    given = Guest(kind, "AU", contact, asked, "AGENT")
    return await desk.do(proving.receive_guest, given, organisation_id=desk.firm.id)


async def letters(desk: Desk, request: Request) -> list[str]:
    async with desk.firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        rows = await ask.rows("SELECT template FROM letter WHERE request_id = $1 ORDER BY id", request.id)
    return [row["template"] for row in rows]


async def contact(desk: Desk, request: Request) -> str | None:
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        return (await contents(ask, request.id))[1]


async def seen_by_asker(desk: Desk, several: Sequence[Request]) -> list[UUID]:
    async with desk.firm.hub.ask(guest_of(desk.firm.id), Operation.PORTAL_FOLLOW) as ask:
        found = await requests.by_ids(ask, [each.id for each in several])
        return [each.id for each in several if each.id in found]
