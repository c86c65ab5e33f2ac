"""The demo's made-up systems: asked like every other; what they held is in the copy, and gone after an erasure."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub import demo, finding, organisations
from hub.act import Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.cli import greeting
from hub.demo import databases
from hub.demo.cabinet import HANDED, NAME
from hub.demo.firm import FIRMS
from hub.demo.requests import copies
from hub.finding import Reference
from hub.rights import fulfilling, intake, steps
from hub.rights.asked import Asked
from hub.rights.intake import NewRequest
from hub.rights.outcomes import Step, StepKind, StepState
from workers import rights

EMAIL = "grace.okafor@example.com"
HELD = {
    "Accounts": {"clients": 1, "matters": 1, "invoices": 1},
    "Diary": {"visitors": 1, "appointments": 1},
}
LEFT = {
    "Accounts": "SELECT count(*) FROM clients WHERE email = $1 OR (id = 1 AND coalesce(name, phone) <> '')",
    "Diary": "SELECT sum(n) FROM (SELECT email = ? AS n FROM visitors UNION ALL SELECT id = 1 FROM appointments)",
}


async def test_what_the_systems_held_is_shown_by_the_requests_and_a_deletion_erases_it(
    fresh_hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulfilling, "COOLING", timedelta(0))
    assert await demo.load(fresh_hub)
    await greeting.load_demo(fresh_hub)
    assert capsys.readouterr().out == ""
    async with fresh_hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        kinds = await ask.rows("SELECT organisation_id, kind FROM connected_system")
        firm_id = (await organisations.read(ask, FIRMS[0])).id
    assert sorted(row["kind"] for row in kinds) == ["MANUAL", "MANUAL", "MEMORY", "MEMORY", "SQL", "SQL"]
    assert {row["organisation_id"] for row in kinds if row["kind"] == "SQL"} == {firm_id}
    made = await copies(fresh_hub)
    assert made
    for request_id, _ in made:
        [step] = [each for each in await steps_of(fresh_hub, request_id) if each.name == NAME]
        assert (step.kind, step.state) == (StepKind.MEMORY, StepState.DONE)
        assert step.evidence is not None
        assert [each["rows"] for each in step.evidence["places"]] == [len(HANDED)]
    assert [await left(fresh_hub, each) for each in LEFT] == [1, 2]
    asked = {kind: await worked(fresh_hub, firm_id, kind) for kind in ("ACCESS", "DELETION")}
    found = {
        kind: {each.name: rows(each) for each in done if each.kind is StepKind.SQL}
        for kind, done in asked.items()
    }
    assert found == {"ACCESS": HELD, "DELETION": {**HELD, "Accounts": {"clients": 1, "matters": 1}}}
    assert [await left(fresh_hub, each) for each in LEFT] == [0, 0]


async def steps_of(hub: Hub, request_id: Any) -> list[Step]:
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        return await steps.of(ask, request_id)


def rows(step: Step) -> dict[str, int]:
    assert step.evidence is not None, (step.state, step.why)
    return {each["collection"]: each["rows"] for each in step.evidence["places"]}


async def worked(hub: Hub, firm_id: Any, kind: str) -> list[Step]:
    """Ask for something in the name of the first customer, and let a worker do what it can."""
    async with hub.act(OPERATOR, Operation.REQUEST_CONDUCT) as act:
        customer_id = await finding.find_one(act, firm_id, Reference("EXTERNAL", "H-1001", "crm"))
        new = NewRequest(kind, customer_id, "PHONE", Asked("Mine, please."), identified="CALLED_BACK")
        request = await intake.receive(act, new, firm_id)
        if kind == "DELETION":
            await fulfilling.approve(act, request.id)
            await fulfilling.cool(act)
    for step in await steps_of(hub, request.id):
        await rights.step(hub, step.id)
    return await steps_of(hub, request.id)


async def left(hub: Hub, name: str) -> int:
    """How much of the first customer a database still has."""
    if name == "Diary":
        with closing(sqlite3.connect(Path(hub.settings.data_dir) / "diary.sqlite")) as file:
            return file.execute(LEFT[name], (EMAIL,)).fetchone()[0]
    connection = await asyncpg.connect(databases.beside(hub.database.url, await accounts(hub)))
    try:
        return await connection.fetchval(LEFT[name], EMAIL)
    finally:
        await connection.close()


async def accounts(hub: Hub) -> str:
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return f"{await ask.value('SELECT current_database()')}_accounts"
