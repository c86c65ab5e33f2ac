"""The mail server behind HUB_SMTP_URL is looked at by really talking to it."""

import asyncio
from pathlib import Path

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

from hub import readiness
from hub.settings import load


async def test_a_mail_server_that_answers_is_reported_as_taking_connections(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), loop=loop), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = await readiness.mail(load(mode="run", data_dir=tmp_path, smtp_url=f"smtp://127.0.0.1:{port}"))
    assert (found.ok, found.said) == (True, "takes connections")


async def test_a_server_that_speaks_no_smtp_is_reported_without_its_password(tmp_path: Path) -> None:
    url = "smtp://mailer:mail-secret@127.0.0.1:9"
    found = await readiness.mail(load(mode="run", data_dir=tmp_path, smtp_url=url))
    assert not found.ok
    assert not found.needed
    assert "mail-secret" not in found.said
