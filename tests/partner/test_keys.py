"""The keys of partners: what is taken as one, two at a time, brought by somebody or fetched from their address."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from hub.act import Hub
from hub.actors import OPERATOR, Operation, Role
from hub.errors import Code, Refusal
from hub.partners import fetching, inviting, keys
from hub.partners.inviting import NewPartner
from tests.internal.door import Door
from tests.partner.conftest import Invite
from tests.partner.partner import Partner, Signer
from tests.world import World
from workers import partners


async def add(hub: Hub, partner: Partner, jwk: str) -> keys.Key:
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        return await keys.add(act, partner.client_id, jwk)


def text(key: Any, **more: Any) -> str:
    return json.dumps({**key.as_dict(private=False), **more})


NO_KEYS = {
    "a private key": json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)),
    "a secret": json.dumps(OctKey.generate_key(256).as_dict()),
    "another curve": text(ECKey.generate_key("P-384")),
    "a short RSA key": json.dumps({"kty": "RSA", "n": "_" * 171, "e": "AQAB"}),
    "a key for another use": text(OKPKey.generate_key("Ed25519"), use="enc"),
    "another algorithm": text(RSAKey.generate_key(2048), alg="RS256"),
    "a kid that is odd": text(OKPKey.generate_key("Ed25519"), kid="a b"),
    "a point that is none": json.dumps({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}),
    "an algorithm that is a list": text(OKPKey.generate_key("Ed25519"), alg=["EdDSA"]),
    "a number that is padded with rubbish": json.dumps(
        {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43 + "\0"}
    ),
    "no JSON": "x",
    "a list": "[]",
    "nesting": "[" * 5_000,
    "too much": json.dumps({"kty": "OKP", "crv": "Ed25519", "x": "A" * 9_000}),
}


@pytest.mark.parametrize("fault", NO_KEYS)
async def test_what_is_no_public_key_for_signing_is_refused(hub: Hub, partner: Partner, fault: str) -> None:
    before = await known(hub, partner)
    with pytest.raises(Refusal) as refused:
        await add(hub, partner, NO_KEYS[fault])
    assert (refused.value.code, refused.value.path) == (Code.INVALID, ("jwk",))
    assert await known(hub, partner) == before


async def known(hub: Hub, partner: Partner) -> list[keys.Key]:
    async with hub.ask(OPERATOR, Operation.PARTNER_CLIENTS) as ask:
        return (await keys.of(ask, [partner.client_id])).get(partner.client_id, [])


async def test_two_keys_count_at_a_time_and_an_ended_one_never_again(hub: Hub, inviting: Invite) -> None:
    partner = await inviting()
    second, third = Signer.new("ES256"), Signer.new()
    assert await add(hub, partner, second.jwk) == await add(hub, partner, second.jwk)
    with pytest.raises(Refusal) as refused:
        await add(hub, partner, third.jwk)
    assert refused.value.code is Code.LIMIT
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await keys.end(act, partner.client_id, partner.signers[0].kid)
    await add(hub, partner, third.jwk)
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await keys.end(act, partner.client_id, third.kid)
    for jwk in (partner.signers[0].jwk, json.dumps({**Signer.new().public, "kid": second.kid})):
        with pytest.raises(Refusal) as refused:
            await add(hub, partner, jwk)
        assert refused.value.code is Code.CONFLICT
    assert [each.kid for each in await known(hub, partner) if each.ended_at is None] == [second.kid]


async def test_a_key_that_is_ended_twice_or_never_was_changes_nothing(hub: Hub, inviting: Invite) -> None:
    partner = await inviting()
    ended = list[keys.Key]()
    for _ in range(2):
        async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
            ended.append(await keys.end(act, partner.client_id, partner.signers[0].kid))
    assert ended[0] == ended[1]
    with pytest.raises(Refusal) as refused:
        async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
            await keys.end(act, partner.client_id, "never")
    assert refused.value.code is Code.NOT_FOUND
    assert len(await known(hub, partner)) == 1


async def test_ten_who_bring_keys_at_once_bring_one_more(hub: Hub, inviting: Invite) -> None:
    partner = await inviting()
    made = await asyncio.gather(
        *(add(hub, partner, Signer.new().jwk) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(each, keys.Key) for each in made) == 1
    assert len(await known(hub, partner)) == 2


@asynccontextmanager
async def publishing(answer: list[Any]) -> AsyncGenerator[tuple[str, list[str]]]:
    """An address that answers with the first of `answer`; what was asked for."""
    asked = list[str]()

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        said = answer[0]
        if isinstance(said, web.Response):
            return web.Response(status=said.status, body=said.body, headers=said.headers)
        return web.json_response(said)

    app = web.Application()
    app.router.add_get("/keys", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/keys", asked
    finally:
        await runner.cleanup()


async def published(open_hub: Hub, world: World, url: str) -> Partner:
    new = NewPartner(
        "Published", "moor-surveys", ["partner:read"], jwks_url=url, organisation=world.organisation.id
    )
    async with open_hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        client, _ = await inviting.invite(act, new)
    return Partner(open_hub, None, client.id, client.recipient_id)  # pyright: ignore[reportArgumentType] -- only known by its id


async def living(hub: Hub, partner: Partner) -> list[str]:
    return sorted(each.kid for each in await known(hub, partner) if each.ended_at is None)


def key_set(*signers: Signer) -> dict[str, Sequence[Any]]:
    return {"keys": [each.public for each in signers]}


async def test_keys_that_a_partner_publishes_are_fetched_and_follow_what_it_publishes(
    open_hub: Hub, world: World
) -> None:
    first, second = Signer.new(), Signer.new("ES256")
    answer: list[Any] = [key_set(first)]
    async with publishing(answer) as (url, _):
        partner = await published(open_hub, world, url)
        await partners.fetch(open_hub, partner.client_id)
        assert await living(open_hub, partner) == [first.kid]
        answer[0] = key_set(first, second)
        await partners.fetch(open_hub, partner.client_id)
        assert await living(open_hub, partner) == sorted([first.kid, second.kid])
        answer[0] = key_set(second)
        await partners.fetch(open_hub, partner.client_id)
        assert await living(open_hub, partner) == [second.kid]


async def test_every_client_that_publishes_its_keys_gets_a_job_of_its_own_and_nobody_else_does(
    open_hub: Hub, world: World, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partners, "AT_ONCE", 2)
    mine, revoked = (
        [await published(open_hub, world, "http://127.0.0.1:9/keys") for _ in range(3)],
        await published(open_hub, world, "http://127.0.0.1:9/keys"),
    )
    async with open_hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await inviting.revoke(act, revoked.client_id)
    before = await jobs(open_hub)
    await partners.fetch_all(open_hub)
    more = {client: many - before.get(client, 0) for client, many in (await jobs(open_hub)).items()}
    assert {more[str(each.client_id)] for each in mine} == {1}
    assert more[str(revoked.client_id)] == 0
    assert str(partner.client_id) not in more


async def jobs(hub: Hub) -> dict[str, int]:
    """How many jobs wait to fetch the keys of which client."""
    sql = """
        SELECT args ->> 'client' AS client, count(*) AS many FROM procrastinate_jobs
        WHERE task_name = 'partners.keys_of' AND status = 'todo' GROUP BY 1
    """
    return {row["client"]: row["many"] for row in await hub.database.single().rows(sql)}


FAULTS: dict[str, tuple[Any, str]] = {
    "private": ({"keys": [OKPKey.generate_key("Ed25519").as_dict(private=True)]}, "PRIVATE_KEY_PUBLISHED"),
    "three": (key_set(*(Signer.new() for _ in range(3))), "TOO_MANY_KEYS"),
    "none": ({"keys": []}, "NO_KEY_WE_KNOW"),
    "odd uses": ({"keys": [{**Signer.new().public, "use": ["sig"]}]}, "NO_KEY_WE_KNOW"),
    "odd algorithms": ({"keys": [{**Signer.new().public, "alg": ["EdDSA"]}]}, "NO_KEY_WE_KNOW"),
    "no set": ([], "NO_KEY_SET"),
    "not JSON": (web.Response(body=b"<html>"), "NOT_JSON"),
    "away": (web.Response(status=500), "NOT_ANSWERED_WITH_200"),
    "elsewhere": (
        web.Response(status=302, headers={"Location": "http://169.254.169.254/"}),
        "NOT_ANSWERED_WITH_200",
    ),
    "huge": (web.Response(body=b" " * 70_000), "NO_ANSWER"),
    "packed": (web.Response(body=b"x", headers={"Content-Encoding": "gzip"}), "NO_ANSWER"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_set_that_is_none_changes_nothing_and_it_is_said_why(
    open_hub: Hub, world: World, fault: str
) -> None:
    good = Signer.new()
    answer: list[Any] = [key_set(good)]
    async with publishing(answer) as (url, _):
        partner = await published(open_hub, world, url)
        await partners.fetch(open_hub, partner.client_id)
        answer[0], problem = FAULTS[fault]
        await partners.fetch(open_hub, partner.client_id)
    assert await living(open_hub, partner) == [good.kid]
    async with open_hub.ask(OPERATOR, Operation.PARTNER_CLIENTS) as ask:
        state = (await fetching.states(ask, [partner.client_id]))[partner.client_id]
    assert (state.problem, state.failures) == (problem, 1)


async def test_no_address_is_fetched_because_an_assertion_says_so(
    open_hub: Hub, open_site: Any, world: World
) -> None:
    async with publishing([key_set(Signer.new())]) as (url, asked):
        partner = await published(open_hub, world, url)
        partner.site = open_site
        for kid in ("a", "b", "c"):
            said = Signer(Signer.new().key, kid, "EdDSA").assertion(partner.client_id)
            assert (await partner.sign_in(said)).status_code == 401
        for header in ({"jku": url}, {"x5u": url}):
            said = Signer.new().assertion(partner.client_id, header=header)
            assert (await partner.sign_in(said)).status_code == 401
    assert asked == []


async def test_an_app_invites_partners_only_with_the_scope_for_it(door: Door, world: World, hub: Hub) -> None:
    invite = """
        mutation ($input: PartnerInviteInput!) { partnerInvite(input: $input) {
            client { id clientId authMethod recipient { key } arrangements { key } keys { kid } }
            clientSecret problems { code path } } }
    """
    given = {"recipient": "quay-inspections", "name": "Theirs", "scopes": ["partner:read"]}
    few = await door.token(world, Role.CLIENTS_MANAGE, department=None)
    assert await door.problem(few, invite, input=given) == ("FORBIDDEN", [])
    token = await door.token(world, department=None)
    made = await door.one(token, invite, input={**given, "arrangements": ["quay-referrals"]})
    assert made["client"]["recipient"] == {"key": "quay-inspections"}
    assert made["client"]["arrangements"] == [{"key": "quay-referrals"}]
    assert (made["clientSecret"], made["client"]["keys"]) == (None, [])
    faults: list[tuple[dict[str, Any], list[str]]] = [
        ({"scopes": ["decide"]}, ["input", "scopes"]),
        ({"scopes": []}, ["input", "scopes"]),
        ({"arrangements": ["moor-referrals"]}, ["input", "arrangements", "0"]),
        ({"recipient": "nobody"}, ["input", "recipient"]),
        ({"jwksUrl": "http://10.0.0.1/"}, ["input", "jwksUrl"]),
        ({"authMethod": "none"}, ["input", "authMethod"]),
    ]
    for wrong, path in faults:
        assert (await door.problem(token, invite, input={**given, **wrong}))[1] == path, wrong
    brings = """
        mutation ($input: PartnerKeyAddInput!) {
            partnerKeyAdd(input: $input) { client { keys { kid } } problems { code } } }
    """
    signer = Signer.new()
    added = await door.one(token, brings, input={"client": made["client"]["id"], "jwk": signer.jwk})
    assert added["client"]["keys"] == [{"kid": signer.kid}]
    assert hub is door.hub


async def test_a_partner_has_only_so_many_clients_at_a_time(
    inviting: Invite, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = (
        f"SELECT count(*) FROM client WHERE recipient_id = '{partner.recipient_id}' AND revoked_at IS NULL"
    )
    many = await partner.hub.database.single().value(living)
    monkeypatch.setattr("hub.partners.inviting.LIVE_MOST", many)
    with pytest.raises(Refusal) as refused:
        await inviting()
    assert refused.value.code is Code.LIMIT
    assert await partner.hub.database.single().value(living) == many
    monkeypatch.setattr("hub.partners.inviting.LIVE_MOST", many + 1)
    await inviting()
