"""What is logged, and what never is."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import psycopg
import pytest
import structlog

from hub import logs
from hub.act import Hub
from hub.keyring import Keyring, Secret
from hub.settings import load
from tests.run.conftest import METRICS_TOKEN, Place, Start, make_client

PERSON = ["Canaria Vogel", "canaria.vogel@example.net", "+61 491 570 156", "+61491570156"]


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Everything that is logged while the test runs."""
    before = structlog.get_config()
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in logs.TAMED}
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure("DEBUG", stream=stream)
    yield stream
    structlog.configure(**before)
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def lines(said: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_an_instant_in_utc(said: io.StringIO) -> None:
    structlog.get_logger().info("hub.listens", port=8000)
    (line,) = lines(said)
    assert (line["event"], line["level"], line["port"]) == ("hub.listens", "info", 8000)
    assert line["time"].endswith("+00:00")
    assert list(line)[:3] == ["time", "level", "event"]


def test_a_field_that_is_not_listed_leaves_only_its_name(said: io.StringIO) -> None:
    structlog.get_logger().info("hub.listens", email=PERSON[1], port=1)
    (line,) = lines(said)
    assert line["dropped"] == ["email"]
    assert PERSON[1] not in said.getvalue()


@pytest.mark.parametrize(
    "text", [*PERSON[1:], "postgresql://u:p4ssw0rd@h/d", "Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbg"]
)
def test_what_looks_personal_or_secret_is_taken_out_of_listed_fields(said: io.StringIO, text: str) -> None:
    structlog.get_logger().info("something.happened", reason=f"before {text} after")
    (line,) = lines(said)
    assert text.rpartition(" ")[2] not in said.getvalue()
    assert "p4ssw0rd" not in said.getvalue()
    assert line["reason"].startswith("before ")


@pytest.mark.parametrize("text", ["a\r\nb", "a\nINFO forged", "a\x1b[31mred", "a\u2028b", "a\x00b"])
def test_a_text_cannot_begin_a_line_of_its_own(said: io.StringIO, text: str) -> None:
    structlog.get_logger().info(text, reason=text)
    assert said.getvalue().count("\n") == 1
    assert said.getvalue().strip().isprintable()
    assert "\\" in lines(said)[0]["reason"]


def test_secrets_and_objects_show_only_what_they_are(said: io.StringIO) -> None:
    structlog.get_logger().info(
        "x", reason=Secret(b"canary-secret"), names=[Secret(b"canary-secret"), {"a": "canary"}]
    )
    (line,) = lines(said)
    assert (line["reason"], line["names"]) == ("Secret", ["Secret", "dict"])


def fail(words: str) -> None:
    raise ValueError(words)


def test_an_exception_is_its_kind_and_its_place(said: io.StringIO) -> None:
    try:
        fail(PERSON[0])
    except ValueError as error:
        structlog.get_logger().error("x", exc_info=error)
        structlog.get_logger().exception("y")
    for line in lines(said):
        assert line["error"] == "ValueError"
        assert "test_an_exception_is_its_kind_and_its_place" in line["at"][0]
        assert line["at"][-1].endswith(" fail")
    assert PERSON[0] not in said.getvalue()


def test_what_libraries_say_is_not_repeated(said: io.StringIO) -> None:
    for name in (
        "tortoise.db_client",
        "asyncpg",
        "procrastinate.worker",
        "uvicorn.access",
        "uvicorn.error",
        "httpx",
        "x",
    ):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
            logging.getLogger(name).log(level, "SELECT %s", PERSON[0], extra={"job": PERSON[1]})
            logging.getLogger(name).log(level, " ".join(["SELECT", *PERSON]))
    try:
        fail(PERSON[0])
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved: %s", PERSON[0])
    assert PERSON[0] not in said.getvalue()
    assert PERSON[1] not in said.getvalue()
    heard = lines(said)
    assert {"tortoise.db_client", "uvicorn.error", "x", "asyncio"} <= {line["library"] for line in heard}
    assert heard[-1]["error"] == "ValueError"


async def client_of(place: Place) -> tuple[str, str]:
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)
    try:
        return await make_client(hub)
    finally:
        await hub.close()


def test_a_hub_at_work_and_in_trouble_logs_no_person_and_no_secret(place: Place, start: Start) -> None:
    client_id, secret = asyncio.run(client_of(place))
    process = start(
        place, "run", HUB_LOG_LEVEL="DEBUG", HUB_SMTP_URL="smtp://mailer:canary-mail-password@127.0.0.1:9"
    )
    process.wait_for("hub.listens")
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as client:
        token = client.post("/oauth/token", data=form).json()["access_token"]
        bearer = {"authorization": f"Bearer {token}", "x-name": PERSON[0], "user-agent": PERSON[1]}
        person = {"name": PERSON[0], "email": PERSON[1], "phone": PERSON[2]}
        asked = "query Canaria($email: String) { customers(email: $email) { canariaVogel } }"
        for body in (
            {"query": asked, "variables": person},
            {"query": "{" + PERSON[0], "variables": person},
            person,
        ):
            client.post("/graphql", json=body, headers=bearer)
        client.get(f"/graphql?query={PERSON[1]}", headers=bearer)
        client.get(f"/customers/{PERSON[1]}?name={PERSON[0]}", headers=bearer)
        client.post("/oauth/token", data={**form, "client_secret": "canary-wrong-secret", "name": PERSON[0]})
        client.post("/oauth/introspect", data={**form, "token": token})
        client.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"})
        break_the_database(place)
        with suppress(httpx.HTTPError):
            client.post("/graphql", json={"query": asked, "variables": person}, headers=bearer)
            client.post("/oauth/token", data=form)
    assert process.end() == 0
    output = "".join(process.lines + process.said)
    assert len(process.events("http.answered")) >= 10
    keys = [each["secret"] for each in json.loads(place.keyring)["keys"]]
    for canary in [*PERSON, "anaria", token, token.split(".")[2], secret, METRICS_TOKEN, "canary", *keys]:
        assert canary not in output, canary
    assert Keyring.load(place.keyring).dump() not in output


def break_the_database(place: Place) -> None:
    """Let every statement about tokens fail in a way nobody foresaw, with a value in its message."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'Canaria Vogel %', NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER shout BEFORE INSERT ON access_token FOR EACH ROW EXECUTE FUNCTION shout()"
        )
