"""The certificate of an erasure says what is so, with its proof, and names nobody."""

from datetime import date, timedelta

import asyncpg
import orjson
import pytest

from hub import receipts
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.rights import certificates, fulfilling
from hub.rights.certificates import Certificate
from hub.rights.outcomes import Settled, StepState
from hub.rights.requests import Request
from hub.rights.states import State
from hub.sealing import seal_once
from tests.domain.firm import email, name
from tests.rights.desk import Desk
from tests.rights.test_disclosures import answer_letter
from tests.rights.test_fulfilling import by_hand, claim, connect, cooled, planned, settle, work

_IN = {"dataset": "shop", "rows": 1, "until": None}
EVIDENCE = {
    "places": [{**_IN, "collection": "customers", "fields": {"name": "replaced", "email": "nulled"}}],
    "kept": [
        {**_IN, "collection": "invoices", "fields": ["name"], "ground": "legal_duty", "until": "2033-12-31"},
        {**_IN, "collection": "orders", "fields": ["total"], "ground": "stock_taking"},
        {**_IN, "collection": "orders", "fields": ["id"], "ground": "primary_key"},
    ],
}


async def erased(desk: Desk, superuser: asyncpg.Connection, locale: str = "en") -> Request:
    """A deletion that has ended, with a shop that keeps its invoices."""
    await connect(desk, "shop", "SQL")
    customer_id = await desk.firm.customer(
        jurisdictions=["UK"], locale=locale, identifiers=[email("grace@example.org")], profile=[name("Grace")]
    )
    request = await desk.receive(customer_id, "DELETION")
    await desk.do(fulfilling.approve, request.id)
    await cooled(desk, superuser, request)
    [shop] = [each for each in await planned(desk, request) if each.name == "shop"]
    taken = await claim(desk, shop.id)
    assert taken is not None
    await settle(desk, taken, Settled(StepState.DONE, EVIDENCE))
    await by_hand(desk, request)
    await work(desk, request)
    ended = await desk.read(request)
    assert ended.state is State.ANSWERED
    return ended


async def certified(desk: Desk, request: Request) -> Certificate:
    """Its certificate."""
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        return await certificates.of(ask, request.id)


async def test_it_says_what_was_erased_what_stays_and_from_when_no_backup_brings_it_back(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await erased(desk, superuser)
    made = certificates.document(await certified(desk, request))
    assert made["reference"] == request.reference
    assert made["erased"] == [
        {"system": "shop", "what": "customers", "rows": 1, "fields": ["email", "name"]},
        {"system": "Privacy Hub", "what": "identifiers", "rows": 1, "fields": []},
        {"system": "Privacy Hub", "what": "profile_values", "rows": 1, "fields": []},
    ]
    assert [(each["what"], each["ground"], each["until"]) for each in made["stays"]] == [
        ("invoices", "legal_duty", date(2033, 12, 31)), ("orders", "stock_taking", None),
    ]  # fmt: skip
    days = desk.firm.hub.settings.key_backup_days
    assert made["backups"]["unreadable_on"] == made["erased_at"].date() + timedelta(days=days)
    assert made["backups"]["wrapping_key"].startswith("wrap-")
    assert "grace" not in orjson.dumps(made).decode().lower()


async def test_its_receipt_proves_the_end_of_the_request_once_it_is_sealed(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await erased(desk, superuser)
    assert (await certified(desk, request)).receipt is None
    async with desk.firm.hub.database.sealer() as connection:
        while await seal_once(connection, desk.firm.hub.vault.keyring) is not None:
            pass  # others of this database may have left more than one batch
    receipt = (await certified(desk, request)).receipt
    assert receipt is not None
    verdict = receipts.verify_receipt(orjson.loads(orjson.dumps(receipt)))
    assert (verdict.valid, verdict.event) == (True, "request.fulfilled")


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Certificate of erasure"), ("fr", "Attestation"), ("ar", "شهادة محو")]
)
async def test_as_a_page_it_speaks_the_customers_language_and_holds_no_program(
    desk: Desk, superuser: asyncpg.Connection, language: str, said: str
) -> None:
    made = await certified(desk, await erased(desk, superuser, language))
    shown = certificates.page(made, language)
    assert said in shown
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in shown
    assert "<script" not in shown
    assert "http" not in shown


async def test_only_a_deletion_that_has_erased_has_one(
    desk: Desk, other_desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await erased(other_desk, superuser)
    customer_id = await desk.firm.customer(jurisdictions=["UK"], identifiers=[email("grace@example.org")])
    begun = await desk.receive(customer_id, "DELETION")
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        assert await certificates.find(ask, begun.id) is None
        for each in (begun, request):
            with pytest.raises(Refusal) as caught:
                await certificates.of(ask, each.id)
            assert caught.value.code is Code.NOT_FOUND


async def test_what_stays_is_in_the_letter_in_the_customers_words(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    said = await answer_letter(desk, superuser, await erased(desk, superuser, "fr"))
    assert "invoices (shop) jusqu’au 31 décembre 2033. La loi nous oblige" in said
    assert "La raison donnée : stock taking." in said
    assert "primary" not in said
