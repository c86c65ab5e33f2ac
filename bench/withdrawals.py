"""Withdrawals by one real worker process: from a customer's word until their recipients can read what to forget.

A hundred words a second, each of a customer whose details one recipient has, which is told by webhook besides.
Then five hundred customers at once, whose details twenty recipients have each; and five hundred more, while one of the
twenty is dead: it reads nothing, and its endpoint hangs. The hub commits durably.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple
from uuid import UUID

import asyncpg
from aiohttp import web

from bench.requests import start_worker
from hub import arrangements, choices, decisions, disclosures, embedded, recipients
from hub.act import Act, Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Actor, Operation, Role
from hub.answers import Answer
from hub.arrangements import NewArrangement
from hub.cli import opening
from hub.db import new_id
from hub.keyring import Keyring
from hub.partners import feed, inviting
from hub.partners.inviting import NewPartner
from hub.policy.values import Act as Acting
from hub.questioned import Question
from hub.recipients import NewRecipient
from hub.said import Evidence, Scope
from hub.settings import Settings
from hub.settings import load as load_settings
from hub.webhooks import endpoints
from hub.webhooks.types import Type
from tests.harbour import SHARED
from tests.world import World, build_world

SECONDS, A_SECOND = 10, 100
RECIPIENTS, CROWD = 20, 500
PURPOSE = "referral-inspection"
PATIENCE_SECONDS = 300.0
# Each of these customers gets the same answer as the first, so that they share its decision.
SUBJECTS = """
    WITH people AS (SELECT id, gen_random_uuid() AS subject FROM unnest($1::uuid[]) AS id), subjects AS (
        INSERT INTO decision_subject (id, decision_id, customer_id)
        SELECT p.subject, (SELECT decision_id FROM decision_subject WHERE id = $2), p.id FROM people p RETURNING id)
    SELECT array_agg(p.subject) FROM people p JOIN subjects s ON s.id = p.subject
"""
DISCLOSE = """
    INSERT INTO disclosure (id, organisation_id, customer_id, recipient_id, decision_subject_id, categories,
        recorded_at, act_id)
    SELECT gen_random_uuid(), d.organisation_id, s.customer_id, d.recipient_id, s.id, d.categories, now(), $3
    FROM decision_subject s, disclosure d WHERE s.id = ANY ($1) AND d.id = $2
"""
PLACED = """
    SELECT w.customer_id FROM withdrawal_place p JOIN withdrawal w ON w.id = p.withdrawal_id
    WHERE p.recipient_id = $1 AND p.number > $2 ORDER BY p.number
"""


class Told(NamedTuple):
    """A recipient's own server, which a worker tells that there is something to read.

    arrived: it was told. dead: it answers no more.
    """

    arrived: asyncio.Event
    dead: asyncio.Event
    runner: web.AppRunner


@dataclass
class Stage:
    """A hub with a worker beside it, a firm, its recipients as they sign in, and customers."""

    hub: Hub
    world: World
    partners: list[Actor]
    people: list[UUID]
    look: asyncpg.Connection
    told: Told
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pass_on(self, partner: Actor, people: list[UUID]) -> None:
        """Let a recipient have these customers' details."""
        asked = Question(
            people[0], Acting.DISCLOSE, self.world.purposes[PURPOSE].id, recipient=partner.recipient_id
        )
        [answer] = await decisions.decide(self.hub, self.world.app(), [asked])
        if not isinstance(answer, Answer) or answer.id is None:
            raise TypeError(answer)
        decision = answer.id

        async def body(act: Act) -> None:
            made = await disclosures.record(act, decision)
            subjects = await act.value(SUBJECTS, people[1:], decision)
            await act.execute(DISCLOSE, subjects, made.id, act.id)

        await self.hub.perform(self.world.app(), Operation.DISCLOSURE_RECORD, body)

    async def say_no(self, customer_id: UUID) -> float:
        """Let a customer say no to sharing; returns when that was kept."""
        said = Evidence("Stop sharing my details.", "WEB", happened_at=datetime.now(UTC))
        scope = Scope(customer_id, self.world.organisation.id, None, (), None)
        async with self.hub.act(OPERATOR, Operation.CHOICE_RECORD) as act:
            await choices.opt_out(act, "SHARING", scope, said)
        return time.perf_counter()


async def _measure(settings: Settings, url: str) -> None:
    hub = await Hub.open(settings, url)
    stage = await _stage(hub, url)
    await _words(stage)
    crowds = stage.people[SECONDS * A_SECOND :]
    well = await _crowd(stage, crowds[:CROWD], "all of them well")
    stage.told.dead.set()
    dead = await _crowd(stage, crowds[CROWD:], "one of them dead")
    print(f"with one of them dead the last of the others has read all after {dead / well:.2f}x the time")
    await stage.look.close()
    await stage.told.runner.cleanup()
    await hub.close()


async def _stage(hub: Hub, url: str) -> Stage:
    world = await build_world(hub)
    partners = [await _partner(hub, world, number) for number in range(RECIPIENTS)]
    people = [await world.customer(hub, shown="v2") for _ in range(SECONDS * A_SECOND + 2 * CROWD)]
    stage = Stage(hub, world, partners, people, await asyncpg.connect(url), await _listen(hub, partners[0]))
    await stage.pass_on(partners[0], people[: SECONDS * A_SECOND])
    for each in partners:
        await stage.pass_on(each, people[SECONDS * A_SECOND :])
    await stage.look.execute("ANALYZE")
    return stage


async def _listen(hub: Hub, partner: Actor) -> Told:
    """Let a recipient have an endpoint that has echoed its token."""
    arrived, echoed, dead = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        said = await request.json()
        if dead.is_set():
            await asyncio.sleep(PATIENCE_SECONDS)
        (echoed if said["type"] == Type.ENDPOINT_VERIFY else arrived).set()
        return web.json_response({"token": said["data"].get("token")})

    app = web.Application()
    app.router.add_post("/hooks", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    new = NewPartner(
        "Inspectors", partner.recipient_id or "", sorted(PARTNER_SCOPES), auth_method="client_secret",
        organisation=partner.organisation_id,
    )  # fmt: skip
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        client, _ = await inviting.invite(act, new)
    listener = replace(partner, id=client.id, roles=PARTNER_SCOPES)
    async with hub.act(listener, Operation.WEBHOOK_MANAGE) as act:
        await endpoints.add(act, url, [Type.WITHDRAWALS_AVAILABLE])
    await asyncio.wait_for(echoed.wait(), PATIENCE_SECONDS)
    await asyncio.sleep(1.0)  # until that it echoed is noted
    return Told(arrived, dead, runner)


async def _partner(hub: Hub, world: World, number: int) -> Actor:
    name, firm = f"inspectors-{number}", world.organisation.id
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        made = await recipients.add(act, NewRecipient(name, name.title(), "AU", organisation=firm))
        await recipients.join_class(act, made.id, "building-inspectors", date(2023, 1, 1))
        agreed = NewArrangement(
            name,
            "REFERRAL",
            name,
            [PURPOSE],
            SHARED,
            date(2023, 1, 1),
            "AU",
            safeguard="CONTRACT",
            organisation=firm,
        )
        await arrangements.agree(act, agreed)
    roles = frozenset({Role.PARTNER_WITHDRAWALS})
    return replace(Actor("partner", new_id(), firm, roles=roles), recipient_id=made.id)


Moments = dict[UUID, float]


async def _words(stage: Stage) -> None:
    """A hundred words a second: how long until each can be read, and until whoever was told of it has read it."""
    people = stage.people[: SECONDS * A_SECOND]

    async def be_told() -> None:
        await stage.told.arrived.wait()
        stage.told.arrived.clear()

    reading = asyncio.gather(
        _read(stage, len(people), lambda: asyncio.sleep(0.005)), _read(stage, len(people), be_told)
    )
    began = time.perf_counter()
    said = await _say(stage, people)
    pace = len(people) / (time.perf_counter() - began)
    found = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    for what, seen in zip(
        ("it is in the feed", "whoever was told by webhook has read it"), found, strict=True
    ):
        took = sorted(seen[each] - said[each] for each in people)
        print(
            f"a word until {what}, {pace:.0f} words a second: median {median(took):.3f} s, "
            f"p99 {quantiles(took, n=100)[98]:.3f} s, longest {took[-1]:.3f} s"
        )


async def _say(stage: Stage, people: list[UUID]) -> Moments:
    """Let each say no, at an even pace; returns when each had said it."""
    began = time.perf_counter()
    saying = list[asyncio.Task[float]]()
    for place, each in enumerate(people):
        await asyncio.sleep(max(0.0, began + place / A_SECOND - time.perf_counter()))
        saying.append(asyncio.create_task(stage.say_no(each)))
    return dict(zip(people, await asyncio.gather(*saying), strict=True))


async def _read(stage: Stage, most: int, ready: Callable[[], Awaitable[object]]) -> Moments:
    """Read the feed of the first recipient whenever it is ready to; returns when each entry was read."""
    found, number, partner = Moments(), 0, stage.partners[0].recipient_id
    while len(found) < most:
        await ready()
        async with stage.lock:
            rows = await stage.look.fetch(PLACED, partner, number)
        for row in rows:
            found[row["customer_id"]], number = time.perf_counter(), number + 1
    return found


async def _crowd(stage: Stage, people: list[UUID], how: str) -> float:
    """Five hundred words at once, twenty recipients each; returns when the last but the first had read all."""
    alive = stage.partners[1:]

    async def follow(partner: Actor) -> float:
        async with stage.hub.ask(partner, Operation.WITHDRAWAL_READ) as ask:
            start = await feed.end(ask, partner)
        ready.release()
        count = 0
        async for _ in feed.follow(stage.hub, partner, start):
            count += 1
            if count == len(people):
                break
        return time.perf_counter()

    ready = asyncio.Semaphore(0)
    following = [asyncio.create_task(follow(each)) for each in alive]
    for _ in alive:
        await ready.acquire()
    began = time.perf_counter()
    for start in range(0, len(people), 8):
        await asyncio.gather(*(stage.say_no(each) for each in people[start : start + 8]))
    said = time.perf_counter()
    ended = sorted(await asyncio.wait_for(asyncio.gather(*following), PATIENCE_SECONDS))
    print(
        f"{len(people) * RECIPIENTS:,} withdrawals, {RECIPIENTS} recipients, {how}: kept after {said - began:.2f} s,"
        f" read by the first of the others after {ended[0] - began:.2f} s, by the last after {ended[-1] - began:.2f} s"
    )
    return ended[-1] - began


def main() -> None:
    """Measure both on a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    running = embedded.start(folder)
    keyring = Keyring.generate().dump()
    settings = load_settings(mode="run", data_dir=folder, keyring=keyring, partner_own_networks=True)
    asyncio.run(opening.prepare(settings, running.dsn))
    worker = start_worker(folder, running.dsn, keyring, HUB_PARTNER_OWN_NETWORKS="true")
    try:
        asyncio.run(_measure(settings, running.dsn))
    finally:
        worker.terminate()
        worker.wait(30)
        running.remove()
