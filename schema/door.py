"""Fields that read and fields that act: one decorator each, around one verb of the hub.

``@asks`` gives a resolver an Ask, ``@lists`` an Ask and a window on a list, ``@acts`` an Act. The decorator
names the operation; the one table says who may do it. What a resolver is given never shows in the schema.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, cast, get_type_hints

import orjson
import strawberry
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType

from hub import recording
from hub.act import Act, Ask
from hub.actors import Operation, authorise
from hub.errors import Code, Refusal
from hub.recording import Adding
from schema.call import Call, Info, checked_key
from schema.problems import RAISED, Payload, Problem
from schema.relay import Binding, Node, Window, global_id_of, page_size
from schema.weights import Weight

Resolver = Callable[..., Awaitable[Any]]
GIVEN = frozenset({"ask", "act", "call", "window", "once"})
"""Parameters a resolver may have that come from the door, not from the client."""

_First = Annotated[
    int | None, strawberry.argument(description="Rows from the start, at most 100; 20 if nothing is said.")
]
_After = Annotated[
    str | None, strawberry.argument(description="The cursor after which the page begins; with `first`.")
]
_Last = Annotated[int | None, strawberry.argument(description="Rows from the end, at most 100.")]
_Before = Annotated[
    str | None, strawberry.argument(description="The cursor before which the page ends; with `last`.")
]
_Key = Annotated[
    str | None,
    strawberry.argument(
        description="The same key within a day acts once and answers alike: a new UUID for each intention."
    ),
]
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
_WINDOW = {"first": _First, "after": _After, "last": _Last, "before": _Before}
_FORWARD = frozenset({"first", "after"})


@dataclass(frozen=True, slots=True)
class Once:
    """A key under which a mutation acts once, and a keyed hash of what was asked with it."""

    key: str
    fingerprint: bytes


def asks(
    operation: Operation,
    *,
    single: bool = False,
    whole: bool = False,
    weight: Weight | None = None,
    **options: Any,
) -> Any:
    """A field that reads: its resolver gets `ask`, the operation's one snapshot.

    single: it runs exactly one statement that finds its own instant and needs no snapshot (for hot fields).
    whole: it chooses between the two itself; the resolver gets `call` in place of `ask`.
    options: as for ``strawberry.field``; the description is the resolver's docstring.
    """

    def declare(resolver: Resolver) -> Any:
        async def resolve(self: Any, info: Info, **arguments: Any) -> Any:
            call = info.context
            if whole:
                authorise(call.actor, operation)
                return await resolver(self, call=call, **arguments)
            ask = call.ask_once(operation) if single else await call.ask(operation)
            return await resolver(self, ask=ask, **arguments)

        return _field(resolver, resolve, operation, {}, weight, options)

    return declare


def lists(
    operation: Operation, *keys: type, forward: bool = False, weight: Weight | None = None, **options: Any
) -> Any:
    """A field that gives a page: the resolver gets `ask` and `window`, the schema first, after, last, before.

    keys: the types of the list's sort values, e.g. ``datetime, UUID``. They must order the list completely.
    forward: the list is read from its start only; the schema gets neither last nor before.
    """
    added = {name: each for name, each in _WINDOW.items() if not forward or name in _FORWARD}

    def declare(resolver: Resolver) -> Any:
        async def resolve(self: Any, info: Info, **arguments: Any) -> Any:
            chosen = {name: arguments.pop(name, None) for name in _WINDOW}
            window = _window(info, self, keys, chosen, arguments)
            ask = await info.context.ask(operation)
            return await resolver(self, ask=ask, window=window, **arguments)

        return _field(resolver, resolve, operation, dict(added), weight, options)

    return declare


def acts(
    operation: Operation,
    *,
    whole: bool = False,
    adds: bool | Callable[[Any], bool] = False,
    weight: Weight | None = None,
    **options: Any,
) -> Any:
    """A mutation: its resolver gets `act`; returning commits, raising rolls back and becomes problems.

    The schema gets `idempotencyKey`. A resolver that declares `once` keeps the key itself, in its own act;
    for any other the payload is remembered: its nodes by id, its numbers and booleans, no texts.

    whole: the verb opens its own act (for hot fields); the resolver gets `call` in place of `act`.
    adds: it only adds what happened to its `input`'s customer, always or for the inputs of which this says so: then
    `act` is a Recording, and one statement keeps it.
    """

    def declare(resolver: Resolver) -> Any:
        own_key = "once" in inspect.signature(resolver).parameters

        async def resolve(self: Any, info: Info, idempotency_key: str | None = None, **arguments: Any) -> Any:
            call = info.context
            try:
                authorise(call.actor, operation)
                once = _once(info, operation, idempotency_key, arguments)
                given = {**arguments, "once": once} if own_key else arguments
                await call.close()
                if whole:
                    return await resolver(self, call=call, **given)
                perform = _record if adds is True or (adds and adds(given["input"])) else _perform
                return await perform(call, operation, resolver, self, None if own_key else once, given)
            except Refusal as refusal:
                if refusal.code in RAISED:
                    raise
                return _payload(resolver)(problems=[Problem.of(refusal)])

        return _field(resolver, resolve, operation, {"idempotency_key": _Key}, weight, options)

    return declare


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
        return made[0] if made else await _again(call, act, _payload(resolver), kept or {})

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
        return await _again(call, act, _payload(resolver), kept)
    return _dated(made[0], act.recorded_at)


def _field(
    resolver: Resolver,
    resolve: Callable[..., Awaitable[Any]],
    operation: Operation,
    added: dict[str, Any],
    weight: Weight | None,
    options: dict[str, Any],
) -> Any:
    """The field whose schema is the resolver's signature, less what the door gives, plus `added`."""
    functools.update_wrapper(resolve, resolver)
    signature = inspect.signature(resolver)
    kept = [each for each in signature.parameters.values() if each.name not in GIVEN]
    info = inspect.Parameter("info", inspect.Parameter.KEYWORD_ONLY, annotation=Info)
    more = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=strawberry.UNSET, annotation=annotation
        )
        for name, annotation in added.items()
    ]
    resolve.__signature__ = signature.replace(parameters=[*kept, *more, info])  # pyright: ignore[reportFunctionMemberAccess]
    metadata = {
        "operation": operation,
        **({"weight": weight} if weight else {}),
        **options.pop("metadata", {}),
    }
    description = options.pop("description", inspect.getdoc(resolver))
    return strawberry.field(resolver=resolve, description=description, metadata=metadata, **options)


def _window(
    info: Info, source: Any, keys: tuple[type, ...], chosen: Mapping[str, Any], arguments: dict[str, Any]
) -> Window:
    size = page_size(chosen["first"], chosen["last"], chosen["after"], chosen["before"])
    call, backwards = info.context, chosen["last"] is not None
    binding = Binding(
        connection=f"{_core(info).parent_type.name}.{info.field_name}",
        parent=str(getattr(source, "uuid", "")),
        arguments=_canonical(arguments),
        viewer=f"{call.actor.kind}:{call.actor.id}:{call.actor.organisation_id}",
    )
    name = "before" if backwards else "after"
    cursor: str | None = chosen[name]
    start = None if cursor is None else call.cursors.decode_cursor(cursor, keys, binding, name)
    return Window(size, start, backwards, call.cursors.cursor_maker(binding))


def _once(info: Info, operation: Operation, key: str | None, arguments: dict[str, Any]) -> Once | None:
    call = info.context
    given = call.idempotency_key if key is None else checked_key(f'"{key}"')
    if given is None:
        return None
    if key is None and len(_root_fields(info)) > 1:
        message = "The Idempotency-Key header covers one mutation: give each its own `idempotencyKey`."
        raise Refusal(Code.INVALID, message, ("idempotency_key",))
    meant = (operation.value.encode(), info.field_name.encode(), _canonical(arguments))
    return Once(given, call.cursors.mac(b"once", *meant))


def _root_fields(info: Info) -> tuple[Any, ...]:
    return _core(info).operation.selection_set.selections


def _core(info: Info) -> Any:
    return info._raw_info  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType] -- no public way to it


def _canonical(arguments: Mapping[str, Any]) -> bytes:
    """The same bytes for the same arguments, whatever their order."""
    said = {
        name: each for name, each in arguments.items() if each is not None and each is not strawberry.UNSET
    }
    return orjson.dumps(said, default=_plain, option=_CANONICAL)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        said = {each.name: getattr(value, each.name) for each in fields(value)}
        return {
            name: each for name, each in said.items() if each is not None and each is not strawberry.UNSET
        }
    return str(value)


def _payload(resolver: Resolver) -> type[Any]:
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
    again: dict[str, Any] = {}
    for name, entry in kept.items():
        if "value" in entry:
            again[name] = entry["value"]
        else:
            ids: list[str] = entry.get("nodes") or [entry["node"]]
            found = await call.nodes.find(ask, [call.nodes.parse(each) for each in ids])
            again[name] = [each for each in found if each] if "nodes" in entry else found[0]
    return payload(**again)


def operations(schema: strawberry.Schema) -> Iterator[tuple[str, Operation | None]]:
    """Every field of every type as ``Type.field`` and the operation it needs; None where it needs none.

    Golden tests hold this against the table of roles: a root field without an operation is a hole.
    """
    core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- no public way to it
    for name, kind in core.type_map.items():
        if not name.startswith("__") and isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in kind.fields.items():
                yield f"{name}.{field}", _metadata(definition).get("operation")


def _metadata(definition: GraphQLField) -> Mapping[Any, Any]:
    declared = definition.extensions.get("strawberry-definition")
    return declared.metadata if declared is not None else {}
