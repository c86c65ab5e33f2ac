"""The whole life of a formality over HTTP, in Morocco and in South Africa, and decisions that follow each step."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from hub.act import Hub
from hub.filings import Step
from tests.internal.door import Door
from tests.internal.filed import Filed, filed

UNDECLARED, NO_NOTICE = "FORMALITY_NEEDED ma.art12-declaration", "NOTICE_NEEDED ma.art5-notice"
PRIOR = "FORMALITY_NEEDED za.s57-prior"


@pytest_asyncio.fixture
async def ma(hub: Hub, door: Door) -> Filed:
    return await filed(hub, door, "MA")


@pytest_asyncio.fixture
async def za(hub: Hub, door: Door) -> Filed:
    return await filed(hub, door, "ZA")


async def test_in_morocco_nothing_runs_before_the_receipt_and_nothing_after_a_withdrawal(ma: Filed) -> None:
    lived = [("NONE", await ma.answer())]
    for step, on in (
        ("FILED", "2026-03-01"),
        ("RECEIVED", "2026-03-02"),
        ("DEMANDED", "2026-03-05"),
        ("AUTHORISED", "2026-05-01"),
        ("AMENDED", "2026-06-01"),
        ("WITHDRAWN", "2026-07-01"),
        ("FILED", "2026-08-01"),
        ("REFUSED", "2026-08-20"),
        ("APPLIED", "2026-09-01"),
        ("AUTHORISED", "2026-10-01"),
        ("ENDED", "2026-11-01"),
    ):
        stands = await ma.step(step, on)
        assert stands["lastStep"]["kind"] == step
        lived.append((stands["state"], await ma.answer()))
    assert lived == [
        ("NONE", UNDECLARED),
        ("PENDING", UNDECLARED),
        ("DECLARED", NO_NOTICE),
        ("PENDING", UNDECLARED),
        ("AUTHORISED", NO_NOTICE),
        ("AUTHORISED", NO_NOTICE),
        ("REFUSED", "DENY ma.refused"),
        ("PENDING", UNDECLARED),
        ("REFUSED", "DENY ma.refused"),
        ("PENDING", UNDECLARED),
        ("AUTHORISED", NO_NOTICE),
        ("NONE", UNDECLARED),
    ]


async def test_in_south_africa_fraud_is_reported_to_nobody_before_the_regulator_agrees(za: Filed) -> None:
    assert await za.answer() == PRIOR
    stands = await za.step("APPLIED", "2026-03-02")
    assert (stands["state"], stands["expectedBy"], await za.answer()) == (
        "PENDING",
        "2026-03-30T12:00:00Z",
        PRIOR,
    )
    assert await za.refusal("PRESUMED", "2026-03-29") == ("INVALID", ["input", "happenedAt"])
    stands = await za.step("INVESTIGATED", "2026-03-20")
    assert (stands["state"], stands["expectedBy"], await za.answer()) == (
        "PENDING",
        "2026-06-29T12:00:00Z",
        PRIOR,
    )
    assert await za.refusal("PRESUMED", "2026-06-28") == ("INVALID", ["input", "happenedAt"])
    stands = await za.step("PRESUMED", "2026-06-29", number="IR-7")
    assert (stands["state"], stands["lastStep"]["number"], stands["expectedBy"]) == (
        "AUTHORISED",
        "IR-7",
        None,
    )
    assert await za.answer() not in {PRIOR, ""}
    assert (await za.step("WITHDRAWN", "2026-08-01"))["state"] == "REFUSED"
    assert await za.answer() == PRIOR
    await za.step("APPLIED", "2026-08-15")
    assert (await za.step("AUTHORISED", "2026-09-15"))["state"] == "AUTHORISED"
    assert await za.answer() != PRIOR
    assert await za.steps() == [
        "APPLIED", "INVESTIGATED", "PRESUMED", "WITHDRAWN", "APPLIED", "AUTHORISED",
    ]  # fmt: skip


async def test_what_has_passed_its_last_day_stops_decisions_by_itself(ma: Filed) -> None:
    await ma.step("FILED", "2025-09-01")
    stands = await ma.step("RECEIVED", "2025-09-02", number="D-1/2025", validUntil="2026-03-31")
    assert (stands["state"], stands["hasExpired"]) == ("NONE", True)
    assert stands["lastStep"] == {"kind": "RECEIVED", "number": "D-1/2025", "validUntil": "2026-03-31"}
    assert await ma.answer() == UNDECLARED
    by_day = {
        "2025-08-31T23:59:59Z": ("NONE", UNDECLARED),
        "2025-09-01T12:00:00Z": ("PENDING", UNDECLARED),
        "2025-09-02T11:59:59Z": ("PENDING", UNDECLARED),
        "2025-09-02T12:00:00Z": ("DECLARED", NO_NOTICE),
        "2026-03-31T23:59:59.999999Z": ("DECLARED", NO_NOTICE),
        "2026-04-01T00:00:00Z": ("NONE", UNDECLARED),
    }
    assert {day: (await ma.state(day), await ma.answer(day)) for day in by_day} == by_day
    assert await ma.missing() == {"expired"}
    await ma.step("FILED", "2026-04-10")
    await ma.step("RECEIVED", "2026-04-11", number="D-2/2026")
    assert (await ma.state(), await ma.answer()) == ("DECLARED", NO_NOTICE)
    assert await ma.state("2026-04-05T00:00:00Z") == "NONE"


async def test_what_is_renewed_in_time_goes_on(ma: Filed) -> None:
    soon = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    await ma.step("FILED", "2026-03-01")
    await ma.step("RECEIVED", "2026-03-02", number="D-1/2026", validUntil=soon)
    assert (await ma.missing(), await ma.answer()) == ({"expiring"}, NO_NOTICE)
    stands = await ma.step("AMENDED", validUntil="2099-12-31")
    assert stands["lastStep"] == {"kind": "AMENDED", "number": "D-1/2026", "validUntil": "2099-12-31"}
    assert (await ma.missing(), await ma.answer()) == (set(), NO_NOTICE)


async def test_an_authorisation_that_expired_stops_reports_in_south_africa(za: Filed) -> None:
    await za.step("APPLIED", "2025-09-01")
    await za.step("AUTHORISED", "2025-10-01", validUntil="2026-10-01")
    assert await za.answer("2026-10-01T20:00:00Z") != PRIOR
    assert (await za.answer("2026-10-02T00:00:00Z"), await za.answer()) == (PRIOR, PRIOR)
    told = {"activity": za.activity, "description": {"recipients": ["quay-inspections"]}}
    await za.at.done("activityChange", "activity { id }", **told)
    assert await za.missing() == {"expired"}


async def test_the_register_says_what_is_missing_until_it_is_there(ma: Filed) -> None:
    assert await ma.missing() == {"undeclared"}
    await ma.step("FILED")
    assert await ma.missing() == {"pending"}
    await ma.step("RECEIVED", validUntil="2099-12-31")
    assert await ma.missing() == set()
    change = {"activity": ma.activity, "purposes": ["conveyancing", "newsletter"]}
    await ma.at.done("activityChange", "activity { id }", **change)
    assert await ma.missing() == {"unnotified"}
    await ma.step("AMENDED")
    assert await ma.missing() == set()
    await ma.at.done("activityArchive", "activity { id }", activity=ma.activity)
    assert await ma.missing() == {"unended"}
    assert await ma.refusal("DEMANDED") == ("CONFLICT", ["input", "activity"])
    assert (await ma.step("ENDED"))["state"] == "NONE"
    assert await ma.missing() == set()


async def test_a_purpose_that_joins_an_activity_waits_for_the_change_to_be_notified(ma: Filed) -> None:
    await ma.step("FILED", "2026-03-01")
    await ma.step("RECEIVED", "2026-03-02")
    for purposes, expected in ((["newsletter"], UNDECLARED), (["conveyancing", "newsletter"], UNDECLARED)):
        await ma.at.done("activityChange", "activity { id }", activity=ma.activity, purposes=purposes)
        assert await ma.answer() == expected
    await ma.step("AMENDED")
    assert await ma.answer() == NO_NOTICE
    await ma.at.done("activityArchive", "activity { id }", activity=ma.activity)
    assert await ma.answer() == UNDECLARED


HISTORIES: dict[tuple[str, str], tuple[tuple[str, ...], set[str]]] = {
    ("MA", "NONE"): ((), {"FILED", "APPLIED"}),
    ("MA", "PENDING"): (("FILED",), {"RECEIVED", "AUTHORISED", "REFUSED", "ENDED"}),
    ("MA", "APPLIED"): (("APPLIED",), {"AUTHORISED", "REFUSED", "ENDED"}),
    ("MA", "DECLARED"): (("FILED", "RECEIVED"), {"DEMANDED", "AMENDED", "WITHDRAWN", "ENDED"}),
    ("MA", "AUTHORISED"): (("APPLIED", "AUTHORISED"), {"AMENDED", "WITHDRAWN", "ENDED"}),
    ("MA", "REFUSED"): (("FILED", "REFUSED"), {"FILED", "APPLIED"}),
    ("ZA", "NONE"): ((), {"APPLIED"}),
    ("ZA", "PENDING"): (("APPLIED",), {"INVESTIGATED", "AUTHORISED", "PRESUMED", "REFUSED", "ENDED"}),
    ("ZA", "AUTHORISED"): (("APPLIED", "AUTHORISED"), {"AMENDED", "WITHDRAWN", "ENDED"}),
    ("ZA", "REFUSED"): (("APPLIED", "REFUSED"), {"APPLIED"}),
}


@pytest.mark.parametrize(("place", "state"), HISTORIES, ids="-".join)
async def test_no_step_is_taken_that_the_law_does_not_know_there(
    hub: Hub, door: Door, place: str, state: str
) -> None:
    steps, possible = HISTORIES[place, state]
    one = await filed(hub, door, place)
    for number, step in enumerate(steps):
        await one.step(step, f"2026-03-0{number + 1}")
    before: Any = (await one.state(), await one.steps(), await one.answer())
    for step in Step:
        if step.value not in possible:
            assert await one.refusal(step.value, "2026-06-01") == ("CONFLICT", ["input", "step"]), step
    assert (await one.state(), await one.steps(), await one.answer()) == before
    for step in sorted(possible):
        other = await one.another()
        for number, each in enumerate(steps):
            await other.step(each, f"2026-03-0{number + 1}")
        await other.step(step, "2026-06-01")
        assert await other.steps() == [*steps, step]
