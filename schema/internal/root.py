"""The whole schema for internal apps, put together, and the table of what can be fetched by its id."""

import strawberry

from hub.actors import Operation
from schema.internal.appointing import AppointingMutations
from schema.internal.arrangements import (
    Arrangement,
    ArrangementMutations,
    ArrangementQueries,
    arrangements_by_id,
)
from schema.internal.arranging import ArrangingMutations
from schema.internal.categories import Category, CategoryMutations, CategoryQueries, categories_by_id
from schema.internal.changes import ChangeQueries, RequestSubscriptions
from schema.internal.choices import Choice, ChoiceQueries, choices_by_id
from schema.internal.choosing import ChoiceMutations
from schema.internal.clients import Client, ClientMutations, ClientQueries, clients_by_id
from schema.internal.comparing import ComparingQueries
from schema.internal.conducting import ConductMutations
from schema.internal.consequences import ConsequenceMutations, ConsequenceQueries
from schema.internal.coverage import CoverageQueries
from schema.internal.crowds import CrowdQueries
from schema.internal.customers import Customer, CustomerQueries, customers_by_id
from schema.internal.decisions import Decision, DecisionMutations, DecisionQueries, decisions_by_id
from schema.internal.defining import PurposeMutations
from schema.internal.disclosing import (
    Disclosure,
    DisclosureMutations,
    DisclosureQueries,
    disclosures_by_id,
)
from schema.internal.drafting import NoticeMutations
from schema.internal.duties import DutyQueries
from schema.internal.fulfilment import FulfilmentMutations, FulfilmentQueries
from schema.internal.holdings import HoldingMutations
from schema.internal.intake import (
    Collection,
    Delivery,
    IntakeMutations,
    IntakeQueries,
    collections_by_id,
    deliveries_by_id,
)
from schema.internal.ledger import LedgerEntry, LedgerQueries, entries_by_id
from schema.internal.letters import LetterMutations, LetterQueries
from schema.internal.merging import MergeMutations, MergeProposal, MergeQueries, proposals_by_id
from schema.internal.notices import (
    Clause,
    Notice,
    NoticeQueries,
    NoticeVersion,
    clauses_by_id,
    notices_by_id,
    versions_by_id,
)
from schema.internal.opening import OpeningMutations
from schema.internal.organisation import (
    Department,
    Organisation,
    OrganisationMutations,
    OrganisationQueries,
    departments_by_id,
    organisations_by_id,
)
from schema.internal.packages import PackageMutations, PackageQueries
from schema.internal.partners import (
    PartnerClient,
    PartnerMutations,
    PartnerQueries,
    partner_clients_by_id,
)
from schema.internal.posing import ConsentQuestionMutations
from schema.internal.purposes import Purpose, PurposeQueries, purposes_by_id
from schema.internal.questions import ConsentQuestion, ConsentQuestionQueries, questions_by_id
from schema.internal.recipients import (
    Recipient,
    RecipientClass,
    RecipientMutations,
    RecipientQueries,
    classes_by_id,
    recipients_by_id,
)
from schema.internal.referrals import Referral, ReferralQueries, referrals_by_id
from schema.internal.referring import ReferralMutations
from schema.internal.register import Activity, activities_by_id
from schema.internal.registering import RegisterMutations
from schema.internal.replays import ReplayQueries
from schema.internal.representatives import (
    Representative,
    RepresentativeQueries,
    representatives_by_id,
)
from schema.internal.reviewing import RegisterQueries
from schema.internal.rights import RightsRequest, RightsRequestQueries, requests_by_id
from schema.internal.supposing import SupposingQueries
from schema.internal.suppressing import SuppressionMutations
from schema.internal.unheard import UnheardMutations, UnheardQueries
from schema.internal.upkeep import CustomerMutations
from schema.nodes import Batch, NodeQueries, NodeTable, loading
from schema.relay import Node
from schema.scalars import assemble
from schema.webhooks import WebhookEndpoint, WebhookMutations, WebhookQueries, webhooks_by_id


@strawberry.type(description="What can be read. Nothing here changes anything; `preview` leaves no trace.")
class Query(
    NodeQueries,
    ClientQueries,
    OrganisationQueries,
    CategoryQueries,
    PurposeQueries,
    RecipientQueries,
    ArrangementQueries,
    PartnerQueries,
    RegisterQueries,
    NoticeQueries,
    LetterQueries,
    ComparingQueries,
    DutyQueries,
    CustomerQueries,
    MergeQueries,
    IntakeQueries,
    ChoiceQueries,
    ConsentQuestionQueries,
    RightsRequestQueries,
    ChangeQueries,
    RepresentativeQueries,
    FulfilmentQueries,
    PackageQueries,
    ConsequenceQueries,
    DecisionQueries,
    DisclosureQueries,
    ReferralQueries,
    ReplayQueries,
    CrowdQueries,
    CoverageQueries,
    SupposingQueries,
    LedgerQueries,
    WebhookQueries,
    UnheardQueries,
):
    """One mixin per noun."""


@strawberry.type(
    description="What can be done. Each mutation is all or nothing, and what it did stands in the ledger."
)
class Mutation(
    DecisionMutations,
    CustomerMutations,
    SuppressionMutations,
    DisclosureMutations,
    ReferralMutations,
    MergeMutations,
    IntakeMutations,
    ChoiceMutations,
    ConsentQuestionMutations,
    OpeningMutations,
    AppointingMutations,
    ConductMutations,
    FulfilmentMutations,
    PackageMutations,
    ConsequenceMutations,
    HoldingMutations,
    NoticeMutations,
    LetterMutations,
    PurposeMutations,
    RecipientMutations,
    ArrangementMutations,
    ArrangingMutations,
    PartnerMutations,
    RegisterMutations,
    CategoryMutations,
    OrganisationMutations,
    ClientMutations,
    WebhookMutations,
    UnheardMutations,
):
    """One mixin per noun."""


@strawberry.type(
    description="What can be followed over a WebSocket, by graphql-transport-ws. Nothing here changes anything."
)
class Subscription(RequestSubscriptions):
    """One mixin per noun."""


def _table() -> NodeTable:
    made = NodeTable()
    for kind, operation, batch in _NODES:
        made.add(kind, operation, loading(batch))
    return made


_NODES: tuple[tuple[type[Node], Operation, Batch], ...] = (
    (Organisation, Operation.VIEWER_READ, organisations_by_id),
    (Department, Operation.CATALOGUE_READ, departments_by_id),
    (Category, Operation.CATALOGUE_READ, categories_by_id),
    (Purpose, Operation.CATALOGUE_READ, purposes_by_id),
    (Recipient, Operation.CATALOGUE_READ, recipients_by_id),
    (RecipientClass, Operation.CATALOGUE_READ, classes_by_id),
    (Arrangement, Operation.CATALOGUE_READ, arrangements_by_id),
    (Activity, Operation.REGISTER_READ, activities_by_id),
    (Notice, Operation.NOTICE_READ, notices_by_id),
    (NoticeVersion, Operation.NOTICE_READ, versions_by_id),
    (Clause, Operation.NOTICE_READ, clauses_by_id),
    (Customer, Operation.CUSTOMER_READ, customers_by_id),
    (MergeProposal, Operation.CUSTOMER_READ, proposals_by_id),
    (Collection, Operation.CUSTOMER_READ, collections_by_id),
    (Delivery, Operation.CUSTOMER_READ, deliveries_by_id),
    (Choice, Operation.CUSTOMER_READ, choices_by_id),
    (ConsentQuestion, Operation.QUESTION_READ, questions_by_id),
    (RightsRequest, Operation.REQUEST_READ, requests_by_id),
    (Representative, Operation.REPRESENTATIVE_READ, representatives_by_id),
    (Decision, Operation.DECISION_READ, decisions_by_id),
    (Disclosure, Operation.DISCLOSURE_READ, disclosures_by_id),
    (Referral, Operation.REFERRAL_READ, referrals_by_id),
    (LedgerEntry, Operation.LEDGER_READ, entries_by_id),
    (Client, Operation.CLIENT_READ, clients_by_id),
    (WebhookEndpoint, Operation.WEBHOOK_READ, webhooks_by_id),
    (PartnerClient, Operation.PARTNER_CLIENTS, partner_clients_by_id),
)

TABLE = _table()
schema = assemble(Query, Mutation, Subscription)
