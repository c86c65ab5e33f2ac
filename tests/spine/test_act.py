"""What the database itself refuses, and what an act leaves behind."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub.act import Act, Hub
from hub.actors import OPERATOR, STRANGER, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.models import Organisation

SET_UP = Operation.ORGANISATION_SET_UP
INSERT = """
    INSERT INTO organisation (id, key, name, country, contact, strict_sharing, created_at)
    VALUES ($1, $2, 'Test', 'AU', '', false, now())
"""


async def add(act: Act, key: str) -> Organisation:
    return await Organisation.create(
        id=new_id(), key=key, name="Test", country="AU", contact="", created_at=act.at, using_db=act.db
    )


async def count(hub: Hub, sql: str, *args: object) -> int:
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return await ask.value(sql, *args)


async def test_an_act_commits_its_rows_its_entry_and_its_job_together(hub: Hub) -> None:
    key = str(new_id())
    async with hub.act(OPERATOR, SET_UP) as act:
        made = await add(act, key)
        await act.record("organisation.set_up", organisation=made.id)
        await act.defer("test.nothing", organisation=made.id)
    assert await count(hub, "SELECT count(*) FROM organisation WHERE key = $1", key) == 1
    assert await count(hub, "SELECT count(*) FROM ledger_entry WHERE act_id = $1", act.id) == 1
    assert (
        await count(
            hub, "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'organisation' = $1", str(made.id)
        )
        == 1
    )


async def test_an_act_that_raises_leaves_no_row_no_entry_no_job_and_no_act(hub: Hub) -> None:
    key = str(new_id())
    seen: list[UUID] = []
    with pytest.raises(ValueError, match="halfway"):
        async with hub.act(OPERATOR, SET_UP) as act:
            made = await add(act, key)
            await act.record("organisation.set_up", organisation=made.id)
            await act.defer("test.nothing", organisation=made.id)
            seen += [act.id, made.id]
            raise ValueError("halfway")
    act_id, made_id = seen
    assert await count(hub, "SELECT count(*) FROM organisation WHERE key = $1", key) == 0
    assert await count(hub, "SELECT count(*) FROM ledger_entry WHERE act_id = $1", act_id) == 0
    assert await count(hub, "SELECT count(*) FROM act WHERE id = $1", act_id) == 0
    assert (
        await count(
            hub, "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'organisation' = $1", str(made_id)
        )
        == 0
    )


async def test_the_database_refuses_a_write_outside_an_act(hub: Hub, superuser: asyncpg.Connection) -> None:
    key = str(new_id())
    with pytest.raises(asyncpg.PostgresError, match="outside an act"):
        async with hub.database.writing() as session:
            await session.execute(INSERT, new_id(), key)
    with pytest.raises(asyncpg.PostgresError, match="outside an act"):
        await superuser.execute(INSERT, new_id(), key)
    assert await count(hub, "SELECT count(*) FROM organisation WHERE key = $1", key) == 0


async def test_the_database_refuses_a_write_under_the_act_of_another_transaction(hub: Hub) -> None:
    async with hub.act(OPERATOR, SET_UP) as act:
        await act.record("organisation.set_up")
    key = str(new_id())
    with pytest.raises(asyncpg.PostgresError, match="outside an act"):
        async with hub.database.writing() as session:
            await session.execute("SELECT set_config('hub.act', $1, true)", str(act.id))
            await session.execute(INSERT, new_id(), key)
    assert await count(hub, "SELECT count(*) FROM organisation WHERE key = $1", key) == 0


async def test_the_database_refuses_an_act_that_wrote_without_recording(hub: Hub) -> None:
    key = str(new_id())
    with pytest.raises(asyncpg.PostgresError, match="wrote without recording"):
        async with hub.act(OPERATOR, SET_UP) as act:
            await add(act, key)
    assert await count(hub, "SELECT count(*) FROM organisation WHERE key = $1", key) == 0


async def test_an_act_that_did_nothing_leaves_nothing(hub: Hub) -> None:
    async with hub.act(OPERATOR, SET_UP) as act:
        pass
    assert await count(hub, "SELECT count(*) FROM act WHERE id = $1", act.id) == 0


async def test_an_ask_cannot_write(hub: Hub) -> None:
    with pytest.raises((asyncpg.PostgresError, Refusal), match="read-only|permission denied"):
        async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
            await ask.execute(INSERT, new_id(), str(new_id()))


@pytest.mark.parametrize(
    "table", ["ledger_entry", "ledger_detail", "ledger_leaf", "ledger_node", "ledger_seal", "act"]
)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
async def test_the_ledger_is_append_only_for_the_application(hub: Hub, table: str, verb: str) -> None:
    column = {"ledger_leaf": "leaf_hash", "ledger_node": "hash", "ledger_seal": "root", "act": "at"}.get(
        table, "leaf_hash" if table == "ledger_detail" else "event"
    )
    with pytest.raises(asyncpg.PostgresError, match="permission denied|append-only"):
        async with hub.database.writing() as session:
            await session.execute(verb.format(table, column))


@pytest.mark.parametrize(
    "table", ["choice", "collection", "delivery", "customer_event", "decision", "customer_state"]
)
async def test_events_decisions_and_the_projection_never_change_by_the_application(
    hub: Hub, table: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with hub.act(OPERATOR, SET_UP) as act:
            await act.execute(f"DELETE FROM {table}")


async def test_a_job_argument_list_holds_ids_only(hub: Hub) -> None:
    identifier = new_id()
    async with hub.act(OPERATOR, SET_UP) as act:
        await act.record("organisation.set_up")
        await act.defer("test.arguments", customer=identifier, chunk=3)
    sql = "SELECT args::text FROM procrastinate_jobs WHERE task_name = 'test.arguments'"
    assert await count(hub, sql) == f'{{"chunk": 3, "customer": "{identifier}"}}'


async def test_a_stranger_may_not_open_an_act(hub: Hub) -> None:
    with pytest.raises(Refusal) as refused:
        async with hub.act(STRANGER, SET_UP):
            pass
    assert refused.value.code is Code.UNAUTHENTICATED


def _hear(heard: list[str]) -> Any:
    def listener(*message: Any) -> None:
        heard.append(str(message[-1]))

    return listener


async def test_what_is_announced_is_heard_only_after_commit(hub: Hub, superuser: asyncpg.Connection) -> None:
    heard: list[str] = []
    await superuser.add_listener("hub_test", _hear(heard))
    with pytest.raises(ValueError, match="no"):
        async with hub.act(OPERATOR, SET_UP) as act:
            await act.announce("test", customer=new_id())
            raise ValueError("no")
    wanted = new_id()
    async with hub.act(OPERATOR, SET_UP) as act:
        await act.record("organisation.set_up")
        await act.announce("test", customer=wanted)
    await superuser.fetchval("SELECT 1")
    assert [str(wanted) in message for message in heard] == [True]
