"""What the register lacks: each thing the law asks for is missed when it is not there, and only then."""

import tomllib
from datetime import timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest

from hub import gaps, notices, reviews
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.gaps import TESTS, Level
from hub.policy.values import Jurisdiction
from hub.register import Activity, Transfer
from hub.reviews import Review, Such
from tests.domain.filing import READ, Office
from tests.harbour import STATEMENTS, content
from tests.world import World

DECLARED = ("FILED", "RECEIVED")
AUTHORISED = ("APPLIED", "AUTHORISED")
# Everything that Morocco, South Africa and the two GDPRs ask for.
WHOLE: dict[str, Any] = {
    "officer": "officer@harbour.example",
    "officer_registration": "IR-2021-88",
    "people": ["customers"],
    "recipients": [],
    "processors": [],
    "transfers": [],
    "interconnections": [],
    "handover": "NEVER",
    "retention": "Seven years.",
    "security": "Sealed.",
    "rights_contact": "12 Quay Street.",
    "basis_note": "Contract.",
    "departments": ["marketing"],
    "circumstances": {"exclusion_scoring": False, "credit_reporting": False, "children": False},
    "toolbox": {"paia_manual": "harbour.example/paia"},
}


@pytest.fixture
def office(hub: Hub, world: World) -> Office:
    return Office(hub, world)


async def whole(
    office: Office, *places: str, purposes: tuple[str, ...] = ("newsletter",), **said: Any
) -> Activity:
    """An activity of which everything is said, but for what `said` changes."""
    told = {**WHOLE, "notice_version": office.world.versions["v3"].id, **said}
    return await office.activity(*places, purposes=purposes, **told)


async def review(office: Office, activity: Activity | None = None, **such: Any) -> Review:
    async with office.hub.ask(office.world.app(), READ) as ask:
        return await reviews.review(ask, Such(activity=activity.id if activity else None, **such))


async def codes(office: Office, activity: Activity, where: str) -> list[str]:
    return [gap.code for gap in (await review(office, activity, jurisdiction=where)).gaps]


async def take(office: Office, activity: Activity, where: str, *steps: str, **more: Any) -> None:
    for number, step in enumerate(steps):
        last = more if number == len(steps) - 1 else {}
        await office.take(activity.id, where, step, f"2025-03-0{number + 1}", **last)


async def bearing(office: Office, number: str) -> UUID:
    """A version of the notice that bears the CNDP's number."""
    said = content(["en"], brokers=["mortgage-brokers"])
    said = notices.Content(
        ["MA"], {**STATEMENTS, "cndp_number": f"CNDP {number}"}, said.texts, said.clauses, said.circumstances
    )
    async with office.hub.act(OPERATOR, Operation.NOTICE_DRAFT) as act:
        return (await notices.draft(act, office.world.notice.id, said)).id


def test_every_case_of_the_table_is_recognised_and_every_line_cites_its_law() -> None:
    assert [case.key for case in gaps.cases()] == list(TESTS)
    table = tomllib.loads((files("hub") / "register.toml").read_text(encoding="utf-8"))
    assert table["checked"].isoformat() == "2026-11-22"
    for one in gaps.fields():
        assert one.duties
        assert all(duty.cites for duty in one.duties.values()), one.key
    assert {place for one in gaps.fields() for place in one.duties} <= set(Jurisdiction)


@pytest.mark.parametrize(
    ("place", "least"),
    [
        ("MA", {"people", "recipients", "transfers", "retention", "rights_contact", "security",
                "interconnections", "handover", "processors"}),
        ("ZA", {"officer", "officer_registration", "paia_manual"}),
        ("EU", {"people", "recipients", "transfers", "retention", "security"}),
        ("UK", {"people", "recipients", "transfers", "retention", "security"}),
        ("AU", set[str]()),
        ("US_CA", set[str]()),
    ],
)  # fmt: skip
async def test_what_the_law_asks_for_and_the_record_lacks_is_named(
    office: Office, place: str, least: set[str]
) -> None:
    activity = await office.activity(place)
    found = (await review(office, activity)).gaps
    errors = {gap.code for gap in found if gap.level is Level.ERROR}
    assert errors == {f"field.{key}" for key in least} | ({"undeclared"} if place == "MA" else set())
    assert all(gap.cites in gap.message and gap.activity_id == activity.id for gap in found)
    assert [gap.level for gap in found] == sorted(gap.level for gap in found)


@pytest.mark.parametrize("place", list(Jurisdiction))
async def test_of_a_whole_record_nothing_is_missing(office: Office, place: str) -> None:
    number = f"D-{new_id().hex}"
    activity = await whole(office, place, notice_version=await bearing(office, number))
    if place == "MA":
        await take(office, activity, "MA", *DECLARED, number=number)
    assert await codes(office, activity, place) == []


@pytest.mark.parametrize("key", [key for key in WHOLE if key not in {"circumstances", "toolbox"}])
async def test_each_thing_that_is_taken_away_is_missed(office: Office, key: str) -> None:
    said = {name: value for name, value in WHOLE.items() if name != key}
    version = office.world.versions["v3"].id
    activity = await office.activity("MA", "ZA", "EU", **said, notice_version=version)
    found = {gap.code for gap in (await review(office, activity)).gaps if gap.code.startswith("field.")}
    assert found == {f"field.{key}"}


@pytest.mark.parametrize(
    ("case", "place", "said", "purposes"),
    [
        ("sensitive_data", "MA", {"categories": ["health"]}, ("newsletter",)),
        ("biometrics", "MA", {"categories": ["biometric"]}, ("newsletter",)),
        ("offences", "MA", {"categories": ["criminal"]}, ("newsletter",)),
        ("national_id", "MA", {"categories": ["national-id"]}, ("newsletter",)),
        ("other_purpose", "MA", {}, ("newsletter", "lettings")),
        ("interconnection", "MA", {"interconnections": ["The land register"]}, ("newsletter",)),
        ("scoring", "MA", {"circumstances": {"exclusion_scoring": True}}, ("newsletter",)),
        ("fraud_alert", "MA", {}, ("fraud-checks",)),
        (
            "identifiers_linked",
            "ZA",
            {"categories": ["national-id"], "interconnections": ["The bank"]},
            ("newsletter",),
        ),
        ("conduct_reported", "ZA", {"recipients": ["quay-inspections"]}, ("fraud-checks",)),
        ("conduct_reported", "ZA", {"categories": ["criminal"], "handover": "PAID"}, ("newsletter",)),
        ("credit_reporting", "ZA", {"circumstances": {"credit_reporting": True}}, ("newsletter",)),
        ("special_abroad", "ZA", {"categories": ["health"], "transfers": [Transfer("US")]}, ("newsletter",)),
        ("special_abroad", "ZA", {"categories": ["child"], "transfers": [Transfer("US")]}, ("newsletter",)),
        (
            "special_abroad",
            "ZA",
            {"circumstances": {"children": True}, "transfers": [Transfer("US")]},
            ("newsletter",),
        ),
    ],
)
async def test_what_needs_leave_is_named_until_it_is_authorised(
    office: Office, case: str, place: str, said: dict[str, Any], purposes: tuple[str, ...]
) -> None:
    activity = await whole(office, place, purposes=purposes, **said)
    before = [code for code in await codes(office, activity, place) if "authorised" in code]
    assert before == [f"unauthorised.{case}"]
    assert "undeclared" not in await codes(office, activity, place)
    await take(office, activity, place, *AUTHORISED)
    assert [code for code in await codes(office, activity, place) if "authorised" in code] == []


@pytest.mark.parametrize(
    ("said", "purposes"),
    [
        ({"categories": ["national-id"]}, ("newsletter",)),
        ({"interconnections": ["The bank"]}, ("newsletter",)),
        ({"recipients": []}, ("fraud-checks",)),
        ({"categories": ["health"], "transfers": [Transfer("ZA")]}, ("newsletter",)),
        ({"categories": ["health"], "transfers": [Transfer("US", "CONTRACT")]}, ("newsletter",)),
        ({"transfers": [Transfer("US")]}, ("newsletter",)),
        (
            {"circumstances": {**WHOLE["circumstances"], "credit_reporting": True, "code_of_conduct": True}},
            ("newsletter",),
        ),
    ],
)
async def test_what_only_nearly_needs_leave_in_south_africa_needs_none(
    office: Office, said: dict[str, Any], purposes: tuple[str, ...]
) -> None:
    activity = await whole(office, "ZA", purposes=purposes, **said)
    assert await codes(office, activity, "ZA") == []


async def test_a_declaration_is_not_enough_for_what_needs_leave(office: Office) -> None:
    activity = await whole(office, "MA", categories=["health"])
    await take(office, activity, "MA", "FILED")
    assert await codes(office, activity, "MA") == ["unauthorised.sensitive_data", "pending"]
    await office.take(activity.id, "MA", "RECEIVED", "2025-03-02")
    assert await codes(office, activity, "MA") == ["unauthorised.sensitive_data", "number"]
    await office.take(activity.id, "MA", "DEMANDED", "2025-03-03")
    assert await codes(office, activity, "MA") == ["pending"]


async def test_each_state_is_said_with_its_day(office: Office) -> None:
    activity = await whole(office, "MA")
    assert await codes(office, activity, "MA") == ["undeclared"]
    await take(office, activity, "MA", "FILED")
    [gap] = (await review(office, activity)).gaps
    assert (gap.code, gap.due_on and gap.due_on.isoformat()) == ("pending", "2025-03-02")
    await office.take(activity.id, "MA", "REFUSED", "2025-03-09")
    assert await codes(office, activity, "MA") == ["refused"]


async def test_silence_in_south_africa_is_said_and_not_presumed(office: Office) -> None:
    activity = await whole(office, "ZA", categories=["criminal"], handover="FREE")
    async with office.hub.ask(OPERATOR, READ) as ask:
        now = ask.at
    await office.take(activity.id, "ZA", "APPLIED", now - timedelta(days=20))
    assert await codes(office, activity, "ZA") == ["pending"]
    other = await whole(office, "ZA", categories=["criminal"], handover="FREE")
    await office.take(other.id, "ZA", "APPLIED", now - timedelta(days=29))
    assert await codes(office, other, "ZA") == ["silent"]


@pytest.mark.parametrize(("days", "code"), [(-1, "expired"), (0, "expiring"), (90, "expiring"), (91, None)])
async def test_what_ends_within_ninety_days_is_said_and_what_has_ended_too(
    office: Office, days: int, code: str | None
) -> None:
    number = f"D-{new_id().hex}"
    activity = await whole(office, "MA", notice_version=await bearing(office, number))
    async with office.hub.ask(OPERATOR, READ) as ask:
        end = ask.at.date() + timedelta(days=days)
    await take(office, activity, "MA", *DECLARED, number=number, valid_until=end)
    found = (await review(office, activity)).gaps
    assert [(gap.code, gap.due_on) for gap in found] == ([(code, end)] if code else [])


async def test_the_number_has_to_stand_on_the_notice(office: Office) -> None:
    activity = await whole(office, "MA", notice_version=await bearing(office, "D-1"))
    await take(office, activity, "MA", *DECLARED, number="D-2")
    [gap] = (await review(office, activity)).gaps
    assert (gap.code, "D-2" in gap.message) == ("number", True)


async def test_a_transfer_from_morocco_needs_its_own_number(office: Office) -> None:
    number = f"D-{new_id().hex}"
    transfers = [Transfer("MA"), Transfer("FR", "CONTRACT"), Transfer("US", "NONE", "T-9")]
    activity = await whole(office, "MA", notice_version=await bearing(office, number), transfers=transfers)
    await take(office, activity, "MA", *DECLARED, number=number)
    [gap] = (await review(office, activity)).gaps
    assert (gap.code, "FR" in gap.message) == ("transfer", True)
