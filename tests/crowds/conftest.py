"""A firm with a crowd of nine, and the command line beside it."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from hub import merges, recipients
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.recipients import NewRecipient
from tests import hatchery
from tests.world import World, build_world

REFERRAL = ("--purpose", "referral-mortgage", "--act", "disclose", "--recipient", "bluegum-mortgages")
NASTY = "<script>alert(1)</script> & Söhne"


@dataclass(frozen=True)
class Crowd:
    """The firm, and its customers by what became of them."""

    world: World
    people: dict[str, UUID]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> Any:
        """Its answer, as JSON."""
        return json.loads(self.out)


Run = Callable[..., Awaitable[Done]]


@pytest_asyncio.fixture(scope="session")
async def crowd(hub: Hub) -> Crowd:
    """Two years, two countries, a consent, a refusal, somebody untold, two records of one person."""
    world = await build_world(hub)
    people = {
        name: await world.customer(hub, joined="2024-03-01", shown="v2")
        for name in ("silent", "agreed", "no")
    }
    people |= {name: await world.customer(hub, joined="2025-08-01", shown="v3") for name in ("late", "later")}
    people["british"] = await world.customer(hub, jurisdiction="UK", joined="2024-03-01", shown="v2")
    people["untold"] = await world.customer(hub, joined="2024-05-01", shown=None)
    people["former"] = await world.customer(hub, joined="2024-03-01", shown="v2", relationship="CLOSED")
    twin = await world.customer(hub, joined="2024-03-02", shown="v2")
    await world.choose(hub, people["agreed"], consents="referral-mortgage", recipient="bluegum-mortgages")
    await world.choose(hub, people["no"], stops_sharing=True)
    async with hub.act(world.app(), Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, people["silent"], twin)
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        await recipients.add(act, NewRecipient("nasty", NASTY, "AU", organisation=world.organisation.id))
    async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        await act.hub.vault.plant(act)
        await act.record("keyring.planted")
    return Crowd(world, people)


@pytest.fixture
def run(hub: Hub, crowd: Crowd, tmp_path: Path) -> Run:
    """Run a command about the firm, in a folder of the test's own."""

    async def run(*arguments: str, world: World = crowd.world) -> Done:
        own = {
            "HUB_MODE": "run",
            "HUB_DATABASE_URL": hub.database.url,
            "HUB_DATA_DIR": str(tmp_path / "data"),
        }
        own |= {"HUB_KEYRING": hub.vault.keyring.dump(), "COLUMNS": "100"}
        asked = (*arguments, "--organisation", str(world.organisation.id))
        done = await asyncio.to_thread(hatchery.run, asked, {**os.environ, **own}, tmp_path)
        return Done(done.returncode, done.stdout, done.stderr)

    return run
