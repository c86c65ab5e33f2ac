"""The enumerations of referrals, each value with what it means; the same for apps and for partners."""

from hub.partners.states import Declined, Outcome, State
from schema.internal.telling import told

__all__ = ["Declined", "Outcome", "State"]

told(
    State, "ReferralState", "How a referral stands; its events bear the same names.",
    ASKING="The customer is asked first; the partner knows nothing of it.",
    OFFERED="Released: the partner sees it, and has not answered.",
    ACCEPTED="The partner took it on.",
    DECLINED="The partner did not take it on.",
    DONE="The partner said what came of it.",
    EXPIRED="The partner did not answer in time.",
    CLOSED="It was never released: the customer said no or nothing, or it was not allowed any more.",
    WITHDRAWN="The customer took it back before the partner accepted.",
)  # fmt: skip
told(
    Declined, "ReferralDeclined", "Why you decline.",
    NO_CAPACITY="You have no time or room for it.",
    NOT_OUR_FIELD="It is not what you do.",
    KNOWN_ALREADY="You know this customer already.",
    OTHER="Something else.",
)  # fmt: skip
told(
    Outcome, "ReferralOutcome", "What came of it.",
    BECAME_CLIENT="They became your client.",
    NOT_INTERESTED="They did not want it.",
    NOT_REACHED="You could not reach them.",
    OTHER="Something else.",
)  # fmt: skip
