"""The way in: an app signs in with its client's secret and posts GraphQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, Operation, Role
from hub.auth import clients
from hub.db import new_id
from tests.recent import before_this_test
from tests.world import World

URL = "http://localhost:8000"
ACCEPT = {"Accept": "application/graphql-response+json"}
DECISION = """
    id outcome rule rulesVersion jurisdiction customerId decidedAt
    citation { law clause text locale notice version shownAt shownHow collectedAt }
    reasons { staff customer } obligations { code text citation }
    alsoNeeded { rule outcome citation reasons { staff customer } }
    remedies { code thenRule reasons { staff customer } }
    asking { allowed code citation when where how reasons { staff customer } duties { code text citation } }
    facts { name value isDecisive }
"""

_TRACES = """
    SELECT (SELECT count(*) FROM act WHERE id > $1), (SELECT count(*) FROM ledger_entry WHERE id > $1)
"""
_EVENTS = "SELECT event FROM ledger_entry WHERE id > $1 ORDER BY sequence OFFSET $2"


@dataclass
class Door:
    """One running hub, spoken to over HTTP."""

    hub: Hub
    site: Starlette

    async def token(self, world: World, *roles: Role, department: str | None = "conveyancing") -> str:
        """An access token of a new client; without roles it holds every scope."""
        scopes = sorted(roles or SCOPES)
        owner = world.departments[department].id if department else None
        async with self.hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
            client, secret = await clients.create(
                act, "Desk", clients.Kind.APP, scopes, world.organisation.id, owner
            )
        async with self._http() as http:
            answer = await http.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(str(client.id), secret.get_secret_value()),
            )
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    async def post(
        self, token: str, query: str, variables: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One request as it came back."""
        sent = {**ACCEPT, "Authorization": f"Bearer {token}", **(headers or {})}
        async with self._http() as http:
            return await http.post(
                "/graphql", json={"query": query, "variables": dict(variables)}, headers=sent
            )

    async def ask(self, token: str, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that went well: no errors, and no problems in any payload."""
        answer = (await self.post(token, query, variables)).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        assert not [each for each in data.values() if "problems" in (each or ()) and each["problems"]], data
        return data

    async def one(self, token: str, query: str, **variables: Any) -> Any:
        """As `ask`, of an operation with one root field: what that field answered."""
        (value,) = (await self.ask(token, query, **variables)).values()
        return value

    async def error(self, token: str, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of an operation that was refused."""
        answer = await self.post(token, query, variables)
        assert answer.status_code < 500, answer.text
        (error,) = answer.json()["errors"]
        return error

    async def problem(self, token: str, mutation: str, **variables: Any) -> tuple[str, list[str]]:
        """Code and path of the one problem of a mutation that was refused and changed nothing."""
        before = await self.traces()
        answer = (await self.post(token, mutation, variables)).json()
        assert "errors" not in answer, answer["errors"]
        (payload,) = answer["data"].values()
        (problem,) = payload["problems"]
        assert [
            value for name, value in payload.items() if name != "problems" and value not in (None, [])
        ] == []
        assert await self.traces() == before, "a refused mutation left something behind"
        return problem["code"], problem["path"]

    async def traces(self) -> tuple[int, int]:
        """How many acts and ledger entries this test has left: nothing happens without one of each."""
        async with self.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
            row = await ask.row(_TRACES, before_this_test())
        assert row is not None
        return row[0], row[1]

    async def events(self, since: tuple[int, int]) -> list[str]:
        """The events of the ledger after `since`, in order."""
        async with self.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
            rows = await ask.rows(_EVENTS, before_this_test(), since[1])
        return [row["event"] for row in rows]

    def _http(self) -> httpx.AsyncClient:
        number = new_id().int
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        transport = httpx.ASGITransport(self.site, raise_app_exceptions=True, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url=URL)


def nodes_of(connection: Mapping[str, Any]) -> list[Any]:
    """The things on a page."""
    edges: Sequence[Mapping[str, Any]] = connection["edges"]
    return [each["node"] for each in edges]
