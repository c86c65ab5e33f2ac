"""A partner before it goes live: its program listens, an operator tries it out, and is told what fails."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import asyncpg
import pytest_asyncio
from joserfc.jwk import ECKey

from hub.act import Hub
from hub.settings import load
from tests.run.conftest import Place, Process, Start
from tests.run.test_workers import until
from tests.world import build_world

PROGRAM = str(Path(__file__).parents[2] / "docs" / "examples" / "hooks.py")
SCOPES = ("partner:read", "partner:withdrawals", "partner:export", "partner:webhooks")
OWN = {"HUB_PARTNER_OWN_NETWORKS": "true"}
PASSED = """\
LISTENS: passed
ANSWERS: passed 200
REFUSES_FORGED: passed 401
REFUSES_OLD: passed 401
TAKES_AGAIN: passed 200
ACKNOWLEDGES: passed
"""


@dataclass
class Partner:
    """A client of the sandbox, whose key lies in a file beside its program."""

    place: Place
    begin: Start
    client: str
    key: Path

    async def run(self, *arguments: str) -> CompletedProcess[str]:
        """Type a command of the hub's."""
        return await asyncio.to_thread(self.place.run, *arguments, **OWN)

    async def endpoints(self) -> list[dict[str, Any]]:
        """Where partners are told things, as an operator lists it."""
        return json.loads((await self.run("webhook", "list", "--json")).stdout)

    async def is_heard(self) -> bool:
        """Whether its program listens, and has said so."""
        return [each["state"] for each in await self.endpoints()] == ["well"]

    def listen(self, hub: Process) -> Process:
        """Start its program."""
        given = {
            "HUB": hub.url.replace("127.0.0.1", "localhost"), "CLIENT": self.client, "KEY": str(self.key),
            "COPY": str(self.place.folder / "copy.sqlite"), "ARRANGEMENT": "surveys", "PURPOSE": "referral-inspection",
        }  # fmt: skip
        return self.begin(self.place, PROGRAM, program=sys.executable, **given)


@pytest_asyncio.fixture
async def partner(place: Place, start: Start) -> AsyncIterator[Partner]:
    """Somebody whom an operator lets into the sandbox, with a public key that they sent."""
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)
    world = await build_world(hub)
    await hub.close()
    key = ECKey.generate_key("P-256", {"kid": "ours-1", "alg": "ES256", "use": "sig"}, private=True)
    public = place.folder / "public.json"
    public.write_text(json.dumps(key.as_dict(private=False)))
    own = place.folder / "key.json"
    own.write_text(json.dumps(key.as_dict(private=True)))
    scopes = [word for each in SCOPES for word in ("--scope", each)]
    whose = ("--organisation", world.organisation.key)
    made = await asyncio.to_thread(
        place.run, "partner", "sandbox", "quay-inspections", *whose, *scopes, "--customers", "3", "--json"
    )
    client = json.loads(made.stdout)["client_id"]
    added = await asyncio.to_thread(place.run, "partner", "key", "add", client, str(public))
    assert "counts from now on" in added.stdout
    yield Partner(place, start, client, own)


async def test_a_partner_is_tried_out_by_an_operator_with_its_own_program_until_it_passes(
    partner: Partner, start: Start
) -> None:
    start(partner.place, "work", **OWN)
    trying = ("partner", "conformance", partner.client, "--minutes", "10")
    early = await partner.run(*trying)
    assert (early.returncode, early.stdout.splitlines()[0]) == (1, "LISTENS: failed")
    assert "ANSWERS: skipped" in early.stdout
    program = partner.listen(start(partner.place, "serve", **OWN))
    await until(partner.is_heard)
    done = await partner.run(*trying)
    assert (done.returncode, done.stdout) == (0, PASSED), done.stderr
    [endpoint] = await partner.endpoints()
    tested = await partner.run("webhook", "test", endpoint["endpoint"])
    assert (tested.returncode, tested.stdout) == (0, "DELIVERED: 200\n")
    program.popen.kill()
    program.wait()
    dead = await partner.run("webhook", "test", endpoint["endpoint"])
    assert (dead.returncode, dead.stdout) == (1, "FAILED: NO_ANSWER\n")
    await is_kept(partner)


async def is_kept(partner: Partner) -> None:
    """Both runs are on record, and nobody real was told of."""
    seen = await asyncpg.connect(partner.place.url)
    runs = await seen.fetchval("SELECT count(*) FROM conformance_run")
    reasons = await seen.fetch("SELECT DISTINCT reason FROM withdrawal")
    await seen.close()
    assert (runs, [row["reason"] for row in reasons]) == (2, ["CONFORMANCE"])
