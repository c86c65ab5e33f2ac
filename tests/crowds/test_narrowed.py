"""Crowds of few and of none: what a filter leaves is counted and listed alike, and nobody at all is no error."""

import csv
from pathlib import Path
from uuid import UUID

import pytest

from hub.act import Hub
from hub.cli.ids import uuid_of
from tests.crowds.conftest import REFERRAL, Crowd, Run
from tests.world import build_world


@pytest.mark.parametrize("command", ["audience", "coverage", "what-if"])
async def test_nobody_is_counted_and_reported_where_nobody_is_on_record(
    hub: Hub, run: Run, tmp_path: Path, command: str
) -> None:
    world = await build_world(hub)
    supposed = ("--suppose-grade", "EXPLICIT") if command == "what-if" else ()
    done = await run(command, *REFERRAL, *supposed, "--report", "nobody.html", world=world)
    assert (done.code, done.err) == (0, "")
    assert "Nobody is on record" in done.out
    assert "Nobody is on record" in (tmp_path / "nobody.html").read_text(encoding="utf-8")
    said = (await run(command, *REFERRAL, *supposed, "--json", world=world)).said
    assert (said["audience"]["customers"], said["audience"]["groups"]) == (0, [])
    assert said.get("coverage", {}).get("covers", {}) == {}
    filtered = await run(command, *REFERRAL, *supposed, "--jurisdiction", "AU", world=world)
    assert (filtered.code, filtered.err.count("\n")) == (2, 1)
    assert "(--jurisdiction, --relationship)" in filtered.err


async def test_the_list_of_a_cover_is_narrowed_as_its_count_is(
    run: Run, crowd: Crowd, tmp_path: Path
) -> None:
    for place, expected in (("UK", {crowd.people["british"]}), ("AU", set[UUID]())):
        given = ("--jurisdiction", place, "--list", "NOTICE", "--out", f"{place}.csv", "--json")
        assert (await run("coverage", *REFERRAL, *given)).said["listed"] == len(expected)
        _, *rows = list(csv.reader((tmp_path / f"{place}.csv").read_text(encoding="utf-8").splitlines()))
        assert {uuid_of(customer, "Customer") for customer, _ in rows} == expected
