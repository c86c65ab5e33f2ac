"""What comes back: redirects are not followed, long, packed and broken answers are not read, nothing is sent along."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from aiohttp import web

from hub.outbound import Answer, Outbound, Rules, Unreached

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A server on this machine that answers what a test tells it."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: Answering
        self.asked: list[web.Request] = []

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.answer(request)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Outbound]:
    made = Outbound(Rules(allows_own_networks=True, allows_http=True))
    yield made
    await made.close()


async def read(
    client: Outbound, server: Server, bytes_most: int = 1000, seconds: float = 30
) -> tuple[Answer, bytes]:
    async with client.open("POST", server.url, headers={"x-a": "b"}, body=b"{}", seconds=seconds) as answer:
        return answer, await answer.read(bytes_most)


def always(response: Callable[[], web.Response]) -> Answering:
    async def answer(_: web.Request) -> web.Response:
        return response()

    return answer


async def test_an_answer_is_read_and_nothing_of_ours_is_sent_along(
    client: Outbound, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    server.answer = always(lambda: web.Response(body=b"x" * 1000, headers={"Set-Cookie": "a=b"}))
    for _ in range(2):
        answer, body = await read(client, server)
        assert (answer.status, body) == (200, b"x" * 1000)
    sent = {name.lower() for name in server.asked[1].headers}
    assert sent == {
        "host",
        "accept",
        "accept-encoding",
        "user-agent",
        "x-a",
        "content-length",
        "content-type",
    }


async def test_a_redirect_is_not_followed(client: Outbound, server: Server) -> None:
    server.answer = always(lambda: web.Response(status=307, headers={"Location": server.url + "further"}))
    answer, _ = await read(client, server)
    assert (answer.status, len(server.asked)) == (307, 1)


async def test_a_body_of_one_byte_too_many_is_not_read(client: Outbound, server: Server) -> None:
    server.answer = always(lambda: web.Response(body=b"x" * 1001))
    with pytest.raises(Unreached, match="longer than 1,000 bytes"):
        await read(client, server)


async def test_a_packed_body_is_not_unpacked(client: Outbound, server: Server) -> None:
    packed = gzip.compress(bytes(50_000_000))
    server.answer = always(lambda: web.Response(body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unreached, match="compressed"):
        await read(client, server, 1_000_000)


async def test_a_slow_answer_ends_in_time(client: Outbound, server: Server) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(b"x")
            await asyncio.sleep(0.1)
        return answer

    server.answer = drip
    with pytest.raises(Unreached, match="broke off"):
        await read(client, server, seconds=2)


async def test_lines_are_read_one_by_one_and_none_too_long(client: Outbound, server: Server) -> None:
    server.answer = always(lambda: web.Response(body=b"one\ntwo\n\n" + b"x" * 10))
    async with client.open("GET", server.url, headers={}) as answer:
        assert [line async for line in answer.lines(10)] == [b"one", b"two", b"", b"x" * 10]
    for body in (b"x" * 11, b"x" * 11 + b"\n", b"ok\n" + b"x" * 200_000):
        server.answer = always(lambda body=body: web.Response(body=body))
        with pytest.raises(Unreached, match="A line of the answer is longer than 10 bytes"):
            async with client.open("GET", server.url, headers={}) as answer:
                assert [line async for line in answer.lines(10)]


async def test_an_answer_that_is_no_http_is_unreached(client: Outbound) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    with pytest.raises(Unreached, match="No answer came"):
        async with client.open("GET", f"http://127.0.0.1:{port}/", headers={}):
            pass
    listening.close()
    await listening.wait_closed()


async def test_what_the_reader_raises_stays_what_it_is(client: Outbound, server: Server) -> None:
    server.answer = always(lambda: web.Response(body=b"x"))
    with pytest.raises(OSError, match="of the reader"):
        async with client.open("GET", server.url, headers={}):
            raise OSError("of the reader")
