"""A load generator that costs little: raw HTTP/1.1 over kept-alive connections, each sending when it was answered."""

import asyncio
import time
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it."""

    requests: int
    seconds: float
    bad: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


class _Caller(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again until the time is over."""

    def __init__(self, requests: list[bytes], until: float, wanted: bytes) -> None:
        self.requests = requests
        self.until = until
        self.wanted = wanted
        self.done = asyncio.get_running_loop().create_future()
        self.count = self.bad = 0
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._got += data
        head = self._got.find(b"\r\n\r\n")
        if head < 0:
            return
        length = int(self._got[:head].lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self._got) < head + 4 + length:
            return
        self.count += 1
        self.bad += self.wanted not in self._got
        self._got = b""
        if time.perf_counter() < self.until:
            self._send()
        else:
            self.transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def _send(self) -> None:
        self.transport.write(self.requests[self.count % len(self.requests)])


async def run(port: int, requests: list[bytes], *, seconds: float, connections: int, wanted: bytes) -> Load:
    """Load a server on this machine; an answer without the wanted bytes counts as bad."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    callers = [
        (await loop.create_connection(lambda: _Caller(requests, began + seconds, wanted), "127.0.0.1", port))[
            1
        ]
        for _ in range(connections)
    ]
    await asyncio.gather(*(caller.done for caller in callers))
    took = time.perf_counter() - began
    return Load(sum(each.count for each in callers), took, sum(each.bad for each in callers))


def get(host: str, path: str) -> bytes:
    """A whole request for a page, as bytes."""
    return f"GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\n\r\n".encode()


def post(host: str, path: str, token: str, body: bytes) -> bytes:
    """A whole request as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"
        "content-type: application/json\r\naccept: application/graphql-response+json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
