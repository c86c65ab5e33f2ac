"""A person met in a database: what every call has to do with."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.connectors.connector import Call, Nothing, Place, Refused, Stopped
from workers.connectors.planning import Plan
from workers.connectors.sql.engines import SqlSystem
from workers.connectors.sql.few import Rows
from workers.connectors.sql.fields import Table
from workers.connectors.sql.reach import known
from workers.connectors.sql.statements import Look


class Meeting:
    """A person met in a database: one connection, the plan for the identities known, the rows that are theirs."""

    def __init__(
        self, connection: AsyncConnection, look: Look, way: Plan, call: Call, system: SqlSystem
    ) -> None:
        self.connection, self.schema, self.plan, self.call, self.system = (
            connection,
            look.schema,
            way,
            call,
            system,
        )
        found = known(self.schema.tables, way.nodes(system.datasets), call.subject, system.exact)
        self.values, self.statements = found.values, look.statements(way, found.shape)
        self.unreached = self.statements.unreached

    async def counted(self) -> list[tuple[Table, int]]:
        """The tables in which rows are the person's, and how many, by one statement.

        Stopped REFUSED for more than one person can have.
        """
        if not self.statements.rows:
            return []
        [found] = (await self.connection.execute(self.statements.counting, self.values)).all()
        tables = [table for table, _ in self.statements.rows]
        counted = list(zip(tables, found, strict=True))
        self._require_plausible(counted)
        return [(table, rows) for table, rows in counted if rows]

    async def few(self) -> list[tuple[Table, Rows]] | None:
        """The tables in which rows are the person's, and all of these, by one statement; None where they may be many.

        A statement sees one state of all tables. Stopped as `counted`.
        """
        found = await self.statements.few.read(self.connection, self.values) if self.statements.few else None
        self._require_plausible([(table, len(rows)) for table, rows in found or ()])
        return found

    def _require_plausible(self, counted: Sequence[tuple[Table, int]]) -> None:
        for table, rows in counted:
            if rows > self.system.rows_most:
                raise Stopped(
                    Refused(
                        f"`{table.made.name}` would give one person {rows:,} rows, "
                        f"more than {self.system.rows_most:,}: a reference leads too far, or the limit is too low."
                    )
                )

    async def keys(self, table: Table) -> list[tuple[Any, ...]]:
        """The keys of the person's rows, before any of them is changed."""
        pages = self.statements.keys(table).read(self.connection, self.values)
        return [key async for page in pages for key in page]

    def nothing(self) -> Nothing:
        """Say that nobody was met."""
        return Nothing(self.unreached)


def place(table: Table, rows: int, fields: dict[str, str]) -> Place:
    """What happened in a table."""
    return Place(*table.made.name, rows, fields)
