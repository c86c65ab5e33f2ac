"""What the hub itself gives of a person: theirs, with this organisation, and of the letters those that they got."""

from datetime import date
from typing import Any

from hub.actors import WORKER, Operation
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key
from hub.rights import conduct, copying
from hub.rights.requests import Request
from tests.rights.copies import anna
from tests.rights.desk import Desk


async def held(desk: Desk, request: Request, collection: str) -> list[dict[str, Any]]:
    """What a copy gets of one collection."""
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        rows = [row async for row in copying.rows(ask, request)]
    return [dict(row.values) for row in rows if row.collection == f"{copying.SYSTEM}.{collection}"]


async def test_who_looked_is_said_of_this_house_and_not_of_another_one_that_knows_the_customer(
    desk: Desk, other_desk: Desk
) -> None:
    customer_id = await anna(desk)
    request = await desk.receive(customer_id, "ACCESS")
    await desk.do(conduct.note_view, request.id, "HANDLING")
    for each in (desk, other_desk):
        async with each.firm.hub.act(each.firm.app, Operation.CUSTOMER_REVEAL) as act:
            await act.record("customer.revealed", customer_id, reason="HANDLING")
    views = await held(desk, request, "views")
    assert [(row["event"], row["viewer"]) for row in views] == [
        ("request.viewed", "app"),
        ("customer.revealed", "app"),
    ]


async def test_letters_to_whoever_did_a_task_are_not_the_customers(desk: Desk) -> None:
    customer_id = await anna(desk)
    request = await desk.receive(customer_id, "ACCESS")
    values = {
        "reference": request.reference,
        "system": "Archive",
        "expected_on": date(2026, 12, 1),
        "link": "/t/x",
    }
    helper = NewLetter(
        desk.firm.id, Key.TASK_ASKED, "helper@example.org", "en", values, request_id=request.id
    )
    await desk.do(send, helper)
    other = await desk.receive(await desk.firm.customer(), "ACCESS")
    await desk.do(conduct.say, other.id, "For somebody else.", is_private=False)
    await desk.do(conduct.say, request.id, "We are on it.", is_private=False)
    letters = await held(desk, request, "letters")
    assert [row["template"] for row in letters] == ["rights_received", "rights_message"]
