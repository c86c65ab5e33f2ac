"""The letter that asks: what one gets, what for, until when and what if not, in the language it is read in."""

from datetime import date
from uuid import UUID

import asyncpg
import pytest

from hub.actors import OPERATOR, Operation
from tests.domain.firm import Firm
from tests.partners.referred import NEED, House
from tests.partners.test_question_page import asked
from tests.portal.visitor import delivered

AGREED = "UPDATE arrangement SET keep_days = $2, ends_on = $3 WHERE id = $1"
LETTERS = "SELECT id FROM letter WHERE customer_id = $1 AND template = 'referral_asked'"
SAID = {
    "en": (
        "What you get:\nYou can compare loans at leisure.",
        "If you say no:\nNothing changes.",
        "You can say yes or no there.",
    ),
    "fr": (
        "Ce que vous y gagnez\u202f:\n",
        "Si vous dites non\u202f:\nRien ne change.",
        "Vous pouvez y répondre oui ou non.",
    ),
    "ar": ("ماذا تكسب من ذلك:\n", "إذا قلت لا:\nلا يتغير شيء.", "أن تجيب هناك بنعم أو لا"),
}
UNTIL = {
    "en": ("after 90 days", "ends on", "Until you take it back.\n"),
    "fr": ("après 90 jours", "fin de notre accord avec eux le", "Jusqu’à ce que vous le retiriez.\n"),
    "ar": ("أيامها 90", "ينتهي اتفاقنا معهم يوم", "إلى أن تتراجع.\n"),
}


async def letter(house: House, firm: Firm, **given: str) -> tuple[str, str]:
    """Somebody is asked; returns the letter as it arrives, and their address."""
    customer, _, email = await asked(house, **given)
    async with house.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        [row] = await ask.rows(LETTERS, customer)
    [text] = [text for to, text in await delivered(firm, row["id"]) if to == email]
    return text, email


@pytest.mark.parametrize("language", sorted(SAID))
async def test_it_says_all_that_is_asked_for_a_yes_or_a_no(house: House, firm: Firm, language: str) -> None:
    text, email = await letter(house, firm, locale=language)
    for said in (*SAID[language], UNTIL[language][2]):
        assert said in text, said
    assert "Bluegum Mortgages" in text
    for kept in (NEED, email):
        assert kept not in text


@pytest.mark.parametrize("language", sorted(UNTIL))
@pytest.mark.parametrize(("days", "ends_on", "place"), [(90, None, 0), (None, date(2099, 12, 31), 1)])
async def test_it_says_until_when_as_it_is_agreed(  # noqa: PLR0913, PLR0917 - what is asked of it
    house: House,
    firm: Firm,
    superuser: asyncpg.Connection,
    language: str,
    days: int | None,
    ends_on: date | None,
    place: int,
) -> None:
    agreed = house.world.arrangements["mortgage-alliance"].id
    await as_agreed(superuser, agreed, days, ends_on)
    text, _ = await letter(house, firm, locale=language)
    await as_agreed(superuser, agreed, None, None)
    assert UNTIL[language][place] in text
    assert ("2099" in text) == (place == 1)


async def as_agreed(
    superuser: asyncpg.Connection, arrangement: UUID, days: int | None, ends_on: date | None
) -> None:
    """Let something else have been agreed."""
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(AGREED, arrangement, days, ends_on)
