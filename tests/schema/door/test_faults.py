"""What a client may see of an error, and what the log may hold."""

from typing import Any

import httpx
import pytest
import structlog


@pytest.mark.parametrize(("field", "kind"), [("broken", "ValueError"), ("wrong", "GraphQLError")])
async def test_a_fault_of_ours_shows_a_number_and_logs_no_value(field: str, kind: str, library: Any) -> None:
    with structlog.testing.capture_logs() as logs:
        async with library.client() as client:
            answer = await client.post("", json={"query": f"{{ {field} }}"})
    error = answer.json()["errors"][0]
    assert answer.status_code == 200
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["message"].startswith("Something went wrong on our side.")
    assert logs[0]["correlation"] == error["extensions"]["correlation"]
    assert logs[0]["kind"] == kind
    assert "jo@example.org" not in answer.text + str(logs)


async def test_a_door_that_breaks_still_answers_without_details(library: Any) -> None:
    async def breaks(_request: Any) -> Any:
        raise RuntimeError("password=hunter2")

    endpoint = library.endpoint()
    endpoint._authenticate = breaks
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://hub/") as client:
        answer = await client.post("", json={"query": "{ hello }"})
    assert answer.status_code == 500
    assert "hunter2" not in answer.text


async def test_an_argument_that_does_not_fit_when_it_runs_is_said_to_be_the_clients(library: Any) -> None:
    answer = await library.ask("query($s: Float = 0) { slow(seconds: $s) }", s=None)
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_INVALID"
    assert "'$s'" in answer["errors"][0]["message"]


@pytest.mark.parametrize("introspection", [True, False])
async def test_names_are_suggested_only_where_the_schema_may_be_read(
    *, introspection: bool, library: Any
) -> None:
    door = library.open(introspection=introspection)
    for query in ("{ helo }", "{ book(idd: 1) { id } }", "{ nodes(ids: []) { ... on Bok { id } } }"):
        assert ("Did you mean" in str(await door.ask(query))) == introspection
    schema = await door.ask("{ __schema { types { name } } }")
    assert ("data" in schema) == introspection
    assert (await door.ask("{ __typename }"))["data"] == {"__typename": "Query"}


async def test_wrong_variables_suggest_nothing_in_production(library: Any) -> None:
    door = library.open(introspection=False)
    answer = await door.ask("query($f: BookFilter) { books(filter: $f) { totalCount } }", f={"titl": "x"})
    assert "Did you mean" not in str(answer)
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VARIABLES_INVALID"


async def test_a_refusal_carries_its_code_and_its_place(library: Any) -> None:
    answer = await library.ask("query($id: ID!) { book(id: $id) { id } }", id="nonsense")
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "input": ["id"]}
    assert answer["errors"][0]["path"] == ["book"]
