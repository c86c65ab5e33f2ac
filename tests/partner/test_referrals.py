"""Referrals through a partner's own door: seen once released, accepted, declined, reported; another's are absent."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from hub import arrangements, pairwise, questions
from hub.act import Hub
from hub.actors import Operation, Role
from hub.arrangements import NewArrangement
from hub.db import new_id
from hub.partners import blocks
from hub.questions import Showing
from schema.relay import global_id
from tests.partner.partner import Partner, invite
from tests.partners.referred import LATER, NEED, House
from tests.world import World, build_world

LIST = """query ($state: ReferralState, $after: String) { referrals(first: 50, after: $after, state: $state) {
    edges { node { id customer state mayUse need values { category name value } } } } }"""
ONE = "query ($id: ID!) { referral(id: $id) { id state mayUse need values { name } } }"
ABOUT = "query ($id: ID!) { referral(id: $id) { arrangement purpose keepDays } }"
SELECT = "{ referral { id state mayUse need } problems { code path } }"
ACCEPT = f"mutation ($id: ID!) {{ acceptReferral(input: {{referral: $id}}) {SELECT} }}"
DECLINE = f"mutation ($id: ID!) {{ declineReferral(input: {{referral: $id, reason: NO_CAPACITY}}) {SELECT} }}"
REPORT = (
    f"mutation ($id: ID!) {{ reportReferral(input: {{referral: $id, outcome: BECAME_CLIENT}}) {SELECT} }}"
)


@pytest.fixture
def house(hub: Hub, world: World) -> House:
    """The firm."""
    return House(hub, world)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def surveyor(hub: Hub, site: Starlette, world: World) -> Partner:
    """A surveyor who is offered people."""
    return await invite(hub, site, world, "moor-surveys", Role.PARTNER_REFERRALS)


async def offered(house: House, **given: Any) -> tuple[UUID, str, str]:
    """Somebody who was referred: who, the referral's id and its email."""
    email = f"{new_id().hex}@example.org"
    customer = await house.customer(email=email)
    done = await house.refer(customer, **given)
    assert done.referral
    return customer, global_id("Referral", done.referral.id), email


async def listed(partner: Partner, **given: Any) -> dict[str, Any]:
    """What a partner sees, by id."""
    data = await partner.ask(LIST, **given)
    return {each["node"]["id"]: each["node"] for each in data["referrals"]["edges"]}


async def done(partner: Partner, mutation: str, referral: str) -> tuple[Any, Any]:
    """Do something: the referral after it, and the problem."""
    [payload] = (await partner.ask(mutation, id=referral)).values()
    problems = [(each["code"], each["path"]) for each in payload["problems"]]
    return payload["referral"], problems


async def test_what_is_offered_is_seen_with_need_and_values_then_accepted_and_reported(
    house: House, surveyor: Partner
) -> None:
    customer, referral, email = await offered(house, fields=["contact.email"])
    seen = (await listed(surveyor, state="OFFERED"))[referral]
    assert (seen["state"], seen["mayUse"], seen["need"]) == ("OFFERED", True, NEED)
    assert seen["values"] == [{"category": "contact", "name": "email", "value": email}]
    own = pairwise.shown(house.hub, surveyor.recipient_id, customer)
    assert seen["customer"] == global_id("Customer", own) != global_id("Customer", customer)
    for _ in range(2):
        made, problems = await done(surveyor, ACCEPT, referral)
        assert (made["state"], problems) == ("ACCEPTED", [])
    assert (await done(surveyor, DECLINE, referral))[1] == [("CONFLICT", ["input", "referral"])]
    assert (await done(surveyor, REPORT, referral))[0] == {
        "id": referral, "state": "DONE", "mayUse": False, "need": "",
    }  # fmt: skip
    assert (await house.events(customer))[-2:] == ["referral.accepted", "referral.done"]


async def test_the_partner_is_told_what_it_is_for_and_how_long_it_may_be_kept_as_the_customer_is(
    house: House, surveyor: Partner, superuser: asyncpg.Connection
) -> None:
    _, referral, _ = await offered(house)
    agreed = house.world.arrangements["moor-referrals"].id
    for days in (90, None):
        async with superuser.transaction():
            await superuser.execute("SET LOCAL session_replication_role = replica")
            await superuser.execute("UPDATE arrangement SET keep_days = $2 WHERE id = $1", agreed, days)
        seen = (await surveyor.ask(ABOUT, id=referral))["referral"]
        assert seen == {
            "arrangement": global_id("Arrangement", agreed), "purpose": "referral-inspection", "keepDays": days,
        }  # fmt: skip
        known = (await surveyor.ask("{ viewer { arrangements { key keepDays } } }"))["viewer"]["arrangements"]
        assert known == [{"key": "moor-referrals", "keepDays": days}]


async def test_one_that_is_declined_is_closed_to_the_partner(house: House, surveyor: Partner) -> None:
    _, referral, _ = await offered(house)
    made, _ = await done(surveyor, DECLINE, referral)
    assert made == {"id": referral, "state": "DECLINED", "mayUse": False, "need": ""}
    assert (await done(surveyor, ACCEPT, referral))[1] == [("CONFLICT", ["input", "referral"])]


@pytest.mark.parametrize(
    ("first", "then", "place"),
    [
        ([DECLINE], DECLINE.replace("NO_CAPACITY", "KNOWN_ALREADY"), "reason"),
        ([ACCEPT, REPORT], REPORT.replace("BECAME_CLIENT", "NOT_REACHED"), "outcome"),
    ],
)
async def test_another_word_than_the_first_is_refused_and_not_taken_for_said(
    house: House, surveyor: Partner, first: list[str], then: str, place: str
) -> None:
    customer, referral, _ = await offered(house)
    for _ in range(2):
        answers = [await done(surveyor, each, referral) for each in first]
        assert answers[-1][1] == []
        first = first[-1:]
    before = await house.events(customer)
    assert await done(surveyor, then, referral) == (None, [("CONFLICT", ["input", place])])
    assert await house.events(customer) == before


async def test_the_partner_knows_nothing_of_it_before_the_customer_said_yes(
    hub: Hub, site: Starlette, house: House
) -> None:
    broker = await invite(hub, site, house.world, "bluegum-mortgages", Role.PARTNER_REFERRALS)
    asked = await house.refer(
        await house.customer(**LATER), recipient="bluegum-mortgages", purpose="referral-mortgage"
    )
    assert asked.referral
    question_id = asked.referral.question_id
    assert question_id
    referral = global_id("Referral", asked.referral.id)
    unknown = global_id("Referral", new_id())
    assert referral not in await listed(broker)
    assert (await broker.ask(ONE, id=referral)) == (await broker.ask(ONE, id=unknown))
    for mutation in (ACCEPT, DECLINE, REPORT):
        assert await done(broker, mutation, referral) == await done(broker, mutation, unknown)
    await house.do(
        Operation.QUESTION_ANSWER,
        lambda act: questions.answer(act, question_id, Showing("PHONE"), is_yes=True),
    )
    assert (await listed(broker))[referral]["state"] == "OFFERED"


async def test_a_withdrawal_wins_over_the_partner_who_reads_or_accepts(
    house: House, surveyor: Partner
) -> None:
    customer, referral, _ = await offered(house)
    await house.world.choose(house.hub, customer, stops_sharing=True, on="2026-02-01")
    seen = (await listed(surveyor))[referral]
    assert (seen["state"], seen["mayUse"], seen["need"], seen["values"]) == ("WITHDRAWN", False, "", [])
    for _ in range(2):
        made, problems = await done(surveyor, ACCEPT, referral)
        assert (made["state"], problems) == ("WITHDRAWN", [])
    assert (await house.events(customer)).count("referral.withdrawn") == 1


async def test_what_was_accepted_and_taken_back_is_not_shown_any_more(
    house: House, surveyor: Partner
) -> None:
    customer, referral, _ = await offered(house)
    await done(surveyor, ACCEPT, referral)
    await house.world.choose(house.hub, customer, stops_sharing=True, on="2026-02-01")
    seen = (await listed(surveyor))[referral]
    assert (seen["state"], seen["mayUse"], seen["need"], seen["values"]) == ("ACCEPTED", False, "", [])


async def test_a_blocked_partner_is_shown_nothing_of_whom_it_was_offered_and_accepts_nobody(
    hub: Hub, site: Starlette
) -> None:
    house = House(hub, await build_world(hub))
    surveyor = await invite(hub, site, house.world, "moor-surveys", Role.PARTNER_REFERRALS)
    customer, waiting, _ = await offered(house)
    _, accepted, _ = await offered(house)
    await done(surveyor, ACCEPT, accepted)
    before = await house.events(customer)
    await hub.perform(
        house.world.app(), Operation.PARTNER_BLOCK, lambda act: blocks.block(act, "moor-surveys", "A leak.")
    )
    for referral, state in ((waiting, "OFFERED"), (accepted, "ACCEPTED")):
        seen = (await listed(surveyor))[referral]
        assert (seen["state"], seen["mayUse"], seen["need"], seen["values"]) == (state, False, "", [])
    made, problems = await done(surveyor, ACCEPT, waiting)
    assert (made, problems) == (None, [("CONFLICT", ["input", "referral"])])
    assert await house.events(customer) == before


async def test_another_partners_referral_is_as_absent_as_one_that_never_was(
    hub: Hub, site: Starlette, house: House
) -> None:
    other = await invite(hub, site, house.world, "quay-inspections", Role.PARTNER_REFERRALS)
    customer, referral, _ = await offered(house)
    unknown = global_id("Referral", new_id())
    before = await house.events(customer)
    assert referral not in await listed(other)
    assert (await other.ask(ONE, id=referral)) == (await other.ask(ONE, id=unknown)) == {"referral": None}
    for mutation in (ACCEPT, DECLINE, REPORT):
        assert await done(other, mutation, referral) == await done(other, mutation, unknown)
    assert await house.events(customer) == before


async def test_without_the_scope_nothing_is_seen(hub: Hub, site: Starlette, house: House) -> None:
    reader = await invite(hub, site, house.world, "moor-surveys", Role.PARTNER_READ)
    answer = (await reader.post(await reader.token(), LIST)).json()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_client_for_other_arrangements_sees_none_of_it(
    hub: Hub, site: Starlette, house: House
) -> None:
    new = NewArrangement(
        f"k-{new_id().hex}",
        "REFERRAL",
        "moor-surveys",
        ["referral-inspection"],
        ["contact"],
        date(2026, 1, 1),
        "GB",
    )
    other = await house.do(Operation.CATALOGUE_WRITE, lambda act: arrangements.agree(act, new))
    narrow = await invite(
        hub, site, house.world, "moor-surveys", Role.PARTNER_REFERRALS, arrangements=[other.key]
    )
    fitting = await invite(
        hub, site, house.world, "moor-surveys", Role.PARTNER_REFERRALS, arrangements=["moor-referrals"]
    )
    _, referral, _ = await offered(house)
    assert referral in await listed(fitting)
    assert referral not in await listed(narrow)
    assert await done(narrow, ACCEPT, referral) == await done(narrow, ACCEPT, global_id("Referral", new_id()))
    assert (await listed(fitting))[referral]["state"] == "OFFERED"


async def test_bad_ids_and_cursors_are_refused_at_their_place(surveyor: Partner) -> None:
    for bad in ("", "made up", global_id("Customer", new_id())):
        assert (await done(surveyor, ACCEPT, bad))[1] == [("INVALID", ["input", "referral"])]
    answer = (await surveyor.post(await surveyor.token(), LIST, {"after": "made up"})).json()
    assert answer["errors"][0]["extensions"]["code"] == "INVALID"
