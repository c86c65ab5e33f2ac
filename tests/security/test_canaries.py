"""One person and all secrets, through every journey and many faults: found afterwards in no place but their own."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import asyncpg
import httpx
import psycopg
import pytest

from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients
from hub.settings import load
from tests.run.conftest import METRICS_TOKEN, Place, Process, Start
from tests.security import journeys
from tests.security.canaries import CRM_ID, EMAIL, MAIL_PASSWORD, NAME, PHONE, STREET, Canaries, with_password
from tests.spine.test_dump import dump
from tests.world import build_world

SHOUT = """
    CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'Zephyrine Quillfeather {0} %', NEW
       USING DETAIL = 'zephyrine@quillfeather.example', ERRCODE = '{1}'; END $$;
    CREATE TRIGGER shout BEFORE INSERT ON {2} FOR EACH ROW EXECUTE FUNCTION shout();
"""
HUSH = "DROP TRIGGER shout ON {0}; DROP FUNCTION shout()"
FAULTS = [
    ("profile_value", "22012"),
    ("decision_subject", "XX000"),
    ("choice", "23514"),
    ("customer_state", "P0001"),
]
HEADERS = "id;name;email;phone;address;country;joined"
ROWS = [
    f"{CRM_ID}-2;{NAME};second.{EMAIL};0491 570 158;{STREET};AU;2025-01-01",
    f"{CRM_ID}-3;{NAME};{NAME} at home;{NAME};{STREET};{NAME};{NAME}",
    f"{CRM_ID}-4;{NAME};{EMAIL};{PHONE};{STREET};AU;01.13.2025;one;too;many;{NAME}",
    f'{CRM_ID}-5;"{NAME};{EMAIL}',
]


@pytest.fixture
def guarded(place: Place) -> Place:
    """A place whose database has a password."""
    return with_password(place)


async def furnish(place: Place) -> dict[str, str]:
    """Set a firm up; returns how its app signs in."""
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)
    world = await build_world(hub)
    async with hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        client, secret = await clients.create(
            act, "Desk", clients.Kind.APP, sorted(SCOPES), world.organisation.id
        )
    await hub.close()
    form = {"grant_type": "client_credentials", "client_id": str(client.id)}
    return {**form, "client_secret": secret.get_secret_value()}


def post(http: httpx.Client, steps: Iterable[journeys.Step]) -> list[httpx.Response]:
    """Take some steps."""
    said = [http.post("/graphql", json={"query": query, "variables": given}) for query, given in steps]
    assert {each.status_code for each in said} <= {200, 400, 503}
    return said


def fail(http: httpx.Client, place: Place) -> list[httpx.Response]:
    """Take the good steps while the database fails in ways nobody foresaw, with values in what it says."""
    said: list[httpx.Response] = []
    with psycopg.connect(place.url, autocommit=True) as database:
        for table, sqlstate in FAULTS:
            database.execute(SHOUT.format(table, sqlstate, table))  # pyright: ignore[reportArgumentType, reportCallIssue] -- put together from constants
            said += post(http, (step for step in journeys.good() if step[0] != journeys.REVEAL))
            said += post(http, [another_person()])
            database.execute(HUSH.format(table))  # pyright: ignore[reportArgumentType, reportCallIssue] -- as above
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND application_name LIKE 'hub%'"
            )
            said += post(http, [*journeys.refused()][:4])
    assert any("INTERNAL" in each.text for each in said), "the faults met somebody"
    return said


def another_person() -> journeys.Step:
    profile = [{"category": "identity", "field": "name", "value": NAME}]
    return journeys.CREATE, {"input": {**journeys.PERSON, "identifiers": [], "profile": profile}}


def import_files(place: Place) -> str:
    """Import a good file, a bad one and one that is none; returns all that was said."""
    said: list[str] = []
    files = {
        "mixed.csv": "\n".join([HEADERS, *ROWS]).encode(),
        "odd.csv": f"{NAME};{EMAIL}\n{STREET};{PHONE}\n".encode("utf-16"),
        "nul.csv": HEADERS.encode() + f"\n{CRM_ID};{NAME}\0;{EMAIL}".encode(),
        f"{NAME}.csv": b"",
    }
    for name, content in files.items():
        file = place.folder / name
        file.write_bytes(content)
        for more in (("--json",), ()) if name == "mixed.csv" else ((),):
            done = place.run(
                "import", "customers", str(file), "--system", "crm", "--rejects", str(place.folder / "rejects.csv"),
                *more, HUB_LOG_LEVEL="DEBUG", HUB_SMTP_URL=f"smtp://mailer:{MAIL_PASSWORD}@127.0.0.1:9",
            )  # fmt: skip
            said.append((done.stdout + done.stderr).replace(str(file), "FILE"))
            assert done.returncode in {0, 1, 2}, done.stderr
    return "\n".join(said)


def run_commands(place: Place) -> str:
    """Run what an operator runs to look at a hub; returns all that was said."""
    said: list[str] = []
    for command in (["check", "--json"], ["client", "create", "x", "--scope", NAME], ["ledger", "verify"]):
        done = place.run(
            *command, HUB_SMTP_URL=f"smtp://mailer:{MAIL_PASSWORD}@127.0.0.1:9", HUB_LOG_LEVEL="DEBUG"
        )
        said.append(done.stdout + done.stderr)
    return "\n".join(said)


async def left_behind(url: str) -> tuple[bytes, list[str], list[str]]:
    """What lies in the database: all of it, the arguments of jobs, and the statements that connections run."""
    connection = await asyncpg.connect(url)
    try:
        jobs = [row[0] for row in await connection.fetch("SELECT args::text FROM procrastinate_jobs")]
        running = [
            row[0] for row in await connection.fetch("SELECT query || application_name FROM pg_stat_activity")
        ]
        return await dump(connection), jobs, running
    finally:
        await connection.close()


def begin(start: Start, place: Place) -> Process:
    """Start a whole hub that logs all it can."""
    smtp = f"smtp://mailer:{MAIL_PASSWORD}@127.0.0.1:9"
    process = start(place, "run", HUB_LOG_LEVEL="DEBUG", HUB_SMTP_URL=smtp)
    process.wait_for("hub.listens")
    return process


@pytest.mark.slow
def test_a_person_and_the_secrets_are_found_in_no_log_answer_figure_job_dump_or_file(
    guarded: Place, start: Start
) -> None:
    form, canaries = asyncio.run(furnish(guarded)), Canaries().of(guarded)
    process = begin(start, guarded)
    canaries.texts.add(form["client_secret"])
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as http:
        token = http.post("/oauth/token", data=form).json()["access_token"]
        canaries.texts |= {token, token.split(".")[2]}
        http.headers["authorization"] = f"Bearer {token}"
        said = post(http, journeys.good())
        done = [each for each in said if "customerReveal" not in each.text]
        assert len(done) == len(said) - 1
        assert all("errors" not in each.json() for each in done), [each.text for each in done]
        assert NAME in said[9].text, "what was revealed was told, to who gave the reason"
        wrong = post(http, journeys.refused())
        assert [each.text for each in wrong if '"code":' not in each.text] == []
        malformed = post(http, journeys.malformed())
        broken = fail(http, guarded)
        http.post("/oauth/token", data={**form, "client_secret": form["client_secret"] + "x", "scope": NAME})
        http.get(f"/graphql?query={EMAIL}&token={token}")
        http.get(
            f"/customers/{EMAIL}", headers={"referer": EMAIL, "user-agent": NAME, "cookie": f"name={EMAIL}"}
        )
        imported = import_files(guarded)
        commands = run_commands(guarded)
        figures = http.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"}).text
    assert process.end() == 0
    for each in [*done, *wrong, *broken]:
        assert canaries.seen(each.text) == set(), each.text
    assert all(each.status_code in {200, 400} and '"data":{' not in each.text for each in malformed)
    assert canaries.seen("".join([*process.lines, *process.said])) == set()
    assert len(process.events("http.answered")) > 60
    assert len(process.events("schema.fault")) > 3
    assert canaries.seen(imported + commands + figures) == set()
    assert "hub_http_requests" in figures
    copy, jobs, running = asyncio.run(left_behind(guarded.url))
    assert canaries.seen(copy) == set()
    assert canaries.seen("".join([*jobs, *running])) == set()
    assert len(copy) > 100_000
    for file in files_of(guarded):
        assert canaries.seen(file.read_bytes()) == set(), file
    assert canaries.seen(f"{NAME} {json.dumps(EMAIL)} {token}") >= {NAME, EMAIL, token}, "the search finds"


def files_of(place: Place) -> list[Path]:
    """What the hub itself wrote."""
    return [path for path in place.folder.rglob("*") if path.is_file() and path.suffix != ".csv"]


async def test_no_secret_stands_in_a_repr_of_anything_that_holds_one(hub: Hub, keyring_text: str) -> None:
    canaries = Canaries(set())
    canaries.texts |= {each["secret"] for each in json.loads(keyring_text)["keys"]}
    canaries.texts |= {METRICS_TOKEN, "canary-of-an-address"}
    settings = load(
        mode="run", keyring=keyring_text, metrics_token=METRICS_TOKEN, smtp_url="smtp://a:canary-of-an-address@b:1",
        database_url="postgresql://a:canary-of-an-address@b/c", data_dir=hub.settings.data_dir,
    )  # fmt: skip
    held = [settings, settings.keyring, hub, hub.vault, hub.vault.keyring, hub.database, hub.settings]
    held += [vars(hub.vault), vars(hub), vars(settings), settings.model_dump(), settings.model_dump_json()]
    for each in held:
        assert canaries.seen(f"{each!r} {each!s}") == set(), type(each)


@pytest.fixture
def keyring_text(hub: Hub) -> str:
    """The run's keyring as its document."""
    return hub.vault.keyring.dump()
