"""Selections that are plain all through answer as the executor's own way does, errors and their paths included."""

from typing import Any

import pytest
import strawberry

from schema import outputs
from schema.documents import Documents
from schema.executing import Executor
from schema.limits import LIMITS

BROKEN = "broken"


@strawberry.type
class Leaf:
    word: str
    number: int | None = None

    @strawberry.field
    def again(self, after: str) -> str:
        return f"{self.word} {after}"

    @strawberry.field
    def must(self) -> str:
        if self.word == BROKEN:
            raise ValueError(BROKEN)
        return self.word


@strawberry.type
class Tree:
    name: strawberry.ID
    leaves: list[Leaf]
    words: list[str | None]
    first: Leaf | None

    @strawberry.field
    async def late(self) -> str:
        return "late"


def tree(*words: str) -> Tree:
    leaves = [Leaf(word=each, number=len(each)) for each in words]
    return Tree(
        name=strawberry.ID("t"), leaves=leaves, words=[*words, None], first=leaves[0] if leaves else None
    )


@strawberry.type
class Query:
    @strawberry.field
    def tree(self) -> Tree:
        return tree("oak", "elm")

    @strawberry.field
    async def grown(self) -> Tree:
        return tree("oak")

    @strawberry.field
    def ill(self) -> Tree | None:
        return tree("oak", BROKEN)

    @strawberry.field
    def absent(self) -> Tree:
        return tree()

    @strawberry.field
    def wrong(self) -> Tree:
        return Tree(name=strawberry.ID("t"), leaves=[Leaf(word="ash", number=2**40)], words=[], first=None)


async def run(schema: strawberry.Schema, text: str, said: dict[str, Any]) -> Any:
    documents = Documents(schema, LIMITS, introspection=False)
    return await documents.run(documents.prepare(text), None, said, None)


ASKED = (
    '{ tree { __typename name words leaves { w: word number again(after: "x") more: again(after: "y") } } }',
    "query q($s: String!, $no: Boolean = true) { tree { first { again(after: $s) number @skip(if: $no) } } }",
    "{ tree { ...f leaves { ...g } } } fragment f on Tree { name } fragment g on Leaf { word ... on Leaf { number } }",
    "{ tree { late leaves { word } } }",
    "{ absent { leaves { word } first { word } words } }",
    "{ ill { name leaves { word must } } }",
    "{ wrong { leaves { word number } } }",
)  # fmt: skip


@pytest.mark.parametrize("text", ASKED)
async def test_what_is_read_at_once_is_what_the_executor_reads(text: str) -> None:
    slow, quick = strawberry.Schema(Query), strawberry.Schema(Query, execution_context_class=Executor)
    outputs.hasten(quick)
    said: dict[str, Any] = {"s": "z"} if "$s" in text else {}
    answers = [await run(each, text, said) for each in (slow, quick)]
    assert answers[0].data == answers[1].data
    told = [[(error.message, error.path) for error in each.errors or ()] for each in answers]
    assert told[0] == told[1]
    assert bool(told[0]) == ("ill" in text or "wrong" in text)


async def test_a_plain_page_is_read_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = strawberry.Schema(Query, execution_context_class=Executor)
    outputs.hasten(quick)
    fields: list[str] = []
    one_by_one = Executor.execute_field

    def counted(self: Any, parent_type: Any, *rest: Any) -> Any:
        fields.append(parent_type.name)
        return one_by_one(self, parent_type, *rest)

    monkeypatch.setattr(Executor, "execute_field", counted)
    assert (await run(quick, "{ grown { leaves { word } } }", {})).data == {
        "grown": {"leaves": [{"word": "oak"}]}
    }
    assert fields == ["Query"]
    fields.clear()
    answer = await run(quick, "{ tree { name leaves { word } } }", {})
    assert answer.data == {"tree": {"name": "t", "leaves": [{"word": "oak"}, {"word": "elm"}]}}
    assert not fields
