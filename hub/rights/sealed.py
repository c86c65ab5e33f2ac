"""What is sealed with a request under its own key: what was asked, where we write to, and every message."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from hub.act import Act, Ask
from hub.errors import Code, Refusal, not_found
from hub.vault import DataKey

OWNER: Final = "rights_request"
_WRAPPED = "SELECT wrapped FROM keys.request_key WHERE request_id = $1"
_MESSAGES = (
    "SELECT id, message FROM rights_event WHERE request_id = $1 AND id = ANY ($2) AND message IS NOT NULL"
)
_KEYS = "SELECT id, keys FROM rights_step WHERE request_id = $1 AND keys IS NOT NULL ORDER BY id"
_CONTENT = "SELECT content, contact FROM rights_request WHERE id = $1"


async def open_key(ask: Ask, request_id: UUID) -> DataKey:
    """Unwrap a request's own data key; Refusal CONFLICT once it is destroyed."""
    wrapped = ask.wrapped.get(request_id) or await ask.value(_WRAPPED, request_id)
    if wrapped is None:
        raise Refusal(Code.CONFLICT, "The texts of this request have been destroyed.", ("request",))
    ask.wrapped[request_id] = wrapped
    return ask.hub.vault.unwrap(request_id, wrapped, OWNER)


async def messages(ask: Ask, request_id: UUID, events: Sequence[UUID]) -> dict[UUID, str]:
    """Open the messages of some events of a request."""
    rows = await ask.rows(_MESSAGES, request_id, list(events))
    if not rows:
        return {}
    key = await open_key(ask, request_id)
    return {row["id"]: key.open_text("rights_event", "message", row["id"], row["message"]) for row in rows}


async def contents(ask: Ask, request_id: UUID) -> tuple[dict[str, Any], str | None]:
    """Open what was asked in detail, and the address that we write to."""
    row = await ask.row(_CONTENT, request_id)
    if row is None:
        raise not_found("rights request", "request")
    key = await open_key(ask, request_id)
    content = orjson.loads(key.open("rights_request", "content", request_id, row["content"]))
    if row["contact"] is None:
        return content, None
    return content, key.open_text("rights_request", "contact", request_id, row["contact"])


async def keys(ask: Ask, request_id: UUID) -> dict[str, tuple[Any, ...]]:
    """Open by what other systems know the person, as the steps of a request found out: values by field, each once."""
    rows = await ask.rows(_KEYS, request_id)
    if not rows:
        return {}
    key, found = await open_key(ask, request_id), dict[str, dict[Any, None]]()
    for row in rows:
        said = orjson.loads(key.open("rights_step", "keys", row["id"], row["keys"]))
        for name, values in said.items():
            found.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in found.items()}


async def sealed_message(act: Act, request_id: UUID, event_id: UUID, message: str | None) -> bytes | None:
    """Seal what an event says; None for nothing."""
    if message is None:
        return None
    key = await open_key(act, request_id)
    return key.seal("rights_event", "message", event_id, message)
