"""A client gives only what it holds: by no chain of grants does anybody come to hold more."""

import itertools
from typing import Any

import httpx
import pytest

from hub.actors import SCOPES, Role
from tests.internal.door import Door
from tests.internal.setting import Setting, document
from tests.world import World

CREATE = document("clientCreate", "client { id scopes department { key } } clientId clientSecret")
REVOKE = document("clientRevoke", "client { id revokedAt }")


async def signed_in(door: Door, made: dict[str, Any], **more: str) -> httpx.Response:
    async with door._http() as http:
        form = {"grant_type": "client_credentials", **more}
        return await http.post("/oauth/token", data=form, auth=(made["clientId"], made["clientSecret"]))


async def test_no_chain_of_grants_grows_what_is_held(door: Door, world: World) -> None:
    held = {Role.CLIENTS_MANAGE, Role.DECIDE, Role.CATALOGUE_READ}
    token, generation = await door.token(world, *held), 0
    while generation < 3:
        for size in (1, 2):
            for scopes in itertools.combinations(sorted(SCOPES), size):
                given = {"name": "Desk", "scopes": list(scopes)}
                if set(scopes) <= held:
                    made = await door.one(token, CREATE, input=given)
                    assert set(made["client"]["scopes"]) == set(scopes)
                else:
                    found = await door.problem(token, CREATE, input=given)
                    assert found == ("FORBIDDEN", ["input", "scopes"])
        made = await door.one(token, CREATE, input={"name": "Next", "scopes": sorted(held)})
        token = (await signed_in(door, made)).json()["access_token"]
        generation += 1
    assert set((await door.one(token, "{ viewer { scopes } }"))["scopes"]) == held


@pytest.mark.parametrize(
    "scopes",
    [[], ["*"], ["decide", "decide"], ["decide "], ["DECIDE"], ["operator"], ["worker"], ["stranger"]],
)
async def test_scopes_that_are_none_are_refused(door: Door, app: str, scopes: list[str]) -> None:
    found = await door.problem(app, CREATE, input={"name": "Desk", "scopes": scopes})
    assert found == ("INVALID", ["input", "scopes"])


async def test_a_department_gives_itself_only(door: Door, world: World, others: World) -> None:
    token = await door.token(world, department="marketing")
    made = await door.one(token, CREATE, input={"name": "Desk", "scopes": ["decide"]})
    assert made["client"]["department"] == {"key": "marketing"}
    for other in ("lettings", "made-up"):
        given = {"name": "Desk", "scopes": ["decide"], "department": other}
        assert await door.problem(token, CREATE, input=given) == ("NOT_FOUND", ["input", "department"])
    whole = await door.token(world, department=None)
    made = await door.one(
        whole, CREATE, input={"name": "Desk", "scopes": ["decide"], "department": "lettings"}
    )
    assert made["client"]["department"] == {"key": "lettings"}
    stranger = await door.token(others)
    assert await door.problem(stranger, REVOKE, input={"client": made["client"]["id"]}) == (
        "NOT_FOUND",
        ["input", "client"],
    )
    assert await door.problem(token, REVOKE, input={"client": made["client"]["id"]}) == (
        "NOT_FOUND",
        ["input", "client"],
    )


async def test_a_revoked_client_is_out_at_once(door: Door, world: World, app: str) -> None:
    at = Setting(door, world, app)
    made = await at.done(
        "clientCreate", "client { id } clientId clientSecret", name="Desk", scopes=["decide"]
    )
    token = (await signed_in(door, made)).json()["access_token"]
    assert (await door.one(token, "{ viewer { scopes } }"))["scopes"] == ["decide"]
    revoked = await at.done("clientRevoke", "client { revokedAt }", client=made["client"]["id"])
    assert revoked["client"]["revokedAt"]
    assert (await door.post(token, "{ viewer { scopes } }", {})).status_code == 401
    assert (await signed_in(door, made)).status_code == 401


async def test_a_secret_is_in_no_other_answer(door: Door, app: str, world: World) -> None:
    at = Setting(door, world, app)
    made = await at.done(
        "clientCreate", "client { id } clientId clientSecret", name="Desk", scopes=["decide"]
    )
    query = (
        "query ($id: ID!) { client(id: $id) { id name kind scopes createdAt revokedAt } clients(last:"
        " 100) { edges { node { id name } } } ledgerEntries(first: 5) { edges { node { event } } } }"
    )
    answer = await door.post(app, query, {"id": made["client"]["id"]})
    assert made["clientSecret"] not in answer.text
