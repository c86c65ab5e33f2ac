"""The enumerations of the schema: the hub's own, each value with what it means.

They are registered here, once, before any type names them; importing this module is enough.
"""

from enum import StrEnum

from hub import (
    arrangements,
    clauses,
    collections,
    coverage,
    customers,
    grounds,
    identities,
    linter,
    merges,
    profiles,
    said,
    standings,
)
from hub.policy import rule, values
from schema.internal.telling import describe as _describe
from schema.internal.telling import told as _told
from schema.problems import ProblemCode

__all__ = ["ConsentWord", "OptOutKind"]


class ConsentWord(StrEnum):
    """What a customer can say about consent to one purpose."""

    ASKED = "ASKED"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class OptOutKind(StrEnum):
    """What a customer can opt out of, and (but for marketing) into again."""

    MARKETING = "MARKETING"
    SHARING = "SHARING"
    SIGNAL = "SIGNAL"
    LIMIT = "LIMIT"


_CHANNELS = {
    "EMAIL": "By email.",
    "SMS": "By text message.",
    "PHONE": "By telephone, a person calling.",
    "PAPER": "On paper.",
    "BRANCH": "In a branch, face to face.",
    "IMPORT": "Brought over from another system.",
    "WEB": "On a web page.",
}


_told(
    values.Jurisdiction, "Jurisdiction", "Whose law is asked.",
    AU="Australia: the Privacy Act 1988 and the Australian Privacy Principles.",
    UK="The United Kingdom: UK GDPR, the Data Protection Act 2018 and PECR.",
    ZA="South Africa: POPIA.",
    MA="Morocco: Law 09-08.",
    EU="The European Union: GDPR.",
    US_CA="California: the CCPA as amended.",
)  # fmt: skip
_told(
    rule.Outcome, "Outcome", "The answer; everything but ALLOW means: not like this, not now.",
    DENY="No; asking the customer does not change it.",
    FORMALITY_NEEDED="Not before the authority has been told, or has agreed.",
    CONSENT_NEEDED="Not without the customer's consent to exactly this.",
    NOTICE_NEEDED="Not before a complete notice has reached the customer.",
    ALLOW="Yes, with the obligations that come with it.",
)  # fmt: skip
_told(
    values.Act, "Act", "What would be done with the data.",
    USE="Use it inside the organisation.",
    DISCLOSE="Hand it to somebody outside, such as a partner in a referral.",
    MESSAGE="Send the customer something.",
    SELL="Sell or rent it; in California also share it for advertising.",
    POOL="Put it together with others' data.",
    PROFILE="Draw conclusions about the person.",
)  # fmt: skip
_told(
    values.PurposeKind, "PurposeKind", "What a purpose is for, as the law divides them.",
    SERVICE="Doing what the customer came for.",
    MARKETING="Promoting something; one promotional line makes a whole message marketing.",
    FRAUD="Preventing fraud.",
    OTHER="Anything else.",
)  # fmt: skip
_told(
    values.Source, "Source", "From whom data came.",
    CUSTOMER="From the customer.",
    THIRD_PARTY="From somebody else; a broker's list too.",
    PUBLIC="From what is generally available.",
)  # fmt: skip
_told(
    values.Basis, "Basis", "The recorded justification of a purpose.",
    CONSENT="The customer's consent.",
    CONTRACT="A contract with the customer.",
    LEGAL_OBLIGATION="A law that demands it.",
    VITAL_INTEREST="Somebody's life.",
    PUBLIC_TASK="A public task.",
    LEGITIMATE_INTEREST="An interest that outweighs the customer's.",
    RECOGNISED_INTEREST="An interest the law itself recognises; in the United Kingdom only.",
    NONE="None is recorded.",
)  # fmt: skip
_told(
    values.Channel, "Channel", "How a message would reach the customer.",
    NONE="It is not a message.", EMAIL="Email.", SMS="Text message.",
    IN_APP="Inside an app: push and direct messages too.",
    PHONE="A telephone call by a person.",
    AUTO_CALL="An automated or recorded call.",
    POST="A letter.",
)  # fmt: skip
_told(
    values.Footer, "Footer", "Whether a message names its sender and carries a working, free opt-out.",
    COMPLETE="Both.", NO_OPTOUT="No working opt-out.", NO_SENDER="The sender is not named.",
)  # fmt: skip
_told(
    values.Relationship, "Relationship", "How the customer stands with the organisation.",
    ACTIVE="A customer now.", CLOSED="A former customer.", NONE="A stranger.",
    NEGOTIATING="A quote or an enquiry is under way.",
)  # fmt: skip
_told(
    values.Offer, "Offer", "What a message promotes.",
    OWN_SIMILAR="Our own products like those the customer bought.",
    OWN_OTHER="Our other products.", THIRD_PARTY="Somebody else's.", NONE="Nothing.",
)  # fmt: skip
_told(
    values.Data, "Sensitivity", "How special a kind of data is in law.",
    ORDINARY="Nothing special.",
    SENSITIVE="Sensitive or special: health, beliefs, union, sexual life and so on.",
    BIOMETRIC="Of the body, to identify.",
    CRIMINAL="Of offences and convictions.",
    NATIONAL_ID="An identifier a state gave.",
)  # fmt: skip
_told(
    values.ProfileEffect, "ProfileEffect", "What a profile would do to the person.",
    NONE="Nothing that matters.",
    EXCLUSION_RISK="It might keep them from a right, a service or a contract.",
    AUTOMATED_DECISION="It decides about them, alone, with legal or similar effect.",
)  # fmt: skip
_told(
    standings.AgeBand, "AgeBand", "An age, as far as any law's threshold needs it.",
    UNDER_13="Younger than 13.", AGE_13="13.", AGE_14="14.", AGE_15="15.", AGE_16_17="16 or 17.",
    ADULT="18 or older, or nothing younger is known.",
)  # fmt: skip
_told(
    identities.IdentifierKind, "IdentifierKind", "What an identifier is.",
    EMAIL="An email address.",
    PHONE="A telephone number.",
    EXTERNAL="The customer's id in another system.",
)  # fmt: skip
_told(
    customers.CustomerKind, "CustomerKind", "Who is protected.",
    PERSON="A natural person.",
    ORGANISATION="An organisation, which South African law protects too.",
)  # fmt: skip
_told(
    profiles.RevealReason, "RevealReason", "Why somebody needs to see the values themselves.",
    CUSTOMER_ASKED="The customer asked.",
    SERVICE="To serve the customer.", COMPLAINT="A complaint is being looked into.",
    CORRECTION="A value is being corrected.",
    FRAUD="Fraud is suspected.",
    LEGAL_DUTY="A law demands it.",
)  # fmt: skip
_told(
    merges.Verdict, "MergeVerdict", "What became of two records that may be one person.",
    MERGED="Joined, and still so.",
    SAME="One person, joined through their families.",
    DIFFERENT="Two people.",
    UNMERGED="Joined once, and taken apart again.",
)  # fmt: skip
_told(
    collections.How, "ShownHow", "How a notice was shown.",
    WEB=_CHANNELS["WEB"], EMAIL=_CHANNELS["EMAIL"], PHONE_SCRIPT="Read out on the telephone.",
    PAPER=_CHANNELS["PAPER"], BRANCH=_CHANNELS["BRANCH"], IMPORT=_CHANNELS["IMPORT"],
)  # fmt: skip
_told(
    said.Kind, "ChoiceKind", "What a choice is about.",
    CONSENT="Consent to a purpose.",
    TRANSFER="Explicit consent to a transfer abroad.",
    MARKETING="Marketing.",
    SHARING="Sharing and sale.",
    SIGNAL="A browser's Global Privacy Control.",
    LIMIT="California's limit on the use of sensitive data.",
    OBJECTION="An objection to processing.",
)  # fmt: skip
_told(
    said.Action, "ChoiceAction", "What was said.",
    ASKED="Asked; the answer is another choice.",
    GIVEN="Yes.",
    REFUSED="No.",
    WITHDRAWN="Taken back.",
    OPTED_OUT="Out.",
    OPTED_IN="In again.",
    PENDING="Objected; not settled yet.",
    UPHELD="Objected, and rightly.",
    OVERRULED="Objected, but compelling grounds prevail.",
)  # fmt: skip
_told(
    said.Grade, "ConsentGrade", "What a consent is worth.",
    GIVEN="Given.",
    EXPLICIT="Express, and recorded as the law prescribes.",
    GUARDIAN="A guardian's, for a minor.",
)  # fmt: skip
_told(
    said.Method, "ChoiceMethod", "How a word reached us.",
    **{each: _CHANNELS[each] for each in ("WEB", "EMAIL", "SMS", "PHONE", "PAPER", "BRANCH", "IMPORT")},
    APP="In an app.", SIGNAL="By a signal the browser sends.",
    LIST="The address was on the list of those that get no marketing.",
)  # fmt: skip
_told(
    ConsentWord, "ConsentWord", "What a customer can say about consent to one purpose.",
    ASKED="They were asked; the answer is another word.",
    GIVEN="Yes.",
    REFUSED="No.",
    WITHDRAWN="They take it back: every consent the scope covers.",
)  # fmt: skip
_told(
    OptOutKind, "OptOutKind", "What a customer can opt out of.",
    MARKETING="Marketing; only a later consent reverses it.",
    SHARING="Sharing and sale.",
    SIGNAL="What a browser's Global Privacy Control says.",
    LIMIT="Use of sensitive data beyond what is needed, in California.",
)  # fmt: skip
_told(
    arrangements.Kind, "ArrangementKind", "What was agreed with a recipient.",
    REFERRAL="Customers are referred one by one.",
    ALLIANCE="Customers are made known to an ally.",
    SALE="Data is sold.",
    RENTAL="Data is rented out.",
    POOLING="Data is put together.",
    PROCESSOR="The recipient acts on our instructions only.",
)  # fmt: skip
_told(
    arrangements.Safeguard, "Safeguard", "What protects the data abroad.",
    NONE="Nothing.",
    CONTRACT="Standard clauses in a contract.",
    BINDING_RULES="Binding corporate rules.",
)  # fmt: skip
_told(
    grounds.Relatedness, "Relatedness", "How closely one purpose is related to another.",
    DIRECTLY="Directly: a customer would expect it.",
    RELATED="Related, less closely.",
)  # fmt: skip
_told(
    linter.Level, "FindingLevel", "How much a finding matters.",
    ERROR="A version cannot be published under this law, nor serve whoever holds it there.",
    WARNING="Advice.",
)  # fmt: skip
_told(
    linter.Circumstance, "Circumstance", "What is so about a collection, and changes what its notice says.",
    COLLECTED_ONLINE="Data is collected online.",
    SOLD_OR_SHARED="Data is sold, or shared for advertising.",
    THIRD_PARTY_SOURCE="Data comes from somebody else too.",
    DPO_APPOINTED="There is a data protection or information officer.",
    STATUTORY="A law or contract requires the data.",
    OVERSEAS_TRANSFER="Data goes abroad.",
    AUTOMATED_DECISIONS="Decisions are made by machines alone.",
)  # fmt: skip
_told(
    clauses.Change, "ClauseChange", "How a clause differs between two versions.",
    ADDED="Only the newer version has it.", REMOVED="Only the older version has it.",
    CHANGED="Both have it, and it says something else.",
)  # fmt: skip
_told(
    clauses.Reach, "Reach", "How a notice version reaches a recipient.",
    NAMED="A clause names it.", NOT_COVERED="Not at all.",
    CLASS="It belongs to a class that a clause describes.",
)  # fmt: skip
_describe(ProblemCode, {
    "UNAUTHENTICATED": "Nobody is signed in, or not any more.",
    "FORBIDDEN": "Your scopes do not allow it.",
    "NOT_FOUND": "There is none that you may see.",
    "INVALID": "The input cannot be meant.",
    "CONFLICT": "It contradicts what already is.",
    "TOO_LARGE": "It is more than fits.",
    "LIMIT": "It goes over a published limit.",
    "IDEMPOTENCY_MISMATCH": "The idempotency key was used for something else.",
    "IN_PROGRESS": "A call with this idempotency key is still running.",
    "NOT_SEALED_YET": "The ledger entry will be sealed in a few seconds.",
    "OUTCOME_UNKNOWN": "It may have happened: ask again with the same idempotency key.",
    "UNAVAILABLE": "Not now; nothing changed.",
})  # fmt: skip
_told(
    coverage.Cover, "Cover", "Where customers stand on a question; of the first three the answer is ALLOW.",
    SEEN="The notice they were shown when the data came in covers it.",
    LATER="A notice covers it that reached them after the data came in.",
    AGREED="No notice covers it, and the answer is ALLOW without: by their own yes, or by law.",
    CONSENT="Their consent is missing.",
    NOTICE="A notice must reach them first.",
    UNKNOWN_NOTICE="Nobody knows a notice that they were shown.",
    OBJECTED="They said no: refused, withdrew, opted out or objected.",
    FORMALITY="The authority must be told first, or must agree.",
    BARRED="The law or a rule of the house forbids it, whatever they say.",
)  # fmt: skip
