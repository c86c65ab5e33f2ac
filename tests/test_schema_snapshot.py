"""The schemas as their clients know them: ``schema/internal.graphql`` and ``schema/partner.graphql``.

Neither can change unnoticed. Additions are accepted with ``HUB_ACCEPT=1``. What breaks a client must first have been
deprecated, and is accepted only once ``CHANGELOG.md`` says it in the words that the test prints.
"""

import difflib
import os
from pathlib import Path

import pytest
import strawberry
from graphql import (
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)

from schema.internal import root as internal
from schema.partner import root as partner

ROOT = Path(__file__).parents[1]
SCHEMAS = {"internal": internal.schema, "partner": partner.schema}
CHANGELOG = ROOT / "CHANGELOG.md"
ACCEPT = "HUB_ACCEPT"


def breaking(before: str, after: str) -> list[str]:
    """What a client of `before` would no longer find in `after`."""
    return sorted(
        each.description for each in find_breaking_changes(build_schema(before), build_schema(after))
    )


def unannounced(changes: list[str], changelog: str) -> list[str]:
    """The changes that the changelog does not say."""
    return [each for each in changes if each not in changelog]


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Everything in a schema that does not say what it is."""
    found: list[str] = []
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        parts: dict[str, object] = {name: kind}
        if is_enum_type(kind):
            parts |= {f"{name}.{value}": each for value, each in kind.values.items()}
        if is_object_type(kind) or is_interface_type(kind) or is_input_object_type(kind):
            parts |= {f"{name}.{field}": each for field, each in kind.fields.items()}
        if is_object_type(kind) or is_interface_type(kind):
            for field, each in kind.fields.items():
                parts |= {f"{name}.{field}({argument})": one for argument, one in each.args.items()}
        found += [each for each, part in parts.items() if not getattr(part, "description", None)]
    return found


@pytest.mark.parametrize("whose", SCHEMAS)
def test_the_schema_is_what_was_accepted(whose: str) -> None:
    now, snapshot = SCHEMAS[whose].as_str() + "\n", ROOT / "schema" / f"{whose}.graphql"
    before = snapshot.read_text(encoding="utf-8") if snapshot.exists() else now
    broken = unannounced(
        breaking(before, now), CHANGELOG.read_text(encoding="utf-8") if CHANGELOG.exists() else ""
    )
    assert not broken, (
        "These changes break clients: deprecate first, and say them in CHANGELOG.md:\n" + "\n".join(broken)
    )
    if os.environ.get(ACCEPT):
        snapshot.write_text(now, encoding="utf-8")
    accepted = snapshot.read_text(encoding="utf-8") if snapshot.exists() else ""
    changes = difflib.unified_diff(
        accepted.splitlines(), now.splitlines(), "accepted", "now", lineterm="", n=0
    )
    assert accepted == now, (
        "The schema has changed:\n"
        + "\n".join(changes)
        + f"\nIf every changed line is meant: {ACCEPT}=1 make test ARGS=tests/test_schema_snapshot.py"
    )


@pytest.mark.parametrize("whose", SCHEMAS)
def test_everything_in_the_schema_says_what_it_is(whose: str) -> None:
    assert undescribed(SCHEMAS[whose]._schema) == []  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def test_something_without_a_description_is_found() -> None:
    @strawberry.type
    class Query:
        @strawberry.field(description="Told.")
        def told(self, untold: int) -> int:
            return untold

    found = undescribed(strawberry.Schema(Query)._schema)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    assert found == ["Query", "Query.told(untold)"]


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        ("type Query { a: Int, b(c: Int): Int }", []),
        ("type Query { a: Int }", ["Field Query.b was removed."]),
        ("type Query { a: String, b(c: Int): Int }", ["Field Query.a changed type from Int to String."]),
        ("type Query { a: Int, b(c: Int, d: Int!): Int }", ["A required argument Query.b(d:) was added."]),
        ("type Query { a: Int, b(c: Int, d: Int): Int, e: Int }", []),
    ],
)
def test_what_breaks_clients_is_found_and_must_be_announced(after: str, broken: list[str]) -> None:
    changes = breaking("type Query { a: Int, b(c: Int): Int }", after)
    assert changes == broken
    assert unannounced(changes, "") == broken
    assert unannounced(changes, "\n".join(f"- {each}" for each in broken)) == []
