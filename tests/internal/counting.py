"""Counts the SQL statements that an operation takes."""

import functools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

import hub.db
from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from hub.settings import Settings
from tests.internal.door import Door
from tests.internal.setting import Setting

FRAME = ("BEGIN", "COMMIT", "ROLLBACK")
DRIVER = ("pg_advisory_unlock_all", "set_config('jit'", "typeinfo_tree")
"""What the driver asks for itself, once for each connection it opens or takes back."""
TOKEN = "FROM access_token"


class Counter:
    """The statements that ran since it was last read, without those that open and close transactions."""

    def __init__(self) -> None:
        self._seen: list[str] = []

    def __call__(self, logged: Any) -> None:
        text = " ".join(logged.query.split())
        if not text.startswith(FRAME) and not any(each in text for each in DRIVER):
            self._seen.append(text)

    def read(self) -> list[str]:
        seen, self._seen = self._seen, []
        return seen


@asynccontextmanager
async def counted_door(settings: Settings, database_url: str, counter: Counter) -> AsyncGenerator[Door]:
    """The same application, on connections that tell what they run."""

    async def listen(connection: asyncpg.Connection) -> None:
        connection.add_query_logger(counter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub.db.asyncpg, "create_pool", functools.partial(asyncpg.create_pool, init=listen))
        opened = await Hub.open(settings, database_url)
    yield Door(opened, asgi.create_app(opened, Readiness(opened, [])))
    await opened.close()


async def statements(at: Setting, counter: Counter, query: str, **variables: Any) -> list[str]:
    """What an operation runs, its token check first."""
    counter.read()
    await at.door.ask(at.token, query, **variables)
    token, *others = counter.read()
    assert TOKEN in token
    return others
