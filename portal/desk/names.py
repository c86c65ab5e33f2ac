"""What the desk calls things: rights, laws, states, whom a request waits for, and for what."""

from collections.abc import Mapping
from typing import Final

from hub.policy.values import Jurisdiction
from hub.policy.words import spoken
from hub.rights import reasons
from hub.rights.conduct import Waiting
from hub.rights.recognising import Kind as Entry
from hub.rights.states import State
from hub.rights.values import Kind
from hub.rights.workload import On, Such
from hub.uploads.values import FileKind
from portal.wording import CATALOGUES, N_

RIGHTS: Final[Mapping[Kind, str]] = {
    Kind.ACCESS: N_("Copy"),
    Kind.PORTABILITY: N_("Copy to take elsewhere"),
    Kind.RECTIFICATION: N_("Correction"),
    Kind.DELETION: N_("Deletion"),
    Kind.OBJECTION: N_("Objection"),
    Kind.RESTRICTION: N_("Restriction"),
    Kind.STOP_MARKETING: N_("Stop of marketing"),
    Kind.STOP_SHARING: N_("Stop of sharing or sale"),
    Kind.LIMIT_SENSITIVE: N_("Limit on sensitive data"),
    Kind.EXPLANATION: N_("Explanation"),
    Kind.WITHDRAW_CONSENT: N_("Withdrawn consent"),
    Kind.COMPLAINT: N_("Complaint"),
}
LAWS: Final[Mapping[str, str]] = {
    Jurisdiction.AU: N_("Australia"),
    Jurisdiction.UK: N_("United Kingdom"),
    Jurisdiction.ZA: N_("South Africa"),
    Jurisdiction.MA: N_("Morocco"),
    Jurisdiction.EU: N_("European Union"),
    Jurisdiction.US_CA: N_("California"),
}
STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.RECEIVED: (N_("New"), "wait"),
    State.VERIFYING: (N_("Checking"), "wait"),
    State.OPEN: (N_("Open"), "wait"),
    State.GATHERING: (N_("Gathering"), "wait"),
    State.DECIDING: (N_("To decide"), "wait"),
    State.COOLING_OFF: (N_("Cooling off"), "wait"),
    State.FULFILLING: (N_("At work"), "wait"),
    State.PAUSED: (N_("Waiting"), "wait"),
    State.HELD: (N_("Held"), "off"),
    State.ANSWERED: (N_("Answered"), "done"),
    State.PARTLY_ANSWERED: (N_("Answered in part"), "done"),
    State.REFUSED: (N_("Refused"), "off"),
    State.WITHDRAWN: (N_("Withdrawn"), "off"),
    State.EXPIRED: (N_("Expired"), "off"),
    State.LIFTING: (N_("Being lifted"), "wait"),
    State.LIFTED: (N_("Lifted"), "done"),
}
"""The word for a state, and the shape of its tag."""
ON: Final[Mapping[On, str]] = {
    On.YOU: N_("You"),
    On.CUSTOMER: N_("Customer"),
    On.SYSTEM: N_("System"),
    On.NOBODY: N_("Nobody"),
}
SUCH: Final[Mapping[Such, str]] = {
    Such.OPEN: N_("Open"),
    Such.OVERDUE: N_("Overdue"),
    Such.SOON: N_("Due in 7 days"),
    Such.COMPLAINT: N_("New complaints"),
    Such.ENDED: N_("Closed"),
}
WAITS: Final[Mapping[str, str]] = {
    Waiting.CLARIFICATION: N_("what is meant"),
    Waiting.IDENTITY: N_("proof of who asks"),
    Waiting.AUTHORITY: N_("proof that they may ask for another"),
    Waiting.OTHER_DETAILS: N_("other details to find them by"),
    Waiting.FEE: N_("a fee"),
    Waiting.STAFF_MATCH: N_("which customer it is"),
    Waiting.SYSTEM: N_("a system"),
}
KINDS: Final[Mapping[str, str]] = {
    "EMAIL": N_("email"),
    "PHONE": N_("telephone"),
    "EXTERNAL": N_("customer number"),
}
FILES: Final[Mapping[str, str]] = {
    FileKind.PDF: N_("PDF"),
    FileKind.JPEG: N_("A picture"),
    FileKind.PNG: N_("A picture"),
    FileKind.WEBP: N_("A picture"),
    FileKind.TEXT: N_("Text"),
    FileKind.CSV: N_("A table"),
    FileKind.JSON: N_("Data"),
    FileKind.ZIP: N_("Several files in one"),
}
CHANNELS: Final[Mapping[str, str]] = {
    "PORTAL": N_("on the portal"),
    "APP": N_("by a program"),
    "PHONE": N_("by telephone"),
    "POST": N_("by post"),
    "BRANCH": N_("in a branch"),
    "EMAIL": N_("by email"),
    "IMPORT": N_("by an import"),
}
IDENTIFIED: Final[Mapping[str, str]] = {
    "SIGNED_IN": N_("Signed in"),
    "CODE": N_("A code to the address"),
    "TWO_IDENTIFIERS": N_("Two identifiers that agree"),
    "DOCUMENT": N_("A document"),
    "IN_PERSON": N_("In person"),
    "CALLED_BACK": N_("Called back on a known number"),
}
PROOF: Final[Mapping[str, str]] = {
    "NONE": N_("none"),
    "CONTACT": N_("a proved address"),
    "REASONABLE": N_("a reasonable one"),
    "HIGH": N_("a strong one"),
}
STEPS: Final[Mapping[str, tuple[str, str]]] = {
    "WAITING": (N_("Waiting"), "wait"),
    "RUNNING": (N_("At work"), "wait"),
    "WAITING_ON_OTHERS": (N_("On others"), "wait"),
    "FAILED": (N_("Failed"), "late"),
    "DONE": (N_("Done"), "done"),
    "NOTHING": (N_("Nothing found"), "done"),
    "REFUSED": (N_("Cannot"), "off"),
    "SKIPPED": (N_("Skipped"), "off"),
}
OPERATIONS: Final[Mapping[str, str]] = {
    "FIND": N_("Find what is held"),
    "EXPORT": N_("Give out what is held"),
    "CORRECT": N_("Correct it"),
    "ERASE": N_("Erase it"),
    "RESTRICT": N_("Keep it and do not use it"),
    "LIFT": N_("Use it again"),
}
REASONS: Final[Mapping[str, str]] = {
    "HANDLING": N_("To handle this request"),
    "IDENTITY": N_("To make sure who asks"),
    "CUSTOMER_ASKED": N_("The customer asked about it"),
    "CORRECTION": N_("To correct something"),
    "COMPLAINT": N_("To look into a complaint"),
    "FRAUD": N_("To look into a fraud"),
    "LEGAL_DUTY": N_("The law obliges us"),
}
HOLDS: Final[Mapping[str, str]] = {
    "LEGAL_CLAIM": N_("It is needed for a legal claim"),
    "LEGAL_DUTY": N_("The law obliges us to keep it"),
    "INVESTIGATION": N_("An authority is looking into it"),
}
ROLES: Final[Mapping[str, str]] = {
    "staff:reader": N_("Reads"),
    "staff:conduct": N_("Conducts requests"),
    "staff:admin": N_("Looks after accounts"),
}
EXCUSES: Final[Mapping[str, str]] = {
    "IMPOSSIBLE": N_("It is impossible: they cannot be reached any more"),
    "DISPROPORTIONATE": N_("The effort would be out of all proportion"),
    "IMPRACTICABLE": N_("It is not practicable"),
    "UNLAWFUL": N_("The law forbids to tell them"),
    "NO_EFFECT": N_("It changes nothing that they decide"),
}
ASKERS: Final[Mapping[str, str]] = {
    "SELF": N_("The customer"),
    "AGENT": N_("Somebody with the customer’s permission"),
    "GUARDIAN": N_("A parent or guardian"),
    "HEIR": N_("An heir"),
}
PROOFS: Final[Mapping[str, str]] = {
    "SIGNED_PERMISSION": N_("A permission that the customer signed"),
    "POWER_OF_ATTORNEY": N_("A power of attorney"),
    "BIRTH_RECORD": N_("A record of the child’s birth"),
    "COURT_ORDER": N_("An order of a court"),
    "PROBATE": N_("What a court or a notary gives to heirs"),
}
LINKS: Final[Mapping[str, tuple[str, str]]] = {
    "PROPOSED": (N_("Proof not seen yet"), "wait"),
    "CONFIRMED": (N_("May act"), "done"),
    "REJECTED": (N_("Not accepted"), "off"),
    "ENDED": (N_("Over"), "off"),
}
REJECTED: Final[Mapping[str, str]] = {
    "PROOF_MISSING": N_("There is no proof"),
    "PROOF_UNREADABLE": N_("The proof cannot be read"),
    "PROOF_OF_SOMETHING_ELSE": N_("The proof shows something else"),
    "PROOF_EXPIRED": N_("The proof is out of date"),
    "PROOF_FALSE": N_("The proof is not genuine"),
}
OVER: Final[Mapping[str, str]] = {
    "PERMISSION_WITHDRAWN": N_("The customer took the permission back"),
    "PERMISSION_EXPIRED": N_("The permission is out of date"),
    "REPRESENTATIVE_LEFT": N_("The representative gave it up"),
    "PROOF_FALSE": N_("The proof is not genuine"),
}
EVENTS: Final[Mapping[str, str]] = {
    "OPENED": N_("The request came in."),
    "VERIFYING": N_("It is being checked who asks."),
    "CODE_SENT": N_("A code was sent."),
    "STOPPED": N_("It was stopped for all who have the address that was given."),
    "CODE_WRONG": N_("A wrong code was entered."),
    "CODE_RIGHT": N_("The right code came back."),
    "NUMBER_WRONG": N_("A wrong number was entered."),
    "NUMBER_RIGHT": N_("The right number was entered."),
    "NEEDS_MORE": N_("Data as sensitive as this need a stronger proof."),
    "PLACED": N_("The law of where the customer lives counts."),
    "VERIFIED": N_("It is known who asks."),
    "APPLIED": N_("What changes at once was changed."),
    "PLANNED": N_("Each system was given its part."),
    "GATHERING": N_("We began to look for what is held."),
    "GATHERED": N_("All systems have answered."),
    "PACKAGE_BUILT": N_("The copy was put together."),
    "PACKAGE_REBUILT": N_("The copy is put together again."),
    "REDACTED": N_("Something was taken out of the copy."),
    "RESTORED": N_("Something was put back into the copy."),
    "PACKAGE_FETCHED": N_("The customer fetched the copy."),
    "NEEDED": N_("The customer said that the copy was what they needed."),
    "DISPUTED": N_("The customer added a note to a value."),
    "DECIDING": N_("It waits for a decision."),
    "APPROVED": N_("It was approved."),
    "FULFILLING": N_("We began to do it."),
    "FULFILLED": N_("It was done."),
    "STEP_SETTLED": N_("A system has ended its part."),
    "STEP_WAITS": N_("A system is waited for."),
    "PAUSED": N_("It was paused."),
    "RESUMED": N_("It went on."),
    "HELD": N_("It was held."),
    "EXTENDED": N_("The longer time was taken."),
    "SAID": N_("Message"),
    "NOTED": N_("Private note"),
    "VIEWED": N_("Details were looked at."),
    "FILES_ADDED": N_("Files came with it."),
    "FILE_VIEWED": N_("A file was opened."),
    "REPRESENTATIVE_NAMED": N_("It was said who asks for the customer."),
    "AUTHORISED": N_("Whoever asks may act for the customer."),
    "AUTHORITY_ENDED": N_("Whoever asked may not act for the customer any more."),
    "APPEALED": N_("It is about how another request was handled."),
    "UNWRITTEN": N_("There is no address to write to: tell the customer in another way."),
    "ANSWERED": N_("It was answered."),
    "REFUSED": N_("It was refused."),
    "WITHDRAWN": N_("The customer took it back."),
    "EXPIRED": N_("Nobody proved who asks in time."),
    "LIFTING": N_("The customer was told that the restriction will be lifted."),
    "KEPT": N_("The restriction was kept as it is."),
    "LIFTING_BEGAN": N_("We began to lift the restriction."),
    "LIFTED": N_("The restriction was lifted."),
}
LEAVES: Final = frozenset(
    {"SAID", "EXTENDED", "PAUSED", "REFUSED", "ANSWERED", "CODE_SENT", "LIFTING", "KEPT", "HELD"}
)
"""Events by which something left the house."""
ACTORS: Final[Mapping[str, str]] = {
    "portal": N_("the customer"),
    "customer": N_("the customer"),
    "app": N_("a program"),
    "worker": N_("the hub"),
    "operator": N_("the operator"),
    "helper": N_("somebody outside"),
}
LEFT_OUT: Final[Mapping[str, str]] = {
    "OTHER_PERSON": N_("It is about another person"),
    "LEGAL_PRIVILEGE": N_("It is privileged between lawyer and client"),
    "TRADE_SECRET": N_("It is a trade secret"),
    "CRIME_OR_TAX": N_("It would hinder an inquiry into a crime or taxes"),
    "SECURITY": N_("It would put security at risk"),
    "CONFIDENTIAL_REFERENCE": N_("It is a reference given in confidence"),
    "NEGOTIATIONS": N_("It would give negotiations away"),
    "FORBIDDEN_BY_LAW": N_("The law forbids to give it"),
    "NOT_ABOUT_THE_PERSON": N_("It is not about this person"),
}
PACKAGES: Final[Mapping[str, tuple[str, str]]] = {
    "BUILDING": (N_("Being built"), "wait"),
    "BUILT": (N_("Ready to look at"), "wait"),
    "RELEASED": (N_("Released"), "done"),
    "EXPIRED": (N_("Deleted"), "off"),
    "REPLACED": (N_("Replaced"), "off"),
}
ENTRIES: Final[Mapping[Entry, str]] = {
    Entry.LOOK: N_("Somebody opened the details:"),
    Entry.RECEIVED: N_("They were passed on to:"),
    Entry.CORRECTED: N_("Their change was passed on to:"),
}
"""What a customer may not recognise of what they read about themselves."""


def coded(code: str, language: str) -> str:
    """What the code of an event means: what is waited for, why details were opened, or a reason of the law."""
    known = WAITS.get(code) or REASONS.get(code) or HOLDS.get(code)
    if known is not None:
        return CATALOGUES[language].gettext(known)
    found = reasons.WORDS[spoken(language)].reasons.get(code)
    return found.staff if found else code
