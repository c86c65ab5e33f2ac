"""What the desk calls what is agreed with partners and handed to them: kinds, safeguards, states, whom it reaches."""

from collections.abc import Mapping
from typing import Final

from hub.arrangements import Kind, Safeguard, State
from hub.coverage import Cover
from hub.partners.conforming import How, Step
from hub.partners.exports import State as Exported
from hub.partners.states import State as Referred
from hub.partners.withdrawals import Kind as Told
from hub.policy.rule import Outcome
from hub.roles import Role
from hub.webhooks.endpoints import Endpoint
from portal.wording import N_

KINDS: Final[Mapping[Kind, str]] = {
    Kind.REFERRAL: N_("Referral"),
    Kind.ALLIANCE: N_("Alliance"),
    Kind.SALE: N_("Sale"),
    Kind.RENTAL: N_("Rental"),
    Kind.POOLING: N_("Pooling of files"),
    Kind.PROCESSOR: N_("Processor"),
}
SAFEGUARDS: Final[Mapping[Safeguard, str]] = {
    Safeguard.NONE: N_("Nothing"),
    Safeguard.CONTRACT: N_("Standard clauses in a contract"),
    Safeguard.BINDING_RULES: N_("Binding corporate rules"),
}
STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.DRAFT: (N_("Draft"), "wait"),
    State.IN_FORCE: (N_("In force"), "done"),
    State.ENDED: (N_("Over"), "off"),
}
"""The word for a state, and the shape of its tag."""
COVERS: Final[Mapping[Cover, tuple[str, str]]] = {
    Cover.SEEN: (N_("Allowed"), N_("The notice they were shown when their data came in covers it")),
    Cover.LATER: (N_("Allowed"), N_("A notice that reached them later covers it")),
    Cover.AGREED: (N_("Allowed"), N_("They said yes, or the law asks for it")),
    Cover.CONSENT: (N_("Ask first"), N_("Their consent is missing")),
    Cover.NOTICE: (N_("Tell first"), N_("A notice must reach them first")),
    Cover.UNKNOWN_NOTICE: (N_("Tell first"), N_("Nobody knows a notice that they were shown")),
    Cover.FORMALITY: (N_("Authority first"), N_("An authority must be told, or must agree")),
    Cover.OBJECTED: (N_("Not allowed"), N_("They said no")),
    Cover.BARRED: (N_("Not allowed"), N_("The law or a rule of the house forbids it")),
}
"""What we may do, and because of what."""
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.ALLOW: N_("Allowed"),
    Outcome.CONSENT_NEEDED: N_("Ask first"),
    Outcome.NOTICE_NEEDED: N_("Tell first"),
    Outcome.FORMALITY_NEEDED: N_("Authority first"),
    Outcome.DENY: N_("Not allowed"),
}
REFERRED: Final[Mapping[Referred, str]] = {
    Referred.ASKING: N_("Customer is asked"),
    Referred.OFFERED: N_("Offered"),
    Referred.ACCEPTED: N_("Accepted"),
    Referred.DECLINED: N_("Declined"),
    Referred.DONE: N_("Finished"),
    Referred.EXPIRED: N_("Expired"),
    Referred.CLOSED: N_("Never released"),
    Referred.WITHDRAWN: N_("Taken back"),
}
EXPORTS: Final[Mapping[Exported, tuple[str, str]]] = {
    Exported.WAITING: (N_("Waiting"), "wait"),
    Exported.RUNNING: (N_("Being made"), "wait"),
    Exported.READY: (N_("Ready"), "done"),
    Exported.CANCELLED: (N_("Cancelled"), "off"),
    Exported.FAILED: (N_("Failed"), "late"),
    Exported.EXPIRED: (N_("Expired"), "off"),
}
SCOPES: Final[Mapping[Role, str]] = {
    Role.PARTNER_READ: N_("Read whom they may receive, a page at a time"),
    Role.PARTNER_EXPORT: N_("Fetch everybody they may receive as a file"),
    Role.PARTNER_WITHDRAWALS: N_("Read what they have to forget, and say that they did"),
    Role.PARTNER_REFERRALS: N_("Take referrals"),
    Role.PARTNER_WEBHOOKS: N_("Be told of news at an address of theirs"),
}
"""What a client of a partner may do."""
TOLD: Final[Mapping[Told, str]] = {
    Told.FORGET: N_("Forget it"),
    Told.CORRECT: N_("Fetch it again: it was corrected"),
    Told.STOP: N_("Stop using it for this"),
}
STEPS: Final[Mapping[Step, str]] = {
    Step.LISTENS: N_("An address is registered"),
    Step.ANSWERS: N_("Takes messages in time"),
    Step.REFUSES_FORGED: N_("Refuses forged messages"),
    Step.REFUSES_OLD: N_("Refuses old messages"),
    Step.TAKES_AGAIN: N_("Takes a message twice"),
    Step.ACKNOWLEDGES: N_("Says in time what it forgot"),
}
"""What a partner has to show before it goes live."""
HOW: Final[Mapping[How, tuple[str, str]]] = {
    How.PASSED: (N_("Passed"), "done"),
    How.FAILED: (N_("Failed"), "late"),
    How.SKIPPED: (N_("Not tried"), "off"),
    How.WAITING: (N_("Waiting"), "wait"),
}
GONE: Final[Mapping[str, str]] = {
    "GONE": N_("The address wants no more messages"),
    "FAILING": N_("The address had not answered for days"),
}
"""Why nothing is told to an address any more, by the code that is kept."""


def endpoint(one: Endpoint) -> tuple[str, str]:
    """How an address stands that a partner is told things at: the words, and the shape of their tag."""
    if one.disabled_why:
        return GONE[one.disabled_why], "off"
    if one.verified_at is None:
        return N_("Has not said yet that it is theirs"), "wait"
    return (N_("Does not answer"), "late") if one.failing_since else (N_("Answers"), "done")
