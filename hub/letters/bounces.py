"""What comes back: each letter leaves with an envelope sender of its own, and only that brings news of it.

The mark in the envelope sender (``bounces+MARK@example.org``) is the letter's id and a MAC over it, so nobody who was
not sent the letter can make it count as undeliverable. Reports are read as RFC 3464 has them; what is none is left be.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final
from uuid import UUID

from hub.act import Act
from hub.errors import not_found
from hub.keyring import Use
from hub.letters import sending
from hub.settings import Settings
from hub.vault import Vault

MAC_BYTES: Final = 16
MARK_CHARACTERS: Final = 52
REPORT_BYTES: Final = 1024 * 1024
BLOCKS_MOST: Final = 100

_LABEL: Final = "letter.bounce"
_MARK: Final = re.compile(rf"\+([a-z2-7]{{{MARK_CHARACTERS}}})@", re.IGNORECASE)
_STATUS: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESSED: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
_REPORTS: Final = {"message/delivery-status", "message/global-delivery-status"}


@dataclass(frozen=True, slots=True)
class Report:
    """A report that a message was not delivered, and never will be. status: as RFC 3463 has it, such as 5.1.1."""

    token: str
    status: str


def mark(vault: Vault, letter_id: UUID) -> str:
    """Make the mark of a letter: 52 letters and digits, whose case does not matter."""
    whole = letter_id.bytes + vault.mac(Use.PAIRWISE, _LABEL, letter_id.bytes)[:MAC_BYTES]
    return base64.b32encode(whole).decode().rstrip("=").lower()


def envelope_sender(settings: Settings, vault: Vault, letter_id: UUID) -> str:
    """Say where the mail server sends back what it cannot deliver of a letter."""
    local, _, domain = settings.mail_bounces.partition("@")
    return f"{local}+{mark(vault, letter_id)}@{domain}"


async def bounced(act: Act, token: str, status: str = "") -> bool:
    """Note that a letter came back, by its mark; False where that changes nothing.

    Refusal NOT_FOUND for a mark that we did not make.
    """
    letter_id = _letter_of(act.hub.vault, token)
    if letter_id is None:
        raise not_found("letter", "token")
    found = _STATUS.fullmatch(status)
    return await sending.bounce(act, letter_id, f"STATUS_{'_'.join(found.groups())}" if found else "BOUNCED")


def read_report(content: bytes, recipient: str = "") -> Report | None:
    """Read a message that came back; None if it is no report of a failure, or carries no mark.

    recipient: to whom it came, where the mail server says so; otherwise its own headers do.
    """
    message = message_from_bytes(content[:REPORT_BYTES].replace(b"\r\n", b"\n"))
    token = _token(recipient, message)
    if token is None:
        return None
    failed = [
        str(block.get("Status", "")) for block in _blocks(message) if _word(block, "Action") == "failed"
    ]
    if not failed:
        return None
    found = _STATUS.match(failed[0])
    return Report(token, ".".join(found.groups()) if found else "")


def _letter_of(vault: Vault, token: str) -> UUID | None:
    try:
        whole = base64.b32decode(token.upper() + "====")
    except (binascii.Error, ValueError):
        return None
    if len(token) != MARK_CHARACTERS:
        return None
    letter_id = UUID(bytes=whole[:16])
    return letter_id if mark(vault, letter_id) == token.lower() else None


def _token(recipient: str, message: Message) -> str | None:
    said = (
        [recipient] if recipient else [str(each) for name in _ADDRESSED for each in message.get_all(name, [])]
    )
    return next((found[1].lower() for each in said if (found := _MARK.search(each))), None)


def _blocks(message: Message) -> Iterator[Message]:
    """Yield the groups of fields of a report: one about the message, then one for each recipient."""
    for part in message.walk():
        if part.get_content_type() in _REPORTS:
            _, _, fields = part.as_bytes().partition(b"\n\n")
            for block in fields.split(b"\n\n")[:BLOCKS_MOST]:
                yield BytesHeaderParser().parsebytes(block.lstrip(b"\n"))
            return


def _word(block: Message, name: str) -> str:
    return str(block.get(name, "")).partition(";")[0].strip().lower()
