"""Running the verb of a mutation, in an Act or a Recording, once per key: its answer is remembered, and given again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, cast, get_type_hints

from hub import recording
from hub.act import Act, Ask
from hub.actors import Operation
from hub.recording import Adding
from schema.call import Call
from schema.problems import Payload
from schema.relay import Node, global_id_of

Resolver = Callable[..., Awaitable[Any]]
Adds = bool | Callable[[Any], bool]
"""Whether a mutation only adds what happened to its `input`'s customer: always, never, or by its input."""


@dataclass(frozen=True, slots=True)
class Once:
    """A key under which a mutation acts once, and a keyed hash of what was asked with it."""

    key: str
    fingerprint: bytes


def chosen(given: dict[str, Any], adds: Adds, *, whole: bool) -> Resolver:
    """How a mutation is run, by what it declares and by its input."""
    if whole:
        return _whole
    return _record if (adds if isinstance(adds, bool) else adds(given["input"])) else _perform


async def _whole(
    call: Call, _: Operation, resolver: Resolver, source: Any, __: Once | None, arguments: dict[str, Any]
) -> Any:
    return await resolver(source, call=call, **arguments)


async def _perform(
    call: Call,
    operation: Operation,
    resolver: Resolver,
    source: Any,
    once: Once | None,
    arguments: dict[str, Any],
) -> Any:
    async def body(act: Act) -> Any:
        if once is None:
            return await resolver(source, act=act, **arguments)
        made: list[Any] = []

        async def make() -> dict[str, Any]:
            made.append(await resolver(source, act=act, **arguments))
            return _kept(made[0])

        kept = await act.answer_once(once.key, once.fingerprint, make)
        return made[0] if made else await _again(call, act, payload_of(resolver), kept or {})

    return await call.hub.perform(call.actor, operation, body, locale=call.locale)


async def _record(
    call: Call,
    operation: Operation,
    resolver: Resolver,
    source: Any,
    once: Once | None,
    arguments: dict[str, Any],
) -> Any:
    made: list[Any] = []

    async def make(act: Adding) -> dict[str, Any]:
        made.append(await resolver(source, act=act, **arguments))
        return _kept(made[0])

    key = (once.key, once.fingerprint) if once else None
    act, kept = await recording.perform(
        call.hub, call.actor, operation, make, key, locale=call.locale, path=("input", "customer")
    )
    if kept is not None:
        return await _again(call, act, payload_of(resolver), kept)
    return _dated(made[0], act.recorded_at)


def payload_of(resolver: Resolver) -> type[Any]:
    """The type of a mutation's answer."""
    return get_type_hints(resolver)["return"]


def _kept(payload: Payload) -> dict[str, Any]:
    """What is remembered of an answer: ids, numbers and booleans."""
    kept: dict[str, Any] = {}
    for each in fields(payload):  # pyright: ignore[reportArgumentType] -- every Strawberry type is a dataclass
        value: Any = getattr(payload, each.name)
        if isinstance(value, Node):
            kept[each.name] = {"node": global_id_of(value)}
        elif isinstance(value, list) and value and isinstance(value[0], Node):
            kept[each.name] = {"nodes": [global_id_of(one) for one in cast("list[Node]", value)]}
        elif isinstance(value, bool | int) and not isinstance(value, Enum):
            kept[each.name] = {"value": value}
    return kept


def _dated(payload: Payload, at: datetime | None) -> Payload:
    """What was made before it was kept, with the instant at which it was."""
    for each in fields(payload):  # pyright: ignore[reportArgumentType] -- as above
        value: Any = getattr(payload, each.name)
        for node in cast("list[Any]", value if isinstance(value, list) else [value]):
            if isinstance(node, Node) and hasattr(node, "recorded_at"):
                node.recorded_at = at  # pyright: ignore[reportAttributeAccessIssue] -- just looked for
    return payload


async def _again(call: Call, ask: Ask, payload: type[Any], kept: Mapping[str, Any]) -> Any:
    """The answer a second time, read through the node table with the viewer's own permissions."""
    found_again: dict[str, Any] = {}
    for name, entry in kept.items():
        if "value" in entry:
            found_again[name] = entry["value"]
        else:
            ids: list[str] = entry.get("nodes") or [entry["node"]]
            found = await call.nodes.find(ask, [call.nodes.parse(each) for each in ids])
            found_again[name] = [each for each in found if each] if "nodes" in entry else found[0]
    return payload(**found_again)
