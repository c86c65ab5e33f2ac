"""The values of the law of rights requests, spelled as they are stored, sent and written in ``law.toml``."""

from enum import StrEnum


class Kind(StrEnum):
    """What a customer may ask for."""

    ACCESS = "ACCESS"
    PORTABILITY = "PORTABILITY"
    RECTIFICATION = "RECTIFICATION"
    DELETION = "DELETION"
    OBJECTION = "OBJECTION"
    RESTRICTION = "RESTRICTION"
    STOP_MARKETING = "STOP_MARKETING"
    STOP_SHARING = "STOP_SHARING"
    LIMIT_SENSITIVE = "LIMIT_SENSITIVE"
    EXPLANATION = "EXPLANATION"
    WITHDRAW_CONSENT = "WITHDRAW_CONSENT"
    COMPLAINT = "COMPLAINT"


class Standing(StrEnum):
    """STATUTORY: the law gives the right. HOUSE: it does not, and we honour it. NONE: not offered."""

    STATUTORY = "STATUTORY"
    HOUSE = "HOUSE"
    NONE = "NONE"


class Unit(StrEnum):
    """How a period is counted; ``law.toml`` says what each means."""

    AT_ONCE = "AT_ONCE"
    MONTHS = "MONTHS"
    DAYS = "DAYS"
    CLEAR_DAYS = "CLEAR_DAYS"
    BUSINESS_DAYS = "BUSINESS_DAYS"


class RestsOn(StrEnum):
    """Whose number it is: the statute's, a regulator's reading of it, or our own."""

    LAW = "LAW"
    GUIDANCE = "GUIDANCE"
    HOUSE = "HOUSE"


class Rolls(StrEnum):
    """Which last days move on to the next working day."""

    NO = "NO"
    SUNDAYS_AND_HOLIDAYS = "SUNDAYS_AND_HOLIDAYS"
    WEEKENDS_AND_HOLIDAYS = "WEEKENDS_AND_HOLIDAYS"


class Start(StrEnum):
    """What a period may have to wait for before it begins."""

    RECEIPT = "RECEIPT"
    IDENTITY = "IDENTITY"
    FEE = "FEE"


class Identity(StrEnum):
    """How sure we must be of who asks, from not at all to as sure as the law can want."""

    NONE = "NONE"
    CONTACT = "CONTACT"
    REASONABLE = "REASONABLE"
    HIGH = "HIGH"


class FeeCode(StrEnum):
    """What may be charged."""

    FREE = "FREE"
    FREE_UNLESS_EXCESSIVE = "FREE_UNLESS_EXCESSIVE"
    COST_NOT_EXCESSIVE = "COST_NOT_EXCESSIVE"
    COPY_COST = "COPY_COST"


class Told(StrEnum):
    """Who else hears what was done."""

    EACH_RECIPIENT = "EACH_RECIPIENT"
    ON_REQUEST = "ON_REQUEST"
    WHERE_DECISIONS_CHANGE = "WHERE_DECISIONS_CHANGE"
    CONTRACTORS = "CONTRACTORS"
    CONTRACTORS_AND_BUYERS = "CONTRACTORS_AND_BUYERS"


class Unless(StrEnum):
    """What excuses from telling them."""

    NEVER = "NEVER"
    IMPOSSIBLE = "IMPOSSIBLE"
    IMPOSSIBLE_OR_DISPROPORTIONATE = "IMPOSSIBLE_OR_DISPROPORTIONATE"
    IMPRACTICABLE_OR_UNLAWFUL = "IMPRACTICABLE_OR_UNLAWFUL"
