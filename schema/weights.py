"""What fields weigh: declared beside the field, read once per schema."""

from dataclasses import dataclass
from typing import Any, Self, cast

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
)

ASSUMED_ITEMS = 10
"""Items counted for a list whose size the document does not say."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a field costs.

    points: once; an object costs 1 and anything else 0 unless said. sized_by: the list argument, or the list within an
    input (``input.customers``), whose length multiplies what is below. items: how many a list without one counts as.
    """

    points: int | None = None
    sized_by: str | None = None
    items: int = ASSUMED_ITEMS


PLAIN = Weight()


@dataclass(frozen=True, slots=True)
class Shape:
    """What the count needs to know of a field's definition."""

    kind: GraphQLNamedType
    points: int
    paged: bool
    is_list: bool
    weight: Weight

    @classmethod
    def of(cls, definition: GraphQLField) -> Self:
        """Read it off the definition."""
        declared = definition.extensions.get("strawberry-definition")
        weight: Weight = declared.metadata.get("weight", PLAIN) if declared is not None else PLAIN
        spelt = str(cast("Any", definition).type)
        kind = cast("GraphQLNamedType", get_named_type(cast("Any", definition).type))
        points = weight.points if weight.points is not None else int(not is_leaf_type(kind))
        paged = "first" in definition.args or "last" in definition.args
        return cls(kind, points, paged, spelt.startswith("["), weight)


class Shapes:
    """The shapes of one schema's fields, each read once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._known: dict[tuple[str, str], Shape] = {}

    def find(self, parent: GraphQLNamedType | None, name: str) -> Shape | None:
        """The shape of a field, or None if there is no such field."""
        if parent is None:
            return None
        known = self._known.get((parent.name, name))
        if known is None and (is_object_type(parent) or is_interface_type(parent)):
            definition = self.schema.get_field(parent, name)
            if definition is not None:
                known = self._known[parent.name, name] = Shape.of(definition)
        return known
