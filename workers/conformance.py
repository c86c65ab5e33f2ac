"""Tries a partner out: sends its endpoint what a run plans, and keeps how it answered.

Killed in between, it sends everything again: nothing that is sent says anything.
"""

import asyncio
import time
from functools import partial
from typing import Final
from uuid import UUID

from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.outbound import Outbound, Unreached, Unwanted
from hub.partners import addresses, conforming
from hub.partners.conforming import How, Plan, Probe, Result, Step
from workers.door import task

SECONDS: Final = 15.0


@task("conformance.run")
async def run(hub: Hub, run_id: UUID) -> None:
    """Send what is planned, one after the other; who does not answer is asked no more."""
    planned = await conforming.plan(hub, run_id)
    if planned is None:
        return
    results = await _results(hub, planned)
    await hub.perform(
        WORKER, Operation.CONFORMANCE_TEST, partial(conforming.settle, run_id=run_id, results=results)
    )


async def _results(hub: Hub, planned: Plan) -> list[Result]:
    steps = [Step.ANSWERS, Step.REFUSES_FORGED, Step.REFUSES_OLD, Step.TAKES_AGAIN]
    results = [Result(Step.LISTENS, How.PASSED if planned.probes else How.FAILED)]
    outbound = Outbound(addresses.rules(hub.settings))
    try:
        for probe in planned.probes:
            results.append(await _probe(outbound, planned.url, probe))
            if results[-1].status is None:
                break
    finally:
        await outbound.close()
    return results + [Result(step, How.SKIPPED) for step in steps[len(results) - 1 :]]


async def _probe(outbound: Outbound, url: str, probe: Probe) -> Result:
    began = time.perf_counter()
    status = await _status(outbound, url, probe)
    took_ms = round((time.perf_counter() - began) * 1000)
    how = How.PASSED if status in probe.wanted else How.FAILED
    return Result(probe.step, how, status, took_ms)


async def _status(outbound: Outbound, url: str, probe: Probe) -> int | None:
    try:
        async with (
            asyncio.timeout(SECONDS),
            outbound.open("POST", url, headers=probe.headers, body=probe.body, seconds=SECONDS) as answer,
        ):
            return answer.status
    except (Unwanted, Unreached, TimeoutError):
        return None
