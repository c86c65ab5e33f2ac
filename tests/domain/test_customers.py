"""Customers are met, found, read, changed, revealed and erased; what is another firm's is absent."""

from functools import partial

import asyncpg
import pytest

from hub import customers, finding, identities, profiles, standings
from hub.act import Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.customers import Filter
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.finding import Reference
from hub.profiles import NewValue
from hub.standings import Change
from tests.domain.firm import AFTER, BEFORE, FUTURE, Firm, email, events_of, everything, external, name, phone

READ, CHANGE, CREATE = Operation.CUSTOMER_READ, Operation.CUSTOMER_CHANGE, Operation.CUSTOMER_CREATE


async def test_a_customer_is_made_with_a_key_identifiers_profile_and_standing(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer(
        identifiers=[email("Jane.Roe@Example.com"), phone("+61 491 570 006"), external(" CRM ", "C-17")],
        profile=[name("Jane Roe"), NewValue("contact", "address", "1 Pitt Street")],
        jurisdictions=["AU", "UK"],
        age="AGE_15",
        happened_at=BEFORE,
    )
    async with hub.ask(firm.app, READ) as ask:
        made = await customers.read(ask, customer_id)
        shown = (await profiles.masked(ask, [customer_id]))[customer_id]
    assert (made.jurisdictions, made.relationship, made.relationship_at) == (("AU", "UK"), "ACTIVE", BEFORE)
    assert (made.age, made.locale, made.is_restricted, made.is_held) == ("AGE_15", "en-AU", False, False)
    assert {(one.kind, one.system, one.value) for one in shown.identifiers} == {
        ("EMAIL", None, "j***@e***.com"),
        ("PHONE", None, "***006"),
        ("EXTERNAL", "crm", "C***"),
    }
    assert shown.name == "J*** R***"
    assert await events_of(hub, customer_id) == ["customer.created"]


async def test_a_profile_value_is_overwritten_and_its_former_value_kept_sealed(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer(
        profile=[name("Jane Roe"), NewValue("contact", "address", "Pitt Street")]
    )
    async with hub.act(firm.app, CHANGE) as act:
        await profiles.set_profile(act, customer_id, [name("Jane Doe"), NewValue("contact", "address", None)])
    [row] = await superuser.fetch(
        "SELECT id, sealed, previous FROM profile_value WHERE customer_id = $1", customer_id
    )
    async with hub.act(firm.app, Operation.CUSTOMER_REVEAL) as act:
        key = await identities.open_key(act, customer_id)
        shown = await profiles.reveal(act, customer_id, "CORRECTION", "She called to correct her name.")
    assert [(one.field, one.value) for one in shown.profile] == [("name", "Jane Doe")]
    assert key.open_text("profile_value", "sealed", row["id"], row["previous"]) == "Jane Roe"


async def test_a_reveal_is_recorded_with_its_reason_before_anything_is_seen(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer(identifiers=[email("jane@example.com")], profile=[name("Jane Roe")])
    async with hub.act(firm.app, Operation.CUSTOMER_REVEAL) as act:
        shown = await profiles.reveal(act, customer_id, "CUSTOMER_ASKED", "Jane asked us to read it out.")
    assert shown.name == "Jane Roe"
    assert [one.value for one in shown.identifiers] == ["jane@example.com"]
    assert "Jane" not in repr(shown)
    assert await events_of(hub, customer_id) == ["customer.created", "customer.revealed"]
    before = await everything(superuser)
    for reason, explanation in (
        ("CURIOSITY", "I know her."),
        ("LEGAL_DUTY", "  "),
        ("LEGAL_DUTY", "x" * 501),
    ):
        with pytest.raises(Refusal):
            async with hub.act(firm.app, Operation.CUSTOMER_REVEAL) as act:
                await profiles.reveal(act, customer_id, reason, explanation)
    assert await everything(superuser) == before


async def test_only_what_differs_is_recorded_as_a_change(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer(happened_at=BEFORE)
    new = Change(relationship="CLOSED", jurisdictions=["UK"], is_held=True, reason="MOVED", happened_at=AFTER)
    async with hub.act(firm.app, CHANGE) as act:
        changed = await standings.change(act, customer_id, new)
    assert changed == ("RELATIONSHIP", "HOLD", "JURISDICTION_BEGAN", "JURISDICTION_ENDED")
    async with hub.act(firm.app, CHANGE) as act:
        assert await standings.change(act, customer_id, new) == ()
    async with hub.ask(firm.app, READ) as ask:
        now = await customers.read(ask, customer_id)
    assert (now.relationship, now.relationship_at, now.jurisdictions, now.is_held) == (
        "CLOSED",
        AFTER,
        ("UK",),
        True,
    )
    assert await events_of(hub, customer_id) == ["customer.created", "customer.changed"]


async def test_customers_are_paged_both_ways_and_narrowed(hub: Hub, firm: Firm) -> None:
    ids = [await firm.customer(relationship="CLOSED" if number % 2 else "ACTIVE") for number in range(5)]
    known = await firm.customer(identifiers=[external("crm", "P-1")], jurisdictions=["UK"])
    async with hub.ask(firm.app, READ) as ask:
        first = await customers.page(ask, Filter(), limit=4)
        rest = await customers.page(ask, Filter(), after=first.items[-1].id, limit=4)
        back = await customers.page(ask, Filter(), after=ids[3], limit=2, backwards=True)
        closed = await customers.page(ask, Filter(relationship="CLOSED"))
        british = await customers.page(ask, Filter(jurisdiction="UK", system="crm"))
        nobody = await customers.page(ask, Filter(identifier_kind="EMAIL"))
    assert [one.id for one in first.items + rest.items] == [*ids, known]
    assert (first.has_more, rest.has_more) == (True, False)
    assert ([one.id for one in back.items], back.has_more) == (ids[1:3], True)
    assert [one.id for one in closed.items] == [ids[1], ids[3]]
    assert [one.id for one in british.items] == [known]
    assert nobody.items == ()


async def test_an_erased_customer_is_a_stub_that_nothing_opens_and_nobody_finds(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer(identifiers=[email("gone@example.com")], profile=[name("Jane Gone")])
    for _ in range(2):
        async with hub.act(WORKER, Operation.CUSTOMER_ERASE) as act:
            await customers.erase(act, customer_id)
    async with hub.ask(firm.app, READ) as ask:
        stub = await customers.read(ask, customer_id)
        assert stub.erased_at is not None
        assert await finding.find(ask, None, Reference("EMAIL", "gone@example.com")) == ()
        assert await profiles.masked(ask, [customer_id]) == {}
        assert (await customers.page(ask, Filter(is_erased=False))).items == ()
    assert await events_of(hub, customer_id) == ["customer.created", "customer.erased"]
    before = await everything(superuser)
    with pytest.raises(Refusal) as refused:
        async with hub.act(firm.app, CHANGE) as act:
            await standings.change(act, customer_id, Change(relationship="ACTIVE"))
    assert refused.value.code is Code.CONFLICT
    assert await everything(superuser) == before


async def test_another_firms_customer_is_as_absent_as_one_that_never_was(
    hub: Hub, firm: Firm, other_firm: Firm, superuser: asyncpg.Connection
) -> None:
    theirs = await other_firm.customer(identifiers=[email("theirs@example.com")])
    identifier_id = await superuser.fetchval("SELECT id FROM identifier WHERE customer_id = $1", theirs)
    before = await everything(superuser)
    answers: set[tuple[str, str, tuple[str | int, ...]]] = set()
    for customer_id in (theirs, new_id(), firm.id, firm.purposes[0]):
        for verb in (
            partial(customers.read),
            partial(standings.change, new=Change(relationship="CLOSED")),
            partial(identities.add_identifier, new=email("new@example.com")),
            partial(profiles.set_profile, values=[name("New")]),
            partial(profiles.reveal, reason="SERVICE", explanation="why"),
            partial(standings.touch, channel="PHONE"),
        ):
            with pytest.raises(Refusal) as refused:
                async with hub.act(firm.app, CHANGE) as act:
                    await verb(act, customer_id)
            answers.add((refused.value.code, refused.value.message, refused.value.path))
    assert answers == {(Code.NOT_FOUND, "No customer with this id or key.", ("customer",))}
    for verb in (identities.end_identifier, identities.verify_identifier):
        for unknown in (identifier_id, new_id(), theirs):
            with pytest.raises(Refusal, match="No identifier"):
                async with hub.act(firm.app, CHANGE) as act:
                    await verb(act, unknown)
    assert await everything(superuser) == before


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"jurisdictions": []}, ("jurisdictions",)),
        ({"jurisdictions": ["XX"]}, ("jurisdictions",)),
        ({"relationship": "FRIEND"}, ("relationship",)),
        ({"age": "OLD"}, ("age",)),
        ({"kind": "DOG"}, ("kind",)),
        ({"locale": "en AU"}, ("locale",)),
        ({"locale": ""}, ("locale",)),
        ({"happened_at": FUTURE}, ("happened_at",)),
        ({"happened_at": BEFORE.replace(tzinfo=None)}, ("happened_at",)),
        ({"happened_at": BEFORE.replace(year=1066)}, ("happened_at",)),
        ({"identifiers": [email("not an address")]}, ("identifiers", 0, "value")),
        ({"identifiers": [email("a@example.com"), phone("12")]}, ("identifiers", 1, "value")),
        ({"identifiers": [external("crm", "\x00")]}, ("identifiers", 0, "value")),
        ({"identifiers": [external("", "1")]}, ("identifiers", 0, "system")),
        ({"identifiers": [external("Jane Roe's", "1")]}, ("identifiers", 0, "system")),
        ({"identifiers": [external(".crm", "1")]}, ("identifiers", 0, "system")),
        ({"identifiers": [external("ſ" * 64, "1")]}, ("identifiers", 0, "system")),
        ({"identifiers": [email("a@example.com", system="crm")]}, ("identifiers", 0, "system")),
        ({"identifiers": [email(f"a{number}@example.com") for number in range(51)]}, ("identifiers",)),
        ({"profile": [NewValue("gossip", "name", "x")]}, ("profile", 0, "category")),
        ({"profile": [NewValue("identity", "Full Name", "x")]}, ("profile", 0, "field")),
        ({"profile": [name("")]}, ("profile", 0, "value")),
        ({"profile": [name("a\x00b")]}, ("profile", 0, "value")),
        ({"profile": [name("\ud800")]}, ("profile", 0, "value")),
        ({"profile": [name("x" * 4001)]}, ("profile", 0, "value")),
    ],
)
async def test_a_customer_who_makes_no_sense_is_refused_by_place_and_nothing_changes(
    firm: Firm, superuser: asyncpg.Connection, changes: dict[str, object], path: tuple[str | int, ...]
) -> None:
    before = await everything(superuser)
    with pytest.raises(Refusal) as refused:
        await firm.customer(**changes)
    assert refused.value.path == path
    assert await everything(superuser) == before


async def test_a_customer_cannot_be_made_for_another_or_an_unknown_firm(
    hub: Hub, firm: Firm, other_firm: Firm, superuser: asyncpg.Connection
) -> None:
    before = await everything(superuser)
    for actor, organisation_id in (
        (firm.app, other_firm.id),
        (OPERATOR, new_id()),
        (OPERATOR, firm.purposes[0]),
    ):
        with pytest.raises(Refusal, match="No organisation"):
            async with hub.act(actor, CREATE) as act:
                await customers.create(act, customers.NewCustomer(organisation_id, "en", ["AU"]))
    assert await everything(superuser) == before


async def test_many_customers_are_shown_by_one_statement(hub: Hub, firm: Firm) -> None:
    ids = [
        await firm.customer(
            identifiers=[email(f"many{number}@example.com")], profile=[name(f"Many {number}")]
        )
        for number in range(5)
    ]
    statements: list[str] = []
    async with hub.ask(firm.app, READ) as ask:
        async with ask.connection() as connection:
            wire = connection
        with wire.query_logger(lambda query: statements.append(query.query)):
            shown = await profiles.masked(ask, ids)
    assert list(shown) == ids
    # A connection that sees a type for the first time looks it up by statements of its own.
    assert len([each for each in statements if "identifier" in each]) == 1
    assert [
        each
        for each in statements
        if "identifier" not in each and "jit" not in each and "typeinfo" not in each
    ] == []
