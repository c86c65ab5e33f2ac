"""What people are found by, under another index key: found by both, hashed anew, and nobody overlooked meanwhile."""

from uuid import UUID

import pytest
import pytest_asyncio

from hub import appointing, customers, finding, merges, reindexing, rotation
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.appointing import NewRepresentative
from hub.auth import staff
from hub.customers import NewCustomer
from hub.finding import Reference
from hub.identities import NewIdentifier
from hub.keyring import Keyring, Use
from hub.rights import intake
from hub.rights.asked import Asked
from hub.rights.intake import NewRequest
from hub.vault import Vault
from tests.world import World, build_silent_world

HASHED = {
    "identifier": "blind_key_id",
    "rights_request": "contact_key",
    "representative": "contact_key",
    "staff": "email_key",
}
EMAIL, AGENT, STAFF = "ada@example.org", "agent@example.org", "desk@firm.example"


@pytest_asyncio.fixture
async def world(fresh_hub: Hub) -> World:
    return await build_silent_world(fresh_hub)


async def meet(hub: Hub, world: World, *given: NewIdentifier) -> UUID:
    async def body(act: Act) -> UUID:
        new = NewCustomer(world.organisation.id, "en", ["AU"], identifiers=list(given))
        return await customers.create(act, new)

    return await hub.perform(OPERATOR, Operation.CUSTOMER_CREATE, body)


async def fill(hub: Hub, world: World) -> UUID:
    """Somebody with an address and a number of the shop, with a request, a representative, and staff who see to it."""
    ada = await meet(hub, world, NewIdentifier("EMAIL", EMAIL), NewIdentifier("EXTERNAL", "S 1", "shop"))
    towards = world.organisation.id

    async def body(act: Act) -> None:
        asked = NewRequest(
            "COMPLAINT", ada, "PHONE", Asked(text="Why?"), contact=EMAIL, identified="IN_PERSON"
        )
        await intake.receive(act, asked, towards)
        await appointing.propose(act, NewRepresentative(ada, "AGENT", "Some Body", contact=AGENT), towards)
        await staff.invite(act, towards, "Des Kay", STAFF, ["staff:reader"])

    await hub.perform(OPERATOR, Operation.CUSTOMER_CREATE, body)
    return ada


def turned(hub: Hub) -> Keyring:
    """Another index key, written with from now on."""
    keyring = rotation.promoted(rotation.announced(hub.vault.keyring, Use.INDEX), Use.INDEX)
    hub.vault = Vault(keyring)
    return keyring


async def move_all(hub: Hub) -> int:
    """Everything once; returns how much was moved."""
    moved = 0
    for move in rotation.moves(Use.INDEX):
        after: UUID | None = rotation.FIRST
        while after is not None:
            async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
                many, after = await move(act, after)
            moved += many
    return moved


async def keys_of(hub: Hub, table: str) -> set[str]:
    column = HASHED[table]
    rows = await hub.database.single().rows(f"SELECT {column} AS key FROM {table} WHERE {column} IS NOT NULL")
    return {row["key"] for row in rows}


async def found(hub: Hub, world: World, *given: Reference) -> list[tuple[UUID, ...]]:
    async with hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
        return await finding.find_many(ask, world.organisation.id, given)


async def test_all_that_is_sealed_is_hashed_anew_and_found_before_between_and_after(
    fresh_hub: Hub, world: World
) -> None:
    hub, named = fresh_hub, (Reference("EMAIL", EMAIL), Reference("EXTERNAL", "S 1", "shop"))
    ada = await fill(hub, world)
    assert await found(hub, world, *named) == [(ada,), (ada,)]
    keyring = turned(hub)
    assert await found(hub, world, *named) == [(ada,), (ada,)]
    assert await move_all(hub) == 5
    assert {table: await keys_of(hub, table) for table in HASHED} == {
        table: {keyring.current(Use.INDEX).id} for table in HASHED
    }
    assert await move_all(hub) == 0
    hub.vault = Vault(keyring.without(rotation.others(keyring, Use.INDEX)[0].id))
    assert await found(hub, world, *named) == [(ada,), (ada,)]
    async with hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
        sql = "SELECT EXISTS (SELECT FROM staff WHERE email_blind = $1)"
        assert await ask.value(sql, hub.vault.blind_email(STAFF).digest)
        sql = "SELECT EXISTS (SELECT FROM representative WHERE contact_blind = $1)"
        assert await ask.value(sql, hub.vault.blind_email(AGENT).digest)


async def test_whoever_comes_meanwhile_with_an_address_of_somebody_else_is_proposed_to_be_merged(
    fresh_hub: Hub, world: World
) -> None:
    hub = fresh_hub
    ada = await meet(hub, world, NewIdentifier("EMAIL", EMAIL))
    turned(hub)
    again = await meet(hub, world, NewIdentifier("EMAIL", EMAIL))
    await hub.database.single_write().execute("DELETE FROM procrastinate_jobs")
    await move_all(hub)
    sql = "SELECT args FROM procrastinate_jobs WHERE task_name = 'customers.propose_merges'"
    jobs = await hub.database.single().rows(sql)
    assert [str(ada) in str(row["args"]) for row in jobs] == [True]
    async with hub.act(OPERATOR, Operation.CUSTOMER_MERGE) as act:
        await merges.propose_merges(act, ada, world.organisation.id)
        pairs = await act.rows("SELECT older_id, newer_id FROM merge_proposal")
    assert [tuple(row) for row in pairs] == [(ada, again)]


async def test_two_who_were_given_one_id_while_the_key_changed_stay_and_are_found_both(
    fresh_hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, shop = fresh_hub, NewIdentifier("EXTERNAL", "S 1", "shop")
    first = await meet(hub, world, shop)
    old = hub.vault.keyring
    turned(hub)
    both = hub.vault
    monkeypatch.setattr(hub, "vault", Vault(both.keyring.without(old.current(Use.INDEX).id)))
    second = await meet(hub, world, shop)  # by one who did not see the first
    monkeypatch.setattr(hub, "vault", both)
    assert await move_all(hub) == 0
    assert await found(hub, world, Reference("EXTERNAL", "S 1", "shop")) == [(first, second)]


def test_every_column_of_hashes_with_a_key_is_known_here() -> None:
    assert {place.table for place in reindexing.PLACES} == set(HASHED)
