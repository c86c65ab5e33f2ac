"""Details are shown for a reason, for a quarter of an hour, and noted before; many views raise an alert."""

import asyncio

import asyncpg
import pytest
from structlog.testing import capture_logs

from hub import metrics, unmasking
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.rights.requests import Request
from tests.desk.colleague import Colleague
from tests.desk.conftest import Joins
from tests.domain.firm import Firm, email, external, name
from tests.rights.desk import Desk

MIKA, LINDQVIST = "mika@example.org", "Mika Lindqvist"
SECRETS = (MIKA, LINDQVIST, "Everything about the house.")


@pytest.fixture
async def request_(desk: Desk) -> Request:
    """A complaint of a customer with a name and an address."""
    customer = await desk.firm.customer(identifiers=[email(MIKA)], profile=[name(LINDQVIST)])
    return await desk.receive(customer, "COMPLAINT", text="Everything about the house.")


async def look(ruth: Colleague, request: Request, reason: str = "HANDLING") -> int:
    """Choose a reason on the page of a request."""
    await ruth.open(f"requests/{request.reference}")
    return (await ruth.send({"reason": reason}, to=f"requests/{request.reference}/look")).status_code


async def views(firm: Firm) -> int:
    """How many views are noted."""
    async with firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        return await ask.value("SELECT count(*) FROM unmasking WHERE organisation_id = $1", firm.id)


async def test_details_are_shown_after_a_reason_which_the_customer_can_read(
    ruth: Colleague, desk: Desk, request_: Request
) -> None:
    await ruth.open(f"requests/{request_.reference}")
    assert not any(secret in ruth.page.text for secret in SECRETS)
    assert await look(ruth, request_) == 200
    assert all(secret in ruth.page.text for secret in SECRETS)
    [seen] = [each for each in await desk.events(request_) if each.kind == "VIEWED"]
    assert (seen.code, seen.actor_kind, seen.actor_id, seen.is_private) == (
        "HANDLING", "staff", ruth.account.id, False,
    )  # fmt: skip
    async with desk.firm.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        told = await ask.value(
            "SELECT count(*) FROM ledger_entry WHERE event = 'customer.revealed' AND subject = $1",
            request_.customer_id,
        )
        [view] = await unmasking.of_customers(ask, [request_.customer_id] if request_.customer_id else [])
    assert told == 1
    assert (view.staff_id, view.reason, view.request_id) == (ruth.account.id, "HANDLING", request_.id)


@pytest.mark.parametrize("reason", ["", "CURIOSITY", "handling"])
async def test_without_a_reason_nothing_is_shown_and_nothing_noted(
    ruth: Colleague, desk: Desk, request_: Request, reason: str
) -> None:
    before = await desk.kinds(request_)
    assert await look(ruth, request_, reason) == 422
    assert 'id="reason-wrong"' in ruth.page.text
    assert not any(secret in ruth.page.text for secret in SECRETS)
    assert (await desk.kinds(request_), await views(desk.firm)) == (before, 0)


async def test_a_view_ends_after_a_quarter_of_an_hour_and_looking_again_in_it_is_one_view(
    ruth: Colleague, desk: Desk, request_: Request, superuser: asyncpg.Connection
) -> None:
    await look(ruth, request_)
    await ruth.open(f"requests/{request_.reference}")
    assert LINDQVIST in ruth.page.text
    async with desk.firm.hub.act(ruth.account.actor, Operation.CUSTOMER_REVEAL) as act:
        assert (await unmasking.unmask(act, request_.id, "HANDLING"))[1] == 0
    assert await views(desk.firm) == 1
    await age(superuser, "15 minutes")
    await ruth.open(f"requests/{request_.reference}")
    assert not any(secret in ruth.page.text for secret in SECRETS)


async def age(superuser: asyncpg.Connection, by: str) -> None:
    """Have all views be so much older."""
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            f"UPDATE unmasking SET at = at - interval '{by}', until_at = until_at - interval '{by}'"
        )


async def test_a_view_is_its_viewers_own(ruth: Colleague, joins: Joins, request_: Request) -> None:
    await look(ruth, request_)
    other = await joins("conduct", name="Priya Shah")
    await other.sign_in()
    await other.open(f"requests/{request_.reference}")
    assert not any(secret in other.page.text for secret in SECRETS)


async def test_a_view_noted_for_nobody_opens_nobody_who_is_found_later(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer = await desk.firm.customer(
        identifiers=[email(MIKA), external("crm", "C-77")], profile=[name(LINDQVIST)]
    )
    await desk.firm.customer(identifiers=[email(MIKA)])
    sent = await desk.guest("ACCESS", MIKA)
    await desk.try_code(sent)
    await look(ruth, sent.request)
    assert MIKA in ruth.page.text
    await ruth.open(f"requests/{sent.request.reference}/confirm")
    await ruth.send({"customer": str(customer), "identified": "DOCUMENT", "reference": "File 7"})
    await ruth.open(f"requests/{sent.request.reference}")
    assert LINDQVIST not in ruth.page.text
    assert MIKA not in ruth.page.text
    await look(ruth, sent.request, "IDENTITY")
    assert LINDQVIST in ruth.page.text
    noted_for = await superuser.fetch(
        "SELECT customer_id, reason FROM unmasking WHERE request_id = $1 ORDER BY at", sent.request.id
    )
    assert [tuple(each) for each in noted_for] == [(None, "HANDLING"), (customer, "IDENTITY")]


async def test_whoever_is_stopped_after_the_note_has_still_been_noted(
    ruth: Colleague, desk: Desk, request_: Request
) -> None:
    """The view is an act of its own: whatever becomes of the page after it, the note is there."""
    await unmasking.look(desk.firm.hub, ruth.account.actor, request_.id, "HANDLING")
    assert (await desk.kinds(request_))[-1] == "VIEWED"
    assert await views(desk.firm) == 1


async def test_details_are_opened_for_nobody_without_a_note(ruth: Colleague, request_: Request) -> None:
    async with ruth.firm.hub.ask(ruth.account.actor, Operation.REQUEST_READ) as ask:
        with pytest.raises(Refusal) as caught:
            await unmasking.details(ask, request_)
    assert caught.value.code is Code.FORBIDDEN


async def test_forty_views_within_an_hour_raise_an_alert_and_sixty_are_the_end(
    ruth: Colleague, joins: Joins, hub: Hub, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer = await desk.firm.customer(profile=[name(LINDQVIST)])
    made = [await desk.receive(customer, "COMPLAINT", text="x") for _ in range(3)]
    await noted(superuser, ruth, made[0], 38)
    counted = metrics.UNMASKED.labels("staff:conduct")
    before: float = counted._value.get()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- untyped
    with capture_logs() as heard:
        await unmasking.look(hub, ruth.account.actor, made[0].id, "HANDLING")
        assert heard == []
        await age(superuser, "16 minutes")
        await unmasking.look(hub, ruth.account.actor, made[1].id, "HANDLING")
    assert heard == [
        {"event": "desk.many_views", "log_level": "warning", "amount": 40, "staff": ruth.account.id}
    ]
    assert counted._value.get() == before + 2
    admin = await joins("admin", name="Priya Shah")
    await admin.sign_in()
    assert "Ruth Okafor\u2069 looked at the details behind 40 requests within an hour" in admin.text
    await noted(superuser, ruth, made[0], 20)
    await age(superuser, "16 minutes")
    refused = await look(ruth, made[2])
    assert refused == 429
    assert await views(desk.firm) == 60


async def noted(superuser: asyncpg.Connection, ruth: Colleague, request: Request, many: int) -> None:
    """Have somebody have had so many views just now."""
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            """
            INSERT INTO unmasking (id, organisation_id, staff_id, request_id, customer_id, reason, at, until_at, act_id)
            SELECT gen_random_uuid(), $1, $2, $3, NULL, 'HANDLING', now() - interval '20 minutes',
                now() - interval '5 minutes', gen_random_uuid() FROM generate_series(1, $4::int)
            """,
            request.organisation_id, ruth.account.id, request.id, many,
        )  # fmt: skip


async def test_views_at_the_same_moment_are_counted_one_after_another(
    ruth: Colleague, hub: Hub, desk: Desk, superuser: asyncpg.Connection
) -> None:
    made = [await desk.receive(await desk.firm.customer(), "COMPLAINT", text="x") for _ in range(4)]
    await noted(superuser, ruth, made[0], 58)
    looks = (unmasking.look(hub, ruth.account.actor, each.id, "HANDLING") for each in made)
    answers = await asyncio.gather(*looks, return_exceptions=True)
    assert sum(isinstance(each, Refusal) for each in answers) == 2
    assert await views(desk.firm) == 60


async def test_a_note_of_a_view_never_changes(ruth: Colleague, hub: Hub, request_: Request) -> None:
    await unmasking.look(hub, ruth.account.actor, request_.id, "HANDLING")

    async def change(act: Act) -> None:
        await act.execute("UPDATE unmasking SET reason = 'FRAUD' WHERE request_id = $1", request_.id)

    with pytest.raises(asyncpg.PostgresError):
        await hub.perform(OPERATOR, Operation.HUB_MAINTAIN, change)
