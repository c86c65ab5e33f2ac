"""The whole schema for partners, put together, and the table of what an answer can be read again by."""

import strawberry

from hub.actors import Operation
from schema.nodes import NodeTable, loading
from schema.partner.conformance import ConformanceMutations, ConformanceQueries
from schema.partner.exporting import ExportMutations, ExportQueries, PartnerExport, exports_by_id
from schema.partner.offered import EntitlementQueries
from schema.partner.receiving import ReceivingQueries
from schema.partner.referrals import Referral, ReferralMutations, ReferralQueries, referrals_by_id
from schema.partner.viewer import ViewerQueries
from schema.partner.withdrawals import WithdrawalMutations, WithdrawalQueries, WithdrawalSubscriptions
from schema.scalars import assemble
from schema.webhooks import WebhookEndpoint, WebhookMutations, WebhookQueries, webhooks_by_id


@strawberry.type(
    description="What a partner can read. Customers that are read are recorded, each, as passed on to you."
)
class Query(
    ViewerQueries,
    ReferralQueries,
    WithdrawalQueries,
    WebhookQueries,
    EntitlementQueries,
    ReceivingQueries,
    ExportQueries,
    ConformanceQueries,
):
    """One mixin per noun."""


@strawberry.type(
    description="What a partner can do. Each acts once per `idempotencyKey`, and returns problems, not errors."
)
class Mutation(
    ReferralMutations, WithdrawalMutations, WebhookMutations, ExportMutations, ConformanceMutations
):
    """One mixin per noun."""


@strawberry.type(
    description="What can be followed over a WebSocket, by graphql-transport-ws. Nothing here changes anything."
)
class Subscription(WithdrawalSubscriptions):
    """One mixin per noun."""


def _table() -> NodeTable:
    made = NodeTable()
    made.add(Referral, Operation.REFERRAL_TAKE, referrals_by_id)
    made.add(PartnerExport, Operation.EXPORT_READ, exports_by_id)
    made.add(WebhookEndpoint, Operation.WEBHOOK_READ, loading(webhooks_by_id))
    return made


TABLE = _table()
schema = assemble(Query, Mutation, Subscription)
