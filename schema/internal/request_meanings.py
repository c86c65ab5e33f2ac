"""What each value of the enumerations of rights requests means."""

from hub.rights import conduct, intake, recognising, requests
from hub.rights.states import State
from hub.rights.values import Identity, Kind
from schema.internal.meanings import _told

_told(
    Kind, "RightsRequestKind", "What is asked for.",
    ACCESS="To see what is held: a copy, with where it came from and who received it.",
    PORTABILITY="A copy in a form that a machine reads, to take elsewhere.",
    RECTIFICATION="To correct or complete what is held.",
    DELETION="To delete what need not be kept.",
    OBJECTION="To stop a use, for reasons of one's own.",
    RESTRICTION="To keep what is held and not use it meanwhile.",
    STOP_MARKETING="To stop marketing.",
    STOP_SHARING="To stop sharing or selling.",
    LIMIT_SENSITIVE="To limit the use of sensitive information.",
    EXPLANATION="To have an automated decision explained, and a person look at it.",
    WITHDRAW_CONSENT="To take back a consent.",
    COMPLAINT="To complain about us, to us.",
)  # fmt: skip
_told(
    State, "RightsRequestState", "How a rights request stands.",
    RECEIVED="It is here.",
    VERIFYING="We make sure who asks.",
    OPEN="It is known who asks; nothing has been gathered yet.",
    GATHERING="We look in every system.",
    DECIDING="Somebody decides.",
    COOLING_OFF="A deletion waits, and can still be undone.",
    FULFILLING="What was decided is being done.",
    PAUSED="It waits for something: `waitingFor` says for what.",
    HELD="What it would erase is needed for the time being.",
    ANSWERED="It is done, and the customer told.",
    PARTLY_ANSWERED="A part is done, the rest refused.",
    REFUSED="It was refused, on a ground of the law.",
    WITHDRAWN="The customer took it back.",
    EXPIRED="It never became known who asks.",
    LIFTING="A granted restriction ends: the customer was told, and until `coolsUntil` it can be kept.",
    LIFTED="A restriction that was granted has ended everywhere.",
)  # fmt: skip
_told(
    requests.Channel, "RightsRequestChannel", "How a rights request reached us.",
    PORTAL="Through the portal.", APP="In an app.", PHONE="By telephone.", POST="By post.", BRANCH="In a branch.",
    EMAIL="By email.", IMPORT="In a file of requests.",
)  # fmt: skip
_told(
    requests.Asker, "RightsRequestAsker", "Who asks; all but the customer need a representative who is confirmed.",
    SELF="The customer.",
    AGENT="Somebody with the customer's signed permission.",
    GUARDIAN="A parent or guardian.",
    HEIR="An heir.",
)  # fmt: skip
_told(
    recognising.Kind, "UnrecognisedEntryKind", "What an entry tells of that a customer does not recognise.",
    LOOK="Somebody opened their details.",
    RECEIVED="A recipient received some of them.",
    CORRECTED="A recipient was told that they had changed.",
)  # fmt: skip
_told(
    Identity, "RightsRequestProof", "How surely it must be known who asks, from nothing to most.",
    NONE="Nothing is asked: an opt-out needs no proof.",
    CONTACT="A code sent to an address on record.",
    REASONABLE="Two things that we hold about the customer, or a sign-in.",
    HIGH="Somebody looks at evidence.",
)  # fmt: skip
_told(
    intake.Identified, "IdentifiedBy", "How it was made sure who asks.",
    SIGNED_IN="The customer was signed in.",
    CODE="A code sent to an address on record was given back.",
    TWO_IDENTIFIERS="Two things that we hold were named.",
    DOCUMENT="Somebody saw a document.",
    IN_PERSON="Somebody saw the customer.",
    CALLED_BACK="The customer was called on a number on record.",
)  # fmt: skip
_told(
    conduct.Waiting, "RightsRequestWaitingFor", "What a paused rights request waits for.",
    CLARIFICATION="The customer's clarification of what is meant.",
    IDENTITY="More proof of who asks.",
    AUTHORITY="Proof that whoever asks may act for the customer: a representative who is confirmed.",
    OTHER_DETAILS="Other details: with these nobody was found.",
    FEE="A fee.",
    STAFF_MATCH="Somebody to say which of several customers this is.",
    SYSTEM="A connected system.",
)  # fmt: skip
