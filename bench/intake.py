"""Rights requests taken in over GraphQL by one server process, many callers at once."""

import asyncio
from statistics import median
from typing import Any

import orjson

from bench import load
from bench.house import Stage, served, staged
from bench.serving import HOST
from schema.relay import global_id

SECONDS = 3.0
ROUNDS = 3
CONNECTIONS = 32
OPEN = """
    mutation M($input: OpenRightsRequestInput!) { openRightsRequest(input: $input) {
        request { id reference state dueOn } problems { code message } } }
"""
ASKED: dict[str, dict[str, Any]] = {
    "taken in, who asks is not known yet": {"kind": "ACCESS"},
    "open at once, its steps planned, its letter queued": {"kind": "ACCESS", "identifiedBy": "CALLED_BACK"},
}


def main() -> None:
    """Print requests a second, the median of several rounds, the kinds in turn."""
    with staged() as stage, served("hub", stage) as ours:
        rounds = [{name: _rate(stage, ours, given) for name, given in ASKED.items()} for _ in range(ROUNDS)]
    for name in ASKED:
        rate = median(each[name] for each in rounds)
        print(f"{CONNECTIONS} connections: {name:51} {rate:6,.0f} a second, {1000 / rate:.1f} ms each")


def _rate(stage: Stage, server: tuple[int, str], given: dict[str, Any]) -> float:
    port, token = server
    bodies = [
        {
            "query": OPEN,
            "variables": {
                "input": {"customer": {"id": global_id("Customer", each)}, "channel": "PHONE", **given}
            },
        }
        for each in stage.customers
    ]
    requests = [load.post(HOST, "/graphql", token, orjson.dumps(each)) for each in bodies]
    running = load.run(port, requests, seconds=SECONDS, connections=CONNECTIONS, wanted=b'"problems":[]')
    done = asyncio.run(running)
    if done.bad:
        raise AssertionError(f"{done.bad} of {done.requests} answers were wrong")
    return done.rate
