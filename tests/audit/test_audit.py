"""The complete public audit of GraphQL over HTTP, every level, against a live server."""

import json
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from hub.errors import Code, Refusal
from schema.endpoint import Endpoint, Openness
from schema.scalars import assemble
from tests import node

HERE = Path(__file__).parent
TOKEN = "token-of-the-audit"


@strawberry.type(description="What can be read.")
class Query:
    """What the audit reads."""

    @strawberry.field(description="A greeting.")
    def hello(self) -> str:
        """Greet."""
        return "hello"


@strawberry.type(description="What can be changed.")
class Mutation:
    """What the audit must not reach by GET."""

    @strawberry.field(description="Say something.")
    def say(self) -> str:
        """Say it."""
        return "said"


class Nothing:
    """A request that holds nothing open."""

    async def close(self) -> None:
        """Nothing to give back."""


def nothing(_request: Request, _actor: str) -> Nothing:
    return Nothing()


async def authenticate(request: Request) -> str:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refusal(Code.UNAUTHENTICATED, "Send an access token.")
    return "audit"


@contextmanager
def serving(openness: Openness) -> Generator[str, None, None]:
    endpoint = Endpoint(
        assemble(Query, Mutation), authenticate=authenticate, context=nothing, openness=openness
    )
    listening = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/graphql", endpoint)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql"
    server.should_exit = True
    thread.join(10)


def audit(openness: Openness) -> dict[str, dict[str, Any]]:
    node.install(HERE)
    with serving(openness) as address:
        said = node.run(HERE, "The audit did not run", node.program(), "audit.mjs", address, TOKEN)
    results: list[dict[str, Any]] = json.loads(said)
    return {each["id"]: each for each in results}


def test_the_public_audit_passes_at_every_level() -> None:
    results = audit(Openness(introspection=True, queries_by_get=True, page=b"<!doctype html>"))
    assert len(results) >= 61
    assert [each for each in results.values() if each["status"] != "ok"] == []


def test_without_get_only_what_a_server_may_do_by_get_is_missing() -> None:
    missing = [each for each in audit(Openness(introspection=True)).values() if each["status"] != "ok"]
    assert {each["status"] for each in missing} == {"notice"}
    assert all(each["name"].startswith("MAY ") and "GET" in each["name"] for each in missing)
    assert len(missing) == 3
