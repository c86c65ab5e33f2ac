"""The projection is a replay of the events, whoever wrote them, in whichever order, whatever failed."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import merges
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.models import ImportBatch
from tests.domain.firm import Firm, found
from tests.spine.histories import CUSTOMERS, ORGANISATIONS, WRITERS, drafts, ties
from tests.spine.replay import Event, replay
from tests.spine.stored import VERSIONS, version_of

WRITE = Operation.CUSTOMER_IMPORT
START = datetime(2024, 3, 1, tzinfo=UTC)
INSERT = "INSERT INTO {0} SELECT * FROM jsonb_populate_recordset(NULL::{0}, $1::jsonb)"

HARD = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Stage:
    """Two customers, two organisations, an import, and the events written so far."""

    def __init__(self, hub: Hub, firms: list[Firm]) -> None:
        self.hub = hub
        self.firms = firms
        self.customers = [new_id() for _ in range(CUSTOMERS)]
        self.import_id = new_id()
        self.events: list[Event] = []

    async def set(self) -> None:
        async with self.hub.act(OPERATOR, WRITE) as act:
            for customer_id in self.customers:
                await act.execute(
                    "INSERT INTO customer (id, kind, locale, created_at) VALUES ($1, 'PERSON', 'en', now())",
                    customer_id,
                )
            await ImportBatch.create(
                id=self.import_id,
                organisation_id=self.firms[0].id,
                fingerprint=str(self.import_id),
                counts={},
                started_at=act.at,
                using_db=act.db,
            )
            await act.record("stage.set")

    def event(self, draft: dict[str, Any]) -> Event:
        firm = self.firms[draft["organisation"] or 0]
        kind, action = draft["said"]
        shown_at = START + timedelta(days=draft["day"] + draft.get("shown_late", 0))
        values: dict[str, Any] = {
            "customer_event": lambda: {"aspect": draft["told"][0], "value": draft["told"][1]},
            "registry_check": lambda: {"jurisdiction": "AU", "listed": draft["listed"]},
            "collection": lambda: {
                "source": draft["source"],
                "categories": [firm.categories[key] for key in sorted(draft["categories"])],
                "notice_version_id": firm.version if draft["shown"] else None,
                "shown_at": shown_at if draft["shown"] else None,
                "optout_offered": draft["offered"],
                "import_id": self.import_id if draft["imported"] else None,
            },
            "delivery": lambda: {
                "notice_version_id": firm.version,
                "locale": draft["locale"],
                "how": "WEB",
                "import_id": self.import_id if draft["imported"] else None,
            },
            "choice": lambda: {
                "kind": kind,
                "action": action,
                "purpose_id": firm.purposes[0] if kind == "CONSENT" else None,
                "channel": draft["channel"],
                "recipient_id": None if draft["recipient"] is None else firm.recipients[0],
                "grade": draft["grade"] if action == "GIVEN" else None,
                "ends_at": START + timedelta(days=draft["ends"])
                if draft["ends"] and action == "GIVEN"
                else None,
            },
        }[draft["table"]]()
        organisation = None if draft["organisation"] is None else firm.id
        at = START + timedelta(days=draft["day"])
        customer_id = self.customers[int(draft["customer"])]
        return Event(draft["table"], new_id(), customer_id, organisation, at, values)

    async def write(self, acts: list[list[dict[str, Any]]], *, later: bool) -> None:
        """Be one writer, act after act; customers in order, so that no two wait for each other."""
        for drafts_of_act in acts:
            events = sorted((self.event(draft) for draft in drafts_of_act), key=attrgetter("customer"))

            async def body(act: Act, events: list[Event] = events) -> None:
                await insert(act, events, later=later)

            await self.hub.perform(OPERATOR, WRITE, body)
            self.events += events

    async def reverse(self) -> None:
        """Take the import back."""
        async with self.hub.act(OPERATOR, WRITE) as act:
            await ImportBatch.filter(id=self.import_id).using_db(act.db).update(reversed_at=act.at)
            await act.record("import.reversed")
        self.events = [
            replace(event, is_reversed=event.values.get("import_id") == self.import_id)
            for event in self.events
        ]

    async def check(self) -> None:
        """Compare every version of every customer with the replay."""
        async with self.hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
            rows = await ask.rows(
                f"{VERSIONS} WHERE s.customer_id = ANY ($1) ORDER BY s.valid_from",
                self.customers,
            )
        for customer_id in self.customers:
            stored: dict[UUID, list[dict[str, Any]]] = {}
            for row in rows:
                if row["customer_id"] == customer_id:
                    stored.setdefault(row["organisation_id"], []).append(version_of(row))
            assert stored == replay(self.events, customer_id)


async def insert(act: Act, events: list[Event], *, later: bool) -> None:
    if later:
        await act.execute("SELECT set_config('hub.project', 'later', true)")
    for table, rows in groupby(events, key=lambda event: event.table):
        await act.execute(
            INSERT.format(table), json.dumps([row_of(act, event) for event in rows], default=str)
        )
    await act.record("stage.written", count=len(events))


async def fail_halfway(hub: Hub, events: list[Event], *, later: bool) -> None:
    async with hub.act(OPERATOR, WRITE) as act:
        await insert(act, events, later=later)
        raise ValueError("halfway")


def row_of(act: Act, event: Event) -> dict[str, Any]:
    """Fill every column of an event's row, also those that the replay does not look at."""
    unread = {"reason": "", "wording": "w", "wording_sha256": "h", "method": "WEB"}
    own = {
        "id": event.id,
        "customer_id": event.customer,
        "organisation_id": event.organisation,
        "act_id": act.id,
    }
    return {
        **unread,
        **own,
        **event.values,
        "happened_at": event.at.isoformat(),
        "recorded_at": act.at.isoformat(),
    }


@pytest.fixture(scope="module")
def firms() -> list[Firm]:
    """Filled once, by the first example."""
    return []


async def staged(hub: Hub, firms: list[Firm]) -> Stage:
    while len(firms) < ORGANISATIONS:
        firms.append(await found(hub))
    stage = Stage(hub, firms)
    await stage.set()
    return stage


@HARD
@given(writers=WRITERS, is_reversed=st.booleans())
async def test_the_projection_equals_a_replay_after_any_concurrent_writers(
    hub: Hub, firms: list[Firm], writers: Iterable[Any], *, is_reversed: bool
) -> None:
    await written(hub, firms, writers, is_reversed=is_reversed)


async def written(hub: Hub, firms: list[Firm], writers: Iterable[Any], *, is_reversed: bool) -> None:
    stage = await staged(hub, firms)
    await asyncio.gather(*(stage.write(acts, later=later) for later, acts in writers))
    await stage.check()
    if is_reversed:
        await stage.reverse()
        await stage.check()


@settings(parent=HARD, max_examples=8)
@given(before=st.lists(drafts(), min_size=1, max_size=6), after=st.lists(drafts(), min_size=1, max_size=6))
@pytest.mark.parametrize("later", [False, True])
async def test_an_act_that_fails_leaves_the_projection_as_it_was(
    hub: Hub, firms: list[Firm], before: list[dict[str, Any]], after: list[dict[str, Any]], *, later: bool
) -> None:
    stage = await staged(hub, firms)
    await stage.write([before], later=False)
    with pytest.raises(ValueError, match="halfway"):
        await fail_halfway(hub, [stage.event(draft) for draft in after], later=later)
    await stage.check()
    async with hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
        assert await ask.value("SELECT count(*) FROM projection_due") == 0


@settings(parent=HARD, max_examples=5)
@given(history=st.lists(drafts(), min_size=1, max_size=6))
async def test_merging_and_parting_records_changes_no_version(
    hub: Hub, firms: list[Firm], history: list[dict[str, Any]]
) -> None:
    stage = await staged(hub, firms)
    await stage.write([history], later=False)
    for customer_id in stage.customers:
        known = stage.event({**next(ties())[0], "day": 0, "customer": stage.customers.index(customer_id)})
        async with hub.act(OPERATOR, WRITE) as act:
            await insert(act, [known], later=False)
        stage.events.append(known)
    async with hub.act(app := firms[0].app, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, *stage.customers)
    await stage.check()
    async with hub.act(app, Operation.CUSTOMER_MERGE) as act:
        await merges.unmerge(act, stage.customers[1])
    await stage.check()


async def test_of_events_of_one_instant_the_restrictive_one_counts(hub: Hub, firms: list[Firm]) -> None:
    stage = await staged(hub, firms)
    pairs = list(ties())
    await stage.write(
        [[{**draft, "day": day} for draft in pair] for day, pair in enumerate(pairs)], later=True
    )
    await stage.check()
    assert len({event.at for event in stage.events}) == len(pairs) > 40


async def test_the_database_refuses_two_current_versions_of_one_customer(
    hub: Hub, superuser: asyncpg.Connection
) -> None:
    firm = await found(hub)
    customer_id = await firm.customer()
    with pytest.raises(asyncpg.UniqueViolationError):
        await superuser.execute(
            "INSERT INTO customer_state SELECT * FROM customer_state WHERE customer_id = $1", customer_id
        )
