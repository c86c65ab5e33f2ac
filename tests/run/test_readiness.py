"""When a process says that it can work, and when it does not."""

import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from hub.keyring import Keyring
from tests.run.conftest import METRICS_TOKEN, PATIENCE_SECONDS, Own, Place, Process, Start


@contextmanager
def superuser(place: Place, database: str | None = None) -> Generator[psycopg.Connection]:
    url = make_conninfo(place.url, dbname=database) if database else place.url
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def state(process: Process) -> tuple[int, dict[str, object]]:
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as client:
        answer = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
        return answer.status_code, answer.json()


def wait_until(process: Process, status: int, **words: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        found, said = state(process)
        if found == status and words.items() <= said.items():
            return
        assert time.monotonic() < until, (found, said)
        time.sleep(0.1)


def test_a_process_is_unready_while_the_schema_does_not_fit(place: Place, start: Start) -> None:
    process = start(place, "serve")
    wait_until(process, 200, migrations="fit")
    with superuser(place) as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM tortoise_migrations ORDER BY id DESC LIMIT 1")
        connection.execute("DELETE FROM tortoise_migrations WHERE id IN (SELECT id FROM kept)")
        wait_until(process, 503, migrations="missing")
        connection.execute("INSERT INTO tortoise_migrations SELECT * FROM kept")
        wait_until(process, 200, migrations="fit")
    assert process.end() == 0


def test_a_process_is_unready_while_its_keyring_does_not_open_the_database(
    place: Place, start: Start
) -> None:
    process = start(place, "serve")
    wait_until(process, 200, keyring="opens")
    with superuser(place) as connection:
        connection.execute("UPDATE keys.sentinel SET sealed = overlay(sealed PLACING '\\x00' FROM 20)")
        wait_until(process, 503, keyring="does not open")


def test_a_process_is_unready_while_the_database_is_gone_and_ready_again_after(
    own: Own, start: Start
) -> None:
    process = start(own.place, "serve")
    wait_until(process, 200)
    own.server.stop()
    wait_until(process, 503, database="does not answer")
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as client:
        form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
        answer = client.post("/oauth/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        figures = client.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"})
        assert figures.status_code == 200
    own.start_again()
    wait_until(process, 200)
    assert process.end() == 0


def test_a_read_only_database_leaves_a_process_ready(place: Place, start: Start) -> None:
    process = start(place, "serve")
    wait_until(process, 200)
    name = place.url.partition("?")[0].rpartition("/")[2]
    with superuser(place, "postgres") as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        time.sleep(1.2)
        wait_until(process, 200)
    assert process.end() == 0


def test_mail_that_is_not_reached_is_reported_and_changes_nothing(shared_place: Place, start: Start) -> None:
    process = start(shared_place, "serve", HUB_SMTP_URL="smtp://user:mail-secret@127.0.0.1:9")
    status, said = state(process)
    assert status == 200
    assert "does not take connections" in str(said["mail"])
    assert "mail-secret" not in str(said)


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_process_does_not_start_with_another_keyring(shared_place: Place, command: str) -> None:
    done = shared_place.run(command, HUB_KEYRING=Keyring.generate().dump())
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert "not the keyring this database was written with" in done.stderr


def test_a_process_does_not_start_on_a_database_that_is_not_prepared(place: Place) -> None:
    with superuser(place) as connection:
        connection.execute(
            "DELETE FROM tortoise_migrations WHERE id = (SELECT max(id) FROM tortoise_migrations)"
        )
    for command in ("serve", "work"):
        done = place.run(command)
        assert done.returncode == 78, command
        assert "hub migrate" in done.stderr, command
        assert "Traceback" not in done.stderr, command
    assert place.run("migrate", "--check").returncode == 1
