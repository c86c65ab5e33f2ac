"""Who acts, and the one table that says which role may do which operation.

An app's roles are the scopes its token carries. Nothing is allowed that the table does not name.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from hub.errors import Code, Refusal


class Role(StrEnum):
    """What an actor may be. Those of apps are OAuth2 scopes, spelt as in a token."""

    STRANGER = "stranger"
    PORTAL = "portal"
    DECIDE = "decide"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_REVEAL = "customers:reveal"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    REQUESTS_READ = "requests:read"
    REQUESTS_WRITE = "requests:write"
    REQUESTS_CONDUCT = "requests:conduct"
    LEDGER_READ = "ledger:read"
    CLIENTS_MANAGE = "clients:manage"
    WORKER = "worker"
    OPERATOR = "operator"


SCOPES = frozenset(
    {
        Role.DECIDE,
        Role.CUSTOMERS_READ,
        Role.CUSTOMERS_WRITE,
        Role.CUSTOMERS_REVEAL,
        Role.CATALOGUE_READ,
        Role.CATALOGUE_WRITE,
        Role.REQUESTS_READ,
        Role.REQUESTS_WRITE,
        Role.REQUESTS_CONDUCT,
        Role.LEDGER_READ,
        Role.CLIENTS_MANAGE,
    }
)


class Operation(StrEnum):
    """Everything that can be asked of the hub, `noun.verb`."""

    HEALTH_READ = "health.read"
    METADATA_READ = "metadata.read"
    METRICS_READ = "metrics.read"
    MAILBOX_READ = "mailbox.read"
    TOKEN_ISSUE = "token.issue"  # noqa: S105 - an operation
    TOKEN_REVOKE = "token.revoke"  # noqa: S105
    TOKEN_INTROSPECT = "token.introspect"  # noqa: S105
    VIEWER_READ = "viewer.read"
    DECISION_DECIDE = "decision.decide"
    DECISION_PREVIEW = "decision.preview"
    DECISION_READ = "decision.read"
    AUDIENCE_READ = "audience.read"
    CUSTOMER_READ = "customer.read"
    CUSTOMER_REVEAL = "customer.reveal"
    CUSTOMER_CREATE = "customer.create"
    CUSTOMER_CHANGE = "customer.change"
    CUSTOMER_MERGE = "customer.merge"
    CUSTOMER_IMPORT = "customer.import"
    CUSTOMER_ERASE = "customer.erase"
    COLLECTION_RECORD = "collection.record"
    DELIVERY_RECORD = "delivery.record"
    CHOICE_RECORD = "choice.record"
    CHOICE_WITHDRAW = "choice.withdraw"
    QUESTION_READ = "question.read"
    QUESTION_PUT = "question.put"
    QUESTION_ANSWER = "question.answer"
    REQUEST_READ = "request.read"
    REQUEST_OPEN = "request.open"
    REQUEST_CONDUCT = "request.conduct"
    PORTAL_READ = "portal.read"
    PORTAL_ASK = "portal.ask"
    PORTAL_FOLLOW = "portal.follow"
    REQUEST_FULFIL = "request.fulfil"
    SYSTEM_CONNECT = "system.connect"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_WRITE = "catalogue.write"
    REGISTER_READ = "register.read"
    REGISTER_WRITE = "register.write"
    NOTICE_READ = "notice.read"
    NOTICE_DRAFT = "notice.draft"
    NOTICE_PUBLISH = "notice.publish"
    LETTER_READ = "letter.read"
    LETTER_REVISE = "letter.revise"
    LETTER_DELIVER = "letter.deliver"
    LEDGER_READ = "ledger.read"
    LEDGER_VERIFY = "ledger.verify"
    RECEIPT_ISSUE = "receipt.issue"
    CLIENT_READ = "client.read"
    CLIENT_CREATE = "client.create"
    CLIENT_REVOKE = "client.revoke"
    ORGANISATION_SET_UP = "organisation.set_up"
    HUB_MAINTAIN = "hub.maintain"


_O, _R = Operation, Role
MAY: dict[Operation, frozenset[Role]] = {
    _O.HEALTH_READ: frozenset(Role),
    _O.METADATA_READ: frozenset(Role),
    _O.METRICS_READ: frozenset({_R.OPERATOR}),  # whoever brings HUB_METRICS_TOKEN
    _O.MAILBOX_READ: frozenset(Role),  # the demo's; there is no such page elsewhere
    _O.TOKEN_ISSUE: frozenset({_R.STRANGER}),
    _O.TOKEN_REVOKE: frozenset({_R.STRANGER}),
    _O.TOKEN_INTROSPECT: frozenset({_R.STRANGER}),
    _O.VIEWER_READ: frozenset({*SCOPES, _R.OPERATOR}),
    _O.DECISION_DECIDE: frozenset({_R.DECIDE, _R.OPERATOR, _R.WORKER}),
    _O.DECISION_PREVIEW: frozenset({_R.DECIDE, _R.OPERATOR, _R.WORKER}),
    _O.DECISION_READ: frozenset({_R.DECIDE, _R.LEDGER_READ, _R.OPERATOR}),
    _O.AUDIENCE_READ: frozenset({_R.DECIDE, _R.OPERATOR}),
    _O.CUSTOMER_READ: frozenset({_R.CUSTOMERS_READ, _R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CUSTOMER_REVEAL: frozenset({_R.CUSTOMERS_REVEAL}),
    _O.CUSTOMER_CREATE: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CUSTOMER_CHANGE: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CUSTOMER_MERGE: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR, _R.WORKER}),
    _O.CUSTOMER_IMPORT: frozenset({_R.OPERATOR}),
    _O.CUSTOMER_ERASE: frozenset({_R.WORKER, _R.OPERATOR}),
    _O.COLLECTION_RECORD: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.DELIVERY_RECORD: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CHOICE_RECORD: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CHOICE_WITHDRAW: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.QUESTION_READ: frozenset({_R.CUSTOMERS_READ, _R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.QUESTION_PUT: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.QUESTION_ANSWER: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.REQUEST_READ: frozenset({_R.REQUESTS_READ, _R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, _R.OPERATOR}),
    _O.REQUEST_OPEN: frozenset({_R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, _R.OPERATOR}),
    _O.REQUEST_CONDUCT: frozenset({_R.REQUESTS_CONDUCT, _R.OPERATOR}),
    _O.PORTAL_READ: frozenset(Role),  # what everybody reads there
    _O.PORTAL_ASK: frozenset({_R.PORTAL}),  # a request, and the code that proves it
    _O.PORTAL_FOLLOW: frozenset({_R.PORTAL}),  # the requests that this very visit has proved
    _O.REQUEST_FULFIL: frozenset({_R.WORKER}),
    _O.SYSTEM_CONNECT: frozenset({_R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.CATALOGUE_READ: frozenset({_R.DECIDE, _R.CATALOGUE_READ, _R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.CATALOGUE_WRITE: frozenset({_R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.REGISTER_READ: frozenset({_R.CATALOGUE_READ, _R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.REGISTER_WRITE: frozenset({_R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.NOTICE_READ: frozenset({_R.DECIDE, _R.CATALOGUE_READ, _R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.NOTICE_DRAFT: frozenset({_R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.NOTICE_PUBLISH: frozenset({_R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.LETTER_READ: frozenset({_R.CUSTOMERS_READ, _R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.LETTER_REVISE: frozenset({_R.CATALOGUE_WRITE, _R.OPERATOR}),
    _O.LETTER_DELIVER: frozenset({_R.WORKER, _R.OPERATOR}),  # claim, settle, bounce
    _O.LEDGER_READ: frozenset({_R.LEDGER_READ, _R.OPERATOR}),
    _O.LEDGER_VERIFY: frozenset({_R.OPERATOR, _R.WORKER}),
    _O.RECEIPT_ISSUE: frozenset({_R.LEDGER_READ, _R.OPERATOR}),
    _O.CLIENT_READ: frozenset({_R.CLIENTS_MANAGE, _R.OPERATOR}),
    _O.CLIENT_CREATE: frozenset({_R.CLIENTS_MANAGE, _R.OPERATOR}),
    _O.CLIENT_REVOKE: frozenset({_R.CLIENTS_MANAGE, _R.OPERATOR}),
    _O.ORGANISATION_SET_UP: frozenset({_R.OPERATOR}),
    _O.HUB_MAINTAIN: frozenset({_R.WORKER, _R.OPERATOR}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. kind: stranger, portal, app, worker, operator. organisation_id: whose data it may touch (None: all)."""

    kind: str
    id: UUID | None = None
    organisation_id: UUID | None = None
    department_id: UUID | None = None
    roles: frozenset[Role] = field(default_factory=frozenset[Role])


STRANGER = Actor("stranger", roles=frozenset({Role.STRANGER}))
OPERATOR = Actor("operator", roles=frozenset({Role.OPERATOR}))
WORKER = Actor("worker", roles=frozenset({Role.WORKER}))


def guest(organisation_id: UUID) -> Actor:
    """Whoever comes to an organisation's portal and is not signed in."""
    return Actor("portal", organisation_id=organisation_id, roles=frozenset({Role.PORTAL}))


def may(actor: Actor, operation: Operation) -> bool:
    """Whether the table lets this actor do this operation."""
    return not actor.roles.isdisjoint(MAY.get(operation, frozenset()))


def authorise(actor: Actor, operation: Operation) -> None:
    """Refuse FORBIDDEN (or UNAUTHENTICATED for a stranger) unless the table allows it."""
    if may(actor, operation):
        return
    if actor.kind == "stranger":
        raise Refusal(
            Code.UNAUTHENTICATED, "Sign in first: send an access token as `Authorization: Bearer ...`."
        )
    needed = ", ".join(sorted(MAY.get(operation, frozenset()) & SCOPES)) or "none an app can hold"
    raise Refusal(Code.FORBIDDEN, f"This needs one of these scopes: {needed}.")
