"""A million customers in minutes: some thousand go through the real path, and each is cloned, moved by whole days.

What a row of the projection shares with others (standing, holding, saying) holds no instant, only ranks and slots of
days. So a customer whose whole history is moved by whole days has the same parts, and the projection of the clone is
that of the original with its instants moved: rows can be copied set by set. A sample is then compared with what the
database itself makes of the cloned events.
"""

import asyncio
from uuid import UUID

import asyncpg

from bench.firm import Firm
from bench.people import COLUMNS, MOVES, Drawing, Rows
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.models import ImportBatch

CHUNK = 500
WRITERS = 1
FAMILIES_EVERY = 200
SAMPLE = 300
EVENTS = ("customer_event", "registry_check", "collection", "delivery", "choice")
DAYS = ("day_1", "day_2", "day_3", "day_4")
TURNS = tuple(f"lapse_{place}" for place in range(17))
MOVED = (
    "happened_at",
    "shown_at",
    "ends_at",
    "valid_from",
    "valid_to",
    "contact_at",
    "kept_from",
    "checked_at",
    *DAYS,
    *TURNS,
)
MOVED_LISTS = ("days", "lapses", "checks")
SOURCES = (*EVENTS, "customer", "customer_state", "customer_past", "keys.customer_key")


async def draw(hub: Hub, firm: Firm, size: int) -> list[UUID]:
    """Write so many customers as an import does: in chunks, each an act that is projected at its end."""
    made: list[UUID] = []
    import_id = await _import(hub, firm)
    async with hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
        drawing = Drawing(firm, ask.at, import_id)
    chunks = iter([min(CHUNK, size - start) for start in range(0, size, CHUNK)])

    async def write() -> None:
        for count in chunks:
            async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
                made.extend(await _chunk(act, drawing, count))

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    return made


async def _import(hub: Hub, firm: Firm) -> UUID:
    import_id = new_id()
    async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
        await ImportBatch.create(
            id=import_id, organisation_id=firm.organisation_id, fingerprint=import_id.hex, counts={}, started_at=act.at,
            using_db=act.db,
        )  # fmt: skip
        await act.record("import.started", import_id=import_id)
    return import_id


async def _chunk(act: Act, drawing: Drawing, count: int) -> list[UUID]:
    await act.execute("SELECT set_config('hub.project', 'later', true)")
    rows = Rows(act.id, act.at)
    people = [drawing.customer(rows) for _ in range(count)]
    for table, columns in COLUMNS.items():
        await act.copy_in(table, columns, rows.tables[table])
    keys = [act.hub.vault.new_customer_key(one) for one in people]
    await act.execute(
        "INSERT INTO keys.customer_key (customer_id, wrapped) SELECT * FROM unnest($1::uuid[], $2::bytea[])",
        people,
        keys,
    )
    merged = people[1::FAMILIES_EVERY]
    await act.execute(
        "UPDATE customer SET survivor_id = m.survivor FROM unnest($1::uuid[], $2::uuid[]) AS m (id, survivor)"
        " WHERE customer.id = m.id", merged, people[0::FAMILIES_EVERY][: len(merged)],
    )  # fmt: skip
    await act.record("customers.drawn", count=count)
    return people


# --- cloning ----------------------------------------------------------------------------------------------------------

_QUICKLY = """
    SET session_replication_role = replica; SET synchronous_commit = off; SET timezone = 'UTC';
    SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET statement_timeout = 0; SET enable_nestloop = off
"""
_ROUND = "INSERT INTO bench_clone SELECT $1, id, uuidv7(), $2 FROM bench_customer ORDER BY id"
_UNINDEXED = "ALTER TABLE customer_past DROP CONSTRAINT customer_past_pkey; DROP INDEX customer_past_closed"
_INDEXED = """
    ALTER TABLE customer_past ADD CONSTRAINT customer_past_pkey PRIMARY KEY (customer_id, organisation_id, valid_from);
    CREATE INDEX customer_past_closed ON customer_past USING brin (valid_to) WITH (pages_per_range = 32)
"""
_COLUMNS = """
    SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


async def clone(connection: asyncpg.Connection, times: int) -> None:
    """Make so many of every customer there is, the first included; the connection is a superuser's of its own."""
    await connection.execute(_QUICKLY)
    for table in SOURCES:
        await connection.execute(f"CREATE UNLOGGED TABLE bench_{_plain(table)} AS TABLE {table}")
    await connection.execute(
        "CREATE UNLOGGED TABLE bench_clone (round integer, original uuid, id uuid, days integer)"
    )
    await connection.execute("CREATE INDEX ON bench_clone (round); ANALYZE")
    copying = {table: await _copying(connection, table) for table in SOURCES if table != "customer_past"}
    for number in range(1, times):
        await connection.execute(_ROUND, number, number * 37 % (MOVES + 1))
        for table, sql in copying.items():
            # Events of one instant are told apart by their ids in the end, so clones' ids keep the order.
            order = "k.id, o.id" if table in EVENTS else "k.id"
            await connection.execute(f"{sql} WHERE k.round = $1 ORDER BY {order}", number)
    await _clone_past(connection)
    for table in ("clone", *map(_plain, SOURCES)):
        await connection.execute(f"DROP TABLE bench_{table}")
    await connection.execute("VACUUM (ANALYZE)")


async def _clone_past(connection: asyncpg.Connection) -> None:
    """In the order of valid_to, as closed versions come about."""
    await connection.execute(
        "INSERT INTO bench_clone SELECT 0, id, id, 0 FROM bench_customer; TRUNCATE customer_past"
    )
    await connection.execute(_UNINDEXED)
    sql = await _copying(connection, "customer_past")
    await connection.execute(f"{sql} ORDER BY o.valid_to - k.days * interval '1 day'")
    await connection.execute(_INDEXED)


async def _copying(connection: asyncpg.Connection, table: str) -> str:
    """The statement that copies a table's rows of the originals (o) to their clones (k)."""
    names = [row["attname"] for row in await connection.fetch(_COLUMNS, table)]
    values = ", ".join(_value(table, name) for name in names)
    owner = "id" if table == "customer" else "customer_id"
    kin = (
        "LEFT JOIN bench_clone s ON s.original = o.survivor_id AND s.round = k.round"
        if table == "customer"
        else ""
    )
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM bench_{_plain(table)} o "  # noqa: S608 - constants
        f"JOIN bench_clone k ON k.original = o.{owner} {kin}"
    )


def _value(table: str, name: str) -> str:
    own = {"customer_id": "k.id", "survivor_id": "s.id", "id": "k.id" if table == "customer" else "uuidv7()"}
    if name in own:
        return own[name]
    if name == "times":
        return f"times_of({_moved('contact_at')}, {_moved('kept_from')}, {_moved('checked_at')})"
    if name in MOVED:
        return _moved(name)
    if name in MOVED_LISTS:
        days = "k.days" if name == "days" else "k.days * interval '1 day'"
        moved = f"ARRAY(SELECT d - {days} FROM unnest(o.{name}) WITH ORDINALITY AS u (d, i) ORDER BY i)"  # noqa: S608
        return f"CASE WHEN o.{name} IS NOT NULL THEN {moved} END"
    return f"o.{name}"


def _moved(name: str) -> str:
    return f"o.{name} - k.days * interval '1 day'"


def _plain(table: str) -> str:
    return table.replace(".", "_")


# --- what must be so --------------------------------------------------------------------------------------------------

_DIFFERENT = """
    WITH chosen AS MATERIALIZED (SELECT id FROM customer ORDER BY hashint8(hashtextextended(id::text, $2)) LIMIT $1),
    version AS (
        SELECT s AS row FROM customer_state s JOIN chosen c ON c.id = s.customer_id
        UNION ALL
        SELECT ROW({columns})::customer_state FROM customer_past p JOIN chosen c ON c.id = p.customer_id
    )
    SELECT count(*) AS versions,
        count(*) FILTER (WHERE v.row IS DISTINCT FROM
            state_at((v.row).customer_id, (v.row).organisation_id, (v.row).valid_from)) AS different,
        count(*) FILTER (WHERE (said_in(v.row)).said IS NOT NULL) AS spoken FROM version v
"""


async def verify(connection: asyncpg.Connection, seed: int = 7) -> int:
    """Compare all versions of a random sample with a replay of their events; returns how many were compared."""
    names = [f"p.{row['attname']}" for row in await connection.fetch(_COLUMNS, "customer_state")]
    row = await connection.fetchrow(_DIFFERENT.format(columns=", ".join(names)), SAMPLE, seed)
    if row is None or row["different"] or not row["spoken"]:
        raise AssertionError(
            f"{row and row['different']} of {row and row['versions']} versions differ from their events"
        )
    return row["versions"]
