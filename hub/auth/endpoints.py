"""The HTTP side of signing in: routes for the composition root, and the check at every other endpoint."""

from collections.abc import Awaitable, Callable
from typing import Any

from authlib.oauth2 import OAuth2Error
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.act import Hub
from hub.actors import Actor, Operation
from hub.auth import forms, protocol, server, tokens
from hub.auth.attempts import WINDOW_SECONDS
from hub.auth.tokens import Audience
from hub.errors import Code, Refusal

PUBLIC = {"Cache-Control": "public, max-age=300"}
STATUSES = {Code.LIMIT: 429}
RETRY_SECONDS = {Code.LIMIT: WINDOW_SECONDS}


def routes(hub: Hub) -> list[Route]:
    """Every route of this module; each bears the name of its operation in the table of who may do what."""
    return [
        *(
            Route(path, _asks(hub, operation), methods=["POST"], name=operation.value)
            for operation, path in protocol.PATHS.items()
        ),
        _document("/.well-known/oauth-authorization-server", lambda: server.metadata(hub)),
        _document("/.well-known/jwks.json", lambda: hub.vault.keyring.public_jwks()),  # noqa: PLW0108 - of the keyring that is there when it is asked for
    ]


async def identify(hub: Hub, request: Request, audience: Audience = Audience.APP) -> Actor:
    """Who sends this request, by its one Authorization header. Refusals: as `tokens.authenticate`."""
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise tokens.unwelcome()
    return await tokens.authenticate(hub, headers[0] if headers else None, audience)


def challenge(request: Request) -> str:
    """The WWW-Authenticate header of a 401 (RFC 6750 section 3): without an error if nothing was sent."""
    return 'Bearer error="invalid_token"' if "authorization" in request.headers else "Bearer"


def _asks(hub: Hub, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            form = await forms.read(request)
            address = request.client.host if request.client else None
            answered = await server.answer(hub, operation, form, address)
        except OAuth2Error as error:
            answered = protocol.refused(error)
        except Refusal as refusal:
            answered = _later(refusal)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(answered.body, answered.status, answered.headers)

    return respond


def _later(refusal: Refusal) -> protocol.Answer:
    """A refusal that may pass with time; RFC 6749 names it so."""
    status, seconds = STATUSES.get(refusal.code, 503), RETRY_SECONDS.get(refusal.code, 1)
    body = {"error": "temporarily_unavailable", "error_description": refusal.message}
    return protocol.Answer(status, body, {**protocol.NO_STORE, "Retry-After": str(seconds)})


def _document(path: str, make: Callable[[], dict[str, Any]]) -> Route:
    async def respond(_: Request) -> Response:
        return JSONResponse(make(), headers=PUBLIC)

    return Route(path, respond, methods=["GET"], name=Operation.METADATA_READ.value)
