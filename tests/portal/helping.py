"""Somebody at a bureau who is written to, opens the link and answers."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from pydantic import SecretStr

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.demo.mailbox import Mailbox
from hub.readiness import Readiness
from hub.rights import systems
from hub.rights.outcomes import Step
from hub.rights.reaching import Reach
from hub.rights.requests import Request
from hub.rights.systems import NewSystem
from tests.domain.firm import Firm, email, external
from tests.portal.visitor import HOME
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import planned, work
from workers import rights
from workers.letters import deliver, hang_up

MINA = "mina@example.org"
_LETTERS = "SELECT id FROM letter WHERE request_id = $1 AND template ~ '^(task|recipient)' ORDER BY id"
_ABOUT_SEVERAL = """
    SELECT id FROM letter WHERE organisation_id = $1 AND request_id IS NULL AND template ~ '^(tasks|recipient)_'
    ORDER BY id
"""
LINK = re.compile(r"http://localhost:8000(/task/[A-Za-z0-9_-]{43})$", re.MULTILINE)


@dataclass
class Helper:
    """Whoever is asked, with a browser."""

    http: httpx.AsyncClient
    desk: Desk

    async def asked(self, kind: str = "ACCESS", *, language: str = "en", system: str = "EMAIL") -> Request:
        """A request about Mina, over a system in which somebody looks who has an address."""
        await connect(self.desk, system, language)
        identifiers = [email(MINA), external("payroll", "P-77")]
        customer_id = await self.desk.firm.customer(jurisdictions=["UK"], identifiers=identifiers)
        request = await self.desk.receive(
            customer_id, kind, changes={"name": "Mina Mair"} if kind == "RECTIFICATION" else {}
        )
        await self.set_off(request)
        return request

    async def asked_again(self, kind: str = "ACCESS") -> Request:
        """Another request, over the systems that are connected."""
        customer_id = await self.desk.firm.customer(jurisdictions=["UK"], identifiers=[email(MINA)])
        request = await self.desk.receive(customer_id, kind)
        await self.set_off(request)
        return request

    async def set_off(self, request: Request) -> None:
        """Let the worker write to whoever is asked, and do the hub's own."""
        await rights.write_to(self.desk.firm.hub, request.id)
        await work(self.desk, request)

    async def letters(self, request: Request) -> list[Any]:
        """What was written, as a real mail server got it."""
        return await self._delivered(_LETTERS, request.id)

    async def reminders(self) -> list[Any]:
        """What was written about several requests at once."""
        return await self._delivered(_ABOUT_SEVERAL, self.desk.firm.id)

    async def _delivered(self, which: str, about: UUID) -> list[Any]:
        firm = self.desk.firm
        async with firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
            ids: list[UUID] = [row["id"] for row in await ask.rows(which, about)]
        async with Mailbox().receiving() as mailbox:
            given = {"smtp_url": SecretStr(mailbox.url), "mail_from": "privacy@firm.example"}
            posting = Hub(firm.hub.settings.model_copy(update=given), firm.hub.database, firm.hub.vault)
            for each in ids:
                await deliver(posting, each)
            await hang_up(posting)
        return list(reversed(mailbox.letters()))

    async def link(self, request: Request) -> str:
        """The path of the newest letter's link."""
        found = LINK.search((await self.letters(request))[-1].text)
        assert found
        return found[1]

    async def open(self, link: str) -> httpx.Response:
        """Press the button that shows whom it is about."""
        return await self.send(link, do="open")

    async def send(self, link: str, **fields: str) -> httpx.Response:
        """Send a form of the page."""
        return await self.http.post(link, data=fields, headers={"origin": HOME})

    async def step(self, request: Request) -> Step:
        """The step as it stands."""
        return next(each for each in await planned(self.desk, request) if each.name == "Payroll")


async def connect(desk: Desk, kind: str = "EMAIL", language: str = "en") -> None:
    """Connect a payroll bureau, as an operator does."""
    new = NewSystem("payroll", "Payroll", kind, Reach("helper@bureau.example", language=language))
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, new, desk.firm.id)


@pytest_asyncio.fixture
async def helper(hub: Hub, firm: Firm) -> AsyncIterator[Helper]:
    """Somebody at a bureau."""
    transport = httpx.ASGITransport(asgi.create_app(hub, Readiness(hub, [])))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
        yield Helper(http, Desk(firm))


async def sent(helper: Helper, request: Request) -> list[UUID]:
    """The letters that were written."""
    async with helper.desk.firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        return [row["id"] for row in await ask.rows(_LETTERS, request.id)]
