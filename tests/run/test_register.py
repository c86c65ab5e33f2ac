"""`hub register`: what stands in the processing register, what it lacks, and the exit code that says so."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from hub import register
from hub.act import Hub
from hub.settings import Settings
from tests.domain.filing import WRITE, Office
from tests.domain.test_reviews import WHOLE
from tests.run.conftest import Place
from tests.world import build_world

HEADS = ["ACTIVITY", "PURPOSES", "LAW", "STATE", "NUMBER", "VALID UNTIL", "ANSWER BY"]


@pytest_asyncio.fixture
async def office(place: Place, settings: Settings) -> AsyncIterator[Office]:
    """Whoever keeps the register of the one firm in the database."""
    hub = await Hub.open(settings, place.url)
    yield Office(hub, await build_world(hub))
    await hub.close()


def table(out: str) -> list[dict[str, str]]:
    """The rows of a table by the names of its columns; columns begin where their names do."""
    head, *rows = out.splitlines()
    starts = [head.index(name) for name in HEADS if name in head]
    ends = [*starts[1:], None]
    names = [head[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    return [
        dict(
            zip(names, (row[start:end].strip() for start, end in zip(starts, ends, strict=True)), strict=True)
        )
        for row in rows
    ]


def said(place: Place, *arguments: str, code: int = 0) -> Any:
    """The answer of a command, as JSON."""
    done = place.run("register", *arguments, "--json")
    assert (done.returncode, done.stderr) == (code, "")
    return json.loads(done.stdout)


def codes(review: dict[str, Any]) -> list[str]:
    return [gap["code"] for gap in review["gaps"]]


async def test_an_empty_register_says_how_to_begin_and_lacks_nothing_while_nobody_is_protected(
    place: Place, office: Office
) -> None:
    empty = place.run("register", "list")
    assert (empty.returncode, empty.stderr) == (0, "")
    assert "activityAdd" in empty.stdout
    assert said(place, "list") == []
    nothing = place.run("register", "missing")
    assert (nothing.returncode, nothing.stdout) == (
        0,
        f"Nothing is missing, as of {datetime.now(UTC).date()}.\n",
    )
    await office.world.customer(office.hub, jurisdiction="ZA", joined="2025-08-01", shown="v3")
    unregistered = said(place, "missing", code=1)["gaps"]
    assert {(gap["code"], gap["jurisdiction"], gap["activity"]) for gap in unregistered} == {
        ("unregistered", "ZA", None)
    }
    assert {gap["purpose"] for gap in unregistered} == set(office.world.purposes)


async def test_activities_are_listed_with_where_they_stand_under_each_law(
    place: Place, office: Office
) -> None:
    activity = await office.activity("MA", "ZA", "UK", purposes=("newsletter", "analytics"))
    await office.take(activity.id, "MA", "FILED", "2026-03-01")
    await office.take(
        activity.id, "MA", "RECEIVED", "2026-03-02", number="D-7/2026", valid_until="2099-12-31"
    )
    await office.take(activity.id, "ZA", "APPLIED")
    answer_by = (datetime.now(UTC) + timedelta(weeks=4)).date().isoformat()
    rows = table(place.run("register", "list").stdout)
    assert {(row["ACTIVITY"], row["PURPOSES"]) for row in rows} == {(activity.key, "newsletter, analytics")}
    assert {row["LAW"]: [row[name] for name in HEADS[3:]] for row in rows} == {
        "MA": ["DECLARED", "D-7/2026", "2099-12-31", "-"],
        "ZA": ["PENDING", "-", "-", answer_by],
        "UK": ["-", "-", "-", "-"],
    }
    [row] = said(place, "list")
    assert (row["id"], row["key"], row["name"]) == (str(activity.id), activity.key, "Letters")
    assert (row["purposes"], set(row["jurisdictions"])) == (["newsletter", "analytics"], {"MA", "ZA", "UK"})
    by_law = {each.pop("jurisdiction"): each for each in row["formalities"]}
    assert by_law == {
        "MA": {
            "state": "DECLARED",
            "number": "D-7/2026",
            "valid_until": "2099-12-31",
            "has_expired": False,
            "expected_by": None,
            "last_step": "RECEIVED",
            "happened_at": "2026-03-02T12:00:00+00:00",
        },
        "ZA": {
            **dict.fromkeys(("number", "valid_until")),
            "state": "PENDING",
            "has_expired": False,
            "expected_by": answer_by,
            "last_step": "APPLIED",
            "happened_at": by_law["ZA"]["happened_at"],
        },
    }


async def test_a_list_is_narrowed_by_law_and_leaves_out_what_has_ended(place: Place, office: Office) -> None:
    moroccan, british = await office.activity("MA", "ZA"), await office.activity("UK")
    assert [row["key"] for row in said(place, "list")] == [moroccan.key, british.key]
    [row] = said(place, "list", "--jurisdiction", "ma")
    assert (row["key"], [each["jurisdiction"] for each in row["formalities"]]) == (moroccan.key, ["MA"])
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.archive(act, moroccan.id)
    assert [row["key"] for row in said(place, "list")] == [british.key]
    assert [bool(row["archived_at"]) for row in said(place, "list", "--archived")] == [True, False]
    assert f"{moroccan.key} (archived)" in place.run("register", "list", "--archived").stdout


async def test_what_has_expired_stands_at_none_and_is_missing_with_what_to_do(
    place: Place, office: Office
) -> None:
    activity = await office.activity("MA")
    await office.take(activity.id, "MA", "FILED", "2025-03-01")
    await office.take(activity.id, "MA", "RECEIVED", "2025-03-02", number="D-1", valid_until="2026-03-01")
    [row] = table(place.run("register", "list").stdout)
    assert [row[name] for name in HEADS[3:]] == ["NONE, expired", "D-1", "2026-03-01", "-"]
    done = place.run("register", "missing", "--activity", activity.key)
    assert (done.returncode, done.stderr) == (1, "")
    [line] = [each for each in done.stdout.splitlines() if "what was granted ended on 2026-03-01" in each]
    assert line.split()[:5] == ["ERROR", activity.key, "-", "MA", "2026-03-01"]
    assert "File again" in line
    found = said(place, "missing", code=1)
    assert (found["checked_on"], found["further"]) == (datetime.now(UTC).date().isoformat(), 0)
    [gap] = [each for each in found["gaps"] if each["code"] == "expired"]
    assert (gap["activity"], gap["purpose"], gap["level"], gap["due_on"]) == (
        activity.key, None, "ERROR", "2026-03-01",
    )  # fmt: skip


async def test_what_runs_out_soon_is_said_and_a_whole_record_lacks_nothing(
    place: Place, office: Office
) -> None:
    version = office.world.versions["v3"].id
    soon = (datetime.now(UTC) + timedelta(days=20)).date()
    south_african = await office.activity("ZA", **WHOLE, notice_version=version)
    assert codes(said(place, "missing", "--activity", str(south_african.id))) == []
    await office.take(south_african.id, "ZA", "APPLIED", "2026-03-01")
    await office.take(south_african.id, "ZA", "AUTHORISED", "2026-04-01", valid_until=soon)
    [gap] = said(place, "missing", "--activity", str(south_african.id), code=1)["gaps"]
    assert (gap["code"], gap["level"], gap["due_on"]) == ("expiring", "WARNING", soon.isoformat())
    european = await office.activity("EU", **WHOLE, notice_version=version)
    assert codes(said(place, "missing", "--activity", european.key)) == []
    assert codes(said(place, "missing", "--jurisdiction", "EU")) == []
    bare = await office.activity("EU")
    missing = said(place, "missing", "--jurisdiction", "EU", code=1)["gaps"]
    assert {(gap["activity"], gap["jurisdiction"]) for gap in missing} == {(bare.key, "EU")}
    assert "field.retention" in {gap["code"] for gap in missing}


async def test_what_cannot_be_found_is_said_in_one_line_with_the_option(place: Place, office: Office) -> None:
    await office.activity("MA")
    for command, option, value in (
        ("list", "--jurisdiction", "FR"),
        ("missing", "--jurisdiction", ""),
        ("missing", "--activity", "made-up"),
        ("missing", "--activity", "0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e"),
        ("list", "--organisation", "made-up"),
    ):
        done = place.run("register", command, option, value)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), (command, option, value)
        assert f"({option})" in done.stderr, (command, option, value)


async def test_of_several_organisations_one_is_named_and_sees_its_own(place: Place, office: Office) -> None:
    other = Office(office.hub, await build_world(office.hub))
    own, theirs = await office.activity("MA"), await other.activity("MA")
    done = place.run("register", "list")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "say which" in done.stderr
    named = ("--organisation", office.world.organisation.key)
    assert [row["key"] for row in said(place, "list", *named)] == [own.key]
    assert place.run("register", "missing", *named, "--activity", theirs.key).returncode == 2
    assert {gap["activity"] for gap in said(place, "missing", *named, code=1)["gaps"]} == {own.key}
