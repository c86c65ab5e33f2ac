"""A system behind HTTP that counts what it really did for each step, and can be stopped at any point of a call."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hub.rights.reaching import Reach
from hub.rights.systems import NewSystem
from tests.connectors.test_http import SHOWN

FILE = Path(__file__).resolve().parents[2] / "docs" / "connectors" / "newsletter.yml"
WORDS = {
    "find": "found",
    "export": "exported",
    "correct": "corrected",
    "erase": "deleted",
    "restrict": "restricted",
}
Hook = Callable[[str], None]


def _nothing(_: str) -> None:
    """Let it go on."""


@dataclass
class Counting:
    """calls, effects: how often, by the id of step and operation. before, after: called around the effect.

    misbehave: how the so manieth call of a step is answered instead; None as it should be.
    """

    port: int = 0
    calls: Counter[str] = field(default_factory=Counter[str])
    effects: Counter[str] = field(default_factory=Counter[str])
    before: Hook = _nothing
    after: Hook = _nothing
    misbehave: Callable[[int], tuple[int, bytes] | None] = lambda _: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str, message: dict[str, Any]) -> tuple[int, bytes]:
        """Do as asked, once for each id, and say so."""
        with self.lock:
            self.calls[name] += 1
            number = self.calls[name]
        self.before(name)
        with self.lock:
            is_repeated = name in self.effects
            self.effects[name] += not is_repeated
        self.after(name)
        odd = self.misbehave(number)
        if odd is not None:
            return odd
        place = {
            "collection": "readers",
            "rows": 1,
            "fields": {"name": WORDS[message["type"].partition(".")[2]]},
        }
        return 200, json.dumps({"outcome": "done", "places": [place], "is_repeated": is_repeated}).encode()

    def connected(self, key: str) -> NewSystem:
        """As it is connected by an operator who lets it lie on this machine."""
        reach = Reach(f"http://127.0.0.1:{self.port}/", (SHOWN,), allows_own_networks=True, allows_http=True)
        text = FILE.read_text(encoding="utf-8").replace("fides_key: newsletter", f"fides_key: {key}")
        return NewSystem(key, key, "HTTP", reach, text, ())


@contextmanager
def counting() -> Generator[Counting]:
    """Run one."""
    system = Counting()

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, said = system.take(self.headers["webhook-id"], json.loads(body))
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library names it
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever called was killed."""

    server = Server(("127.0.0.1", 0), Service)
    system.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield system
    server.shutdown()
    thread.join()
    server.server_close()
