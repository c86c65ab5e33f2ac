"""What is done with a request, each by a form of its own: what it needs, the letter that goes out, and its verb.

A letter is previewed as it will be sent before it can be sent. Where a code of the law is chosen, its words in the
customer's language are offered as a beginning. What cannot be undone asks for a new code of the authenticator.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.act import Act
from hub.errors import Code, Refusal
from hub.letters.templates import Key, speaks
from hub.policy.values import Jurisdiction
from hub.rights import conduct, fulfilling, lifting, reasons, timing, writing
from hub.rights.advice import Deed
from hub.rights.requests import Request
from portal.desk import names
from portal.desk.situation import Situation
from portal.forms import Wrong
from portal.wording import N_


@dataclass(frozen=True, slots=True)
class Said:
    """What was filled in."""

    choice: str = ""
    message: str = dataclasses.field(default="", repr=False)


Options = Mapping[str, str]
Verb = Callable[[Act, UUID, Said], Awaitable[Request]]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a deed. choice, message: their labels; empty for none. letter: in which the message goes out.

    as_sent: what the letter says where that is more than the message, as of an instant.
    """

    title: str
    button: str
    do: Verb
    why: str = ""
    choice: str = ""
    options: Callable[[Situation, str], Options] | None = None
    message: str = ""
    letter: Key | None = None
    as_sent: Callable[[Request, datetime, str], str] | None = None
    is_final: bool = False
    is_private: bool = False


async def _approve(act: Act, request_id: UUID, said: Said) -> Request:
    del said
    return await fulfilling.approve(act, request_id)


async def _answer(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.answer(act, request_id, said.message)


async def _refuse(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.refuse(act, request_id, said.choice, said.message)


async def _refuse_part(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.refuse(act, request_id, said.choice, said.message, is_part=True)


async def _extend(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.extend(act, request_id, said.choice, said.message)


async def _pause(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.pause(act, request_id, said.choice, said.message)


async def _hold(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.hold(act, request_id, said.choice)


async def _resume(act: Act, request_id: UUID, said: Said) -> Request:
    del said
    return await conduct.resume(act, request_id)


async def _withdraw(act: Act, request_id: UUID, said: Said) -> Request:
    del said
    return await conduct.withdraw(act, request_id)


async def _lift(act: Act, request_id: UUID, said: Said) -> Request:
    return await lifting.announce(act, request_id, said.message)


async def _keep(act: Act, request_id: UUID, said: Said) -> Request:
    del said
    return await lifting.keep(act, request_id)


async def _say(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.say(act, request_id, said.message, is_private=False)


async def _note(act: Act, request_id: UUID, said: Said) -> Request:
    return await conduct.say(act, request_id, said.message, is_private=True)


def _grounds(now: Situation, language: str) -> Options:
    return {code: f"{reasons.reason(code, language).staff} ({cites})" for code, cites in now.grounds.items()}


def _extensions(now: Situation, language: str) -> Options:
    codes = sorted(timing.extension_reasons(now.request))
    return {code: reasons.reason(code, language).staff for code in codes}


def _waits(now: Situation, language: str) -> Options:
    del now, language
    return names.WAITS


def _holds(now: Situation, language: str) -> Options:
    del now, language
    return names.HOLDS


READ: Final = N_("The customer reads this, exactly as you write it.")
FORMS: Final[Mapping[Deed, Form]] = {
    Deed.APPROVE: Form(
        N_("Approve it"), N_("Approve it"), _approve, is_final=True,
        why=N_("A deletion then waits seven days, in which it can be taken back. A correction begins at once."),
    ),
    Deed.ANSWER: Form(
        N_("Answer the customer"), N_("Send the answer"), _answer, message=N_("What the customer is told"),
        letter=Key.RIGHTS_ANSWERED, why=READ,
    ),
    Deed.REFUSE: Form(
        N_("Refuse it"), N_("Send the refusal"), _refuse, choice=N_("Ground of the law"), options=_grounds,
        message=N_("What the customer is told"), letter=Key.RIGHTS_REFUSED, is_final=True,
        why=N_("Leave the text empty to begin with what the law asks a refusal to say."),
    ),
    Deed.REFUSE_PART: Form(
        N_("Refuse the rest of it"), N_("Send the refusal"), _refuse_part, choice=N_("Ground of the law"),
        options=_grounds, message=N_("What the customer is told"), letter=Key.RIGHTS_REFUSED, is_final=True,
        why=N_("Leave the text empty to begin with what the law asks a refusal to say."),
    ),
    Deed.EXTEND: Form(
        N_("Take the longer time"), N_("Take it and tell the customer"), _extend, choice=N_("Reason"),
        options=_extensions, message=N_("What the customer is told"), letter=Key.RIGHTS_EXTENDED,
        why=N_("Leave the text empty to begin with the words of the reason."),
    ),
    Deed.PAUSE: Form(
        N_("Wait for something"), N_("Pause it and tell the customer"), _pause, choice=N_("For what"),
        options=_waits, message=N_("What the customer is told"), letter=Key.RIGHTS_PAUSED,
        why=N_("Whether the clock waits too is for the law to say. The customer is told what is missing."),
    ),
    Deed.HOLD: Form(
        N_("Hold it"), N_("Hold it"), _hold, choice=N_("Reason"), options=_holds,
        why=N_("What it would erase or change is left as it is. The clock goes on."),
    ),
    Deed.RESUME: Form(
        N_("Let it go on"), N_("Let it go on"), _resume, why=N_("It goes on where it was.")
    ),
    Deed.WITHDRAW: Form(
        N_("The customer takes it back"), N_("Note that it is taken back"), _withdraw,
        why=N_("Only if the customer said so. What stood still because of the request goes on, and they get a letter."),
    ),
    Deed.LIFT: Form(
        N_("Lift the restriction"), N_("Tell the customer that it will be lifted"), _lift,
        message=N_("Why it is lifted, for the customer"), letter=Key.RIGHTS_MESSAGE, as_sent=lifting.notice,
        is_final=True,
        why=N_("The law wants the customer told before. The day, seven days from now, stands in the letter above your "
               "words. Then every system that restricted the data is told to use it again. Until then it can be kept."),
    ),
    Deed.KEEP: Form(
        N_("Keep the restriction"), N_("Keep it and tell the customer"), _keep,
        why=N_("Nothing is lifted, and the customer is told so."),
    ),
    Deed.SAY: Form(
        N_("Message to the customer"), N_("Send it"), _say, message=N_("Message to the customer"),
        letter=Key.RIGHTS_MESSAGE, why=READ,
    ),
    Deed.NOTE: Form(
        N_("Private note"), N_("Keep note"), _note, message=N_("Private note"), is_private=True,
        why=N_("Only staff read this. It may have to be disclosed if asked for."),
    ),
}  # fmt: skip
"""Everything but saying who asks, who may act for them, and what is complained of: these have pages of their own."""


def suggestion(deed: Deed, now: Situation, choice: str) -> str:
    """A beginning in the customer's language, for what they are told; empty where there is none."""
    request, language = now.request, speaks(now.request.locale)
    if deed is Deed.ANSWER:
        return writing.ANSWERS[language].get(request.kind, "")
    if deed is Deed.EXTEND and choice:
        return reasons.reason(choice, language).customer
    if deed in {Deed.REFUSE, Deed.REFUSE_PART} and choice:
        closing = [
            each
            for place in request.jurisdictions
            for each in reasons.closing(Jurisdiction(place), request.kind, language)
        ]
        return "\n\n".join([reasons.reason(choice, language).customer, *dict.fromkeys(closing)])
    return ""


MEANT: Final[Mapping[str, str]] = {
    "ground": "choice", "reason": "choice", "waiting_for": "choice", "last_row": "last", "text": "message",
}  # fmt: skip
"""How the forms call what the hub names otherwise."""
FIELDS: Final = frozenset({"choice", "message", "customer", "identified", "rows", "why", "first", "last"})


def wrong_of(refusal: Refusal) -> Wrong:
    """Say at its field what the hub refused."""
    if refusal.code not in {Code.INVALID, Code.CONFLICT, Code.LIMIT}:
        raise refusal
    last: Any = refusal.path[-1] if refusal.path else ""
    field = MEANT.get(last, last)
    return Wrong(
        field if field in FIELDS else "",
        refusal.message,
    )
