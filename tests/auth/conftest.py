"""An organisation, its clients, and the real door: the routes as served, spoken to by an OAuth library."""

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.auth import clients, endpoints
from hub.db import new_id
from hub.errors import Refusal
from hub.models import Client, Department, Organisation

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the library prefers a successor of httpx that we do not use
    from authlib.integrations.httpx_client import AsyncOAuth2Client

URL = "http://localhost:8000"


@dataclass(frozen=True, slots=True)
class App:
    """A client with the secret it was given."""

    client: Client
    secret: SecretStr

    @property
    def basic(self) -> tuple[str, str]:
        """What it signs in with."""
        return str(self.client.id), self.secret.get_secret_value()


Register = Callable[..., Awaitable[App]]


@pytest_asyncio.fixture
async def organisation(hub: Hub) -> Organisation:
    """An organisation of the test's own."""
    async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
        identifier = new_id()
        made = await Organisation.create(
            id=identifier,
            key=str(identifier),
            name="T",
            country="AU",
            contact="",
            created_at=act.at,
            using_db=act.db,
        )
        await act.record("organisation.set_up", organisation=str(made.id))
    return made


@pytest_asyncio.fixture
async def department(hub: Hub, organisation: Organisation) -> Department:
    """A department of it."""
    async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
        made = await Department.create(
            id=new_id(),
            key="sales",
            name="Sales",
            organisation=organisation,
            created_at=act.at,
            using_db=act.db,
        )
        await act.record("department.set_up", department=str(made.id))
    return made


@pytest.fixture
def register(hub: Hub, organisation: Organisation) -> Register:
    """Make a client with these scopes."""

    async def make(*scopes: str, **place: object) -> App:
        given = {"organisation_id": organisation.id, **place}
        async with hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
            client, secret = await clients.create(act, "Desk", clients.Kind.APP, scopes, **given)  # pyright: ignore[reportArgumentType]
        return App(client, secret)

    return make


@pytest_asyncio.fixture
async def app(register: Register) -> App:
    """A client with two scopes."""
    return await register("decide", "customers:read")


@pytest.fixture
def site(hub: Hub) -> Starlette:
    """The routes as they are served, beside an address that tells who asks."""

    async def who(request: Request) -> Response:
        try:
            actor = await endpoints.identify(hub, request)
        except Refusal as refusal:
            headers = {"WWW-Authenticate": endpoints.challenge(request)}
            return JSONResponse({"code": refusal.code, "message": refusal.message}, 401, headers)
        return JSONResponse({"id": str(actor.id), "roles": sorted(actor.roles)})

    return Starlette(routes=[*endpoints.routes(hub), Route("/who", who)])


@pytest_asyncio.fixture
async def web(site: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP to it, from an address of this test's own, so that limits are not shared."""
    number = new_id().int
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    transport = httpx.ASGITransport(site, raise_app_exceptions=True, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as opened:
        yield opened


@pytest_asyncio.fixture
async def sign_in(site: Starlette) -> AsyncIterator[Callable[..., Any]]:
    """A real OAuth2 client library for an app; options as of the library."""
    opened: list[Any] = []

    def make(app: App, **options: Any) -> Any:
        transport = httpx.ASGITransport(site)
        made = AsyncOAuth2Client(
            *app.basic, transport=transport, base_url=URL, token_endpoint=f"{URL}/oauth/token", **options
        )
        opened.append(made)
        return made

    yield make
    for each in opened:
        await each.aclose()


@pytest.fixture
def token_of(web: httpx.AsyncClient) -> Callable[..., Awaitable[str]]:
    """An access token of an app."""

    async def get(app: App, **more: str) -> str:
        answer = await web.post(
            "/oauth/token", data={"grant_type": "client_credentials", **more}, auth=app.basic
        )
        return answer.json()["access_token"]

    return get
