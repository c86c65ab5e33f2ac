"""The register: activities are added, changed and archived for what is one's own; bad input names its field."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from hub import purposes, register
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.catalogue import Page
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.register import Activity, Changes, Description, NewActivity, Such, Transfer
from tests.domain.refusals import entries, refused
from tests.world import World

WRITE, READ = Operation.REGISTER_WRITE, Operation.REGISTER_READ
NEW = NewActivity("letters", "Letters to customers", ["MA", "UK"], ["newsletter", "analytics"])
SAID = Description(
    joint_controllers=["Moor Ltd, Manchester"],
    officer="Privacy officer, officer@harbour.example",
    officer_registration="IR-2021-88",
    people=["customers", "tenants"],
    categories=["contact", "contact"],
    recipients=["quay-inspections"],
    recipient_classes=[],
    processors=["post-cloud"],
    transfers=[Transfer("fr", "CONTRACT", "T-12/2025"), Transfer("GB")],
    interconnections=[],
    handover="NEVER",
    retention="Seven years.",
    security="Sealed, with two factors.",
    rights_contact="12 Quay Street.",
    basis_note="Contract.",
    departments=["marketing"],
    circumstances={"exclusion_scoring": False},
    toolbox={"training": "Each March."},
)


async def added(hub: Hub, world: World, **changes: Any) -> Activity:
    """Add an activity by the firm's app."""
    async with hub.act(world.app(), WRITE) as act:
        return await register.add(act, replace(NEW, **changes))


async def purposes_now(hub: Hub, world: World, activity: Activity) -> set[str]:
    async with hub.ask(world.app(), READ) as ask:
        found = (await register.purposes_of(ask, [activity.id])).get(activity.id, [])
    keys = {row.id: key for key, row in world.purposes.items()}
    return {keys[one.purpose_id] for one in found}


async def test_an_activity_is_added_with_all_that_is_said_of_it(hub: Hub, world: World) -> None:
    said = replace(SAID, notice_version=world.versions["v3"].id)
    async with hub.act(world.app(), WRITE) as act:
        made = await register.add(act, replace(NEW, description=said))
    assert await entries(hub, act) == ["activity.added"]
    async with hub.ask(world.app(), READ) as ask:
        found = await register.read(ask, "letters")
        assert await register.by_ids(ask, [made.id, new_id()]) == {made.id: found}
    assert found.jurisdictions == ["UK", "MA"]
    assert found.categories == [world.categories["contact"].id]
    assert found.recipients == [world.recipients["quay-inspections"].id]
    assert (found.recipient_classes, found.interconnections, found.handover) == ([], [], "NEVER")
    assert found.transfers == [
        {"country": "FR", "safeguard": "CONTRACT", "authorisation": "T-12/2025"},
        {"country": "GB", "safeguard": "NONE", "authorisation": None},
    ]
    assert (found.notice_version_id, found.people) == (world.versions["v3"].id, ["customers", "tenants"])
    assert (found.circumstances, found.toolbox) == ({"exclusion_scoring": False}, {"training": "Each March."})
    assert await purposes_now(hub, world, made) == {"newsletter", "analytics"}


async def test_what_is_not_said_is_not_stated(hub: Hub, world: World) -> None:
    row = await added(hub, world)
    unsaid = ("recipients", "recipient_classes", "processors", "transfers", "interconnections", "handover")
    assert [getattr(row, name) for name in unsaid] == [None] * len(unsaid)
    async with hub.ask(world.app(), READ) as ask:
        found = await register.read(ask, row.id)
    assert [getattr(found, name) for name in unsaid] == [None] * len(unsaid)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"key": "Letters"}, ("key",)),
        ({"name": " "}, ("name",)),
        ({"jurisdictions": []}, ("jurisdictions",)),
        ({"jurisdictions": ["FR"]}, ("jurisdictions",)),
        ({"purposes": []}, ("purposes",)),
        ({"officer": "x" * 501}, ("description", "officer")),
        ({"people": ["customers", "a\nb"]}, ("description", "people", 1)),
        ({"people": ["customers", "customers"]}, ("description", "people", 1)),
        ({"transfers": [Transfer("UK")]}, ("description", "transfers", 0, "country")),
        ({"transfers": [Transfer("FR"), Transfer("fr")]}, ("description", "transfers", 1)),
        ({"transfers": [Transfer("FR", "TRUST")]}, ("description", "transfers", 0, "safeguard")),
        ({"transfers": [Transfer("FR", "NONE", " ")]}, ("description", "transfers", 0, "authorisation")),
        ({"handover": "SOMETIMES"}, ("description", "handover")),
        ({"retention": "x" * 5_001}, ("description", "retention")),
        ({"security": "\0"}, ("description", "security")),
        ({"circumstances": {"rain": True}}, ("description", "circumstances")),
        ({"toolbox": {"hammer": "x"}}, ("description", "toolbox")),
        ({"toolbox": {"charter": " "}}, ("description", "toolbox", "charter")),
    ],
)
async def test_what_cannot_be_an_activity_is_refused_by_field(
    hub: Hub, still_world: World, changes: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    outside = {name: value for name, value in changes.items() if hasattr(NEW, name)}
    said = {name: value for name, value in changes.items() if name not in outside}
    new = replace(NEW, **outside, description=replace(SAID, **said))
    await refused(hub, Code.INVALID, path, lambda act: register.add(act, new), still_world.app())
    row = await added(hub, still_world, key=f"k-{new_id().hex}")
    if path != ("key",):
        changed = Changes(**outside, description=replace(SAID, **said))
        await refused(hub, Code.INVALID, path, lambda act: register.change(act, row.id, changed))


async def test_an_activity_names_only_what_is_its_organisations_own(
    hub: Hub, still_world: World, other_world: World
) -> None:
    recipient = other_world.recipients["post-cloud"].id
    for changes, path in (
        ({"purposes": ["newsletter", other_world.purposes["newsletter"].id]}, ("purposes", 1)),
        ({"purposes": ["made-up"]}, ("purposes", 0)),
        ({"organisation": other_world.organisation.id}, ("organisation",)),
        ({"description": Description(recipients=[recipient])}, ("description", "recipients", 0)),
        ({"description": Description(processors=[new_id()])}, ("description", "processors", 0)),
        ({"description": Description(categories=["made-up"])}, ("description", "categories", 0)),
        (
            {"description": Description(departments=[other_world.departments["marketing"].id])},
            ("description", "departments", 0),
        ),
        (
            {"description": Description(notice_version=other_world.versions["v1"].id)},
            ("description", "notice_version"),
        ),
    ):
        new = replace(NEW, **changes)
        await refused(
            hub, Code.NOT_FOUND, path, lambda act, new=new: register.add(act, new), still_world.app()
        )


async def test_the_activity_of_another_organisation_is_not_there(
    hub: Hub, still_world: World, other_world: World
) -> None:
    foreign = (await added(hub, other_world)).id

    async def change(act: Act) -> Activity:
        return await register.change(act, foreign, Changes(name="Mine"))

    async def archive(act: Act) -> Activity:
        return await register.archive(act, foreign)

    for verb in (change, archive):
        await refused(hub, Code.NOT_FOUND, ("activity",), verb, still_world.app())
    async with hub.ask(still_world.app(), READ) as ask:
        assert await register.by_ids(ask, [foreign]) == {}
        assert await register.purposes_of(ask, [foreign]) == {}
        with pytest.raises(Refusal):
            await register.read(ask, foreign)


async def test_a_key_that_is_taken_is_a_conflict(hub: Hub, world: World) -> None:
    await added(hub, world)
    await refused(hub, Code.CONFLICT, ("key",), lambda act: register.add(act, NEW), world.app())


async def test_an_operator_says_for_which_organisation(hub: Hub, world: World) -> None:
    await refused(hub, Code.INVALID, ("organisation",), lambda act: register.add(act, NEW))
    async with hub.act(OPERATOR, WRITE) as act:
        row = await register.add(act, replace(NEW, organisation=world.organisation.id))
    assert row.organisation_id == world.organisation.id


async def test_a_change_is_recorded_once_and_what_is_so_already_changes_nothing(
    hub: Hub, world: World
) -> None:
    row = await added(hub, world, description=SAID)
    changes = Changes(
        name="Letters and calls",
        jurisdictions=["MA"],
        purposes=["newsletter", "lettings"],
        description=Description(retention="Five years.", transfers=[], handover=None),
    )
    for expected in (["activity.changed"], []):
        async with hub.act(world.app(), WRITE) as act:
            changed = await register.change(act, row.id, changes)
        assert await entries(hub, act) == expected
        assert (changed.name, changed.jurisdictions, changed.retention) == (
            "Letters and calls",
            ["MA"],
            "Five years.",
        )
        assert (changed.transfers, changed.handover, changed.people) == ([], None, row.people)
        assert await purposes_now(hub, world, row) == {"newsletter", "lettings"}


async def test_a_purpose_that_left_may_come_back(hub: Hub, world: World) -> None:
    row = await added(hub, world)
    for wanted in (["newsletter"], ["newsletter", "analytics"], ["analytics"]):
        async with hub.act(world.app(), WRITE) as act:
            await register.change(act, row.id, Changes(purposes=wanted))
        assert await entries(hub, act) == ["activity.changed"]
        assert await purposes_now(hub, world, row) == set(wanted)


async def test_nothing_new_rests_on_a_retired_purpose_but_what_did_may_stay(hub: Hub, world: World) -> None:
    row = await added(hub, world)
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        for key in ("analytics", "lettings"):
            await purposes.retire(act, world.purposes[key].id)
    new = replace(NEW, key="other")
    await refused(hub, Code.CONFLICT, ("purposes", 1), lambda act: register.add(act, new), world.app())
    joins = Changes(purposes=["newsletter", "lettings"])
    await refused(
        hub, Code.CONFLICT, ("purposes", 1), lambda act: register.change(act, row.id, joins), world.app()
    )
    async with hub.act(world.app(), WRITE) as act:
        await register.change(act, row.id, Changes(purposes=["analytics", "conveyancing"]))
    assert await purposes_now(hub, world, row) == {"analytics", "conveyancing"}


async def test_an_activity_is_archived_once_and_changes_no_more(hub: Hub, world: World) -> None:
    row = await added(hub, world)
    for expected in (["activity.archived"], []):
        async with hub.act(world.app(), WRITE) as act:
            archived = await register.archive(act, "letters")
        assert archived.archived_at
        assert await entries(hub, act) == expected
    changes = Changes(name="Again")
    await refused(
        hub, Code.CONFLICT, ("activity",), lambda act: register.change(act, row.id, changes), world.app()
    )


async def test_two_changes_at_once_leave_each_purpose_once(hub: Hub, world: World) -> None:
    row = await added(hub, world)
    changes = Changes(purposes=["newsletter", "lettings"])

    async def one() -> None:
        await hub.perform(world.app(), WRITE, lambda act: register.change(act, row.id, changes))

    await asyncio.gather(*(one() for _ in range(6)))
    async with hub.ask(world.app(), READ) as ask:
        found = (await register.purposes_of(ask, [row.id]))[row.id]
    assert len(found) == 2


async def test_a_page_of_activities_is_filtered_and_counted_alike(hub: Hub, world: World) -> None:
    made = [
        await added(hub, world, key="one", jurisdictions=["ZA"], purposes=["lettings"]),
        await added(hub, world, key="two"),
        await added(hub, world, key="three"),
    ]
    async with hub.act(world.app(), WRITE) as act:
        await register.archive(act, made[2].id)
    for such, keys in (
        (Such(), ["one", "two", "three"]),
        (Such(jurisdiction="ZA"), ["one"]),
        (Such(purpose=world.purposes["newsletter"].id), ["two", "three"]),
        (Such(archived=False, jurisdiction="MA"), ["two"]),
        (Such(archived=True), ["three"]),
        (Such(purpose=new_id()), []),
    ):
        async with hub.ask(world.app(), READ) as ask:
            found = await register.page(ask, Page(), such)
            assert await register.count(ask, such) == len(keys)
        assert [row.key for row in found] == keys
    async with hub.ask(world.app(), READ) as ask:
        assert [row.key for row in await register.page(ask, Page(1, made[0].id))] == ["two"]
        with pytest.raises(Refusal):
            await register.page(ask, Page(), Such(jurisdiction="XX"))
