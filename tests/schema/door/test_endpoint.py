"""GraphQL over HTTP: media types, statuses, what is refused before it is looked at, and what errors say."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from hub.errors import Code, Refusal
from schema.limits import LIMITS, Limits

GRAPHQL = "application/graphql-response+json"


async def post(library: Any, body: Any, *, who: str = "writer", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    async with library.client(who) as client:
        return await client.post("", content=content, headers={"Content-Type": "application/json", **headers})


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL),
        (f"application/json, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, application/json", "application/json"),
        (f"{GRAPHQL};q=0, */*", "application/json"),
        (f"text/html, {GRAPHQL}; charset=utf-8", GRAPHQL),
    ],
)
async def test_the_answer_comes_in_the_type_that_was_asked_for(accept: str, kind: str, library: Any) -> None:
    answer = await post(library, {"query": "{ hello }"}, Accept=accept)
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["data"] == {"hello": "hello"}


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "*/*;q=0", "application/json;q=x"])
async def test_a_type_that_is_not_spoken_is_refused(accept: str, library: Any) -> None:
    assert (await post(library, {"query": "{ hello }"}, Accept=accept)).status_code == 406


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { book(id: $id) { id } }", "GRAPHQL_VARIABLES_INVALID"),
        ("query a { hello } query b { hello }", "GRAPHQL_OPERATION_UNKNOWN"),
    ],
)
async def test_a_request_error_is_400_only_in_the_newer_type(query: str, code: str, library: Any) -> None:
    newer = await post(library, {"query": query}, Accept=GRAPHQL)
    older = await post(library, {"query": query}, Accept="application/json")
    assert (newer.status_code, older.status_code) == (400, 200)
    assert newer.json() == older.json()
    assert set(newer.json()) == {"errors"}
    assert newer.json()["errors"][0]["extensions"]["code"] == code
    assert library.hub.log == []


async def test_a_partial_result_is_200(library: Any) -> None:
    answer = await post(library, {"query": '{ hello node(id: "x") { id } }'}, Accept=GRAPHQL)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"hello": "hello", "node": None}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ('[{"query": "{ hello }"}]', 400),
        ("null", 400),
        ('{"query": null}', 400),
        ('{"query": "{ hello }", "documentId": "sha256:00"}', 400),
        ('{"query": "{ hello }", "variables": []}', 400),
        ('{"query": "{ hello }", "operationName": 1}', 400),
        ('{"query": "{ hello }", "extensions": "x"}', 400),
        ('{"query": "{ hello }", "query": "{ hello }"}', 400),
        ('{"query": "{ hello }", "variables": {"a": 1, "a": 1}}', 400),
        ('{"query": "{ hello }", "variables": {"a": "\\u0000"}}', 400),
        ('{"query": "{ book(id: \\"\\\\u{0}\\") { id } }"}', 400),
        ('{"query": "{ hello }", "variables": {"a": NaN}}', 400),
        ('{"query": "{ hello }", "variables": {"a": "\\ud800"}}', 400),
        ('{"query": "{ hello }", "variables": {"a": ' + "[" * 1_000 + "]" * 1_000 + "} }", 400),
        (b'{"query": "{ hello }", "variables": {"a": "\xff"}}', 400),
        ('{"query": "{ hello }"}\ufeff', 400),
    ],
)
async def test_a_body_that_is_no_request_is_400(body: str | bytes, status: int, library: Any) -> None:
    answer = await post(library, body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert library.hub.log == []


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ],
)
async def test_only_json_in_utf_8_is_read(kind: str, library: Any) -> None:
    async with library.client() as client:
        answer = await client.post("", content='{"query": "{ hello }"}', headers={"Content-Type": kind})
    assert answer.status_code == 415


async def test_a_compressed_body_is_refused(library: Any) -> None:
    answer = await post(library, {"query": "{ hello }"}, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
async def test_without_a_console_only_post_is_allowed(method: str, library: Any) -> None:
    async with library.client() as client:
        answer = await client.request(method, "?query={hello}", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_get_runs_queries_only_where_that_is_switched_on(library: Any) -> None:
    async with library.open(queries_by_get=True).client() as client:
        read = await client.get(
            "",
            params={
                "query": "query($n: Int) { books(first: $n) { edges { cursor } } }",
                "variables": '{"n": 2}',
            },
        )
        acted = await client.get("", params={"query": "mutation { keep { count } }"})
        bare = await client.get("")
        stranger = await client.get("", params={"query": "{ hello }"}, headers={"Authorization": ""})
    assert len(read.json()["data"]["books"]["edges"]) == 2
    assert (acted.status_code, acted.headers["allow"]) == (405, "POST")
    assert bare.status_code == 405
    assert stranger.status_code == 401
    assert not [each for each in library.hub.log if each.startswith(("act", "own"))]


async def test_who_does_not_sign_in_is_told_how(library: Any) -> None:
    answer = await post(library, "x" * 2_000_000, who="nobody")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {
        "errors": [{"message": "Send an access token.", "extensions": {"code": "UNAUTHENTICATED"}}]
    }


@pytest.mark.parametrize("counted", [True, False])
async def test_a_body_over_the_limit_is_413_wherever_its_length_is_said(
    *, counted: bool, library: Any
) -> None:
    async def parts() -> Any:
        for _ in range(20):
            yield b" " * 65_536

    async with library.client() as client:
        content: Any = b" " * (LIMITS.body_bytes + 1) if counted else parts()
        answer = await client.post("", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"


async def test_a_body_at_the_limit_is_read(library: Any) -> None:
    body = b'{"query": "{ hello }"}'
    answer = await post(library, body + b" " * (LIMITS.body_bytes - len(body)))
    assert answer.json()["data"] == {"hello": "hello"}


async def test_an_operation_that_takes_too_long_is_stopped(library: Any) -> None:
    async with library.client(limits=Limits(seconds=1)) as client:
        answer = await client.post("", json={"query": "{ books(first: 1) { totalCount } slow(seconds: 30) }"})
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_SLOW"
    assert library.hub.log == ["ask catalogue.read en", "open", "close"]


async def test_what_is_refused_and_spent_is_metered_without_values(library: Any) -> None:
    seen: list[Any] = []

    class Meter:
        """Writes down what it is told."""

        def spent(self, points: int) -> None:
            """An operation."""
            seen.append(points)

        def refused(self, reason: str) -> None:
            """A refusal."""
            seen.append(reason)

    async with library.client(meter=Meter()) as client:
        for query in ("{ books(first: 2) { edges { cursor } } }", "{", "{ a: hello a: hello @b }"):
            await client.post("", json={"query": query})
        await client.post("", content="{}", headers={"Content-Type": "text/plain"})
        await client.post("", json={"query": "{ hello }"}, headers={"Authorization": "x"})
    assert seen == [
        3,
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "UNSUPPORTED_MEDIA_TYPE",
        "UNAUTHENTICATED",
    ]


@pytest.mark.parametrize(
    ("code", "status"), [(Code.FORBIDDEN, 403), (Code.LIMIT, 429), (Code.UNAVAILABLE, 503)]
)
async def test_a_refusal_before_the_operation_has_its_http_status(
    code: Code, status: int, library: Any
) -> None:
    async def refuses(_request: Any) -> Any:
        raise Refusal(code, "Not now.")

    endpoint = library.endpoint()
    endpoint._authenticate = refuses
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://hub/") as client:
        answer = await client.post("", json={"query": "{ hello }"})
    assert answer.status_code == status
    assert answer.json() == {"errors": [{"message": "Not now.", "extensions": {"code": str(code)}}]}


async def test_answers_to_different_viewers_never_mix(library: Any) -> None:
    async with library.client() as client:
        queries = {"reader": "{ hello }", "nobody": "{ hello }", "customers": "{ hello }"}

        async def once(token: str) -> tuple[str, str]:
            answer = await client.post(
                "", json={"query": queries[token]}, headers={"Authorization": f"Bearer {token}"}
            )
            return token, answer.text

        answers = await asyncio.gather(*(once(token) for _ in range(330) for token in queries))
    assert len({text for _, text in answers}) == 3
    assert len(set(answers)) == 3
