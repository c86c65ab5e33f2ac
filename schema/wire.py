"""GraphQL over HTTP: what comes in and goes out as bytes, media types and statuses.

Source: the GraphQL over HTTP specification of its working group. Bodies are JSON in UTF-8 and nothing else:
no multipart, no batches, no compression, no duplicate members (two readers must not see two different
requests).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Send

from hub.errors import Code

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
_NUL = re.compile(rb"\\u(?:0000|\{0+\})")
"""However it is escaped, by JSON or by GraphQL: PostgreSQL keeps no such text."""
_MATCHES = {
    JSON: (JSON, "application/*", "*/*"),
    GRAPHQL: (GRAPHQL, "application/*", "*/*"),
}


class Halt(Exception):
    """The request ends here with this HTTP status, whatever media type was asked for."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Parameters:
    """A GraphQL request as it was sent. Exactly one of `query` and `document_id` is set."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any]


@lru_cache(maxsize=128)
def media_type(accept: str) -> str:
    """The media type of the answer for an Accept header; Halt(406) if we have none that fits."""
    offers = [_offer(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
    best = max((JSON, GRAPHQL), key=lambda ours: _quality(ours, offers))
    if _quality(best, offers)[0] <= 0:
        raise Halt(406, "NOT_ACCEPTABLE", f"Answers come as {GRAPHQL} or {JSON}: name one of them in Accept.")
    return best


def _offer(part: str) -> tuple[str, float]:
    name, *parameters = (each.strip().lower() for each in part.split(";"))
    for each in parameters:
        if each.startswith("q="):
            try:
                return name, float(each[2:])
            except ValueError:
                return name, 0.0
    return name, 1.0


def _quality(ours: str, offers: Iterable[tuple[str, float]]) -> tuple[float, bool]:
    """How much the client wants it: the most specific range decides; naming our own type breaks a tie."""
    by_name = dict(offers)
    for place, name in enumerate(_MATCHES[ours]):
        if name in by_name:
            return by_name[name], place == 0 and ours == GRAPHQL
    return 0.0, False


def wants_page(accept: str) -> bool:
    """Whether a person's browser is asking."""
    return any(name == "text/html" and quality > 0 for name, quality in map(_offer, accept.split(",")))


async def body_of(request: Request, most_bytes: int) -> bytes:
    """The body of a POST. Halt(415) for another type, Halt(413) as soon as it grows beyond `most_bytes`."""
    _check_content(request.headers)
    said = request.headers.get("content-length", "0")
    if said.isdigit() and int(said) > most_bytes:
        raise _too_large(most_bytes)
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > most_bytes:
            raise _too_large(most_bytes)
    return bytes(parts)


def _too_large(most_bytes: int) -> Halt:
    message = f"The body is larger than {most_bytes:,} bytes: ask in several requests."
    return Halt(413, Code.TOO_LARGE, message, {"Connection": "close"})


def _check_content(headers: Headers) -> None:
    if not _is_json(headers.get("content-type", "")):
        raise Halt(415, "UNSUPPORTED_MEDIA_TYPE", f"Send the operation as {JSON} in UTF-8.", {"Accept": JSON})
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Halt(
            415, "UNSUPPORTED_MEDIA_TYPE", "Send the body uncompressed.", {"Accept-Encoding": "identity"}
        )


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    name, *parameters = (each.strip().lower() for each in content_type.split(";"))
    charsets = [each[8:].strip('"') for each in parameters if each.startswith("charset=")]
    return name == JSON and all(each in {"utf-8", "utf8"} for each in charsets)


def decoded(body: bytes) -> Any:
    """The JSON value in `body`; Halt(400) if it is none, says a member twice, or has a NUL in a text."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _malformed("The body is not JSON in UTF-8.") from None
    if b"u" in body and _NUL.search(body):
        raise _malformed("Texts may not contain the character U+0000.")
    # What comes out as it went in has said nothing twice; only other spellings need the slower reading.
    try:
        if orjson.dumps(value) != body:
            json.loads(body, object_pairs_hook=_once)
    except (orjson.JSONEncodeError, RecursionError):
        raise _malformed("The body is nested too deeply.") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _malformed("The body says a JSON member twice: say each once.")


def _malformed(message: str) -> Halt:
    return Halt(400, "BAD_REQUEST", message)


def from_address(given: Mapping[str, str]) -> dict[str, Any]:
    """A GraphQL request from the parameters of an address, where objects are JSON texts."""
    return {
        name: decoded(text.encode()) if name in {"variables", "extensions"} else text
        for name, text in given.items()
    }


def parameters(value: Any) -> Parameters:
    """A GraphQL request from a decoded body; Halt(400) naming the member that does not fit."""
    if not isinstance(value, dict):
        raise _malformed("The body must be one JSON object with `query`; batches are not accepted.")
    given: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] -- JSON objects have text keys
    _member(given, "extensions", dict)
    made = Parameters(
        query=_member(given, "query", str),
        document_id=_member(given, "documentId", str),
        operation_name=_member(given, "operationName", str),
        variables=_member(given, "variables", dict) or {},
    )
    if (made.query is None) == (made.document_id is None):
        raise _malformed("Send either `query` (a document) or `documentId` (the hash of a known one).")
    return made


def _member(given: dict[str, Any], name: str, kind: type) -> Any:
    value = given.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise _malformed(f"`{name}` must be {'a JSON object' if kind is dict else 'a text'}.")


async def send_json(
    send: Send, status: int, kind: str, value: Any, headers: dict[str, str] | None = None
) -> None:
    """Send `value` as JSON. Answers depend on who asks: nobody may keep them."""
    body = orjson.dumps(value)
    named = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body)), **(headers or {})}
    lines = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in named.items()]
    lines += [(b"cache-control", b"no-store"), (b"vary", b"Accept"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
