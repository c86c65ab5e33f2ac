"""How much a document asks for, counted before anything expensive looks at it.

Validation compares repeated fields pair by pair, so a few kilobytes can burn a second of CPU there. This walk
expands every fragment, stops at the first limit that is passed, and visits at most ``limits.selections``
selections whatever the document says. What it learns about sizes gives the cost: a point for an object, lists
times their size.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from hub.errors import Code, Refusal
from schema.limits import PAGE, Limits
from schema.weights import Shape, Shapes, Weight

INTROSPECTIONS = 2
INTROSPECTION_ALIAS = 10
"""Aliases inside introspection count this much: each repeats a walk over the whole schema."""
NESTING = 64
"""Selection sets inside each other, inline fragments included: keeps the walk far from Python's own limit."""


@dataclass(slots=True)
class Count:
    """What a walk has seen so far. sized_by_variables: the cost must be counted anew for each call."""

    selections: int = 0
    repeats: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    cost: int = 0
    introspections: int = 0
    sized_by_variables: bool = False


@dataclass(slots=True)
class _Place:
    """One response path: how often it was selected, and what is below it."""

    times: int = 0
    below: dict[str, "_Place"] = field(default_factory=dict["str", "_Place"])


@dataclass(frozen=True, slots=True)
class _Below:
    """Points of a selection set: once, and per item of the list it belongs to (the edges of a page)."""

    once: int = 0
    per_item: int = 0


class Walk:
    """One count of one document. Raises Refusal(LIMIT) at the first limit passed."""

    def __init__(self, shapes: Shapes, document: DocumentNode, limits: Limits) -> None:
        self._shapes = shapes
        self._schema = shapes.schema
        self._limits = limits
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._reached: set[str] = set()
        self._spreading: list[str] = []
        self._variables: Mapping[str, Any] = {}
        self.count = Count()

    def whole(self, document: DocumentNode) -> Count:
        """Count all of it: validation looks at fragments that no operation uses as well."""
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode):
                self._operation(each, {})
                if not self.count.sized_by_variables:
                    self._hold("cost", self.count.cost)
        for name, fragment in self._fragments.items():
            if name not in self._reached:
                self._spread(fragment, 1, {})
        return self.count

    def operation(self, node: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        """Count one operation and return its cost in points, `variables` as the client sent them."""
        self._operation(node, variables)
        self._hold("cost", self.count.cost)
        return self.count.cost

    def _operation(self, node: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
        self._variables = _with_defaults(node, variables)
        self.count.root_fields = 0
        self._directives(node)
        root = self._schema.get_root_type(node.operation)
        below = self._selected(node.selection_set, root, 1, {})
        self.count.cost = below.once

    def _hold(self, name: str, value: int) -> None:
        if value > getattr(self._limits, name):
            raise self._limits.refusal(name)

    def _add(self, name: str, value: int = 1) -> None:
        total = getattr(self.count, name) + value
        setattr(self.count, name, total)
        self._hold(name, total)

    def _directives(self, node: Any) -> None:
        if node.directives:
            self._add("directives", len(node.directives))

    def _selected(
        self,
        node: SelectionSetNode | None,
        parent: GraphQLNamedType | None,
        depth: int,
        places: dict[str, _Place],
    ) -> _Below:
        once = per_item = 0
        self._spreading.append("")
        if len(self._spreading) > NESTING:
            raise self._limits.refusal("depth")
        for each in node.selections if node else ():
            below = self._selection(each, parent, depth, places)
            once += below.once
            per_item += below.per_item
        self._spreading.pop()
        return _Below(once, per_item)

    def _selection(
        self, node: Any, parent: GraphQLNamedType | None, depth: int, places: dict[str, _Place]
    ) -> _Below:
        self._add("selections")
        self._directives(node)
        if isinstance(node, FieldNode):
            return self._field(node, parent, depth, places)
        self._repeat(places, "...")
        if isinstance(node, InlineFragmentNode):
            kind = self._type(node.type_condition.name.value) if node.type_condition else parent
            return self._selected(node.selection_set, kind, depth, places)
        return self._named_spread(node, depth, places)

    def _named_spread(self, node: FragmentSpreadNode, depth: int, places: dict[str, _Place]) -> _Below:
        name = node.name.value
        if name in self._spreading:
            raise Refusal(Code.INVALID, f"The fragment {name} contains itself: take the circle out.")
        fragment = self._fragments.get(name)
        return self._spread(fragment, depth, places) if fragment else _Below()

    def _spread(self, fragment: FragmentDefinitionNode, depth: int, places: dict[str, _Place]) -> _Below:
        name = fragment.name.value
        self._reached.add(name)
        self._directives(fragment)
        self._spreading.append(name)
        below = self._selected(
            fragment.selection_set, self._type(fragment.type_condition.name.value), depth, places
        )
        self._spreading.pop()
        return below

    def _type(self, name: str) -> GraphQLNamedType | None:
        return self._schema.get_type(name)

    def _repeat(self, places: dict[str, _Place], name: str) -> _Place:
        place = places.setdefault(name, _Place())
        if place.times:
            self._add("repeats", place.times)
        place.times += 1
        return place

    def _field(
        self, node: FieldNode, parent: GraphQLNamedType | None, depth: int, places: dict[str, _Place]
    ) -> _Below:
        self._counted(node, parent, depth)
        place = self._repeat(places, (node.alias or node.name).value)
        shape = self._shapes.find(parent, node.name.value)
        below = self._selected(node.selection_set, shape.kind if shape else None, depth + 1, place.below)
        return self._costs(node, shape, parent, below) if shape else _Below(below.once + below.per_item)

    def _counted(self, node: FieldNode, parent: GraphQLNamedType | None, depth: int) -> None:
        if depth > self.count.depth:
            self.count.depth = depth
            self._hold("depth", depth)
        inside = parent is not None and parent.name.startswith("__")
        if node.alias:
            self._add("aliases", INTROSPECTION_ALIAS if inside else 1)
        if depth == 1:
            self._add("root_fields")
            if node.name.value.startswith("__") and node.name.value != "__typename":
                self.count.introspections += 1
                if self.count.introspections > INTROSPECTIONS:
                    raise self._limits.refusal("root_fields")

    def _costs(self, node: FieldNode, shape: Shape, parent: GraphQLNamedType | None, below: _Below) -> _Below:
        if shape.paged:
            return _Below(shape.points + below.once + self._page(node) * below.per_item)
        inner = shape.points + below.once + below.per_item
        owner = parent.name if parent else ""
        if not (shape.is_list or shape.weight.sized_by) or owner.startswith("__"):
            return _Below(inner)
        if owner.endswith("Connection"):
            return _Below(0, inner)
        return _Below(self._items(node, shape.weight) * inner)

    def _page(self, node: FieldNode) -> int:
        for each in node.arguments or ():
            if each.name.value in {"first", "last"}:
                size = self._value(each.value)
                if isinstance(size, int):
                    return min(max(size, 0), self._limits.page)
        return PAGE

    def _items(self, node: FieldNode, weight: Weight) -> int:
        argument, _, inside = (weight.sized_by or "").partition(".")
        for each in node.arguments or ():
            if each.name.value == argument:
                value = self._inside(each.value, inside) if inside else self._value(each.value)
                return len(value) if hasattr(value, "__len__") else 1
        return weight.items

    def _inside(self, node: ValueNode, name: str) -> Any:
        """The value of one field of an input object."""
        if isinstance(node, ObjectValueNode):
            return next((self._value(each.value) for each in node.fields if each.name.value == name), None)
        given = self._value(node)
        return cast("Mapping[str, Any]", given).get(name) if isinstance(given, Mapping) else None

    def _value(self, node: ValueNode) -> Any:
        if isinstance(node, VariableNode):
            self.count.sized_by_variables = True
            return self._variables.get(node.name.value)
        if isinstance(node, IntValueNode):
            return int(node.value)
        return node.values if isinstance(node, ListValueNode) else None


def _with_defaults(node: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(variables)
    for each in node.variable_definitions or ():
        if isinstance(each.default_value, IntValueNode):
            given.setdefault(each.variable.name.value, int(each.default_value.value))
    return given
