"""A firm of its own for every test, a folder for files, and the command that imports."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from hub import profiles
from hub.act import Hub
from hub.actors import OPERATOR, Operation, Role
from hub.imports.reversing import Reversal, reverse_import
from hub.imports.running import Outcome, import_customers
from hub.imports.terms import Options
from tests.world import World, build_silent_world, build_world

# Everything that an import may change, without ids, instants and keys.
PICTURE = {
    "customer": "SELECT kind, locale, erased_at IS NOT NULL FROM customer c WHERE c.id = ANY ($1)",
    "identifier": """
        SELECT kind, system, blind, ended_at IS NOT NULL FROM identifier WHERE customer_id = ANY ($1)
    """,
    "profile": "SELECT customer_id, field FROM profile_value WHERE customer_id = ANY ($1)",
    "event": "SELECT aspect, value FROM customer_event WHERE customer_id = ANY ($1)",
    "collection": """
        SELECT source, categories, notice_version_id, shown_how, optout_offered FROM collection
        WHERE customer_id = ANY ($1)
    """,
    "delivery": "SELECT notice_version_id, how, locale FROM delivery WHERE customer_id = ANY ($1)",
    "choice": "SELECT kind, action, channel, method FROM choice WHERE customer_id = ANY ($1)",
    "state": """
        SELECT jurisdictions, relationship, age, erased FROM customer_standing
        WHERE customer_id = ANY ($1)
    """,
    "proposal": "SELECT reason, settled_at IS NULL FROM merge_proposal WHERE newer_id = ANY ($1)",
    "row": "SELECT digest FROM import_row WHERE customer_id = ANY ($1)",
}
STATE = """
    SELECT s.*,
        (SELECT coalesce(jsonb_agg(to_jsonb(i)), '[]')
         FROM intakes_at(s.customer_id, s.organisation_id, now()) i) AS collections,
        (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')
         FROM told_at(s.customer_id, s.organisation_id, now()) t) AS deliveries,
        (SELECT coalesce(jsonb_agg(to_jsonb(w)), '[]')
         FROM words_at(s.customer_id, s.organisation_id, now()) w) AS choices
    FROM customer_standing s WHERE s.customer_id = $1
"""
OF_FIRM = """
    SELECT customer_id FROM identifier WHERE organisation_id = $1
    UNION SELECT customer_id FROM customer_state WHERE organisation_id = $1
"""


@dataclass
class Desk:
    """Where files are put and imported for one firm."""

    hub: Hub
    world: World
    folder: Path

    def file(self, content: str | bytes, name: str = "crm.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def options(self, **more: Any) -> Options:
        given: dict[str, Any] = {
            "organisation": self.world.organisation.id,
            "system": "salesforce",
            "jurisdiction": "AU",
        }
        return Options(**(given | more))

    async def run(self, content: str | bytes | Path, *, is_trial: bool = False, **more: Any) -> Outcome:
        path = content if isinstance(content, Path) else self.file(content)
        return await import_customers(self.hub, OPERATOR, path, self.options(**more), is_trial=is_trial)

    async def reverse(self, outcome: Outcome) -> Reversal:
        assert outcome.import_id
        return await reverse_import(self.hub, OPERATOR, outcome.import_id)

    async def rows(self, sql: str, *args: object) -> list[Any]:
        async with self.hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
            return await ask.rows(sql, *args)

    async def people(self) -> list[UUID]:
        return sorted(row[0] for row in await self.rows(OF_FIRM, self.world.organisation.id))

    async def picture(self) -> Mapping[str, Sequence[tuple[Any, ...]]]:
        """All that is stored about the firm's customers, comparable between runs."""
        people = await self.people()
        found = {name: [tuple(row) for row in await self.rows(sql, people)] for name, sql in PICTURE.items()}
        return {name: sorted(map(repr, rows)) for name, rows in found.items() if name != "profile"} | {
            "profile": sorted(repr(row[1:]) for row in found["profile"])
        }  # pyright: ignore[reportReturnType]

    async def ledger(self) -> int:
        [row] = await self.rows("SELECT count(*) FROM ledger_entry")
        return row[0]

    async def customer(self, external: str) -> UUID:
        """The customer with an id of salesforce."""
        blind = self.hub.vault.blind_external("salesforce", external)
        sql = """
            SELECT customer_id FROM identifier WHERE organisation_id = $1 AND blind = $2 AND ended_at IS NULL
        """
        [row] = await self.rows(sql, self.world.organisation.id, blind.digest)
        return row[0]

    async def shown(self, customer_id: UUID) -> dict[str, str]:
        """A customer's profile and identifiers in clear."""
        actor = self.world.app(None, Role.CUSTOMERS_REVEAL)
        async with self.hub.act(actor, Operation.CUSTOMER_REVEAL) as act:
            shown = await profiles.reveal(act, customer_id, "SERVICE", "a test", self.world.organisation.id)
        return {one.field: one.value for one in shown.profile} | {
            one.kind: one.value for one in shown.identifiers
        }

    async def state(self, customer_id: UUID) -> Any:
        [row] = await self.rows(STATE, customer_id)
        return row


@pytest_asyncio.fixture
async def told_desk(hub: Hub, tmp_path: Path) -> Desk:
    """The desk of a firm with purposes, notices and recipients."""
    return Desk(hub, await build_world(hub), tmp_path)


@pytest.fixture
def desk(told_desk: Desk) -> Desk:
    """The desk of most tests."""
    return told_desk


@pytest_asyncio.fixture
async def bare_desk(hub: Hub, tmp_path: Path) -> Desk:
    """The desk of a firm that promises nothing."""
    return Desk(hub, await build_silent_world(hub), tmp_path)


@pytest.fixture
def another_desk(hub: Hub, tmp_path: Path) -> Callable[[], Awaitable[Desk]]:
    """Make one more firm on the same hub."""

    async def make() -> Desk:
        folder = tmp_path / os.urandom(4).hex()
        folder.mkdir()
        return Desk(hub, await build_world(hub), folder)

    return make
