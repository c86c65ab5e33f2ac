"""Decisions over HTTP against a bare Strawberry application, one server process each, on the same database."""

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
from statistics import median
from typing import Any
from uuid import UUID

import httpx
import orjson

from bench import load
from bench.serving import HOST
from hub import embedded
from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients
from hub.cli import opening
from hub.keyring import Keyring
from hub.settings import load as load_settings
from schema.relay import global_id
from tests.world import World, build_world

CUSTOMERS = 2_000
SECONDS = 3.0
ROUNDS = 3
CONNECTIONS = 32
BATCH = 100
FIELDS = "outcome rule citation { law clause }"
DECIDE = f"mutation M($q: QuestionInput!) {{ decide(input: $q) {{ decision {{ id {FIELDS} }} problems {{ code }} }} }}"
PREVIEW = f"query P($q: QuestionInput!) {{ preview(input: $q) {{ {FIELDS} }} }}"
MANY = f"mutation M($q: [QuestionInput!]!) {{ decisions(input: $q) {{ results {{ decision {{ id {FIELDS} }} }} }} }}"
BARE = "query B($id: ID!) { customer(id: $id) { id locale kind } }"


@dataclass(frozen=True, slots=True)
class Stage:
    """A database with customers, and what is needed to call."""

    url: str
    folder: Path
    keyring: Path
    client: tuple[str, str]
    customers: list[UUID]


def main() -> None:
    """Print requests a second and ratios, the median of several rounds, the servers in turn."""
    with tempfile.TemporaryDirectory() as folder:
        running = embedded.start(Path(folder) / "data")
        try:
            stage = asyncio.run(_stage(running.dsn, Path(folder)))
            with _server("bare", stage) as bare, _server("hub", stage) as ours:
                _measure(stage, bare, ours)
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
        await connection.execute("RESET ROLE")
        await connection.execute("ANALYZE")
    await hub.close()
    return Stage(url, folder, keyring, (str(client.id), secret.get_secret_value()), people)


async def _customer(hub: Hub, world: World, number: int) -> UUID:
    shown, joined = (("v2", "2024-03-01"), ("v3", "2025-08-01"))[number % 2]
    customer = await world.customer(hub, joined=joined, shown=shown)
    if number % 5 == 0:
        await world.choose(hub, customer, consents="referral-mortgage", recipient="bluegum-mortgages")
    if number % 7 == 0:
        await world.choose(hub, customer, stops_sharing=True)
    return customer


@contextlib.contextmanager
def _server(kind: str, stage: Stage) -> Generator[tuple[int, str]]:
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
        yield port, _token(stage, port)
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


def _token(stage: Stage, port: int) -> str:
    """One token for both servers: they share keyring and database. Only the hub's own server issues one."""
    if "token" not in _TOKENS:
        _TOKENS["token"] = asyncio.run(_issue(stage))
    del port
    return _TOKENS["token"]


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


def _question(customer: UUID) -> dict[str, Any]:
    return {
        "customer": {"id": global_id("Customer", customer)},
        "act": "DISCLOSE",
        "purpose": "referral-mortgage",
        "recipient": "bluegum-mortgages",
    }


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of which server, over how many connections, and what a right answer holds."""

    server: tuple[int, str]
    bodies: list[dict[str, Any]]
    connections: int
    wanted: bytes = b'"outcome"'


def _calls(people: list[UUID], bare: tuple[int, str], ours: tuple[int, str]) -> dict[str, Call]:
    def asking(document: str) -> list[dict[str, Any]]:
        return [{"query": document, "variables": {"q": _question(each)}} for each in people]

    batches = [people[start : start + BATCH] for start in range(0, len(people), BATCH)]
    many = [{"query": MANY, "variables": {"q": [_question(each) for each in batch]}} for batch in batches]
    by_key = [{"query": BARE, "variables": {"id": str(each)}} for each in people]
    return {
        "bare": Call(bare, by_key, CONNECTIONS, b'"locale"'),
        "preview": Call(ours, asking(PREVIEW), CONNECTIONS),
        "decide": Call(ours, asking(DECIDE), CONNECTIONS),
        "one by one": Call(ours, asking(DECIDE), 1),
        "in one call": Call(ours, many, 1),
        "in one call, crowded": Call(ours, many, CONNECTIONS),
    }


def _rate(call: Call) -> float:
    port, token = call.server
    requests = [load.post(HOST, "/graphql", token, orjson.dumps(body)) for body in call.bodies]
    running = load.run(port, requests, seconds=SECONDS, connections=call.connections, wanted=call.wanted)
    done = asyncio.run(running)
    if done.bad:
        raise AssertionError(f"{done.bad} of {done.requests} answers were wrong")
    return done.rate


def _measure(stage: Stage, bare: tuple[int, str], ours: tuple[int, str]) -> None:
    calls = _calls(stage.customers, bare, ours)
    rounds = [{name: _rate(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    rates = {name: median(each[name] for each in rounds) for name in calls}
    print(f"{CONNECTIONS} connections: bare Strawberry, one query  {rates['bare']:7,.0f} requests a second")
    for name in ("preview", "decide"):
        ratio = rates[name] / rates["bare"]
        print(
            f"{CONNECTIONS} connections: {name:7}  {rates[name]:7,.0f} requests a second  {ratio:.2f}x of bare"
        )
    many, one = rates["in one call"] * BATCH, rates["one by one"]
    print(f"one caller: {BATCH} one by one  {one:7,.0f} decisions a second")
    print(f"one caller: {BATCH} in one call {many:7,.0f} decisions a second  {many / one:.1f}x of one by one")
    crowded = rates["in one call, crowded"] * BATCH
    print(f"{CONNECTIONS} connections: {BATCH} in each call  {crowded:7,.0f} decisions a second")
