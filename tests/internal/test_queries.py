"""Every query through the real door: answered once, refused once, and refused to whoever may not."""

from typing import Any

import pytest
import pytest_asyncio

from hub.act import Hub
from hub.actors import SCOPES, Actor, Role, may
from hub.receipts import read_receipt, trusted_keys, verify_receipt
from hub.sealing import seal_once
from schema import door as declared
from schema.internal import root
from tests.internal.cases import QUERIES as CASES
from tests.internal.door import Door, nodes_of
from tests.internal.setting import Setting
from tests.world import World

OPERATIONS = {
    name.partition(".")[2]: operation
    for name, operation in declared.operations(root.schema)
    if operation and name.startswith("Query.")
}

LISTED = {"connectedSystems", "noticeCheck", "noticeDiff", "noticeFields"}
"""Fields that answer a plain list."""
OWN = {"webhook", "webhookDeliveries"}
"""Fields about what only the client has that made it."""


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


async def sealed(hub: Hub) -> None:
    async with hub.database.sealer() as sealer:
        while (await seal_once(sealer, hub.vault.keyring)) is not None:
            pass


def test_every_query_is_tried() -> None:
    assert set(CASES) == set(OPERATIONS)


@pytest.mark.parametrize("query", CASES)
async def test_a_query_is_answered(hub: Hub, at: Setting, query: str) -> None:
    case = CASES[query]
    variables = await case.good(at)
    if query == "receipt":
        await sealed(hub)
    before = await at.door.traces()
    answer: Any = await at.door.one(at.token, case.document, **variables)
    assert await at.door.traces() == before, "a query changes nothing"
    if "" in case.seen:
        assert answer == case.seen[""]
        return
    if not case.seen:
        assert answer
        return
    seen: dict[str, Any] = nodes_of(answer)[-1] if "edges" in answer else answer
    if query in LISTED:
        assert answer
        seen = answer[0]
    assert {**seen, **case.seen} == seen


@pytest.mark.parametrize("query", [name for name, case in CASES.items() if case.code])
async def test_a_refused_query_names_the_place(at: Setting, query: str) -> None:
    case = CASES[query]
    error = await at.door.error(at.token, case.document, **{**await case.good(at), **case.bad})
    assert (error["extensions"]["code"], tuple(error["extensions"].get("input", ()))) == (
        case.code,
        case.place,
    )


@pytest_asyncio.fixture(scope="module")
async def asked(hub: Hub, door: Door, world: World) -> dict[str, Any]:
    """Good variables of every query: they stay good, as a query changes nothing."""
    at = Setting(door, world, await door.token(world))
    variables = {query: await case.good(at) for query, case in CASES.items()}
    await sealed(hub)
    return variables


@pytest.mark.xdist_group("queries")
@pytest.mark.parametrize("role", sorted(SCOPES))
async def test_each_scope_reads_what_the_table_allows_and_nothing_else(
    door: Door, world: World, asked: dict[str, Any], role: Role
) -> None:
    token = await door.token(world, role)
    actor = Actor("app", roles=frozenset({role}))
    for query, case in CASES.items():
        answer = (await door.post(token, case.document, asked[query])).json()
        codes = [each["extensions"]["code"] for each in answer.get("errors", [])]
        answered = ["NOT_FOUND"] if query in OWN else []
        assert (query, codes) == (query, answered if may(actor, OPERATIONS[query]) else ["FORBIDDEN"])


async def test_a_receipt_proves_the_decision_without_the_hub(hub: Hub, at: Setting) -> None:
    case = CASES["receipt"]
    variables = await case.good(at)
    error = await at.door.error(at.token, case.document, **variables)
    assert error["extensions"]["code"] == "NOT_SEALED_YET"
    await sealed(hub)
    given = await at.door.one(at.token, case.document, **variables)
    receipt = read_receipt(given["document"])
    verdict = verify_receipt(receipt, trusted_keys(hub.vault.keyring.public_jwks()))
    assert (verdict.valid, verdict.pinned, verdict.event) == (True, True, "decision.made")
    assert [detail["body"]["outcome"] for detail in receipt["details"]] == ["ALLOW"]


async def test_what_a_scope_may_not_see_is_null_and_not_an_error(door: Door, world: World) -> None:
    at = Setting(door, world, await door.token(world))
    only = await door.token(world, Role.CUSTOMERS_READ)
    query = CASES["collections"].document
    (seen,) = nodes_of(await door.one(only, query, **await CASES["collections"].good(at)))
    assert seen["noticeVersionId"] == at.version("v3")
    assert seen["noticeVersion"] is None
    decider = await door.token(world, Role.DECIDE)
    found = await door.one(decider, CASES["decision"].document, **await CASES["decision"].good(at))
    assert found["customer"] is None
    assert found["question"] == {"purpose": {"key": "conveyancing"}}
