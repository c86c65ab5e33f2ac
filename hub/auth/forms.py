"""What a client sends to the authorization server: one form, read strictly (RFC 6749 sections 2.3 and 3.2).

Small, of one content type, no parameter twice, one way of signing in, nothing in the address: it is logged.
"""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from starlette.requests import Request

from hub.auth import assertions

MOST_BYTES = 16 * 1024
MOST_FIELDS = 20
BODY_SECONDS = 10
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters that have a value, and the Authorization header if there was one."""

    fields: Mapping[str, str] = field(repr=False)
    authorization: str | None = field(repr=False)
    client_id: str


async def read(request: Request) -> Form:
    """Read a request. Raises InvalidRequestError (says what to send) or InvalidClientError (no sign-in)."""
    if request.url.query:
        raise InvalidRequestError("Send every parameter in the body and none in the address.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise InvalidRequestError(f"Send the parameters as {FORM}.")
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise InvalidRequestError("Send one Authorization header.")
    fields = _fields(await _body(request))
    _check_assertion(fields)
    authorization = headers[0] if headers else None
    return Form(fields, authorization, _client_id(fields, authorization))


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise InvalidRequestError(f"The body is longer than {MOST_BYTES} bytes.", status_code=413)
    except TimeoutError:
        raise InvalidRequestError("The body did not arrive in time.", status_code=408) from None
    return bytes(body)


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise InvalidRequestError(
            "The body is not a form: name=value pairs, percent-encoded UTF-8."
        ) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidRequestError("A parameter is sent twice.")
    return {name: value for name, value in fields.items() if value}


def _check_assertion(fields: Mapping[str, str]) -> None:
    if "client_assertion" not in fields:
        return
    if fields.get("client_assertion_type") != assertions.TYPE:
        raise InvalidRequestError(f"Send client_assertion_type={assertions.TYPE}.")
    if "client_secret" in fields:
        raise InvalidRequestError("Sign in one way only: by an assertion, or with a secret.")


def _client_id(fields: Mapping[str, str], authorization: str | None) -> str:
    named = fields.get("client_id", "")
    if authorization is None:
        named = named or _asserted(fields)
        if not named:
            raise InvalidClientError
        return named
    if "client_secret" in fields or "client_assertion" in fields:
        raise InvalidRequestError("Sign in one way only: by the Authorization header, or in the body.")
    user = _basic_user(authorization)
    if named and named != user:
        raise InvalidRequestError("The client_id of the body is not that of the Authorization header.")
    return user


def _asserted(fields: Mapping[str, str]) -> str:
    """The client that an assertion names; the core looks at the rest of it."""
    return assertions.subject(fields.get("client_assertion", ""))


def _basic_user(authorization: str) -> str:
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidClientError from None
    user, colon, _ = decoded.partition(":")
    if scheme.lower() != "basic" or not colon or not user:
        raise InvalidClientError
    return unquote(user)
