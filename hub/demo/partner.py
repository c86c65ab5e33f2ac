"""The demo's partner: Bluegum Mortgages, a process of its own that knows the hub by its public addresses alone.

It is the two examples of docs/partners.md, run as a partner would: they sign in with a key of their own, fetch the
customers that it may receive, once one by one and once as a file, are told when there is something to forget, forget
it, and say that they have. They end with the demo, however that ends.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

import orjson
from joserfc.jwk import ECKey

from hub import organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Operation
from hub.demo.apps import keep
from hub.demo.firm import FIRMS
from hub.partners import inviting, keys
from hub.partners.inviting import NewPartner

EXAMPLES: Final = (Path("docs/examples/partner.py"), Path("docs/examples/hooks.py"))
RECIPIENT, ARRANGEMENT, PURPOSE = "bluegum-mortgages", "bluegum-alliance", "referral"
NAME: Final = "Bluegum's system"
LAST_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Partner:
    """What it signs in with. key: the file of its private key; copy: the database that it keeps."""

    client_id: str
    key: Path
    copy: Path


async def enter(hub: Hub) -> Partner:
    """Invite it, once; one whose key is lost is invited anew."""
    folder = hub.settings.data_dir
    key, known = folder / "bluegum.key", folder / "bluegum.client"
    if not (await asyncio.to_thread(key.exists) and await asyncio.to_thread(known.exists)):
        made = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig", "kid": "bluegum-1"}, private=True)
        client_id = await hub.perform(OPERATOR, Operation.PARTNER_INVITE, lambda act: _invite(act, made))
        await asyncio.to_thread(keep, key, orjson.dumps(made.as_dict(private=True)).decode())
        await asyncio.to_thread(keep, known, str(client_id))
    return Partner((await asyncio.to_thread(known.read_text)).strip(), key, folder / "bluegum.sqlite")


async def _invite(act: Act, key: Any) -> UUID:
    firm = await organisations.read(act, FIRMS[0])
    new = NewPartner(NAME, RECIPIENT, sorted(PARTNER_SCOPES), organisation=firm.id)
    client, _ = await inviting.invite(act, new)
    await keys.add(act, client.id, orjson.dumps(key.as_dict(private=False)).decode())
    return client.id


@contextlib.asynccontextmanager
async def running(hub: Hub) -> AsyncGenerator[None]:
    """Let it run beside the hub, where its program is at hand; what it says goes to `bluegum.log`."""
    if not all(each.exists() for each in EXAMPLES):
        yield
        return
    environment = _environment(hub, await enter(hub))
    with (hub.settings.data_dir / "bluegum.log").open("wb") as log:
        processes = [await _begin(each, environment, log) for each in EXAMPLES]
        try:
            yield
        finally:
            await asyncio.gather(*(_end(each) for each in processes))


async def _begin(example: Path, environment: dict[str, str], log: IO[bytes]) -> asyncio.subprocess.Process:
    """Begin one, tied to who started it, whatever ends that: setpriv is part of Debian's util-linux."""
    tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    return await asyncio.create_subprocess_exec(
        *tied, sys.executable, str(example), env=environment, stdout=log, stderr=log
    )


def _environment(hub: Hub, partner: Partner) -> dict[str, str]:
    given = {
        "HUB": hub.settings.url, "CLIENT": partner.client_id, "KEY": str(partner.key), "COPY": str(partner.copy),
        "ARRANGEMENT": ARRANGEMENT, "PURPOSE": PURPOSE, "PAUSE": "20",
        "EXPORT": str(partner.copy.with_suffix(".ndjson")),
    }  # fmt: skip
    return {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | given


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), LAST_SECONDS)
    except TimeoutError:
        process.kill()
