"""A database that goes away while the hub lets go of it: nothing stays open, and why the hub ends is what is told."""

from typing import Any

import asyncpg
import pytest

from hub.db import Database


@pytest.mark.parametrize("failure", [ConnectionResetError(), asyncpg.InterfaceError("lost")])
async def test_every_pool_is_closed_though_the_first_has_lost_its_connection(
    database_url: str, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    database = await Database.open(database_url)
    pools: list[Any] = [each._pool for each in (database._app, database._read, database._quick)]
    whole = asyncpg.Pool.close

    async def close(pool: Any) -> None:
        if pool is pools[0]:
            raise failure
        await whole(pool)

    monkeypatch.setattr(asyncpg.Pool, "close", close)
    await database.close()
    assert [pool._closed for pool in pools] == [True, True, True]
    assert [pool.get_size() for pool in pools] == [0, 0, 0]
