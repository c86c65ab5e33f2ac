"""One customer's history, told by the hub's own verbs, each event on its day."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub import choices, collections, customers, standings
from hub.act import Act
from hub.collections import NewCollection, NewDelivery
from hub.customers import NewCustomer
from hub.db import new_id
from hub.said import Choice, Evidence, Scope
from hub.standings import Change, Event, When

if TYPE_CHECKING:
    from tests.resolver.land import Land


def instant(day: str) -> datetime:
    """Noon of a day, or the instant that is written, UTC."""
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return at if "T" in day else at.replace(hour=12)


def said(on: str) -> Evidence:
    """How a choice of a day reached us."""
    return Evidence("May we do this?", "WEB", happened_at=instant(on))


class Life:
    """Tells what happens to one customer; `act` is the act it is told in."""

    def __init__(self, land: "Land", act: Act) -> None:
        self.land = land
        self.act = act
        self.id = UUID(int=0)

    async def begin(
        self,
        jurisdictions: Sequence[str],
        *,
        joined: str = "2024-06-01",
        shown: str | None = "second",
        relationship: str = "ACTIVE",
        age: str = "ADULT",
        **intake: Any,
    ) -> None:
        """Be met on a day, with data coming in (`intake`: see `gives`; shown None and no categories: nothing)."""
        self.id = await customers.create(
            self.act,
            NewCustomer(
                self.land.organisation,
                "en",
                jurisdictions,
                relationship,
                age,
                happened_at=instant(joined),
            ),
        )
        if intake.get("categories", "contact"):
            await self.gives(joined, shown=shown, **intake)

    async def gives(
        self,
        on: str,
        categories: str = "contact identity",
        *,
        shown: str | None = None,
        shown_on: str | None = None,
        source: str = "CUSTOMER",
        offered: bool = True,
    ) -> None:
        """Let data come in."""
        await collections.record(
            self.act,
            NewCollection(
                self.id,
                self.land.organisation,
                source,
                [self.land.categories[each] for each in categories.split()],
                offered,
                self.land.versions[shown] if shown else None,
                "WEB" if shown else None,
                instant(shown_on) if shown_on else None,
                happened_at=instant(on),
            ),
        )

    async def told(self, on: str, version: str) -> None:
        """Let a notice reach the customer."""
        await collections.deliver(
            self.act,
            NewDelivery(
                self.id,
                self.land.organisation,
                self.land.versions[version],
                "EMAIL",
                "en",
                happened_at=instant(on),
            ),
        )

    def scope(self, purpose: str | None, channel: str | None = None, recipient: str | None = None) -> Scope:
        """What a word is about; None: all."""
        return Scope(
            self.id,
            self.land.organisation,
            self.land.purposes[purpose] if purpose else None,
            [channel] if channel else [],
            self.land.recipients[recipient] if recipient else None,
        )

    async def consents(
        self, on: str, purpose: str, *, grade: str = "EXPLICIT", ends: str | None = None, **scope: Any
    ) -> None:
        """Agree; scope: channel, recipient."""
        ends_at = instant(ends) if ends else None
        await choices.give_consent(self.act, self.scope(purpose, **scope), said(on), grade, ends_at)

    async def refuses(self, on: str, purpose: str, **scope: Any) -> None:
        """Say no when asked."""
        await choices.refuse_consent(self.act, self.scope(purpose, **scope), said(on))

    async def withdraws(self, on: str, purpose: str, **scope: Any) -> None:
        """Take consents back."""
        await choices.withdraw_consent(self.act, self.scope(purpose, **scope), said(on))

    async def asked(self, on: str, purpose: str, **scope: Any) -> None:
        """Be asked; no answer yet."""
        await choices.ask_consent(self.act, self.scope(purpose, **scope), said(on))

    async def stops_marketing(self, on: str, channel: str | None = None, purpose: str | None = None) -> None:
        """Opt out of marketing."""
        await choices.opt_out_of_marketing(self.act, self.scope(purpose, channel), said(on))

    async def opts_out(self, on: str, kind: str, purpose: str | None = None, **scope: Any) -> None:
        """Opt out of SHARING, by SIGNAL, or LIMIT."""
        await choices.opt_out(self.act, kind, self.scope(purpose, **scope), said(on))

    async def opts_in(self, on: str, kind: str, purpose: str | None = None, **scope: Any) -> None:
        """Take such an opt-out back."""
        await choices.opt_in(self.act, kind, self.scope(purpose, **scope), said(on))

    async def objects(self, on: str, purpose: str | None = None, **scope: Any) -> Choice:
        """Object."""
        [made] = await choices.object_to(self.act, self.scope(purpose, **scope), said(on))
        return made

    async def settled(self, on: str, objection: Choice, *, is_upheld: bool) -> None:
        """Have an objection settled."""
        await choices.settle_objection(self.act, objection.id, said(on), is_upheld=is_upheld)

    async def drops_objection(self, on: str, purpose: str | None = None, **scope: Any) -> None:
        """Take objections back."""
        await choices.withdraw_objection(self.act, self.scope(purpose, **scope), said(on))

    async def lets_abroad(self, on: str, recipient: str, ends: str | None = None) -> None:
        """Agree to a transfer abroad."""
        ends_at = instant(ends) if ends else None
        await choices.consent_to_transfer(self.act, self.scope(None, None, recipient), said(on), ends_at)

    async def forbids_abroad(self, on: str, recipient: str) -> None:
        """Take that back."""
        await choices.withdraw_transfer(self.act, self.scope(None, None, recipient), said(on))

    async def becomes(self, on: str, **change: Any) -> None:
        """Let something become so; see `standings.Change`."""
        await standings.change(
            self.act, self.id, Change(happened_at=instant(on), **change), self.land.organisation
        )

    async def gets_in_touch(self, on: str) -> None:
        """Be in contact, on a day that may be past."""
        event = Event("CONTACT", "PHONE", is_ours=True)
        await standings.tell(self.act, When(self.id, self.land.organisation, instant(on)), [event])
        await self.act.record("customer.contacted", self.id, channel="PHONE")

    async def checked(self, on: str, jurisdiction: str, *, is_listed: bool = False) -> None:
        """Have the number looked up in a register."""
        await self.act.execute(
            """INSERT INTO registry_check (id, customer_id, jurisdiction, listed, happened_at, recorded_at, act_id)
               VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            new_id(), self.id, jurisdiction, is_listed, instant(on), self.act.at, self.act.id,
        )  # fmt: skip
        await self.act.record("registry.checked", self.id, jurisdiction=jurisdiction)

    async def erased(self, on: str | None = None) -> None:
        """Be erased; on a past day, by the event alone."""
        if on is None:
            await customers.erase(self.act, self.id)
        else:
            await standings.tell(self.act, When(self.id, None, instant(on)), [Event("ERASURE", "ON")])
            await self.act.record("customer.erased", self.id)
