"""Staff are reminded of the clock: at half, at four fifths and when it is over, by one letter a day."""

import asyncio
from datetime import date
from uuid import UUID

import asyncpg
import orjson
import pytest

from hub.letters.sending import unseal
from hub.rights import conduct, reminding
from hub.rights.requests import Request
from tests.domain.firm import email
from tests.rights.desk import Desk
from workers import rights

SENT = """
    SELECT id, address, content FROM letter WHERE organisation_id = $1 AND template = 'desk_reminder' ORDER BY id
"""


async def asked(desk: Desk, kind: str = "ACCESS", place: str = "UK") -> Request:
    """A request that is open for a month."""
    customer_id = await desk.firm.customer(jurisdictions=[place], identifiers=[email("grace@example.org")])
    return await desk.receive(customer_id, kind)


async def let_pass(superuser: asyncpg.Connection, request: Request, days: int) -> None:
    """Let a request be so many days older, and its letters and reminders with it."""
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE rights_request SET received_on = received_on - $2::int, due_on = due_on - $2::int WHERE id = $1",
        request.id, days,
    )  # fmt: skip
    await superuser.execute(
        "UPDATE rights_reminder SET reminded_at = reminded_at - make_interval(days => $2) WHERE organisation_id = $1",
        request.organisation_id, days,
    )  # fmt: skip
    await superuser.execute("SET session_replication_role = origin")


async def letters_to_staff(desk: Desk, superuser: asyncpg.Connection) -> list[str]:
    """What was written, in order."""
    rows = await superuser.fetch(SENT, desk.firm.id)
    opened = [orjson.loads(unseal(desk.firm.hub, None, row["id"], "content", row["content"])) for row in rows]
    return [each["body"] for each in opened]


async def test_at_half_at_four_fifths_and_when_it_is_over_once_each(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await asked(desk)
    assert request.due_on is not None
    whole = (request.due_on - request.received_on).days
    told: list[int] = []
    for _ in range(whole + 4):
        await rights.remind(desk.firm.hub)
        await rights.remind(desk.firm.hub)
        told.append(len(await letters_to_staff(desk, superuser)))
        await let_pass(superuser, request, 1)
    days = [told.index(number) for number in (1, 2, 3)]
    assert days == [-(-whole // 2), -(-whole * 4 // 5), whole + 1]
    assert told[-1] == 3
    half, most, over = await letters_to_staff(desk, superuser)
    assert (f"{request.reference}: 50 %" in half, "80 %" in most, "overdue since" in over) == (
        True,
        True,
        True,
    )
    assert "/desk" in half
    assert "grace" not in half


async def test_many_requests_are_in_one_letter_a_day_and_the_urgent_ones_first(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    several = [await asked(desk) for _ in range(3)]
    for request, days in zip(several, (18, 40, 28), strict=True):
        await let_pass(superuser, request, days)
    await asyncio.gather(*(rights.remind(desk.firm.hub) for _ in range(4)))
    [letter] = await letters_to_staff(desk, superuser)
    lines = [line for line in letter.splitlines() if line.startswith("PH-")]
    assert [line.partition(":")[0] for line in lines] == [several[place].reference for place in (1, 2, 0)]
    late = await asked(desk)
    await let_pass(superuser, late, 40)
    assert len(await letters_to_staff(desk, superuser)) == 1
    await rights.remind(desk.firm.hub)
    assert len(await letters_to_staff(desk, superuser)) == 2


async def test_what_has_ended_or_waits_for_a_clarification_is_not_named(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    ended, waiting = [await asked(desk) for _ in range(2)]
    await desk.do(conduct.withdraw, ended.id)
    await desk.do(conduct.pause, waiting.id, "CLARIFICATION", "Which of your accounts?")
    for request in (ended, waiting):
        await let_pass(superuser, request, 40)
    await rights.remind(desk.firm.hub)
    assert await letters_to_staff(desk, superuser) == []


async def test_what_waits_while_the_laws_time_goes_on_is_named(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    waiting = await asked(desk, place="EU")
    await desk.do(conduct.pause, waiting.id, "CLARIFICATION", "Which of your accounts?")
    await let_pass(superuser, waiting, 40)
    await rights.remind(desk.firm.hub)
    [letter] = await letters_to_staff(desk, superuser)
    assert waiting.reference in letter


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("privacy@firm.example", "privacy@firm.example"),
        ("Write to <Privacy@Firm.example>, or call us.", "Privacy@firm.example"),
        ("Our desk, 1 Main Street", None),
        ("nobody@ or @nowhere", None),
    ],
)
def test_the_letter_goes_to_the_address_that_the_contact_names(contact: str, address: str | None) -> None:
    found = reminding.address_in(contact)
    assert (found and found.casefold()) == (address and address.casefold())


def test_a_long_list_says_how_many_more_there_are() -> None:

    many = [reminding.Passed(UUID(int=number), f"PH-{number}", date(2026, 7, 14), 50) for number in range(60)]
    lines = reminding.listed(many, "fr").splitlines()
    assert (len(lines), lines[-1]) == (51, "... et 10 de plus")
    assert "14 juillet 2026" in lines[0]
