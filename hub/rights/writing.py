"""Letters about a request: queued by the act that they tell of, to the address that was named or is on record.

Where there is no address, the request says so (UNWRITTEN): somebody has to tell the customer in another way.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from hub.act import Act, Ask
from hub.identities import open_key
from hub.letters import revising
from hub.letters.revising import Preview
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key, Value, speaks
from hub.policy.values import Jurisdiction
from hub.rights import effects, remains, sealed, steps, telling, untouched
from hub.rights.law import PLACES
from hub.rights.outcomes import Step
from hub.rights.requests import Asker, Move, Request, move
from hub.rights.sealed import contents
from hub.rights.values import Kind
from hub.vault import Blind

CHECK_PATH: Final = "/requests/check"
STATUS_PATH: Final = "/requests"
TOLD_OF: Final = frozenset({Kind.DELETION, Kind.RECTIFICATION, Kind.RESTRICTION})
"""Answers that list what was left and who was told."""
ANSWERS: Final[dict[str, dict[str, str]]] = tomllib.loads(
    files(__package__ or "hub.rights").joinpath("answers.toml").read_text("utf-8")
)
SAYS: Final[Mapping[Key, str]] = {
    Key.RIGHTS_PAUSED: "waiting_for",
    Key.RIGHTS_EXTENDED: "reason",
    Key.RIGHTS_REFUSED: "reason",
    Key.RIGHTS_ANSWERED: "summary",
    Key.RIGHTS_MESSAGE: "message",
}
"""In which place of a letter the words go that somebody writes for it."""
_ADDRESS = """
    SELECT i.id, i.sealed, c.locale FROM identifier i JOIN customer c ON c.id = i.customer_id
    WHERE i.customer_id = $1 AND i.organisation_id = $2 AND i.kind = 'EMAIL' AND i.ended_at IS NULL
    ORDER BY i.verified_at IS NULL, i.id LIMIT 1
"""
_LIVING = "SELECT id FROM customer WHERE id = $1 AND erased_at IS NULL"
_KEEP = "UPDATE rights_request SET contact = $2, contact_blind = $3, contact_key = $4 WHERE id = $1"


async def send_code(act: Act, request: Request, digits: str, life: timedelta) -> None:
    """Mail a code to the address that a guest named, whoever has it."""
    _, address = await contents(act, request.id)
    values = {"code": digits, "minutes": int(life.total_seconds() // 60), "link": CHECK_PATH}
    key = Key.RIGHTS_STOPPED if effects.holds_on_word(request) else Key.RIGHTS_VERIFY
    await _send(act, request, key, address or "", values, until_at=act.at + life)


async def confirm(act: Act, request: Request) -> None:
    """Confirm that a request is here, and until when it is answered; not where that day is over."""
    if request.due_on is not None and request.due_on >= act.at.date():
        await _write(act, request, Key.RIGHTS_RECEIVED, {"due_on": request.due_on})


async def tell_waiting(act: Act, request: Request, message: str) -> None:
    """Say what a request waits for."""
    await _write(act, request, Key.RIGHTS_PAUSED, _values(request, Key.RIGHTS_PAUSED, message))


async def tell_longer(act: Act, request: Request, message: str) -> None:
    """Say that and why it takes longer."""
    if request.due_on is not None:
        await _write(act, request, Key.RIGHTS_EXTENDED, _values(request, Key.RIGHTS_EXTENDED, message))


async def tell_refused(act: Act, request: Request, message: str) -> None:
    """Say what was refused and why, and where to complain."""
    await _write(act, request, Key.RIGHTS_REFUSED, _values(request, Key.RIGHTS_REFUSED, message))


async def tell_answered(act: Act, request: Request, message: str | None = None) -> None:
    """Say what was done: in the words given, or those for requests of this kind."""
    planned = await steps.of(act, request.id)
    what = "UNCORRECTED" if untouched.is_uncorrected(planned) else request.kind
    summary = message or ANSWERS[speaks(request.locale)].get(what)
    if summary is not None:
        told = "\n\n".join([summary, *await _what_came_of_it(act, request, planned)])
        await _write(act, request, Key.RIGHTS_ANSWERED, _values(request, Key.RIGHTS_ANSWERED, told))


async def tell_ready(act: Act, request: Request, until: datetime) -> None:
    """Say that the copy lies ready, and until when."""
    await _write(act, request, Key.RIGHTS_READY, {"until_on": until.date()})


async def _what_came_of_it(ask: Ask, request: Request, planned: Sequence[Step]) -> list[str]:
    """What stays, where it could not be done, and what past recipients said; nothing where there are no steps."""
    if request.kind not in TOLD_OF or not planned:
        return []
    heard = (await telling.of_many(ask, [request.id]))[request.id]
    lines = remains.lines(remains.outcome(planned, heard), request.locale)
    return ["\n".join(lines)] if lines else []


async def tell_withdrawn(act: Act, request: Request) -> None:
    """Say that a request was taken back."""
    await _write(act, request, Key.RIGHTS_WITHDRAWN, {})


async def tell_represented(act: Act, request: Request) -> None:
    """Tell the customer that somebody asked for them; nobody is told where no address is on record."""
    row = await act.row(_ADDRESS, request.customer_id, request.organisation_id)
    if row is None or request.customer_id is None:
        return
    key = await open_key(act, request.customer_id)
    to = key.open_text("identifier", "sealed", row["id"], row["sealed"])
    values: dict[str, Value] = {"reference": request.reference, "link": STATUS_PATH}
    await _send(act, request, Key.RIGHTS_REPRESENTED, to, values, locale=row["locale"])


async def tell_message(act: Act, request: Request, message: str) -> None:
    """Write to the customer in the words given."""
    await _write(act, request, Key.RIGHTS_MESSAGE, _values(request, Key.RIGHTS_MESSAGE, message))


async def preview(ask: Ask, request: Request, template: Key, message: str) -> Preview:
    """Show a letter as it would be sent, with somebody's words where it has a place for them; nothing is sent."""
    if template is Key.RIGHTS_READY:
        until = ask.at + timedelta(days=ask.hub.settings.package_days)
        said: dict[str, Value] = {"until_on": until.date()}
    else:
        is_answer = template is Key.RIGHTS_ANSWERED
        more = await _what_came_of_it(ask, request, await steps.of(ask, request.id)) if is_answer else []
        said = _values(request, template, "\n\n".join([message, *more]))
    values = {"reference": request.reference, "link": STATUS_PATH, **said}
    return await revising.preview(
        ask, template, request.locale, values, organisation_id=request.organisation_id
    )


def _values(request: Request, template: Key, message: str) -> dict[str, Value]:
    """What a letter says of a request, with the words given."""
    values: dict[str, Value] = {SAYS[template]: message}
    if template is not Key.RIGHTS_MESSAGE:
        values["regulator"] = _regulators(request)
    if template is Key.RIGHTS_EXTENDED and request.due_on is not None:
        values["due_on"] = request.due_on
    return values


async def _write(act: Act, request: Request, template: Key, values: Mapping[str, Value]) -> None:
    address = await _address(act, request)
    if address is None:
        await move(act, request, Move("UNWRITTEN", code=template.upper()))
        return
    await _send(
        act, request, template, address, {"reference": request.reference, "link": STATUS_PATH, **values}
    )


async def _send(
    act: Act, request: Request, template: Key, address: str, values: Mapping[str, Value], **more: Any
) -> None:
    # What tells of a deletion is read after it: it cannot lie under the customer's key, which may be gone already.
    is_theirs = request.kind is not Kind.DELETION and request.verified_at is not None
    owner = await act.value(_LIVING, request.customer_id) if is_theirs else None
    locale = more.pop("locale", request.locale)
    new = NewLetter(request.organisation_id, template, address, locale, values, owner, request.id, **more)
    await send(act, new)


async def _address(act: Act, request: Request) -> str | None:
    """Where to write: as named with the request, or kept with it when it was open."""
    return (await contents(act, request.id))[1]


async def keep_address(act: Act, request: Request) -> None:
    """Keep the customer's address with an open request that names none, so that a deletion can still be told of."""
    is_theirs = request.customer_id is not None and request.asker is Asker.SELF
    if not is_theirs or await _address(act, request) is not None:
        return
    row = await act.row(_ADDRESS, request.customer_id, request.organisation_id)
    if row is None or request.customer_id is None:
        return
    key = await open_key(act, request.customer_id)
    to = key.open_text("identifier", "sealed", row["id"], row["sealed"])
    await keep_contact(act, request, act.hub.vault.blind_email(to))


async def keep_contact(act: Act, request: Request, blind: Blind | None) -> None:
    """Let letters about a request go to an address; nothing changes for none."""
    if blind is None:
        return
    own = await sealed.open_key(act, request.id)
    contact = own.seal("rights_request", "contact", request.id, blind.normalised)
    await act.execute(_KEEP, request.id, contact, blind.digest, blind.key_id)


def _regulators(request: Request) -> str:
    names = [each.name for place in request.jurisdictions for each in PLACES[Jurisdiction(place)].regulators]
    return " / ".join(dict.fromkeys(names))
