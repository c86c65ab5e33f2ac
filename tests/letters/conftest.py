"""A firm that writes letters, and a mail server that does what a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID
from weakref import WeakSet

import asyncpg
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope
from pydantic import SecretStr

from hub import letters, statements
from hub.act import Act, Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.letters import NewLetter
from hub.settings import Mode
from tests.domain.firm import Firm, found
from workers.letters import deliver, hang_up

ADDRESS = "amira@reader.example"
VALUES: dict[str, Any] = {
    "reference": "PH-4821-K",
    "due_on": date(2026, 7, 14),
    "link": "/requests/PH-4821-K",
}
Answer = str | Callable[[SMTP], Awaitable[str]]


@dataclass
class Server:
    """A mail server. answers: what it says to the next commands, as {"DATA": ["451 No"]}; to all others it says yes."""

    answers: dict[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    came: list[Envelope] = field(default_factory=list[Envelope])
    connections: WeakSet[SMTP] = field(default_factory=WeakSet[SMTP])
    connected: int = 0
    port: int = 0
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    wrapped: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"smtp://localhost:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        return [read(each) for each in self.came]

    async def handle_MAIL(self, server: SMTP, _: Any, envelope: Envelope, *given: Any) -> str:  # noqa: N802 - the library's
        said = await self._say("MAIL", server)
        if said.startswith("2"):
            envelope.mail_from = given[0]
            envelope.mail_options.extend(given[1])
        return said

    async def handle_RCPT(self, server: SMTP, _: Any, envelope: Envelope, *given: Any) -> str:  # noqa: N802 - as above
        said = await self._say("RCPT", server)
        if said.startswith("2"):
            envelope.rcpt_tos.append(given[0])
        return said

    async def handle_DATA(self, server: SMTP, _: Any, envelope: Envelope) -> str:  # noqa: N802 - as above
        said = await self._say("DATA", server)
        if said.startswith("2"):
            self.came.append(envelope)
        return said

    async def _say(self, command: str, server: SMTP) -> str:
        waiting = self.answers.get(command)
        answer = waiting.pop(0) if waiting else "250 OK"
        return answer if isinstance(answer, str) else await answer(server)

    def _connection(self) -> SMTP:
        options: dict[str, Any] = {"enable_SMTPUTF8": True, **self.options}
        made = SMTP(self, hostname="localhost", loop=asyncio.get_running_loop(), **options)
        self.connections.add(made)
        self.connected += 1
        return made

    @asynccontextmanager
    async def receiving(self, port: int = 0) -> AsyncGenerator["Server"]:
        """Take mail until left."""
        server = await asyncio.get_running_loop().create_server(
            self._connection, "127.0.0.1", port, ssl=self.wrapped
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.hang_up()
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Drop every connection."""
        for each in tuple(self.connections):
            if each.transport is not None:
                each.transport.close()


def read(envelope: Envelope) -> EmailMessage:
    """A message as its reader's program sees it."""
    return message_from_bytes(envelope.original_content or b"", _class=EmailMessage, policy=policy.default)


async def hang(_: SMTP) -> str:
    """Say nothing for longer than anybody waits."""
    await asyncio.sleep(3_600)
    return "250 OK"


async def drop(server: SMTP) -> str:
    """End the connection in the middle."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
    return "421 Gone"


async def swallow(server: SMTP) -> str:
    """Take the message, and end the connection before saying so."""
    await drop(server)
    return "250 OK"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with Server().receiving() as opened:
        yield opened


@dataclass
class Desk:
    """A firm whose letters go to a server."""

    hub: Hub
    firm: Firm
    database: asyncpg.Connection

    def new(self, **changes: Any) -> NewLetter:
        plain = NewLetter(self.firm.id, "rights_received", ADDRESS, "en", VALUES)
        return replace(plain, **changes)

    async def queue(self, **changes: Any) -> UUID:
        async with self.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
            return await letters.send(act, self.new(**changes))

    async def deliver(self, letter_id: UUID) -> None:
        """Do the letter's job as the worker does."""
        await deliver(self.hub, letter_id)

    async def act(self, body: Callable[[Act], Awaitable[Any]]) -> Any:
        """Act as the worker."""
        return await self.hub.perform(WORKER, Operation.LETTER_DELIVER, body)

    async def row(self, letter_id: UUID) -> dict[str, Any]:
        return dict(await self.database.fetchrow("SELECT * FROM letter WHERE id = $1", letter_id) or {})

    async def jobs(self, letter_id: UUID) -> list[dict[str, Any]]:
        sql = "SELECT status::text, scheduled_at, args::text FROM procrastinate_jobs WHERE queueing_lock = $1"
        return [dict(row) for row in await self.database.fetch(sql, f"letter {letter_id}")]

    async def due(self, letter_id: UUID) -> None:
        """Let the time pass until a letter may be tried."""
        await self.age(letter_id, "next_at = now() - interval '1 second'")
        await self.database.execute(
            "DELETE FROM procrastinate_jobs WHERE queueing_lock = $1", f"letter {letter_id}"
        )

    async def age(self, letter_id: UUID, change: str) -> None:
        """Change a letter as no program of ours can."""
        async with self.database.transaction():
            await self.database.execute("SET LOCAL session_replication_role = replica")
            await self.database.execute(f"UPDATE letter SET {change} WHERE id = $1", letter_id)

    async def events(self, letter_id: UUID) -> list[str]:
        """The ledger's events about a letter, in order."""
        return [body["event"] for body in await self.told(letter_id)]

    async def told(self, letter_id: UUID) -> list[dict[str, Any]]:
        """What the ledger says about a letter to nobody we know, in order."""
        async with self.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
            rows = await ask.rows(
                "SELECT e.id, d.body FROM ledger_entry e JOIN ledger_detail d ON d.entry_id = e.id "
                "WHERE e.event LIKE 'letter.%' AND d.subject IS NULL ORDER BY e.xid, e.sequence"
            )
        opened = [
            self.hub.vault.open_own("ledger_detail", "body", f"{row['id']}/0", row["body"]) for row in rows
        ]
        return [statements.split_detail(body)[1] for body in opened if str(letter_id).encode() in body]


def mailing(hub: Hub, url: str, **changes: Any) -> Hub:
    """The same hub, with a mail server."""
    given = {"smtp_url": SecretStr(url), "mail_from": "privacy@firm.example", **changes}
    return Hub(hub.settings.model_copy(update=given), hub.database, hub.vault)


def in_production(hub: Hub, url: str) -> Hub:
    """The same hub, as strict as production is."""
    return mailing(hub, url, mode=Mode.PRODUCTION, public_url="https://hub.example.org")


@asynccontextmanager
async def desk_of(hub: Hub, database: asyncpg.Connection) -> AsyncGenerator[Desk]:
    """A new firm in this hub; its connection to the mail server ends with it."""
    yield Desk(hub, await found(hub), database)
    await hang_up(hub)


@pytest_asyncio.fixture
async def desk(hub: Hub, server: Server, superuser: asyncpg.Connection) -> AsyncIterator[Desk]:
    async with desk_of(mailing(hub, server.url), superuser) as opened:
        yield opened


def trusting(certificate: str) -> ssl.SSLContext:
    """A context that presents this certificate, which holds its key too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
