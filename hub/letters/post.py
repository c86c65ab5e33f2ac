"""The mail server: one connection that lasts, opened again when it is gone, used by one letter at a time.

In production nothing is said before TLS is up and the server's certificate is checked; there is no setting against it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from hub.settings import Settings

COMMAND_SECONDS: Final = 20.0
SENDING_SECONDS: Final = 60.0
BUSY_SECONDS: Final = 1.0  # a server that hangs holds one job up, and not all
DOWN_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 5.0
PORTS: Final = {"smtp": 587, "smtps": 465}
PASSES: Final = range(400, 500)
ACCEPTED: Final = 250


class Result(StrEnum):
    """What became of an attempt. LATER: it may be tried again. NEVER: it may not."""

    SENT = "SENT"
    LATER = "LATER"
    NEVER = "NEVER"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. code: the server's reply code (RFC 5321 section 4.2), if there was one."""

    result: Result
    reason: str = ""
    code: int | None = None


class Unreached(Exception):
    """The mail server is busy, or does not let us in: nothing was tried."""


def connection(settings: Settings, *, signs_in: bool = True) -> aiosmtplib.SMTP:
    """Make a connection, not yet opened, to HUB_SMTP_URL, which must be set. signs_in: with its user and password."""
    if settings.smtp_url is None:
        raise ValueError("HUB_SMTP_URL is not set")
    address = urlsplit(settings.smtp_url.get_secret_value())
    is_wrapped = address.scheme == "smtps"
    return aiosmtplib.SMTP(
        hostname=address.hostname,
        port=address.port or PORTS[address.scheme],
        username=unquote(address.username) if signs_in and address.username else None,
        password=unquote(address.password) if signs_in and address.password else None,
        local_hostname=settings.mail_sender.rpartition("@")[2],
        timeout=COMMAND_SECONDS,
        use_tls=is_wrapped,
        start_tls=None if is_wrapped or not settings.is_production else True,
    )


class Post:
    """Hands letters to the mail server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()
        self._server: aiosmtplib.SMTP | None = None
        self._used_at = self._down_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Have the connection to oneself, open and answering; Unreached where that cannot be."""
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise Unreached("busy") from None
        try:
            await self._answering()
            yield
        finally:
            self._turn.release()

    async def hand_over(self, message: EmailMessage, sender: str, recipient: str) -> Outcome:
        """Give one message to the server, in one's turn. sender and recipient: the envelope's."""
        if self._server is None:
            raise Unreached("no connection")
        try:
            async with asyncio.timeout(SENDING_SECONDS):
                await self._server.send_message(message, sender=sender, recipients=[recipient])
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
            return _judge(error)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._drop()
            return _judge(error)
        except BaseException:
            self._drop()  # whoever is cut off in the middle must not leave half a message to the next
            raise
        self._used_at = time.monotonic()
        return Outcome(Result.SENT, code=ACCEPTED)

    async def close(self) -> None:
        """Take leave of the server."""
        server, self._server = self._server, None
        if server is not None and server.is_connected:
            try:
                async with asyncio.timeout(BUSY_SECONDS):
                    await server.quit()
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                server.close()

    async def _answering(self) -> None:
        if self._server is not None and await self._still_answers(self._server):
            return
        self._drop()
        if time.monotonic() < self._down_until:
            raise Unreached("down")
        server = connection(self._settings)
        try:
            async with asyncio.timeout(SENDING_SECONDS):
                await server.connect()
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            server.close()
            self._down_until = time.monotonic() + DOWN_SECONDS
            raise Unreached(type(error).__name__) from None
        self._server, self._used_at = server, time.monotonic()

    async def _still_answers(self, server: aiosmtplib.SMTP) -> bool:
        if not server.is_connected or time.monotonic() - self._used_at < IDLE_SECONDS:
            return server.is_connected
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await server.noop()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            return False
        return True

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()


def _judge(error: aiosmtplib.SMTPException | OSError) -> Outcome:
    """Say what an error means for the letter."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _answered(error.recipients[0].code)
    if isinstance(
        error, aiosmtplib.SMTPSenderRefused
    ):  # it is us that the server does not like: an operator can help
        return Outcome(Result.LATER, f"SMTP_{error.code}", error.code)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _answered(error.code)
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Outcome(Result.NEVER, "ADDRESS_NOT_SUPPORTED")
    return Outcome(Result.LATER, "TIMED_OUT" if isinstance(error, TimeoutError) else "CONNECTION_LOST")


def _answered(code: int) -> Outcome:
    """Judge by the first digit of a reply: 4 passes, everything else does not."""
    return Outcome(Result.LATER if code in PASSES else Result.NEVER, f"SMTP_{code}", code)
