"""Data comes in, notices reach people: both are kept as they happened, and nothing impossible is."""

import json
from typing import Any

import asyncpg
import pytest

from hub import collections, customers, identities
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.collections import Collection, Delivery, NewCollection, NewDelivery
from hub.db import new_id
from hub.errors import Code, Refusal
from tests.domain.firm import AFTER, BEFORE, FUTURE, PUBLISHED, Firm, events_of, everything

RECORD, DELIVER = Operation.COLLECTION_RECORD, Operation.DELIVERY_RECORD


async def collect(firm: Firm, **changes: Any) -> Collection:
    given: dict[str, Any] = {
        "organisation_id": firm.id,
        "source": "CUSTOMER",
        "categories": [firm.categories["contact"]],
        "optout_offered": True,
        **changes,
    }
    async with firm.hub.act(firm.app, RECORD) as act:
        return await collections.record(act, NewCollection(**given))


async def deliver(firm: Firm, **changes: Any) -> Delivery:
    given: dict[str, Any] = {
        "organisation_id": firm.id,
        "notice_version_id": firm.version,
        "how": "EMAIL",
        "locale": "en",
        **changes,
    }
    async with firm.hub.act(firm.app, DELIVER) as act:
        return await collections.deliver(act, NewDelivery(**given))


async def test_an_intake_with_a_notice_is_a_collection_and_a_delivery(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer(happened_at=BEFORE)
    made = await collect(
        firm,
        customer_id=customer_id,
        categories=[firm.categories["contact"], firm.categories["identity"], firm.categories["contact"]],
        notice_version_id=firm.version,
        shown_how="PAPER",
        happened_at=AFTER,
    )
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        assert await collections.of_customers(ask, [customer_id]) == {customer_id: (made,)}
        [delivery] = (await collections.deliveries_of(ask, [customer_id]))[customer_id]
    assert made.categories == (firm.categories["contact"], firm.categories["identity"])
    assert (made.shown_how, made.shown_at, made.happened_at) == ("PAPER", AFTER, AFTER)
    assert (delivery.notice_version_id, delivery.how, delivery.locale) == (firm.version, "PAPER", "en")
    assert delivery.happened_at == AFTER
    assert await events_of(hub, customer_id) == ["customer.created", "collection.recorded"]
    state = await superuser.fetchrow(
        """SELECT s.day_1, s.day_2, h.content FROM customer_state s JOIN holding h ON h.id = s.holding_id
           WHERE s.customer_id = $1""",
        customer_id,
    )
    assert state is not None
    assert (state["day_1"], state["day_2"]) == (made.happened_at.date(), None)
    holding = json.loads(state["content"])
    assert {one[0] for one in holding["intake"]} == {str(each) for each in made.categories}
    assert holding["told"] == [[str(firm.version), 1]]


async def test_an_intake_without_a_notice_is_kept_as_one(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer()
    made = await collect(firm, customer_id=customer_id, source="THIRD_PARTY", optout_offered=False)
    assert (made.source, made.notice_version_id, made.shown_at) == ("THIRD_PARTY", None, None)
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        assert await collections.deliveries_of(ask, [customer_id]) == {customer_id: ()}


async def test_a_notice_can_reach_a_customer_later_in_their_language_with_sealed_proof(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer(locale="fr-FR")
    made = await deliver(firm, customer_id=customer_id, locale="fr", proof="mail to jeanne@example.com")
    sealed = await superuser.fetchval("SELECT proof FROM delivery WHERE id = $1", made.id)
    async with hub.act(firm.app, DELIVER) as act:
        key = await identities.open_key(act, customer_id)
    assert key.open_text("delivery", "proof", made.id, sealed) == "mail to jeanne@example.com"
    assert b"jeanne" not in sealed
    shown = await collect(firm, customer_id=customer_id, notice_version_id=firm.version, shown_how="WEB")
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        deliveries = (await collections.deliveries_of(ask, [customer_id]))[customer_id]
    assert {one.locale for one in deliveries} == {"fr"}
    assert shown.shown_at == shown.recorded_at
    assert await events_of(hub, customer_id) == [
        "customer.created",
        "notice.delivered",
        "collection.recorded",
    ]


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"source": "GOSSIP"}, Code.INVALID, ("source",)),
        ({"categories": []}, Code.INVALID, ("categories",)),
        ({"categories": "unknown"}, Code.NOT_FOUND, ("categories",)),
        ({"happened_at": FUTURE}, Code.INVALID, ("happened_at",)),
        ({"happened_at": AFTER.replace(tzinfo=None)}, Code.INVALID, ("happened_at",)),
        ({"shown_how": "WEB"}, Code.INVALID, ("notice_version",)),
        ({"shown_at": AFTER}, Code.INVALID, ("notice_version",)),
        ({"notice_version_id": "version"}, Code.INVALID, ("shown_how",)),
        ({"notice_version_id": "version", "shown_how": "SMOKE"}, Code.INVALID, ("shown_how",)),
        (
            {"notice_version_id": "version", "shown_how": "WEB", "shown_at": FUTURE},
            Code.INVALID,
            ("shown_at",),
        ),
        (
            {"notice_version_id": "version", "shown_how": "WEB", "shown_at": BEFORE},
            Code.INVALID,
            ("notice_version",),
        ),
        ({"notice_version_id": "draft", "shown_how": "WEB"}, Code.CONFLICT, ("notice_version",)),
        ({"notice_version_id": "foreign", "shown_how": "WEB"}, Code.NOT_FOUND, ("notice_version",)),
        ({"notice_version_id": "unknown", "shown_how": "WEB"}, Code.NOT_FOUND, ("notice_version",)),
        ({"notice_version_id": "purpose", "shown_how": "WEB"}, Code.NOT_FOUND, ("notice_version",)),
        ({"notice_version_id": "version", "shown_how": "WEB", "locale": "ar"}, Code.INVALID, ("locale",)),
        ({"notice_version_id": "version", "shown_how": "WEB", "proof": "x" * 501}, Code.INVALID, ("proof",)),
        ({"notice_version_id": "version", "shown_how": "WEB", "proof": "a\0b"}, Code.INVALID, ("proof",)),
        ({"customer_id": "foreign"}, Code.NOT_FOUND, ("customer",)),
        ({"customer_id": "unknown"}, Code.NOT_FOUND, ("customer",)),
        ({"organisation_id": "foreign"}, Code.NOT_FOUND, ("customer",)),
    ],
)
async def test_an_intake_that_cannot_have_been_is_refused_and_nothing_changes(
    firm: Firm,
    other_firm: Firm,
    superuser: asyncpg.Connection,
    changes: dict[str, Any],
    code: Code,
    path: tuple[str, ...],
) -> None:
    given: dict[str, Any] = {"customer_id": await firm.customer(happened_at=BEFORE), **changes}
    meanings = {
        ("customer_id", "foreign"): await other_firm.customer(),
        ("customer_id", "unknown"): new_id(),
        ("organisation_id", "foreign"): other_firm.id,
        ("categories", "unknown"): [firm.categories["contact"], new_id()],
        ("notice_version_id", "version"): firm.version,
        ("notice_version_id", "draft"): firm.draft,
        ("notice_version_id", "foreign"): other_firm.version,
        ("notice_version_id", "unknown"): new_id(),
        ("notice_version_id", "purpose"): firm.purposes[0],
    }
    given = {
        name: meanings.get((name, value), value) if isinstance(value, str) else value
        for name, value in given.items()
    }
    before = await everything(superuser)
    with pytest.raises(Refusal) as refused:
        await collect(firm, **given)
    assert (refused.value.code, refused.value.path) == (code, path)
    assert await everything(superuser) == before


async def test_a_delivery_before_publication_or_to_the_erased_is_refused(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id, gone = await firm.customer(), await firm.customer()
    async with hub.act(WORKER, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, gone)
    before = await everything(superuser)
    for changes in (
        {"customer_id": customer_id, "happened_at": BEFORE},
        {"customer_id": customer_id, "notice_version_id": firm.draft},
        {"customer_id": customer_id, "how": "TELEPATHY"},
        {"customer_id": gone},
    ):
        with pytest.raises(Refusal):
            await deliver(firm, **changes)
    assert await everything(superuser) == before
    assert (await deliver(firm, customer_id=customer_id, happened_at=PUBLISHED)).happened_at == PUBLISHED
