"""A second, naive reading of the law: the tables of ``tables.txt`` as data, and nothing of the hub's own rules."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

GATE: Final = "hub"
_TOKEN: Final = re.compile(r"[()|=≠]|[\w-]+")
_Facts = Mapping[str, str | bool]


def _sections() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in (Path(__file__).parent / "tables.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            said, _, when = line.partition(": ")
            found.setdefault(name, []).append((said, when))
    return found


TABLES: Final = _sections()
SHORTHANDS: Final = dict(TABLES.pop("shorthand"))


def decided(facts: _Facts) -> tuple[str, str]:
    """Return the id and the outcome of the first rule that applies."""
    table = [*TABLES[GATE], *TABLES[str(facts["jurisdiction"])]]
    return next(_pair(rule) for rule, when in table if holds(when, facts))


def _pair(rule: str) -> tuple[str, str]:
    name, _, outcome = rule.partition(" ")
    return name, outcome


def holds(condition: str, facts: _Facts) -> bool:
    """Whether a condition, written as in the tables, is true of these facts."""
    return condition == "otherwise" or _Condition(condition, facts).any_of()


@cache
def _tokens(condition: str) -> list[str]:
    return _TOKEN.findall(condition)[::-1]


class _Condition:
    """Reads a condition from left to right; `or` binds the least, then `and`, then `not`."""

    def __init__(self, condition: str, facts: _Facts) -> None:
        self.left = list(_tokens(condition))
        self.facts = facts

    def any_of(self) -> bool:
        found = self.all_of()
        while self._is_next("or"):
            found = self.all_of() or found
        return found

    def all_of(self) -> bool:
        found = self.one()
        while self._is_next("and"):
            found = self.one() and found
        return found

    def one(self) -> bool:
        if self._is_next("not"):
            return not self.one()
        if self._is_next("("):
            found = self.any_of()
            assert self._is_next(")")
            return found
        return self._named(self.left.pop())

    def _named(self, name: str) -> bool:
        if name in SHORTHANDS:
            return holds(SHORTHANDS[name], self.facts)
        if self._is_next("="):
            return self.facts[name] in self._values()
        if self._is_next("≠"):
            return self.facts[name] not in self._values()
        return self.facts[name] is True

    def _values(self) -> list[str]:
        values = [self.left.pop()]
        while self._is_next("|"):
            values.append(self.left.pop())
        return values

    def _is_next(self, token: str) -> bool:
        is_next = self.left[-1:] == [token]
        if is_next:
            self.left.pop()
        return is_next
