"""The journal: one small table in the system's own database, so that an effect and its evidence commit together.

A worker may die after the system has committed and before the hub has kept the evidence. Asked again, the journal
answers with what was done then, and nothing is done twice. It holds ids of steps, counts and names of fields.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable

from workers.connectors.connector import Broken, Call, Done, Evidence, Operation, Refused, Stopped

NAME: Final = "privacy_hub_step"
COLUMNS: Final = ("step", "fingerprint", "evidence", "done_at")
TABLE: Final = sa.Table(
    NAME,
    sa.MetaData(),
    sa.Column("step", sa.String(60), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("done_at", sa.String(40), nullable=False),
    mysql_engine="InnoDB",
    mysql_charset="utf8mb4",
)
DIALECTS: Final[dict[str, type[Dialect]]] = {
    "postgresql": postgresql.dialect,  # pyright: ignore[reportAttributeAccessIssue]
    "mysql": mysql.dialect,
    "mariadb": mysql.dialect,
    "sqlite": sqlite.dialect,
}


def statement(dialect: str) -> str:
    """The statement that makes the table, for whoever may; the connector's role needs SELECT and INSERT on it."""
    made = str(CreateTable(TABLE).compile(dialect=DIALECTS[dialect]()))
    return " ".join(made.split()) + ";"


def missing(dialect: str) -> str:
    """What to tell whoever asks for a change in a database without a journal."""
    return f"The database has no table `{NAME}`, by which no change is made twice. Make it with: {statement(dialect)}"


def find(inspector: Inspector) -> sa.Table | None:
    """The journal of this database, if it is there and as it should be."""
    if not inspector.has_table(NAME):
        return None
    names = {each["name"] for each in inspector.get_columns(NAME)}
    return TABLE if names >= set(COLUMNS) else None


def _step(call: Call, operation: Operation) -> str:
    return f"{operation.value}:{call.step_id}"


async def recall(
    connection: AsyncConnection, call: Call, operation: Operation, fingerprint: str
) -> Done | None:
    """What this step did before. Stopped BROKEN where it was another thing under the same id."""
    found = (
        await connection.execute(
            sa.select(TABLE.c.fingerprint, TABLE.c.evidence).where(TABLE.c.step == _step(call, operation))
        )
    ).first()
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise Stopped(
            Refused("This step was done before with other values: give the new ones a step of their own.")
        )
    return Done(_repeated(Evidence.of(found.evidence)))


def _repeated(evidence: Evidence) -> Evidence:
    return Evidence(evidence.places, evidence.kept, evidence.unreached, evidence.digest, is_repeated=True)


async def note(
    connection: AsyncConnection, call: Call, operation: Operation, fingerprint: str, evidence: Evidence
) -> None:
    """Write what was done, in the transaction that does it."""
    row = {
        "step": _step(call, operation),
        "fingerprint": fingerprint,
        "evidence": evidence.text(),
        "done_at": call.at.isoformat(timespec="seconds"),
    }
    try:
        await connection.execute(sa.insert(TABLE).values(row))
    except IntegrityError:
        raise Stopped(Broken("Another worker did this step at the same moment: ask again.")) from None
