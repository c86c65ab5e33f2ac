"""Arrangements: agreed and ended on days, for what is one's own; none ends before it begins."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from hub import arrangements, purposes
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.arrangements import NewArrangement, Such
from hub.catalogue import Page
from hub.db import new_id
from hub.errors import Code, Refusal
from tests.domain.refusals import entries, refused
from tests.world import World

WRITE = Operation.CATALOGUE_WRITE
READ = Operation.CATALOGUE_READ
NEW = NewArrangement(
    "cloud-mail",
    "PROCESSOR",
    "post-cloud",
    ["newsletter"],
    ["contact"],
    date(2026, 1, 1),
    "sg",
    safeguard="CONTRACT",
)


async def test_an_arrangement_is_agreed_and_recorded(hub: Hub, world: World) -> None:
    new = replace(
        NEW, document_sha256="AB" * 32, ends_on=date(2026, 12, 31), purposes=["newsletter", "newsletter"]
    )
    async with hub.act(world.app(), WRITE) as act:
        made = await arrangements.agree(act, new)
    assert await entries(hub, act) == ["arrangement.agreed"]
    async with hub.ask(world.app(), READ) as ask:
        found = await arrangements.read(ask, "cloud-mail")
        assert await arrangements.by_ids(ask, [made.id, new_id()]) == {made.id: found}
    assert (found.destination_country, found.safeguard, found.document_sha256) == (
        "SG",
        "CONTRACT",
        "ab" * 32,
    )
    assert (found.purposes, found.categories) == (
        [world.purposes["newsletter"].id],
        [world.categories["contact"].id],
    )


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"ends_on": date(2025, 12, 31)}, ("ends_on",)),
        ({"kind": "FRIENDSHIP"}, ("kind",)),
        ({"safeguard": "TRUST"}, ("safeguard",)),
        ({"destination": "UK"}, ("destination",)),
        ({"purposes": []}, ("purposes",)),
        ({"categories": []}, ("categories",)),
        ({"document_sha256": "abc"}, ("document_sha256",)),
        ({"key": "Cloud"}, ("key",)),
    ],
)
async def test_what_cannot_be_an_arrangement_is_refused_by_field(
    hub: Hub, still_world: World, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    new = replace(NEW, **changes)
    await refused(hub, Code.INVALID, path, lambda act: arrangements.agree(act, new), still_world.app())


async def test_an_arrangement_names_only_what_is_its_organisations_own(
    hub: Hub, still_world: World, other_world: World
) -> None:
    foreign = other_world.purposes["newsletter"].id
    for changes, path in (
        ({"recipient": other_world.recipients["post-cloud"].id}, ("recipient",)),
        ({"recipient": new_id()}, ("recipient",)),
        ({"purposes": ["newsletter", foreign]}, ("purposes", 1)),
        ({"categories": ["contact", new_id()]}, ("categories", 1)),
        ({"organisation": other_world.organisation.id}, ("organisation",)),
    ):
        new = replace(NEW, **changes)
        await refused(
            hub, Code.NOT_FOUND, path, lambda act, new=new: arrangements.agree(act, new), still_world.app()
        )


async def test_nothing_new_is_agreed_for_a_retired_purpose(hub: Hub, world: World) -> None:
    async with hub.act(OPERATOR, WRITE) as act:
        await purposes.retire(act, world.purposes["analytics"].id)
    new = replace(NEW, purposes=["newsletter", "analytics"])
    await refused(hub, Code.CONFLICT, ("purposes", 1), lambda act: arrangements.agree(act, new), world.app())


async def test_a_key_that_is_taken_is_a_conflict(hub: Hub, still_world: World) -> None:
    new = replace(NEW, key="mailing")
    await refused(hub, Code.CONFLICT, ("key",), lambda act: arrangements.agree(act, new), still_world.app())


async def test_an_arrangement_ends_once_and_may_end_earlier_than_was_planned(hub: Hub, world: World) -> None:
    later = date.today() + timedelta(days=900)  # noqa: DTZ011 - far from any midnight
    sooner = later - timedelta(days=100)
    for on, expected in ((later, ["arrangement.ended"]), (sooner, ["arrangement.ended"]), (sooner, [])):
        async with hub.act(world.app(), WRITE) as act:
            row = await arrangements.end(act, "mailing", on)
        assert (row.ends_on, await entries(hub, act)) == (on, expected)
    await refused(
        hub, Code.CONFLICT, ("on",), lambda act: arrangements.end(act, "mailing", later), world.app()
    )


async def test_an_arrangement_that_is_over_keeps_its_days(hub: Hub, world: World) -> None:
    async with hub.act(world.app(), WRITE) as act:
        await arrangements.end(act, "mailing", date(2024, 12, 31))
    for on in (date(2024, 6, 30), date(2025, 6, 30)):
        await refused(
            hub, Code.CONFLICT, ("on",), lambda act, on=on: arrangements.end(act, "mailing", on), world.app()
        )


async def test_an_arrangement_does_not_end_before_it_begins(hub: Hub, still_world: World) -> None:
    eve = date(2022, 12, 31)
    await refused(
        hub, Code.INVALID, ("on",), lambda act: arrangements.end(act, "mailing", eve), still_world.app()
    )


async def test_the_arrangement_of_another_organisation_is_not_there(
    hub: Hub, still_world: World, other_world: World
) -> None:
    foreign = other_world.arrangements["mailing"].id
    day = date(2030, 1, 1)
    await refused(
        hub,
        Code.NOT_FOUND,
        ("arrangement",),
        lambda act: arrangements.end(act, foreign, day),
        still_world.app(),
    )
    async with hub.ask(still_world.app(), READ) as ask:
        assert await arrangements.by_ids(ask, [foreign]) == {}
        with pytest.raises(Refusal):
            await arrangements.read(ask, foreign)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 6, 30), False),
        (date(2025, 7, 1), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
    ],
)
async def test_the_first_and_the_last_day_count(hub: Hub, world: World, on: date, *, expected: bool) -> None:
    async with hub.act(world.app(), WRITE) as act:
        row = await arrangements.end(act, "mortgage-alliance", date(2025, 12, 31))
    assert arrangements.active(row, on) is expected
    async with hub.ask(world.app(), READ) as ask:
        such = Such(recipient=row.recipient_id, active_on=on)
        found = await arrangements.page(ask, Page(), such)
        assert await arrangements.count(ask, such) == len(found)
    assert [one.key for one in found] == (["mortgage-alliance"] if expected else [])


async def test_an_open_arrangement_goes_on(still_world: World) -> None:
    assert arrangements.active(still_world.arrangements["mailing"], date(9999, 12, 31))


@pytest.mark.parametrize(
    ("such", "keys"),
    [
        ({"kind": "ALLIANCE"}, ["mortgage-alliance", "pennine-alliance"]),
        ({"purpose": "newsletter"}, ["mailing"]),
        ({"purpose": "analytics"}, []),
    ],
)
async def test_a_page_of_arrangements_is_filtered_and_counted_alike(
    hub: Hub, still_world: World, such: dict[str, Any], keys: list[str]
) -> None:
    wanted: dict[str, Any] = {
        name: still_world.purposes[key].id if name == "purpose" else key for name, key in such.items()
    }
    async with hub.ask(still_world.app(), READ) as ask:
        found = await arrangements.page(ask, Page(), Such(**wanted))
        assert await arrangements.count(ask, Such(**wanted)) == len(keys)
    assert [row.key for row in found] == keys
