"""The words all tables are written in: values by their short names, and shorthands of facts."""

from typing import Final

from hub.policy.facts import Facts
from hub.policy.values import (
    Act,
    Age,
    Arrangement,
    Basis,
    Channel,
    Consent,
    Data,
    Destination,
    Footer,
    Formality,
    MarketingChoice,
    Notice,
    Objection,
    Offer,
    ProfileEffect,
    PurposeFit,
    PurposeKind,
    Recipient,
    RecordState,
    Relationship,
    SharingChoice,
    Source,
)

# A module constant is read six times faster than a member through its class, and reads better in a rule.
DISCLOSE: Final = Act.DISCLOSE
MESSAGE: Final = Act.MESSAGE
POOL: Final = Act.POOL
PROFILE: Final = Act.PROFILE
SERVICE: Final = PurposeKind.SERVICE
MARKETING: Final = PurposeKind.MARKETING
FRAUD: Final = PurposeKind.FRAUD
OTHER: Final = PurposeKind.OTHER
PRIMARY: Final = PurposeFit.PRIMARY
DIRECTLY_RELATED: Final = PurposeFit.DIRECTLY_RELATED
NEW: Final = PurposeFit.NEW
CUSTOMER: Final = Source.CUSTOMER
NOTICE_GIVEN: Final = Notice.GIVEN
INTERNAL: Final = Recipient.INTERNAL
UNCOVERED: Final = Recipient.UNCOVERED
AFTER_COLLECTION: Final = Arrangement.AFTER_COLLECTION
CONTRACT: Final = Basis.CONTRACT
LEGAL_OBLIGATION: Final = Basis.LEGAL_OBLIGATION
VITAL_INTEREST: Final = Basis.VITAL_INTEREST
PUBLIC_TASK: Final = Basis.PUBLIC_TASK
LEGITIMATE_INTEREST: Final = Basis.LEGITIMATE_INTEREST
RECOGNISED_INTEREST: Final = Basis.RECOGNISED_INTEREST
CONSENT_REFUSED: Final = Consent.REFUSED
GUARDIAN: Final = Consent.GUARDIAN
MARKETING_OPTED_OUT: Final = MarketingChoice.OPTED_OUT
MARKETING_REVERSED: Final = MarketingChoice.REVERSED
SHARING_OPTED_OUT: Final = SharingChoice.OPTED_OUT
SIGNAL: Final = SharingChoice.SIGNAL
EMAIL: Final = Channel.EMAIL
SMS: Final = Channel.SMS
PHONE: Final = Channel.PHONE
AUTO_CALL: Final = Channel.AUTO_CALL
FOOTER_COMPLETE: Final = Footer.COMPLETE
ACTIVE: Final = Relationship.ACTIVE
CLOSED: Final = Relationship.CLOSED
NEGOTIATING: Final = Relationship.NEGOTIATING
STRANGER: Final = Relationship.NONE
OWN_SIMILAR: Final = Offer.OWN_SIMILAR
SENSITIVE: Final = Data.SENSITIVE
BIOMETRIC: Final = Data.BIOMETRIC
CRIMINAL: Final = Data.CRIMINAL
NATIONAL_ID: Final = Data.NATIONAL_ID
CHILD: Final = Age.CHILD
TEEN: Final = Age.TEEN
ERASED: Final = RecordState.ERASED
HOLD: Final = RecordState.HOLD
RESTRICTED: Final = RecordState.RESTRICTED
RETENTION_ENDED: Final = RecordState.EXPIRED
UNDECLARED: Final = Formality.NONE
RECEIPT_PENDING: Final = Formality.PENDING
AUTHORISED: Final = Formality.AUTHORISED
AUTHORITY_REFUSED: Final = Formality.REFUSED
UNSAFE: Final = Destination.UNSAFE
NO_EFFECT: Final = ProfileEffect.NONE
AUTOMATED_DECISION: Final = ProfileEffect.AUTOMATED_DECISION

_CONSENTED: Final = frozenset({Consent.GIVEN, Consent.EXPLICIT, Consent.GUARDIAN})
_EXPRESS: Final = frozenset({Consent.EXPLICIT, Consent.GUARDIAN})
_SAID_NO: Final = frozenset({Consent.REFUSED, Consent.WITHDRAWN})
_EXTERNAL: Final = frozenset({Recipient.NAMED, Recipient.CLASS, Recipient.UNCOVERED})
_TRADE: Final = frozenset({Act.SELL, Act.POOL})
_COMMUNICATED: Final = frozenset({Act.DISCLOSE, Act.SELL, Act.POOL})
_NEEDED: Final = frozenset({Basis.LEGAL_OBLIGATION, Basis.CONTRACT, Basis.VITAL_INTEREST})
_E_MESSAGE: Final = frozenset({Channel.EMAIL, Channel.SMS, Channel.IN_APP})
_VOICE: Final = frozenset({Channel.PHONE, Channel.AUTO_CALL})
_SPECIAL: Final = frozenset({Data.SENSITIVE, Data.BIOMETRIC, Data.CRIMINAL})
_REQUIRABLE: Final = frozenset({Act.USE, Act.DISCLOSE, Act.MESSAGE})
_OBJECTING: Final = frozenset({Objection.PENDING, Objection.UPHELD})
_PROMISED: Final = frozenset({PurposeFit.PRIMARY, PurposeFit.NAMED})
_OTHER_BASIS: Final = frozenset({CONTRACT, VITAL_INTEREST, PUBLIC_TASK, LEGITIMATE_INTEREST})
_OTHER_BASIS_UK: Final = _OTHER_BASIS | {RECOGNISED_INTEREST}
_UNPROTECTED_ABROAD: Final = frozenset({Destination.CONSENTED, Destination.UNSAFE})


def consented(facts: Facts) -> bool:
    """Find agreement to exactly this purpose, channel and recipient, in whatever form."""
    return facts.consent in _CONSENTED


def express(facts: Facts) -> bool:
    """Find express, recorded agreement, or a guardian's."""
    return facts.consent in _EXPRESS


def said_no(facts: Facts) -> bool:
    """Find consent refused or withdrawn."""
    return facts.consent in _SAID_NO


def marketing(facts: Facts) -> bool:
    """Find marketing, whatever is done."""
    return facts.purpose_kind is MARKETING


def refuses_marketing(facts: Facts) -> bool:
    """Find marketing to somebody whose last word on it is no; a reversal that no longer stands is a no."""
    return marketing(facts) and (
        facts.marketing_choice is MARKETING_OPTED_OUT
        or said_no(facts)
        or (facts.marketing_choice is MARKETING_REVERSED and not consented(facts))
    )


def external(facts: Facts) -> bool:
    """Find a third party as the recipient."""
    return facts.recipient in _EXTERNAL


def trade(facts: Facts) -> bool:
    """Find sale, rental or pooling."""
    return facts.act in _TRADE


def outflow(facts: Facts) -> bool:
    """Find data that leaves for a third party."""
    return trade(facts) or (facts.act is DISCLOSE and external(facts))


def needed_disclosure(facts: Facts) -> bool:
    """Find a disclosure that a law, the contract or a life depends on."""
    return facts.act is DISCLOSE and facts.basis in _NEEDED


def promo(facts: Facts) -> bool:
    """Find a marketing message."""
    return facts.act is MESSAGE and marketing(facts)


def e_message(facts: Facts) -> bool:
    """Find email, text and app messages."""
    return facts.channel in _E_MESSAGE


def voice(facts: Facts) -> bool:
    """Find calls, live or automated."""
    return facts.channel in _VOICE


def electronic(facts: Facts) -> bool:
    """Find every channel but post."""
    return e_message(facts) or voice(facts)


def special(facts: Facts) -> bool:
    """Find sensitive, biometric or criminal data."""
    return facts.data in _SPECIAL


def required_by_law(facts: Facts) -> bool:
    """Find what a law demands; never marketing, never to an unprotected country."""
    return (
        facts.basis is LEGAL_OBLIGATION
        and facts.act in _REQUIRABLE
        and not marketing(facts)
        and facts.destination is not UNSAFE
    )


def service_message(facts: Facts) -> bool:
    """Find a message that runs the customer's own account or contract."""
    return (
        facts.act is MESSAGE
        and facts.purpose_kind is SERVICE
        and facts.purpose_fit is not NEW
        and facts.relationship is not STRANGER
        and facts.destination is not UNSAFE
    )


def unnotified(facts: Facts) -> bool:
    """Find a customer whom no complete notice reached."""
    return facts.notice is not NOTICE_GIVEN


def bad_footer(facts: Facts) -> bool:
    """Find a marketing message without its sender or its opt-out."""
    return promo(facts) and facts.footer is not FOOTER_COMPLETE


def child_gate(facts: Facts) -> bool:
    """Find marketing to a child, or trade in a child's data, without a guardian's agreement."""
    return facts.age is CHILD and facts.consent is not GUARDIAN and (marketing(facts) or trade(facts))


def automated(facts: Facts) -> bool:
    """Find software alone deciding something that matters."""
    return facts.act is PROFILE and facts.profile_effect is AUTOMATED_DECISION


def objecting(facts: Facts) -> bool:
    """Find an objection that is open or upheld."""
    return facts.objection in _OBJECTING


def own_sale_details(facts: Facts) -> bool:
    """Find details from the customer, our own similar product, an opt-out offered when they were taken."""
    return facts.source is CUSTOMER and facts.offer is OWN_SIMILAR and facts.optout_at_collection


def soft_opt_in(facts: Facts) -> bool:
    """Find the soft opt-in where the law speaks of a sale."""
    return own_sale_details(facts) and facts.relationship is ACTIVE


def soft_opt_in_uk(facts: Facts) -> bool:
    """Find the soft opt-in where negotiating a sale is enough."""
    return own_sale_details(facts) and facts.relationship in (ACTIVE, NEGOTIATING)


def promised_purpose(facts: Facts) -> bool:
    """Find the reason for collection, or another purpose the notice names."""
    return facts.purpose_fit in _PROMISED


def other_basis(facts: Facts) -> bool:
    """Find a recorded basis other than consent; marketing has legitimate interest only."""
    if marketing(facts):
        return facts.basis is LEGITIMATE_INTEREST
    return facts.basis in _OTHER_BASIS


def other_basis_uk(facts: Facts) -> bool:
    """Find :func:`other_basis`, or a recognised legitimate interest of the United Kingdom."""
    if marketing(facts):
        return facts.basis is LEGITIMATE_INTEREST
    return facts.basis in _OTHER_BASIS_UK


def za_prior(facts: Facts) -> bool:
    """Find what section 57 of POPIA names: fraud reports for others, linked identifiers, risky transfers."""
    return (
        (facts.purpose_kind is FRAUD and facts.act in _COMMUNICATED)
        or (facts.act is POOL and facts.data is NATIONAL_ID and facts.purpose_fit is not PRIMARY)
        or (facts.destination in _UNPROTECTED_ABROAD and (special(facts) or facts.age is CHILD))
    )


def not_authorised(facts: Facts) -> bool:
    """Find an activity that the authority has not authorised."""
    return facts.formality is not AUTHORISED
