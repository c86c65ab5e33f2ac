"""A small project with the launcher, and an index to install it from, so that a start can go wrong."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHEEL = "stone-1.0-py3-none-any.whl"

# Builds an editable wheel with nothing installed; its `hub` says how it was called.
BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "privacy_hub-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr("spoken.py", "import sys, stone\\ndef main(): print('hub', *sys.argv[1:])\\n")
        info = "privacy_hub-0.1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: privacy-hub\\nVersion: 0.1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nhub = spoken:main\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "privacy-hub"
version = "0.1.0"
"""


@dataclass
class Index:
    """A package index that counts what it gave, and can be made to wait."""

    address: str
    wheel: bytes
    given: list[str] = field(default_factory=list[str])
    asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)


@dataclass
class Checkout:
    """A folder with the launcher, a lock of one package, and an index that has it."""

    folder: Path
    index: Index

    def command(self, name: str, python: tuple[str, ...] = (sys.executable,)) -> list[str]:
        """Return how the launcher is run."""
        return [*python, str(self.folder / "hub" / "launcher.py"), name]

    def environment(self, **settings: str) -> dict[str, str]:
        """Return an environment with nothing of ours but the index."""
        ours = {"PIP_INDEX_URL": self.index.address, "PIP_NO_CACHE_DIR": "1", "HUB_PORT": "0"}
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), **ours, **settings}

    def begin(self, name: str = "demo", **settings: str) -> subprocess.Popen[str]:
        """Start a launcher and do not wait for it."""
        return subprocess.Popen(
            self.command(name),
            env=self.environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            start_new_session=True,
        )

    def launch(
        self, name: str = "demo", *, python: tuple[str, ...] = (sys.executable,), **settings: str
    ) -> tuple[int, str]:
        """Run the launcher to its end: its exit code and what it printed."""
        done = subprocess.run(
            self.command(name, python),
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel() -> bytes:
    content = io.BytesIO()
    info = "stone-1.0.dist-info/"
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("stone.py"), "WEIGHT_KG = 1\n")
        archive.writestr(
            zipfile.ZipInfo(info + "METADATA"), "Metadata-Version: 2.1\nName: stone\nVersion: 1.0\n"
        )
        archive.writestr(
            zipfile.ZipInfo(info + "WHEEL"), "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(zipfile.ZipInfo(info + "RECORD"), "")
    return content.getvalue()


@pytest.fixture
def index(wheel: bytes) -> Iterator[Index]:
    """Serve one package on the loopback address."""

    class Shelf(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_wheel = self.path.endswith(".whl")
            if is_wheel:
                served.asked.set()
                served.may_answer.wait(60)
                served.given.append(self.path)
            body = served.wheel if is_wheel else f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream" if is_wheel else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is the library's
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        served = Index(f"http://127.0.0.1:{server.server_address[1]}/simple", wheel)
        served.may_answer.set()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield served
        served.may_answer.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def prepared(checkout: Checkout, empty_venv: Path) -> Checkout:
    """A checkout that has a `.venv` with nothing installed in it: making one takes longer than all the rest."""
    shutil.copytree(empty_venv, checkout.folder / ".venv", symlinks=True)
    return checkout


@pytest.fixture(scope="session")
def empty_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment as the launcher makes it; to be copied, as `python -m pip` asks for no place."""
    folder = tmp_path_factory.mktemp("empty") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, index: Index) -> Checkout:
    """A checkout as it was cloned."""
    folder = tmp_path / "a hub"
    (folder / "hub").mkdir(parents=True)
    (folder / "locks").mkdir()
    shutil.copy(ROOT / "hub" / "launcher.py", folder / "hub" / "launcher.py")
    # Names of ours that are also names of Python's own.
    (folder / "hub" / "queue.py").write_text("raise RuntimeError('this is not Python\\'s queue')\n")
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    digest = hashlib.sha256(index.wheel).hexdigest()
    (folder / "locks" / "demo.txt").write_text(f"stone==1.0 \\\n    --hash=sha256:{digest}\n")
    return Checkout(folder, index)


@pytest.fixture
def python_without() -> Callable[[str], tuple[str, ...]]:
    """Give a Python that lacks something of its own, as some distributions ship it."""

    def make(change: str) -> tuple[str, ...]:
        run = "import runpy; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
        return (sys.executable, "-c", f"import sys; {change}; {run}")

    return make
