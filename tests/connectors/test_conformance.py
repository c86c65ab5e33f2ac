"""Every connector that we ship does what a connector must."""

from tests.connectors import shop
from workers.connectors.conformance import PARTS, Trial, examine
from workers.connectors.connector import Connector
from workers.connectors.memory import MemoryConnector, MemorySystem
from workers.connectors.sql import SqlConnector


async def conforms(connector: Connector) -> None:
    findings = await examine(Trial(connector, shop.ANNA, shop.BERT, shop.NOBODY, shop.MOVED))
    assert [str(each) for each in findings] == [f"ok      {name}" for name, _ in PARTS]


async def test_a_system_in_memory_conforms() -> None:
    await conforms(MemoryConnector(MemorySystem(("shop",), shop.in_memory()), shop.DATASETS, shop.KEY))


async def test_a_sql_database_conforms(sql: SqlConnector) -> None:
    assert await sql.check() == ()
    await conforms(sql)
