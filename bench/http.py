"""Decisions over HTTP against a bare Strawberry application, one server process each, on the same database."""

import asyncio
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

import orjson

from bench import load
from bench.house import Stage, served, staged
from bench.serving import HOST
from schema.relay import global_id

SECONDS = 3.0
ROUNDS = 3
CONNECTIONS = 32
BATCH = 100
FIELDS = "outcome rule citation { law clause }"
DECIDE = f"mutation M($q: QuestionInput!) {{ decide(input: $q) {{ decision {{ id {FIELDS} }} problems {{ code }} }} }}"
PREVIEW = f"query P($q: QuestionInput!) {{ preview(input: $q) {{ {FIELDS} }} }}"
MANY = f"mutation M($q: [QuestionInput!]!) {{ decisions(input: $q) {{ results {{ decision {{ id {FIELDS} }} }} }} }}"
BARE = "query B($id: ID!) { customer(id: $id) { id locale kind } }"

Server = tuple[int, str]
"""Its port, and a token that it takes."""


def main() -> None:
    """Print requests a second and ratios, the median of several rounds, the servers in turn."""
    with (
        staged() as stage,
        served("bare", stage) as bare,
        served("ours", stage) as checked,
        served("hub", stage) as ours,
    ):
        _measure(stage, (bare, checked), ours)


def _question(customer: UUID) -> dict[str, Any]:
    return {
        "customer": {"id": global_id("Customer", customer)},
        "act": "DISCLOSE",
        "purpose": "referral-mortgage",
        "recipient": "bluegum-mortgages",
    }


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of which server, over how many connections, and what a right answer holds."""

    server: Server
    bodies: list[dict[str, Any]]
    connections: int
    wanted: bytes = b'"outcome"'


def _calls(people: list[UUID], bare: tuple[Server, Server], ours: Server) -> dict[str, Call]:
    def asking(document: str) -> list[dict[str, Any]]:
        return [{"query": document, "variables": {"q": _question(each)}} for each in people]

    batches = [people[start : start + BATCH] for start in range(0, len(people), BATCH)]
    many = [{"query": MANY, "variables": {"q": [_question(each) for each in batch]}} for batch in batches]
    by_key = [{"query": BARE, "variables": {"id": str(each)}} for each in people]
    return {
        "bare": Call(bare[0], by_key, CONNECTIONS, b'"locale"'),
        "bare, our check": Call(bare[1], by_key, CONNECTIONS, b'"locale"'),
        "preview": Call(ours, asking(PREVIEW), CONNECTIONS),
        "decide": Call(ours, asking(DECIDE), CONNECTIONS),
        "one by one": Call(ours, asking(DECIDE), 1),
        "in one call": Call(ours, many, 1),
        "in one call, crowded": Call(ours, many, CONNECTIONS),
    }


def _rate(call: Call) -> float:
    port, token = call.server
    requests = [load.post(HOST, "/graphql", token, orjson.dumps(body)) for body in call.bodies]
    running = load.run(port, requests, seconds=SECONDS, connections=call.connections, wanted=call.wanted)
    done = asyncio.run(running)
    if done.bad:
        raise AssertionError(f"{done.bad} of {done.requests} answers were wrong")
    return done.rate


def _measure(stage: Stage, bare: tuple[Server, Server], ours: Server) -> None:
    calls = _calls(stage.customers, bare, ours)
    rounds = [{name: _rate(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    rates = {name: median(each[name] for each in rounds) for name in calls}
    print(f"{CONNECTIONS} connections: bare Strawberry, one query  {rates['bare']:7,.0f} requests a second")
    print(f"    the same, with our check of the token   {rates['bare, our check']:7,.0f} requests a second")
    for name in ("preview", "decide"):
        ratios = [rates[name] / rates[each] for each in ("bare", "bare, our check")]
        print(
            f"{CONNECTIONS} connections: {name:7}  {rates[name]:7,.0f} requests a second  "
            f"{ratios[0]:.2f}x of bare, {ratios[1]:.2f}x with our check"
        )
    many, one = rates["in one call"] * BATCH, rates["one by one"]
    print(f"one caller: {BATCH} one by one  {one:7,.0f} decisions a second")
    print(f"one caller: {BATCH} in one call {many:7,.0f} decisions a second  {many / one:.1f}x of one by one")
    crowded = rates["in one call, crowded"] * BATCH
    print(f"{CONNECTIONS} connections: {BATCH} in each call  {crowded:7,.0f} decisions a second")
