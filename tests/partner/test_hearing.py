"""What has happened is told by the act that did it: to whoever it concerns and holds the scope, and to nobody else."""

import json
from typing import Any

import asyncpg
import pytest
from starlette.applications import Starlette

from hub import closing, questions
from hub.act import Hub
from hub.actors import WORKER, Operation, Role, customer
from hub.partners import settling
from hub.questions import Showing
from hub.webhooks.types import Type
from schema.relay import global_id
from tests.internal.door import Door
from tests.partner.partner import Partner, invite
from tests.partner.receiver import Receiver, receiving
from tests.partner.telling import ADD, delivering, until, verified
from tests.partners.referred import LATER, House, lapse
from tests.world import World
from workers import partner_exports

OFFERED, CHANGED = Type.REFERRAL_OFFERED, Type.REFERRAL_CHANGED
LISTENS = (Role.PARTNER_REFERRALS, Role.PARTNER_WEBHOOKS)
TAKE = "mutation ($id: ID!) { acceptReferral(input: {referral: $id}) { problems { code } } }"
REPORT = (
    "mutation ($id: ID!) { reportReferral(input: {referral: $id, outcome: OTHER}) { problems { code } } }"
)
LEAVE = "mutation ($id: ID!) { declineReferral(input: {referral: $id, reason: OTHER}) { problems { code } } }"
START = """
    mutation { startExport(input: {arrangement: "quay-referrals", purpose: "referral-inspection", format: NDJSON}) {
        export { id } problems { code } } }
"""
WAITS = """
    SELECT EXISTS (SELECT FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
        WHERE d.state = 'WAITING' AND e.url = ANY ($1))
"""
OPEN = """
    mutation ($input: OpenRightsRequestInput!) { openRightsRequest(input: $input) {
        request { id } problems { code path } } }
"""


@pytest.fixture
def house(open_hub: Hub, world: World) -> House:
    """The firm."""
    return House(open_hub, world)


def heard(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    """What came, but for what is about the endpoint itself."""
    said = [json.loads(body) for _, body in receiver.got]
    return [(each["type"], each["data"]) for each in said if not each["type"].startswith("endpoint.")]


async def settled(
    hub: Hub, receiver: Receiver, many: int, *others: Receiver
) -> list[tuple[str, dict[str, Any]]]:
    """Deliver until so much has come, and nothing waits for anybody here."""
    async with delivering(hub):
        await until(lambda: len(heard(receiver)) >= many)
        await until(lambda: nothing_waits(hub, receiver, *others))
    return heard(receiver)


async def nothing_waits(hub: Hub, *receivers: Receiver) -> bool:
    """Whether all that was to be sent to these has ended."""
    return not await hub.database.single().value(WAITS, [each.url for each in receivers])


async def listening(
    hub: Hub, site: Starlette, world: World, receiver: Receiver, *types: str
) -> tuple[Door, str]:
    """An app with every scope that listens."""
    door = Door(hub, site)
    token = await door.token(world)
    await door.one(token, ADD, input={"url": receiver.url, "types": list(types)})
    async with delivering(hub):
        await until(lambda: receiver.of("endpoint.verify"))
        await until(lambda: nothing_waits(hub, receiver))
    return door, token


@pytest.mark.usefixtures("listener")  # ends what listens
async def test_a_partner_hears_of_offers_and_the_firms_apps_of_what_became_of_them(
    open_hub: Hub, open_site: Starlette, world: World, house: House, receiver: Receiver
) -> None:
    surveyor = await invite(open_hub, open_site, world, "moor-surveys", *LISTENS)
    other = await invite(open_hub, open_site, world, "quay-inspections", *LISTENS)
    async with receiving() as apps, receiving() as elsewhere:
        await verified(open_hub, surveyor, receiver, OFFERED, CHANGED)
        await verified(open_hub, other, elsewhere, OFFERED, CHANGED)
        await listening(open_hub, open_site, world, apps, CHANGED)
        ids = list[str]()
        for mutations in ((TAKE, REPORT), (LEAVE,)):
            made = (await house.refer(await house.customer())).referral
            assert made
            ids.append(global_id("Referral", made.id))
            for mutation in mutations:
                await surveyor.ask(mutation, id=ids[-1])
        assert await settled(open_hub, receiver, 2, apps, elsewhere) == [
            (OFFERED, {"referral": each}) for each in ids
        ]
        assert heard(apps) == [(CHANGED, {"referral": ids[place]}) for place in (0, 0, 1)]
        assert heard(elsewhere) == []


@pytest.mark.usefixtures("listener")
async def test_a_partner_hears_that_an_offer_is_taken_back_or_over(
    open_hub: Hub,
    open_site: Starlette,
    world: World,
    house: House,
    receiver: Receiver,
    superuser: asyncpg.Connection,
) -> None:
    surveyor = await invite(open_hub, open_site, world, "moor-surveys", *LISTENS)
    back, over = await house.customer(), await house.customer()
    made = [(await house.refer(each)).referral for each in (back, over)]
    assert made[0]
    assert made[1]
    await verified(open_hub, surveyor, receiver, OFFERED, CHANGED)
    await world.choose(open_hub, back, stops_sharing=True, on="2026-02-01")
    await open_hub.perform(
        WORKER,
        Operation.HUB_MAINTAIN,
        lambda act: settling.withdrawn(act, back, world.organisation.id),
    )
    await lapse(superuser, made[1])
    await open_hub.perform(WORKER, Operation.HUB_MAINTAIN, settling.settle)
    came = await settled(open_hub, receiver, 2)
    assert came == [(CHANGED, {"referral": global_id("Referral", each.id)}) for each in made if each]


@pytest.mark.usefixtures("listener")
async def test_of_a_question_to_a_customer_the_partner_hears_once_they_said_yes(
    open_hub: Hub, open_site: Starlette, world: World, house: House, receiver: Receiver
) -> None:
    broker = await invite(open_hub, open_site, world, "bluegum-mortgages", *LISTENS)
    await verified(open_hub, broker, receiver, OFFERED, CHANGED)
    asked = list[str]()
    for is_yes in (False, True):
        customer = await house.customer(**LATER)
        referred = await house.refer(customer, recipient="bluegum-mortgages", purpose="referral-mortgage")
        assert referred.referral
        question_id = referred.referral.question_id
        assert question_id
        await house.do(
            Operation.QUESTION_ANSWER,
            lambda act, which=question_id, yes=is_yes: questions.answer(
                act, which, Showing("PHONE"), is_yes=yes
            ),
        )
        asked.append(global_id("Referral", referred.referral.id))
    assert await settled(open_hub, receiver, 1) == [(OFFERED, {"referral": asked[1]})]


async def test_who_may_not_see_referrals_hears_of_none(
    open_hub: Hub, open_site: Starlette, world: World, house: House, listener: Partner, receiver: Receiver
) -> None:
    without = await invite(open_hub, open_site, world, "moor-surveys", Role.PARTNER_WEBHOOKS)
    refused = (await without.ask(ADD, input={"url": receiver.url, "types": [OFFERED]}))["webhookAdd"]
    assert refused["problems"][0]["code"] == "FORBIDDEN"
    door = Door(open_hub, open_site)
    reader = await door.token(world, Role.REQUESTS_READ, department=None)
    given = {"input": {"url": receiver.url, "types": [CHANGED]}}
    assert (await door.problem(reader, ADD, **given))[0] == "FORBIDDEN"
    await verified(open_hub, listener, receiver, OFFERED, CHANGED)
    await house.refer(await house.customer())  # to another partner
    async with delivering(open_hub):
        await until(lambda: nothing_waits(open_hub, receiver))
    assert heard(receiver) == []


async def test_a_partner_hears_that_its_export_can_be_fetched(
    open_hub: Hub, open_site: Starlette, world: World, listener: Partner, receiver: Receiver
) -> None:
    await verified(open_hub, listener, receiver, Type.EXPORT_READY)
    roles = (Role.PARTNER_EXPORT, Role.PARTNER_READ)
    exporter = await invite(open_hub, open_site, world, "quay-inspections", *roles)
    made = (await exporter.ask(START))["startExport"]
    assert made["problems"] == []
    [waiting] = await open_hub.database.single().rows(
        "SELECT id FROM partner_export WHERE client_id = $1", exporter.client_id
    )
    await partner_exports.run(open_hub, waiting["id"])
    assert await settled(open_hub, receiver, 1) == [(Type.EXPORT_READY, {"export": made["export"]["id"]})]


@pytest.mark.usefixtures("listener")
async def test_an_app_hears_once_of_each_act_that_moved_a_request(
    open_hub: Hub, open_site: Starlette, world: World, house: House, receiver: Receiver
) -> None:
    door, token = await listening(open_hub, open_site, world, receiver, Type.REQUEST_CHANGED)
    asked = {
        "customer": {"id": global_id("Customer", await house.customer())}, "kind": "ACCESS", "channel": "PHONE",
        "identifiedBy": "IN_PERSON", "evidence": "branch 4",
    }  # fmt: skip
    made = (await door.one(token, OPEN, input=asked))["request"]
    pause = """mutation ($id: ID!) { pauseRightsRequest(input: {
        request: $id, waitingFor: CLARIFICATION, message: "Which account?"}) { problems { code } } }"""
    note = 'mutation ($id: ID!) { noteRightsRequest(input: {request: $id, text: "Rang."}) { problems { code } } }'
    await door.one(token, note, id=made["id"])
    await door.one(token, pause, id=made["id"])
    told = (Type.REQUEST_CHANGED, {"request": made["id"]})
    assert await settled(open_hub, receiver, 2) == [told, told]


@pytest.mark.usefixtures("listener")
async def test_an_app_hears_that_a_customer_closed_their_account(
    open_hub: Hub, open_site: Starlette, world: World, house: House, receiver: Receiver
) -> None:
    await listening(open_hub, open_site, world, receiver, Type.ACCOUNT_CHANGED)
    who = await house.customer()
    for _ in range(2):
        async with open_hub.act(customer(world.organisation.id, who), Operation.OWN_CONDUCT) as act:
            await closing.close(act)
    told = (Type.ACCOUNT_CHANGED, {"customer": global_id("Customer", who)})
    assert await settled(open_hub, receiver, 1) == [told]
