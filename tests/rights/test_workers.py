"""A request over a real database: found, restricted and erased by the worker, with evidence and without values."""

from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa

from hub.actors import OPERATOR, WORKER, Operation
from hub.errors import Code
from hub.rights import fulfilling, systems
from hub.rights.outcomes import Step, StepState
from hub.rights.reaching import Reach
from hub.rights.requests import Request
from hub.rights.states import State
from hub.rights.systems import NewSystem
from tests.connectors.shop import FILE, fill
from tests.domain.firm import email
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import cooled, planned
from workers import asking, rights

ANNA = "anna.lindqvist@example.com"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A shop with two customers."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()
    return url


async def connect(desk: Desk, url: str, dataset: str | None = None) -> None:
    """Connect the shop, as an operator does."""
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        new = NewSystem("shop", "Shop", "SQL", Reach(url), dataset or FILE.read_text(encoding="utf-8"))
        await systems.connect(act, new, desk.firm.id)


async def worked(desk: Desk, request: Request) -> dict[str, Step]:
    """Let the worker do every step there is; the steps by name."""
    for _ in range(2):
        for each in await planned(desk, request):
            if each.ended_at is None:
                await rights.step(desk.firm.hub, each.id)
    return {each.name: each for each in await planned(desk, request)}


def look(url: str, sql: str) -> list[tuple[object, ...]]:
    """Read the shop."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(sql))]
    engine.dispose()
    return found


async def anna(desk: Desk) -> UUID:
    """A customer who buys there."""
    return await desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])


async def test_what_a_shop_holds_is_counted_by_collection(desk: Desk, database: str) -> None:
    await connect(desk, database)
    request = await desk.receive(await anna(desk), "ACCESS")
    shop = (await worked(desk, request))["Shop"]
    assert shop.state is StepState.DONE
    assert shop.evidence is not None
    counts = {place["collection"]: place["rows"] for place in shop.evidence["places"]}
    assert counts == {"customers": 1, "addresses": 2, "orders": 2, "parcels": 2, "invoices": 1}
    assert (await desk.read(request)).state is State.DECIDING
    assert "Lindqvist" not in str(shop.evidence)


async def test_a_deletion_erases_there_first_and_here_last_and_twice_is_once(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await desk.receive(await anna(desk), "DELETION")
    await desk.do(fulfilling.approve, request.id)
    await cooled(desk, superuser, request)
    shop, own = await planned(desk, request)
    await rights.step(desk.firm.hub, own.id)
    assert (await planned(desk, request))[1].state is StepState.WAITING
    await rights.step(desk.firm.hub, shop.id)
    await rights.step(desk.firm.hub, shop.id)
    done = await worked(desk, request)
    assert [done[name].state for name in ("Shop", "Privacy Hub")] == [StepState.DONE, StepState.DONE]
    assert done["Shop"].attempts == 1
    assert (await desk.read(request)).state is State.ANSWERED
    assert look(database, "SELECT name FROM customers ORDER BY id") == [("erased",), ("Bert Okafor",)]
    assert look(database, "SELECT count(*) FROM invoices") == [(2,)]


async def test_a_worker_that_dies_before_it_settles_is_followed_by_one_that_finds_it_done(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await desk.receive(await anna(desk), "RESTRICTION")
    [shop] = [each for each in await planned(desk, request) if each.name == "Shop"]
    claimed = await fulfilling_claim(desk, shop.id)
    assert claimed is not None
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        [work] = await systems.prepare(ask, [claimed])
    await asking.ask_system(desk.firm.hub, work)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE rights_step SET lease_until = now() - interval '1 second' WHERE id = $1", shop.id
    )
    await superuser.execute("SET session_replication_role = origin")
    done = (await worked(desk, request))["Shop"]
    assert (done.state, done.attempts) == (StepState.DONE, 2)
    assert done.evidence is not None
    assert done.evidence["is_repeated"] is True
    assert look(database, "SELECT is_restricted FROM customers ORDER BY id") == [(1,), (0,)]


async def fulfilling_claim(desk: Desk, step_id: UUID) -> Step | None:
    """Take a step, as a worker that will die."""
    return await desk.firm.hub.perform(
        WORKER, Operation.REQUEST_FULFIL, lambda act: fulfilling.claim(act, step_id)
    )


async def test_a_database_that_is_away_is_tried_again_and_says_so_without_its_address(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    await connect(desk, "postgresql://reader:secret-word@127.0.0.1:9/shop")
    request = await desk.receive(await anna(desk), "ACCESS")
    shop = (await worked(desk, request))["Shop"]
    assert (shop.state, shop.next_at is not None) == (StepState.FAILED, True)
    assert shop.why is not None
    assert "secret-word" not in shop.why
    kept = [row["row"] for row in await superuser.fetch("SELECT t::text AS row FROM connected_system t")]
    assert not any("secret-word" in row or b"secret-word".hex() in row for row in kept)


async def test_a_dataset_that_does_not_fit_refuses_the_step_and_says_where(desk: Desk, database: str) -> None:
    wrong = FILE.read_text(encoding="utf-8").replace("- name: street", "- name: avenue")
    await connect(desk, database, wrong)
    request = await desk.receive(await anna(desk), "ACCESS")
    shop = (await worked(desk, request))["Shop"]
    assert shop.state is StepState.REFUSED
    assert "avenue" in str(shop.why)


async def test_what_was_left_behind_is_set_off_again(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await desk.receive(await anna(desk), "ACCESS")
    await superuser.execute("DELETE FROM procrastinate_jobs")
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE rights_step SET planned_at = planned_at - interval '1 hour'")
    await superuser.execute("SET session_replication_role = origin")
    await rights.resume(desk.firm.hub)
    ids = {str(each.id) for each in await planned(desk, request)}
    jobs = await superuser.fetch(
        "SELECT args ->> 'step_id' AS step FROM procrastinate_jobs WHERE task_name = 'rights.step'"
    )
    assert ids <= {row["step"] for row in jobs}


async def test_a_system_is_connected_once_and_not_switched_off_while_it_is_waited_for(
    desk: Desk, database: str
) -> None:
    await connect(desk, database)
    await desk.refused(Code.CONFLICT, ("key",), lambda: connect(desk, database))
    request = await desk.receive(await anna(desk), "ACCESS")
    await desk.refused(Code.CONFLICT, ("key",), lambda: desk.do(systems.switch, "shop", is_on=False))
    await worked(desk, request)
    assert (await desk.do(systems.switch, "shop", is_on=False)).disabled_at is not None
    assert (await desk.do(systems.switch, "shop", is_on=True)).disabled_at is None


@pytest.mark.parametrize(
    "given",
    [
        ("SQL", None, None),
        ("MANUAL", Reach("sqlite:///x"), "dataset: []"),
        ("HUB", None, None),
        ("WAY", None, None),
        ("HTTP", Reach("https://shop.example"), "dataset: []"),
        ("EMAIL", None, None),
    ],
)
async def test_a_system_that_cannot_be_is_refused(
    desk: Desk, given: tuple[str, Reach | None, str | None]
) -> None:
    new = NewSystem("shop", "Shop", *given)
    await desk.refused(Code.INVALID, ("kind",), lambda: desk.do(systems.connect, new))
