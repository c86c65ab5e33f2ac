"""What is missing before somebody may be referred is named: the notice that covers it, the entry of the register."""

import pytest

from tests.internal.door import Door
from tests.internal.setting import Setting, document, key
from tests.world import World

REFER = document(
    "refer",
    "decision { outcome rule } referral { id } bar notices { number notice { key } } activities { key }",
)
NEED = {"need": "A loan.", "partner": "bluegum-mortgages", "purpose": "referral-mortgage"}


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


async def test_where_a_notice_is_missing_the_one_that_covers_it_is_named(at: Setting) -> None:
    customer = await at.ref(jurisdiction="US_CA", shown="v1", joined="2024-03-01")
    said = await at.door.one(at.token, REFER, input={"customer": customer, **NEED})
    assert (said["decision"]["outcome"], said["referral"], said["bar"]) == ("NOTICE_NEEDED", None, None)
    assert said["notices"] == [{"number": 3, "notice": {"key": "customers"}}]
    assert said["activities"] == []


async def test_where_a_formality_is_missing_the_entry_of_the_register_is_named(at: Setting) -> None:
    name = key()
    given = {"key": name, "name": "Referrals", "jurisdictions": ["MA"], "purposes": ["referral-mortgage"]}
    await at.done("activityAdd", "activity { id }", **given)
    customer = await at.ref(jurisdiction="MA", shown="v3", joined="2025-08-01")
    said = await at.door.one(at.token, REFER, input={"customer": customer, **NEED})
    assert (said["decision"]["outcome"], said["referral"]) == ("FORMALITY_NEEDED", None)
    assert {"key": name} in said["activities"]
    assert said["notices"] == []


async def test_whoever_was_told_by_a_notice_without_the_broker_is_asked(at: Setting) -> None:
    customer = await at.ref(jurisdiction="AU", shown="v2", joined="2024-03-01")
    said = await at.door.one(at.token, REFER, input={"customer": customer, **NEED})
    assert said["decision"]["outcome"] == "CONSENT_NEEDED"
    assert said["decision"]["rule"] == "au.alliance-later"
    assert said["referral"]


async def test_the_same_key_refers_once(at: Setting) -> None:
    customer = await at.ref(jurisdiction="UK", shown="v1", joined="2024-03-01")
    given = {
        "customer": customer,
        "need": "Damp.",
        "partner": "moor-surveys",
        "purpose": "referral-inspection",
    }
    once = key()
    first = await at.door.one(at.token, REFER, input=given, key=once)
    again = await at.door.one(at.token, REFER, input=given, key=once)
    assert first["referral"]["id"] == again["referral"]["id"]
    assert first["decision"] == again["decision"]
