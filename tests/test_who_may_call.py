"""Who may call what, as a picture that people read and that cannot change unnoticed: ``who_may_call.txt``.

Every operation has a row, and so has every address and every GraphQL field with an operation of its own.
Fields without one are listed by type: whoever may read the type may read them.
"""

import difflib
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from hub import asgi
from hub.act import Hub
from hub.actors import MAY, Operation, Role
from hub.auth.tokens import Audience
from hub.demo.mailbox import Mailbox
from hub.readiness import Readiness
from schema import door
from schema.internal import root
from schema.nodes import NodeTable
from schema.partner import root as partner

PICTURE = Path(__file__).with_name("who_may_call.txt")
ACCEPT = "HUB_ACCEPT"
ROOTS = frozenset({"Query", "Mutation", "Subscription"})
PLUMBING = ("Connection", "Edge", "PageInfo")
HEADING = """\
Who may call what. Made from the code by tests/test_who_may_call.py; a change here is a change of permissions.

yes        allowed by the table in hub/actors.py
-          refused
stranger   whoever has not shown a token; a client that signs in for one is still a stranger
"""

Row = tuple[str, Operation]


def table(title: str, rows: Iterable[Row]) -> str:
    """One section: what is called, the operation that it is, and a column for each role."""
    listed = sorted(rows)
    assert listed, f"no {title} at all"
    named = [(name, "" if name == operation else operation.value, operation) for name, operation in listed]
    width = max(len(title), *(len(name) for name, _, _ in named)) + 2
    middle = max(len(said) for _, said, _ in named) + 2
    head = title.ljust(width) + ("operation" if middle > 2 else "").ljust(middle) + "  ".join(Role)
    lines = [head, "-" * len(head)]
    for name, said, operation in named:
        marks = "  ".join(("yes" if role in MAY[operation] else "-").ljust(len(role)) for role in Role)
        lines.append((name.ljust(width) + said.ljust(middle) + marks).rstrip())
    return "\n".join(lines) + "\n"


def operations() -> list[Row]:
    """Every operation under its own name."""
    return [(operation.value, operation) for operation in Operation]


def addresses(routes: Iterable[BaseRoute]) -> list[Row]:
    """Every method of every address; a route's name is its operation. GraphQL's are those of its fields."""
    rows: list[Row] = []
    for route in routes:
        if isinstance(route, Route | WebSocketRoute) and route.path in set(Audience):
            continue
        assert isinstance(route, Route | Mount), f"{route}: say here how it is authorised"
        methods = route.methods if isinstance(route, Route) else {"GET"}
        assert methods, f"{route.path} answers every method"
        path = route.path if isinstance(route, Route) else f"{route.path}/*"
        assert route.name in set(Operation), f"{path}: name the route by its operation"
        rows += [(f"{path} {method}", Operation(route.name)) for method in methods - {"HEAD"}]
    return rows


def fields(schema: strawberry.Schema) -> list[Row]:
    """Every field that has an operation of its own. Every root field must have one."""
    rows: list[Row] = []
    for name, operation in door.operations(schema):
        assert operation or name.partition(".")[0] not in ROOTS, (
            f"{name} is open to everybody: give it an operation"
        )
        if operation:
            rows.append((name, operation))
    return rows


def by_id(nodes: NodeTable) -> list[Row]:
    """Every type that can be fetched by its id."""
    return [(f"node: {kind}", operation) for kind, operation in nodes.kinds.items()]


def plain_fields(schema: strawberry.Schema, whose: str = "") -> str:
    """By type, the fields that whoever may read the type may read."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, operation in door.operations(schema):
        kind, _, field = name.partition(".")
        if operation is None and not kind.endswith(PLUMBING):
            found[kind].append(field)
    title = f"{whose}fields that ask for no more than the type they belong to"
    lines = [f"{kind}: {', '.join(sorted(names))}" for kind, names in sorted(found.items())]
    return "\n".join([title, "-" * len(title), *lines]) + "\n"


@pytest.fixture
def picture(hub: Hub) -> str:
    """The picture as the code has it now."""
    routes = asgi.routes(hub, Readiness(hub, []), Mailbox().letters)
    return "\n".join([
        HEADING,
        table("operation", operations()),
        table("address", addresses(routes)),
        table("GraphQL field", fields(root.schema)),
        table("GraphQL node", by_id(root.TABLE)),
        plain_fields(root.schema),
        table("partner's GraphQL field", fields(partner.schema)),
        plain_fields(partner.schema, "partner's "),
    ])  # fmt: skip


def test_who_may_call_what_is_what_was_accepted(picture: str) -> None:
    if os.environ.get(ACCEPT):
        PICTURE.write_text(picture, encoding="utf-8")
    accepted = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
    changes = difflib.unified_diff(
        accepted.splitlines(), picture.splitlines(), "accepted", "now", lineterm="", n=0
    )
    assert accepted == picture, (
        "Who may call what has changed:\n"
        + "\n".join(changes)
        + f"\nIf every changed line is meant: {ACCEPT}=1 make test ARGS=tests/test_who_may_call.py"
    )


def test_every_operation_has_a_row_in_the_table_of_roles_and_somebody_who_may() -> None:
    assert set(MAY) == set(Operation)
    assert all(MAY.values())


def test_a_root_field_without_an_operation_is_found() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def open_to_all(self) -> int:
            return 1

    with pytest.raises(AssertionError, match=r"Query\.openToAll is open to everybody"):
        fields(strawberry.Schema(Query))


def test_a_route_without_an_operation_is_found() -> None:
    async def secret(_: Request) -> Response:
        return Response()

    with pytest.raises(AssertionError, match="/secret: name the route by its operation"):
        addresses([Route("/secret", secret, methods=["GET"])])
