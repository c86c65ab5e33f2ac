"""Secrets and tokens stay with the client. Seen over a real socket, with every log turned up."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.auth import forms, protocol, server, tokens
from hub.vault import Vault

GRANT = {"grant_type": "client_credentials"}


@pytest_asyncio.fixture
async def served(site: Starlette) -> AsyncIterator[str]:
    """The site behind uvicorn on a free port. Its loggers stand above this test: they are turned back afterwards."""
    loggers = [logging.getLogger(f"uvicorn{name}") for name in ("", ".error", ".access", ".asgi")]
    before = [logger.level for logger in loggers]
    running = uvicorn.Server(uvicorn.Config(site, port=0, log_config=None, log_level="trace", lifespan="off"))
    task = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    await task
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


async def test_no_secret_and_no_token_reaches_a_log(
    served: str, app: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = app.secret.get_secret_value()
    with caplog.at_level(logging.DEBUG):
        async with httpx.AsyncClient(base_url=served, timeout=60) as web:
            token = (await web.post("/oauth/token", data=GRANT, auth=app.basic)).json()["access_token"]
            posted = {**GRANT, "client_id": app.basic[0], "client_secret": secret}
            assert (await web.post("/oauth/token", data=posted)).status_code == 200
            bearer = {"Authorization": f"Bearer {token}"}
            assert (await web.get("/who", headers=bearer)).status_code == 200
            await web.get("/who", headers={"Authorization": f"Bearer {token}x"})
            await web.post("/oauth/token", data={**GRANT, "scope": secret}, auth=app.basic)
            await web.post("/oauth/token", data={**GRANT, secret: token}, auth=(secret, token))
            await web.post("/oauth/introspect", data={"token": token}, auth=app.basic)
            await web.post("/oauth/revoke", data={"token": token}, auth=app.basic)
            await web.post("/oauth/token", content=f"{secret}={token}&{secret}={token}", auth=app.basic)
    ours = "\n".join(line for line in logged(caplog) if "httpcore" not in line)
    out = capfd.readouterr()
    assert "POST /oauth/token" in ours
    for place in (ours, out.out, out.err):
        assert secret not in place
        assert token.split(".")[2] not in place


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        f"{record.name} {record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records
    ]


async def test_no_secret_and_no_token_reaches_the_database(
    app: Any, web: httpx.AsyncClient, superuser: asyncpg.Connection, hub: Hub
) -> None:
    token = (await web.post("/oauth/token", data=GRANT, auth=app.basic)).json()["access_token"]
    tables = await superuser.fetch("""
        SELECT format('SELECT t::text FROM %I.%I t', table_schema, table_name) AS sql
        FROM information_schema.tables
        WHERE table_type = 'BASE TABLE' AND table_schema IN ('public', 'keys')
    """)
    rows = [str(row) for table in tables for row in await superuser.fetch(table["sql"])]
    details = await superuser.fetch("SELECT entry_id, index, body FROM ledger_detail WHERE subject IS NULL")
    bodies = [read(hub.vault, row) for row in details]
    assert any(str(app.client.id) in body for body in bodies)
    everything = "\n".join([*rows, *bodies])
    for canary in (app.secret.get_secret_value(), token, token.split(".")[1], token.split(".")[2]):
        assert canary not in everything
        assert canary.encode().hex() not in everything


def read(vault: Vault, row: asyncpg.Record) -> str:
    place = f"{row['entry_id']}/{row['index']}"
    return vault.open_own("ledger_detail", "body", place, row["body"]).decode("latin-1")


async def test_no_secret_and_no_token_stands_in_a_repr(hub: Hub, app: Any) -> None:
    secret = app.secret.get_secret_value()
    form = forms.Form({**GRANT, "client_secret": secret, "token": secret}, f"Basic {secret}", app.basic[0])
    answered = protocol.Answer(200, {"access_token": secret})
    keys = tokens.of(hub)
    private = re.compile(r'"d"|PRIVATE|' + re.escape(secret))
    for value in (
        app,
        app.client,
        app.secret,
        form,
        answered,
        keys,
        keys.signing_keys,
        keys.signing_keys.keys[0],
    ):
        assert not private.search(repr(value) + str(value))


async def test_what_the_ledger_keeps_of_a_token_is_whose_it_is_and_what_it_may(
    hub: Hub, app: Any, web: httpx.AsyncClient
) -> None:
    answer = await web.post("/oauth/token", data={**GRANT, "scope": "decide"}, auth=app.basic)
    assert answer.status_code == 200
    sql = """
        SELECT e.actor_kind, e.subject, d.entry_id, d.index, d.body, t.id AS token
        FROM access_token t JOIN ledger_entry e ON e.actor_id = t.client_id AND e.event = 'token.issued'
        JOIN ledger_detail d ON d.entry_id = e.id WHERE t.client_id = $1
    """
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        [row] = await ask.rows(sql, app.client.id)
    body = read(hub.vault, row)
    assert (row["actor_kind"], row["subject"]) == ("app", None)
    for part in (str(app.client.id), str(row["token"]), '"decide"'):
        assert part in body


def test_the_metadata_name_no_way_of_signing_in_that_does_not_work(hub: Hub) -> None:
    said = server.metadata(hub)
    assert said["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ]
