"""What partners and the organisation's own programs were not told: seen across all endpoints, and sent again."""

from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

import strawberry

from hub import recipients
from hub.act import Act, Ask
from hub.actors import Operation
from hub.webhooks import told
from schema.door import acts, lists
from schema.internal.places import within
from schema.internal.references import Reference, optional_id, row_id
from schema.relay import Connection, Window, global_id, uuid_of
from schema.webhooks import WebhookDelivery, WebhookReplayInput, WebhookReplayPayload


@strawberry.type(description="A message that did not arrive.")
class WebhookFailure:
    """Whom it was for, and what was wrong."""

    delivery: WebhookDelivery = strawberry.field(description="The message, and how it went.")
    endpoint_id: strawberry.ID = strawberry.field(description="Where it was to arrive.")
    host: str | None = strawberry.field(description="The host of that address.")
    client: str = strawberry.field(description="Whose endpoint it is: what the client is called.")
    partner: str | None = strawberry.field(
        description="The partner's key; null: a program of the organisation's own."
    )
    can_be_sent_again: bool = strawberry.field(
        description="False where the endpoint or its client has ended, or it only asked for a token."
    )

    @classmethod
    def of(cls, found: told.Failure) -> Self:
        """As the API shows it."""
        return cls(
            delivery=WebhookDelivery.of(found.delivery),
            endpoint_id=global_id("WebhookEndpoint", found.delivery.endpoint_id),
            host=urlsplit(found.url).hostname,
            client=found.client,
            partner=found.partner,
            can_be_sent_again=found.is_live,
        )


_Partner = Annotated[Reference | None, strawberry.argument(description="Of this partner alone: key or id.")]
_Endpoint = Annotated[strawberry.ID | None, strawberry.argument(description="Of this endpoint alone.")]
_Again = Annotated[WebhookReplayInput, strawberry.argument(description="What.")]


@strawberry.type
class UnheardQueries:
    """Reading what did not arrive."""

    @lists(Operation.WEBHOOK_SURVEY, UUID, UUID, forward=True)
    async def webhook_failures(
        self, ask: Ask, window: Window, partner: _Partner = None, endpoint: _Endpoint = None
    ) -> Connection[WebhookFailure]:
        """What did not arrive in the last 30 days at any endpoint of the organisation, the latest first."""
        whose = await row_id(recipients.read, ask, partner, "Recipient", "partner")
        which = optional_id(endpoint, "WebhookEndpoint", "endpoint")
        found = await told.failed(
            ask, window.limit, endpoint_id=which, recipient_id=whose, before=_before(window)
        )
        return window.page(
            found, WebhookFailure.of, lambda each: (each.delivery.message_id, each.delivery.id)
        )


@strawberry.type
class UnheardMutations:
    """Sending it again."""

    @acts(Operation.WEBHOOK_REPLAY)
    async def webhook_resend(self, act: Act, input: _Again) -> WebhookReplayPayload:
        """Send again what has failed at an endpoint of the organisation, whoever's it is: all of it or one."""
        with within(input, "input"):
            which = uuid_of(input.endpoint, "WebhookEndpoint", "endpoint")
            again = await told.replay(act, which, told.read_id(input.delivery), whole=True)
        return WebhookReplayPayload(deliveries=again)


def _before(window: Window) -> tuple[UUID, UUID] | None:
    return (window.start[0], window.start[1]) if window.start else None
