"""One server process: ``python -m bench.serving hub|bare|ours|page|list URL PORT DATA_DIR KEYRING_FILE``.

``bare`` is what a fast Strawberry application does without us: parser and validation caches, orjson, a check of the
same token by a statement of its own, and one asyncpg query by primary key; ``ours`` checks the token by our own code,
which shares the statement among calls of the same moment. ``list`` is ``bare`` for a page of eight columns. ``page``
renders the template in DATA_DIR with one query, and no more.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import jinja2
import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from hub import asgi, garbage, logs, migrate
from hub.act import Hub
from hub.auth import tokens
from hub.readiness import Readiness
from hub.settings import Settings, load

HOST = "localhost:8000"  # both servers go by one name, so that one token serves both
LIVING = """
    SELECT c.organisation_id, c.department_id, c.kind, t.scopes AS asked, c.scopes AS held
    FROM access_token t JOIN client c ON c.id = t.client_id
    WHERE t.id = $1 AND c.id = $2 AND t.issued_at <= now() AND t.expires_at > now() AND t.revoked_at IS NULL
      AND c.revoked_at IS NULL
"""
ONE = "SELECT id, locale, kind FROM customer WHERE id = $1"
SEVERAL = """
    SELECT id, email, phone, given_name, family_name, city, street, postcode FROM plain_customer
    WHERE id > $1 ORDER BY id LIMIT $2
"""
NIL = "00000000-0000-0000-0000-000000000000"
PAGE = "/page"
TEMPLATE = "page.html"
NAMED = "SELECT name FROM organisation LIMIT 1"


@strawberry.type
class Customer:
    """A row."""

    id: strawberry.ID
    locale: str
    kind: str


@strawberry.type
class Person:
    """A row of eight columns."""

    id: strawberry.ID
    email: str
    phone: str
    given_name: str
    family_name: str
    city: str
    street: str
    postcode: str


@strawberry.type
class PersonEdge:
    """One of a page."""

    node: Person


@strawberry.type
class People:
    """A page."""

    edges: list[PersonEdge]
    has_next_page: bool
    end_cursor: strawberry.ID | None


@strawberry.type
class Query:
    """One query."""

    @strawberry.field
    async def customers(
        self, info: strawberry.Info, first: int, after: strawberry.ID | None = None
    ) -> People:
        """A page by primary key."""
        rows = await info.context["pool"].fetch(SEVERAL, after or NIL, first + 1)
        people = [
            Person(id=strawberry.ID(str(row["id"])), **dict(list(row.items())[1:])) for row in rows[:first]
        ]
        edges = [PersonEdge(node=each) for each in people]
        return People(
            edges=edges, has_next_page=len(rows) > first, end_cursor=people[-1].id if people else None
        )

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

    is_ours: bool = False

    async def get_context(self, request: Request | Any, response: Response | Any) -> Any:  # noqa: ARG002 - as Strawberry calls it
        """Check the token, whose signature is remembered, and hand on the pool."""
        if self.is_ours:
            actor = await tokens.authenticate(self.hub, request.headers.get("authorization"))
            return {"pool": self.pool, "roles": actor.roles}
        _, _, token = request.headers.get("authorization", "").partition(" ")
        claims = tokens.of(self.hub).read(token)
        row = claims and await self.pool.fetchrow(LIVING, claims.id, claims.client_id)
        if not row:
            raise tokens.unwelcome()
        return {"pool": self.pool, "roles": tokens.roles_of(tuple(row["asked"]), tuple(row["held"]))}


async def _untouched(_: asyncpg.Connection) -> None:
    """As our own pools: no round trip to reset a connection that nobody changed."""


async def application(kind: str, hub: Hub, settings: Settings, url: str) -> Any:
    """The ASGI application that is measured."""
    if kind == "hub":
        readiness = Readiness(hub, await migrate.known())
        return asgi.server(asgi.create_app(hub, readiness), settings).config.app
    pool = await asyncpg.create_pool(url, min_size=10, max_size=10, reset=_untouched)
    if kind == "page":
        return Starlette(routes=[Route(PAGE, _page(pool, settings.data_dir / TEMPLATE))])
    view = Bare(strawberry.Schema(Query, extensions=[ParserCache, ValidationCache]), graphql_ide=None)
    view.hub, view.pool, view.is_ours = hub, pool, kind == "ours"
    return Starlette(routes=[Route("/graphql", view)])


def _page(pool: asyncpg.Pool, template: Path) -> Callable[[Request], Awaitable[Response]]:
    engine = jinja2.Environment(autoescape=True)
    made = engine.from_string("{% raw %}" + template.read_text(encoding="utf-8") + "{% endraw %}{{ name }}")

    async def show(_: Request) -> Response:
        return HTMLResponse(made.render(name=await pool.fetchval(NAMED)))

    return show


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
    garbage.settle()  # whichever application it is: so does `hub serve`
    options: dict[str, Any] = {"access_log": False, "log_config": None, "lifespan": "off"}
    await uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **options)).serve()


if __name__ == "__main__":
    _, which, database_url, number, folder, keys = sys.argv
    with asyncio.Runner(loop_factory=asgi.loop_factory()) as runner:
        runner.run(serve(which, database_url, int(number), Path(folder), Path(keys).read_text()))
