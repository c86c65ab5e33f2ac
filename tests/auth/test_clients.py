"""Making and ending clients: nobody grants what they do not hold."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, WORKER, Actor, Operation, Role
from hub.auth import clients, tokens
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.models import Client, Department, Organisation

Token = Callable[..., Awaitable[str]]
CREATE, REVOKE, READ = Operation.CLIENT_CREATE, Operation.CLIENT_REVOKE, Operation.CLIENT_READ


def app_actor(organisation_id: UUID, *roles: Role, department_id: UUID | None = None) -> Actor:
    return Actor("app", new_id(), organisation_id, department_id, frozenset(roles))


async def create(hub: Hub, actor: Actor, *scopes: str, organisation_id: UUID, **more: Any) -> Client:
    async with hub.act(actor, CREATE) as act:
        made, _ = await clients.create(
            act, more.pop("name", "Desk"), clients.Kind.APP, scopes, organisation_id, **more
        )
    return made


async def page(hub: Hub, actor: Actor, **window: Any) -> list[UUID]:
    async with hub.ask(actor, READ) as ask:
        return [client.id for client in await clients.page(ask, **window)]


async def count(hub: Hub, event: str, client_id: UUID) -> int:
    """Ledger entries of an event by acts about this client, whose bodies the vault can open."""
    sql = """
        SELECT d.entry_id, d.index, d.body FROM ledger_entry e JOIN ledger_detail d ON d.entry_id = e.id
        WHERE e.event = $1
    """
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        rows = await ask.rows(sql, event)
    bodies = [
        hub.vault.open_own("ledger_detail", "body", f"{row['entry_id']}/{row['index']}", row["body"])
        for row in rows
    ]
    return sum(str(client_id).encode() in body for body in bodies)


async def refuse(hub: Hub, actor: Actor, *scopes: str, organisation_id: UUID, **more: Any) -> Refusal:
    """The refusal of a creation that changed nothing."""
    sql = "SELECT count(*) FROM client"
    async with hub.ask(OPERATOR, READ) as ask:
        before = await ask.value(sql)
    with pytest.raises(Refusal) as refused:
        await create(hub, actor, *scopes, organisation_id=organisation_id, **more)
    async with hub.ask(OPERATOR, READ) as ask:
        assert await ask.value(sql) == before
    return refused.value


async def test_a_client_is_made_with_its_scopes_and_one_entry_in_the_ledger(
    hub: Hub, organisation: Organisation
) -> None:
    made = await create(
        hub, OPERATOR, "decide", "catalogue:read", organisation_id=organisation.id, name="  Desk "
    )
    async with hub.ask(OPERATOR, READ) as ask:
        [stored] = await clients.load(ask, [made.id])
    assert (stored.name, stored.kind, stored.scopes) == ("Desk", "APP", ["catalogue:read", "decide"])
    assert (stored.organisation_id, stored.department_id, stored.revoked_at) == (organisation.id, None, None)
    assert await count(hub, "client.created", made.id) == 1


async def test_a_secret_is_shown_once_and_kept_as_a_hash(app: Any, superuser: asyncpg.Connection) -> None:
    secret = app.secret.get_secret_value()
    stored = await superuser.fetchval("SELECT secret_hash FROM client WHERE id = $1", app.client.id)
    assert len(secret) >= 43
    assert secret not in stored
    assert clients.is_secret(secret, stored)
    assert not any(
        clients.is_secret(secret, other) for other in (None, "", secret, stored.upper(), stored[:-1])
    )


@pytest.mark.parametrize(
    "scopes", [(), ("*",), ("all",), ("decide", "nothing"), ("decide", "decide"), ("",), ("DECIDE",)]
)
async def test_scopes_that_are_none_unknown_or_repeated_are_refused(
    hub: Hub, organisation: Organisation, scopes: tuple[str, ...]
) -> None:
    refusal = await refuse(hub, OPERATOR, *scopes, organisation_id=organisation.id)
    assert (refusal.code, refusal.path) == (Code.INVALID, ("scopes",))


@pytest.mark.parametrize("scope", [Role.OPERATOR, Role.WORKER, Role.STRANGER])
async def test_a_role_that_is_no_scope_cannot_be_granted(
    hub: Hub, organisation: Organisation, scope: str
) -> None:
    assert (await refuse(hub, OPERATOR, scope, organisation_id=organisation.id)).code is Code.INVALID


async def test_an_app_grants_what_it_holds_and_no_more(hub: Hub, organisation: Organisation) -> None:
    actor = app_actor(organisation.id, Role.CLIENTS_MANAGE, Role.DECIDE)
    made = await create(hub, actor, "decide", organisation_id=organisation.id)
    assert (made.scopes, made.created_by) == (["decide"], actor.id)
    refusal = await refuse(hub, actor, "decide", "ledger:read", organisation_id=organisation.id)
    assert (refusal.code, refusal.path) == (Code.FORBIDDEN, ("scopes",))
    assert "ledger:read" in refusal.message


async def test_an_app_grants_by_its_token_not_by_its_client(
    hub: Hub, register: Any, token_of: Token, organisation: Organisation
) -> None:
    app = await register("clients:manage", "decide", "ledger:read")
    actor = await tokens.authenticate(hub, "Bearer " + await token_of(app, scope="clients:manage decide"))
    assert (await refuse(hub, actor, "ledger:read", organisation_id=organisation.id)).code is Code.FORBIDDEN


@pytest.mark.parametrize("actor", [WORKER, Actor("stranger", roles=frozenset({Role.STRANGER}))])
async def test_who_may_not_manage_clients_makes_none(
    hub: Hub, organisation: Organisation, actor: Actor
) -> None:
    refusal = await refuse(hub, actor, "decide", organisation_id=organisation.id)
    assert refusal.code in {Code.FORBIDDEN, Code.UNAUTHENTICATED}


SOME = st.frozensets(st.sampled_from(sorted(SCOPES)))
ASKED = st.lists(
    st.one_of(st.sampled_from(sorted(SCOPES)), st.sampled_from(["*", "", "operator", "worker", "all"]))
)


@given(start=SOME, attempts=st.lists(st.tuples(st.integers(0, 10), ASKED), max_size=30))
def test_the_closure_of_grants_never_grows(
    start: frozenset[Role], attempts: list[tuple[int, list[str]]]
) -> None:
    organisation = UUID(int=1)
    holders = [app_actor(organisation, *start)]
    for giver, asked in attempts:
        try:
            granted = clients.grant(holders[giver % len(holders)], asked)
        except Refusal:
            continue
        assert granted
        holders.append(app_actor(organisation, *(Role(scope) for scope in granted)))
    assert frozenset[Role]().union(*(holder.roles for holder in holders)) == start


@pytest.mark.parametrize("name", ["", "   ", "a" * 101, "a\nb", "a\0b", "a\u202eb"])
async def test_a_name_that_cannot_be_shown_is_refused(
    hub: Hub, organisation: Organisation, name: str
) -> None:
    refusal = await refuse(hub, OPERATOR, "decide", organisation_id=organisation.id, name=name)
    assert (refusal.code, refusal.path) == (Code.INVALID, ("name",))


async def test_an_unknown_place_and_a_foreign_one_are_refused_alike(
    hub: Hub, organisation: Organisation, department: Department
) -> None:
    async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
        foreign = await Organisation.create(
            id=new_id(),
            key=str(new_id()),
            name="F",
            country="AU",
            contact="",
            created_at=act.at,
            using_db=act.db,
        )
        await act.record("organisation.set_up", organisation=str(foreign.id))
    here = app_actor(organisation.id, Role.CLIENTS_MANAGE, Role.DECIDE)
    sales = app_actor(organisation.id, Role.CLIENTS_MANAGE, Role.DECIDE, department_id=department.id)
    said = [
        await refuse(hub, here, "decide", organisation_id=foreign.id),
        await refuse(hub, here, "decide", organisation_id=new_id()),
        await refuse(hub, OPERATOR, "decide", organisation_id=new_id()),
    ]
    assert {(each.code, each.message) for each in said} == {(Code.NOT_FOUND, said[0].message)}
    said = [
        await refuse(hub, OPERATOR, "decide", organisation_id=foreign.id, department_id=department.id),
        await refuse(hub, OPERATOR, "decide", organisation_id=organisation.id, department_id=new_id()),
        await refuse(hub, sales, "decide", organisation_id=organisation.id),
        await refuse(hub, sales, "decide", organisation_id=organisation.id, department_id=new_id()),
    ]
    assert {(each.code, each.path) for each in said} == {(Code.NOT_FOUND, ("department_id",))}


async def test_each_sees_the_clients_of_its_own_place(
    hub: Hub, organisation: Organisation, department: Department, register: Any
) -> None:
    first, second = await register("decide"), await register("decide", department_id=department.id)
    everywhere = app_actor(organisation.id, Role.CLIENTS_MANAGE)
    sales = app_actor(organisation.id, Role.CLIENTS_MANAGE, department_id=department.id)
    elsewhere = app_actor(new_id(), Role.CLIENTS_MANAGE)
    both = [first.client.id, second.client.id]
    assert await page(hub, everywhere) == both
    assert await page(hub, everywhere, backwards=True) == both[::-1]
    assert await page(hub, everywhere, limit=1, start=both[0]) == both[1:]
    assert await page(hub, everywhere, start=both[1], backwards=True) == both[:1]
    assert await page(hub, sales) == both[1:]
    assert await page(hub, elsewhere) == []
    async with hub.ask(sales, READ) as ask:
        assert [client.id for client in await clients.load(ask, both)] == both[1:]


async def test_a_revoked_client_loses_all_its_tokens_at_once_and_once_only(
    hub: Hub, app: Any, token_of: Token, web: httpx.AsyncClient
) -> None:
    held = [await token_of(app) for _ in range(3)]
    async with hub.act(OPERATOR, REVOKE) as act:
        ended = await clients.revoke(act, app.client.id)
    async with hub.act(OPERATOR, REVOKE) as act:
        assert (await clients.revoke(act, app.client.id)).revoked_at == ended.revoked_at
    for token in held:
        assert (await web.get("/who", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    answer = await web.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=app.basic)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert await count(hub, "client.revoked", app.client.id) == 1
    async with hub.ask(OPERATOR, READ) as ask:
        sql = "SELECT count(*) FROM access_token WHERE client_id = $1 AND revoked_at IS NULL"
        assert await ask.value(sql, app.client.id) == 0


async def test_ten_revocations_at_once_leave_one_entry(hub: Hub, app: Any) -> None:
    async def revoke() -> None:
        async with hub.act(OPERATOR, REVOKE) as act:
            await clients.revoke(act, app.client.id)

    await asyncio.gather(*(revoke() for _ in range(10)))
    assert await count(hub, "client.revoked", app.client.id) == 1


async def test_an_unknown_client_and_a_foreign_one_are_refused_alike(
    hub: Hub, app: Any, organisation: Organisation, department: Department
) -> None:
    elsewhere = app_actor(new_id(), Role.CLIENTS_MANAGE)
    sales = app_actor(organisation.id, Role.CLIENTS_MANAGE, department_id=department.id)
    said = set[tuple[object, ...]]()
    for actor, wanted in ((OPERATOR, new_id()), (elsewhere, app.client.id), (sales, app.client.id)):
        with pytest.raises(Refusal) as refused:
            async with hub.act(actor, REVOKE) as act:
                await clients.revoke(act, wanted)
        said.add((refused.value.code, refused.value.message, refused.value.path))
    assert len(said) == 1
    assert await count(hub, "client.revoked", app.client.id) == 0


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE client SET scopes = '{clients:manage}' WHERE id = $1",
        "UPDATE client SET secret_hash = 'x' WHERE id = $1",
        "UPDATE client SET organisation_id = organisation_id WHERE id = $1",
        "UPDATE access_token SET scopes = '{clients:manage}' WHERE client_id = $1",
        "UPDATE access_token SET expires_at = now() + interval '1 year' WHERE client_id = $1",
        "DELETE FROM client WHERE id = $1",
    ],
)
async def test_the_database_lets_clients_and_tokens_end_but_never_grow(hub: Hub, app: Any, sql: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with hub.act(OPERATOR, REVOKE) as act:
            await act.execute(sql, app.client.id)
