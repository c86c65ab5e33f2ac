"""How a hub stops: in order when asked to, at once when asked twice, without loss when killed."""

import asyncio
import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psycopg
import pytest
from joserfc import jws

from hub.act import Hub
from hub.settings import load
from tests.run.conftest import PATIENCE_SECONDS, Place, Process, Start, make_client

FLOOR = 4
SHUTDOWN_SECONDS = 100
ROUNDS = [pytest.param(3, id="few"), pytest.param(15, id="many", marks=pytest.mark.chaos)]


async def client_of(place: Place) -> tuple[str, str]:
    settings = load(mode="run", data_dir=place.folder, keyring=place.keyring)
    hub = await Hub.open(settings, place.url)
    try:
        return await make_client(hub)
    finally:
        await hub.close()


def half_a_request(process: Process, form: bytes) -> socket.socket:
    """Begin to ask for a token."""
    address = urlsplit(process.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS)
    head = (
        "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    connection.sendall(head.encode() + form[:5])
    return connection


def until_taken(process: Process) -> None:
    """Wait until it has taken the connections that were made: they are taken in turn, and so it answers a later one."""
    for _ in range(2):
        assert httpx.get(f"{process.url}/healthz", timeout=60, trust_env=False).status_code == 200


def until_refused(process: Process) -> None:
    """Wait until it takes no connection."""
    address, until = urlsplit(process.url), time.monotonic() + PATIENCE_SECONDS
    with pytest.raises(ConnectionRefusedError):
        while time.monotonic() < until:
            socket.create_connection((address.hostname, address.port), timeout=60).close()
            time.sleep(0.05)


def test_a_request_that_runs_is_answered_and_a_new_one_is_not_taken(place: Place, start: Start) -> None:
    client_id, secret = asyncio.run(client_of(place))
    process = start(place, "serve")
    form = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}".encode()
    running = [half_a_request(process, form) for _ in range(20)]
    until_taken(process)
    process.tell(signal.SIGTERM)
    until_refused(process)
    for connection in running:
        connection.sendall(form[5:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.close()
    assert process.wait() == 0


def test_a_request_that_does_not_end_is_waited_for_only_so_long(place: Place, start: Start) -> None:
    process = start(place, "serve", HUB_SHUTDOWN_SECONDS="1")
    connection = half_a_request(process, b"x" * 1000)
    until_taken(process)
    began = time.monotonic()
    assert process.end() == 0
    assert 0.5 < time.monotonic() - began < 60
    connection.close()


def test_a_process_is_unready_before_it_stops_taking_connections(place: Place, start: Start) -> None:
    process = start(place, "serve", HUB_DRAIN_SECONDS="6")
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as client:
        assert client.get("/readyz").status_code == 200
        process.tell(signal.SIGTERM)
        while (answer := httpx.get(f"{process.url}/readyz", timeout=60, trust_env=False)).status_code == 200:
            time.sleep(0.02)
        assert (answer.status_code, answer.json()["process"]) == (503, "draining")
        assert httpx.get(f"{process.url}/healthz", timeout=60, trust_env=False).status_code == 200
    assert process.wait() == 0


def test_ctrl_c_ends_every_kind_of_process_with_success(place: Place, start: Start) -> None:
    started = [start(place, command) for command in ("serve", "work", "run")]
    for process in started:
        process.wait_for("hub.starts")
    time.sleep(1.0)
    for process in started:
        assert process.end(signal.SIGINT) == 0, process.popen.args
        assert "Traceback" not in "".join(process.lines)


def test_a_second_ctrl_c_ends_at_once(place: Place, start: Start) -> None:
    process = start(place, "serve", HUB_SHUTDOWN_SECONDS=str(SHUTDOWN_SECONDS))
    connection = half_a_request(process, b"x" * 1000)
    until_taken(process)
    began = time.monotonic()
    process.tell(signal.SIGINT)
    until_refused(process)
    assert process.popen.poll() is None
    assert process.end(signal.SIGINT) == 130
    assert time.monotonic() - began < SHUTDOWN_SECONDS
    connection.close()


def ask_until_killed(url: str, client_id: str, secret: str, got: list[str]) -> None:
    """Ask for tokens until the server is gone, and note what was acknowledged."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        for _ in count():
            try:
                answer = client.post("/oauth/token", data=form)
            except httpx.HTTPError:
                return
            if answer.status_code == 200:
                got.append(answer.json()["access_token"])


@pytest.mark.parametrize("rounds", ROUNDS)
def test_nothing_that_was_acknowledged_is_lost_when_the_web_server_is_killed(
    place: Place, start: Start, rounds: int
) -> None:
    client_id, secret = asyncio.run(client_of(place))
    acknowledged: list[UUID] = []
    for round_ in range(rounds):
        process, tokens = start(place, "serve"), list[str]()
        with ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(ask_until_killed, process.url, client_id, secret, tokens)
            until = time.monotonic() + PATIENCE_SECONDS
            while len(tokens) < FLOOR and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(0.13 * round_)
            process.end(signal.SIGKILL)
        assert len(tokens) >= FLOOR
        acknowledged += [token_id(token) for token in tokens]
    with psycopg.connect(place.url) as connection:
        kept = {row[0] for row in connection.execute("SELECT id FROM access_token")}
        acts = connection.execute(
            "SELECT count(*) FROM act WHERE NOT EXISTS (SELECT FROM ledger_entry WHERE act_id = act.id)"
        ).fetchone()
        entries = connection.execute(
            "SELECT count(*) FROM ledger_entry WHERE event = 'token.issued'"
        ).fetchone()
    assert set(acknowledged) <= kept
    assert acts == (0,)
    assert entries == (len(kept),)


def token_id(token: str) -> UUID:
    claims = jws.extract_compact(token.encode()).payload
    return UUID(httpx.Response(200, content=claims).json()["jti"])


def test_a_taken_port_is_said_in_one_line_with_the_remedy(shared_place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "run", "demo"):
            done = shared_place.run(command, HUB_PORT=str(port))
            assert done.returncode == 69
            assert done.stderr.count("\n") == 1
            assert f"port {port} " in done.stderr
            assert "HUB_PORT" in done.stderr


@pytest.mark.parametrize("rounds", ROUNDS)
def test_every_entry_is_sealed_once_though_the_sealer_is_killed_again_and_again(
    place: Place, start: Start, rounds: int
) -> None:
    client_id, secret = asyncio.run(client_of(place))
    web = start(place, "serve")
    with ThreadPoolExecutor(2) as pool:
        got: list[str] = []
        for _ in range(2):
            pool.submit(ask_until_killed, web.url, client_id, secret, got)
        for round_ in range(rounds):
            sealer = start(place, "work")
            sealer.wait_for("hub.starts")
            time.sleep(0.7 + 0.09 * round_)
            sealer.end(signal.SIGKILL)
        until = time.monotonic() + PATIENCE_SECONDS
        while not got and time.monotonic() < until:
            time.sleep(0.02)
        web.end(signal.SIGKILL)
    last = start(place, "work")
    until = time.monotonic() + PATIENCE_SECONDS
    while (report := json.loads(place.run("ledger", "verify", "--json").stdout))["waiting"]:
        assert time.monotonic() < until, report
    assert last.end() == 0
    assert report["ok"], report["findings"]
    assert report["size"] == report["entries"] >= len(got) > 0
