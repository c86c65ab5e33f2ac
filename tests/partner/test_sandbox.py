"""A sandbox is an organisation of its own: the same catalogue, the same code, and nobody who exists."""

from datetime import date

import pytest
from starlette.applications import Starlette

from hub import arrangements, customers, organisations, recipients
from hub.act import Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Operation
from hub.arrangements import NewArrangement
from hub.auth import sessions
from hub.catalogue import Page
from hub.customers import NewCustomer
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.partners import inviting, sandbox
from hub.partners.inviting import NewPartner
from hub.partners.sandbox import Sandbox
from hub.profiles import NewValue
from tests.partner.partner import Partner
from tests.world import World, build_silent_world

COUNTS = """
    SELECT (SELECT count(*) FROM identifier WHERE organisation_id = $1 AND kind = 'EMAIL') AS people,
        (SELECT count(*) FROM collection WHERE organisation_id = $1) AS collections,
        (SELECT count(*) FROM purpose WHERE organisation_id = $1) AS purposes,
        (SELECT count(*) FROM arrangement WHERE organisation_id = $1) AS arrangements,
        (SELECT count(*) FROM clause k JOIN notice_version v ON v.id = k.notice_version_id
            JOIN notice n ON n.id = v.notice_id WHERE n.organisation_id = $1 AND v.published_at IS NOT NULL) AS clauses
"""
PAGE = """{ customers(arrangement: "quay-referrals", purpose: "referral-inspection", first: 50) {
    edges { node { phones value(name: "contact.home_town") } } } }"""


async def prepared(hub: Hub, world: World, many: int = 14) -> Sandbox:
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        return await sandbox.prepare(act, world.organisation.id, many)


async def counts(hub: Hub, organisation: object) -> dict[str, int]:
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        row = await ask.row(COUNTS, organisation)
    assert row is not None
    return dict(row)


async def test_a_sandbox_has_the_catalogue_of_its_organisation_and_customers_of_its_own(
    hub: Hub, site: Starlette, world: World
) -> None:
    async with hub.act(OPERATOR, Operation.CUSTOMER_CREATE) as act:
        value = NewValue("contact", "home_town", "Leeds")
        await customers.create(act, NewCustomer(world.organisation.id, "en", ["AU"], profile=[value]))
    before = await counts(hub, world.organisation.id)
    made = await prepared(hub, world)
    there = await counts(hub, made.organisation_id)
    assert there == {**before, "people": 14, "collections": 14}
    assert await counts(hub, world.organisation.id) == before
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        whom = made.copy_of(world.recipients["quay-inspections"].id)
        new = NewPartner(
            "Trying", whom, sorted(PARTNER_SCOPES), None, "client_secret", None, made.organisation_id
        )
        client, secret = await inviting.invite(act, new)
    assert secret is not None
    partner = Partner(hub, site, client.id, whom, secret.get_secret_value())
    seen = (await partner.ask("{ viewer { isSandbox organisation arrangements { key } } }"))["viewer"]
    assert seen == {
        "isSandbox": True,
        "organisation": "Harbour & Moor (sandbox)",
        "arrangements": [{"key": "quay-referrals"}],
    }
    page = (await partner.ask(PAGE))["customers"]["edges"]
    told = {(each["node"]["value"], *each["node"]["phones"]) for each in page}
    everybody = {(f"home town {place}", f"+6125550{place:04}") for place in range(1, 15)}
    assert told & everybody
    # Whom another test had made before, when nobody real had said where they are from.
    assert told - everybody <= {(None, phone) for _, phone in everybody}


async def test_a_sandbox_is_no_house_of_the_portal_and_no_organisation_of_a_list(
    hub: Hub, world: World
) -> None:
    made = await prepared(hub, world)
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        listed = {row.id for row in await organisations.page(ask, Page(1_000))}
        key = (await organisations.read(ask, made.organisation_id)).key
        houses = {row["id"] for row in await ask.rows(sessions._HOUSES)}
        arrived = await ask.rows(sessions._ARRIVE, [key], 30, 8, [b"x" * 32])
    assert made.organisation_id not in listed
    assert made.organisation_id not in houses
    assert arrived == []


async def test_preparing_once_more_brings_what_is_new_and_nobody_twice(hub: Hub, world: World) -> None:
    made = await prepared(hub, world)
    key = f"new-{new_id().hex}"
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        firm = world.organisation.id
        new = NewArrangement(
            key, "REFERRAL", "moor-surveys", ["referral-inspection"], ["contact"], date(2026, 1, 1), "GB",
            organisation=firm,
        )  # fmt: skip
        agreed = await arrangements.agree(act, new)
        await recipients.read(act, "moor-surveys", organisation=firm)
    again = await prepared(hub, world)
    assert again.organisation_id == made.organisation_id
    there = await counts(hub, again.organisation_id)
    assert (there["people"], there["collections"]) == (14, 14)
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        copied = await arrangements.read(ask, again.copy_of(agreed.id))
    assert (copied.key, copied.organisation_id) == (key, again.organisation_id)


async def test_a_sandbox_has_no_sandbox_and_needs_a_notice(hub: Hub, world: World) -> None:
    made = await prepared(hub, world)
    silent = await build_silent_world(hub)
    for organisation, code in (
        (made.organisation_id, Code.NOT_FOUND),
        (new_id(), Code.NOT_FOUND),
        (silent.organisation.id, Code.CONFLICT),
    ):
        with pytest.raises(Refusal) as refused:
            async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
                await sandbox.prepare(act, organisation, 3)
        assert refused.value.code is code
