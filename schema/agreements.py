"""The signed document of an arrangement for apps: `POST /arrangements/ID/document` takes it, `GET` hands it out.

ID: the arrangement's key, or its id in the API.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import agreements, arrangements
from hub.act import Act, Hub
from hub.actors import Actor, Operation
from hub.errors import Code, Refusal
from hub.uploads import checking, serving
from schema import plain
from schema.call import idempotency_key
from schema.internal.references import reference
from schema.plain import FIELD, Identify
from schema.relay import global_id


def routes(hub: Hub, identify: Identify) -> list[Route]:
    """The routes; identify: who sends a request."""
    path = "/arrangements/{arrangement}/document"
    return plain.routes(hub, identify, (
        (path, "POST", Operation.CATALOGUE_WRITE, _add),
        (path, "GET", Operation.CATALOGUE_READ, _open),
    ))  # fmt: skip


async def _add(hub: Hub, actor: Actor, request: Request) -> Response:
    named = reference(request.path_params["arrangement"], "Arrangement", "arrangement")
    key = idempotency_key(request)
    async with hub.ask(actor, Operation.CATALOGUE_WRITE) as ask:
        row = agreements.require_draft(await arrangements.read(ask, named, "arrangement"))
    sent = await plain.files_of(request)
    if len(sent) != 1:
        raise Refusal(Code.INVALID, "Send one file: the signed document as a whole.", (FIELD,))
    checked = await checking.check(hub.settings, sent[0], FIELD)
    async with agreements.keeping(hub, checked) as kept:

        async def make(act: Act) -> dict[str, Any]:
            added = await agreements.add(act, row.id, kept)
            return {"arrangement": global_id("Arrangement", row.id), "sha256": added.document_sha256}

        once = plain.once(key and f"document:{key}", plain.mark(row.id, sent), make)
        said = await hub.perform(actor, Operation.CATALOGUE_WRITE, once)
    return plain.created(said)


async def _open(hub: Hub, actor: Actor, request: Request) -> Response:
    named = reference(request.path_params["arrangement"], "Arrangement", "arrangement")
    async with hub.ask(actor, Operation.CATALOGUE_READ) as ask:
        document = await agreements.require(ask, await arrangements.read(ask, named, "arrangement"))
    chunks = await serving.begun(agreements.read(hub, document))
    said = {"x-scan": document.scan.value, "x-sha256": document.sha256}
    return serving.download(document.name, document.kind, document.size_bytes, chunks, **said)
