"""What each value of the enumerations of letters means."""

from hub import letters
from hub.letters import Key as Template
from schema.internal.telling import told

__all__ = ["Template"]

told(
    Template, "LetterTemplateKey", "What a letter is about.",
    RIGHTS_RECEIVED="A request is here, and until when we reply.",
    RIGHTS_VERIFY="A code that proves an address.",
    RIGHTS_STOPPED="An opt-out that holds already, and a code to follow it.",
    RIGHTS_PAUSED="We wait for something.",
    RIGHTS_EXTENDED="We take longer, why, and until when.",
    RIGHTS_READY="A copy lies ready.",
    RIGHTS_REFUSED="We do not do what was asked, and why.",
    RIGHTS_ANSWERED="What was done.",
    RIGHTS_WITHDRAWN="A request was taken back.",
    RIGHTS_REPRESENTED="Somebody asked for the customer.",
    RIGHTS_MESSAGE="What staff write about a request.",
    TASK_ASKED="Somebody is asked to look in a system.",
    TASK_REMINDER="They have not answered yet.",
    TASKS_REMINDER="They have not answered several.",
    RECIPIENT_ASKED="A past recipient is told of a deletion, a correction or a restriction.",
    RECIPIENT_REMINDER="They have not answered yet.",
    DESK_REMINDER="Requests whose time runs out, to the privacy team.",
    WITHDRAWALS_REMINDER="What a partner has not acknowledged.",
    SIGN_IN="A code to sign in at the portal.",
    REFERRAL_ASKED="A customer is asked about a referral.",
    ACCOUNT_CLOSED="A customer closed their account, and until when they can open it again.",
)  # fmt: skip
told(
    letters.Kind, "LetterPlaceholderKind", "What stands in the place of a placeholder.",
    LINE="A line of text.",
    TEXT="Paragraphs.",
    CODE="Letters, digits and hyphens, to be typed or read out.",
    COUNT="A whole number.",
    DATE="A day, spelled out.",
    LINK="An address of ours.",
)  # fmt: skip
told(
    letters.Reader, "LetterReader", "Who gets a letter; its foot says why.",
    PERSON="Whoever asked.",
    CUSTOMER="A customer.",
    HELPER="Whoever looks in a system.",
    RECIPIENT="A past recipient.",
    STAFF="The privacy team.",
)  # fmt: skip
told(
    letters.State, "LetterState", "What became of a letter.",
    QUEUED="It waits, or is being tried.",
    SENT="The mail server took it.",
    FAILED="It will not be tried again: `reason` says why.",
    BOUNCED="It came back: `reason` says why, as RFC 3463 numbers it.",
    SUPPRESSED="It was not sent: its reader was erased, or it had become useless.",
)  # fmt: skip
