"""A small believable world for tests: a conveyancing and lettings firm in Sydney and Manchester.

Its notice grew over three years: the first version names two building inspectors, the second speaks of
building inspectors as a class, the third adds mortgage brokers, just before an alliance with one begins.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from hub import arrangements, categories, choices, collections, customers, notices, organisations, purposes
from hub.act import Act, Hub
from hub.actors import OPERATOR, SCOPES, Actor, Operation, Role
from hub.arrangements import Arrangement
from hub.catalogue import Page
from hub.categories import Category
from hub.db import new_id
from hub.identities import NewIdentifier
from hub.notices import NewNotice, Notice, NoticeVersion
from hub.organisations import Department, NewDepartment, NewOrganisation, Organisation
from hub.purposes import Purpose
from hub.recipients import Recipient, RecipientClass
from hub.said import Evidence, Grade, Scope
from tests.harbour import INTAKE, add_recipients, new_arrangements, new_purposes, publish_versions
from tests.mould import Mould, Rows, take

_MOULDS: WeakKeyDictionary[Hub, Mould] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class World:
    """What was built, by key. versions: v1 of 2023, v2 of 2024, v3 of 2025."""

    organisation: Organisation
    notice: Notice
    departments: Mapping[str, Department]
    categories: Mapping[str, Category]
    purposes: Mapping[str, Purpose]
    classes: Mapping[str, RecipientClass]
    recipients: Mapping[str, Recipient]
    arrangements: Mapping[str, Arrangement]
    versions: Mapping[str, NoticeVersion] = field(default_factory=dict[str, NoticeVersion])

    def app(self, department: str | None = "conveyancing", *roles: Role) -> Actor:
        """An internal app of a department; without roles it holds every scope."""
        owner = self.departments[department].id if department else None
        return Actor("app", new_id(), self.organisation.id, owner, frozenset(roles or SCOPES))

    async def customer(
        self,
        hub: Hub,
        *,
        jurisdiction: str = "AU",
        joined: str = "2024-03-01",
        shown: str | None = "v1",
        intake: Sequence[str] = INTAKE,
        **more: object,
    ) -> UUID:
        """Add a customer whose data came in on the day `joined` under the version `shown` (None: no notice).

        more: relationship, age, locale, source, optout_offered, email, and the choices of `choose`.
        """
        at = midday(joined)
        async with hub.act(OPERATOR, Operation.CUSTOMER_CREATE) as act:
            customer = await customers.create(
                act,
                customers.NewCustomer(
                    organisation_id=self.organisation.id,
                    locale=str(more.pop("locale", "en")),
                    jurisdictions=[jurisdiction],
                    relationship=str(more.pop("relationship", "ACTIVE")),
                    age=str(more.pop("age", "ADULT")),
                    identifiers=[NewIdentifier("EMAIL", str(more.pop("email", f"{new_id()}@example.org")))],
                    happened_at=at,
                ),
            )
            await collections.record(
                act,
                collections.NewCollection(
                    customer_id=customer,
                    organisation_id=self.organisation.id,
                    source=str(more.pop("source", "CUSTOMER")),
                    categories=[self.categories[key].id for key in intake],
                    optout_offered=bool(more.pop("optout_offered", True)),
                    notice_version_id=self.versions[shown].id if shown else None,
                    shown_how="WEB" if shown else None,
                    happened_at=at,
                ),
            )
        if more:
            await self.choose(hub, customer, **more)  # type: ignore[arg-type]
        return customer

    async def deliver(self, hub: Hub, customer: UUID, shown: str, on: str) -> None:
        """Let a version reach a customer later."""
        async with hub.act(OPERATOR, Operation.DELIVERY_RECORD) as act:
            await collections.deliver(
                act,
                collections.NewDelivery(
                    customer,
                    self.organisation.id,
                    self.versions[shown].id,
                    "EMAIL",
                    "en",
                    happened_at=midday(on),
                ),
            )

    async def choose(  # noqa: PLR0913 - each is a choice a customer can make
        self,
        hub: Hub,
        customer: UUID,
        *,
        on: str = "2026-01-15",
        consents: str | None = None,
        refuses: str | None = None,
        withdraws: str | None = None,
        objects_to: str | None = None,
        recipient: str | None = None,
        channels: Sequence[str] = (),
        grade: str = Grade.EXPLICIT,
        stops_marketing: bool = False,
        stops_sharing: bool = False,
    ) -> None:
        """Record choices made on a day: consents, refuses, withdraws and objects_to name a purpose."""
        said = Evidence("May we do this?", "WEB", happened_at=midday(on))

        def scope(purpose: str | None, towards: str | None = None) -> Scope:
            about = self.purposes[purpose].id if purpose else None
            whom = self.recipients[towards].id if towards else None
            return Scope(customer, self.organisation.id, about, channels, whom)

        async with hub.act(OPERATOR, Operation.CHOICE_RECORD) as act:
            if consents:
                await choices.give_consent(act, scope(consents, recipient), said, grade)
            if refuses:
                await choices.refuse_consent(act, scope(refuses, recipient), said)
            if withdraws:
                await choices.withdraw_consent(act, scope(withdraws, recipient), said)
            if objects_to:
                await choices.object_to(act, scope(objects_to), said)
            if stops_marketing:
                await choices.opt_out_of_marketing(act, scope(None), said)
            if stops_sharing:
                await choices.opt_out(act, "SHARING", scope(None), said)


def midday(day: str) -> datetime:
    """Noon of a day, UTC."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=12)


async def build_silent_world(hub: Hub) -> World:
    """Build a firm that has promised nothing yet: for who only keeps customers, in a tenth of the time."""
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        firm, known = await _set_up(act)
        told = await notices.create(act, NewNotice("customers", "Customers of Harbour & Moor", firm.id))
    return World(firm, told, {}, known, {}, {}, {}, {})


async def _set_up(act: Act) -> tuple[Organisation, dict[str, Category]]:
    await categories.seed(act)
    contact = "12 Quay Street, Sydney; privacy@harbour.example"
    new = NewOrganisation(f"harbour-{new_id().hex}", "Harbour & Moor", "AU", contact)
    firm = await organisations.set_up(act, new)
    return firm, await _known(act)


async def _known(act: Act) -> dict[str, Category]:
    return {row.key: row for row in await categories.page(act, Page(200))}


async def build_world(hub: Hub) -> World:
    """Build the world in an organisation of its own: by the hub's verbs for the first, by its mould for all others."""
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        if hub in _MOULDS:
            return _of(await _MOULDS[hub].cast(act), await _known(act))
        firm, known = await _set_up(act)
        for name in ("Conveyancing", "Marketing", "Lettings"):
            await organisations.add_department(act, NewDepartment(name.lower(), name, firm.id))
        for use in new_purposes(firm.id):
            await purposes.define(act, use)
        await add_recipients(act, firm.id)
        for one in new_arrangements(firm.id):
            await arrangements.agree(act, one)
        await publish_versions(
            act, await notices.create(act, NewNotice("customers", "Customers of Harbour & Moor", firm.id))
        )
        made = await take(act, firm)
    _MOULDS[hub] = made
    return _of(deepcopy(made.rows), known)


def _of(rows: Rows, known: Mapping[str, Category]) -> World:
    def by_key(kind: type[Any]) -> dict[str, Any]:
        return {row.key: row for row in rows[kind]}

    (firm,), (told,) = rows[Organisation], rows[Notice]
    return World(
        firm,
        told,
        by_key(Department),
        known,
        by_key(Purpose),
        by_key(RecipientClass),
        by_key(Recipient),
        by_key(Arrangement),
        {f"v{row.number}": row for row in rows[NoticeVersion]},
    )
