"""Fields that read, act or go on: one decorator each, around one verb of the hub.

``@asks`` gives a resolver an Ask, ``@lists`` an Ask and a window on a list, ``@acts`` an Act; ``@follows`` is a field
that goes on. The decorator names the operation; the one table says who may do it. What a resolver is given never shows
in the schema.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import fields, is_dataclass
from typing import Annotated, Any

import orjson
import strawberry
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType

from hub.actors import Operation, authorise
from hub.errors import Code, Refusal
from schema.call import Call, Info, checked_key
from schema.performing import Adds, Once, Resolver, chosen, payload_of
from schema.problems import RAISED, Problem
from schema.relay import Binding, Window, page_size
from schema.weights import Weight

Looks = Resolver | None
GIVEN = frozenset({"ask", "act", "call", "window", "once", "looked"})
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
_KEYED = {"idempotency_key": _Key}
_FORWARD = frozenset({"first", "after"})


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
    operation: Operation, *, whole: bool = False, adds: Adds = False, looks: Looks = None, **options: Any
) -> Any:
    """A mutation: its resolver gets `act`; returning commits, raising rolls back and becomes problems.

    The schema gets `idempotencyKey`. A resolver that declares `once` keeps the key itself, in its own act;
    for any other the payload is remembered: its nodes by id, its numbers and booleans, no texts.
    whole: the verb opens its own act (for hot fields); the resolver gets `call` in place of `act`.
    adds: it, or the inputs of which this says so, only adds to a customer: `act` is then a Recording.
    looks: reads first, with `ask` and the arguments, what takes too long for an act; the resolver gets it as `looked`.
    """

    def declare(resolver: Resolver) -> Any:
        own_key = "once" in inspect.signature(resolver).parameters

        async def resolve(self: Any, info: Info, idempotency_key: str | None = None, **arguments: Any) -> Any:
            call = info.context
            try:
                authorise(call.actor, operation)
                once = _once(info, operation, idempotency_key, arguments)
                given = {**arguments, "once": once} if own_key else arguments
                given = await _looking(call, operation, looks, given)
                run = chosen(given, adds, whole=whole)
                return await run(call, operation, resolver, self, None if own_key else once, given)
            except Refusal as refusal:
                return _refused(resolver, refusal)

        return _field(resolver, resolve, operation, _KEYED, options.pop("weight", None), options)

    return declare


async def _looking(call: Call, operation: Operation, looks: Looks, given: dict[str, Any]) -> dict[str, Any]:
    """Read what a mutation is to look at first, if anything; the call holds no snapshot open from then on."""
    if looks is not None:
        given = {**given, "looked": await looks(ask=await call.ask(operation), **given)}
    await call.close()
    return given


def _refused(resolver: Resolver, refusal: Refusal) -> Any:
    """A mutation's answer with its problem; what is no problem of its own is raised."""
    if refusal.code in RAISED:
        raise refusal
    return payload_of(resolver)(problems=[Problem.of(refusal)])


def follows(operation: Operation, *, weight: Weight | None = None, **options: Any) -> Any:
    """A subscription: its resolver generates events, and gets `call`; it holds nothing open while it waits.

    Who asks, and whether they may, is asked again before each event is given out.
    """

    def declare(resolver: Callable[..., AsyncGenerator[Any]]) -> Any:
        async def resolve(self: Any, info: Info, **arguments: Any) -> AsyncGenerator[Any]:
            call = info.context
            authorise(call.actor, operation)
            async with aclosing(resolver(self, call=call, **arguments)) as events:
                async for each in events:
                    await call.renew()
                    authorise(call.actor, operation)
                    yield each

        return _field(resolver, resolve, operation, {}, weight, {**options, "is_subscription": True})

    return declare


def _field(
    resolver: Callable[..., Any],
    resolve: Callable[..., Any],
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
        viewer=call.viewer,
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
