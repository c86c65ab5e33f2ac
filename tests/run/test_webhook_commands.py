"""`hub webhook`, as somebody on the machine types it, with a real server that is told things."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest_asyncio

from hub import organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, WORKER, Actor, Operation, Role
from hub.auth import clients
from hub.settings import load
from hub.webhooks import endpoints
from hub.webhooks.types import Type
from tests.partner.receiver import Receiver, receiving
from tests.partner.telling import until
from tests.run.conftest import Place, Start
from tests.run.test_commands import ADD


@dataclass
class Told:
    """A place, an endpoint there, and the server behind it."""

    place: Place
    hub: Hub
    receiver: Receiver
    endpoint: UUID

    async def run(self, *arguments: str) -> Any:
        """Type a command; partners' addresses may be of this machine."""
        return await asyncio.to_thread(self.place.run, "webhook", *arguments, HUB_PARTNER_OWN_NETWORKS="true")

    async def json(self, *arguments: str) -> Any:
        """What it prints for a program."""
        return json.loads((await self.run(*arguments, "--json")).stdout)

    async def verify(self) -> None:
        """Let the endpoint have shown that it is willing."""
        async with self.hub.act(WORKER, Operation.WEBHOOK_DELIVER) as act:
            await act.execute(
                "UPDATE webhook_endpoint SET verified_at = $2 WHERE id = $1", self.endpoint, act.at
            )
            await act.record("webhook.verified", endpoint=self.endpoint)


@pytest_asyncio.fixture
async def told(place: Place) -> AsyncIterator[Told]:
    await asyncio.to_thread(place.run, *ADD)
    settings = load(mode="run", data_dir=place.folder, keyring=place.keyring, partner_own_networks=True)
    hub = await Hub.open(settings, place.url)

    async def client(act: Act) -> Actor:
        whose = (await organisations.read(act, "acme", "organisation")).id
        made, _ = await clients.create(act, "Their app", clients.Kind.APP, ["decide"], whose)
        return Actor("app", made.id, whose, roles=frozenset({Role.DECIDE}))

    async with receiving() as receiver:
        app = await hub.perform(OPERATOR, Operation.CLIENT_CREATE, client)
        made, _ = await hub.perform(
            app,
            Operation.WEBHOOK_MANAGE,
            lambda act: endpoints.add(act, receiver.url, [Type.REFERRAL_CHANGED]),
        )
        yield Told(place, hub, receiver, made.id)
    await hub.close()


async def test_an_endpoint_is_listed_and_tested(told: Told) -> None:
    assert (await told.run("test", str(told.endpoint))).returncode == 2, "it is not verified"
    await told.verify()
    [listed] = await told.json("list")
    assert (listed["client"], listed["state"], listed["url"]) == ("Their app", "well", told.receiver.url)
    done = await told.run("test", str(told.endpoint))
    assert (done.returncode, done.stdout) == (0, "DELIVERED: 204\n")
    assert len(told.receiver.of("endpoint.test")) == 1
    assert (await told.run("test", "made-up")).returncode == 2


async def test_what_did_not_arrive_is_listed_and_sent_again(told: Told) -> None:
    assert "Everything has arrived." in (await told.run("failed")).stdout
    await told.verify()
    told.receiver.answers = lambda _: (500, "no")
    done = await told.run("test", str(told.endpoint))
    assert (done.returncode, done.stdout) == (1, "FAILED: 500 NOT_ANSWERED_WITH_2XX\n")
    assert len(told.receiver.of("endpoint.test")) == 1
    [failed] = await told.json("failed")
    assert (failed["type"], failed["status"], failed["client"]) == ("endpoint.test", 500, "Their app")
    assert await told.json("failed", "--endpoint", str(told.endpoint)) == [failed]
    one = ("replay", str(told.endpoint), "--delivery", failed["delivery"])
    assert await told.json(*one) == {"deliveries": 1}
    assert await told.json(*one) == {"deliveries": 0}
    assert "Sent again: 0." in (await told.run("replay", str(told.endpoint))).stdout
    assert (await told.run("replay", str(told.endpoint), "--delivery", "x")).returncode == 2


async def test_a_worker_as_it_is_started_verifies_endpoints_and_tells_them(told: Told, start: Start) -> None:
    start(told.place, "work", HUB_PARTNER_OWN_NETWORKS="true")

    async def is_well() -> bool:
        return [each["state"] for each in await told.json("list")] == ["well"]

    await until(is_well, 60)
    assert len(told.receiver.of("endpoint.verify")) == 1


def test_of_nobody_it_is_said_that_there_is_nobody(place: Place) -> None:
    place.run(*ADD)
    for word in ("list", "failed"):
        done = place.run("webhook", word)
        assert (done.returncode, "yet" in done.stdout or "arrived" in done.stdout) == (0, True), word
