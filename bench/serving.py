"""One server process: ``python -m bench.serving hub|bare URL PORT DATA_DIR KEYRING_FILE``.

``bare`` is what a fast Strawberry application does without us: parser and validation caches, orjson, the same token
check, and one asyncpg query by primary key.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from hub import asgi, logs, migrate
from hub.act import Hub
from hub.auth import tokens
from hub.readiness import Readiness
from hub.settings import Settings, load

HOST = "localhost:8000"  # both servers go by one name, so that one token serves both
ONE = "SELECT id, locale, kind FROM customer WHERE id = $1"


@strawberry.type
class Customer:
    """A row."""

    id: strawberry.ID
    locale: str
    kind: str


@strawberry.type
class Query:
    """One query."""

    @strawberry.field
    async def customer(self, info: strawberry.Info, id: strawberry.ID) -> Customer | None:  # noqa: A002
        """By primary key."""
        row = await info.context["pool"].fetchrow(ONE, id)
        return row and Customer(id=strawberry.ID(str(row["id"])), locale=row["locale"], kind=row["kind"])


class Bare(GraphQL[Any, Any]):
    """Strawberry's own view with orjson."""

    hub: Hub
    pool: asyncpg.Pool

    def encode_json(self, data: object) -> bytes:
        """By orjson."""
        return orjson.dumps(data)

    async def get_context(self, request: Request | Any, response: Response | Any) -> Any:  # noqa: ARG002 - as Strawberry calls it
        """Check the token as the hub does, and hand on the pool."""
        await tokens.authenticate(self.hub, request.headers.get("authorization"))
        return {"pool": self.pool}


async def _untouched(_: asyncpg.Connection) -> None:
    """As our own pools: no round trip to reset a connection that nobody changed."""


async def application(kind: str, hub: Hub, settings: Settings, url: str) -> Any:
    """The ASGI application that is measured."""
    if kind == "hub":
        readiness = Readiness(hub, await migrate.known())
        return asgi.server(asgi.create_app(hub, readiness), settings).config.app
    view = Bare(strawberry.Schema(Query, extensions=[ParserCache, ValidationCache]), graphql_ide=None)
    view.hub = hub
    view.pool = await asyncpg.create_pool(url, min_size=10, max_size=10, reset=_untouched)
    return Starlette(routes=[Route("/graphql", view)])


async def serve(kind: str, url: str, port: int, data_dir: Path, keyring: str) -> None:
    """Serve until killed."""
    settings = load(
        mode="run",
        data_dir=data_dir,
        keyring=keyring,
        port=port,
        log_level="ERROR",
        public_url=f"http://{HOST}",
    )
    logs.configure("ERROR", pretty=False)
    hub = await Hub.open(settings, url)
    app = await application(kind, hub, settings, url)
    options: dict[str, Any] = {"access_log": False, "log_config": None, "lifespan": "off"}
    await uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **options)).serve()


if __name__ == "__main__":
    _, which, database_url, number, folder, keys = sys.argv
    with asyncio.Runner(loop_factory=asgi.loop_factory()) as runner:
        runner.run(serve(which, database_url, int(number), Path(folder), Path(keys).read_text()))
