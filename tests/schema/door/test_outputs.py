"""Fields that are resolved quickly answer as those that go Strawberry's own way, guards included."""

from typing import Annotated, Any

import strawberry
from strawberry.permission import BasePermission

from schema import outputs

ASKED = '{ thing { plain told given(by: 2) named(as: "b") said(word: "c") asked later guarded kind } }'


class Never(BasePermission):
    message = "Nobody may."

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        del source, info, kwargs
        return False


@strawberry.interface
class Kind:
    word: strawberry.Private[str]

    @strawberry.field
    def kind(self) -> str:
        return self.word


@strawberry.type
class Thing(Kind):
    plain: int | None

    @strawberry.field
    def told(self) -> int:
        return (self.plain or 0) + 1

    @strawberry.field
    def given(self, by: int) -> int:
        return (self.plain or 0) * by

    @strawberry.field
    def named(self, as_: Annotated[str, strawberry.argument(name="as")]) -> str:
        return as_

    @strawberry.field
    def said(self, word: str) -> str:
        return word

    @strawberry.field
    def asked(self, info: strawberry.Info[Any, None]) -> str:
        return info.field_name

    @strawberry.field
    async def later(self) -> int:
        return 4

    @strawberry.field(permission_classes=[Never])
    def guarded(self) -> int | None:
        return 5


@strawberry.type
class Query:
    @strawberry.field
    def thing(self) -> Thing:
        return Thing(word="a thing", plain=1)


async def test_a_quick_field_answers_as_a_slow_one() -> None:
    slow, quick = strawberry.Schema(Query), strawberry.Schema(Query)
    outputs.hasten(quick)
    answers = [await each.execute(ASKED) for each in (slow, quick)]
    assert answers[0].data == answers[1].data
    assert answers[1].data == {"thing": {
        "plain": 1, "told": 2, "given": 2, "named": "b", "said": "c", "asked": "asked", "later": 4,
        "guarded": None, "kind": "a thing",
    }}  # fmt: skip
    assert [[error.message for error in each.errors or ()] for each in answers] == [["Nobody may."]] * 2


def test_only_fields_that_need_nothing_are_quick() -> None:
    schema = strawberry.Schema(Query)
    core: Any = schema._schema  # pyright: ignore[reportUnknownMemberType]
    fields: dict[str, Any] = core.type_map["Thing"].fields
    before = {name: each.resolve for name, each in fields.items()}
    outputs.hasten(schema)
    changed = {name for name, each in fields.items() if each.resolve is not before[name]}
    assert changed == {"plain", "told", "said", "kind"}
