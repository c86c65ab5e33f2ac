"""Building input objects quickly: what Strawberry finds out about their fields anew at every call is found out once.

It uses the hook that Strawberry has for input types that build their own value.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import cache
from typing import Any, cast

import strawberry
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)

Build = Callable[[type, Mapping[str, Any], Any], Any]


def hasten(schema: strawberry.Schema) -> None:
    """Give every input type of a schema a builder of its own."""
    for each in schema.schema_converter.type_map.values():
        definition = each.definition
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_input:
            definition.from_input = _builder(schema, definition)


def _builder(schema: strawberry.Schema, definition: StrawberryObjectDefinition) -> Build:
    @cache
    def plan() -> tuple[dict[str, None], list[tuple[str, str, Any, bool]]]:
        """What is None unless given; and each field's two names, its type, and whether values pass as they are."""
        absent = {
            field.python_name: None
            for field in cast("list[Any]", definition.fields)
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        fields: list[tuple[str, str, Any, bool]] = []
        for field in definition.fields:
            kind = field.resolve_type(type_definition=definition)
            name = schema.config.name_converter.from_field(field)
            fields.append((name, field.python_name, kind, _is_plain(kind)))
        return absent, fields

    def build(kind: type, value: Mapping[str, Any], context: Any) -> Any:
        absent, fields = plan()
        given: dict[str, Any] = dict(absent)
        for name, python_name, field_kind, is_plain in fields:
            if name in value:
                each = value[name]
                given[python_name] = (
                    each if is_plain or each is None else context.convert(each, field_kind, name)
                )
        return kind(**given)

    return build


def _is_plain(kind: Any) -> bool:
    """Whether graphql-core has made the value already: scalars and enums, but no lists, which are copied."""
    while isinstance(kind, StrawberryOptional):
        kind = kind.of_type
    return (
        not isinstance(kind, StrawberryList)
        and not has_object_definition(kind)
        and not hasattr(kind, "resolve_type")
    )
