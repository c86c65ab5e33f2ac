"""A desk at which requests come in and are conducted, each verb by an act of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

import pytest

from hub.act import Act
from hub.actors import OPERATOR, Actor, Operation, Role
from hub.auth.codes import Tried
from hub.errors import Code, Refusal
from hub.rights import intake, proving, requests
from hub.rights.asked import Asked
from hub.rights.intake import NewRequest
from hub.rights.proving import Guest, Sent
from hub.rights.requests import Event, Request
from tests.domain.firm import Firm
from tests.recent import before_this_test

Result = TypeVar("Result")
_TABLES = ("rights_request", "rights_event", "choice", "customer_event", "ledger_entry")
_PICTURE = f"""
    SELECT {", ".join(f"(SELECT count(*) FROM {table} WHERE id > $1)" for table in _TABLES)},
        (SELECT count(*) FROM rights_code), (SELECT count(*) FROM keys.request_key)
"""


@dataclass
class Desk:
    """One firm's."""

    firm: Firm

    @property
    def staff(self) -> Actor:
        """Who conducts requests."""
        return replace(self.firm.app, roles=frozenset({Role.REQUESTS_CONDUCT}))

    async def do(self, verb: Callable[..., Awaitable[Result]], *given: Any, **named: Any) -> Result:
        """Do one thing by one act."""

        async def body(act: Act) -> Result:
            return await verb(act, *given, **named)

        return await self.firm.hub.perform(self.staff, Operation.REQUEST_CONDUCT, body)

    async def receive(self, customer_id: UUID, kind: str, **given: Any) -> Request:
        """Take a request in, by telephone from somebody who was called back."""
        asked = {
            name: given.pop(name)
            for name in (
                "text",
                "topics",
                "changes",
                "purpose_id",
                "channels",
                "recipient_id",
                "tells_recipients",
            )
            if name in given
        }
        new: dict[str, Any] = {"channel": "PHONE", "identified": "IN_PERSON", **given}
        return await self.do(intake.receive, NewRequest(kind, customer_id, asked=Asked(**asked), **new))

    async def guest(self, kind: str, email: str, place: str = "AU", **given: Any) -> Sent:
        """Take a request in from somebody at the portal."""
        return await self.do(
            proving.receive_guest, Guest(kind, place, email, Asked(**given)), organisation_id=self.firm.id
        )

    async def try_code(self, sent: Sent, digits: str | None = None) -> tuple[Tried, Request]:
        """Give a code back, the right one unless told otherwise."""
        return await self.do(proving.try_code, sent.request.id, digits or sent.digits)

    async def read(self, request: Request) -> Request:
        """Read it as it stands."""
        async with self.firm.hub.ask(self.staff, Operation.REQUEST_READ) as ask:
            return await requests.read(ask, request.id)

    async def events(self, request: Request) -> list[Event]:
        """Read what became of it."""
        async with self.firm.hub.ask(self.staff, Operation.REQUEST_READ) as ask:
            return (await requests.events_of(ask, [request.id]))[request.id]

    async def kinds(self, request: Request) -> list[str]:
        """What became of it, in a word each."""
        return [each.kind for each in await self.events(request)]

    async def is_restricted(self, customer_id: UUID) -> bool:
        """Whether the record may be kept only."""
        async with self.firm.hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
            return await ask.value(
                "SELECT restricted FROM customer_standing WHERE customer_id = $1", customer_id
            )

    async def choices(self, customer_id: UUID) -> list[tuple[str, str, str | None]]:
        """What the customer said: kind, action, channel."""
        async with self.firm.hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
            rows = await ask.rows(
                "SELECT kind, action, channel FROM choice WHERE customer_id = $1 ORDER BY id", customer_id
            )
        return [(row["kind"], row["action"], row["channel"]) for row in rows]

    async def refused(
        self, code: Code, path: tuple[str | int, ...], doing: Callable[[], Awaitable[Any]]
    ) -> str:
        """Assert that something is refused at this place and changes nothing; returns the message."""
        before = await self._picture()
        with pytest.raises(Refusal) as caught:
            await doing()
        assert (caught.value.code, caught.value.path) == (code, path)
        assert await self._picture() == before
        return caught.value.message

    async def _picture(self) -> list[int]:
        async with self.firm.hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
            row = await ask.row(_PICTURE, before_this_test())
        assert row is not None
        return list(row)
