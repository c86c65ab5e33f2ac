"""Webhooks: told once the ledger knows, signed twice, and nothing to whom it does not concern."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, WORKER, Operation, Role
from hub.partners import inviting
from hub.webhooks import announcing, deliveries
from hub.webhooks.types import Type
from tests.internal.door import Door
from tests.partner.partner import Partner, invite
from tests.partner.receiver import Receiver
from tests.partner.telling import (
    ADD,
    SEEN,
    TOLD,
    WITHDRAWALS,
    added,
    announce,
    delivering,
    ended,
    is_verified,
    problem_of,
    seal,
    told,
    until,
    verified,
)
from tests.world import World
from workers import webhooks


async def test_an_endpoint_that_echoes_its_token_is_told_what_it_asked_for_signed_twice(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    assert await announce(open_hub, world, listener) == 1
    async with delivering(open_hub):
        [(headers, body)] = await until(lambda: receiver.of(WITHDRAWALS))
    said = Webhook(made["secret"]).verify(body, headers)
    assert said["data"] == {"n": 1}
    assert set(said) == {"type", "timestamp", "data"}
    v1a = next(each for each in headers["webhook-signature"].split() if each.startswith("v1a,"))
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(made["publicKey"].removeprefix("whpk_")))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key.verify(base64.b64decode(v1a.removeprefix("v1a,")), content)
    [last, first] = await told(listener, made)
    assert (last["type"], last["state"], last["status"]) == (WITHDRAWALS, "DELIVERED", 204)
    assert (first["type"], first["state"]) == ("endpoint.verify", "DELIVERED")


async def test_an_endpoint_that_echoes_nothing_is_told_nothing(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    receiver.answers = lambda _: (200, '{"token": "other"}')
    made = await added(listener, receiver.url)
    async with delivering(open_hub):
        await until(lambda: receiver.of("endpoint.verify"))
        await until(lambda: problem_of(listener, made))
    assert await problem_of(listener, made) == "TOKEN_NOT_ECHOED"
    assert not await is_verified(listener, made)
    assert await announce(open_hub, world, listener) == 0


async def test_nothing_is_told_before_the_ledger_knows_it(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    await verified(open_hub, listener, receiver)
    await announce(open_hub, world, listener)
    assert await deliveries.claim(open_hub, 10, failing=False) == []
    await seal(open_hub)
    [claimed] = await deliveries.claim(open_hub, 10, failing=False)
    assert await deliveries.claim(open_hub, 10, failing=False) == []
    assert (await webhooks.send_one(open_hub, claimed)).is_done


async def test_an_act_that_is_rolled_back_tells_nothing(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    with pytest.raises(RuntimeError):
        async with open_hub.act(WORKER, Operation.HUB_MAINTAIN) as act:
            recipient = listener.recipient_id
            await announcing.announce(act, world.organisation.id, WITHDRAWALS, recipient_id=recipient)
            raise RuntimeError
    assert len(await told(listener, made)) == 1


async def test_only_who_it_concerns_is_told(
    open_hub: Hub, open_site: Starlette, world: World, listener: Partner, receiver: Receiver
) -> None:
    other = await invite(open_hub, open_site, world, "moor-surveys")
    read_only = await invite(
        open_hub, open_site, world, "quay-inspections", Role.PARTNER_REFERRALS, Role.PARTNER_WEBHOOKS
    )
    refused = (await read_only.ask(ADD, input={"url": receiver.url, "types": [WITHDRAWALS]}))["webhookAdd"]
    assert [(each["code"], each["path"]) for each in refused["problems"]] == [
        ("FORBIDDEN", ["input", "types", "0"])
    ]
    theirs = await verified(open_hub, other, receiver)
    ours = await verified(open_hub, listener, receiver)
    assert (
        await announce(open_hub, world, listener, arrangement_id=world.arrangements["quay-referrals"].id) == 1
    )
    assert len(await told(other, theirs)) == 1
    assert len(await told(listener, ours)) == 2
    absent = await other.post(await other.token(), SEEN, {"id": ours["endpoint"]["id"]})
    assert absent.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_of_many_hints_that_wait_one_is_sent(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    for _ in range(20):
        await announce(open_hub, world, listener)
    await seal(open_hub)
    async with delivering(open_hub):
        await until(lambda: receiver.of(WITHDRAWALS))
        await until(lambda: ended(listener, made))
    assert len(receiver.of(WITHDRAWALS)) == 1
    assert len(await told(listener, made, "MERGED")) == 19


async def test_old_secrets_and_new_ones_count_together_for_a_day(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    rotate = "mutation ($i: WebhookInput!) { webhookRotate(input: $i) { secret problems { code } } }"
    fresh = (await listener.ask(rotate, i={"endpoint": made["endpoint"]["id"]}))["webhookRotate"]
    await announce(open_hub, world, listener)
    async with delivering(open_hub):
        [(headers, body)] = await until(lambda: receiver.of(WITHDRAWALS))
    for secret in (made["secret"], fresh["secret"]):
        assert Webhook(secret).verify(body, headers)["type"] == WITHDRAWALS


async def test_an_app_hears_of_requests_and_a_partner_never_does(
    open_hub: Hub, open_site: Starlette, world: World, listener: Partner, receiver: Receiver
) -> None:
    door = Door(open_hub, open_site)
    token = await door.token(world, Role.REQUESTS_READ, department=None)
    given = {"url": receiver.url, "types": [Type.REQUEST_CHANGED]}
    made = await door.one(token, ADD, input=given)
    assert made["problems"] == []
    refused = (await listener.ask(ADD, input=given))["webhookAdd"]
    assert refused["problems"][0]["code"] == "FORBIDDEN"

    async def is_willing() -> bool:
        return (await door.one(token, SEEN, id=made["endpoint"]["id"]))["verifiedAt"] is not None

    async with delivering(open_hub):
        await until(is_willing)
    async with open_hub.act(WORKER, Operation.HUB_MAINTAIN) as act:
        firm = world.organisation.id
        assert await announcing.announce(act, firm, Type.REQUEST_CHANGED, {"request": "R-1"}) == 1
        await act.record("test.announced")


async def test_a_revoked_client_is_told_nothing_more(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    await verified(open_hub, listener, receiver)
    await announce(open_hub, world, listener)
    async with open_hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await inviting.revoke(act, listener.client_id)
    await seal(open_hub)
    assert await deliveries.claim(open_hub, 10, failing=False) == []
    assert await announce(open_hub, world, listener) == 0


TEST = """
    mutation ($i: WebhookInput!) { webhookTest(input: $i) {
        delivery { deliveryId type state } problems { code path } } }
"""


async def test_a_test_is_sent_once_and_its_delivery_says_what_came_of_it(
    open_hub: Hub, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    receiver.answers = lambda _: (500, "no")
    sent = (await listener.ask(TEST, i={"endpoint": made["endpoint"]["id"]}))["webhookTest"]["delivery"]
    assert (sent["type"], sent["state"]) == (Type.ENDPOINT_TEST, "WAITING")
    async with delivering(open_hub):
        await until(lambda: ended(listener, made))
    [failed] = await told(listener, made, "FAILED")
    assert (failed["deliveryId"], failed["attempts"], failed["status"]) == (sent["deliveryId"], 1, 500)
    [(_, body)] = receiver.of(Type.ENDPOINT_TEST)
    assert b'"data":{}' in body
    answer = await listener.post(
        await listener.token(), TOLD, {"id": made["endpoint"]["id"], "state": "LOST"}
    )
    assert [each["extensions"]["code"] for each in answer.json()["errors"]] == ["GRAPHQL_VARIABLES_INVALID"]


async def test_only_a_verified_endpoint_of_ones_own_is_tested_and_not_without_end(
    open_hub: Hub,
    open_site: Starlette,
    world: World,
    listener: Partner,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def problems(partner: Partner) -> list[tuple[str, list[str]]]:
        payload = (await partner.ask(TEST, i={"endpoint": made["endpoint"]["id"]}))["webhookTest"]
        return [(each["code"], each["path"]) for each in payload["problems"]]

    made = await added(listener, receiver.url)
    assert await problems(listener) == [("CONFLICT", ["input", "endpoint"])]
    async with delivering(open_hub):
        await until(lambda: is_verified(listener, made))
    other = await invite(open_hub, open_site, world, "moor-surveys")
    assert await problems(other) == [("NOT_FOUND", ["input", "endpoint"])]
    monkeypatch.setattr("hub.webhooks.endpoints.ABOUT_THEMSELVES_MOST", 3)
    found = [await problems(listener) for _ in range(3)]
    assert (found[:2], [code for code, _ in found[2]]) == ([[], []], ["LIMIT"])
    assert len(await told(listener, made, "WAITING")) == 2
