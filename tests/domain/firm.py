"""A firm to do business in: an organisation with what a customer's story needs, and acts by its own app."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from hub.act import Act, Hub
from hub.actors import OPERATOR, Actor, Operation, Role
from hub.customers import NewCustomer, create
from hub.db import new_id
from hub.identities import NewIdentifier
from hub.models import Category, Clause, Notice, NoticeText, NoticeVersion, Organisation, Purpose, Recipient
from hub.profiles import NewValue
from hub.said import Evidence, Scope
from tests.untouched import written

PUBLISHED = datetime(2024, 1, 1, tzinfo=UTC)
BEFORE = datetime(2023, 6, 1, tzinfo=UTC)
AFTER = datetime(2025, 6, 1, tzinfo=UTC)
FUTURE = datetime(2126, 1, 1, tzinfo=UTC)


@dataclass
class Firm:
    """One organisation, its catalogue and its app. people: whom it has met; letters: what was delivered, to whom."""

    hub: Hub
    id: UUID
    app: Actor
    purposes: list[UUID]
    recipients: list[UUID]
    categories: dict[str, UUID]
    version: UUID
    draft: UUID
    people: list[UUID] = field(default_factory=list[UUID])
    letters: dict[UUID, list[tuple[str, str]]] = field(default_factory=dict[UUID, list[tuple[str, str]]])

    async def customer(self, **changes: Any) -> UUID:
        """Meet one more customer."""
        given: dict[str, Any] = {
            "locale": "en-AU",
            "jurisdictions": ["AU"],
            "relationship": "ACTIVE",
            **changes,
        }
        async with self.hub.act(self.app, Operation.CUSTOMER_CREATE) as act:
            self.people.append(await create(act, NewCustomer(self.id, **given)))
        return self.people[-1]

    def scope(self, customer_id: UUID, **changes: Any) -> Scope:
        """Name a scope of the first purpose."""
        return replace(Scope(customer_id, self.id, self.purposes[0]), **changes)


def evidence(**changes: Any) -> Evidence:
    """Say it by a form."""
    return replace(Evidence("I agree to hear about mortgages.", "WEB"), **changes)


def email(address: str, **changes: Any) -> NewIdentifier:
    return NewIdentifier("EMAIL", address, **changes)


def phone(number: str, **changes: Any) -> NewIdentifier:
    return NewIdentifier("PHONE", number, **changes)


def external(system: str, value: str) -> NewIdentifier:
    return NewIdentifier("EXTERNAL", value, system)


def name(text: str) -> NewValue:
    return NewValue("identity", "name", text)


async def found(hub: Hub) -> Firm:
    """Set a new firm up."""
    async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
        organisation_id = new_id()
        await Organisation.create(
            id=organisation_id,
            key=f"firm-{organisation_id}",
            name="Firm",
            country="AU",
            contact="privacy@firm.example",
            created_at=act.at,
            using_db=act.db,
        )
        categories = await _categories(act)
        purposes = [await _purpose(act, organisation_id, key, categories) for key in ("mortgages", "letters")]
        recipients = [await _recipient(act, organisation_id, key) for key in ("bank", "lawyer")]
        version, draft = await _notice(act, organisation_id, purposes, categories)
        await act.record("organisation.set_up", organisation=organisation_id)
    roles = frozenset({Role.CUSTOMERS_READ, Role.CUSTOMERS_WRITE, Role.CUSTOMERS_REVEAL})
    app = Actor("app", new_id(), organisation_id, roles=roles)
    return Firm(hub, organisation_id, app, purposes, recipients, categories, version, draft)


async def _categories(act: Act) -> dict[str, UUID]:
    for key in ("identity", "contact", "financial"):
        if await Category.filter(key=key).using_db(act.db).exists():
            continue
        await Category.create(
            id=new_id(),
            key=key,
            names={"en": key},
            sensitivity="ORDINARY",
            sensitivity_by_jurisdiction={},
            fideslang_key=f"user.{key}",
            dpv_iri=f"https://w3id.org/dpv/pd#{key}",
            created_at=act.at,
            using_db=act.db,
        )
    return {row["key"]: row["id"] for row in await act.rows("SELECT key, id FROM category")}


async def _purpose(act: Act, organisation_id: UUID, key: str, categories: dict[str, UUID]) -> UUID:
    purpose = await Purpose.create(
        id=new_id(),
        organisation_id=organisation_id,
        key=key,
        kind="MARKETING",
        names={"en": key},
        benefits={"en": "We save you a search."},
        categories=[categories["contact"]],
        departments=[],
        created_at=act.at,
        using_db=act.db,
    )
    return purpose.id


async def _recipient(act: Act, organisation_id: UUID, key: str) -> UUID:
    recipient = await Recipient.create(
        id=new_id(),
        organisation_id=organisation_id,
        key=key,
        name=key,
        country="AU",
        created_at=act.at,
        using_db=act.db,
    )
    return recipient.id


async def _notice(
    act: Act, organisation_id: UUID, purposes: list[UUID], categories: dict[str, UUID]
) -> tuple[UUID, UUID]:
    notice = await Notice.create(
        id=new_id(),
        organisation_id=organisation_id,
        key="customers",
        name="Customers",
        created_at=act.at,
        using_db=act.db,
    )
    versions = [await _version(act, notice.id, number, purposes[0], categories) for number in (1, 2)]
    await act.execute("UPDATE notice_version SET published_at = $2 WHERE id = $1", versions[0], PUBLISHED)
    return versions[0], versions[1]


async def _version(
    act: Act, notice_id: UUID, number: int, purpose_id: UUID, categories: dict[str, UUID]
) -> UUID:
    version = await NoticeVersion.create(
        id=new_id(),
        notice_id=notice_id,
        number=number,
        jurisdictions=["AU"],
        statements={},
        created_at=act.at,
        using_db=act.db,
    )
    for locale in ("en", "fr"):
        await NoticeText.create(
            id=new_id(),
            notice_version_id=version.id,
            locale=locale,
            title="Privacy",
            body="...",
            using_db=act.db,
        )
    await Clause.create(
        id=new_id(),
        notice_version_id=version.id,
        purpose_id=purpose_id,
        key="mortgages",
        is_primary=True,
        categories=[categories["contact"]],
        recipients=[],
        recipient_classes=[],
        channels=[],
        texts={"en": "We tell you about mortgages."},
        using_db=act.db,
    )
    return version.id


TABLES = (
    "customer", "customer_event", "identifier", "profile_value", "collection", "delivery", "choice",
    "customer_state", "customer_past", "merge_proposal", "keys.customer_key", "ledger_entry", "ledger_detail", "act",
    "consent_question", "consent_question_event", "projection_due",
)  # fmt: skip


async def everything(connection: asyncpg.Connection) -> dict[str, str]:
    """Tell every table that a refused verb must have left alone from one that it touched."""
    return {row["of"]: row["said"] for row in await connection.fetch(written(TABLES))}


async def events_of(hub: Hub, customer_id: UUID) -> list[str]:
    """The ledger's events about a customer, in order."""
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        rows = await ask.rows(
            "SELECT event FROM ledger_entry WHERE subject = $1 ORDER BY recorded_at, sequence", customer_id
        )
    return [row["event"] for row in rows]
