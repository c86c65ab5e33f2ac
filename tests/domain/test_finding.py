"""Customers are found by what people and systems know of them, in any spelling, and only one's own."""

import asyncpg
import pytest

from hub import finding, identities
from hub.act import Hub
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.finding import Reference
from tests.domain.firm import Firm, email, events_of, everything, external, phone

READ, CHANGE = Operation.CUSTOMER_READ, Operation.CUSTOMER_CHANGE


@pytest.mark.parametrize(
    "reference",
    [
        Reference("EMAIL", " JANE.find@example.COM "),
        Reference("PHONE", "0491 570 156", region="AU"),
        Reference("EXTERNAL", "F-1", system="crm"),
        Reference("EXTERNAL", "F-1", system="Crm"),
    ],
)
async def test_a_customer_is_found_by_each_identifier_in_any_spelling(
    hub: Hub, firm: Firm, other_firm: Firm, reference: Reference
) -> None:
    given = [email("jane.find@example.com"), phone("+61491570156"), external("crm", "F-1")]
    customer_id = await firm.customer(identifiers=given)
    elsewhere = await other_firm.customer(identifiers=given)
    async with hub.ask(firm.app, READ) as ask:
        assert await finding.find(ask, None, reference) == (customer_id,)
        assert await finding.find(ask, None, Reference("ID", str(customer_id))) == (customer_id,)
        assert await finding.find(ask, None, Reference("ID", str(elsewhere))) == ()


async def test_a_shared_mailbox_finds_both_and_asks_for_an_id(hub: Hub, firm: Firm) -> None:
    both = [await firm.customer(identifiers=[email("family@example.com")]) for _ in range(2)]
    async with hub.ask(firm.app, READ) as ask:
        assert await finding.find(ask, None, Reference("EMAIL", "family@example.com")) == tuple(sorted(both))
        with pytest.raises(Refusal) as refused:
            await finding.find_one(ask, None, Reference("EMAIL", "family@example.com"), "input", "customer")
    assert refused.value.code is Code.CONFLICT
    assert refused.value.path == ("input", "customer")
    assert "2 customers share this" in refused.value.message


async def test_an_external_id_names_one_customer_of_a_firm(
    firm: Firm, other_firm: Firm, superuser: asyncpg.Connection
) -> None:
    await firm.customer(identifiers=[external("crm", "X-9")])
    await other_firm.customer(identifiers=[external("crm", "X-9")])
    await firm.customer(identifiers=[external("billing", "X-9")])
    before = await everything(superuser)
    with pytest.raises(Refusal) as refused:
        await firm.customer(identifiers=[external("crm", " X-9 ")])
    assert refused.value.code is Code.CONFLICT
    assert await everything(superuser) == before


async def test_an_identifier_is_added_once_verified_once_and_ended(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer()
    async with hub.act(firm.app, CHANGE) as act:
        added = await identities.add_identifier(act, customer_id, email("late@example.com"))
    async with hub.act(firm.app, CHANGE) as act:
        assert await identities.add_identifier(act, customer_id, email(" LATE@example.com")) == added
    async with hub.act(firm.app, CHANGE) as act:
        first = await identities.verify_identifier(act, added.id)
    async with hub.act(firm.app, CHANGE) as act:
        again = await identities.verify_identifier(act, added.id)
    assert first.verified_at == again.verified_at
    async with hub.act(firm.app, CHANGE) as act:
        ended = await identities.end_identifier(act, added.id)
    async with hub.act(firm.app, CHANGE) as act:
        assert await identities.end_identifier(act, added.id) == ended
    assert ended.ended_at is not None
    async with hub.ask(firm.app, READ) as ask:
        assert await finding.find(ask, None, Reference("EMAIL", "late@example.com")) == ()
    expected = ["customer.created", "identifier.added", "identifier.verified", "identifier.ended"]
    assert await events_of(hub, customer_id) == expected


async def test_many_references_are_found_by_one_statement_in_their_order(hub: Hub, firm: Firm) -> None:
    ids = [await firm.customer(identifiers=[email(f"m{number}@example.com")]) for number in range(3)]
    references = [Reference("EMAIL", f"m{number}@example.com") for number in (2, 9, 0)]
    references.append(Reference("ID", str(ids[1])))
    statements: list[str] = []
    async with hub.ask(firm.app, READ) as ask:
        async with ask.connection() as connection:
            wire = connection
        with wire.query_logger(lambda query: statements.append(query.query)):
            found = await finding.find_many(ask, None, references)
    assert found == [(ids[2],), (), (ids[0],), (ids[1],)]
    assert len(statements) == 1


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        (Reference("ID", "not-an-id"), ("in", 0, "value")),
        (Reference("NICKNAME", "Jo"), ("in", 0, "kind")),
        (Reference("EMAIL", "nobody"), ("in", 0, "value")),
        (Reference("PHONE", "12"), ("in", 0, "value")),
        (Reference("EXTERNAL", "1"), ("in", 0, "system")),
        (Reference("EXTERNAL", "\0", system="crm"), ("in", 0, "value")),
    ],
)
async def test_a_reference_that_cannot_name_anybody_is_refused_by_place(
    hub: Hub, firm: Firm, reference: Reference, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(Refusal) as refused:
        async with hub.ask(firm.app, READ) as ask:
            await finding.find_many(ask, None, [reference], "in")
    assert (refused.value.code, refused.value.path) == (Code.INVALID, path)


async def test_too_many_references_at_once_are_refused(hub: Hub, firm: Firm) -> None:
    with pytest.raises(Refusal) as refused:
        async with hub.ask(firm.app, READ) as ask:
            await finding.find_many(ask, None, [Reference("EMAIL", "a@example.com")] * 1001)
    assert refused.value.code is Code.LIMIT
