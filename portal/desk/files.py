"""A file that came with a request, handed out to whoever looks at its details for a reason just now."""

from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.errors import not_found
from hub.rights import attachments
from hub.rights.attachments import Opened
from hub.uploads import serving
from portal.desk.entrance import AtDesk, does
from portal.desk.request import show_request
from portal.desk.situation import situation


@does(Operation.ATTACHMENT_OPEN, again=show_request)
async def fetch(reader: AtDesk) -> Response:
    """Note who opens it, for the reason of the view that goes on, and hand it out to be saved."""
    now, file_id = await situation(reader), _file_of(reader)
    if now.view is None:
        return reader.go("requests", now.request.reference)
    reason = now.view.reason
    async with reader.hub.ask(reader.actor, Operation.REQUEST_READ) as ask:
        files = (await attachments.of(ask, [now.request.id]))[now.request.id]
    if file_id not in {each.id for each in files}:
        raise not_found("file", "attachment")

    async def note(act: Act) -> Opened:
        return await attachments.open_file(act, file_id, reason)

    opened = await reader.perform(Operation.ATTACHMENT_OPEN, note)
    chunks = await serving.begun(attachments.read(reader.hub, opened))
    return serving.download(opened.name, opened.kind, opened.size_bytes, chunks)


def _file_of(reader: AtDesk) -> UUID:
    try:
        return UUID(reader.request.path_params["file"])
    except ValueError:
        raise not_found("file", "attachment") from None
