"""A backup, restored, is the same hub: by the very commands of docs/operating.md, in its order."""

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from hub import anchors, profiles
from hub.act import Hub
from hub.actors import Operation
from hub.postgresql import _binaries
from hub.sealing import seal_once
from hub.settings import load
from tests.run.conftest import Own, Place
from tests.world import World, build_world

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EMAIL = "grace@example.org"


def commands() -> tuple[str, str]:
    """How the page backs up, and how it restores."""
    backup, restore = FENCE.findall(PAGE.read_text(encoding="utf-8"))
    return backup, restore


def follow(script: str, folder: Path, **settings: str) -> None:
    """Run commands of the page with PostgreSQL's own programs."""
    path = f"{_binaries()}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env={"PATH": path, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def at(place: Place, database: str) -> Place:
    """The same server, another database."""
    return Place(place.url.replace("/hub?", f"/{database}?"), place.folder, place.keyring)


async def opened(place: Place) -> Hub:
    return await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)


async def add_customer(place: Place, email: str) -> tuple[World, UUID]:
    """Let somebody join a new firm, and seal it."""
    hub = await opened(place)
    world = await build_world(hub)
    customer = await world.customer(hub, email=email)
    async with hub.database.sealer() as connection:
        seal = await seal_once(connection, hub.vault.keyring)
    assert seal
    anchors.append(hub.settings.anchors, seal.statement, seal.signature)
    await hub.close()
    return world, customer


async def email_of(place: Place, world: World, customer: UUID) -> str:
    """Open a customer's address."""
    hub = await opened(place)
    try:
        async with hub.act(world.app(), Operation.CUSTOMER_REVEAL) as act:
            shown = await profiles.reveal(act, customer, "SERVICE", "a test")
        return shown.identifiers[0].value
    finally:
        await hub.close()


TABLES = """
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'keys' AND column_name = 'wrapped' ORDER BY 1
"""


def keys(place: Place) -> dict[str, int]:
    """How many data keys each table of keys holds."""
    with psycopg.connect(place.url) as connection:
        tables: list[str] = [row[0] for row in connection.execute(TABLES).fetchall()]
        return {each: _many(connection, each) for each in tables}


def _many(connection: psycopg.Connection[tuple[Any, ...]], table: str) -> int:
    found = connection.execute(
        sql.SQL("SELECT count(*) FROM keys.{}").format(sql.Identifier(table))
    ).fetchone()
    assert found
    return found[0]


def lock_up(place: Place) -> None:
    """Leave keys of a request and of an export, as the customer's are there."""
    with psycopg.connect(place.url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO keys.request_key (request_id, wrapped) VALUES (gen_random_uuid(), '\\x02')"
        )
        connection.execute(
            "INSERT INTO keys.partner_export_key (export_id, wrapped) VALUES (gen_random_uuid(), '\\x02')"
        )


@pytest.mark.slow
def test_a_backup_is_restored_by_the_commands_of_the_page(own: Own, tmp_path: Path) -> None:
    place, (backup, restore) = own.place, commands()
    world, customer = asyncio.run(add_customer(place, EMAIL))
    lock_up(place)
    held = keys(place)
    follow(backup, tmp_path, HUB_DATABASE_URL=place.url)
    asyncio.run(add_customer(place, "late@example.org"))
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE again")
        connection.execute("CREATE DATABASE keyless")
    again, keyless = at(place, "again"), at(place, "keyless")
    follow(restore, tmp_path, DATABASE=again.url)
    assert again.run("migrate", "--check").returncode == 0
    assert again.run("check").returncode == 1, "it is older than the anchors"
    assert again.run("restore", "finish").returncode == 0
    assert again.run("check").returncode == 0
    assert asyncio.run(email_of(again, world, customer)) == EMAIL
    said = again.run("ledger", "verify", "--json")
    assert (said.returncode, [each["kind"] for each in json.loads(said.stdout)["findings"]]) == (
        1,
        ["missing"],
    )
    fresh = again.run("ledger", "verify", "--json", HUB_ANCHOR_FILE=str(tmp_path / "new.ndjson"))
    assert (fresh.returncode, json.loads(fresh.stdout)["ok"]) == (0, True)
    assert keys(again) == held
    assert set(held.values()) == {1}
    follow(
        "\n".join(line for line in restore.splitlines() if "keys.dump" not in line),
        tmp_path,
        DATABASE=keyless.url,
    )
    assert set(keys(keyless).values()) == {0}, "a dump without the keys brings nobody back"
