"""Reminding everybody who has not answered, from the desk: counted first, sent once, never twice in a day."""

import asyncio

import asyncpg
import pytest

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.rights.requests import Request
from tests.desk.colleague import HOME, Colleague
from tests.desk.conftest import Joins
from tests.desk.test_request_page import known
from tests.domain.firm import found
from tests.portal.helping import connect
from tests.portal.test_task_letters import back
from tests.rights.desk import Desk
from workers import rights


async def asked(desk: Desk, many: int = 2) -> list[Request]:
    """Requests about which a bureau was written to."""
    await connect(desk)
    made: list[Request] = []
    for number in range(many):
        made.append(await desk.receive(await known(desk.firm, f"mika{number}@example.org"), "ACCESS"))
        await rights.write_to(desk.firm.hub, made[-1].id)
    return made


async def reminders(desk: Desk) -> list[str]:
    async with desk.firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        rows = await ask.rows(
            "SELECT template FROM letter WHERE organisation_id = $1 AND template LIKE '%_reminder' ORDER BY id",
            desk.firm.id,
        )
    return [row["template"] for row in rows]


async def test_it_is_counted_first_and_sent_by_one_letter_each(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    requests = await asked(desk)
    await ruth.open("tasks/remind")
    assert "There is nobody to remind" in ruth.text
    for each in requests:
        await back(superuser, each, 2)
    await ruth.open("tasks/remind")
    assert "Tasks that wait: 2. Letters that would go out: 1" in ruth.text
    assert all(each.reference in ruth.text for each in requests)
    assert "bureau.example" not in ruth.page.text
    assert await reminders(desk) == []
    sent, path = {"form": ruth.key()}, ruth.page.url.path
    await asyncio.gather(*(ruth.http.post(path, data=sent, headers={"origin": HOME}) for _ in range(4)))
    assert await reminders(desk) == ["tasks_reminder"]
    await ruth.open("tasks/remind")
    assert "There is nobody to remind" in ruth.text


async def test_staff_read_whom_a_request_waits_for_since_when_and_until_when(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    [request] = await asked(desk, 1)
    await ruth.open()
    assert "answer expected by" in ruth.text
    await ruth.open(f"requests/{request.reference}")
    assert "We expect an answer by" in ruth.text
    assert "Asked on" in ruth.text
    assert "Opened on" not in ruth.text
    assert "Next try" not in ruth.text
    await superuser.execute("SET session_replication_role = replica")
    opened = "UPDATE rights_step SET opened_at = now() WHERE request_id = $1 AND kind = 'EMAIL'"
    await superuser.execute(opened, request.id)
    await superuser.execute("SET session_replication_role = origin")
    await ruth.open(f"requests/{request.reference}")
    assert "Opened on" in ruth.text


async def test_two_who_remind_at_once_send_one_letter(
    ruth: Colleague, joins: Joins, desk: Desk, superuser: asyncpg.Connection
) -> None:
    [request] = await asked(desk, 1)
    await back(superuser, request, 2)
    ana = await joins("conduct", name="Ana Lima")
    await ana.sign_in()
    for each in (ruth, ana):
        await each.open("tasks/remind")
    await asyncio.gather(ruth.send({}), ana.send({}))
    assert await reminders(desk) == ["task_reminder"]


async def test_of_other_firms_and_by_who_does_not_conduct_nobody_is_reminded(
    ruth: Colleague, joins: Joins, hub: Hub, superuser: asyncpg.Connection
) -> None:
    other = Desk(await found(hub))
    [theirs] = await asked(other, 1)
    await back(superuser, theirs, 2)
    await ruth.open("tasks/remind")
    assert "There is nobody to remind" in ruth.text
    reader = await joins("reader", name="Sam Lee")
    await reader.sign_in()
    assert (await reader.post(f"{reader.start}/tasks/remind", {"form": "x"})).status_code == 403
    await ruth.open("tasks")
    await ruth.post(f"{ruth.start}/tasks/remind", {"form": "x"})
    assert (ruth.page.status_code, await reminders(other)) == (403, [])


@pytest.mark.parametrize("language", ["fr", "ar"])
async def test_it_is_said_in_every_language(
    joins: Joins, desk: Desk, superuser: asyncpg.Connection, language: str
) -> None:
    [request] = await asked(desk, 1)
    await back(superuser, request, 2)
    made = await joins("conduct", language=language)
    await made.sign_in()
    await made.open("tasks/remind")
    assert made.page.status_code == 200
    assert "Letters that would" not in made.text
