"""Guesses of passwords at the desk are counted before they are looked at; addresses that no desk has are absent."""

import asyncio

import asyncpg
import pytest

from hub.act import Hub
from hub.auth import passwords, signing_in
from hub.auth.signing_in import Said
from tests.desk.colleague import PASSWORD, Colleague, fresh_codes
from tests.desk.conftest import Joins
from tests.domain.firm import Firm


async def test_of_fifty_passwords_guessed_at_once_ten_are_hashed(
    joins: Joins, hub: Hub, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruth = await joins("conduct")
    hashed: list[str | None] = []
    matches = passwords.matches

    async def counted(password: str, stored: str | None) -> bool:
        hashed.append(stored)
        return await matches(password, stored)

    monkeypatch.setattr(passwords, "matches", counted)
    for email in (ruth.account.email, "nobody@firm.example"):
        hashed.clear()
        said = Said(email, "a guess that is wrong", "123456", "192.0.2.1")
        guesses = (signing_in.sign_in(hub, firm.id, said) for _ in range(50))
        answers = await asyncio.gather(*guesses, return_exceptions=True)
        assert (len(hashed), answers.count(None)) == (10, 10)


async def test_who_was_right_is_counted_anew(
    joins: Joins, hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    ruth = await joins("conduct")
    wrong = Said(ruth.account.email, "a guess that is wrong", "123456", "192.0.2.1")
    for _ in range(3):
        for _ in range(9):
            assert await signing_in.sign_in(hub, firm.id, wrong) is None
        await fresh_codes(ruth, superuser)
        right = Said(ruth.account.email, PASSWORD, await ruth.code(), "192.0.2.1")
        assert await signing_in.sign_in(hub, firm.id, right)
    counted = await superuser.fetch("SELECT failures FROM attempt")
    assert [each["failures"] for each in counted] == [27]


async def test_an_address_that_no_key_has_is_absent(ruth: Colleague) -> None:
    for house in ("%00", "x%00", "X", "%F0%9F%98%80", "a" * 64):
        for place in ("", "/sign-in", "/requests/x"):
            answer = await ruth.http.get(f"/desk/{house}/en{place}")
            assert answer.status_code == 404, (house, place)
