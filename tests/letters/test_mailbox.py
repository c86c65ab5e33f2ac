"""In the demo, what is sent can be read on the mailbox's page."""

import asyncpg
import httpx

from hub import asgi
from hub.act import Hub
from hub.demo.mailbox import Mailbox
from hub.readiness import Readiness
from tests.letters.conftest import desk_of, mailing


async def test_a_letter_is_read_in_the_demos_mailbox(hub: Hub, superuser: asyncpg.Connection) -> None:
    async with Mailbox().receiving() as mailbox:
        async with desk_of(mailing(hub, mailbox.url, mail_from=""), superuser) as desk:
            for locale in ("en", "ar"):
                await desk.deliver(await desk.queue(locale=locale))
        app = asgi.create_app(hub, Readiness(hub, []), mailbox.letters)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost:8000"
        ) as client:
            shown = (await client.get("/mailbox")).text
    assert "We have your request PH-4821-K" in shown
    assert "by Tuesday 14 July 2026" in shown
    assert "http://localhost:8000/requests/PH-4821-K" in shown
    assert "وصلنا طلبك" in shown
    assert [letter.sender.partition("+")[0] for letter in mailbox.letters()] == ["privacy", "privacy"]
