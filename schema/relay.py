"""Ids and pages, after the Relay specifications, with keyset cursors.

An id says its type, so a customer's id is never taken for a notice's. A cursor carries the sort values of a
row and a MAC over them, the list, its parent, its filter and the viewer: one that was made up, or made for
another list or another viewer, is refused before any row is looked at.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
import strawberry
from strawberry.types import get_object_definition

from hub.act import Ask
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.spelling import spelled
from schema.limits import LARGEST_PAGE, PAGE
from schema.weights import Weight

T = TypeVar("T")
R = TypeVar("R")
MAC_BYTES = 16
TOTAL_POINTS = 20


def global_id(kind: str, uuid: UUID) -> strawberry.ID:
    """The id of one thing of type `kind` (its GraphQL name)."""
    return strawberry.ID(spelled(kind, uuid))


def parse_id(identifier: str, *kinds: str, path: tuple[str | int, ...] = ("id",)) -> tuple[str, UUID]:
    """Type and UUID of an id that must be of one of `kinds`. Raises Refusal(INVALID) with `path`."""
    kind, _, said = _bytes(identifier).decode("latin-1").partition(":")
    try:
        uuid = UUID(said)
    except ValueError:
        raise Refusal(Code.INVALID, "This is not an id of ours: use ids as they were given.", path) from None
    if kind not in kinds or global_id(kind, uuid) != identifier:
        wanted = " or ".join(kinds) if len(kinds) <= 3 else "thing that has an id"  # noqa: PLR2004 -- readable in one line
        raise Refusal(Code.INVALID, f"This is not the id of a {wanted}.", path)
    return kind, uuid


def uuid_of(identifier: str, kind: str, *path: str | int) -> UUID:
    """The UUID in an id that must be of type `kind`. Raises Refusal(INVALID) with `path`."""
    return parse_id(identifier, kind, path=path or ("id",))[1]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """The bytes behind `_text`; none at all if it was never ours."""
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


@strawberry.interface(description="Anything that has an id and can be fetched again with it.")
class Node:
    """Extend this for every type with an identity of its own; `uuid` is the row's id and stays inside."""

    uuid: strawberry.Private[UUID]

    @strawberry.field(description="Opaque, stable, unique in this hub.")
    def id(self) -> strawberry.ID:
        """The type's name and the row's id."""
        return global_id_of(self)


def global_id_of(node: Node) -> strawberry.ID:
    """The id of a thing in hand."""
    return global_id(get_object_definition(type(node), strict=True).name, node.uuid)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a cursor belongs to: it is worth nothing anywhere else."""

    connection: str
    parent: str
    arguments: bytes
    viewer: str

    def digest(self) -> bytes:
        """All of it, each part with its length, so that no two bindings read alike."""
        parts = (self.connection.encode(), self.parent.encode(), self.arguments, self.viewer.encode())
        return hashlib.sha256(b"".join(len(each).to_bytes(4, "big") + each for each in parts)).digest()


class Cursors:
    """Makes cursors with one key (32 bytes, not used for anything else), and reads those of earlier ones too."""

    def __init__(self, *keys: bytes, steady: bytes | None = None) -> None:
        """Use these; the first one is written with. steady: a key that stays when those are replaced."""
        self._keys, self._steady = keys, steady or keys[-1]

    def mac(self, purpose: bytes, *parts: bytes) -> bytes:
        """A keyed hash of `parts`, 32 bytes, the same after the keys of cursors were replaced."""
        return _mac(self._steady, purpose, *parts)

    def encode_cursor(self, values: tuple[Any, ...], binding: Binding) -> str:
        """A cursor for the row with these sort values."""
        return self._encode(values, binding.digest())

    def _encode(self, values: tuple[Any, ...], digest: bytes) -> str:
        said = msgspec.json.encode(values)
        return _text(_mac(self._keys[0], b"cursor", digest + said)[:MAC_BYTES] + said)

    def decode_cursor(
        self, cursor: str, kinds: tuple[type, ...], binding: Binding, *path: str | int
    ) -> tuple[Any, ...]:
        """The sort values, typed as `kinds`. Raises Refusal(INVALID) with `path`, always the same one."""
        raw = _bytes(cursor)
        mac, said = raw[:MAC_BYTES], raw[MAC_BYTES:]
        good = self._is_ours(mac, binding.digest() + said)
        try:
            if good:
                return msgspec.json.decode(said, type=tuple[kinds])  # pyright: ignore[reportInvalidTypeArguments]
        except msgspec.MsgspecError:
            pass
        raise Refusal(Code.INVALID, "This cursor is not of this list: start again without it.", path)

    def _is_ours(self, mac: bytes, said: bytes) -> bool:
        return any(hmac.compare_digest(mac, _mac(each, b"cursor", said)[:MAC_BYTES]) for each in self._keys)

    def cursor_maker(self, binding: Binding) -> Callable[[tuple[Any, ...]], str]:
        """As `encode_cursor` for many rows of one list."""
        digest = binding.digest()
        return lambda values: self._encode(values, digest)


def _mac(key: bytes, purpose: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + b"\0".join(parts), "sha256")


@strawberry.type(description="Where this page lies in its list.")
class PageInfo:
    """As the Relay cursor connections specification has it."""

    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor; null on an empty page.")


@strawberry.type(description="One row of a page, with its place in the list.")
class Edge(Generic[T]):
    """As the Relay cursor connections specification has it."""

    node: T = strawberry.field(description="The thing itself.")
    cursor: str = strawberry.field(description="Its place: send it back as `after` or `before`.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """As the Relay cursor connections specification has it."""

    edges: list[Edge[T]] = strawberry.field(description="The rows of this page, in the list's order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in its list.")

    def counted(self, count: Callable[[Ask], Awaitable[int]]) -> "CountedConnection[T]":
        """The same page, of a list that `count` counts where somebody asks."""
        return CountedConnection(edges=self.edges, page_info=self.page_info, count=count)


@strawberry.type(name="Connection", description="One page of a list that is short enough to be counted.")
class CountedConnection(Connection[T], Generic[T]):
    """A page of what people set up by hand. Lists that grow with customers and use are not counted."""

    count: strawberry.Private[Callable[[Ask], Awaitable[int]]]

    @strawberry.field(
        description="How many rows the whole list has. Costs extra.",
        metadata={"weight": Weight(points=TOTAL_POINTS)},
    )
    async def total_count(self, info: strawberry.Info[Any, None]) -> int:
        """Count the list, for this viewer and this filter."""
        return await self.count(await info.context.ask(Operation.VIEWER_READ))


@dataclass(frozen=True, slots=True)
class Window:
    """Which page was asked for: fetch `limit` rows beyond `start`, then `page` them.

    start: the sort values after which the page begins, or None for the list's start.
    backwards: the list runs in reverse, from its end or from before `start`; fetch it in that order.
    """

    size: int
    start: tuple[Any, ...] | None
    backwards: bool
    cursor: Callable[[tuple[Any, ...]], str]

    @property
    def limit(self) -> int:
        """Rows to fetch: one more than the page, which tells whether others follow."""
        return self.size + 1

    def page(
        self, rows: Sequence[R], node: Callable[[R], T], key: Callable[[R], tuple[Any, ...]]
    ) -> Connection[T]:
        """The page made of `rows`, which came in the order that was asked for (backwards: reversed).

        node: a row as its GraphQL type. key: a row's sort values.
        """
        kept = list(rows[: self.size])
        if self.backwards:
            kept.reverse()
        edges = [Edge(node=node(row), cursor=self.cursor(key(row))) for row in kept]
        return Connection(edges=edges, page_info=self._info(edges, more=len(rows) > self.size))

    def _info(self, edges: Sequence[Edge[Any]], *, more: bool) -> PageInfo:
        beyond = self.start is not None
        return PageInfo(
            has_next_page=beyond if self.backwards else more,
            has_previous_page=more if self.backwards else beyond,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )


def page_size(first: int | None, last: int | None, after: str | None, before: str | None) -> int:
    """Rows of the page: 20 unless said. Raises Refusal(INVALID) for what cannot be meant."""
    if first is not None and last is not None:
        raise Refusal(Code.INVALID, "Say either `first` or `last`, not both.", ("last",))
    if before is not None and (last is None or after is not None):
        raise Refusal(Code.INVALID, "`before` goes with `last`, and without `after`.", ("before",))
    if after is not None and last is not None:
        raise Refusal(Code.INVALID, "`after` goes with `first`.", ("after",))
    name, size = ("first", PAGE if first is None else first) if last is None else ("last", last)
    if not 0 <= size <= LARGEST_PAGE:
        raise Refusal(Code.INVALID, f"`{name}` must be from 0 to {LARGEST_PAGE}.", (name,))
    return size
