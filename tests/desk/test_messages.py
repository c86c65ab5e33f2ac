"""Messages that did not arrive, at the desk: listed with whom they were for and why, and sent again."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import asyncpg
import pytest

from hub.act import Act, Hub
from hub.actors import OPERATOR, WORKER, Actor, Operation, Role, member
from hub.auth import clients
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.partners import inviting
from hub.partners.inviting import NewPartner
from hub.webhooks import deliveries, endpoints, told
from hub.webhooks.deliveries import Result
from hub.webhooks.types import Type
from tests.desk.colleague import Colleague
from tests.desk.conftest import Joins
from tests.domain.firm import Firm, everything, found

STANDS = "SELECT state FROM webhook_delivery WHERE id = $1"


async def partner_of(firm: Firm) -> Actor:
    """The bank's system."""
    new = NewPartner("Bank’s system", "bank", ["partner:webhooks", "partner:referrals"], organisation=firm.id)
    async with firm.hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        client, _ = await inviting.invite(act, new)
    roles = frozenset({Role.PARTNER_WEBHOOKS})
    return replace(Actor("partner", client.id, firm.id, roles=roles), recipient_id=client.recipient_id)


async def app_of(firm: Firm) -> Actor:
    """A program of the firm's own."""
    async with firm.hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        client, _ = await clients.create(act, "Our website", clients.Kind.APP, ["decide"], firm.id)
    return Actor("app", client.id, firm.id, roles=frozenset({Role.DECIDE}))


async def unheard(hub: Hub, client: Actor) -> tuple[UUID, UUID]:
    """An endpoint of a client, and a message to it that did not arrive."""

    async def add(act: Act) -> UUID:
        made, _ = await endpoints.add(
            act, f"https://hooks-{new_id().hex}.example.org/x", [Type.REFERRAL_CHANGED]
        )
        return made.id

    async def willing(act: Act) -> None:
        await act.execute("UPDATE webhook_endpoint SET verified_at = $2 WHERE id = $1", endpoint, act.at)
        await act.record("webhook.verified", endpoint=endpoint)

    endpoint = await hub.perform(client, Operation.WEBHOOK_MANAGE, add)
    await hub.perform(WORKER, Operation.WEBHOOK_DELIVER, willing)
    sent = await hub.perform(client, Operation.WEBHOOK_MANAGE, lambda act: endpoints.test(act, endpoint))
    claimed = await deliveries.claim_one(hub, sent)
    assert claimed
    await deliveries.settle(hub, claimed, Result(is_done=False, status=503, problem="NOT_ANSWERED_WITH_2XX"))
    return endpoint, sent


async def test_what_did_not_arrive_is_shown_with_whom_it_was_for_and_sent_again(
    ruth: Colleague, hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    await ruth.open("messages")
    assert "Everything has arrived." in ruth.text
    endpoint, sent = await unheard(hub, await partner_of(firm))
    _, own = await unheard(hub, await app_of(firm))
    await ruth.open("partners")
    assert "Messages that did not arrive" in ruth.text
    await ruth.open("messages")
    for said in ("Bank’s system", "Our own program", "Our website", "A test", "It was not accepted", "503"):
        assert said in ruth.text, said
    place = f"messages/{endpoint}/{sent}/again"
    key = ruth.key(place)
    for _ in range(2):
        await ruth.post(f"{ruth.start}/{place}", {"form": key})
    assert await superuser.fetchval(STANDS, sent) == "WAITING"
    assert await superuser.fetchval(STANDS, own) == "FAILED"
    again = "SELECT count(*) FROM ledger_entry WHERE event = 'webhook.replayed' AND actor_id = $1"
    assert await superuser.fetchval(again, ruth.account.id) == 1
    await ruth.open("messages")
    assert "Bank’s system" not in ruth.text
    assert "Our website" in ruth.text


async def test_the_page_of_a_partner_says_whether_its_addresses_answer(
    ruth: Colleague, hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    await ruth.open("partners/bank")
    assert "They gave no address" in ruth.text
    partner = await partner_of(firm)
    endpoint, _ = await unheard(hub, partner)
    failing, gone = (await unheard(hub, partner))[0], (await unheard(hub, partner))[0]
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE webhook_endpoint SET failing_since = now() WHERE id = $1", failing)
    await superuser.execute(
        "UPDATE webhook_endpoint SET disabled_at = now(), disabled_why = 'GONE' WHERE id = $1", gone
    )
    await superuser.execute("UPDATE webhook_endpoint SET failing_since = NULL WHERE id = $1", endpoint)
    await superuser.execute("RESET session_replication_role")
    await ruth.open("partners/bank")
    for said in (">Answers<", ">Does not answer<", ">The address wants no more messages<"):
        assert said in ruth.page.text, said


async def test_all_that_one_address_missed_is_sent_again_at_once(
    ruth: Colleague, hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    endpoint, sent = await unheard(hub, await app_of(firm))
    _, other = await unheard(hub, await app_of(firm))
    await ruth.open("messages")
    await ruth.send({}, to=f"messages/{endpoint}/again")
    assert ruth.place == "messages"
    assert await superuser.fetchval(STANDS, sent) == "WAITING"
    assert await superuser.fetchval(STANDS, other) == "FAILED"


async def test_a_program_that_looks_after_partners_lists_it_by_pages_and_sends_it_again(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    app = replace(await app_of(firm), roles=frozenset({Role.PARTNERS_MANAGE}))
    endpoint, sent = await unheard(hub, partner := await partner_of(firm))
    _, own = await unheard(hub, await app_of(firm))
    await unheard(hub, await app_of(await found(hub)))
    async with hub.ask(app, Operation.WEBHOOK_SURVEY) as ask:
        [first] = await told.failed(ask, 1)
        [second] = await told.failed(ask, 2, before=(first.delivery.message_id, first.delivery.id))
        [theirs] = await told.failed(ask, 2, recipient_id=partner.recipient_id)
    assert [each.delivery.id for each in (first, second, theirs)] == [own, sent, sent]
    assert (first.partner, second.partner) == (None, "bank")
    again = await hub.perform(
        app, Operation.WEBHOOK_REPLAY, lambda act: told.replay(act, endpoint, sent, whole=True)
    )
    assert (again, await superuser.fetchval(STANDS, sent)) == (1, "WAITING")


async def test_whoever_only_reads_sees_it_and_sends_nothing(
    hub: Hub, firm: Firm, joins: Joins, superuser: asyncpg.Connection
) -> None:
    endpoint, sent = await unheard(hub, await app_of(firm))
    omar = await joins("reader", name="Omar Said")
    await omar.sign_in()
    await omar.open("messages")
    assert "Our website" in omar.text
    assert "Send again" not in omar.text
    before = await everything(superuser)
    for place in (f"{sent}/again", "again"):
        answer = await omar.post(f"{omar.start}/messages/{endpoint}/{place}", {"form": "made-up"})
        assert answer.status_code == 403
    assert await everything(superuser) == before


async def test_what_another_firm_missed_is_as_absent_as_what_never_was(
    ruth: Colleague, hub: Hub, superuser: asyncpg.Connection
) -> None:
    endpoint, sent = await unheard(hub, await app_of(await found(hub)))
    await ruth.open("messages")
    assert str(endpoint) not in ruth.page.text
    for each in (endpoint, new_id(), "x"):
        answer = await ruth.post(f"{ruth.start}/messages/{each}/again", {"form": "made-up"})
        assert answer.status_code == 403
    she = member(ruth.account.id, ruth.firm.id, ["staff:conduct"])
    it = replace(await app_of(ruth.firm), roles=frozenset({Role.PARTNERS_MANAGE}))
    for who, each in product((she, it), (endpoint, new_id())):
        with pytest.raises(Refusal) as refused:
            await hub.perform(
                who, Operation.WEBHOOK_REPLAY, lambda act, which=each: told.replay(act, which, whole=True)
            )
        assert refused.value.code is Code.NOT_FOUND
    assert await superuser.fetchval(STANDS, sent) == "FAILED"


async def test_to_an_address_that_was_removed_nothing_is_sent_again(
    ruth: Colleague, hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    endpoint, sent = await unheard(hub, await app_of(firm))
    await ruth.open("messages")
    place = f"messages/{endpoint}/again"
    key = ruth.key(place)
    async with hub.act(OPERATOR, Operation.WEBHOOK_MANAGE) as act:
        await endpoints.remove(act, endpoint)
    answer = await ruth.post(f"{ruth.start}/{place}", {"form": key})
    assert (answer.status_code, "The address was removed" in answer.text) == (422, True)
    assert await superuser.fetchval(STANDS, sent) == "FAILED"
    await ruth.open("messages")
    assert "Send again" not in ruth.text
