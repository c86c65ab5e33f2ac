"""Every leaf of an input, by its place and type, so that each can be replaced by something hostile."""

import copy
from collections.abc import Iterator
from typing import Any, cast

from graphql import GraphQLInputObjectType, parse

from schema.internal import root

Place = tuple[str | int, ...]
_CORE: Any = root.schema._schema


def of_input(name: str, value: Any, *place: str | int) -> Iterator[tuple[Place, str]]:
    """Place and type of every leaf that `value`, of the input type called `name`, has."""
    kind: Any = _CORE.type_map[name]
    if isinstance(value, list):
        for index, each in enumerate(cast("list[Any]", value)):
            yield from of_input(name, each, *place, index)
        return
    if not isinstance(kind, GraphQLInputObjectType):
        yield place, name
        return
    for field, each in value.items():
        if each is not None:
            named = str(kind.fields[field].type).strip("[]!")
            yield from of_input(named, each, *place, field)


def of_document(document: str, variables: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """As `of_input` for every variable of a document."""
    operation: Any = parse(document).definitions[0]
    for each in operation.variable_definitions or ():
        name, kind = each.variable.name.value, each.type
        while hasattr(kind, "type"):
            kind = kind.type
        if variables.get(name) is not None:
            yield from of_input(kind.name.value, variables[name], name)


def replaced(given: Any, place: Place, value: Any) -> Any:
    """The same input with another leaf."""
    made = copy.deepcopy(given)
    if not place:
        return value
    inside = made
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    return made


def spelt(place: Place) -> list[str]:
    """A place as problems spell it."""
    return [str(step) for step in place]
