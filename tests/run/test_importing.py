"""An import whose database goes away says so in one line, and goes on when it is run again."""

import json
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from tests.hatchery import HUB
from tests.run.conftest import PATIENCE_SECONDS, Own

ROWS = 6_000
ADD = ("organisation", "add", "acme", "Acme", "--country", "AU", "--contact", "privacy@acme.example")


def landed(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT coalesce(sum(rows_done), 0)::integer FROM import_batch").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.slow
def test_an_import_that_loses_its_database_says_how_to_go_on_and_does(own: Own, tmp_path: Path) -> None:
    file = tmp_path / "crm.csv"
    file.write_text("Email\n" + "".join(f"p{number}@example.com\n" for number in range(ROWS)))
    assert own.place.run(*ADD).returncode == 0
    command = [HUB, "import", "customers", str(file), "--jurisdiction", "AU", "--json"]
    environment = own.place.environment()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + PATIENCE_SECONDS
        while not landed(own.place.url):
            assert running.poll() is None
            assert time.monotonic() < until
        own.server.stop()
        _, said = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 69
    assert said.count("\n") == 1
    assert "What has landed stays: run the same command again, and it goes on." in said
    own.start_again()
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)["created"] == ROWS
