"""Registers enumerations of the hub with what each value means."""

from enum import Enum
from typing import Any

import strawberry


def told(kind: type[Enum], name: str, description: str, /, **meanings: str) -> None:
    """Register an enumeration with the meaning of each value; a value without one stops the start."""
    strawberry.enum(kind, name=name, description=description)
    describe(kind, meanings)


def describe(kind: Any, meanings: dict[str, str]) -> None:
    """Give each value of a registered enumeration its meaning; one too few or too many stops the start."""
    for value in kind.__strawberry_definition__.values:
        value.description = meanings.pop(value.name)
    if meanings:
        raise KeyError(*meanings)
