"""Processes of the hub that begin with everything imported: each is forked from one that has done it already.

What hatches is a process like any other, with streams, signals and an exit code of its own; it only spares the one
or two seconds in which Python would import the hub again. Tests of how a process begins start a real one instead.
"""

import atexit
import contextlib
import functools
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

ROOT = Path(__file__).resolve().parents[1]
HUB = str(Path(sys.executable).parent / "hub")
MOST_BYTES = 150_000
PASSED = "HATCHERY"
"""Of a program that stands in for `hub`: which of its open files leads to the process that others are forked from."""
STAND_IN = """#!{python} -IS
import sys
sys.path.insert(0, {root!r})
from tests import hatchery
sys.exit(hatchery.pass_on(sys.argv[1:]))
"""
IMPORTED = (
    "hub.cli.crowd_shown", "hub.cli.law_pages", "hub.cli.lists", "hub.cli.processes", "hub.cli.replaying",
    "hub.cli.rules", "hub.cli.scenarios", "hub.imports.reversing", "hub.imports.running", "hub.receipts",
    "hub.reports.figures", "hub.reviews", "hub.supposing", "hub.verification",
)  # fmt: skip


@dataclass
class Hatched:
    """A running process, asked as `subprocess.Popen` is."""

    args: Sequence[str]
    pid: int
    stdout: IO[str] | None
    stderr: IO[str] | None
    watch: socket.socket
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs; a negative one is the signal that killed it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code; `subprocess.TimeoutExpired` after so many seconds."""
        if self.returncode is None:
            self.watch.settimeout(timeout)
            try:
                self.returncode = int(self.watch.recv(MOST_BYTES))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0) from None
            self.watch.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


def begin(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Hatched:
    """Start `hub`, or the script that is named first, in a folder, with pipes for what it prints."""
    out, out_there = os.pipe()
    err, err_there = os.pipe()
    with Path(os.devnull).open("rb") as nothing:
        begun = _hatch(arguments, environment, folder, (nothing.fileno(), out_there, err_there))
    os.close(out_there)
    os.close(err_there)
    begun.stdout, begun.stderr = os.fdopen(out), os.fdopen(err)
    return begun


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    stdin: str = "",
    patience_seconds: float = 180,
) -> subprocess.CompletedProcess[str]:
    """Run `hub` to its end."""
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(3)]
        streams[0].write(stdin)
        streams[0].seek(0)
        given, out, err = streams
        begun = _hatch(arguments, environment, folder, (given.fileno(), out.fileno(), err.fileno()))
        try:
            code = begun.wait(patience_seconds)
        finally:
            begun.kill()
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess([HUB, *arguments], code, out.read(), err.read())


def stand_in(path: Path) -> tuple[dict[str, str], int]:
    """Write a program that a shell can call as `hub`; returns what its environment needs and the file to pass on."""
    path.write_text(STAND_IN.format(python=sys.executable, root=str(ROOT)), encoding="utf-8")
    path.chmod(0o755)
    number = _hatchery().fileno()
    return {PASSED: str(number)}, number


def pass_on(arguments: Sequence[str]) -> int:
    """Be the program that stands in for `hub`: let it hatch with the streams of this one; its exit code."""
    with socket.socket(fileno=int(os.environ.pop(PASSED))) as hatchery:
        return _hatch(arguments, os.environ, Path.cwd(), (0, 1, 2), hatchery).wait()


def _hatch(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    streams: tuple[int, int, int],
    hatchery: socket.socket | None = None,
) -> Hatched:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wanted = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder)}
    with there:
        socket.send_fds(hatchery or _hatchery(), [json.dumps(wanted).encode()], [*streams, there.fileno()])
    return Hatched(_words(arguments), int(here.recv(MOST_BYTES)), None, None, here)


@functools.cache
def _hatchery() -> socket.socket:
    """Start the process that others are forked from; it ends with this one."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        number = there.fileno()
        hatchery = subprocess.Popen(
            [sys.executable, "-m", "tests.hatchery", str(number)],
            pass_fds=[number],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def end() -> None:
        here.close()
        hatchery.wait()

    atexit.register(end)
    return here


def _serve(channel: socket.socket) -> None:
    """Fork whenever somebody asks; returns only in a process that is to become `hub`."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, streams, _, _ = socket.recv_fds(channel, MOST_BYTES, 4)
        if not message:
            os._exit(0)
        if not os.fork():
            channel.close()
            _watch(streams.pop())
            _become(json.loads(message), streams)
            return
        for stream in streams:
            os.close(stream)


def _watch(number: int) -> None:
    """Tell who asked which process it is and how it ends; returns in that process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=number) as asker:
        pid = os.fork()
        if not pid:
            return
        os.closerange(3, number)
        asker.send(str(pid).encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            asker.send(str(code).encode())
        os._exit(0)


def _become(wanted: Mapping[str, object], streams: Sequence[int]) -> None:
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(cast("dict[str, str]", wanted["environment"]))
    os.chdir(str(wanted["folder"]))
    sys.argv = _words(cast("list[str]", wanted["arguments"]))


def _words(arguments: Sequence[str]) -> list[str]:
    return [*arguments] if arguments[:1] and arguments[0].endswith(".py") else [HUB, *arguments]


def _live(main: Callable[[], object]) -> None:
    """Be what this process was asked to become."""
    if sys.argv[0] == HUB:
        _at_once(main)
    else:
        sys.path.insert(0, str(ROOT))
        _at_once(lambda: runpy.run_path(sys.argv[0], run_name="__main__"))


def _at_once(live: Callable[[], object]) -> None:
    """End as any process does, but for freeing what it never used: that takes longer than most commands do.

    Threads are waited for, what is to be done at the end is done, and what was written is flushed.
    """
    try:
        live()
        code = 0
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        code = ended.code or 0
    threads: Any = threading
    threads._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.path.pop(0)
    for name in IMPORTED:
        import_module(name)
    from hub.cli import main

    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    _live(main)
