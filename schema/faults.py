"""What a client may see of an error.

A Refusal is shown as it is, and so is what GraphQL says about the client's own document. Anything else is a
fault of ours: the client gets a number to quote, the log the kind of error and where it happened, and neither
gets values.
"""

import hashlib
import re
import traceback
from typing import Any
from uuid import uuid4

import structlog
from graphql import GraphQLError

from hub.errors import Code, Refusal
from schema.problems import spelt

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_SUGGESTION = re.compile(r"\s*Did you mean .*?\?(?=\s|$)", re.DOTALL)
INTERNAL = "INTERNAL"

STATUSES = {
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.TOO_LARGE: 413,
    Code.LIMIT: 429,
    Code.UNAVAILABLE: 503,
}
"""HTTP statuses of refusals that come before the operation is looked at; any other is 400."""


def shown(error: GraphQLError, document: str, *, suggest: bool) -> dict[str, Any]:
    """One entry of `errors` from an operation that ran."""
    cause = _cause(error)
    if isinstance(cause, Refusal):
        entry = refused(cause)
    elif isinstance(cause, GraphQLError) and cause.nodes:
        entry = of_document(error, suggest=suggest)
    else:
        entry = fault(cause, document)
    if error.locations:
        entry["locations"] = [each.formatted for each in error.locations]
    if error.path:
        entry["path"] = error.path
    return entry


def _cause(error: GraphQLError) -> Exception:
    """What went wrong first. A GraphQL error that points at no place in the document is about our values."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def of_document(error: GraphQLError, code: str = "GRAPHQL_INVALID", *, suggest: bool) -> dict[str, Any]:
    """What GraphQL itself says about a document or its variables, without hints at names it did not know."""
    message = error.message if suggest else _SUGGESTION.sub("", error.message)
    places = {"locations": [each.formatted for each in error.locations]} if error.locations else {}
    return {"message": message, "extensions": {"code": code}, **places}


def refused(refusal: Refusal) -> dict[str, Any]:
    """A refusal, with its place in the input if it has one."""
    extensions: dict[str, Any] = {"code": str(refusal.code)}
    if refusal.path:
        extensions["input"] = [spelt(each) for each in refusal.path]
    return {"message": refusal.message, "extensions": extensions}


def fault(cause: BaseException, document: str) -> dict[str, Any]:
    """Something of ours went wrong: log where, hand out a number."""
    correlation = uuid4().hex
    frames = traceback.extract_tb(cause.__traceback__)
    _LOG.error(
        "schema.fault",
        correlation=correlation,
        kind=type(cause).__qualname__,
        at=[f"{each.filename}:{each.lineno} {each.name}" for each in frames[-12:]],
        document=hashlib.sha256(document.encode()).hexdigest()[:16],
    )
    message = f"Something went wrong on our side. Quote {correlation} when you report it."
    return {"message": message, "extensions": {"code": INTERNAL, "correlation": correlation}}
