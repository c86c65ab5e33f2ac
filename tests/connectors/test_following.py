"""One person in three systems, each of which knows them by a key of another."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.connectors.describing import DELETED, EMAIL, ID, NAME, dataset, refers
from tests.connectors.shop import KEY
from workers.connectors.connector import Broken, Call, Connector, Done, Nothing, Row, Stopped, Subject
from workers.connectors.following import follow
from workers.connectors.guarding import Guarded
from workers.connectors.memory import MemoryConnector, MemorySystem
from workers.connectors.planning import plan
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.engines import open_engine
from workers.connectors.sql.journal import TABLE

ANNA = Subject({"email": ("anna@example.com",)})
CRM = dataset("crm", {"people": {"": DELETED, "id": ID, "email": EMAIL}})
ERP = dataset("erp", {"orders": {"": DELETED, "id": ID, "person": refers("crm.people.id"), "wish": NAME}})
POST = dataset(
    "post", {"parcels": {"": DELETED, "id": ID, "order_no": refers("erp.orders.id"), "left_with": NAME}}
)
ALL = (CRM, ERP, POST)
ROWS = {"erp.orders": [{"id": n, "person": 1 + n % 2, "wish": f"wish {n}"} for n in range(1200)]}


async def make(url: str, *statements: str) -> None:
    engine = open_engine(SqlSystem(url, ()))
    async with engine.begin() as connection:
        await connection.run_sync(TABLE.create)
        for each in statements:
            await connection.exec_driver_sql(each)
    await engine.dispose()


@pytest_asyncio.fixture
async def systems(empty_database: str, tmp_path: Path) -> AsyncIterator[dict[str, Connector]]:
    """A CRM in a database of each kind, an ERP in memory, a post office in SQLite."""
    (tmp_path / "post.db").touch()
    post = f"sqlite:///{tmp_path}/post.db"
    await make(
        empty_database,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60))",
        "INSERT INTO people VALUES (1, 'anna@example.com'), (2, 'bert@example.com')",
    )
    parcels = ", ".join(f"({n}, {n}, 'somebody')" for n in range(1200))
    await make(
        post,
        "CREATE TABLE parcels (id INTEGER PRIMARY KEY, order_no INTEGER, left_with VARCHAR(60))",
        f"INSERT INTO parcels VALUES {parcels}",
    )
    made: dict[str, Connector] = {
        "crm": SqlConnector(SqlSystem(empty_database, ("crm",)), ALL, KEY),
        "erp": MemoryConnector(MemorySystem(("erp",), ROWS), ALL, KEY),
        "post": SqlConnector(SqlSystem(post, ("post",)), ALL, KEY),
    }
    yield made
    for each in made.values():
        await each.close()


async def rows(system: Connector, subject: Subject) -> int:
    return len([item async for item in system.export(Call(uuid4(), subject)) if isinstance(item, Row)])


async def test_keys_lead_from_system_to_system(systems: dict[str, Connector]) -> None:
    whole = await follow(plan(ALL), systems, Call(uuid4(), ANNA))
    assert whole.keys["crm.people.id"] == (1,)
    assert len(whole.keys["erp.orders.id"]) == 600
    assert [await rows(systems[key], whole) for key in ("crm", "erp", "post")] == [1, 600, 600]
    assert [await rows(systems[key], ANNA) for key in ("crm", "erp", "post")] == [1, 0, 0]
    assert "anna" not in repr(whole)


async def test_each_system_is_erased_by_the_keys_that_were_gathered(systems: dict[str, Connector]) -> None:
    """In whatever order, as what one system forgets must not hide another's rows."""
    way = plan(ALL)
    whole = await follow(way, systems, Call(uuid4(), ANNA))
    assert way.erase_rounds == (("post",), ("erp",), ("crm",))
    for key in ("crm", "erp", "post"):
        outcome = await systems[key].erase(Call(uuid4(), whole))
        assert isinstance(outcome, Done)
    assert [await systems[key].find(Call(uuid4(), whole)) for key in systems] == [Nothing()] * 3
    bert = await follow(way, systems, Call(uuid4(), Subject({"email": ("bert@example.com",)})))
    assert [await rows(systems[key], bert) for key in ("crm", "erp", "post")] == [1, 600, 600]


async def test_a_system_that_cannot_be_asked_stops_the_gathering(systems: dict[str, Connector]) -> None:
    erp = systems["erp"]
    assert isinstance(erp, MemoryConnector)
    erp.faults.failures = 1
    with pytest.raises(Stopped) as raised:
        await follow(plan(ALL), {key: Guarded(each) for key, each in systems.items()}, Call(uuid4(), ANNA))
    assert raised.value.outcome == Broken("The system does not answer.")


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_two_datasets_of_one_database_lie_in_its_schemas(empty_database: str) -> None:
    await make(
        empty_database,
        "CREATE SCHEMA sales",
        "CREATE SCHEMA mail",
        "CREATE TABLE sales.people (id INTEGER PRIMARY KEY, email TEXT)",
        "CREATE TABLE mail.people (id INTEGER PRIMARY KEY, person INTEGER REFERENCES sales.people (id), name TEXT)",
        "INSERT INTO sales.people VALUES (1, 'anna@example.com'), (2, 'bert@example.com')",
        "INSERT INTO mail.people VALUES (7, 1, 'Anna'), (8, 2, 'Bert')",
    )
    sales = dataset(
        "sales",
        {"people": {"": DELETED, "id": ID, "email": EMAIL}},
        fides_meta={"namespace": {"schema": "sales"}},
    )
    mail = dataset(
        "mail",
        {"people": {"": DELETED, "id": ID, "person": refers("sales.people.id"), "name": NAME}},
        fides_meta={"namespace": {"schema": "mail"}},
    )
    both = SqlConnector(SqlSystem(empty_database, ("sales", "mail")), (sales, mail), KEY)
    assert await both.check() == ()
    found = await both.find(Call(uuid4(), ANNA))
    assert isinstance(found, Done)
    assert found.keys == {}
    assert await rows(both, ANNA) == 2
    assert isinstance(await both.erase(Call(uuid4(), ANNA)), Done)
    assert await rows(both, ANNA) == 0
    assert await rows(both, Subject({"email": ("bert@example.com",)})) == 2
    one = SqlConnector(SqlSystem(empty_database, ("sales",)), (sales,), KEY)
    assert await one.check() == ()
    outcome = await one.erase(Call(uuid4(), Subject({"email": ("bert@example.com",)})))
    assert type(outcome).__name__ == "Refused"
    await both.close()
    await one.close()
