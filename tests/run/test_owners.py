"""A PostgreSQL of one's own: who must own what, as docs/operating.md says, and what the hub's login cannot do there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from hub import embedded
from hub.keyring import Keyring
from tests.run.conftest import Place, Start
from tests.servers import copy_server, end_below

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
SQL = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FORBIDDEN = (
    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
    "DROP TABLE choice",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_seal SET size = 1",
    "SET session_replication_role = replica",
    "CREATE TABLE beside (id integer)",
    "INSERT INTO organisation (id) VALUES (gen_random_uuid())",
)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that knows nothing of the hub."""

    superuser: str
    folder: Path
    keyring: str

    def run(self, *statements: str) -> None:
        """Do something as superuser."""
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, role: str, database: str = "firm") -> str:
        """How a login reaches a database."""
        return re.sub(r"//[^@]+@/\w+", f"//{role}:secret@/{database}", self.superuser)

    def place(self, role: str) -> Place:
        """The environment of somebody who logs in so."""
        return Place(self.url(role), self.folder, self.keyring)


@pytest.fixture
def bare(keyring: Keyring, tmp_path: Path, stopped_server: Path) -> Iterator[Server]:
    """A server without the roles of the hub."""
    copy_server(stopped_server, tmp_path)
    running = embedded.start(tmp_path, durable=False)
    yield Server(running.dsn, tmp_path, keyring.dump())
    end_below(tmp_path)


@pytest.mark.slow
def test_the_hubs_login_owns_nothing_and_everything_works(bare: Server, start: Start) -> None:
    [said] = SQL.findall(PAGE.read_text(encoding="utf-8"))
    said = (
        said.replace("'...'", "'secret'")
        .replace("hub_owner", "firm_owner")
        .replace("DATABASE hub", "DATABASE firm")
    )
    bare.run(*(statement for statement in said.split(";") if statement.strip()))
    place, owner = bare.place("hub_serves"), bare.url("firm_owner")
    alone = place.run("migrate")
    assert (alone.returncode, alone.stderr.count("\n")) == (78, 1), alone.stderr
    assert "HUB_MIGRATION_DATABASE_URL" in alone.stderr
    assert place.run("migrate", HUB_MIGRATION_DATABASE_URL=owner).returncode == 0
    checked = place.run("check")
    assert checked.returncode == 0, checked.stdout
    web, work = start(place, "serve"), start(place, "work")
    web.wait_for("hub.listens")
    work.wait_for("hub.starts")
    assert (web.end(), work.end()) == (0, 0)
    for statement in FORBIDDEN:
        with psycopg.connect(place.url) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement.encode())


@pytest.mark.slow
def test_who_may_not_migrate_or_finds_another_encoding_is_told_what_to_do_and_does_when_it_may(
    bare: Server,
) -> None:
    bare.run(
        "CREATE ROLE firm LOGIN PASSWORD 'secret'",
        "CREATE DATABASE firm OWNER firm",
        "CREATE DATABASE ascii OWNER firm ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0",
    )
    place = bare.place("firm")
    for url, words in ((place.url, "CREATE ROLE"), (bare.url("firm", "ascii"), "its encoding is SQL_ASCII")):
        done = place.run("migrate", HUB_DATABASE_URL=url)
        assert (done.returncode, done.stderr.count("\n")) == (78, 1), done.stderr
        assert words in done.stderr
    bare.run("ALTER ROLE firm CREATEROLE")
    done = place.run("migrate")
    assert done.returncode == 0, done.stderr
    assert place.run("check").returncode == 0
