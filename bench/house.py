"""What is measured over HTTP: a database with a firm and its customers, and server processes on it."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from bench.serving import HOST
from hub import embedded
from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients
from hub.cli import opening
from hub.keyring import Keyring
from hub.settings import load as load_settings
from tests.world import World, build_world

CUSTOMERS = 2_000


@dataclass(frozen=True, slots=True)
class Stage:
    """A database with customers, and what is needed to call."""

    url: str
    folder: Path
    keyring: Path
    client: tuple[str, str]
    customers: list[UUID]
    house: str


@contextlib.contextmanager
def staged() -> Generator[Stage]:
    """A stage on a PostgreSQL of its own, removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        running = embedded.start(Path(folder) / "data")
        try:
            yield asyncio.run(_stage(running.dsn, Path(folder)))
        finally:
            running.remove()


async def _stage(url: str, folder: Path) -> Stage:
    keyring = folder / "keyring.json"
    keyring.write_text(Keyring.generate().dump())
    settings = load_settings(mode="run", data_dir=folder, keyring=keyring.read_text())
    await opening.prepare(settings, url)
    hub = await Hub.open(settings, url)
    world = await build_world(hub)
    people = [await _customer(hub, world, number) for number in range(CUSTOMERS)]
    async with hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        client, secret = await clients.create(
            act,
            "bench",
            clients.Kind.APP,
            sorted(SCOPES),
            world.organisation.id,
            world.departments["conveyancing"].id,
        )
    async with hub.database.sealer() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute("ANALYZE")
    await hub.close()
    return Stage(
        url, folder, keyring, (str(client.id), secret.get_secret_value()), people, world.organisation.key
    )


async def _customer(hub: Hub, world: World, number: int) -> UUID:
    shown, joined = (("v2", "2024-03-01"), ("v3", "2025-08-01"))[number % 2]
    customer = await world.customer(hub, joined=joined, shown=shown)
    if number % 5 == 0:
        await world.choose(hub, customer, consents="referral-mortgage", recipient="bluegum-mortgages")
    if number % 7 == 0:
        await world.choose(hub, customer, stops_sharing=True)
    return customer


@contextlib.contextmanager
def served(kind: str, stage: Stage) -> Generator[tuple[int, str]]:
    """A server process of this kind (see bench/serving.py): its port, and a token that it takes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [
        sys.executable,
        "-m",
        "bench.serving",
        kind,
        stage.url,
        str(port),
        str(stage.folder),
        str(stage.keyring),
    ]
    process = subprocess.Popen(arguments)  # noqa: S603 - ourselves
    try:
        _wait(port)
        yield port, _token(stage)
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")


_TOKENS: dict[str, str] = {}


def _token(stage: Stage) -> str:
    """One token for the servers of a stage: they share keyring and database. Only the hub's own issues one."""
    client, _ = stage.client
    if client not in _TOKENS:
        _TOKENS[client] = asyncio.run(_issue(stage))
    return _TOKENS[client]


async def _issue(stage: Stage) -> str:
    from hub.asgi import create_app  # noqa: PLC0415 - the servers load it; this process only for the token
    from hub.readiness import Readiness  # noqa: PLC0415

    settings = load_settings(
        mode="run",
        data_dir=stage.folder,
        keyring=stage.keyring.read_text(),
        token_seconds=3600,
        public_url=f"http://{HOST}",
    )
    hub = await Hub.open(settings, stage.url)
    transport = httpx.ASGITransport(app=create_app(hub, Readiness(hub, [])))
    async with httpx.AsyncClient(transport=transport, base_url=settings.url) as client:
        answer = await client.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=stage.client
        )
    await hub.close()
    return str(answer.json()["access_token"])
