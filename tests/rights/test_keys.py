"""A person whom systems know by each other's keys: the order is found, the keys are kept, whoever dies in between."""

import secrets
import sqlite3
from pathlib import Path

import asyncpg
import pytest

from hub.actors import OPERATOR, WORKER, Operation
from hub.errors import Code
from hub.rights import certificates, conduct, fulfilling, handling, systems
from hub.rights.outcomes import Step, StepState
from hub.rights.reaching import Reach
from hub.rights.requests import Request
from hub.rights.states import State
from hub.rights.systems import NewSystem
from tests.connectors.describing import DELETED, EMAIL, ID, NAME, refers, text
from tests.domain.firm import email
from tests.portal.visitor import delivered
from tests.rights.copies import as_worker
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import cooled, planned
from workers import ordering, rights
from workers.connectors.connector import Done, Evidence, Place
from workers.connectors.sql.journal import statement
from workers.settling import Settling

CRM = text("crm", {"people": {"": DELETED, "id": ID, "email": EMAIL}}).decode()
ERP = text(
    "erp", {"orders": {"": DELETED, "id": ID, "person": refers("crm.people.id"), "wish": NAME}}
).decode()
POST = text(
    "post", {"parcels": {"": DELETED, "id": ID, "of": refers("erp.orders.id"), "place": NAME}}
).decode()
ANNA = "anna@example.com"
TABLES = {
    "crm": "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT);"
    "INSERT INTO people VALUES (17, 'anna@example.com'), (18, 'bert@example.com');",
    "erp": "CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER, wish TEXT);"
    "INSERT INTO orders VALUES (501, 17, 'blue'), (502, 18, 'red'), (503, 17, 'green');",
    "post": 'CREATE TABLE parcels (id INTEGER PRIMARY KEY, "of" INTEGER, place TEXT);'
    "INSERT INTO parcels VALUES (1, 501, 'shed'), (2, 502, 'door');",
}
FILES = {"post": POST, "erp": ERP, "crm": CRM}
FOUND = Done(Evidence((Place("crm", "people", 1, {"id": "found"}),)), {"crm.people.id": (17,)})


class House:
    """Three systems of one firm, each in a file of its own."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        for key, sql in TABLES.items():
            self.execute(key, f"{sql} {statement('sqlite')}")

    def execute(self, key: str, sql: str) -> None:
        with sqlite3.connect(self.folder / f"{key}.db") as connection:
            connection.executescript(sql)
        connection.close()

    def ids(self, key: str, table: str) -> list[int]:
        with sqlite3.connect(self.folder / f"{key}.db") as connection:
            found = [row[0] for row in connection.execute(f"SELECT id FROM {table} ORDER BY id")]
        connection.close()
        return found

    def left(self) -> tuple[list[int], list[int], list[int]]:
        """Whose rows are left in each of them."""
        return self.ids("crm", "people"), self.ids("erp", "orders"), self.ids("post", "parcels")

    async def connect(self, *keys: str, refers_to: tuple[str, ...] | None = None) -> None:
        for key in keys:
            reach = Reach(f"sqlite:///{self.folder / key}.db")
            new = NewSystem(key, key.upper(), "SQL", reach, FILES[key], refers_to)
            async with self.desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
                await systems.connect(act, new, self.desk.firm.id)

    async def deletion(self, superuser: asyncpg.Connection) -> Request:
        """A deletion of which the days to think again are over."""
        customer_id = await self.desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])
        request = await self.desk.receive(customer_id, "DELETION")
        await self.desk.do(fulfilling.approve, request.id)
        await cooled(self.desk, superuser, request)
        return request

    async def work(self, request: Request, most: int = 99) -> None:
        """Let a worker do what can be done, one step after the other, as often as there is one."""
        for _ in range(most):
            before = await planned(self.desk, request)
            stage = min((each.stage for each in before if each.ended_at is None), default=None)
            ready = [each for each in before if each.ended_at is None and each.stage == stage]
            if not ready:
                return
            await rights.step(self.desk.firm.hub, ready[0].id)
            if await planned(self.desk, request) == before:
                return


@pytest.fixture
def house(desk: Desk, tmp_path: Path) -> House:
    """The three systems."""
    return House(desk, tmp_path)


def order(steps: list[Step]) -> list[tuple[int, str, str]]:
    """What is asked when."""
    return [(each.stage, each.name, each.operation.value) for each in steps]


async def test_whoever_holds_the_keys_is_asked_first_and_erased_last(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect(*FILES)
    request = await house.deletion(superuser)
    await house.work(request, most=1)
    assert order(await planned(house.desk, request)) == [
        (0, "Order of the systems", "FIND"),
        (1, "CRM", "FIND"),
        (2, "ERP", "FIND"),
        (3, "POST", "ERASE"),
        (4, "ERP", "ERASE"),
        (5, "CRM", "ERASE"),
        (6, "Privacy Hub", "ERASE"),
    ]
    await house.work(request)
    assert house.left() == ([18], [502], [2])
    assert (await house.desk.read(request)).state is State.ANSWERED


async def test_what_was_only_looked_for_is_not_said_to_be_erased(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect(*FILES)
    request = await house.deletion(superuser)
    await house.work(request)
    async with house.desk.firm.hub.ask(house.desk.staff, Operation.REQUEST_READ) as ask:
        made = await certificates.of(ask, request.id)
    assert [(each.system, each.what, each.rows) for each in made.outcome.erased] == [
        ("POST", "parcels", 1), ("ERP", "orders", 2), ("CRM", "people", 1), ("Privacy Hub", "identifiers", 1),
    ]  # fmt: skip
    letter = "SELECT id FROM letter WHERE request_id = $1 AND template = 'rights_answered'"
    [(_, text)] = await delivered(house.desk.firm, await superuser.fetchval(letter, request.id))
    assert "This was deleted, by number of records:\nPOST: 1\nERP: 2\nCRM: 1\nThese pages" in text


async def test_a_worker_that_dies_between_two_systems_leaves_the_keys_to_the_next(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect(*FILES)
    request = await house.deletion(superuser)
    await house.work(request, most=5)
    assert house.left() == ([17, 18], [502], [2])
    [crm] = [
        each for each in await planned(house.desk, request) if (each.name, each.operation) == ("CRM", "ERASE")
    ]
    claimed = await house.desk.firm.hub.perform(
        WORKER, Operation.REQUEST_FULFIL, lambda act: fulfilling.claim(act, crm.id)
    )
    assert claimed is not None
    house.execute(
        "crm", "DELETE FROM people WHERE id = 17"
    )  # done elsewhere meanwhile: nothing leads on any more
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE rights_step SET lease_until = now() WHERE id = $1", crm.id)
    await superuser.execute("SET session_replication_role = origin")
    async with house.desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        [work] = await systems.prepare(ask, [claimed])
    assert work.keys == {"crm.people.id": (17,), "erp.orders.id": (501, 503)}
    await house.work(request)
    assert (await house.desk.read(request)).state is State.ANSWERED


async def test_keys_are_sealed_and_gone_when_the_request_ends(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect(*FILES)
    request = await house.deletion(superuser)
    await house.work(request, most=3)
    rows = await superuser.fetch(
        "SELECT keys FROM rights_step WHERE request_id = $1 AND keys IS NOT NULL", request.id
    )
    assert len(rows) == 2
    assert not any(b"501" in row["keys"] for row in rows)
    await house.work(request)
    kept = "SELECT count(*) FROM rights_step WHERE request_id = $1 AND keys IS NOT NULL"
    assert await superuser.fetchval(kept, request.id) == 0


async def test_keys_of_a_request_that_is_taken_back_are_gone_too(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect(*FILES)
    customer_id = await house.desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])
    request = await house.desk.receive(customer_id, "ACCESS")
    await house.work(request, most=3)
    kept = "SELECT count(*) FROM rights_step WHERE request_id = $1 AND keys IS NOT NULL"
    assert await superuser.fetchval(kept, request.id) == 1
    await house.desk.do(conduct.withdraw, request.id)
    assert await superuser.fetchval(kept, request.id) == 0


async def test_nothing_is_erased_while_one_who_holds_keys_cannot_be_asked(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect(*FILES)
    request = await house.deletion(superuser)
    away = house.folder / f"{secrets.token_hex(4)}.db"
    (house.folder / "crm.db").rename(away)
    await house.work(request)
    [crm] = [
        each for each in await planned(house.desk, request) if (each.name, each.operation) == ("CRM", "FIND")
    ]
    assert crm.state is StepState.FAILED
    assert (house.ids("erp", "orders"), house.ids("post", "parcels")) == ([501, 502, 503], [1, 2])
    away.rename(house.folder / "crm.db")
    await house.desk.do(handling.retry, crm.id)
    await house.work(request)
    assert house.left() == ([18], [502], [2])


async def test_what_only_a_system_that_is_switched_off_leads_to_is_named(house: House) -> None:
    await house.connect(*FILES)
    await house.desk.do(systems.switch, "crm", is_on=False)
    customer_id = await house.desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])
    request = await house.desk.receive(customer_id, "RESTRICTION")
    await house.work(request)
    steps = {each.name: each for each in await planned(house.desk, request)}
    assert steps["CRM"].state is StepState.SKIPPED
    assert (
        steps["ERP"].why is not None
    )  # it has no mark to set; and it is not said that its description is wrong
    assert "restriction" in steps["ERP"].why
    access = await house.desk.receive(customer_id, "ACCESS")
    await house.work(access)
    [erp] = [each for each in await planned(house.desk, access) if each.name == "ERP"]
    assert (erp.state, erp.evidence) == (StepState.NOTHING, {"unreached": ["erp.orders"]})


async def test_systems_that_refer_to_nobody_are_asked_at_once(house: House) -> None:
    await house.connect("crm", "erp", refers_to=())
    customer_id = await house.desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])
    request = await house.desk.receive(customer_id, "ACCESS")
    assert {each.stage for each in await planned(house.desk, request)} == {1}


async def test_descriptions_in_a_circle_refuse_the_order_and_say_where(house: House) -> None:
    there = text("erp", {"orders": {"id": ID, "person": refers("crm.people.id")}}).decode()
    back = text("crm", {"people": {"id": refers("erp.orders.id"), "email": EMAIL}}).decode()
    for key, file in (("erp", there), ("crm", back)):
        reach = Reach(f"sqlite:///{house.folder / key}.db")
        async with house.desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
            await systems.connect(act, NewSystem(key, key.upper(), "SQL", reach, file), house.desk.firm.id)
    customer_id = await house.desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])
    request = await house.desk.receive(customer_id, "RESTRICTION")
    await house.work(request)
    [way, *_] = await planned(house.desk, request)
    assert way.state is StepState.REFUSED
    assert "circle" in str(way.why)
    assert (await house.desk.read(request)).state is State.PARTLY_ANSWERED


async def test_the_order_is_found_by_nobody_else(house: House) -> None:
    await house.connect("crm", "erp")
    customer_id = await house.desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])
    request = await house.desk.receive(customer_id, "ACCESS")
    [way, *_] = await planned(house.desk, request)
    await house.desk.refused(
        Code.CONFLICT, ("step",), lambda: house.desk.do(fulfilling.settle_by_hand, way.id, "DONE", rows=1)
    )


@pytest.mark.parametrize("place", [0, 1])
async def test_what_is_taken_back_while_a_worker_is_at_it_stays_as_it_was(
    house: House, superuser: asyncpg.Connection, place: int
) -> None:
    """place: which step is under way, the one that finds the order or the first that is asked for keys."""
    await house.connect(*FILES)
    desk = house.desk
    customer_id = await desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA)])
    request = await desk.receive(customer_id, "ACCESS")
    await house.work(request, most=place)
    claimed = await as_worker(desk, fulfilling.claim, (await planned(desk, request))[place].id)
    await desk.do(conduct.withdraw, request.id)
    before = await planned(desk, request), await desk.kinds(request)
    if place == 0:
        await ordering.find_order(desk.firm.hub, claimed)
    else:
        await Settling(desk.firm.hub, request.id).note(claimed, FOUND)
    assert (await planned(desk, request), await desk.kinds(request)) == before
    kept = "SELECT count(*) FROM rights_step WHERE request_id = $1 AND keys IS NOT NULL"
    assert await superuser.fetchval(kept, request.id) == 0
