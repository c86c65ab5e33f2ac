"""What goes wrong with files: sources that break, full disks, buckets that refuse, and what a crash leaves."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from hub import storage
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal, Unready
from hub.readiness import files
from hub.settings import load
from hub.storage import CHUNK_BYTES
from hub.vault import DataKey
from tests.bucket import Bucket
from tests.storage.files import files_below, held, moved, noted, pieces, place


async def broken(size: int) -> AsyncIterator[bytes]:
    """A source that breaks in the middle."""
    yield os.urandom(size)
    raise RuntimeError("the source broke")


async def empty(folder: Path) -> None:
    """Nothing is left there, at the latest when the thread that wrote has noticed."""
    for _ in range(1_200):
        await asyncio.sleep(0.05)
        if not files_below(folder):
            return
    raise AssertionError(files_below(folder))


@pytest.mark.parametrize("size", [10, 30 * CHUNK_BYTES])
async def test_where_the_source_breaks_nothing_is_left(
    local: Hub, folder: Path, remote: tuple[Hub, Bucket], key: DataKey, size: int
) -> None:
    for hub in (local, remote[0]):
        with pytest.raises(RuntimeError):
            await storage.keep(hub, place(), key, broken(size))
    await empty(folder)
    assert remote[1].objects == {}


async def test_a_folder_that_cannot_be_used_is_said_without_its_name(
    hub: Hub, tmp_path: Path, key: DataKey
) -> None:
    (tmp_path / "canary-file").write_text("no folder")
    lost = moved(hub, storage_url=(tmp_path / "canary-file").as_uri())
    await refused(lost, key)
    said = await files(lost)
    assert (said.ok, said.needed, "canary" in said.said) == (False, False, False)


async def refused(hub: Hub, key: DataKey, content: bytes = b"x") -> str:
    with pytest.raises(Refusal) as caught:
        await storage.keep(hub, place(), key, pieces(content))
    assert caught.value.code is Code.UNAVAILABLE
    assert "canary" not in caught.value.message
    return caught.value.message


async def test_what_is_not_there_cannot_be_read(local: Hub, key: DataKey) -> None:
    with pytest.raises(Refusal) as caught:
        await held(local, place(), key)
    assert caught.value.code is Code.UNAVAILABLE
    await storage.drop(local, place())


async def test_a_bucket_that_refuses_is_said_and_holds_nothing(
    remote: tuple[Hub, Bucket], key: DataKey
) -> None:
    hub, served = remote
    for content in (b"x", os.urandom(20 * CHUNK_BYTES)):
        served.fails = 1
        await refused(hub, key, content)
    assert served.objects == {}
    assert (await files(hub)).said == "can be kept, in a bucket"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    at = tmp_path / "disk"
    at.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", at], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield at
    subprocess.run(["umount", "-l", at], check=True)


async def test_a_full_disk_is_said_and_nothing_half_done_is_left(
    hub: Hub, small_disk: Path, key: DataKey
) -> None:
    full = moved(hub, storage_url=(small_disk / "objects").as_uri())
    assert "full" in await refused(full, key, os.urandom(12 * CHUNK_BYTES))
    await empty(small_disk)
    await storage.keep(full, at := place(), key, pieces(b"there is room again"))
    assert await held(full, at, key) == b"there is room again"


async def test_what_no_act_knows_is_swept_away_when_it_is_old(local: Hub, folder: Path, key: DataKey) -> None:
    known = await storage.keep(local, place(), key, pieces(b"known"))
    orphan = await storage.keep(local, place(), key, pieces(b"orphan"))
    await noted(local, known)
    (folder / f"{known.place}x#7").write_bytes(b"what a killed process had begun")
    assert await storage.sweep(local) == 0
    for path in files_below(folder):
        long_ago = time.time() - storage.SPARED.total_seconds() - 60
        os.utime(path, (long_ago, long_ago))
    assert await storage.sweep(local) == 2
    assert await held(local, known.place, key) == b"known"
    with pytest.raises(Refusal):
        await held(local, orphan.place, key)


async def test_what_is_forgotten_is_swept_from_a_bucket(remote: tuple[Hub, Bucket], key: DataKey) -> None:
    hub, served = remote
    kept = [await storage.keep(hub, place(), key, pieces(b"x")) for _ in range(3)]
    for each in kept:
        await noted(hub, each)
    async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        await storage.forget(act, [each.place for each in kept[:2]])
        await act.record("storage.forgotten")
    assert await storage.sweep(hub, timedelta(seconds=-2)) == 2
    assert list(served.objects) == [f"below/{kept[2].place}"]


async def test_an_object_counts_only_with_its_act(
    local: Hub, key: DataKey, superuser: asyncpg.Connection
) -> None:
    stored = await storage.keep(local, place(), key, pieces(b"x"))
    with suppress(ZeroDivisionError):
        async with local.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
            await storage.note(act, stored)
            await act.record("storage.noted")
            raise ZeroDivisionError
    assert await superuser.fetchval("SELECT count(*) FROM stored_object WHERE place = $1", stored.place) == 0


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"storage_endpoint": "http://files.example.org"}, "HUB_STORAGE_ENDPOINT"),
        ({"storage_url": "ftp://files.example.org"}, "HUB_STORAGE_URL"),
        ({"storage_url": "relative/folder"}, "HUB_STORAGE_URL"),
    ],
)
def test_a_storage_that_production_cannot_trust_is_refused_at_the_start(
    hub: Hub, given: dict[str, str], names: str
) -> None:
    strict = {"mode": "production", "public_url": "https://hub.example.org", "database_url": hub.database.url}
    kept = {"keyring": hub.vault.keyring.dump(), "storage_url": "s3://files"}
    assert load(**strict, **kept, storage_endpoint="https://files.example.org").storage_endpoint
    with pytest.raises(Unready, match=names):
        load(**{**strict, **kept, **given})
