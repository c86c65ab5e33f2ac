"""A partner is tried out before it goes live: it takes what is right, refuses what is not, and says what it forgot."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, WORKER, Operation
from hub.partners import conforming, inviting, placing, sandbox
from hub.partners.conforming import How, Result, Step
from hub.partners.inviting import NewPartner
from tests.partner.partner import Partner
from tests.partner.receiver import Answer, Receiver
from tests.partner.telling import added, seal, verified
from tests.world import World
from workers import conformance

START = """
    mutation ($input: StartConformanceInput!) { startConformance(input: $input) {
        run { until isOver results { step } } problems { code path } } }
"""
READ = "{ conformance { isOver hasPassed until results { step how status tookMs todo } } }"
FEED = "{ withdrawals(first: 10) { edges { node { id kind } } } }"
DONE = """
    mutation ($entries: [AcknowledgementInput!]!) { acknowledge(entries: $entries) { problems { code } } }
"""
LATEST = "SELECT id FROM conformance_run WHERE client_id = $1 ORDER BY id DESC LIMIT 1"

MADE = "SELECT withdrawal_id FROM conformance_run WHERE client_id = $1"


@pytest_asyncio.fixture
async def trying(open_hub: Hub, open_site: Starlette, world: World, listener: Partner) -> Partner:  # noqa: ARG001 - ends what listens
    """A partner's client of the sandbox."""
    async with open_hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        made = await sandbox.prepare(act, world.organisation.id, 2)
        whom = made.copy_of(world.recipients["quay-inspections"].id)
        scopes = sorted(PARTNER_SCOPES)
        new = NewPartner("Trying", whom, scopes, None, "client_secret", None, made.organisation_id)
        client, secret = await inviting.invite(act, new)
    assert secret
    return Partner(open_hub, open_site, client.id, whom, secret.get_secret_value())


def checking(receiver: Receiver, made: dict[str, Any]) -> Callable[[dict[str, Any]], Answer]:
    """Answers of a receiver that checks signatures by the official library."""

    def answer(_: dict[str, Any]) -> Answer:
        headers, body = receiver.got[-1]
        try:
            Webhook(made["secret"]).verify(body, headers)
        except WebhookVerificationError:
            return 401, ""
        return 204, ""

    return answer


async def tried(hub: Hub, partner: Partner, **given: Any) -> UUID:
    """Start a run, and let a worker do it."""
    made = (await partner.ask(START, input=given))["startConformance"]
    assert made["problems"] == []
    run_id: UUID = await hub.database.single().value(LATEST, partner.client_id)
    await conformance.run(hub, run_id)
    return run_id


async def seen(partner: Partner) -> dict[str, tuple[str, int | None]]:
    """How each step of the last run went."""
    [last, *_] = (await partner.ask(READ))["conformance"]
    for each in last["results"]:
        assert (each["todo"] is None) == (each["how"] == "PASSED")
    return {each["step"]: (each["how"], each["status"]) for each in last["results"]}


async def acknowledged(hub: Hub, partner: Partner) -> None:
    """Read the feed on, and say that all is done."""
    await seal(hub)
    while await placing.place(hub):
        pass
    edges = (await partner.ask(FEED))["withdrawals"]["edges"]
    entries = [{"id": each["node"]["id"], "evidence": "DONE"} for each in edges]
    assert (await partner.ask(DONE, entries=entries))["acknowledge"]["problems"] == []


async def test_a_partner_that_checks_and_acknowledges_passes(
    open_hub: Hub, trying: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, trying, receiver)
    receiver.answers = checking(receiver, made)
    await tried(open_hub, trying)
    assert await seen(trying) == {
        "LISTENS": ("PASSED", None), "ANSWERS": ("PASSED", 204), "REFUSES_FORGED": ("PASSED", 401),
        "REFUSES_OLD": ("PASSED", 401), "TAKES_AGAIN": ("PASSED", 204), "ACKNOWLEDGES": ("WAITING", None),
    }  # fmt: skip
    [right, _, _, again] = receiver.of("endpoint.test")
    assert right[0]["webhook-id"] == again[0]["webhook-id"]
    assert json.loads(right[1])["data"] == {}
    await acknowledged(open_hub, trying)
    [run] = (await trying.ask(READ))["conformance"]
    assert (run["isOver"], run["hasPassed"], run["results"][-1]["how"]) == (True, True, "PASSED")


@pytest.mark.parametrize(
    ("status", "fails"),
    [
        (204, ["REFUSES_FORGED", "REFUSES_OLD"]),
        (401, ["ANSWERS", "TAKES_AGAIN"]),
        (500, ["ANSWERS", "REFUSES_FORGED", "REFUSES_OLD", "TAKES_AGAIN"]),
    ],
)
async def test_one_that_answers_everything_alike_is_told_what_to_do(
    open_hub: Hub, trying: Partner, receiver: Receiver, status: int, fails: list[str]
) -> None:
    await verified(open_hub, trying, receiver)
    receiver.answers = lambda _: (status, "")
    await tried(open_hub, trying)
    assert [step for step, (how, _) in (await seen(trying)).items() if how == "FAILED"] == fails


async def test_one_that_hangs_is_asked_no_more(
    open_hub: Hub, trying: Partner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verified(open_hub, trying, receiver)
    receiver.hangs = True
    monkeypatch.setattr(conformance, "SECONDS", 2.0)
    await tried(open_hub, trying)
    found = await seen(trying)
    assert found["ANSWERS"] == ("FAILED", None)
    assert {found[step] for step in ("REFUSES_FORGED", "REFUSES_OLD", "TAKES_AGAIN")} == {("SKIPPED", None)}
    assert len(receiver.of("endpoint.test")) == 1


async def test_one_that_listens_to_nothing_is_sent_nothing(
    open_hub: Hub, trying: Partner, receiver: Receiver
) -> None:
    await added(trying, receiver.url)  # and has not echoed its token
    await tried(open_hub, trying)
    found = await seen(trying)
    assert found.pop("LISTENS") == ("FAILED", None)
    assert set(found.values()) == {("SKIPPED", None)}
    assert receiver.got == []
    assert await open_hub.database.single().value(MADE, trying.client_id) is None


async def test_who_acknowledges_late_has_failed(
    open_hub: Hub, trying: Partner, receiver: Receiver, superuser: asyncpg.Connection
) -> None:
    made = await verified(open_hub, trying, receiver)
    receiver.answers = checking(receiver, made)
    run_id = await tried(open_hub, trying)
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            "UPDATE conformance_run SET until = now() - interval '1 second' WHERE id = $1", run_id
        )
    assert (await seen(trying))["ACKNOWLEDGES"] == ("FAILED", None)
    await acknowledged(open_hub, trying)
    assert (await seen(trying))["ACKNOWLEDGES"] == ("FAILED", None)


async def test_a_run_that_a_killed_worker_left_is_done_once(
    open_hub: Hub, trying: Partner, receiver: Receiver
) -> None:
    await verified(open_hub, trying, receiver)
    await trying.ask(START, input={})
    run_id: UUID = await open_hub.database.single().value(LATEST, trying.client_id)
    first, second = await conforming.plan(open_hub, run_id), await conforming.plan(open_hub, run_id)
    assert first
    assert second
    results = [Result(Step.LISTENS, How.PASSED)]
    for _ in range(2):
        async with open_hub.act(WORKER, Operation.CONFORMANCE_TEST) as act:
            await conforming.settle(act, run_id, results)
            await act.record("test.settled")
    await conformance.run(open_hub, run_id)
    assert receiver.of("endpoint.test") == []
    assert await conforming.plan(open_hub, run_id) is None
    made = "SELECT count(*) FROM withdrawal WHERE recipient_id = $1 AND reason = 'CONFORMANCE' AND answer IS NULL"
    many = await open_hub.database.single().value(made, trying.recipient_id)
    await acknowledged(open_hub, trying)
    assert many >= 1
    assert await open_hub.database.single().value(made, trying.recipient_id) == 0


async def test_only_in_the_sandbox_for_oneself_and_within_bounds(
    open_hub: Hub, trying: Partner, listener: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def problems(partner: Partner, **given: Any) -> list[tuple[str, list[str]]]:
        payload = (await partner.ask(START, input=given))["startConformance"]
        return [(each["code"], each["path"]) for each in payload["problems"]]

    assert await problems(listener) == [("CONFLICT", ["input", "client"])]
    for minutes in (0, -1, 100_000):
        assert await problems(trying, minutes=minutes) == [("INVALID", ["input", "minutes"])]
    assert (await listener.ask(READ))["conformance"] == []
    monkeypatch.setattr(conforming, "HOURLY_MOST", 1)
    assert await problems(trying) == []
    assert [code for code, _ in await problems(trying)] == ["LIMIT"]
    assert (await listener.ask(READ))["conformance"] == []
    async with open_hub.ask(OPERATOR, Operation.CONFORMANCE_RUN) as ask:
        live = await conforming.of_recipient(ask, listener.recipient_id, 100)
    assert trying.client_id in {each.client_id for each in live}
