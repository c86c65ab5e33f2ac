"""Sockets end when their token does, take only what the protocol knows, and cannot be flooded."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from hub.actors import OPERATOR, Operation, Role
from hub.auth import tokens
from schema.trusted import document_id
from tests.live.client import FOLLOW, calling
from tests.live.conftest import House, Site, serving


async def end_silently(house: House, token: str) -> None:
    """End a token, and tell nobody."""
    claims = tokens.of(house.hub).read(token)
    assert claims is not None
    async with house.hub.act(OPERATOR, Operation.CLIENT_REVOKE) as act:
        await act.execute("UPDATE access_token SET revoked_at = now() WHERE id = $1", claims.id)
        await act.record("token.revoked", token=str(claims.id))


async def test_no_event_is_told_after_a_revocation_has_committed(site: Site, house: House) -> None:
    request, client = await house.request(), await house.client()
    token = await site.token(client)
    async with calling(site.port, token) as follower:
        await follower.begin(after=await site.now(token))
        await house.say(request, "Before.")
        assert (await follower.change())["event"]["kind"] == "SAID"
        await house.revoke(client)
        await house.say(request, "After.")
        assert await follower.code() == 4401


async def test_no_event_is_told_after_a_revocation_that_nobody_announced(site: Site, house: House) -> None:
    request, token = await house.request(), await site.token(await house.client())
    async with calling(site.port, token) as follower:
        await follower.begin(after=await site.now(token))
        await end_silently(house, token)
        await house.say(request, "After.")
        assert await follower.code() == 4401


async def test_an_idle_socket_ends_with_its_client_or_its_token(site: Site, house: House) -> None:
    client = await house.client()
    token = await site.token(client)
    async with calling(site.port, token) as one, calling(site.port, token) as other:
        form = {"token": token}
        async with site.http() as http:
            await http.post("/oauth/revoke", data=form, auth=(str(client[0]), client[1]))
        assert [await one.code(), await other.code()] == [4401, 4401]
    again = await site.token(client)
    async with calling(site.port, again) as one:
        await house.revoke(client)
        assert await one.code() == 4401


async def test_a_socket_ends_when_its_token_does(house: House) -> None:
    short = house.hub.settings.model_copy(update={"token_seconds": 6})
    async with (
        serving(house.hub, short) as site,
        calling(site.port, await site.token(await house.client())) as follower,
    ):
        assert await follower.code() == 4401


@pytest.mark.parametrize(
    "payload",
    [
        None, {}, [], "x", {"Authorization": 1}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"},
        {"token": "x"}, {"Authorization": "Bearer x", "authorization": "Bearer y"},
    ],
)  # fmt: skip
async def test_a_socket_without_a_token_that_serves_is_closed(site: Site, payload: Any) -> None:
    async with calling(site.port) as client:
        await client.say("connection_init", payload=payload)
        assert await client.code() == 4403


async def test_a_program_that_may_not_read_requests_is_told_so(site: Site, house: House) -> None:
    async with calling(site.port, await site.token(await house.client(Role.DECIDE))) as client:
        await client.begin()
        assert (await client.error())["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    "options",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"protocol": "graphql-ws"},
        {"protocol": "mqtt"},
        {"additional_headers": {"Host": "evil.example"}},
    ],
)
async def test_a_page_of_elsewhere_and_another_protocol_are_not_let_in(
    site: Site, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with calling(site.port, **options):
            pass
    assert refused.value.response.status_code in {400, 403}


async def test_a_page_of_our_own_is_let_in(site: Site, token: str) -> None:
    async with calling(site.port, token, origin=f"http://localhost:{site.port}") as client:
        await client.say("ping")
        assert await client.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x", 4400), ("[]", 4400), ("1", 4400), ("{}", 4400), ('{"type": 1}', 4400), ('{"type": "start"}', 4400),
        (b"{}", 4400), ('{"type": "subscribe"}', 4400), ('{"type": "subscribe", "id": ""}', 4400),
        ('{"type": "subscribe", "id": 7}', 4400), ('{"type": "complete"}', 4400),
        ('{"type": "subscribe", "id": "%s"}' % ("i" * 101), 4400),
        ('{"type": "ping", "type": "pong"}', 4400), ('{"type": "ping", "payload": "\\u0000"}', 4400),
        ('{"type": "ping", "payload": %s}' % ("[" * 30_000 + "]" * 30_000), 4400),
        ('{"type": "connection_init"}', 4429), ("x" * 65_537, 1009),
    ],
)  # fmt: skip
async def test_what_is_no_message_of_the_protocol_ends_the_socket(
    site: Site, token: str, text: str | bytes, code: int
) -> None:
    async with calling(site.port, token) as client:
        await client.socket.send(text)
        assert await client.code() == code


async def test_nothing_is_followed_before_a_token_is_shown(site: Site) -> None:
    async with calling(site.port) as client:
        await client.begin()
        assert await client.code() == 4401


async def test_two_subscriptions_do_not_have_one_name(site: Site, token: str) -> None:
    async with calling(site.port, token) as client:
        await client.begin("a")
        await client.begin("a")
        assert await client.code() == 4409


async def test_a_socket_has_ten_subscriptions_at_most(site: Site, token: str) -> None:
    async with calling(site.port, token) as client:
        for number in range(11):
            await client.begin(f"{number}")
        assert (await client.error())["code"] == "LIMIT"
        await client.say("complete", id="0")
        await client.begin("11")
        await client.silence()


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{ viewer { kind } }"}, "GRAPHQL_OPERATION_UNKNOWN"),
        ({"query": 'mutation { departmentAdd(input: {key: "x", name: "x"}) { problems { code } } }'},
         "GRAPHQL_OPERATION_UNKNOWN"),
        ({"query": "subscription {"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "subscription { requestChanged { nothing } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { a: requestChanged { cursor } b: requestChanged { cursor } }"},
         "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { ...F } fragment F on Subscription { ...F }"}, "INVALID"),
        ({"query": "subscription { requestChanged {" + " cursor" * 600 + "} }"}, "LIMIT"),
        ({"query": FOLLOW, "variables": {"after": 7}}, "GRAPHQL_VARIABLES_INVALID"),
        ({"query": FOLLOW, "operationName": "Other"}, "GRAPHQL_OPERATION_UNKNOWN"),
        ({"documentId": "sha256:0"}, "DOCUMENT_UNKNOWN"),
        ({}, "BAD_REQUEST"), ([], "BAD_REQUEST"), (None, "BAD_REQUEST"),
    ],
)  # fmt: skip
async def test_what_cannot_be_followed_is_refused_and_the_socket_goes_on(
    site: Site, token: str, payload: Any, code: str
) -> None:
    async with calling(site.port, token) as client:
        await client.say("subscribe", id="1", payload=payload)
        told = await client.error()
        assert told["code"] == code
        assert "Did you mean" not in told["message"] or site.sockets._hub.settings.allows_introspection
        await client.say("ping")
        assert (await client.hear())["type"] == "pong"


async def test_a_subscription_does_not_go_by_post(site: Site, token: str) -> None:
    (error,) = (await site.ask(token, FOLLOW))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_OPERATION_UNKNOWN"


async def test_where_only_known_documents_run_it_is_so_on_sockets_too(house: House, tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({document_id(FOLLOW): FOLLOW}))
    settings = house.hub.settings.model_copy(update={"trusted_documents": path})
    async with serving(house.hub, settings) as site:
        token, request = await site.token(await house.client()), await house.request()
        async with calling(site.port, token) as client:
            await client.begin()
            assert (await client.error())["code"] == "DOCUMENT_UNKNOWN"
            await client.say("subscribe", id="2", payload={"documentId": document_id(FOLLOW)})
            heard = asyncio.create_task(client.change())
            while not heard.done():
                await house.say(request)
                await asyncio.wait([heard], timeout=0.1)
            assert (await heard)["request"]["reference"] == request.reference
