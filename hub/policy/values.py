"""The values each fact may take.

Spelled as they are stored, sent and read in scenario files. Their order is part of the packed signature of
``Facts`` and of the SQL that computes it: add at the end, never reorder.
"""

from enum import StrEnum


class Jurisdiction(StrEnum):
    """Whose law is being asked; when several apply, decide for each and keep the strictest."""

    AU = "AU"
    UK = "UK"
    ZA = "ZA"
    MA = "MA"
    EU = "EU"
    US_CA = "US_CA"


class Act(StrEnum):
    """What would be done with the data; SELL includes rental, and sharing for advertising in California."""

    USE = "USE"
    DISCLOSE = "DISCLOSE"
    MESSAGE = "MESSAGE"
    SELL = "SELL"
    POOL = "POOL"
    PROFILE = "PROFILE"


class PurposeKind(StrEnum):
    """What it is for; one promotional line makes a whole message MARKETING."""

    SERVICE = "SERVICE"
    MARKETING = "MARKETING"
    FRAUD = "FRAUD"
    OTHER = "OTHER"


class PurposeFit(StrEnum):
    """How the purpose relates to the notice this customer was shown."""

    PRIMARY = "PRIMARY"
    NAMED = "NAMED"
    DIRECTLY_RELATED = "DIRECTLY_RELATED"
    RELATED = "RELATED"
    NEW = "NEW"


class Source(StrEnum):
    """Where the data came from; a broker's list is THIRD_PARTY."""

    CUSTOMER = "CUSTOMER"
    THIRD_PARTY = "THIRD_PARTY"
    PUBLIC = "PUBLIC"


class Notice(StrEnum):
    """Whether a complete notice reached this customer in time."""

    GIVEN = "GIVEN"
    INCOMPLETE = "INCOMPLETE"
    MISSING = "MISSING"


class Recipient(StrEnum):
    """Who receives: our staff, a supplier on our instructions, or a third party as the notice reaches it."""

    INTERNAL = "INTERNAL"
    PROCESSOR = "PROCESSOR"
    NAMED = "NAMED"
    CLASS = "CLASS"
    UNCOVERED = "UNCOVERED"


class Arrangement(StrEnum):
    """Whether the arrangement with this third party is older or newer than the collection of this data."""

    AT_COLLECTION = "AT_COLLECTION"
    AFTER_COLLECTION = "AFTER_COLLECTION"


class Basis(StrEnum):
    """The recorded justification of the purpose; RECOGNISED_INTEREST exists in the United Kingdom only."""

    CONSENT = "CONSENT"
    CONTRACT = "CONTRACT"
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION"
    VITAL_INTEREST = "VITAL_INTEREST"
    PUBLIC_TASK = "PUBLIC_TASK"
    LEGITIMATE_INTEREST = "LEGITIMATE_INTEREST"
    RECOGNISED_INTEREST = "RECOGNISED_INTEREST"
    NONE = "NONE"


class Consent(StrEnum):
    """The customer's last word for exactly this purpose, channel and recipient."""

    NEVER_ASKED = "NEVER_ASKED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    GIVEN = "GIVEN"
    EXPLICIT = "EXPLICIT"
    GUARDIAN = "GUARDIAN"


class MarketingChoice(StrEnum):
    """Direct-marketing opt-out covering this channel; REVERSED is opted out, then consented later."""

    NONE = "NONE"
    OPTED_OUT = "OPTED_OUT"
    REVERSED = "REVERSED"


class SharingChoice(StrEnum):
    """Opted out of sharing or sale; SIGNAL is a browser's opt-out signal."""

    NONE = "NONE"
    OPTED_OUT = "OPTED_OUT"
    SIGNAL = "SIGNAL"


class Objection(StrEnum):
    """An objection to this processing other than marketing; in California, to automated decisions."""

    NONE = "NONE"
    PENDING = "PENDING"
    UPHELD = "UPHELD"
    OVERRULED = "OVERRULED"


class Channel(StrEnum):
    """How a message travels; IN_APP covers push and direct messages, NONE is no message."""

    NONE = "NONE"
    EMAIL = "EMAIL"
    SMS = "SMS"
    IN_APP = "IN_APP"
    PHONE = "PHONE"
    AUTO_CALL = "AUTO_CALL"
    POST = "POST"


class Footer(StrEnum):
    """Does the message carry the sender and a working, free opt-out? Both missing is NO_OPTOUT."""

    COMPLETE = "COMPLETE"
    NO_OPTOUT = "NO_OPTOUT"
    NO_SENDER = "NO_SENDER"


class Relationship(StrEnum):
    """Active account, former customer, quote or enquiry under way, stranger."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"
    NEGOTIATING = "NEGOTIATING"
    NONE = "NONE"


class Offer(StrEnum):
    """What is promoted: our own products like those bought, our other products, somebody else's."""

    NONE = "NONE"
    OWN_SIMILAR = "OWN_SIMILAR"
    OWN_OTHER = "OWN_OTHER"
    THIRD_PARTY = "THIRD_PARTY"


class Data(StrEnum):
    """The riskiest category of data touched."""

    ORDINARY = "ORDINARY"
    SENSITIVE = "SENSITIVE"
    BIOMETRIC = "BIOMETRIC"
    CRIMINAL = "CRIMINAL"
    NATIONAL_ID = "NATIONAL_ID"


class Age(StrEnum):
    """Age as the jurisdiction sees it; see ``hub.policy.parameters.age_for``."""

    ADULT = "ADULT"
    TEEN = "TEEN"
    CHILD = "CHILD"


class RecordState(StrEnum):
    """State of the record; HOLD is kept only for a legal duty or a claim."""

    LIVE = "LIVE"
    RESTRICTED = "RESTRICTED"
    HOLD = "HOLD"
    EXPIRED = "EXPIRED"
    ERASED = "ERASED"


class Formality(StrEnum):
    """Where the activity stands with the authority; REFUSED includes withdrawn."""

    NONE = "NONE"
    PENDING = "PENDING"
    DECLARED = "DECLARED"
    AUTHORISED = "AUTHORISED"
    REFUSED = "REFUSED"


class Destination(StrEnum):
    """Where the data goes, and what protects it there."""

    DOMESTIC = "DOMESTIC"
    ADEQUATE = "ADEQUATE"
    SAFEGUARDED = "SAFEGUARDED"
    CONSENTED = "CONSENTED"
    UNSAFE = "UNSAFE"


class ProfileEffect(StrEnum):
    """What a profile may do to the person."""

    NONE = "NONE"
    EXCLUSION_RISK = "EXCLUSION_RISK"
    AUTOMATED_DECISION = "AUTOMATED_DECISION"
