"""Who asks: the viewer, and the OAuth2 clients of the organisation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import catalogue, organisations
from hub.act import Act, Ask
from hub.actors import SCOPES, Actor, Operation
from hub.auth import clients
from hub.errors import not_found
from schema.call import Info
from schema.door import acts, asks, lists
from schema.internal.links import link, one
from schema.internal.organisation import (
    Department,
    Organisation,
    departments_by_id,
    organisations_by_id,
)
from schema.internal.paging import counted, start_of
from schema.internal.places import within
from schema.internal.references import Reference, reference
from schema.problems import Payload
from schema.relay import CountedConnection, Node, Window, uuid_of


@strawberry.type(description="A program that signs in with OAuth2 client credentials.")
class Client(Node):
    """Without its secret, which nobody can see again."""

    row: strawberry.Private[clients.Client]
    name: str = strawberry.field(description="Its name, for staff.")
    kind: str = strawberry.field(description="What sort of program it is: APP.")
    scopes: list[str] = strawberry.field(description="The OAuth2 scopes it holds, e.g. `decide`.")
    created_at: datetime = strawberry.field(description="When it was created.")
    revoked_at: datetime | None = strawberry.field(
        description="When it was revoked; null while it may sign in."
    )

    @classmethod
    def of(cls, row: clients.Client) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            name=row.name,
            kind=row.kind,
            scopes=list(row.scopes),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )

    @link(
        Operation.CATALOGUE_READ, "The department it asks for; null: none, or you may not read the catalogue."
    )
    async def department(self, info: Info) -> Department | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, departments_by_id, self.row.department_id)


async def clients_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Client]:
    """Many at once."""
    return {row.id: Client.of(row) for row in await clients.load(ask, ids)}


@strawberry.type(description="Who is asking: the client behind the access token.")
class Viewer:
    """You."""

    actor: strawberry.Private[Actor]

    @strawberry.field(description="What sort of actor: app, operator or worker.")
    def kind(self) -> str:
        """As the ledger names it."""
        return self.actor.kind

    @strawberry.field(description="The scopes of the token that the client still holds.")
    def scopes(self) -> list[str]:
        """By name."""
        return sorted(self.actor.roles & SCOPES)

    @link(Operation.VIEWER_READ, "The organisation whose data you may touch.")
    async def organisation(self, info: Info) -> Organisation | None:
        """Loaded with the others'."""
        return await one(info, Operation.VIEWER_READ, organisations_by_id, self.actor.organisation_id)

    @link(Operation.VIEWER_READ, "The department you ask for; null: none.")
    async def department(self, info: Info) -> Department | None:
        """Loaded with the others'."""
        return await one(info, Operation.VIEWER_READ, departments_by_id, self.actor.department_id)

    @link(Operation.VIEWER_READ, "Your client; null for a viewer that is none.")
    async def client(self, info: Info) -> Client | None:
        """Loaded with the others'."""
        return await one(info, Operation.VIEWER_READ, clients_by_id, self.actor.id)


@strawberry.input(description="A client to create.")
class ClientCreateInput:
    """A program that may sign in."""

    name: str = strawberry.field(description="Its name, for staff.")
    scopes: list[str] = strawberry.field(
        description="The scopes it shall hold; you can give only those you hold."
    )
    department: Reference | None = strawberry.field(
        default=None,
        description="The department it asks for: key or id. A client of a department gives its own.",
    )


@strawberry.input(description="A client to revoke.")
class ClientRevokeInput:
    """At once."""

    client: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.type(description="The client, as it stands after the act.")
class ClientPayload(Payload):
    """Of `clientRevoke`."""

    client: Client | None = strawberry.field(default=None, description="The client.")


@strawberry.type(description="The new client, with its secret.")
class ClientCreatePayload(Payload):
    """Shown once."""

    client: Client | None = strawberry.field(default=None, description="The client.")
    client_id: str | None = strawberry.field(
        default=None, description="What it signs in with at POST /oauth/token."
    )
    client_secret: str | None = strawberry.field(
        default=None,
        description="Its secret: shown now and never again, also not to a repetition with the same key.",
    )


_Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
_Create = Annotated[ClientCreateInput, strawberry.argument(description="The client.")]
_Revoke = Annotated[ClientRevokeInput, strawberry.argument(description="Which.")]


@strawberry.type
class ClientQueries:
    """Reading who may ask."""

    @asks(Operation.VIEWER_READ)
    async def viewer(self, ask: Ask) -> Viewer:
        """Who is asking."""
        return Viewer(actor=ask.actor)

    @asks(Operation.CLIENT_READ)
    async def client(self, ask: Ask, id: _Id) -> Client:
        """One client."""
        found = await clients_by_id(ask, [uuid_of(id, "Client", "id")])
        if not found:
            raise not_found("client", "id")
        return next(iter(found.values()))

    @lists(Operation.CLIENT_READ, UUID)
    async def clients(self, ask: Ask, window: Window) -> CountedConnection[Client]:
        """The clients you may manage, revoked ones too, oldest first."""
        rows = await clients.page(ask, window.limit, start_of(window), backwards=window.backwards)
        return counted(window, rows, Client.of, clients.count)


@strawberry.type
class ClientMutations:
    """Changing who may ask."""

    @acts(Operation.CLIENT_CREATE)
    async def client_create(self, act: Act, input: _Create) -> ClientCreatePayload:
        """Create a client. Its secret is in the answer, once."""
        moved = {"department_id": ("department",)}
        with within(input, "input", moved=moved):
            department = await _department(act, input.department)
            owner = catalogue.owner(act, None)
            row, secret = await clients.create(
                act, input.name, clients.Kind.APP, input.scopes, owner, department
            )
        return ClientCreatePayload(
            client=Client.of(row), client_id=str(row.id), client_secret=secret.get_secret_value()
        )

    @acts(Operation.CLIENT_REVOKE)
    async def client_revoke(self, act: Act, input: _Revoke) -> ClientPayload:
        """End a client and every token it holds, at once. A second time changes nothing."""
        with within(input, "input", moved={"id": ("client",)}):
            row = await clients.revoke(act, uuid_of(input.client, "Client", "client"))
        return ClientPayload(client=Client.of(row))


async def _department(act: Act, given: str | None) -> UUID | None:
    if given is None:
        return act.actor.department_id
    named = reference(given, "Department", "department")
    return (await organisations.read_department(act, named, "department")).id
