"""The demo's mailbox takes every message, shows it to people as text, and is nowhere but in the demo."""

import asyncio
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import aiosmtplib
import httpx
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.demo.mailbox import LETTERS_KEPT, MESSAGE_BYTES, TEXT_CHARACTERS, Mailbox, read_letter
from hub.readiness import Readiness, mail
from tests.demo.conftest import Demo


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with Mailbox().receiving() as opened:
        yield opened


def message(subject: str, text: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "hub@example.org", "zoë@example.org", subject
    made.set_content(text)
    return made


async def send(url: str, content: EmailMessage) -> None:
    where = urlsplit(url)
    await aiosmtplib.send(content, hostname=where.hostname, port=where.port, start_tls=False)


async def shown(hub: Hub, mailbox: Mailbox, language: str = "en") -> httpx.Response:
    app = asgi.create_app(hub, Readiness(hub, []), mailbox.letters)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        return await client.get("/mailbox", headers={"accept-language": language})


async def test_a_message_that_was_sent_is_read_on_the_page_as_text(hub: Hub, mailbox: Mailbox) -> None:
    assert "Nothing has come yet." in (await shown(hub, mailbox)).text
    await send(mailbox.url, message("Ünser <b>code</b>", "It is 123456.\n<script>alert(1)</script>"))
    answer = await shown(hub, mailbox)
    assert "Ünser &lt;b&gt;code&lt;/b&gt;" in answer.text
    assert "It is 123456.\n&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "zoë@example.org" in answer.text
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert 'dir="rtl"' in (await shown(hub, mailbox, "ar")).text


async def test_the_last_ones_are_kept_and_what_is_too_large_is_refused(mailbox: Mailbox) -> None:
    for number in range(LETTERS_KEPT + 2):
        await send(mailbox.url, message(f"Letter {number}", "Hello"))
    with pytest.raises(aiosmtplib.SMTPResponseException, match="exceeds fixed maximum"):
        await send(mailbox.url, message("Large", "word " * (MESSAGE_BYTES // 5 + 1)))
    subjects = [letter.subject for letter in mailbox.letters()]
    assert subjects == [f"Letter {number}" for number in range(LETTERS_KEPT + 1, 1, -1)]


@pytest.mark.parametrize(
    ("content", "subject", "text"),
    [
        (b"", "", ""),
        (b"\xff\xfe no headers at all", "", "no headers"),
        (b"Subject: =?utf-8?b?!!?=\r\nContent-Type: text/plain; charset=never\r\n\r\nHello", "", "Hello"),
        (b"Subject: A\r\n\tB\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>", "A B", "<p>Hello</p>"),
        (b"Subject: A\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", "A", ""),
        (b"Subject: A\r\nContent-Type: image/png\r\n\r\nHello", "A", ""),
        (b"Subject: A\r\n\r\n" + b"x" * TEXT_CHARACTERS * 2, "A", "x" * TEXT_CHARACTERS),
    ],
)
def test_whatever_comes_is_shown_as_well_as_it_can_be(content: bytes, subject: str, text: str) -> None:
    letter = read_letter("a@example.org", ["b@example.org"], content)
    assert subject in letter.subject
    assert text in letter.text
    assert len(letter.text) <= TEXT_CHARACTERS


async def test_leaving_ends_it_though_somebody_is_still_connected() -> None:
    async with Mailbox().receiving() as opened:
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
        assert (await reader.readline()).startswith(b"220 ")
    assert await asyncio.wait_for(reader.read(), 60) == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", opened.port)


async def test_the_demo_names_its_mailbox_and_sends_its_own_mail_there(demo: Demo) -> None:
    found = re.search(r"^  Mailbox +(\S+/mailbox) \((smtp://127\.0\.0\.1:\d+)\)$", demo.said, re.MULTILINE)
    assert found
    page, smtp = found.groups()
    await send(smtp, message("From outside", "Hello"))
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        assert "From outside" in (await client.get(page)).text
        ready = (await client.get(f"{demo.address}/readyz")).json()
    assert ready["mail"] == "takes connections"


async def test_there_is_no_mailbox_where_there_is_none(hub: Hub) -> None:
    app = asgi.create_app(hub, Readiness(hub, []))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        assert (await client.get("/mailbox")).status_code == 404
        assert "/mailbox" not in (await client.get("/")).text
    assert (await mail(hub.settings)).said.startswith("not set")
