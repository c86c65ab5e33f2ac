"""Closing one's account: what it means, a fresh code, the way back for seven days, and who hears of it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from hub import closing, merges, standings
from hub.actors import OPERATOR, Operation, customer
from hub.errors import Code, Refusal
from hub.letters.templates import day_in_words
from portal.pages.close import CHANGES_MOST
from tests.domain.firm import Firm, email
from tests.portal.test_visits import move_back
from tests.portal.visitor import HOME, KNOWN, Visitor, delivered

Arrives = Callable[..., Visitor]
_EVENTS = """
    SELECT value, reason FROM customer_event WHERE customer_id = $1 AND aspect = 'RELATIONSHIP'
    ORDER BY recorded_at, happened_at OFFSET 1
"""
_LETTERS = "SELECT id FROM letter WHERE organisation_id = $1 AND template = 'account_closed' ORDER BY id"
CLOSED, REOPENED = ("CLOSED", closing.CLOSED), ("ACTIVE", closing.REOPENED)


async def became(superuser: asyncpg.Connection, customer_id: UUID) -> list[tuple[str, str]]:
    """What became of an account since it was opened."""
    return [tuple(row) for row in await superuser.fetch(_EVENTS, customer_id)]


async def test_an_account_is_closed_once_whatever_is_clicked_and_opened_again(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection
) -> None:
    [who] = firm.people
    await visitor.enter(KNOWN)
    assert "Close your account?" in await visitor.open("close")
    first, path = visitor.key, visitor.page.url.path
    await visitor.open("close")
    second = visitor.key
    for key in (first, first, second):  # a double click, and another tab
        await visitor.post(path, {"form": key, "do": "close"})
        assert "Your account is closed" in visitor.page.text
    assert await became(superuser, who) == [CLOSED]
    for _ in range(2):
        await visitor.send({"do": "reopen"}, follow=False)
    await visitor.open("close")
    assert "Keep my account" in visitor.page.text
    assert await became(superuser, who) == [CLOSED, REOPENED]


async def letters(firm: Firm, superuser: asyncpg.Connection) -> list[tuple[str, str]]:
    """To whom letters of a closing came, and what they say."""
    rows = await superuser.fetch(_LETTERS, firm.id)
    return [each for row in rows for each in await delivered(firm, row["id"])]


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "Nothing was deleted by it."), ("fr", "Rien n’a été supprimé."), ("ar", "لم يُحذف شيء بهذا.")],
)
async def test_whoever_closes_an_account_gets_one_letter_that_says_until_when_it_opens_again(
    arrives: Arrives, firm: Firm, superuser: asyncpg.Connection, language: str, says: str
) -> None:
    address = f"{language}-leaves@example.org"
    await firm.customer(identifiers=[email(address)], locale=language)
    visitor = arrives(language)
    await visitor.enter(address)
    await visitor.open("close")
    await visitor.send({"do": "close"})
    await visitor.open("close")
    await visitor.post(
        visitor.page.url.path, {"form": visitor.key, "do": "close"}
    )  # closed already: no second one
    [(to, text)] = await letters(firm, superuser)
    until = await superuser.fetchval(
        "SELECT (queued_at + '7 days'::interval) AT TIME ZONE 'Australia/Sydney' FROM letter "
        "WHERE organisation_id = $1 AND template = 'account_closed'", firm.id,
    )  # fmt: skip
    assert to == address
    assert says in text
    assert f"{HOME}/o/firm-{firm.id}/{language}/close" in text
    assert day_in_words(until.date(), language) in text
    await visitor.open("close")
    assert await letters(firm, superuser) == [(to, text)]


async def test_a_closing_without_an_address_on_record_writes_to_nobody(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    who = await firm.customer()
    async with firm.hub.act(customer(firm.id, who), Operation.OWN_CONDUCT) as act:
        await closing.close(act)
    assert (await became(superuser, who), await letters(firm, superuser)) == ([CLOSED], [])


async def test_an_old_visit_proves_itself_before_it_closes(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection
) -> None:
    [who] = firm.people
    await visitor.enter(KNOWN)
    await move_back(superuser, "portal_visit", ("begun_at", "confirmed_at"), timedelta(minutes=11))
    await visitor.open("close")
    await visitor.send({"do": "close"})
    assert (visitor.place, await became(superuser, who)) == ("confirm/close", [])
    await visitor.send({})
    await visitor.send({"code": await visitor.entrance_code(KNOWN)})
    assert visitor.place == "close"
    await visitor.send({"do": "close"})
    assert await became(superuser, who) == [CLOSED]


async def test_a_guest_who_wants_to_close_signs_in_and_comes_back_to_it(visitor: Visitor) -> None:
    await visitor.open("ask/stop/place")
    await visitor.send({"place": "AU"})
    await visitor.send({"remedy": "CLOSE"})
    assert visitor.place == "enter"
    assert "To close your account, sign in first." in visitor.page.text
    await visitor.send({"email": KNOWN})
    await visitor.send({"code": await visitor.entrance_code(KNOWN)})
    assert visitor.place == "close"


async def test_a_guest_who_chooses_something_else_then_is_not_led_there(visitor: Visitor) -> None:
    await visitor.open("ask/stop/place")
    await visitor.send({"place": "AU"})
    for remedy in ("CLOSE", "STOP_MARKETING"):
        await visitor.open("ask/stop/remedy")
        await visitor.send({"remedy": remedy})
    assert visitor.place == "ask/stop/email"
    await visitor.enter(KNOWN)
    assert visitor.place == ""


async def test_after_seven_days_and_after_others_closed_it_there_is_no_way_back(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection
) -> None:
    [who] = firm.people
    await visitor.enter(KNOWN)
    await visitor.open("close")
    await visitor.send({"do": "close"})
    key, path = visitor.key, visitor.page.url.path
    me = customer(firm.id, who)
    async with firm.hub.ask(me, Operation.OWN_READ) as ask:
        account = await closing.look(ask)
    assert account.closed_at
    assert account.until_at == account.closed_at + closing.REOPENS_FOR
    async with firm.hub.ask(me, Operation.OWN_READ, at=account.until_at) as ask:
        assert await closing.look(ask) == closing.Account(is_open=False, closed_at=account.closed_at)
    async with firm.hub.act(firm.app, Operation.CUSTOMER_CHANGE) as act:
        for each in ("ACTIVE", "CLOSED"):
            at = account.closed_at + timedelta(microseconds=1 if each == "ACTIVE" else 2)
            await standings.change(act, who, standings.Change(relationship=each, happened_at=at))
    await visitor.post(path, {"form": key, "do": "reopen"})
    assert visitor.page.status_code == 422
    assert "It is too late to open it again here" in visitor.page.text
    assert (await became(superuser, who))[-1] == ("CLOSED", "")
    with pytest.raises(Refusal) as refused:
        async with firm.hub.act(me, Operation.OWN_CONDUCT) as act:
            await closing.reopen(act)
    assert refused.value.code is Code.CONFLICT


async def test_whoever_has_no_account_is_told_so_and_closes_nothing(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection
) -> None:
    who = await firm.customer(identifiers=[email("quote@example.org")], relationship="NEGOTIATING")
    await visitor.enter("quote@example.org")
    assert "You have no account with us" in await visitor.open("close")
    await visitor.open("visits")  # a form of one page is no form of another
    await visitor.post(f"{visitor.start}/close", {"form": visitor.key, "do": "close"})
    assert visitor.page.status_code == 403
    async with firm.hub.act(customer(firm.id, who), Operation.OWN_CONDUCT) as act:
        await closing.close(act)
    assert await became(superuser, who) == []


async def test_records_that_were_merged_are_one_account(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection
) -> None:
    [who] = firm.people
    twin = await firm.customer()
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, who, twin, firm.id)
    await visitor.enter(KNOWN)
    await visitor.open("close")
    await visitor.send({"do": "close"})
    for each in (who, twin):
        assert (await became(superuser, each))[-1] == CLOSED
    assert [to for to, _ in await letters(firm, superuser)] == [KNOWN]
    await visitor.send({"do": "reopen"})
    for each in (who, twin):
        assert (await became(superuser, each))[-1] == REOPENED


async def test_closing_and_opening_is_limited(visitor: Visitor) -> None:
    await visitor.enter(KNOWN)
    await visitor.open("close")
    for number in range(CHANGES_MOST):
        await visitor.send({"do": "reopen" if number % 2 else "close"})
    await visitor.send({"do": "close"})
    assert visitor.page.status_code == 429
