"""Acts that share a statement: whatever they say together, the state is what a replay of all events makes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.recording import EVENTS, Recording
from tests.spine.test_projection import HARD
from tests.world import World, build_world

PEOPLE, MOST = 3, 4
START = datetime(1970, 3, 1, tzinfo=UTC)  # long ago, as there are long silences in it
STATE = "SELECT s.* FROM customer_state s WHERE customer_id = ANY ($1) ORDER BY customer_id, organisation_id"
PAST = "SELECT p.* FROM customer_past p WHERE customer_id = ANY ($1) ORDER BY customer_id, organisation_id, valid_from"
KEPT = "SELECT count(*) FROM act a JOIN ledger_entry e ON e.act_id = a.id WHERE a.id = ANY ($1) AND e.xid = a.xid"


@dataclass(frozen=True)
class Said:
    """What one act says of a customer: a word, a delivery and a collection, or some of them, at one instant.

    day: how long after the last.
    """

    customer: int
    day: float
    action: str | None
    purpose: int
    told: int | None
    shown: int | None
    categories: frozenset[int]


SAID = st.builds(
    Said,
    customer=st.integers(0, PEOPLE - 1),
    day=st.sampled_from([0, 0, 0.01, 1, 40, 800]),
    action=st.sampled_from([None, None, "GIVEN", "REFUSED"]),
    purpose=st.integers(0, 1),
    told=st.sampled_from([None, 0, 1, 2]),
    shown=st.sampled_from([None, 0, 1, 2]),
    categories=st.frozensets(st.integers(0, 2), max_size=2),
)
STATEMENTS = st.lists(st.lists(SAID, min_size=1, max_size=MOST), min_size=1, max_size=6)


class Scene:
    """Three people, and the acts that are kept about them, several by one statement."""

    def __init__(self, hub: Hub, world: World, people: list[UUID]) -> None:
        self.hub = hub
        self.firm = world.organisation.id
        self.people = people
        self.versions = [row.id for row in world.versions.values()]
        self.purposes = [row.id for row in world.purposes.values()]
        self.categories = [row.id for row in world.categories.values()]
        self.at = START

    async def act(self, said: Said) -> Any:
        """An act as the statement takes it."""
        self.at += timedelta(days=said.day)
        act = Recording(
            self.hub.ask_once(OPERATOR, Operation.CHOICE_RECORD), Operation.CHOICE_RECORD, self.at
        )
        customer = self.people[said.customer]
        act.hold(customer, self.firm, None)
        about = (new_id(), customer, self.firm)
        if said.action:
            await act.add(choices=[(*about, "CONSENT", said.action, self.purposes[said.purpose], None, None,
                "GIVEN" if said.action == "GIVEN" else None, None, "w", "h", None, "WEB", self.at, None)])  # fmt: skip
        if said.told is not None:
            await act.add(deliveries=[(*about, self.versions[said.told], "WEB", "en", self.at, None)])
        if said.categories:
            shown = None if said.shown is None else self.versions[said.shown]
            await act.add(collections=[(*about, "CUSTOMER", [self.categories[each] for each in said.categories], shown,
                shown and "WEB", shown and self.at, True, self.at)])  # fmt: skip
        await act.record("scene.said", customer)
        return act.as_row()

    async def keep(self, acts: list[Any]) -> None:
        await self.hub.database.single_write().value(EVENTS.sql, acts)


async def _scene(hub: Hub, worlds: list[World]) -> Scene:
    if not worlds:
        worlds.append(await build_world(hub))
    people = [new_id() for _ in range(PEOPLE)]
    async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
        for number, customer in enumerate(people):
            await act.execute(
                "INSERT INTO customer (id, kind, locale, created_at) VALUES ($1, 'PERSON', 'en', now())",
                customer,
            )
            await act.execute(
                "INSERT INTO customer_event (id, customer_id, organisation_id, aspect, value, reason, happened_at,"
                " recorded_at, act_id) VALUES ($1, $2, $3, 'RELATIONSHIP', $4, '', $5, now(), $6)",
                new_id(), customer, worlds[0].organisation.id, ("ACTIVE", "NONE", "CLOSED")[number],
                START - timedelta(days=1), act.id,
            )  # fmt: skip
        await act.record("scene.set")
    return Scene(hub, worlds[0], people)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """Built once, by the first example."""
    return []


@settings(parent=HARD, max_examples=25)
@given(statements=STATEMENTS)
async def test_the_state_after_shared_statements_is_a_replay(
    hub: Hub, superuser: asyncpg.Connection, worlds: list[World], statements: list[list[Said]]
) -> None:
    scene = await _scene(hub, worlds)
    ids: list[UUID] = []
    for statement in statements:
        acts = [await scene.act(said) for said in statement]
        await scene.keep(acts)
        ids += [row[0][0] for row in acts]
    found = [await superuser.fetch(sql, scene.people) for sql in (STATE, PAST)]
    await superuser.execute("SELECT project($1, '-infinity')", scene.people)
    assert found == [await superuser.fetch(sql, scene.people) for sql in (STATE, PAST)]
    assert await superuser.fetchval(KEPT, ids) == len(ids)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_an_act_that_names_what_is_not_there_takes_those_beside_it_along(
    hub: Hub, superuser: asyncpg.Connection, worlds: list[World], place: int
) -> None:
    scene = await _scene(hub, worlds)
    kinds = [
        Said(0, 1, "GIVEN", 0, None, None, frozenset()),
        Said(1, 1, None, 0, 0, None, frozenset()),
        Said(2, 1, None, 0, None, 0, frozenset({0})),
    ]
    known = (scene.purposes, scene.versions)
    if place == 0:
        scene.purposes = [uuid4()]
    acts = [await scene.act(kinds[0])]
    scene.purposes, scene.versions = known[0], [uuid4()] if place == 1 else known[1]
    acts.append(await scene.act(kinds[1]))
    scene.versions = [uuid4()] if place == 2 else known[1]
    acts.append(await scene.act(kinds[2]))
    with pytest.raises(asyncpg.PostgresError, match="does not have|has published"):
        await scene.keep(acts)
    assert await superuser.fetchval(KEPT, [row[0][0] for row in acts]) == 0
    assert (
        await superuser.fetchval("SELECT count(*) FROM choice WHERE customer_id = ANY ($1)", scene.people)
        == 0
    )


async def test_an_entry_for_another_act_or_by_another_actor_is_refused(hub: Hub) -> None:
    entry = """
        INSERT INTO ledger_entry (id, act_id, event, actor_kind, commitment, detail_count)
        SELECT $1, coalesce($2, id), 'forged', coalesce($3, actor_kind), sha256('x'), 1 FROM act WHERE id = $4
    """
    for act_id, kind in ((new_id(), None), (None, "staff")):
        with pytest.raises(asyncpg.PostgresError, match="outside its act"):
            async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
                await act.record("scene.set")
                await act.execute(entry, new_id(), act_id, kind, act.id)


async def test_an_act_that_is_not_open_is_recorded_where_it_is_made(superuser: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.PostgresError, match="recorded where it is made"):
        await superuser.execute(
            "INSERT INTO act (id, operation, actor_kind) VALUES ($1, 'customer.read', 'operator')", new_id()
        )


async def test_only_the_application_opens_acts_together(superuser: asyncpg.Connection) -> None:
    for role in ("hub_read", "hub_sealer", "hub_retention"):
        async with superuser.transaction():
            await superuser.execute(f"SET LOCAL ROLE {role}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with superuser.transaction():
                    await superuser.execute("SELECT open_acts('{}')")


async def test_a_customer_is_never_deleted(hub: Hub, worlds: list[World]) -> None:
    scene = await _scene(hub, worlds)
    with pytest.raises(asyncpg.PostgresError, match="is kept: events name it"):
        async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
            await act.execute("DELETE FROM customer WHERE id = $1", scene.people[0])
