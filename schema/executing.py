"""Executing what is plain at once: objects of which only plain fields are asked are read in one go, lists of them too.

The executor looks at every field of every row as if it might wait, fail or be another one. Here what a selection comes
to is found once for an operation, and then only read. Whatever does not turn out as plain as it looked is done again
the executor's own way, which also words its errors: plain fields change nothing, so reading them twice is no harm.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, cast

from graphql import (
    GraphQLID,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    TypeNameMetaFieldDef,
    Undefined,
)
from graphql.execution.values import get_argument_values
from graphql.type import is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.outputs import Plain

_Complete = Callable[[Any], Any]
_TEXTS: Final = frozenset({GraphQLString, GraphQLID})


class Unplain(Exception):
    """Something is not as plain as it looked."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    """As Strawberry's own, but for selections that are plain all through."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[int, tuple[Any, _Complete | None]] = {}

    def execute_fields(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:
        """Read an object's fields, at once if all of them are plain."""
        complete = self._planned(parent_type, grouped_field_set) if position_context is None else None
        if complete is not None:
            try:
                return complete(source_value)
            except Exception:  # noqa: BLE001 -- the same again in the way that says what is wrong, and where
                self._plans[id(grouped_field_set)] = grouped_field_set, None
        return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)

    def _planned(self, kind: GraphQLObjectType, fields: Mapping[str, Any]) -> _Complete | None:
        """How to read these fields of an object; None where some are not plain.

        The fields are kept beside it, so that no others get their number.
        """
        if id(fields) not in self._plans:
            try:
                plan = self._plan(kind, fields)
            except Unplain:
                plan = None
            self._plans[id(fields)] = fields, plan
        return self._plans[id(fields)][1]

    def _plan(self, kind: GraphQLObjectType, fields: Mapping[str, Any]) -> _Complete:
        steps = [(name, *self._step(kind, details)) for name, details in fields.items()]

        def complete(source: Any) -> dict[str, Any]:
            done: dict[str, Any] = {}
            for name, read, finish, is_text in steps:
                value = read(source)
                done[name] = value if is_text and value.__class__ is str else finish(value)
            return done

        return complete

    def _step(self, kind: GraphQLObjectType, details: Any) -> tuple[Callable[[Any], Any], _Complete, bool]:
        """How a field is read from its object, what is made of it, and whether texts stay as they are."""
        node = details[0].node
        field = self.schema.get_field(kind, node.name.value)
        if field is TypeNameMetaFieldDef:
            return (lambda _: kind.name), _as_it_is, True
        if field is None or not isinstance(field.resolve, Plain) or self.middleware_manager:
            raise Unplain
        returned = cast("Any", field).type
        finish, is_text = self._finish(returned, details), _is_text(returned)
        read = field.resolve.read
        if not field.args:
            return read, finish, is_text
        given = get_argument_values(
            field, node, self.variable_values, details[0].fragment_variable_values, self.hide_suggestions
        )
        return partial(read, **given), finish, is_text

    def _finish(self, kind: Any, details: Any) -> _Complete:
        """What becomes of a value of some type."""
        if isinstance(kind, GraphQLNonNull):
            return self._there(cast("Any", kind).of_type, details)
        there = self._there(kind, details)
        return lambda value: None if value is None else there(value)

    def _there(self, kind: Any, details: Any) -> _Complete:
        if isinstance(kind, GraphQLList):
            each = self._finish(cast("Any", kind).of_type, details)
            return lambda value: [each(one) for one in _several(value)]
        if is_leaf_type(kind):
            return _text(kind) if kind in _TEXTS else _leaf(kind)
        if not isinstance(kind, GraphQLObjectType) or kind.is_type_of:
            raise Unplain
        fields, deferred, _ = self.collect_subfields(kind, details)
        plan = None if deferred else self._planned(kind, fields)
        if plan is None:
            raise Unplain
        return plan


def _is_text(kind: Any) -> bool:
    return (cast("Any", kind).of_type if isinstance(kind, GraphQLNonNull) else kind) in _TEXTS


def _as_it_is(value: Any) -> Any:
    return value


def _several(value: Any) -> list[Any] | tuple[Any, ...]:
    if isinstance(value, list | tuple):
        return cast("list[Any]", value)
    raise Unplain


def _text(kind: GraphQLLeafType) -> _Complete:
    other = _leaf(kind)
    return lambda value: value if value.__class__ is str else other(value)


def _leaf(kind: GraphQLLeafType) -> _Complete:
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        made = None if value is None or isinstance(value, Exception) else coerce(value)
        if made is None or made is Undefined:
            raise Unplain
        return made

    return complete
