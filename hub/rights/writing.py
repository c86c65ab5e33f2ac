"""Letters about a request: queued by the act that they tell of, to the address that was named or is on record.

Where there is no address, the request says so (UNWRITTEN): somebody has to tell the customer in another way.
"""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Any, Final

from hub.act import Act
from hub.identities import open_key
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key, Value, speaks
from hub.policy.values import Jurisdiction
from hub.rights import sealed
from hub.rights.law import PLACES
from hub.rights.requests import Move, Request, move
from hub.rights.sealed import contents
from hub.rights.values import Kind

CHECK_PATH: Final = "/requests/check"
STATUS_PATH: Final = "/requests"
ANSWERS: Final[dict[str, dict[str, str]]] = tomllib.loads(
    files(__package__ or "hub.rights").joinpath("answers.toml").read_text("utf-8")
)
_ADDRESS = """
    SELECT id, sealed FROM identifier WHERE customer_id = $1 AND organisation_id = $2 AND kind = 'EMAIL'
        AND ended_at IS NULL ORDER BY verified_at IS NULL, id LIMIT 1
"""
_LIVING = "SELECT id FROM customer WHERE id = $1 AND erased_at IS NULL"
_KEEP = "UPDATE rights_request SET contact = $2, contact_blind = $3, contact_key = $4 WHERE id = $1"


async def send_code(act: Act, request: Request, digits: str, life: timedelta) -> None:
    """Mail a code to the address that a guest named, whoever has it."""
    _, address = await contents(act, request.id)
    values = {"code": digits, "minutes": int(life.total_seconds() // 60), "link": CHECK_PATH}
    await _send(act, request, Key.RIGHTS_VERIFY, address or "", values, until_at=act.at + life)


async def confirm(act: Act, request: Request) -> None:
    """Confirm that a request is here, and until when it is answered; not where that day is over."""
    if request.due_on is not None and request.due_on >= act.at.date():
        await _write(act, request, Key.RIGHTS_RECEIVED, {"due_on": request.due_on})


async def tell_waiting(act: Act, request: Request, message: str) -> None:
    """Say what a request waits for."""
    await _write(act, request, Key.RIGHTS_PAUSED, {"waiting_for": message, "regulator": _regulators(request)})


async def tell_longer(act: Act, request: Request, message: str) -> None:
    """Say that and why it takes longer."""
    if request.due_on is not None:
        values = {"reason": message, "due_on": request.due_on, "regulator": _regulators(request)}
        await _write(act, request, Key.RIGHTS_EXTENDED, values)


async def tell_refused(act: Act, request: Request, message: str) -> None:
    """Say what was refused and why, and where to complain."""
    values = {"reason": message, "regulator": _regulators(request)}
    await _write(act, request, Key.RIGHTS_REFUSED, values)


async def tell_answered(act: Act, request: Request, message: str | None = None) -> None:
    """Say what was done: in the words given, or those for requests of this kind."""
    summary = message or ANSWERS[speaks(request.locale)].get(request.kind)
    if summary is not None:
        values = {"summary": summary, "regulator": _regulators(request)}
        await _write(act, request, Key.RIGHTS_ANSWERED, values)


async def tell_withdrawn(act: Act, request: Request) -> None:
    """Say that a request was taken back."""
    await _write(act, request, Key.RIGHTS_WITHDRAWN, {})


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
    new = NewLetter(
        request.organisation_id, template, address, request.locale, values, owner, request.id, **more
    )
    await send(act, new)


async def _address(act: Act, request: Request) -> str | None:
    """Where to write: as named with the request, or kept with it when it was open."""
    return (await contents(act, request.id))[1]


async def keep_address(act: Act, request: Request) -> None:
    """Keep the customer's address with an open request that names none, so that a deletion can still be told of."""
    if request.customer_id is None or await _address(act, request) is not None:
        return
    row = await act.row(_ADDRESS, request.customer_id, request.organisation_id)
    if row is None:
        return
    key = await open_key(act, request.customer_id)
    blind = act.hub.vault.blind_email(key.open_text("identifier", "sealed", row["id"], row["sealed"]))
    own = await sealed.open_key(act, request.id)
    contact = own.seal("rights_request", "contact", request.id, blind.normalised)
    await act.execute(_KEEP, request.id, contact, blind.digest, blind.key_id)


def _regulators(request: Request) -> str:
    names = [each.name for place in request.jurisdictions for each in PLACES[Jurisdiction(place)].regulators]
    return " / ".join(dict.fromkeys(names))
