"""Partners: recipients that sign in, the keys they sign with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.partners import fetching as fetchings
from hub.partners import inviting
from hub.partners import keys as signing
from hub.partners.inviting import Method, NewPartner
from schema.call import Info
from schema.door import acts, asks, lists
from schema.internal.arrangements import Arrangement, arrangements_by_id
from schema.internal.links import children, link, one, several
from schema.internal.paging import counted, page_of
from schema.internal.places import within
from schema.internal.recipients import Recipient, recipients_by_id
from schema.internal.references import Reference, reference, references
from schema.problems import Payload
from schema.relay import CountedConnection, Node, Window, uuid_of
from schema.weights import Weight


@strawberry.type(description="A public key that a partner signs its assertions with.")
class PartnerKey:
    """Its public half; nobody here has the other."""

    kid: str = strawberry.field(description="How the partner's assertions name it.")
    algorithm: str = strawberry.field(description="What it signs with: EdDSA, ES256 or PS256.")
    source: str = strawberry.field(description="UPLOAD: brought here. JWKS: from the partner's own address.")
    created_at: datetime = strawberry.field(description="Since when it counts.")
    ended_at: datetime | None = strawberry.field(description="Since when it does not; null: it counts.")

    @classmethod
    def of(cls, key: signing.Key) -> Self:
        """As the API shows it."""
        return cls(
            kid=key.kid,
            algorithm=key.algorithm,
            source=key.source,
            created_at=key.created_at,
            ended_at=key.ended_at,
        )


@strawberry.type(description="How it goes to fetch the keys that a partner publishes, every five minutes.")
class PartnerKeyFetching:
    """The last time."""

    tried_at: datetime = strawberry.field(description="When it was tried last.")
    fetched_at: datetime | None = strawberry.field(description="When keys came last.")
    failures: int = strawberry.field(description="How often in a row it has failed since.")
    problem: str | None = strawberry.field(description="What was wrong, as a code; null: nothing.")

    @classmethod
    def of(cls, state: fetchings.State) -> Self:
        """As the API shows it."""
        return cls(
            tried_at=state.tried_at,
            fetched_at=state.fetched_at,
            failures=state.failures,
            problem=state.problem,
        )


@strawberry.type(description="A recipient's way in: a client that signs in at /partner/graphql.")
class PartnerClient(Node):
    """Without its secret, which nobody can see again."""

    row: strawberry.Private[inviting.Client]
    client_id: str = strawberry.field(description="What it signs in with at POST /oauth/token.")
    name: str = strawberry.field(description="What it is called.")
    scopes: list[str] = strawberry.field(description="The scopes it holds, e.g. `partner:read`.")
    auth_method: str = strawberry.field(description="How it signs in: private_key_jwt or client_secret.")
    jwks_url: str | None = strawberry.field(description="Where it publishes its keys; null: it brings them.")
    created_at: datetime = strawberry.field(description="When it was invited.")
    revoked_at: datetime | None = strawberry.field(
        description="When it was revoked; null while it may sign in."
    )

    @classmethod
    def of(cls, row: inviting.Client) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            client_id=str(row.id),
            name=row.name,
            scopes=list(row.scopes),
            auth_method=row.auth_method,
            jwks_url=row.jwks_url,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )

    @link(Operation.CATALOGUE_READ, "Who it is; null if you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, self.row.recipient_id)

    @link(
        Operation.CATALOGUE_READ,
        "The arrangements it is for; null: all with its recipient, or you may not read the catalogue.",
        Weight(items=3),
    )
    async def arrangements(self, info: Info) -> list[Arrangement] | None:
        """Loaded with the others'."""
        if self.row.arrangements is None:
            return None
        return await several(info, Operation.CATALOGUE_READ, arrangements_by_id, self.row.arrangements)

    @link(Operation.PARTNER_CLIENTS, "Its keys, ended ones too, in the order they came in.", Weight(items=3))
    async def keys(self, info: Info) -> list[PartnerKey]:
        """Loaded with the others'."""
        found = await children(info, Operation.PARTNER_CLIENTS, signing.of, self.uuid)
        return [PartnerKey.of(each) for each in found or []]

    @link(Operation.PARTNER_CLIENTS, "How fetching its keys goes; null: it brings them, or not tried yet.")
    async def fetching(self, info: Info) -> PartnerKeyFetching | None:
        """Loaded with the others'."""
        found = await one(info, Operation.PARTNER_CLIENTS, fetchings.states, self.uuid)
        return PartnerKeyFetching.of(found) if found else None


async def partner_clients_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, PartnerClient]:
    """Many at once."""
    return {key: PartnerClient.of(row) for key, row in (await inviting.by_ids(ask, ids)).items()}


@strawberry.input(description="A recipient is to sign in.")
class PartnerInviteInput:
    """Its client."""

    recipient: Reference = strawberry.field(description="Who: key or id.")
    name: str = strawberry.field(description="What the client is called.")
    scopes: list[str] = strawberry.field(description="What it may do, e.g. `partner:read`.")
    arrangements: list[Reference] | None = strawberry.field(
        default=None, description="For which arrangements: keys or ids; null: all with this recipient."
    )
    auth_method: str = strawberry.field(
        default=Method.PRIVATE_KEY_JWT.value,
        description="private_key_jwt: by keys of its own. client_secret: with a secret it is given.",
    )
    jwks_url: str | None = strawberry.field(
        default=None, description="Where it publishes its keys, if it does: an https address."
    )


@strawberry.input(description="A key of a partner is to count.")
class PartnerKeyAddInput:
    """Two count at a time."""

    client: strawberry.ID = strawberry.field(description="The id of the partner's client.")
    jwk: str = strawberry.field(description="The public key as a JWK, the JSON object as text.")


@strawberry.input(description="A key of a partner is to end.")
class PartnerKeyEndInput:
    """At once."""

    client: strawberry.ID = strawberry.field(description="The id of the partner's client.")
    kid: str = strawberry.field(description="The name of the key.")


@strawberry.input(description="A partner's client is to end.")
class PartnerRevokeInput:
    """At once."""

    client: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.type(description="The partner's client, as it stands after the act.")
class PartnerClientPayload(Payload):
    """Of a mutation on one client."""

    client: PartnerClient | None = strawberry.field(default=None, description="The client.")


@strawberry.type(description="The new client, with its secret where it has one.")
class PartnerInvitePayload(Payload):
    """Shown once."""

    client: PartnerClient | None = strawberry.field(default=None, description="The client.")
    client_secret: str | None = strawberry.field(
        default=None,
        description="Its secret: shown now and never again, also not to a repetition with the same key.",
    )


_Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
_Of = Annotated[Reference | None, strawberry.argument(description="Of this recipient only: key or id.")]
_Invite = Annotated[PartnerInviteInput, strawberry.argument(description="Who, and for what.")]
_Add = Annotated[PartnerKeyAddInput, strawberry.argument(description="The key.")]
_End = Annotated[PartnerKeyEndInput, strawberry.argument(description="Which key.")]
_Revoke = Annotated[PartnerRevokeInput, strawberry.argument(description="Which client.")]


@strawberry.type
class PartnerQueries:
    """Reading who signs in as a partner."""

    @asks(Operation.PARTNER_CLIENTS)
    async def partner_client(self, ask: Ask, id: _Id) -> PartnerClient:
        """One partner's client."""
        return PartnerClient.of(await inviting.read(ask, uuid_of(id, "PartnerClient", "id"), "id"))

    @lists(Operation.PARTNER_CLIENTS, UUID)
    async def partner_clients(
        self, ask: Ask, window: Window, recipient: _Of = None
    ) -> CountedConnection[PartnerClient]:
        """The clients of partners, revoked ones too, oldest first."""
        whose = await inviting.recipient_of(ask, _named(recipient), "recipient")
        rows = await inviting.page(ask, page_of(window), whose)

        async def count(again: Ask) -> int:
            return await inviting.count(again, whose)

        return counted(window, rows, PartnerClient.of, count)


@strawberry.type
class PartnerMutations:
    """Changing who signs in as a partner."""

    @acts(Operation.PARTNER_INVITE)
    async def partner_invite(self, act: Act, input: _Invite) -> PartnerInvitePayload:
        """Let a recipient sign in. Where it does so with a secret, that is in the answer, once."""
        with within(input, "input"):
            row, secret = await inviting.invite(act, _new(input))
        shown = secret.get_secret_value() if secret else None
        return PartnerInvitePayload(client=PartnerClient.of(row), client_secret=shown)

    @acts(Operation.PARTNER_INVITE)
    async def partner_key_add(self, act: Act, input: _Add) -> PartnerClientPayload:
        """Let a key count from now on; two at most count at a time."""
        with within(input, "input"):
            client = uuid_of(input.client, "PartnerClient", "client")
            await signing.add(act, client, input.jwk)
            row = await inviting.read(act, client, "client")
        return PartnerClientPayload(client=PartnerClient.of(row))

    @acts(Operation.PARTNER_INVITE)
    async def partner_key_end(self, act: Act, input: _End) -> PartnerClientPayload:
        """Let nothing count any more that a key signs. A second time changes nothing."""
        with within(input, "input"):
            client = uuid_of(input.client, "PartnerClient", "client")
            await signing.end(act, client, input.kid)
            row = await inviting.read(act, client, "client")
        return PartnerClientPayload(client=PartnerClient.of(row))

    @acts(Operation.PARTNER_INVITE)
    async def partner_revoke(self, act: Act, input: _Revoke) -> PartnerClientPayload:
        """End a partner's client and every token it holds, at once. A second time changes nothing."""
        with within(input, "input"):
            row = await inviting.revoke(act, uuid_of(input.client, "PartnerClient", "client"))
        return PartnerClientPayload(client=PartnerClient.of(row))


def _named(given: str | None) -> UUID | str | None:
    return None if given is None else reference(given, "Recipient", "recipient")


def _new(given: PartnerInviteInput) -> NewPartner:
    covered = given.arrangements
    return NewPartner(
        given.name,
        reference(given.recipient, "Recipient", "recipient"),
        given.scopes,
        None if covered is None else references(covered, "Arrangement", "arrangements"),
        given.auth_method,
        given.jwks_url,
    )
