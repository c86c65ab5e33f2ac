"""A person met in a database: what every call has to do with."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.connectors.connector import Call, Nothing, Place, Refused, Stopped
from workers.connectors.planning import Node, Plan
from workers.connectors.sql.engines import SqlSystem
from workers.connectors.sql.fields import Table
from workers.connectors.sql.paging import Condition
from workers.connectors.sql.reach import Reach
from workers.connectors.sql.schema import Schema


class Meeting:
    """A person met in a database: one connection, the plan for the identities known, the rows that are theirs."""

    def __init__(
        self, connection: AsyncConnection, schema: Schema, way: Plan, call: Call, system: SqlSystem
    ) -> None:
        self.connection, self.schema, self.plan, self.call, self.system = (
            connection,
            schema,
            way,
            call,
            system,
        )
        self.nodes: Sequence[Node] = way.nodes(system.datasets)
        reach = Reach(schema.tables, self.nodes, call.subject, system.exact)
        self.rows: list[tuple[Table, Condition]] = [
            (schema.tables[node.name], reach.rows[node.name])
            for node in self.nodes
            if node.name in reach.rows
        ]
        self.unreached = way.unreached_in(system.datasets)

    async def count(self, table: Table, condition: Condition) -> int:
        """How many rows of a table are the person's; Stopped REFUSED for more than one person can have."""
        statement = sa.select(sa.func.count()).select_from(table.reflected).where(condition)
        found = int(await self.connection.scalar(statement) or 0)
        if found > self.system.rows_most:
            raise Stopped(
                Refused(
                    f"`{table.made.name}` would give one person {found:,} rows, more than {self.system.rows_most:,}: "
                    "a reference leads too far, or the limit is too low."
                )
            )
        return found

    def nothing(self) -> Nothing:
        """Say that nobody was met."""
        return Nothing(self.unreached)


def place(table: Table, rows: int, fields: dict[str, str]) -> Place:
    """What happened in a table."""
    return Place(*table.made.name, rows, fields)
