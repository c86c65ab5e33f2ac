"""The demo's mailbox: takes every message that the hub sends, passes none on, and keeps the last ones to be read.

A mail server (RFC 5321) on this machine's own address only, for nobody but the demo. What it keeps is in memory and
gone with the process. Whatever is sent to it, it answers; what it cannot read it keeps as it came.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final, Self
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope

HOST: Final = "127.0.0.1"
LETTERS_KEPT: Final = 50
MESSAGE_BYTES: Final = 1024 * 1024
TEXT_CHARACTERS: Final = 20_000
LINE_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is shown. sender and recipients: as the envelope says, whatever the message claims."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    came_at: datetime


class Mailbox:
    """The last messages that came, newest first, and where to send more."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque(maxlen=LETTERS_KEPT)
        self._connections: WeakSet[SMTP] = WeakSet()
        self.port = 0

    @property
    def url(self) -> str:
        """What HUB_SMTP_URL says to reach it."""
        return f"smtp://{HOST}:{self.port}"

    def letters(self) -> Sequence[Letter]:
        """What came, newest first."""
        return tuple(self._letters)

    @asynccontextmanager
    async def receiving(self) -> AsyncGenerator[Self]:
        """Take mail on a free port until left."""
        server = await asyncio.get_running_loop().create_server(self._connection, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for each in tuple(self._connections):
                if each.transport is not None:
                    each.transport.close()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802 - the library's
        """Keep a message that has come whole."""
        del server, session
        content = envelope.original_content or b""
        self._letters.appendleft(read_letter(envelope.mail_from or "", envelope.rcpt_tos, content))
        return "250 Kept"

    def _connection(self) -> SMTP:
        made = SMTP(
            self,
            data_size_limit=MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Privacy Hub demo",
            loop=asyncio.get_running_loop(),
        )
        self._connections.add(made)
        return made


def read_letter(sender: str, recipients: Sequence[str], content: bytes) -> Letter:
    """Read a message; what is no proper one is shown as it came."""
    try:
        message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
        subject, text = str(message["subject"] or ""), _text(message)
    except (
        LookupError,
        ValueError,
        AttributeError,
        TypeError,
    ):  # the library meets broken mail with all of these
        subject, text = "", content.decode("utf-8", "replace")
    return Letter(
        _line(sender), tuple(_line(each) for each in recipients), _line(subject), text[:TEXT_CHARACTERS],
        datetime.now(UTC),
    )  # fmt: skip


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


def _line(text: str) -> str:
    return " ".join(text.split())[:LINE_CHARACTERS]
