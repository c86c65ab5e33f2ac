"""What a partner may receive, at the desk: listed with its page, counted when somebody asks, nothing that is small."""

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest_asyncio
from starlette.applications import Starlette

from hub import arrangements, recipients
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.partners import blocks, counting, offers
from hub.policy import words
from tests.desk.colleague import Colleague, hire, ready
from tests.desk.conftest import Joins
from tests.desk.test_partners import drafted
from tests.domain.firm import Firm
from tests.domain.firm import found as found_firm
from tests.handing.conftest import Firm as Handing
from tests.handing.conftest import found

QUAY = "partners/quay-inspections"
COUNTED = f"{QUAY}/entitled/quay-referrals/referral-inspection"


@dataclass
class Neighbour(Colleague):
    """A colleague at the desk of a firm of the world, which is called otherwise. house: its key."""

    house: str = ""

    @property
    def start(self) -> str:
        """Where that desk begins."""
        return f"/desk/{self.house}/{self.language}"


@dataclass(frozen=True)
class Office:
    """A firm that has something to hand over, and somebody at its desk."""

    handing: Handing
    ruth: Neighbour


Opens = Callable[[str], Awaitable[Office]]


@pytest_asyncio.fixture
async def opens(hub: Hub, site: Starlette, superuser: asyncpg.Connection) -> AsyncIterator[Opens]:
    """Open an office whose desk is read in a language by somebody who only reads."""
    opened: list[Colleague] = []

    async def open_one(language: str = "en") -> Office:
        handing = await found(hub)
        world = handing.world
        version = world.versions["v1"].id
        firm = Firm(hub, world.organisation.id, world.app(), [], [], {}, version, version)
        account, _ = await hire(firm, "reader")
        ruth = Neighbour.come(site, firm, account, language=language)
        assert isinstance(ruth, Neighbour)
        ruth.house = world.organisation.key
        opened.append(await ready(ruth, superuser))
        await ruth.sign_in()
        return Office(handing, ruth)

    yield open_one
    for each in opened:
        await each.http.aclose()


async def test_what_they_may_receive_is_listed_and_counted_as_they_are_told_it(opens: Opens) -> None:
    office = await opens("en")
    await office.handing.customers(13)
    await office.handing.customers(11, None)
    ruth = office.ruth
    text = await ruth.open(QUAY)
    assert COUNTED in text
    for said in ("What they may receive", "Referral to a building inspector", "Count them"):
        assert said in ruth.text, said
    assert "At least" not in ruth.text, "the page itself counts nothing"
    await ruth.open(COUNTED)
    for said in (
        "At least 10 customers", "customers , version 1", "inspectors", "no end is agreed",
        "We may put you in touch with a building inspector.", "Tell first",
    ):  # fmt: skip
        assert said in ruth.text, said
    assert re.findall(r'<td class="num">([\d,]+)</td>', ruth.page.text) == ["10", "10"]
    assert "13" not in re.sub(r"<[^>]*>", " ", ruth.page.text.partition("<main")[2]).split()


async def test_a_partner_and_what_is_agreed_with_it_say_of_which_classes_it_is(opens: Opens) -> None:
    office = await opens("en")
    for place in (QUAY, "arrangements/quay-referrals"):
        await office.ruth.open(place)
        assert re.search("Classes ?:? Building inspectors", office.ruth.text), office.ruth.text
    whom = office.handing.world.recipients["quay-inspections"]
    async with office.handing.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        today = act.at.date()
        [joined] = (await recipients.memberships_of(act, [whom.id]))[whom.id]
        await recipients.leave_class(act, whom.id, joined.recipient_class_id, today - timedelta(days=1))
    await office.ruth.open(QUAY)
    assert "none, so a notice has to name them" in office.ruth.text


async def test_what_is_few_is_not_said_at_the_desk_either(opens: Opens) -> None:
    office = await opens("en")
    await office.handing.customers(9)
    await office.handing.customers(9, None)
    ruth = office.ruth
    await ruth.open(COUNTED)
    for said in (
        "Nobody, or fewer than 10.",
        "No clause that many rest on.",
        "There is no rest, or too few to say.",
    ):
        assert said in ruth.text, said


async def test_it_reads_in_each_language_with_the_reasons_of_the_law(opens: Opens) -> None:
    for language, said in (("fr", "Pourquoi pas les autres"), ("ar", "لماذا لا يشمل الباقين")):
        office = await opens(language)
        await office.handing.customers(10, None)
        await office.ruth.open(COUNTED)
        assert office.ruth.page.status_code == 200
        assert said in office.ruth.text
        partner = office.handing.partner("quay-inspections")
        async with office.handing.hub.ask(partner, Operation.PARTNER_READ) as ask:
            offer = await offers.find(ask, "quay-referrals", "referral-inspection")
            [missing] = (await counting.count(ask, offer)).missing
        assert words.sentences(missing.decision.rule, language).staff in html.unescape(office.ruth.page.text)


async def test_a_blocked_partner_is_said_to_receive_nothing_of_it(opens: Opens) -> None:
    office = await opens("en")
    recipient = office.handing.world.recipients["quay-inspections"].id
    async with office.handing.hub.act(OPERATOR, Operation.PARTNER_BLOCK) as act:
        await blocks.block(act, recipient, "They lost a laptop.")
    await office.ruth.open(COUNTED)
    assert "of all this they receive nothing until that ends" in office.ruth.text


async def test_what_is_not_offered_is_absent(opens: Opens) -> None:
    office = await opens("en")
    for place in (
        f"{QUAY}/entitled/quay-referrals/made-up", f"{QUAY}/entitled/made-up/referral-inspection",
        "partners/moor-surveys/entitled/quay-referrals/referral-inspection",
        "partners/made-up/entitled/quay-referrals/referral-inspection",
    ):  # fmt: skip
        await office.ruth.open(place)
        assert office.ruth.page.status_code == 404, place


async def test_a_draft_lets_nobody_receive_and_another_firm_finds_nothing_of_it(
    ruth: Colleague, joins: Joins, hub: Hub
) -> None:
    await drafted(ruth)
    await ruth.open("partners/bank")
    assert "Nothing: no arrangement is in force by which they receive customers." in ruth.text
    for deed in ("weigh", "force"):
        await ruth.open("arrangements/bank-alliance")
        await ruth.send({}, to=f"arrangements/bank-alliance/{deed}")
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        row = await arrangements.read(ask, "bank-alliance", organisation=ruth.firm.id)
    text = await ruth.open("partners/bank")
    place = re.search(r"partners/bank/entitled/bank-alliance/[\w-]+", text)
    assert place
    await ruth.open(place[0])
    assert ruth.page.status_code == 200
    other = await joins("reader", at=await found_firm(hub))
    await other.sign_in()
    await other.open(place[0])
    assert other.page.status_code == 404
    await ruth.open("arrangements/bank-alliance")
    await ruth.send({"on": row.starts_on.isoformat()}, to="arrangements/bank-alliance/end")
    await ruth.open(place[0])
    assert f'datetime="{row.starts_on.isoformat()}"' in ruth.page.text
    assert "no end is agreed" not in ruth.text
