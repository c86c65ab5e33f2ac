"""One process: ``python -m bench.exporting loop|export URL DATA_DIR KEYRING_FILE CLIENT``, its figures as JSON.

``loop`` fetches the values of those who may be received, opens them and encodes them, and no more. ``export`` makes an
export of them, as a worker does.
"""

import asyncio
import gc
import json
import os
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID

import orjson

from hub import asgi, logs
from hub.act import Act, Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Actor, Operation
from hub.partners import contents, exports, offers, producing
from hub.partners.exports import Wanted
from hub.settings import load

OFFER = ("quay-referrals", "referral-inspection")
CHUNK = 1_000
_CLIENT = "SELECT organisation_id, recipient_id FROM client WHERE id = $1"
# Those who may be received, as an export before has recorded them, or the plain table says.
_WHO = """
    SELECT k.customer_id, k.wrapped FROM plain_customer p JOIN keys.customer_key k ON k.customer_id = p.id
    WHERE p.id > $1 AND p.is_allowed ORDER BY p.id LIMIT $2
"""


async def run(kind: str, url: str, folder: Path, keyring: str, client_id: UUID) -> dict[str, float]:
    """Do it; how many rows, in how many seconds, by how much of the processor, and how much memory it added."""
    settings = load(mode="run", data_dir=folder, keyring=keyring, log_level="ERROR")
    logs.configure("ERROR", pretty=False)
    hub = await Hub.open(settings, url)
    async with hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
        row = await ask.row(_CLIENT, client_id)
        server = _parent(await ask.value("SELECT pg_backend_pid()"))
    if row is None:
        raise LookupError("the client is not there")
    own = (row["organisation_id"], row["recipient_id"])
    partner = Actor("partner", client_id, own[0], roles=PARTNER_SCOPES, recipient_id=own[1])
    async with hub.ask(partner, Operation.PARTNER_READ) as ask:
        await offers.find(ask, *OFFER)
    idle, there, here, began = _idle(), _busy(server), time.process_time(), time.perf_counter()
    rows = await (_loop(hub, partner) if kind == "loop" else _export(hub, partner))
    figures = {"rows": rows, "seconds": time.perf_counter() - began, "here": time.process_time() - here}
    figures |= {"in_database": _busy(server) - there, "grown_mb": (_kilobytes("VmHWM") - idle) / 1024}
    await hub.close()
    return figures


async def _loop(hub: Hub, partner: Actor) -> int:
    async with hub.ask(partner, Operation.PARTNER_READ) as ask:
        offer = await offers.find(ask, *OFFER)
        after, rows, size = UUID(int=0), 0, 0
        while who := await ask.rows(_WHO, after, CHUNK):
            whose = {
                row["customer_id"]: (
                    hub.vault.unwrap(row["customer_id"], row["wrapped"]),
                    list(offer.categories),
                )
                for row in who
            }
            for each, found in (await contents.of_many(ask, offer, whose)).items():
                said = {
                    "id": str(each),
                    "emails": found.emails,
                    "phones": found.phones,
                    "fields": found.fields,
                }
                size += len(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
            after, rows = who[-1]["customer_id"], rows + len(who)
    return rows


async def _export(hub: Hub, partner: Actor) -> int:
    async def start(act: Act) -> UUID:
        return (await exports.start(act, Wanted(*OFFER, "NDJSON"))).id

    export_id = await hub.perform(partner, Operation.EXPORT_START, start)
    begin = partial(producing.begin, export_id=export_id)
    job = await hub.perform(partner, Operation.EXPORT_MAKE, begin)
    if job is None:
        raise LookupError("the export is not there")
    await producing.produce(hub, job)
    await producing.finish(hub, job)
    async with hub.ask(partner, Operation.EXPORT_READ) as ask:
        return (await exports.read(ask, export_id)).rows


def _idle() -> int:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    return _kilobytes("VmRSS")


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def _busy(server: int) -> float:
    """The processor's time of a PostgreSQL and all that it has started, in seconds."""
    spent = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            numbers = _numbers(path)
            if path.parent.name == str(server):
                spent += sum(numbers[9:13])  # with those that have ended
            elif numbers[0] == server:
                spent += sum(numbers[9:11])
    return spent / os.sysconf("SC_CLK_TCK")


def _parent(process: int) -> int:
    return _numbers(Path(f"/proc/{process}/stat"))[0]


def _numbers(path: Path) -> list[int]:
    """What the kernel says of a process, from its parent's number on."""
    return [int(each) for each in path.read_text().rpartition(")")[2].split()[1:]]


if __name__ == "__main__":
    gc.freeze()  # as `hub work` does
    _, which, database_url, home, keys, client = sys.argv
    with asyncio.Runner(loop_factory=asgi.loop_factory()) as runner:
        made = runner.run(run(which, database_url, Path(home), Path(keys).read_text(), UUID(client)))
    print(json.dumps(made))
