"""How a request ends for its customer: a certificate of what was erased, a note where something was not corrected."""

from typing import Any

import orjson
from starlette.responses import Response

from hub import disputes
from hub.act import Act
from hub.actors import Operation
from hub.rights import certificates, disputing
from portal.door import HEADERS, does, shows
from portal.forms import Wrong
from portal.journeys import NAMES
from portal.pages.request import following, number_of, own
from portal.reader import Page, Reader
from portal.wording import N_

MISSING = N_("Write your note")
LONG = N_("Use 2,000 characters at most")


@shows(Operation.PORTAL_FOLLOW)
async def certificate(reader: Reader) -> Response:
    """Hand out the certificate of a deletion as a page to keep."""
    async with following(reader) as (ask, request):
        made = await certificates.of(ask, request.id)
    text = certificates.page(made, reader.language)
    return _attached(text.encode(), f"{request.reference}.html", "text/html")


@shows(Operation.PORTAL_FOLLOW)
async def certificate_data(reader: Reader) -> Response:
    """Hand out the same as JSON, with the receipt that is checked without us."""
    async with following(reader) as (ask, request):
        made = await certificates.of(ask, request.id)
    return _attached(
        orjson.dumps(certificates.document(made), option=orjson.OPT_INDENT_2),
        f"{request.reference}.json",
        "application/json",
    )


def _attached(content: bytes, name: str, kind: str) -> Response:
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=kind)


async def show_note(reader: Reader) -> Page | Response:
    """Ask for the words that go with what was not corrected; back where no note can go with it, or one does."""
    async with following(reader) as (ask, request):
        if not disputing.may_dispute(request) or await disputes.is_there(ask, request.id):
            return reader.go("requests", number_of(reader))
        given = {"request": request, "number": number_of(reader), "names": NAMES, "sent": reader.form}
        return Page("note.html", given)


noting = shows(Operation.PORTAL_FOLLOW)(show_note)


@does(Operation.PORTAL_ASK, again=show_note)
async def note(reader: Reader) -> Response:
    """Keep the note with the information, once."""
    request_id, actor = own(reader)
    said = reader.form.text("note", MISSING)
    if len(said) > disputes.NOTE_CHARACTERS:
        raise Wrong("note", LONG)

    async def make(act: Act) -> dict[str, Any]:
        await disputing.dispute(act, request_id, said)
        return {}

    await reader.once(Operation.PORTAL_ASK, make, actor)
    return reader.go("requests", number_of(reader))
