"""Webhooks that do not arrive: endpoints that fail, hang, are gone or are not where they say; workers that die."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.webhooks import deliveries
from tests.partner.partner import Partner, invite
from tests.partner.receiver import Receiver, receiving
from tests.partner.telling import (
    ADD,
    SEEN,
    WITHDRAWALS,
    added,
    announce,
    delivering,
    delivering_without_end,
    disabled,
    ended,
    seal,
    told,
    until,
    verified,
)
from tests.world import World
from workers import webhooks


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((500, ""), "NOT_ANSWERED_WITH_2XX"),
        ((404, ""), "NOT_ANSWERED_WITH_2XX"),
        ((302, "", {"Location": "http://169.254.169.254/"}), "REDIRECTED"),
    ],
)
async def test_what_fails_is_tried_again_on_the_schedule_and_an_operator_sees_why(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver, answer: Any, problem: str
) -> None:
    made = await verified(open_hub, listener, receiver)
    receiver.answers = lambda _: answer
    await announce(open_hub, world, listener)
    await seal(open_hub)
    [claimed] = await deliveries.claim(open_hub, 10, failing=False)
    result = await webhooks.send_one(open_hub, claimed)
    assert (result.is_done, result.problem) == (False, problem)
    [waiting] = await told(listener, made, "WAITING")
    assert (waiting["attempts"], waiting["problem"], waiting["status"]) == (1, problem, answer[0])
    assert (await listener.ask(SEEN, id=made["endpoint"]["id"]))["webhook"]["failingSince"]
    assert len(receiver.of(WITHDRAWALS)) == 1


async def test_the_schedule_grows_as_it_is_published_and_retry_after_is_honoured(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    await verified(open_hub, listener, receiver)
    await announce(open_hub, world, listener)
    await seal(open_hub)
    [claimed] = await deliveries.claim(open_hub, 10, failing=False)
    waits = list[timedelta | None]()
    for attempt in range(1, 11):
        tried = replace(claimed, attempt=attempt)
        waits.append(deliveries._pause(tried, deliveries.Result(is_done=False)))
    assert waits[-1] is None
    planned = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for found, wanted in zip(waits, planned, strict=False):
        assert found is not None
        assert 0.9 * wanted <= found.total_seconds() <= 1.1 * wanted
    asked = deliveries.Result(is_done=False, wait=timedelta(minutes=7))
    assert deliveries._pause(claimed, asked) == timedelta(minutes=7)
    long = deliveries.Result(is_done=False, wait=timedelta(days=30))
    assert deliveries._pause(claimed, long) == timedelta(hours=24)
    receiver.answers = lambda _: (429, "", {"Retry-After": "90"})
    assert (await webhooks.send_one(open_hub, claimed)).wait == timedelta(seconds=90)


async def test_an_endpoint_that_is_gone_is_told_nothing_more(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    receiver.answers = lambda _: (410, "")
    await announce(open_hub, world, listener)
    async with delivering(open_hub):
        await until(lambda: disabled(listener, made))
    assert await disabled(listener, made) == "GONE"
    assert await announce(open_hub, world, listener) == 0
    assert (await told(listener, made, "FAILED"))[0]["status"] == 410


async def test_an_endpoint_that_fails_for_five_days_is_disabled(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    receiver.answers = lambda _: (500, "")
    await announce(open_hub, world, listener)
    await seal(open_hub)
    [claimed] = await deliveries.claim(open_hub, 10, failing=False)
    long_ago = claimed.until - timedelta(days=6)
    await webhooks.send_one(open_hub, replace(claimed, failing_since=long_ago))
    assert await disabled(listener, made) == "FAILING"


async def test_one_that_hangs_holds_up_nobody_else(
    open_hub: Hub,
    open_site: Starlette,
    world: World,
    listener: Partner,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 3_600)  # it hangs for longer than anybody waits here
    other = await invite(open_hub, open_site, world, "moor-surveys")
    async with receiving() as well:
        made = await verified(open_hub, listener, receiver)
        await verified(open_hub, other, well)
        receiver.hangs = True
        async with delivering_without_end(open_hub):
            for _ in range(3):
                await announce(open_hub, world, listener)
            await until(lambda: receiver.of(WITHDRAWALS))
            await announce(open_hub, world, other)
            await until(lambda: well.of(WITHDRAWALS))
        assert await told(listener, made, "WAITING"), "it still hangs"


async def test_a_worker_that_dies_leaves_its_message_to_another_with_the_same_id(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    await verified(open_hub, listener, receiver)
    await announce(open_hub, world, listener)
    await seal(open_hub)
    [lost] = await deliveries.claim(open_hub, 10, failing=False)
    session = open_hub.database.single_write()
    await session.execute(
        "UPDATE webhook_delivery SET claimed_until = now() - interval '1 s' WHERE id = $1", lost.id
    )
    [again] = await deliveries.claim(open_hub, 10, failing=False)
    assert (again.id, again.attempt) == (lost.id, 2)
    assert again.headers["webhook-id"] == lost.headers["webhook-id"]
    await deliveries.settle(open_hub, lost, deliveries.Result(is_done=True, status=200))
    assert (await webhooks.send_one(open_hub, again)).is_done


async def test_what_has_failed_is_sent_again_when_asked_for(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    receiver.answers = lambda _: (500, "")
    await announce(open_hub, world, listener)
    await seal(open_hub)
    [claimed] = await deliveries.claim(open_hub, 10, failing=False)
    await webhooks.send_one(open_hub, replace(claimed, attempt=10))
    assert len(await told(listener, made, "FAILED")) == 1
    receiver.answers = None
    again = "mutation ($i: WebhookReplayInput!) { webhookReplay(input: $i) { deliveries problems { code } } }"
    said = (await listener.ask(again, i={"endpoint": made["endpoint"]["id"]}))["webhookReplay"]
    assert said == {"deliveries": 1, "problems": []}
    async with delivering(open_hub):
        await until(lambda: ended(listener, made))
    assert len(await told(listener, made, "DELIVERED")) == 2
    assert not (await listener.ask(SEEN, id=made["endpoint"]["id"]))["webhook"]["failingSince"]


async def test_an_endpoint_that_is_removed_twice_stays_removed(listener: Partner, receiver: Receiver) -> None:
    made = await added(listener, receiver.url)
    remove = "mutation ($i: WebhookInput!) { webhookRemove(input: $i) { endpoint { disabledWhy } problems { code } } }"
    for _ in range(2):
        said = (await listener.ask(remove, i={"endpoint": made["endpoint"]["id"]}))["webhookRemove"]
        assert said == {"endpoint": {"disabledWhy": "REMOVED"}, "problems": []}


async def test_a_token_that_is_echoed_twice_verifies_once(
    open_hub: Hub, listener: Partner, receiver: Receiver
) -> None:
    made = await added(listener, receiver.url)
    again = "mutation ($i: WebhookInput!) { webhookVerify(input: $i) { problems { code } } }"
    said = await listener.ask(again, i={"endpoint": made["endpoint"]["id"]})
    assert said["webhookVerify"]["problems"] == []
    for _ in range(2):
        await seal(open_hub)
        [claimed] = await deliveries.claim(open_hub, 10, failing=False)
        assert (await webhooks.send_one(open_hub, claimed)).is_done
    assert {each["state"] for each in await told(listener, made)} == {"DELIVERED"}


@pytest.mark.parametrize("said", ["Thu, 01 Jan 2026 00:00:00 +99999999999999999", "-1", "soon", "9" * 5_000])
async def test_a_wait_that_cannot_be_meant_is_not_waited(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver, said: str
) -> None:
    made = await verified(open_hub, listener, receiver)
    receiver.answers = lambda _: (503, "", {"Retry-After": said})
    await announce(open_hub, world, listener)
    await seal(open_hub)
    [claimed] = await deliveries.claim(open_hub, 10, failing=False)
    result = await webhooks.send_one(open_hub, claimed)
    assert (result.status, result.wait) == (503, None)
    assert [each["problem"] for each in await told(listener, made, "WAITING")] == ["NOT_ANSWERED_WITH_2XX"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hooks", "https://127.0.0.1/hooks", "https://10.0.0.1/", "https://[::1]/",
        "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "ftp://example.org/", "https://u:p@example.org/",
        "https://example.org/#x", "", "x", "https://" + "x" * 3000,
    ],
)  # fmt: skip
async def test_an_address_that_is_not_of_the_open_internet_is_refused(
    hub: Hub, site: Starlette, world: World, url: str
) -> None:
    partner = await closed(hub, site, world)
    refused = (await partner.ask(ADD, input={"url": url, "types": [WITHDRAWALS]}))["webhookAdd"]
    assert [(each["code"], each["path"]) for each in refused["problems"]] == [("INVALID", ["input", "url"])]
    async with hub.ask(OPERATOR, Operation.WEBHOOK_READ) as ask:
        sql = "SELECT count(*) FROM webhook_endpoint WHERE client_id = $1"
        assert await ask.value(sql, partner.client_id) == 0


async def closed(hub: Hub, site: Starlette, world: World, kept: list[Partner] = []) -> Partner:  # noqa: B006 - one
    if not kept:
        kept.append(await invite(hub, site, world, "bluegum-mortgages"))
    return kept[0]


async def test_a_name_that_leads_to_our_own_network_is_called_by_nobody(
    hub: Hub, open_hub: Hub, listener: Partner, receiver: Receiver
) -> None:
    made = await added(listener, f"http://localhost:{receiver.port}/hooks")
    await seal(open_hub)
    strict = Hub(hub.settings, hub.database, hub.vault)
    [claimed] = await deliveries.claim(strict, 10, failing=False)
    address = f"https://localhost:{receiver.port}/hooks"
    named = replace(claimed, url=address)
    assert (await webhooks.send_one(strict, named)).problem == "ADDRESS_NOT_OF_THE_OPEN_INTERNET"
    assert receiver.got == []
    assert (await told(listener, made))[0]["state"] == "WAITING"
