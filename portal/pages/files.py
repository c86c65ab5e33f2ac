"""Sending files: before there is a request, and with one that goes on.

What is sent before waits with the visit, which alone holds the keys; it goes with the request, or goes away.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub.act import Act, Hub
from hub.actors import Operation
from hub.auth import attempts, sessions
from hub.errors import Code, Refusal, not_found
from hub.rights import attachments, requests
from hub.rights.attachments import Kept
from hub.uploads import checking
from hub.uploads.values import FILES_MOST, Checked
from portal.door import does, shows
from portal.forms import FILES, TOO_LARGE, Form, Wrong
from portal.journeys import Asking, Journey
from portal.pages.answers import HOUR_SECONDS
from portal.pages.question import frame, is_optional, journey_of
from portal.pages.request import following, number_of, own
from portal.reader import Page, Reader
from portal.wording import N_

UPLOADS_NETWORK: Final = 60
"""Forms with files an hour from one network."""
NOT_TAKEN: Final = N_(
    "We could not take the file %(name)s. Send a PDF, a picture (JPEG, PNG, WebP) or plain text that opens for you"
)
TOO_MANY: Final = N_("These are too many: 10 files can go with what you ask now, and more later")
FULL: Final = N_("A request has 20 files at most. Call us or write to us if there are more")
NONE: Final = N_("Choose a file, then send it")


async def _spend(reader: Reader) -> None:
    """Read files only from whoever has begun, and only so often from one network."""
    if reader.visit is None:
        raise not_found("visit")
    await reader.spend(HOUR_SECONDS, attempts.purse(reader.hub, UPLOADS_NETWORK, "files", reader.network))


async def show_files(reader: Reader) -> Page | Response:
    """Ask for files, and show which are there."""
    journey = journey_of(reader)
    asking = Asking.of(reader.typed, journey.key)
    gone = _elsewhere(reader, journey, asking)
    if gone is not None:
        return gone
    listed: list[dict[str, Any]] = asking.get(FILES) or []
    return Page("files.html", {**frame(reader, journey, asking, FILES), "files": listed})


files = shows(Operation.PORTAL_READ)(show_files)


@does(Operation.PORTAL_ASK, again=show_files, files=_spend)
async def send(reader: Reader) -> Response:
    """Take files, or take one away again, and go on to what is not answered yet."""
    journey = journey_of(reader)
    gone = _elsewhere(reader, journey, Asking.of(reader.typed, journey.key))
    if gone is not None:
        return gone
    if reader.form.one("away"):
        await _take_away(reader, journey, reader.form.one("away"))
        return reader.go("ask", journey.key, FILES)
    asking = await _take(reader, journey, await check_files(reader.hub, reader.form))
    if reader.form.one("more"):
        return reader.go("ask", journey.key, FILES)
    return reader.go("ask", journey.key, journey.missing(asking) or "check")


async def show_more(reader: Reader) -> Page:
    """Ask for more files with a request that goes on."""
    async with following(reader) as (ask, request):
        if request.is_ended:
            raise not_found("request")
        names = await attachments.names_of(ask, request.id)
    return Page("more_files.html", {
        "request": request, "number": number_of(reader), "names": list(names.values()), "sent": reader.form,
    })  # fmt: skip


more = shows(Operation.PORTAL_FOLLOW)(show_more)


@does(Operation.PORTAL_ASK, again=show_more, files=_spend)
async def add(reader: Reader) -> Response:
    """Add files to a request that goes on."""
    request_id, actor = own(reader)
    checked = await check_files(reader.hub, reader.form)
    if not checked:
        raise Wrong(FILES, NONE)
    async with attachments.keeping(reader.hub, checked) as kept:

        async def make(act: Act) -> dict[str, Any]:
            await requests.read(act, request_id)
            await attachments.add(act, request_id, kept)
            return {}

        try:
            await reader.once(Operation.PORTAL_ASK, make, actor)
        except Refusal as refusal:
            if refusal.code is not Code.TOO_LARGE:
                raise
            raise Wrong(FILES, FULL) from None
    return reader.go("requests", number_of(reader))


def _elsewhere(reader: Reader, journey: Journey, asking: Asking) -> Response | None:
    """Where to go where files are not asked for yet, or what was asked is sent already."""
    if asking.done is not None:
        return reader.go("requests", asking.done, "done")
    questions = journey.questions_of(asking)
    is_extra = FILES not in questions and is_optional(reader, journey, FILES)
    missing = journey.missing(asking, before=None if is_extra else FILES)
    return None if missing is None else reader.go("ask", journey.key, missing)


async def check_files(hub: Hub, form: Form) -> list[Checked]:
    """Look at what was sent; Wrong names the file that cannot be taken."""
    sent = list(form.files)
    try:
        return await checking.check_all(hub.settings, sent, FILES)
    except Refusal as refusal:
        if refusal.code is Code.TOO_LARGE:
            raise Wrong(FILES, TOO_LARGE) from None
        if refusal.code is not Code.INVALID:
            raise
        place = refusal.path[-1]
        named = sent[place].name if isinstance(place, int) else ""
        raise Wrong(FILES, NOT_TAKEN, name=f"\u2068{named[:60]}\u2069") from None


async def _take(reader: Reader, journey: Journey, checked: Sequence[Checked]) -> Asking:
    """Let files wait with the visit, once for this form."""
    async with attachments.keeping(reader.hub, checked) as kept:

        async def make(act: Act) -> dict[str, Any]:
            visit = await sessions.hold(act, reader.token)
            if visit is None:
                return {}
            asking = Asking.of(visit.typed, journey.key)
            listed: list[dict[str, Any]] = asking.get(FILES) or []
            if len(listed) + len(kept) > FILES_MOST:
                raise Wrong(FILES, TOO_MANY)
            changed = _changed(asking, [*listed, *(await _waiting(act, kept))]) if kept else asking
            changed.answers.setdefault(FILES, {FILES: listed})
            changed.keep(visit.typed, journey.key)
            await sessions.keep(act, visit)
            return {}

        await reader.once(Operation.PORTAL_ASK, make)
    return await _now(reader, journey)


async def _waiting(act: Act, kept: Sequence[Kept]) -> list[dict[str, Any]]:
    unsent = await attachments.wait(act, kept)
    return [
        {"id": str(one.id), "key": one.secret.hex(), "name": each.file.name, "bytes": len(each.file.content)}
        for one, each in zip(unsent, kept, strict=True)
    ]


async def _take_away(reader: Reader, journey: Journey, which: str) -> None:
    """Take a file away again; nothing happens where it is not there."""
    gone: list[UUID] = []

    async def body(act: Act) -> None:
        gone.clear()
        visit = await sessions.hold(act, reader.token)
        asking = Asking.of(visit.typed, journey.key) if visit else Asking()
        listed: list[dict[str, Any]] = asking.get(FILES) or []
        left = [each for each in listed if each["id"] != which]
        if visit is None or len(left) == len(listed):
            return
        gone.extend(await attachments.discard(act, [UUID(which)]))
        _changed(asking, left).keep(visit.typed, journey.key)
        await sessions.keep(act, visit)

    await reader.perform(Operation.PORTAL_ASK, body)
    await attachments.drop(reader.hub, gone)


def _changed(asking: Asking, listed: list[dict[str, Any]]) -> Asking:
    """What was answered with other files; what was sent before is sent anew."""
    return Asking({**asking.answers, FILES: {FILES: listed}}, known=asking.known)


async def _now(reader: Reader, journey: Journey) -> Asking:
    """What was answered, as the visit has it now."""
    found = await sessions.arrive(reader.hub, reader.house.key, reader.token)
    return Asking.of(found[1].typed if found and found[1] else {}, journey.key)
