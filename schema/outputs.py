"""Resolving fields quickly: what Strawberry finds out about a field anew for every value is found out once.

Most fields are an attribute, or a method that needs nothing but its object and texts. They are read as such; all that
take other arguments, wait, or are guarded go Strawberry's own way.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast

import strawberry
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType
from strawberry.types.field import StrawberryField

Read = Callable[..., Any]


class Plain:
    """A resolver that waits for nothing and needs to know nothing of its call. read: from an object, with arguments."""

    __slots__ = ("read",)

    def __init__(self, read: Read) -> None:
        self.read = read

    def __call__(self, source: Any, _info: Any, **arguments: Any) -> Any:
        """As the executor calls it."""
        return self.read(source, **arguments)


def hasten(schema: strawberry.Schema) -> None:
    """Give every plain field of a schema a resolver of its own."""
    core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- no public way to it
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for each in kind.fields.values():
                _hasten(each)


def _hasten(field: GraphQLField) -> None:
    declared: StrawberryField | None = field.extensions.get("strawberry-definition")
    read = declared and _plainly(declared, field)
    if read is not None:
        field.resolve = Plain(read)


def _plainly(declared: StrawberryField, field: GraphQLField) -> Read | None:
    if declared.extensions or declared.permission_classes or declared.is_subscription or declared.is_async:
        return None
    resolver = cast("Any", declared).base_resolver
    if resolver is None:
        return attrgetter(declared.python_name)
    if list(resolver.signature.parameters) != ["self", *field.args] or not _takes_texts(field):
        return None
    return resolver.wrapped_func


def _takes_texts(field: GraphQLField) -> bool:
    """Whether all arguments are texts that must be given: they come as they are."""
    return all(str(cast("Any", each).type) == "String!" for each in field.args.values())
