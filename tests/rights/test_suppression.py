"""Addresses that get no marketing: kept as hashes that lead back to nobody, and met again wherever they come from."""

import random
from uuid import UUID

import asyncpg
import pytest

from hub import choices, customers, decisions, suppression
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.identities import NewIdentifier
from hub.keyring import Use
from hub.policy.values import Act as Acting
from hub.policy.values import Channel, Footer, Offer
from hub.questioned import Question
from hub.said import Scope
from hub.vault import Vault
from tests.domain.firm import Firm, email, everything, evidence, found, phone
from tests.rights.desk import Desk

GRACE = "grace.hopper@example.org"
MOBILE = "+61491570006"
ROWS = "SELECT kind, channel, reason, key_id FROM suppression WHERE organisation_id = $1 ORDER BY 1, 2"


async def erase(hub: Hub, customer_id: UUID) -> None:
    """Erase a customer, as the hub's own step of a deletion does."""
    async with hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, customer_id)


async def marketing(firm: Firm, customer_id: UUID, channel: str = "EMAIL") -> str:
    """What the facts of a marketing message say of the customer's choice."""
    question = Question(
        customer_id, Acting.MESSAGE, firm.purposes[0], channel=Channel(channel), offer=Offer.OWN_SIMILAR,
        footer=Footer.COMPLETE,
    )  # fmt: skip
    actor = Desk(firm).staff
    async with firm.hub.ask(OPERATOR, Operation.DECISION_PREVIEW) as ask:
        ask.actor = actor
        [answer] = await decisions.preview(ask, [question])
    assert not isinstance(answer, Refusal), answer
    return str(answer.facts.marketing_choice)


async def consent(firm: Firm, customer_id: UUID, channel: str = "EMAIL") -> None:
    """Let the customer agree to marketing on a channel."""
    async with firm.hub.act(firm.app, Operation.CHOICE_RECORD) as act:
        await choices.give_consent(act, firm.scope(customer_id, channels=[channel]), evidence())


async def test_an_erased_address_gets_no_marketing_when_somebody_brings_it_again(firm: Firm) -> None:
    await erase(firm.hub, await firm.customer(identifiers=[email(GRACE), phone(MOBILE)]))
    again = await firm.customer(identifiers=[email(GRACE.upper())])
    assert await marketing(firm, again) == "OPTED_OUT"
    assert await marketing(firm, again, "SMS") == "NONE"
    assert await marketing(firm, await firm.customer(identifiers=[email("other@example.org")])) == "NONE"


async def test_an_address_that_is_added_later_is_met_as_well_and_only_once(firm: Firm) -> None:
    await erase(firm.hub, await firm.customer(identifiers=[phone(MOBILE)]))
    customer_id = await firm.customer(identifiers=[email("new@example.org")])
    for _ in range(2):
        async with firm.hub.act(firm.app, Operation.CUSTOMER_CHANGE) as act:
            await suppression.add_identifier(act, customer_id, phone("0491 570 006", region="AU"))
    assert [await marketing(firm, customer_id, each) for each in ("SMS", "PHONE", "AUTO_CALL", "EMAIL")] == [
        "OPTED_OUT", "OPTED_OUT", "OPTED_OUT", "NONE",
    ]  # fmt: skip
    assert len(await Desk(firm).choices(customer_id)) == 3


async def test_a_consent_that_comes_later_reverses_it_and_takes_nothing_from_the_list(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    await erase(firm.hub, await firm.customer(identifiers=[email(GRACE)]))
    again = await firm.customer(identifiers=[email(GRACE)])
    before = await superuser.fetch(ROWS, firm.id)
    await consent(firm, again)
    assert await marketing(firm, again) == "REVERSED"
    assert await superuser.fetch(ROWS, firm.id) == before
    third = await firm.customer(identifiers=[email(GRACE)])
    assert await marketing(firm, third) == "OPTED_OUT"


async def test_nothing_on_the_list_leads_back_to_who_was_erased(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer(identifiers=[email(GRACE), phone(MOBILE)])
    blinds = {
        row["blind"]
        for row in await superuser.fetch("SELECT blind FROM identifier WHERE customer_id = $1", customer_id)
    }
    await erase(firm.hub, customer_id)
    kept = await superuser.fetch("SELECT * FROM suppression WHERE organisation_id = $1", firm.id)
    assert len(kept) == 4
    assert set(kept[0].keys()) == {
        "organisation_id",
        "kind",
        "digest",
        "channel",
        "key_id",
        "reason",
        "added_on",
    }
    assert not blinds & {row["digest"] for row in kept}
    assert (
        await superuser.fetchval("SELECT count(*) FROM identifier WHERE customer_id = $1", customer_id) == 0
    )
    assert not any(GRACE in str(row) or MOBILE in str(row) for row in kept)


async def test_the_list_of_one_firm_says_nothing_to_another(firm: Firm, hub: Hub) -> None:
    await erase(hub, await firm.customer(identifiers=[email(GRACE)]))
    other = await found(hub)
    assert await marketing(other, await other.customer(identifiers=[email(GRACE)])) == "NONE"


async def test_the_database_takes_nothing_off_the_list(firm: Firm, superuser: asyncpg.Connection) -> None:
    await erase(firm.hub, await firm.customer(identifiers=[email(GRACE)]))
    for statement in (
        "DELETE FROM suppression",
        "UPDATE suppression SET channel = 'SMS'",
        "TRUNCATE suppression",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await superuser.execute(statement)


async def test_whoever_asks_for_it_is_listed_and_all_who_have_the_address_are_opted_out(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression, "HOLDERS_AT_A_TIME", 2)
    several = [await firm.customer(identifiers=[email(GRACE)]) for _ in range(5)]
    async with firm.hub.act(firm.app, Operation.SUPPRESSION_ADD) as act:
        assert await suppression.suppress(act, email(GRACE), "ASKED", firm.id) == 5
    assert [await marketing(firm, each) for each in several] == ["OPTED_OUT"] * 5


@pytest.mark.parametrize(
    ("new", "reason", "path"),
    [
        (NewIdentifier("EXTERNAL", "4711", "crm"), "ASKED", ("address", "kind")),
        (NewIdentifier("EMAIL", "nobody"), "ASKED", ("address", "value")),
        (NewIdentifier("EMAIL", GRACE), "BOREDOM", ("reason",)),
    ],
)
async def test_what_cannot_be_listed_is_refused_and_changes_nothing(
    firm: Firm, superuser: asyncpg.Connection, new: NewIdentifier, reason: str, path: tuple[str, ...]
) -> None:
    before = await everything(superuser)
    with pytest.raises(Refusal) as caught:
        async with firm.hub.act(firm.app, Operation.SUPPRESSION_ADD) as act:
            await suppression.suppress(act, new, reason, firm.id)
    assert (caught.value.code, caught.value.path) == (Code.INVALID, path)
    assert await everything(superuser) == before


async def test_a_list_made_under_a_former_key_is_recognised_and_one_whose_key_is_lost_is_named(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await erase(firm.hub, await firm.customer(identifiers=[email(GRACE)]))
    old = firm.hub.vault.keyring
    monkeypatch.setattr(firm.hub, "vault", Vault(old.rotated(Use.INDEX)))
    assert await marketing(firm, await firm.customer(identifiers=[email(GRACE)])) == "OPTED_OUT"
    async with firm.hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
        assert await suppression.lost_keys(ask, firm.hub.vault) == []
        gone = firm.hub.vault.keyring.without(old.current(Use.INDEX).id)
        monkeypatch.setattr(firm.hub, "vault", Vault(gone))
        assert await suppression.lost_keys(ask, firm.hub.vault) == [old.current(Use.INDEX).id]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_the_list_only_grows_and_only_a_consent_of_ones_own_lets_marketing_through(
    firm: Firm, superuser: asyncpg.Connection, seed: int
) -> None:
    history = _History(firm, superuser, random.Random(seed))  # noqa: S311 - a history, no secret
    for _ in range(24):
        await history.go_on()
        await history.check()


class _History:
    """Customers with three addresses between them come, agree, opt out and go, in any order."""

    def __init__(self, firm: Firm, superuser: asyncpg.Connection, chance: random.Random) -> None:
        self.firm, self.superuser, self.chance = firm, superuser, chance
        self.listed: set[str] = set()
        self.people: dict[UUID, str] = {}
        self.agreed: set[UUID] = set()
        self.rows = 0

    async def go_on(self) -> None:
        """Let one thing happen."""
        address = self.chance.choice([f"{name}@example.org" for name in "abc"])
        whom = self.chance.choice(list(self.people) or [None])
        what = self.chance.choice(["come", "come", "list", "agree", "agree", "erase", "refuse"])
        if whom is None or what == "come":
            self.people[await self.firm.customer(identifiers=[email(address)])] = address
        elif what == "list":
            async with self.firm.hub.act(self.firm.app, Operation.SUPPRESSION_ADD) as act:
                await suppression.suppress(act, email(address), "COMPLAINT", self.firm.id)
            self._list(address)
        elif what == "agree":
            await consent(self.firm, whom)
            self.agreed.add(whom)
        elif what == "erase":
            await erase(self.firm.hub, whom)
            self._list(self.people.pop(whom))
        else:
            async with self.firm.hub.act(self.firm.app, Operation.CHOICE_RECORD) as act:
                await choices.opt_out_of_marketing(act, self._all_of(whom), evidence())
            self.agreed.discard(whom)

    def _list(self, address: str) -> None:
        self.listed.add(address)
        self.agreed -= {each for each, theirs in self.people.items() if theirs == address}

    def _all_of(self, whom: UUID) -> Scope:
        return Scope(whom, self.firm.id)

    async def check(self) -> None:
        """Nothing has left the list; who has a listed address gets marketing only if they agreed to it since."""
        rows = await self.superuser.fetchval(
            "SELECT count(*) FROM suppression WHERE organisation_id = $1", self.firm.id
        )
        assert rows >= self.rows
        self.rows = rows
        for whom, address in self.people.items():
            if address in self.listed and whom not in self.agreed:
                assert await marketing(self.firm, whom) == "OPTED_OUT", (address, self.listed)
