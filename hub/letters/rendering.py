"""A letter as mail: plain text first, HTML made from that text, headers of our own.

In the HTML only what begins with our configured address becomes a link; everything else is text, escaped by the
template engine. The envelope goes its own way: see ``bounces``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from uuid import UUID

from hub import texts
from hub.letters.templates import FOLDER, SHIPPED, Content, Key, direction, host_of
from hub.settings import Settings

_PAGE: Final = texts.templates(FOLDER).get_template("letter.html")
_CODE: Final = re.compile(r"[A-Z0-9-]{4,20}")
_BREAK: Final = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter that may go out now. attempt: which one this is. address: where to. organisation: who writes."""

    id: UUID
    attempt: int
    template: str
    message_id: str
    queued_at: datetime
    organisation: str
    address: str = field(repr=False)
    content: Content = field(repr=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line. address: where it leads; None for plain words. is_code: to be typed, so shown large."""

    text: str
    address: str | None = None
    is_button: bool = False
    is_code: bool = False


def new_message_id(letter_id: UUID, settings: Settings) -> str:
    """Make the Message-ID that a letter keeps however often it is sent (RFC 5322 section 3.6.4)."""
    return f"<{letter_id.hex}@{settings.mail_sender.rpartition('@')[2]}>"


def compose(letter: Outgoing, settings: Settings) -> EmailMessage:
    """Make the message; ValueError where a header would not be one line."""
    message = EmailMessage(policy=SMTP)
    message["Date"] = letter.queued_at
    message["From"] = Address(letter.organisation, addr_spec=settings.mail_sender)
    message["To"] = letter.address
    if settings.mail_reply_to:
        message["Reply-To"] = settings.mail_reply_to
    message["Subject"] = letter.content.subject
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    message.set_content(letter.content.text)
    message.add_alternative(
        page(letter.content, letter.organisation, host_of(SHIPPED[Key(letter.template)], settings)),
        subtype="html",
    )
    message["Content-Language"] = letter.content.language
    return message


def page(content: Content, organisation: str, address: str) -> str:
    """Make the HTML of a letter. address: the configured one; what begins with it is a link."""
    link = re.compile(rf"{re.escape(address)}/[A-Za-z0-9._~/%?=&-]*")
    return _PAGE.render(
        language=content.language,
        dir=direction(content.language),
        subject=content.subject,
        organisation=organisation,
        paragraphs=[_paragraph(each.split("\n"), link) for each in _BREAK.split(content.body)],
        foot=content.foot,
    )


def _paragraph(lines: list[str], link: re.Pattern[str]) -> list[list[Piece]]:
    """A link alone under a line that ends in a colon is pressed by that line's words."""
    if len(lines) == 2 and link.fullmatch(lines[1]) and lines[0].endswith(":"):  # noqa: PLR2004 - the words and the link
        return [[Piece(lines[0].rstrip(": \u00a0"), lines[1], is_button=True)]]
    if len(lines) == 1 and _CODE.fullmatch(lines[0]):
        return [[Piece(lines[0], is_code=True)]]
    return [list(_pieces(line, link)) for line in lines]


def _pieces(line: str, link: re.Pattern[str]) -> Iterator[Piece]:
    end = 0
    for found in link.finditer(line):
        yield Piece(line[end : found.start()])
        yield Piece(found[0], found[0])
        end = found.end()
    yield Piece(line[end:])
