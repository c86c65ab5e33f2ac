"""Who acts, and the one table that says which role may do which operation.

An app's or a partner's roles are the scopes its token carries, those of staff stand in their account. Nothing is
allowed that the table does not name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.errors import Code, Refusal
from hub.roles import PARTNER_SCOPES, SCOPES, STAFF, Role


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
    SUPPRESSION_ADD = "suppression.add"
    DISCLOSURE_READ = "disclosure.read"
    DISCLOSURE_RECORD = "disclosure.record"
    COLLECTION_RECORD = "collection.record"
    DELIVERY_RECORD = "delivery.record"
    CHOICE_RECORD = "choice.record"
    CHOICE_WITHDRAW = "choice.withdraw"
    QUESTION_READ = "question.read"
    QUESTION_PUT = "question.put"
    QUESTION_ANSWER = "question.answer"
    REFERRAL_MAKE = "referral.make"
    REFERRAL_READ = "referral.read"
    REFERRAL_ANSWER = "referral.answer"
    REFERRAL_TAKE = "referral.take"
    PARTNER_LOOK = "partner.look"
    ARRANGEMENT_CONDUCT = "arrangement.conduct"
    REQUEST_READ = "request.read"
    REQUEST_OPEN = "request.open"
    REQUEST_CONDUCT = "request.conduct"
    ATTACHMENT_ADD = "attachment.add"
    ATTACHMENT_OPEN = "attachment.open"
    REPRESENTATIVE_READ = "representative.read"
    REPRESENTATIVE_PROPOSE = "representative.propose"
    REPRESENTATIVE_CHECK = "representative.check"
    PORTAL_READ = "portal.read"
    PORTAL_ASK = "portal.ask"
    PORTAL_FOLLOW = "portal.follow"
    PORTAL_ENTER = "portal.enter"
    OWN_READ = "own.read"
    OWN_CONDUCT = "own.conduct"
    DESK_READ = "desk.read"
    DESK_SIGN_IN = "desk.sign_in"
    DESK_OWN = "desk.own"
    STAFF_READ = "staff.read"
    STAFF_MANAGE = "staff.manage"
    REQUEST_FULFIL = "request.fulfil"
    STEP_ANSWER = "step.answer"
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
    PARTNER_SELF = "partner.self"
    PARTNER_INVITE = "partner.invite"
    PARTNER_CLIENTS = "partner.clients"
    WITHDRAWAL_READ = "withdrawal.read"
    WITHDRAWAL_ACKNOWLEDGE = "withdrawal.acknowledge"
    WITHDRAWAL_MAKE = "withdrawal.make"
    PARTNER_BLOCK = "partner.block"
    WEBHOOK_READ = "webhook.read"
    WEBHOOK_MANAGE = "webhook.manage"
    WEBHOOK_DELIVER = "webhook.deliver"
    WEBHOOK_REPLAY = "webhook.replay"
    WEBHOOK_SURVEY = "webhook.survey"
    CONFORMANCE_RUN = "conformance.run"
    CONFORMANCE_TEST = "conformance.test"
    PARTNER_READ = "partner.read"
    DISCLOSURE_HAND_OVER = "disclosure.hand_over"
    EXPORT_START = "export.start"
    EXPORT_READ = "export.read"
    EXPORT_CANCEL = "export.cancel"
    EXPORT_FETCH = "export.fetch"
    EXPORT_MAKE = "export.make"
    ORGANISATION_SET_UP = "organisation.set_up"
    HUB_MAINTAIN = "hub.maintain"


_O, _R = Operation, Role
_LISTENERS = frozenset(
    {_R.PARTNER_WEBHOOKS, _R.DECIDE, _R.REQUESTS_READ, _R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, _R.OPERATOR}
)
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
    _O.CUSTOMER_REVEAL: frozenset({_R.CUSTOMERS_REVEAL, _R.STAFF_CONDUCT}),
    _O.CUSTOMER_CREATE: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CUSTOMER_CHANGE: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CUSTOMER_MERGE: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR, _R.WORKER}),
    _O.CUSTOMER_IMPORT: frozenset({_R.OPERATOR}),
    _O.CUSTOMER_ERASE: frozenset({_R.WORKER, _R.OPERATOR}),
    _O.SUPPRESSION_ADD: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.DISCLOSURE_READ: frozenset({_R.CUSTOMERS_READ, _R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.DISCLOSURE_RECORD: frozenset({_R.DECIDE}),  # whoever passes data on, before it does
    _O.COLLECTION_RECORD: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.DELIVERY_RECORD: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CHOICE_RECORD: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.CHOICE_WITHDRAW: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.QUESTION_READ: frozenset({_R.CUSTOMERS_READ, _R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.QUESTION_PUT: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.QUESTION_ANSWER: frozenset({_R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.REFERRAL_MAKE: frozenset({_R.DECIDE}),  # whoever decides, and passes data on by it
    _O.REFERRAL_READ: frozenset({_R.CUSTOMERS_READ, _R.CUSTOMERS_WRITE, _R.OPERATOR}),
    _O.REFERRAL_ANSWER: frozenset({_R.PORTAL, _R.CUSTOMER}),  # by the link of a letter, or signed in
    _O.REFERRAL_TAKE: frozenset({_R.PARTNER_REFERRALS}),  # whoever it was offered to
    _O.PARTNER_LOOK: frozenset({*STAFF, _R.OPERATOR}),  # the desk's own pages about partners
    _O.ARRANGEMENT_CONDUCT: frozenset(
        {_R.STAFF_CONDUCT}
    ),  # by the catalogue's own operations for everybody else
    _O.REQUEST_READ: frozenset(
        {_R.REQUESTS_READ, _R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, *STAFF, _R.OPERATOR}
    ),
    _O.REQUEST_OPEN: frozenset({_R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, _R.STAFF_CONDUCT, _R.OPERATOR}),
    _O.REQUEST_CONDUCT: frozenset({_R.REQUESTS_CONDUCT, _R.STAFF_CONDUCT, _R.OPERATOR}),
    _O.ATTACHMENT_ADD: frozenset({_R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, _R.STAFF_CONDUCT, _R.OPERATOR}),
    _O.ATTACHMENT_OPEN: frozenset({_R.REQUESTS_CONDUCT, _R.STAFF_CONDUCT}),
    _O.REPRESENTATIVE_READ: frozenset(
        {_R.REQUESTS_READ, _R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, *STAFF, _R.OPERATOR}
    ),
    _O.REPRESENTATIVE_PROPOSE: frozenset(
        {_R.REQUESTS_WRITE, _R.REQUESTS_CONDUCT, _R.STAFF_CONDUCT, _R.OPERATOR}
    ),
    _O.REPRESENTATIVE_CHECK: frozenset({_R.REQUESTS_CONDUCT, _R.STAFF_CONDUCT, _R.OPERATOR}),  # sees proofs
    _O.PORTAL_READ: frozenset(Role),  # what everybody reads there
    _O.PORTAL_ASK: frozenset({_R.PORTAL, _R.CUSTOMER}),  # a request, and the code that proves it
    _O.PORTAL_FOLLOW: frozenset({_R.PORTAL, _R.CUSTOMER}),  # the requests that this very visit has proved
    _O.PORTAL_ENTER: frozenset({_R.PORTAL}),  # a code, and what it lets in
    _O.OWN_READ: frozenset({_R.CUSTOMER}),  # what is held of oneself, and one's visits: see hub/scope.py
    _O.OWN_CONDUCT: frozenset({_R.CUSTOMER}),
    _O.DESK_READ: frozenset(Role),  # where to sign in
    _O.DESK_SIGN_IN: frozenset(
        {_R.STRANGER, *STAFF}
    ),  # whoever has proved both factors acts as themselves already
    _O.DESK_OWN: STAFF,  # one's own account
    _O.STAFF_READ: frozenset({_R.STAFF_ADMIN, _R.OPERATOR}),
    _O.STAFF_MANAGE: frozenset({_R.STAFF_ADMIN, _R.OPERATOR}),
    _O.REQUEST_FULFIL: frozenset({_R.WORKER}),
    _O.STEP_ANSWER: frozenset({_R.STRANGER, _R.HELPER}),  # whoever brings the token of one step
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
    _O.PARTNER_SELF: PARTNER_SCOPES,  # who it is, whatever it may do
    _O.PARTNER_INVITE: frozenset(
        {_R.PARTNERS_MANAGE, _R.STAFF_ADMIN, _R.OPERATOR}
    ),  # clients, their keys, their end
    _O.PARTNER_CLIENTS: frozenset({_R.PARTNERS_MANAGE, _R.OPERATOR}),
    _O.WITHDRAWAL_READ: frozenset({_R.PARTNER_WITHDRAWALS}),
    _O.WITHDRAWAL_ACKNOWLEDGE: frozenset({_R.PARTNER_WITHDRAWALS}),
    _O.WITHDRAWAL_MAKE: frozenset({_R.WORKER}),
    _O.PARTNER_BLOCK: frozenset({_R.PARTNERS_MANAGE, _R.STAFF_CONDUCT, _R.STAFF_ADMIN, _R.OPERATOR}),
    _O.WEBHOOK_READ: _LISTENERS,
    _O.WEBHOOK_MANAGE: _LISTENERS,  # one's own endpoints; which types, says hub/webhooks/types.py
    _O.WEBHOOK_DELIVER: frozenset({_R.WORKER, _R.OPERATOR}),
    _O.WEBHOOK_SURVEY: frozenset(
        {_R.PARTNERS_MANAGE, _R.OPERATOR}
    ),  # what did not arrive in the organisation
    _O.WEBHOOK_REPLAY: frozenset(
        {_R.PARTNERS_MANAGE, _R.STAFF_CONDUCT, _R.STAFF_ADMIN}
    ),  # and sending it again
    _O.CONFORMANCE_RUN: frozenset({_R.PARTNER_WEBHOOKS, _R.OPERATOR}),  # of a client of the sandbox
    _O.CONFORMANCE_TEST: frozenset({_R.WORKER}),
    _O.PARTNER_READ: frozenset({_R.PARTNER_READ}),  # what it may receive, and keep
    _O.DISCLOSURE_HAND_OVER: frozenset({_R.PARTNER_READ, _R.PARTNER_EXPORT}),
    _O.EXPORT_START: frozenset({_R.PARTNER_EXPORT}),
    _O.EXPORT_READ: frozenset({_R.PARTNER_EXPORT}),
    _O.EXPORT_CANCEL: frozenset({_R.PARTNER_EXPORT}),
    _O.EXPORT_FETCH: frozenset({_R.PARTNER_EXPORT}),
    _O.EXPORT_MAKE: frozenset({_R.WORKER, _R.PARTNER_EXPORT}),  # a job, in the name of who started it
    _O.ORGANISATION_SET_UP: frozenset({_R.OPERATOR}),
    _O.HUB_MAINTAIN: frozenset({_R.WORKER, _R.OPERATOR}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. kind: stranger, portal, customer, helper, app, partner, staff, worker, operator.

    organisation_id: whose data it may touch (None: all). Of a partner: which recipient it is, for which arrangements
    (None: all with that recipient), and whether it sees made-up customers only. seen: when it was let in, by the
    database's clock, and the number of the catalogue then, where that was for this very call.
    """

    kind: str
    id: UUID | None = None
    organisation_id: UUID | None = None
    department_id: UUID | None = None
    roles: frozenset[Role] = field(default_factory=frozenset[Role])
    recipient_id: UUID | None = None
    arrangements: frozenset[UUID] | None = None
    is_sandbox: bool = False
    seen: tuple[datetime, int] | None = field(default=None, compare=False, repr=False)


STRANGER = Actor("stranger", roles=frozenset({Role.STRANGER}))
OPERATOR = Actor("operator", roles=frozenset({Role.OPERATOR}))
WORKER = Actor("worker", roles=frozenset({Role.WORKER}))


def guest(organisation_id: UUID) -> Actor:
    """Whoever comes to an organisation's portal and is not signed in."""
    return Actor("portal", organisation_id=organisation_id, roles=frozenset({Role.PORTAL}))


def helper(organisation_id: UUID, system_id: UUID | None) -> Actor:
    """A connected system, or a person who looks in it: by the token of one step, and for that step alone."""
    return Actor("helper", system_id, organisation_id, roles=frozenset({Role.HELPER}))


def customer(organisation_id: UUID, customer_id: UUID) -> Actor:
    """A customer who is signed in at an organisation's portal: they reach their own records, and nobody else's."""
    return Actor("customer", customer_id, organisation_id, roles=frozenset({Role.CUSTOMER}))


def member(staff_id: UUID, organisation_id: UUID, roles: Iterable[str]) -> Actor:
    """A member of an organisation's staff, who has shown both factors."""
    return Actor("staff", staff_id, organisation_id, roles=frozenset(Role(each) for each in roles) & STAFF)


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
    whose, scopes = ("a partner", PARTNER_SCOPES) if actor.kind == "partner" else ("an app", SCOPES)
    needed = ", ".join(sorted(MAY.get(operation, frozenset()) & scopes)) or f"none {whose} can hold"
    raise Refusal(Code.FORBIDDEN, f"This needs one of these scopes: {needed}.")
