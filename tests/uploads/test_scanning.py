"""A scanner that speaks clamd's protocol over a real socket: what it finds is not taken, and without it nothing is."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub import readiness
from hub.errors import Code, Refusal
from hub.settings import Settings, load
from hub.uploads import checking, scanning
from hub.uploads.values import Scan, Sent
from tests.uploads.files import EICAR, PDF

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one INSTREAM as clamd does."""
    command = await reader.readuntil(b"\0")
    content = bytearray()
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        content += await reader.readexactly(size)
    said = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
    writer.write(said if command == b"zINSTREAM\0" else b"UNKNOWN COMMAND\0")
    await writer.drain()
    writer.close()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\0")
    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
    writer.close()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\0")
    writer.close()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\0")
    writer.write(b"stream: " + b"x" * 100_000)
    writer.close()


@asynccontextmanager
async def listening(handler: Handler) -> AsyncGenerator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def at(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"clamd_url": url})


async def test_what_is_harmless_is_taken_as_scanned(settings: Settings) -> None:
    async with listening(clamd) as url:
        for content in (PDF, b"x" * 300_000):
            taken = await checking.check(at(settings, url), Sent("a", content))
            assert taken.scan is Scan.CLEAN


async def test_what_is_harmful_is_not_taken_and_not_named(settings: Settings) -> None:
    async with listening(clamd) as url:
        with pytest.raises(Refusal) as caught:
            await checking.check(at(settings, url), Sent("a.txt", EICAR), "files", 0)
    assert (caught.value.code, caught.value.path) == (Code.INVALID, ("files", 0))
    assert "Eicar" not in caught.value.message


async def test_a_socket_of_this_machine_will_do(settings: Settings, tmp_path: Path) -> None:
    server = await asyncio.start_unix_server(clamd, tmp_path / "clamd.sock")
    async with server:
        assert await scanning.scan(at(settings, f"unix://{tmp_path}/clamd.sock"), PDF) is Scan.CLEAN


@pytest.mark.parametrize("handler", [garbage, silence, endless])
async def test_a_scanner_that_talks_nonsense_lets_nothing_through(
    settings: Settings, handler: Handler
) -> None:
    async with listening(handler) as url:
        with pytest.raises(Refusal) as caught:
            await checking.check(at(settings, url), Sent("a.pdf", PDF))
    assert caught.value.code is Code.UNAVAILABLE


async def test_a_scanner_that_is_away_or_hangs_lets_nothing_through(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refusal) as caught:
        await scanning.scan(at(settings, "tcp://127.0.0.1:1"), PDF)
    assert caught.value.code is Code.UNAVAILABLE
    monkeypatch.setattr(scanning, "PATIENCE_SECONDS", 0.1)

    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with listening(hangs) as url:
        with pytest.raises(Refusal) as caught:
            await scanning.scan(at(settings, url), PDF)
    assert caught.value.code is Code.UNAVAILABLE


async def test_the_operator_is_told_whether_the_scanner_answers(settings: Settings) -> None:
    async with listening(clamd) as url:
        found = [await readiness.scanner(at(settings, each)) for each in ("", url, "tcp://127.0.0.1:1")]
    assert [(each.ok, each.needed, each.said.partition(":")[0]) for each in found] == [
        (True, False, "not set"), (True, False, "answers"), (False, False, "does not answer"),
    ]  # fmt: skip


async def test_without_a_scanner_a_file_says_that_nobody_looked(settings: Settings) -> None:
    assert (await checking.check(settings, Sent("a.txt", EICAR))).scan is Scan.NOT_SCANNED


@pytest.mark.parametrize("url", ["127.0.0.1:3310", "http://clamd", "tcp://", "unix://"])
def test_an_address_that_is_none_is_refused_at_start(url: str) -> None:
    with pytest.raises(Exception, match="HUB_CLAMD_URL"):
        load(mode="run", clamd_url=url)
