# ruff: noqa: A002, ARG002, S107 -- a schema in miniature: its descriptions say what docstrings would
"""A small library behind the real door: books, authors, and rooms to be hostile in."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self, TypeVar, cast
from uuid import UUID

import httpx
import orjson
import pytest
import strawberry
from starlette.requests import Request

from hub.act import Act, Ask, Hub
from hub.actors import Actor, Operation, Role, authorise
from hub.errors import Code, Refusal, not_found
from schema.call import Call, Info, idempotency_key
from schema.door import Once, acts, asks, lists
from schema.endpoint import Endpoint, Openness
from schema.nodes import NodeQueries, NodeTable
from schema.problems import Payload
from schema.relay import CountedConnection, Cursors, Node, Window, uuid_of
from schema.scalars import assemble
from schema.weights import Weight

Result = TypeVar("Result")
START = datetime(2026, 1, 1, tzinfo=UTC)
READER = Actor("app", UUID(int=1), UUID(int=11), roles=frozenset({Role.CATALOGUE_READ}))
WRITER = Actor("app", UUID(int=2), UUID(int=11), roles=frozenset({Role.CATALOGUE_READ, Role.CATALOGUE_WRITE}))
OTHER = Actor("app", UUID(int=3), UUID(int=12), roles=frozenset({Role.CATALOGUE_READ}))
CUSTOMERS_ONLY = Actor("app", UUID(int=4), UUID(int=11), roles=frozenset({Role.CUSTOMERS_READ}))
TOKENS = {"reader": READER, "writer": WRITER, "other": OTHER, "customers": CUSTOMERS_ONLY}


@dataclass
class Shelf:
    """A hub of books: what the door needs of the hub, kept in memory, all or nothing like an act."""

    titles: dict[UUID, str] = field(default_factory=lambda: {UUID(int=n): f"book {n}" for n in range(250)})
    kept: dict[tuple[UUID | None, str], tuple[bytes, dict[str, Any]]] = field(
        default_factory=dict[tuple[UUID | None, str], tuple[bytes, dict[str, Any]]]
    )
    log: list[str] = field(default_factory=list[str])

    @asynccontextmanager
    async def _reading(self, actor: Actor, operation: Operation) -> AsyncGenerator[Ask, None]:
        authorise(actor, operation)
        self.log.append("open")
        try:
            yield cast("Ask", Reading(self, actor))
        finally:
            self.log.append("close")

    def ask(
        self, actor: Actor, operation: Operation, *, locale: str = "en"
    ) -> AbstractAsyncContextManager[Ask]:
        self.log.append(f"ask {operation} {locale}")
        return self._reading(actor, operation)

    def ask_once(self, actor: Actor, operation: Operation, *, locale: str = "en") -> Ask:
        authorise(actor, operation)
        self.log.append(f"once {operation} {locale}")
        return cast("Ask", Reading(self, actor))

    async def perform(
        self,
        actor: Actor,
        operation: Operation,
        body: Callable[[Act], Awaitable[Result]],
        *,
        locale: str = "en",
    ) -> Result:
        authorise(actor, operation)
        self.log.append(f"act {operation} {locale}")
        before, kept = dict(self.titles), dict(self.kept)
        try:
            return await body(cast("Act", Reading(self, actor)))
        except BaseException:
            self.titles, self.kept = before, kept
            raise


@dataclass
class Reading:
    """One Ask or Act of the shelf."""

    hub: Shelf
    actor: Actor

    async def answer_once(
        self, key: str, fingerprint: bytes, make: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any] | None:
        kept = self.hub.kept.get((self.actor.id, key))
        if kept is None:
            self.hub.kept[self.actor.id, key] = (fingerprint, await make())
            return None
        if kept[0] != fingerprint:
            raise Refusal(Code.IDEMPOTENCY_MISMATCH, "This key was used for something else: use a new one.")
        return orjson.loads(orjson.dumps(kept[1]))


def shelf(ask: Ask) -> Shelf:
    return cast("Reading", ask).hub


@strawberry.type(description="Who wrote it.")
class Author(Node):
    name: str = strawberry.field(description="The name.")

    @lists(Operation.CATALOGUE_READ, datetime, UUID)
    async def books(self, ask: Ask, window: Window) -> "CountedConnection[Book]":
        """The books of this author, oldest first."""
        return paged(ask, window, "")


@strawberry.type(description="A book.")
class Book(Node):
    title: str = strawberry.field(description="The title.")
    at: datetime = strawberry.field(description="When it came in.")

    @classmethod
    def of(cls, row: tuple[datetime, UUID, str]) -> Self:
        return cls(uuid=row[1], title=row[2], at=row[0])

    @strawberry.field(description="Who wrote it.")
    async def author(self, info: Info) -> Author | None:
        return await info.context.load(authors, Operation.CATALOGUE_READ, self.uuid.int % 5)

    @strawberry.field(description="Other books.")
    def similar(self) -> list["Book"]:
        return [Book(uuid=self.uuid, title=self.title, at=self.at)] * 3


async def authors(ask: Ask, keys: Sequence[int]) -> Mapping[int, Author]:
    shelf(ask).log.append(f"authors {sorted(keys)}")
    return {key: Author(uuid=UUID(int=1000 + key), name=f"author {key}") for key in keys}


def paged(ask: Ask, window: Window, title: str) -> CountedConnection[Book]:
    rows = [
        (START + timedelta(seconds=each.int // 2), each, name) for each, name in shelf(ask).titles.items()
    ]
    rows = sorted((each for each in rows if title in each[2]), reverse=window.backwards)
    if window.start is not None:
        start = window.start
        rows = [each for each in rows if (each[:2] < start if window.backwards else each[:2] > start)]

    async def count(again: Ask) -> int:
        return sum(title in each for each in shelf(again).titles.values())

    return window.page(rows[: window.limit], Book.of, lambda row: row[:2]).counted(count)


@strawberry.input(description="Which books.")
class BookFilter:
    title: str | None = strawberry.field(default=None, description="Part of the title.")


@strawberry.input(description="A new title.")
class RenameInput:
    book_id: strawberry.ID = strawberry.field(description="The book.")
    title: str = strawberry.field(description="The new title.")


@strawberry.type(description="The renamed book.")
class RenamePayload(Payload):
    book: Book | None = strawberry.field(default=None, description="The book.")
    neighbours: list[Book] = strawberry.field(default_factory=list[Book], description="Beside it.")
    count: int = strawberry.field(default=0, description="How many were renamed.")
    secret: str | None = strawberry.field(default=None, description="Said once.")


@strawberry.type(description="What can be read.")
class Query(NodeQueries):
    @asks(Operation.CATALOGUE_READ, single=True)
    async def hello(self, ask: Ask) -> str:
        """A greeting."""
        return "hello"

    @asks(Operation.CATALOGUE_READ)
    async def book(
        self, ask: Ask, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Book:
        """One book."""
        uuid = uuid_of(id, "Book", "id")
        if uuid not in shelf(ask).titles:
            raise not_found("book", "id")
        return Book.of((START, uuid, shelf(ask).titles[uuid]))

    @asks(Operation.CATALOGUE_READ, weight=Weight(sized_by="numbers"))
    async def several(
        self, ask: Ask, numbers: Annotated[list[int], strawberry.argument(description="Which.")]
    ) -> list[Book]:
        """Several books."""
        return [Book.of((START, UUID(int=each), "one")) for each in numbers]

    @lists(Operation.CATALOGUE_READ, datetime, UUID)
    async def books(
        self,
        ask: Ask,
        window: Window,
        filter: Annotated[BookFilter | None, strawberry.argument(description="Which.")] = None,
    ) -> CountedConnection[Book]:
        """All books, oldest first."""
        return paged(ask, window, (filter and filter.title) or "")

    @strawberry.field(description="Something of ours breaks.")
    async def broken(self) -> str:
        raise ValueError("jo@example.org was in the row")

    @strawberry.field(description="Something of ours gives what it must not.")
    def wrong(self) -> int | None:
        return cast("int", "jo@example.org")

    @strawberry.field(description="Takes its time.")
    async def slow(self, seconds: Annotated[float, strawberry.argument(description="How long.")]) -> str:
        await asyncio.sleep(seconds)
        return "done"


@strawberry.type(description="What can be changed.")
class Mutation:
    @acts(Operation.CATALOGUE_WRITE)
    async def rename(
        self, act: Act, input: Annotated[RenameInput, strawberry.argument(description="What to what.")]
    ) -> RenamePayload:
        """Rename a book."""
        uuid = uuid_of(input.book_id, "Book", "input", "book_id")
        titles = shelf(act).titles
        found = titles.get(uuid)
        titles[uuid] = input.title
        if found is None:
            raise not_found("book", "input", "book_id")
        shelf(act).log.append(f"renamed {uuid.int}")
        book = Book.of((START, uuid, input.title))
        return RenamePayload(book=book, neighbours=[book], count=1, secret="only now")

    @acts(Operation.CATALOGUE_WRITE)
    async def keep(self, act: Act, once: Once | None) -> RenamePayload:
        """Keep its own key."""
        shelf(act).log.append(f"own key {once.key if once else None}")
        return RenamePayload(count=len(once.fingerprint) if once else 0)


async def load_books(ask: Ask, uuids: Sequence[UUID]) -> Sequence[Node]:
    titles = shelf(ask).titles
    return [Book.of((START, each, titles[each])) for each in uuids if each in titles]


async def authenticate(request: Request) -> Actor:
    actor = TOKENS.get(request.headers.get("authorization", "").removeprefix("Bearer "))
    if actor is None:
        raise Refusal(Code.UNAUTHENTICATED, "Send an access token.")
    return actor


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return assemble(Query, Mutation)


@dataclass
class Library:
    """One running door: ask it over HTTP, look at what its hub did."""

    schema: strawberry.Schema
    hub: Shelf
    table: NodeTable
    openness: dict[str, Any]

    def endpoint(self, **options: Any) -> Endpoint[Actor]:
        cursors = Cursors(b"k" * 32)

        def context(request: Request, actor: Actor) -> Call:
            key = idempotency_key(request)
            return Call(cast("Hub", self.hub), actor, cursors=cursors, nodes=self.table, idempotency_key=key)

        chosen: dict[str, Any] = {"openness": Openness(**self.openness), **options}
        return Endpoint(self.schema, authenticate=authenticate, context=context, **chosen)

    def client(self, token: str = "writer", **options: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.endpoint(**options))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=transport, base_url="http://hub/graphql", headers=headers)

    async def ask(self, query: str, token: str = "writer", **variables: Any) -> dict[str, Any]:
        async with self.client(token) as client:
            answer = await client.post("", json={"query": query, "variables": variables})
        return answer.json()

    def open(self, **openness: Any) -> "Library":
        return Library(self.schema, self.hub, self.table, {**self.openness, **openness})


@pytest.fixture
def library(schema: strawberry.Schema) -> Library:
    table = NodeTable()
    table.add(Book, Operation.CATALOGUE_READ, load_books)
    return Library(schema, Shelf(), table, {"introspection": True})
