"""What partners are measured on: a firm, a partner that signs in, and many customers of a few kinds with eight values.

Some go through the real path; the others are copies of their rows with ids, keys and sealed values of their own. Beside
them stands a plain table with the same values in clear, for the baselines.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Generator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.house import Stage
from hub import embedded
from hub.act import Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Operation
from hub.cli import opening
from hub.db import new_id
from hub.keyring import Keyring
from hub.migrate import migrate
from hub.partners import inviting
from hub.partners.inviting import NewPartner
from hub.settings import load as load_settings
from tests.world import World, build_world

FIELDS = ("given_name", "family_name", "city", "street", "postcode", "state")
KINDS: tuple[dict[str, Any], ...] = (
    {"shown": "v1", "joined": "2024-03-01"}, {"shown": "v1", "joined": "2023-06-01"},
    {"shown": "v1", "joined": "2024-03-01", "relationship": "CLOSED"}, {"shown": "v1", "joined": "2025-02-01"},
    {"shown": "v1", "joined": "2024-05-01", "stops_marketing": True}, {"shown": "v1", "joined": "2024-06-01"},
    {"shown": "v1", "joined": "2025-03-01"}, {"shown": "v1", "joined": "2024-09-01"},
    {"shown": "v1", "joined": "2024-03-01", "stops_sharing": True}, {"shown": None, "joined": "2024-03-01"},
)  # fmt: skip
ALLOWED = 8
"""Of these the first so many may be received."""
COPIED = ("customer", "customer_event", "collection", "delivery", "choice", "customer_state")
OWN_IDS = frozenset({"customer_event", "collection", "delivery", "choice"})
CHUNK = 2_000
COLUMNS = """
    SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
        AND attgenerated = ''
"""
PLAIN = """
    CREATE TABLE plain_customer (id uuid PRIMARY KEY, email text, phone text, given_name text, family_name text,
        city text, street text, postcode text, state text, is_allowed boolean)
"""


@contextlib.contextmanager
def staged(customers: int) -> Generator[Stage]:
    """A stage on a PostgreSQL of its own; removed at the end, unless a folder keeps it from run to run."""
    kept = os.environ.get("HUB_BENCH_FOLDER")
    folder = Path(kept or tempfile.mkdtemp(prefix="hub-bench-")) / f"partners-{customers}"
    folder.mkdir(parents=True, exist_ok=True)
    running = embedded.start(folder / "data")
    notes = folder / "stage.json"
    try:
        if notes.exists():
            asyncio.run(migrate(running.dsn))  # as an older release left it
        else:
            made = asyncio.run(_stage(running.dsn, folder, customers))
            notes.write_bytes(msgspec.json.encode(made, enc_hook=str))
        yield msgspec.json.decode(notes.read_bytes(), type=Stage, dec_hook=lambda kind, said: kind(said))
    finally:
        running.stop() if kept else running.remove()


async def _stage(url: str, folder: Path, customers: int) -> Stage:
    keyring = folder / "keyring.json"
    keyring.write_text(Keyring.generate().dump())
    settings = load_settings(mode="run", data_dir=folder, keyring=keyring.read_text())
    await opening.prepare(settings, url)
    hub = await Hub.open(settings, url)
    world = await build_world(hub)
    people = await _people(hub, world, url, customers)
    new = NewPartner(
        "bench",
        "quay-inspections",
        sorted(PARTNER_SCOPES),
        None,
        "client_secret",
        organisation=world.organisation.id,
    )
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        client, secret = await inviting.invite(act, new)
    await hub.close()
    said = secret.get_secret_value() if secret else ""
    return Stage(url, folder, keyring, (str(client.id), said), people, world.organisation.key)


async def _people(hub: Hub, world: World, url: str, customers: int) -> list[UUID]:
    originals = [await world.customer(hub, **kind) for kind in KINDS]
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(PLAIN)
    await connection.execute("GRANT SELECT ON plain_customer TO hub_read")
    people: list[UUID] = []
    async for ids in _cloned(connection, originals, customers):
        await _fill(connection, hub, world, ids)
        people += ids
    # A database that has been in use is tidied up, and not while somebody measures.
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()
    return people


async def _cloned(
    connection: asyncpg.Connection, originals: Sequence[UUID], customers: int
) -> AsyncIterator[list[UUID]]:
    """Copy the rows of the originals, each as often as the others, under new ids."""
    copies = [await _copy(connection, table) for table in COPIED]
    for begin in range(0, customers, CHUNK):
        ids = [new_id() for _ in range(min(CHUNK, customers - begin))]
        of = [originals[number % len(originals)] for number in range(len(ids))]
        for copy in copies:
            await connection.execute(copy, ids, of)
        yield ids


async def _copy(connection: asyncpg.Connection, table: str) -> str:
    names = [row["attname"] for row in await connection.fetch(COLUMNS, table)]
    changed = {"id" if table == "customer" else "customer_id": "m.clone"}
    if table in OWN_IDS:
        changed["id"] = "gen_random_uuid()"
    return f"""
        INSERT INTO {table} ({", ".join(names)}) SELECT {", ".join(changed.get(each, f"t.{each}") for each in names)}
        FROM unnest($1::uuid[], $2::uuid[]) AS m (clone, original)
        JOIN {table} t ON t.{"id" if table == "customer" else "customer_id"} = m.original
    """  # noqa: S608 - joined from constants


async def _fill(connection: asyncpg.Connection, hub: Hub, world: World, ids: Sequence[UUID]) -> None:
    """Give each an email, a phone and six values of a profile, sealed, and the same in clear."""
    firm, now = world.organisation.id, await connection.fetchval("SELECT now()")
    identity = world.categories["identity"].id
    keys, values, identifiers, plain = list[Any](), list[Any](), list[Any](), list[Any]()
    for number, each in enumerate(ids):
        wrapped = hub.vault.new_customer_key(each)
        key = hub.vault.unwrap(each, wrapped)
        keys.append((each, wrapped, now))
        said = [f"{name} {number}" for name in FIELDS]
        addresses = (f"{each}@example.org", f"+61412{number:06}")
        for name, text in zip(FIELDS, said, strict=True):
            row_id = new_id()
            values.append(
                (row_id, each, firm, identity, name, key.seal("profile_value", "sealed", row_id, text), now)
            )
        for kind, text in zip(("EMAIL", "PHONE"), addresses, strict=True):
            row_id = new_id()
            sealed = key.seal("identifier", "sealed", row_id, text)
            identifiers.append((row_id, each, firm, kind, sealed, row_id.bytes, "none", now))
        plain.append((each, *addresses, *said, number % len(KINDS) < ALLOWED))
    await _copied(connection, "keys.customer_key", ("customer_id", "wrapped", "created_at"), keys)
    await _copied(connection, "profile_value", (
        "id", "customer_id", "organisation_id", "category_id", "field", "sealed", "updated_at",
    ), values)  # fmt: skip
    await _copied(connection, "identifier", (
        "id", "customer_id", "organisation_id", "kind", "sealed", "blind", "blind_key_id", "created_at",
    ), identifiers)  # fmt: skip
    await _copied(connection, "plain_customer", ("id", "email", "phone", *FIELDS, "is_allowed"), plain)


async def _copied(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    schema, _, name = table.rpartition(".")
    await connection.copy_records_to_table(
        name, schema_name=schema or None, columns=list(columns), records=rows
    )
