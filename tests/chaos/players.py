"""Who acts in a seeded history: each remembers, through every crash, what they meant and were told."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from hub import anchors, customers, profiles, standings
from hub.act import FAILURES, Act, Hub
from hub.actors import OPERATOR, Actor, Operation
from hub.errors import Refusal, Unready
from hub.pairwise import Pairs
from hub.partners import feed, placing, rechecking, sweeping
from hub.partners.feed import Entry
from hub.profiles import NewValue
from hub.sealing import seal_once
from hub.standings import Change
from schema.relay import uuid_of
from tests.chaos import stage as acts
from tests.chaos.stage import Intention, code_of
from tests.handing.test_over_http import OFFER, PAGE
from tests.internal.door import Door
from tests.partner.partner import Partner

AGAIN = {"UNAVAILABLE", "OUTCOME_UNKNOWN", "IN_PROGRESS", "UNAUTHENTICATED"}
REFUSED = {"CONFLICT", "NOT_FOUND"}
OPT_IN = acts.OPT_OUT.replace("optOut", "optIn")
TROUBLE = (Refusal, Unready, *FAILURES)
PAGE_SIZE, BATCH_ENTRIES, BACK = 3, 9, 4
Take = Callable[[str, str], Awaitable[None]]


@dataclass
class Site:
    """One life of the hub, as its clients reach it; another after each crash."""

    hub: Hub
    door: Door
    partner: Partner
    take: Take


@dataclass
class App:
    """An internal app: what it once began it asks for by the same key until it knows."""

    name: str
    chance: random.Random
    customers: Sequence[UUID]
    login: tuple[str, str]
    meant: tuple[str, Intention, list[UUID]] | None = None
    done: list[tuple[str, Intention, list[UUID], Any]] = field(default_factory=list[Any])
    codes: Counter[str] = field(default_factory=Counter[str])
    token: str = ""

    async def live(self, site: Site) -> None:
        """Go on for ever."""
        while True:
            await self.once(site)

    async def once(self, site: Site) -> None:
        """Ask for what is not known yet, or for something new."""
        self.meant = self.meant or self._next()
        kind, intention, whom = self.meant
        await site.take(self.name, kind)
        if not self.token:
            await self._sign_in(site)
            return
        answer = await posted(site.door, intention, self.token)
        code = code_of(answer)
        self.codes[code or "done"] += 1
        if code == "UNAUTHENTICATED":
            self.token = ""
        if code is None:
            self.done.append((kind, intention, whom, answer["data"]))
        assert code is None or code in AGAIN | REFUSED, answer
        self.meant = self.meant if code in AGAIN else None

    def _next(self) -> tuple[str, Intention, list[UUID]]:
        kind, whom = self.chance.choice(sorted(KINDS)), self.chance.sample(self.customers, 2)
        some = whom if kind == "decisions" else whom[:1]
        return kind, KINDS[kind](some), some

    async def _sign_in(self, site: Site) -> None:
        form = {"grant_type": "client_credentials"}
        async with site.partner.http() as http:
            answer = await http.post("/oauth/token", data=form, auth=self.login)
        self.token = token_of(answer)


def opt_in(customer: UUID) -> Intention:
    """This customer lets it be shared again."""
    return replace(acts.opt_out(customer), document=OPT_IN)


KINDS: dict[str, Callable[[list[UUID]], Intention]] = {
    "collect": lambda whom: acts.collect(whom[0]),
    "create": lambda _: acts.create(),
    "decide": lambda whom: acts.decide(whom[0]),
    "decisions": lambda whom: acts.decisions(*whom),
    "opt in": lambda whom: opt_in(whom[0]),
    "opt out": lambda whom: acts.opt_out(whom[0]),
}


async def posted(door: Door, intention: Intention, token: str) -> dict[str, Any]:
    """Ask through the door."""
    headers = {"Idempotency-Key": f'"{intention.key}"'}
    return (await door.post(token, intention.document, {"input": intention.input}, headers)).json()


def token_of(answer: httpx.Response) -> str:
    """The token, or nothing where the server could not say."""
    assert answer.status_code in {200, 503}, answer.text
    return answer.json().get("access_token", "")


@dataclass
class Inspectors:
    """A partner that pages through those it may receive, again and again. left: who was handed to it, how often."""

    name: str = "inspectors"
    left: Counter[UUID] = field(default_factory=Counter[UUID])
    token: str = ""
    after: str | None = None

    async def live(self, site: Site) -> None:
        """Go on for ever."""
        while True:
            await site.take(self.name, "page")
            if not self.token:
                self.token = token_of(await site.partner.sign_in())
                continue
            given = {**OFFER, "first": PAGE_SIZE, "after": self.after}
            answer = (await site.partner.post(self.token, PAGE, given)).json()
            if "errors" in answer:
                assert code_of(answer) in AGAIN, answer
                self.token = "" if code_of(answer) == "UNAUTHENTICATED" else self.token
                continue
            self._take(site, answer["data"]["customers"])

    def _take(self, site: Site, page: dict[str, Any]) -> None:
        names = [uuid_of(each["node"]["id"], "Customer") for each in page["edges"]]
        self.left.update(Pairs(site.hub, site.partner.recipient_id).meant(names))
        self.after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None


@dataclass
class Reader:
    """The same partner's copy of its withdrawals: goes on from any place of the last few it has reached."""

    actor: Actor
    chance: random.Random
    name: str = "reader"
    seen: list[Entry] = field(default_factory=list[Entry])

    async def live(self, site: Site) -> None:
        """Go on for ever."""
        while True:
            await site.take(self.name, "read on")
            with suppress(*TROUBLE):
                await self.read(site.hub)

    async def read(self, hub: Hub) -> None:
        """Read on."""
        start = max(0, len(self.seen) - self.chance.randrange(BACK))
        found = await feed.after(hub.database.single(), self.actor, start, PAGE_SIZE)
        self.seen[start : start + len(found)] = found


@dataclass
class Worker:
    """Asks again, looks through, gives places in feeds."""

    name: str
    chance: random.Random

    async def live(self, site: Site) -> None:
        """Go on for ever."""
        jobs = {
            "begin a sweep": sweeping.begin,
            "place": placing.place,
            "recheck": rechecking.recheck,
            "sweep": sweeping.sweep,
        }
        while True:
            what = self.chance.choice(sorted(jobs))
            await site.take(self.name, what)
            with suppress(*TROUBLE):
                await jobs[what](site.hub)


@dataclass
class Sealer:
    """Seals what waits, a little at a time."""

    name: str

    async def live(self, site: Site) -> None:
        """Go on for ever."""
        while True:
            await site.take(self.name, "seal")
            with suppress(*TROUBLE, asyncpg.PostgresError, TimeoutError):
                async with site.hub.database.sealer() as connection:
                    await self.seal(site.hub, connection)

    async def seal(self, hub: Hub, connection: asyncpg.Connection) -> bool:
        """Seal a little; False where nothing waits."""
        seal = await seal_once(connection, hub.vault.keyring, BATCH_ENTRIES)
        if seal is not None:
            anchors.append(hub.settings.anchors, seal.statement, seal.signature)
        return seal is not None


@dataclass
class Staff:
    """Changes records, and now and then erases one for good. erased: those of whom it was told so."""

    chance: random.Random
    customers: Sequence[UUID]
    firm: UUID
    name: str = "staff"
    erased: set[UUID] = field(default_factory=set[UUID])

    async def live(self, site: Site) -> None:
        """Go on for ever."""
        while True:
            what = self.chance.choice(["correct", "correct", "erase", "free", "restrict", "restrict"])
            whom = self.chance.choice(self.customers)
            await site.take(self.name, what)
            with suppress(*TROUBLE):
                await site.hub.perform(OPERATOR, *self._doing(what, whom))
                self.erased |= {whom} if what == "erase" else set()

    def _doing(self, what: str, whom: UUID) -> tuple[Operation, Callable[[Act], Awaitable[Any]]]:
        if what == "erase":
            return Operation.CUSTOMER_ERASE, lambda act: customers.erase(act, whom)
        if what == "correct":
            new = [NewValue("contact", "city", f"Town {self.chance.randrange(9)}")]
            return Operation.CUSTOMER_CHANGE, lambda act: profiles.set_profile(act, whom, new, self.firm)
        change = Change(is_restricted=what == "restrict", reason="TEST")
        return Operation.CUSTOMER_CHANGE, lambda act: standings.change(act, whom, change, self.firm)
