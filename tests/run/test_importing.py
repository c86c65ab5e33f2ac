"""An import whose database goes away says so in one line, and goes on when it is run again."""

import json
import time
from pathlib import Path

import psycopg
import pytest

from tests.run.conftest import PATIENCE_SECONDS, Own, Start

ROWS = 6_000
ADD = ("organisation", "add", "acme", "Acme", "--country", "AU", "--contact", "privacy@acme.example")


def landed(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT coalesce(sum(rows_done), 0)::integer FROM import_batch").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.slow
def test_an_import_that_loses_its_database_says_how_to_go_on_and_does(
    own: Own, start: Start, tmp_path: Path
) -> None:
    file = tmp_path / "crm.csv"
    file.write_text("Email\n" + "".join(f"p{number}@example.com\n" for number in range(ROWS)))
    assert own.place.run(*ADD).returncode == 0
    command = ("import", "customers", str(file), "--jurisdiction", "AU", "--json")
    running = start(own.place, *command)
    until = time.monotonic() + PATIENCE_SECONDS
    while not landed(own.place.url):
        assert running.popen.poll() is None
        assert time.monotonic() < until
    own.server.stop()
    assert running.wait() == 69
    [said] = running.lines
    assert "What has landed stays: run the same command again, and it goes on." in said
    own.start_again()
    again = own.place.run(*command)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["created"] == ROWS
