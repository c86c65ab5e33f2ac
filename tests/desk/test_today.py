"""Today's list: every number leads to its list, names are masked, and the table that is taken away names nobody."""

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from hub.act import Hub
from hub.actors import Operation
from hub.rights import conduct, workload
from hub.rights.requests import Request
from hub.rights.workload import Filter, On, Such
from tests.desk.colleague import Colleague
from tests.domain.firm import Firm, email, found, name
from tests.rights.desk import Desk


async def due(superuser: asyncpg.Connection, request: Request, days: int) -> None:
    """Have a request be due in some days, where its customer lives."""
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            "UPDATE rights_request SET due_on = (now() AT TIME ZONE 'Australia/Sydney')::date + $2::int WHERE id = $1",
            request.id, days,
        )  # fmt: skip


async def requests(desk: Desk, superuser: asyncpg.Connection) -> dict[str, Request]:
    """One request of each sort."""
    known = await desk.firm.customer(
        identifiers=[email("mika@example.org")], profile=[name("Mika Lindqvist")]
    )
    made = {
        "late": await desk.receive(known, "RECTIFICATION", text="x", changes={"name": "Mika"}),
        "soon": await desk.receive(known, "OBJECTION", purpose_id=desk.firm.purposes[0]),
        "system": await desk.receive(known, "RESTRICTION"),
        "complaint": await desk.receive(known, "COMPLAINT", text="Nobody answered."),
        "guest": (await desk.guest("ACCESS", "nobody@example.org")).request,
    }
    ended = await desk.receive(known, "STOP_MARKETING")
    await due(superuser, made["late"], -1)
    await due(superuser, made["soon"], 7)
    for each in ("system", "complaint", "guest"):
        await due(superuser, made[each], 20)
    return {**made, "ended": ended}


def listed(ruth: Colleague) -> list[str]:
    """The references of the list that is shown."""
    return re.findall(r"PH-[0-9A-Z]{4}-[0-9A-Z]{4}", ruth.page.text.partition("<tbody")[2])


async def test_each_number_leads_to_as_many_requests(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    made = await requests(desk, superuser)
    await ruth.open()
    assert listed(ruth)[0] == made["late"].reference
    assert made["ended"].reference not in ruth.page.text
    counts = re.findall(r'href="[^"]*\?((?:is|on)=\w+)"><span>[^<]*</span><b>(\d+)</b>', ruth.page.text)
    assert dict(counts) == {
        "is=OVERDUE": "1", "is=SOON": "1", "on=YOU": "4", "on=CUSTOMER": "1", "on=SYSTEM": "0", "is=COMPLAINT": "1",
    }  # fmt: skip
    for query, many in counts:
        ruth.page = await ruth.http.get(f"{ruth.start}?{query}")
        assert len(set(listed(ruth))) == int(many), query


async def test_a_step_by_hand_whose_turn_has_not_come_waits_for_the_systems_before_it(
    desk: Desk, superuser: asyncpg.Connection, hub: Hub
) -> None:
    made = (await requests(desk, superuser))["system"]
    before = """
        INSERT INTO rights_step SELECT (jsonb_populate_record(
            s, jsonb_build_object('id', gen_random_uuid(), 'kind', 'WAY', 'operation', 'FIND', 'stage', 0))).*
        FROM rights_step s WHERE request_id = $1 AND kind = 'MANUAL'
    """
    async with hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        assert (await workload.counts(ask)).you == 4
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(before, made.id)
    async with hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        counts, tasks = await workload.counts(ask), await workload.by_hand(ask)
    assert (counts.you, counts.system) == (3, 1)
    assert made.reference not in {each.reference for each in tasks}


async def test_counting_takes_one_statement_and_so_does_the_list(
    desk: Desk, superuser: asyncpg.Connection, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await requests(desk, superuser)
    asked: list[str] = []
    async with hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        whole = ask.rows

        async def counted(sql: str, *given: Any) -> Any:
            asked.append(sql)
            return await whole(sql, *given)

        monkeypatch.setattr(ask, "rows", counted)
        assert (await workload.counts(ask)).open == 5
        assert len((await workload.page(ask, Filter())).items) == 5
    assert len(asked) == 2


async def test_the_list_is_narrowed_and_goes_on_where_it_stopped(
    desk: Desk, superuser: asyncpg.Connection, hub: Hub
) -> None:
    made = await requests(desk, superuser)
    async with hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        first = await workload.page(ask, Filter(), limit=2)
        rest = await workload.page(ask, Filter(), after=first.items[-1].request.reference, limit=10)
        ended = await workload.page(ask, Filter(such=Such.ENDED))
        narrow = await workload.page(ask, Filter(kind="COMPLAINT", place="AU", on="YOU"))
        nothing = await workload.page(ask, Filter(place="UK"))
    assert (first.has_more, rest.has_more) == (True, False)
    seen = [each.request.id for each in (*first.items, *rest.items)]
    assert len(set(seen)) == len(seen) == 5
    assert [each.request.id for each in ended.items] == [made["ended"].id]
    assert [each.on for each in ended.items] == [On.NOBODY]
    assert [(each.request.id, each.is_new) for each in narrow.items] == [(made["complaint"].id, True)]
    assert nothing.items == ()


async def test_a_complaint_is_new_until_somebody_has_said_something(
    desk: Desk, superuser: asyncpg.Connection, hub: Hub
) -> None:
    made = await requests(desk, superuser)
    await desk.do(conduct.say, made["complaint"].id, "We are looking at it.", is_private=False)
    async with hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        assert (await workload.counts(ask)).complaints == 0


async def test_names_are_masked_on_the_list_and_absent_from_the_table(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    made = await requests(desk, superuser)
    await ruth.open()
    assert "M*** L***" in ruth.page.text
    assert "Lindqvist" not in ruth.page.text
    answer = await ruth.http.get(f"{ruth.start}/export.csv?is=OVERDUE")
    assert answer.headers["content-disposition"] == 'attachment; filename="requests.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["reference", made["late"].reference]
    assert date.fromisoformat(rows[1][6]) < date.today() + timedelta(days=1)  # noqa: DTZ011 - either zone
    assert "M***" not in answer.text


async def test_what_an_address_spells_wrong_does_not_narrow_and_breaks_nothing(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    await requests(desk, superuser)
    for query in (
        "is=x",
        "right=%00",
        "on='--",
        "place=AU&place=UK",
        "ref=%00",
        "ref=" + "x" * 200,
        "is=&on=",
    ):
        answer = await ruth.http.get(f"{ruth.start}?{query}")
        assert answer.status_code == 200, query
    for after in ("PH-0000-0000", "x", "%00"):
        assert (await ruth.http.get(f"{ruth.start}?after={after}")).status_code == 404
    await ruth.open("?ref=PH-0000-0000")


async def test_another_firms_requests_are_absent(
    ruth: Colleague, hub: Hub, superuser: asyncpg.Connection
) -> None:
    other = Desk(await found(hub))
    made = await requests(other, superuser)
    await ruth.open()
    assert listed(ruth) == []
    assert "There is no open request" in ruth.text
    for each in made.values():
        assert (await ruth.http.get(f"{ruth.start}?after={each.reference}")).status_code == 404


async def test_an_empty_list_says_what_will_be_here(ruth: Colleague, firm: Firm) -> None:
    del firm
    await ruth.open()
    assert "A request stands here from the moment it comes in" in ruth.text
