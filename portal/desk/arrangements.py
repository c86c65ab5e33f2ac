"""Arrangements at the desk: drafted, their signed text added, whom they reach looked at, put into force, ended."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from starlette.responses import Response

from hub import agreements, arrangements, arranging, categories, purposes, recipients
from hub.act import Act, Ask
from hub.actors import Operation
from hub.arrangements import Arrangement, Kind, NewArrangement, Safeguard
from hub.catalogue import Page as Stretch
from hub.errors import Code, Refusal
from hub.uploads import serving
from portal.desk import agreed
from portal.desk.doing import prove
from portal.desk.entrance import AtDesk, does, shows
from portal.forms import FILES, Form, Wrong
from portal.languages import LANGUAGES
from portal.pages.files import check_files
from portal.reader import Page
from portal.wording import N_

Result = TypeVar("Result")
LISTED_MOST: Final = 200
DAY: Final = N_("Enter a day, like 2026-09-01")
NUMBER: Final = N_("Enter a number of days, or leave it empty")
NO_FILE: Final = N_("Choose the signed document")
FIELDS: Final = frozenset({
    "key", "kind", "purposes", "categories", "starts_on", "ends_on", "destination", "safeguard", "keep_days", "gain",
})  # fmt: skip


async def show_draft(reader: AtDesk) -> Page:
    """Ask what is to be agreed."""
    async with reader.hub.ask(reader.actor, Operation.ARRANGEMENT_CONDUCT, locale=reader.language) as ask:
        row = await recipients.read(ask, reader.request.path_params["partner"], "partner")
        uses = await purposes.page(ask, Stretch(LISTED_MOST), purposes.Such(retired=False))
        kinds = await categories.page(ask, Stretch(LISTED_MOST))
    return Page("desk/arrangement_draft.html", {
        "partner": row, "purposes": uses, "categories": kinds, "agreed": agreed, "sent": reader.form,
    })  # fmt: skip


draft = shows(Operation.ARRANGEMENT_CONDUCT)(show_draft)


@does(Operation.ARRANGEMENT_CONDUCT, again=show_draft)
async def do_draft(reader: AtDesk) -> Response:
    """Enter the draft."""
    new = _new(reader.form, reader.request.path_params["partner"])

    async def make(act: Act) -> dict[str, Any]:
        return {"key": (await arrangements.draft(act, new)).key}

    made = await _refusing(reader.once(Operation.ARRANGEMENT_CONDUCT, make))
    return reader.go("arrangements", made["key"])


async def show_arrangement(reader: AtDesk) -> Page:
    """Show one as it stands, with its picture and what is missing."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK, locale=reader.language) as ask:
        row = await _read(ask, reader)
        about = await _about(ask, row)
        state = arrangements.state_of(row, ask.at.date())
        today = ask.at.date()
    return Page("desk/arrangement.html", {
        "row": row, "state": state, "agreed": agreed, "today": today, "may": reader.may(Operation.ARRANGEMENT_CONDUCT),
        **about,
    })  # fmt: skip


arrangement = shows(Operation.PARTNER_LOOK)(show_arrangement)


async def _about(ask: Ask, row: Arrangement) -> dict[str, Any]:
    uses = await purposes.by_ids(ask, row.purposes)
    kinds = await categories.by_ids(ask, row.categories)
    return {
        "classes": await recipients.classes_on(ask, row.recipient_id, ask.at.date()),
        "partner": (await recipients.by_ids(ask, [row.recipient_id]))[row.recipient_id],
        "purposes": {str(key): each for key, each in uses.items()},
        "categories": list(kinds.values()),
        "document": await agreements.of(ask, row),
        "missing": await arranging.missing(ask, row),
        "picture": row.picture,
    }


async def _files(reader: AtDesk) -> None:
    """Files are read from whoever may draft; nobody else comes this far."""
    del reader


@does(Operation.ARRANGEMENT_CONDUCT, again=show_arrangement, files=_files)
async def add_document(reader: AtDesk) -> Response:
    """Keep the signed text with the draft."""
    checked = await check_files(reader.hub, reader.form)
    if len(checked) != 1:
        raise Wrong(FILES, NO_FILE)
    async with agreements.keeping(reader.hub, checked[0]) as kept:
        await _do(reader, lambda act, key: agreements.add(act, key, kept))
    return reader.go("arrangements", _key(reader))


@shows(Operation.PARTNER_LOOK)
async def read_document(reader: AtDesk) -> Response:
    """Hand the signed text out, to be saved."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK) as ask:
        document = await agreements.require(ask, await _read(ask, reader))
    chunks = agreements.read(reader.hub, document)
    return serving.download(document.name, document.kind, document.size_bytes, chunks)


@does(Operation.ARRANGEMENT_CONDUCT, again=show_arrangement)
async def weigh(reader: AtDesk) -> Response:
    """Look whom the draft will reach."""
    async with reader.hub.ask(reader.actor, Operation.ARRANGEMENT_CONDUCT) as ask:
        weighed = await _refusing(arranging.weigh(ask, _key(reader)))
    await _do(reader, lambda act, _: arranging.keep(act, weighed))
    return reader.go("arrangements", _key(reader))


@does(Operation.ARRANGEMENT_CONDUCT, again=show_arrangement)
async def put_in_force(reader: AtDesk) -> Response:
    """Put it into force."""
    await prove(reader)
    await _do(reader, arranging.put_in_force)
    return reader.go("arrangements", _key(reader))


@does(Operation.ARRANGEMENT_CONDUCT, again=show_arrangement)
async def end(reader: AtDesk) -> Response:
    """Let it end on a day."""
    on = _day(reader.form, "on")
    await prove(reader)
    await _do(reader, lambda act, key: arrangements.end(act, key, on))
    return reader.go("arrangements", _key(reader))


@does(Operation.ARRANGEMENT_CONDUCT, again=show_arrangement)
async def discard(reader: AtDesk) -> Response:
    """Throw the draft away."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK) as ask:
        row = await _read(ask, reader)
        partner = (await recipients.by_ids(ask, [row.recipient_id]))[row.recipient_id]
    await _do(reader, arranging.discard)
    return reader.go("partners", partner.key)


async def _do(reader: AtDesk, verb: Callable[[Act, str], Awaitable[Any]]) -> None:
    """Do something with the arrangement of this page, once for this form."""
    key = _key(reader)

    async def make(act: Act) -> dict[str, Any]:
        await verb(act, key)
        return {}

    await _refusing(reader.once(Operation.ARRANGEMENT_CONDUCT, make))


async def _refusing(work: Awaitable[Result]) -> Result:
    """What it comes to; what is refused is said at its field."""
    try:
        return await work
    except Refusal as refusal:
        raise _wrong(refusal) from None


async def _read(ask: Ask, reader: AtDesk) -> Arrangement:
    return await arrangements.read(ask, _key(reader), "arrangement")


def _key(reader: AtDesk) -> str:
    return reader.request.path_params["arrangement"]


def _new(form: Form, partner: str) -> NewArrangement:
    keep = form.one("keep_days").strip()
    if keep and not (keep.isdecimal() and len(keep) <= 5):  # noqa: PLR2004 - a hundred years of days
        raise Wrong("keep_days", NUMBER)
    gain = {each: form.one(f"gain_{each}").strip() for each in LANGUAGES if form.one(f"gain_{each}").strip()}
    return NewArrangement(
        key=form.one("key").strip(),
        kind=form.choice("kind", list(Kind), N_("Choose a kind")),
        recipient=partner,
        purposes=_ids(form, "purposes"),
        categories=_ids(form, "categories"),
        starts_on=_day(form, "starts_on"),
        ends_on=_day(form, "ends_on") if form.one("ends_on").strip() else None,
        destination=form.one("destination").strip(),
        safeguard=form.choice("safeguard", list(Safeguard), N_("Choose what protects the data")),
        keep_days=int(keep) if keep else None,
        gain=gain or None,
    )


def _ids(form: Form, name: str) -> list[UUID]:
    try:
        return [UUID(each) for each in form.all(name)]
    except ValueError:
        raise Wrong(name, N_("Choose from the list")) from None


def _day(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.one(name).strip())
    except ValueError:
        raise Wrong(name, DAY) from None


def _wrong(refusal: Refusal) -> Wrong:
    if refusal.code not in {Code.INVALID, Code.CONFLICT, Code.LIMIT}:
        raise refusal
    first = str(refusal.path[0]) if refusal.path else ""
    return Wrong(first if first in FIELDS | {"on"} else "", refusal.message)
