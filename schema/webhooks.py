"""Webhooks, for partners and for apps alike: where they are told things, and how telling them went."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.webhooks import endpoints, told
from schema.door import acts, asks, lists
from schema.internal.paging import page_of, paged
from schema.internal.places import within
from schema.internal.telling import told as _told
from schema.problems import Payload
from schema.relay import Connection, Node, Window, uuid_of

_told(
    told.State, "WebhookDeliveryState", "How telling goes.",
    WAITING="It is sent, or sent again, when it is due.",
    DELIVERED="The endpoint answered with 2xx.",
    MERGED="A later message says as much: this one is not sent.",
    FAILED="It is not sent any more, unless you ask for it.",
)  # fmt: skip
_told(
    endpoints.Why, "WebhookDisabledWhy", "Why an endpoint is told nothing any more.",
    GONE="It answered 410.",
    FAILING="Nothing had arrived for five days.",
    REMOVED="You removed it.",
)  # fmt: skip


@strawberry.type(description="Where you are told that something is there for you.")
class WebhookEndpoint(Node):
    """Without its secrets, which nobody can see again."""

    url: str = strawberry.field(description="Its address.")
    types: list[str] = strawberry.field(description="What it is told, e.g. `withdrawals.available`.")
    created_at: datetime = strawberry.field(description="When it was registered.")
    verified_at: datetime | None = strawberry.field(
        description="When it echoed its token; null: not yet, and it is told nothing else."
    )
    failing_since: datetime | None = strawberry.field(
        description="Since when nothing has arrived there; null: all is well. After five days it is disabled."
    )
    disabled_at: datetime | None = strawberry.field(description="Since when it is told nothing; null: it is.")
    disabled_why: endpoints.Why | None = strawberry.field(description="Why; null: it is not disabled.")

    @classmethod
    def of(cls, row: endpoints.Endpoint) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            url=row.url,
            types=list(row.types),
            created_at=row.created_at,
            verified_at=row.verified_at,
            failing_since=row.failing_since,
            disabled_at=row.disabled_at,
            disabled_why=row.disabled_why,
        )


async def webhooks_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, WebhookEndpoint]:
    """Many at once."""
    return {key: WebhookEndpoint.of(row) for key, row in (await endpoints.by_ids(ask, ids)).items()}


@strawberry.type(description="One message to one endpoint.")
class WebhookDelivery:
    """How telling it went."""

    delivery_id: str = strawberry.field(description="Names it, to have it sent again.")
    message_id: str = strawberry.field(description="The `webhook-id` of all its attempts.")
    type: str = strawberry.field(description="What it says.")
    at: datetime = strawberry.field(description="When it was announced.")
    state: told.State = strawberry.field(description="How it stands.")
    attempts: int = strawberry.field(description="How often it was sent.")
    due_at: datetime | None = strawberry.field(description="When it is sent next; null: never.")
    tried_at: datetime | None = strawberry.field(description="When it was sent last.")
    status: int | None = strawberry.field(description="The last answer's HTTP status; null: none came.")
    problem: str | None = strawberry.field(description="What was wrong the last time, as a code.")

    @classmethod
    def of(cls, row: told.Delivery) -> Self:
        """As the API shows it."""
        return cls(
            delivery_id=str(row.id),
            message_id=f"msg_{row.message_id.hex}",
            type=row.type,
            at=row.at,
            state=row.state,
            attempts=row.attempts,
            due_at=row.due_at,
            tried_at=row.tried_at,
            status=row.status,
            problem=row.problem,
        )


@strawberry.input(description="An endpoint to register.")
class WebhookAddInput:
    """Of the client that asks."""

    url: str = strawberry.field(description="Its address: https, of the open internet.")
    types: list[str] = strawberry.field(description="What it shall be told, e.g. `withdrawals.available`.")


@strawberry.input(description="Which endpoint.")
class WebhookInput:
    """One of yours."""

    endpoint: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.input(description="What is to be sent again.")
class WebhookReplayInput:
    """Of what has failed."""

    endpoint: strawberry.ID = strawberry.field(description="The id of the endpoint.")
    delivery: str | None = strawberry.field(
        default=None, description="The `deliveryId` of one that failed; null: all that failed."
    )


@strawberry.type(description="The endpoint, as it stands after the act.")
class WebhookPayload(Payload):
    """Of a mutation on one endpoint."""

    endpoint: WebhookEndpoint | None = strawberry.field(default=None, description="The endpoint.")


@strawberry.type(description="The endpoint, with new secrets that its messages are signed with.")
class WebhookSecretsPayload(Payload):
    """Shown once."""

    endpoint: WebhookEndpoint | None = strawberry.field(default=None, description="The endpoint.")
    secret: str | None = strawberry.field(
        default=None, description="For signatures `v1` (HMAC): `whsec_...`. Shown now and never again."
    )
    public_key: str | None = strawberry.field(
        default=None, description="For signatures `v1a` (Ed25519): `whpk_...`. Shown now and never again."
    )


@strawberry.type(description="The test as it is on its way; `webhookDeliveries` shows what came of it.")
class WebhookTestPayload(Payload):
    """Of `webhookTest`."""

    delivery: WebhookDelivery | None = strawberry.field(default=None, description="What is sent.")


@strawberry.type(description="How much is sent again.")
class WebhookReplayPayload(Payload):
    """Of `webhookReplay`."""

    deliveries: int | None = strawberry.field(default=None, description="How many messages.")


_Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the endpoint.")]
_State = Annotated[told.State | None, strawberry.argument(description="In this state only.")]
_Add = Annotated[WebhookAddInput, strawberry.argument(description="The endpoint.")]
_Which = Annotated[WebhookInput, strawberry.argument(description="Which.")]
_Replay = Annotated[WebhookReplayInput, strawberry.argument(description="What.")]


@strawberry.type
class WebhookQueries:
    """Reading where one is told things."""

    @lists(Operation.WEBHOOK_READ, UUID)
    async def webhooks(self, ask: Ask, window: Window) -> Connection[WebhookEndpoint]:
        """Your endpoints, disabled ones too, oldest first."""
        return paged(window, await endpoints.page(ask, page_of(window)), WebhookEndpoint.of)

    @lists(Operation.WEBHOOK_READ, UUID, forward=True)
    async def webhook_deliveries(
        self, ask: Ask, window: Window, endpoint: _Id, state: _State = None
    ) -> Connection[WebhookDelivery]:
        """What one of your endpoints was told in the last 30 days, the latest first."""
        before = window.start[0] if window.start else None
        which = uuid_of(endpoint, "WebhookEndpoint", "endpoint")
        rows = await told.page(ask, which, state, before, window.limit)
        return window.page(rows, WebhookDelivery.of, lambda row: (row.message_id,))

    @asks(Operation.WEBHOOK_READ)
    async def webhook(self, ask: Ask, id: _Id) -> WebhookEndpoint:
        """One of your endpoints."""
        return WebhookEndpoint.of(await endpoints.read(ask, uuid_of(id, "WebhookEndpoint", "id"), "id"))


@strawberry.type
class WebhookMutations:
    """Changing where one is told things."""

    @acts(Operation.WEBHOOK_MANAGE)
    async def webhook_add(self, act: Act, input: _Add) -> WebhookSecretsPayload:
        """Register an endpoint. It is sent `endpoint.verify` with a token, and told nothing until it echoes that."""
        with within(input, "input"):
            row, made = await endpoints.add(act, input.url, input.types)
        return WebhookSecretsPayload(
            endpoint=WebhookEndpoint.of(row), secret=made.hmac, public_key=made.public
        )

    @acts(Operation.WEBHOOK_MANAGE)
    async def webhook_verify(self, act: Act, input: _Which) -> WebhookPayload:
        """Send the token once more to an endpoint that has not echoed one."""
        with within(input, "input"):
            row = await endpoints.verify(act, _id(input))
        return WebhookPayload(endpoint=WebhookEndpoint.of(row))

    @acts(Operation.WEBHOOK_MANAGE)
    async def webhook_test(self, act: Act, input: _Which) -> WebhookTestPayload:
        """Send `endpoint.test` to an endpoint, once, to see whether it answers."""
        with within(input, "input"):
            sent = await endpoints.test(act, _id(input))
        row = await told.read(act, _id(input), sent)
        return WebhookTestPayload(delivery=WebhookDelivery.of(row))

    @acts(Operation.WEBHOOK_MANAGE)
    async def webhook_rotate(self, act: Act, input: _Which) -> WebhookSecretsPayload:
        """Give an endpoint new secrets; for 24 hours messages are signed with the old ones too."""
        with within(input, "input"):
            row, made = await endpoints.rotate(act, _id(input))
        return WebhookSecretsPayload(
            endpoint=WebhookEndpoint.of(row), secret=made.hmac, public_key=made.public
        )

    @acts(Operation.WEBHOOK_MANAGE)
    async def webhook_remove(self, act: Act, input: _Which) -> WebhookPayload:
        """Tell an endpoint nothing more, for good."""
        with within(input, "input"):
            row = await endpoints.remove(act, _id(input))
        return WebhookPayload(endpoint=WebhookEndpoint.of(row))

    @acts(Operation.WEBHOOK_MANAGE)
    async def webhook_replay(self, act: Act, input: _Replay) -> WebhookReplayPayload:
        """Send again what has failed, all of it or one."""
        with within(input, "input"):
            which = uuid_of(input.endpoint, "WebhookEndpoint", "endpoint")
            again = await told.replay(act, which, told.read_id(input.delivery))
        return WebhookReplayPayload(deliveries=again)


def _id(given: WebhookInput) -> UUID:
    return uuid_of(given.endpoint, "WebhookEndpoint", "endpoint")
