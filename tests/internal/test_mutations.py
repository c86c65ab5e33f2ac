"""Every mutation through the real door: done once, refused once, and refused to whoever may not."""

from typing import Any

import pytest
import pytest_asyncio

from hub.act import Hub
from hub.actors import SCOPES, Role, may
from hub.actors import Actor as _Actor
from schema import door as declared
from schema.internal import root
from tests.internal.cases import ABOUT_A_CUSTOMER, NOBODY
from tests.internal.cases import MUTATIONS as CASES
from tests.internal.door import Door
from tests.internal.setting import Setting, document
from tests.world import World

OPERATIONS = {
    name.partition(".")[2]: operation
    for name, operation in declared.operations(root.schema)
    if operation and name.startswith("Mutation.")
}


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


def changed(given: Any, changes: Any) -> Any:
    return changes[""] if "" in changes else {**given, **changes}  # noqa: SIM401 - a list has no fields


def test_every_mutation_is_tried() -> None:
    assert set(CASES) == set(OPERATIONS)


@pytest.mark.parametrize("mutation", CASES)
async def test_a_mutation_does_what_it_says_and_leaves_its_events(at: Setting, mutation: str) -> None:
    case = CASES[mutation]
    given = await case.good(at)
    before = await at.door.traces()
    payload = await at.door.one(at.token, document(mutation, case.select), input=given)
    acts, entries = await at.door.traces()
    assert await at.door.events(before) == list(case.events)
    assert (acts, entries) == (before[0] + 1, before[1] + len(case.events))
    assert {**payload, "problems": []} == {**payload, **case.answer, "problems": []}


@pytest.mark.parametrize("mutation", CASES)
async def test_a_refused_mutation_names_the_place_and_changes_nothing(at: Setting, mutation: str) -> None:
    case = CASES[mutation]
    given = changed(await case.good(at), case.bad)
    code, path = await at.door.problem(at.token, document(mutation, case.select), input=given)
    assert (code, tuple(path)) == (case.code, case.path)


@pytest.mark.parametrize("mutation", ABOUT_A_CUSTOMER)
async def test_a_customer_nobody_knows_is_refused_in_the_same_words_everywhere(
    at: Setting, mutation: str
) -> None:
    given = {**await CASES[mutation].good(at), "customer": NOBODY}
    code, path = await at.door.problem(at.token, document(mutation, CASES[mutation].select), input=given)
    assert (code, path) == ("NOT_FOUND", ["input", "customer"])


@pytest_asyncio.fixture(scope="module")
async def inputs(door: Door, world: World) -> dict[str, Any]:
    """A good input of every mutation: it stays good, as whoever sends it here is refused."""
    at = Setting(door, world, await door.token(world))
    return {mutation: await case.good(at) for mutation, case in CASES.items()}


@pytest.mark.xdist_group("mutations")
@pytest.mark.parametrize("role", sorted(SCOPES))
async def test_each_scope_does_what_the_table_allows_and_nothing_else(
    door: Door, world: World, inputs: dict[str, Any], role: Role
) -> None:
    token = await door.token(world, role)
    actor = _Actor("app", roles=frozenset({role}))
    before = await door.traces()
    for mutation, case in CASES.items():
        if may(actor, OPERATIONS[mutation]):
            continue
        sent = {"input": inputs[mutation]}
        payload = (await door.post(token, document(mutation, case.select), sent)).json()["data"][mutation]
        (problem,) = payload.pop("problems")
        assert (mutation, problem["code"], problem["path"]) == (mutation, "FORBIDDEN", [])
        assert not any(payload.values()), mutation
    assert await door.traces() == before, "a refused mutation left something behind"


@pytest.mark.xdist_group("mutations")
async def test_whoever_conducts_requests_sees_no_row_of_a_copy_by_that_alone(
    door: Door, world: World, inputs: dict[str, Any]
) -> None:
    reveal = document("revealRightsPackage", "rows { values }")
    token = await door.token(world, Role.REQUESTS_READ, Role.REQUESTS_CONDUCT)
    code, path = await door.problem(token, reveal, input=inputs["revealRightsPackage"])
    assert (code, path) == ("FORBIDDEN", [])
    shown = await door.one(
        await door.token(world, Role.CUSTOMERS_REVEAL), reveal, input=inputs["revealRightsPackage"]
    )
    assert shown["rows"]


async def test_what_is_changed_shows_within_the_same_answer(hub: Hub, at: Setting) -> None:
    del hub
    ref = await at.ref()
    query = """
        mutation ($ref: CustomerRef!, $values: [ProfileValueInput!]!) {
            one: customerChange(input: {customer: $ref, relationship: CLOSED}) { customer { relationship } }
            two: profileSet(input: {customer: $ref, values: $values})
                { customer { name relationship } }
        }
    """
    answer = await at.door.ask(
        at.token, query, ref=ref, values=[{"category": "identity", "field": "name", "value": "Ada"}]
    )
    assert answer == {
        "one": {"customer": {"relationship": "CLOSED"}},
        "two": {"customer": {"name": "A***", "relationship": "CLOSED"}},
    }
