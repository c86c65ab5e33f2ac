"""Whoever steals a copy of the database, without the keyring, reads no name, email or phone in it."""

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import asyncpg
import pytest
import pytest_asyncio

from hub import choices, collections, finding, identities, merges, profiles, standings
from hub.act import Hub
from hub.actors import Operation
from hub.collections import NewCollection, NewDelivery
from hub.errors import Refusal
from hub.finding import Reference
from hub.profiles import NewValue
from hub.said import Evidence
from hub.standings import Change
from tests.domain.firm import Firm, email, external, found, name, phone

NAME, STREET = "Zebulon Quixby-Tharpe", "17 Umberwell Parade"
EMAIL, PHONE, CRM_ID = "zebulon.quixby@tharpemail.example", "+61491578888", "QUIXBY-000451"
CANARIES = (NAME, "Quixby", "quixby", STREET, EMAIL, PHONE, "0491 578 888", "491578888", CRM_ID)
TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""


@pytest_asyncio.fixture
async def firm(fresh_hub: Hub) -> Firm:
    """A firm alone in its database."""
    return await found(fresh_hub)


def spellings(canary: str) -> Iterator[bytes]:
    """Yield how a text may lie in a dump unsealed: plain, hexadecimal, base64, quoted, UTF-16, hashed."""
    plain = canary.encode()
    yield from (plain, plain.hex().encode(), plain.hex().upper().encode(), quote(canary).encode())
    yield from (canary.encode("utf-16-le"), canary.encode("utf-16-be"))
    for offset in range(3):  # where in a group of three bytes the text begins
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * offset + plain + b"\0\0")[4 if offset else 0 : -4]
    for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
        yield from (digest(plain).digest(), digest(plain).hexdigest().encode())


async def dump(connection: asyncpg.Connection) -> bytes:
    """Copy every table out, as text and as bytes."""
    copy = io.BytesIO()
    for row in await connection.fetch(TABLES):
        for form in ("text", "binary"):
            await connection.copy_from_query(f"SELECT * FROM {row[0]}", output=copy, format=form)
    return copy.getvalue()


def found_in(copy: bytes) -> set[str]:
    return {canary for canary in CANARIES for spelling in spellings(canary) if spelling in copy}


async def live(firm: Firm) -> None:
    """Do with one person all that is done with people."""
    hub, app, given = firm.hub, firm.app, [email(EMAIL), phone(PHONE), external("crm", CRM_ID)]
    customer_id = await firm.customer(
        identifiers=given, profile=[name(NAME), NewValue("contact", "address", STREET)]
    )
    twin = await firm.customer(identifiers=[email(EMAIL.upper())], profile=[name(NAME)])
    said = Evidence("I agree.", "PAPER", f"form signed by {NAME}, {EMAIL}")
    async with hub.act(app, Operation.CUSTOMER_CHANGE) as act:
        await identities.add_identifier(act, customer_id, phone("0491 578 888", region="AU"))
        await profiles.set_profile(act, customer_id, [name(f"{NAME} Junior")])
        await standings.change(act, customer_id, Change(relationship="CLOSED", reason="LEFT"))
        await standings.touch(act, customer_id, "PHONE")
    async with hub.act(app, Operation.CUSTOMER_REVEAL) as act:
        await profiles.reveal(act, customer_id, "CUSTOMER_ASKED", f"{NAME} called from {PHONE}")
    contact = [firm.categories["contact"]]
    async with hub.act(app, Operation.COLLECTION_RECORD) as act:
        intake = NewCollection(customer_id, firm.id, "CUSTOMER", contact, optout_offered=True)
        shown = replace(intake, notice_version_id=firm.version, shown_how="BRANCH", proof=f"seen by {NAME}")
        await collections.record(act, shown)
        await collections.deliver(act, NewDelivery(customer_id, firm.id, firm.version, "EMAIL", "en", EMAIL))
    async with hub.act(app, Operation.CHOICE_RECORD) as act:
        scope = firm.scope(customer_id)
        await choices.give_consent(act, scope, said)
        await choices.withdraw_consent(act, scope, said)
        await choices.object_to(act, scope, said)
    async with hub.act(app, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, customer_id, twin)
    async with hub.ask(app, Operation.CUSTOMER_READ) as ask:
        assert await finding.find(ask, None, Reference("EMAIL", EMAIL)) == (customer_id,)


async def test_a_dump_of_the_database_holds_no_name_email_or_phone_in_any_spelling(
    firm: Firm, fresh_hub: Hub
) -> None:
    connection = await asyncpg.connect(fresh_hub.database.url)
    try:
        await live(firm)
        copy = await dump(connection)
        assert len(copy) > 10_000
        assert found_in(copy) == set()
        for planted in (EMAIL, NAME.encode().hex(), base64.b64encode(f"<{PHONE}>".encode()).decode()):
            async with connection.transaction():
                await connection.execute("SET LOCAL session_replication_role = replica")
                await connection.execute("UPDATE organisation SET contact = $1", planted)
            assert found_in(await dump(connection)) != set(), "the search finds what lies there"
    finally:
        await connection.close()


async def test_refusals_about_a_person_do_not_repeat_them(firm: Firm) -> None:
    refusals: list[Refusal] = []
    await firm.customer(identifiers=[external("crm", CRM_ID)])
    for bad in (
        [email(f"{NAME} at home")],
        [phone(f"call {NAME}")],
        [external("crm", f"{CRM_ID}\0")],
        [external("crm", CRM_ID)],
    ):
        with pytest.raises(Refusal) as refused:
            await firm.customer(identifiers=bad, profile=[name(NAME)])
        refusals.append(refused.value)
    for bad_profile in (
        [NewValue(NAME, "name", NAME)],
        [NewValue("identity", NAME, NAME)],
        [name(f"{NAME}\0")],
    ):
        with pytest.raises(Refusal) as refused:
            await firm.customer(profile=bad_profile)
        refusals.append(refused.value)
    assert not any(
        canary in f"{refusal} {refusal!r} {refusal.path}" for refusal in refusals for canary in CANARIES
    )
    given = [
        repr(email(EMAIL)),
        repr(name(NAME)),
        repr(Evidence("w", "WEB", NAME)),
        repr(Reference("PHONE", PHONE)),
    ]
    assert not any(canary in "".join(given) for canary in CANARIES)
