"""`make demo` from nothing: what it installs, and what it says when something is in the way."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.start.conftest import Checkout

Without = Callable[[str], tuple[str, ...]]


def test_a_first_start_installs_and_later_ones_only_start_until_the_lock_or_the_folder_changes(
    checkout: Checkout,
) -> None:
    began = time.monotonic()
    code, said = checkout.launch()
    took, began = time.monotonic() - began, time.monotonic()
    assert (code, said.splitlines()[-1]) == (0, "hub demo")
    assert "installing" in said
    assert checkout.launch() == (0, "hub demo\n")
    assert time.monotonic() - began < took
    assert len(checkout.index.given) == 1
    a_changed_lock_is_installed(checkout)
    a_moved_folder_is_installed_anew(checkout)


def a_changed_lock_is_installed(checkout: Checkout) -> None:
    lock = checkout.folder / "locks" / "demo.txt"
    lock.write_text(lock.read_text() + "# another content\n")
    code, said = checkout.launch()
    assert code == 0
    assert "installing" in said


def a_moved_folder_is_installed_anew(checkout: Checkout) -> None:
    moved = replace(checkout, folder=checkout.folder.rename(checkout.folder.with_name("moved")))
    code, said = moved.launch()
    assert (code, said.splitlines()[-1]) == (0, "hub demo")
    assert f"making {moved.folder}/.venv" in said


def test_a_killed_installation_is_begun_again(prepared: Checkout) -> None:
    prepared.index.may_answer.clear()
    with prepared.begin() as launcher:
        assert prepared.index.asked.wait(60)
        os.killpg(launcher.pid, signal.SIGKILL)
    (prepared.folder / ".venv" / "half-written").touch()
    prepared.index.may_answer.set()
    code, said = prepared.launch()
    assert (code, said.splitlines()[-1]) == (0, "hub demo")
    assert not (prepared.folder / ".venv" / "half-written").exists()


def test_ctrl_c_stops_an_installation_at_once_and_quietly(prepared: Checkout) -> None:
    prepared.index.may_answer.clear()
    with prepared.begin() as launcher:
        assert prepared.index.asked.wait(60)
        os.killpg(launcher.pid, signal.SIGINT)
        said = launcher.communicate(timeout=60)[0]
    assert launcher.returncode == 130
    assert said.splitlines()[-1] == "stopped"
    assert "Traceback" not in said


def test_two_starts_at_once_install_once(prepared: Checkout) -> None:
    with prepared.begin() as one, prepared.begin() as other:
        said = [launcher.communicate(timeout=120)[0].splitlines() for launcher in (one, other)]
    assert [(one.returncode, said[0][-1]), (other.returncode, said[1][-1])] == [(0, "hub demo")] * 2
    assert len(prepared.index.given) == 1


def test_a_package_that_is_not_the_tested_one_is_not_installed(prepared: Checkout) -> None:
    lock = prepared.folder / "locks" / "demo.txt"
    lock.write_text(f"stone==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    code, said = prepared.launch()
    assert code == 1
    assert said.splitlines()[-1].startswith(
        "make demo: a package is not the one that was tested: do not go on"
    )
    assert "hub demo" not in said
    assert not list((prepared.folder / ".venv").rglob("stone.py"))


def test_an_index_that_is_not_reached_is_named_with_the_remedy(prepared: Checkout) -> None:
    code, said = prepared.launch(PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert code == 1
    assert said.splitlines()[-1].startswith("make demo: the package index is not reached: check the network")


def test_a_missing_ensurepip_is_named_with_the_package_that_has_it(
    checkout: Checkout, python_without: Without
) -> None:
    said = checkout.launch(python=python_without("sys.modules['ensurepip'] = None"))
    assert said == (1, "make demo: python3 cannot make virtual environments: `apt install python3-venv`\n")
    assert not (checkout.folder / ".venv").exists()


def test_an_old_python_is_told_which_one_is_needed(checkout: Checkout, python_without: Without) -> None:
    python = python_without("sys.version_info = (3, 9, 2)")
    code, said = checkout.launch(python=python, PATH=str(checkout.folder))
    assert code == 1
    assert said.startswith("make demo: python3 is 3.9, the hub needs 3.11 or newer: ")
    assert said.count("\n") == 1


def test_a_full_disk_is_noticed_before_anything_is_begun(checkout: Checkout, python_without: Without) -> None:
    full = "import shutil; shutil.disk_usage = lambda _: shutil._ntuple_diskusage(10**9, 10**9, 3 * 10**6)"
    code, said = checkout.launch(python=python_without(full))
    assert code == 1
    assert said == (
        f"make demo: 3 MB are free on the disk of {checkout.folder}: free 500 MB and run it again\n"
    )
    assert not (checkout.folder / ".venv").exists()


def test_a_disk_that_can_only_be_read_is_named(checkout: Checkout, python_without: Without) -> None:
    flags = "f_flag = os.ST_RDONLY"
    python = python_without(f"import os; os.statvfs = lambda _: type('Disk', (), dict({flags}))")
    code, said = checkout.launch(python=python)
    assert code == 1
    assert said == (
        f"make demo: {checkout.folder} is on a disk that can only be read: clone into another folder\n"
    )
    assert not (checkout.folder / ".venv").exists()


def test_a_disk_that_fills_up_on_the_way_is_named(checkout: Checkout, python_without: Without) -> None:
    full = (
        "import pathlib, errno;"
        "pathlib.Path.mkdir = lambda *_, **__: (_ for _ in ()).throw(OSError(errno.ENOSPC, 'full'))"
    )
    assert checkout.launch(python=python_without(full)) == (
        1,
        "make demo: the disk is full: free 1 GB and run it again\n",
    )


@pytest.mark.parametrize("command", ["demo", "run"])
def test_a_taken_port_is_named_with_a_free_one(checkout: Checkout, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = checkout.launch(command, HUB_PORT=str(port))
    assert said == (
        1,
        f"make {command}: port {port} is taken: `make {command} HUB_PORT={port + 1}`, or stop what uses it\n",
    )
    assert not (checkout.folder / ".venv").exists()


@pytest.mark.parametrize("port", ["eighty", "-1", "65536", ""])
def test_a_port_that_is_none_is_refused(checkout: Checkout, port: str) -> None:
    assert checkout.launch(HUB_PORT=port) == (
        1,
        f"make demo: HUB_PORT is {port!r}: give a number from 1 to 65535\n",
    )


def test_an_unknown_command_is_answered_with_the_known_ones(checkout: Checkout) -> None:
    code, said = checkout.launch("dmeo")
    assert code == 2
    assert said.startswith("one of: demo run test check")


@pytest.fixture
def unwritable(checkout: Checkout) -> Iterator[Path]:
    """Give a checkout that everybody may read and its user may not write."""
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        copy = Path(folder) / "hub"
        shutil.copytree(checkout.folder, copy)
        for path in (Path(folder), copy, *copy.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield copy
        Path(folder).chmod(0o755)
        copy.chmod(0o755)


def test_a_folder_one_may_not_write_is_named_with_the_remedy(unwritable: Path) -> None:
    me = "nobody" if os.geteuid() == 0 else None
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    assert python
    done = subprocess.run(
        [python, str(unwritable / "hub" / "launcher.py"), "demo"],
        env={"HUB_PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
        user=me,
        extra_groups=[] if me else None,
        cwd="/",
    )
    assert done.returncode == 1
    assert f"may not write {unwritable}: `sudo chown -R" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (unwritable / ".venv").exists()
