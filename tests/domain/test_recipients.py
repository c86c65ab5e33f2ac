"""Recipients and their classes: added, joined and left on days; a vague class is advised against."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub import recipients
from hub.act import Hub
from hub.actors import Operation
from hub.catalogue import Page
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.recipients import NewClass, NewRecipient, Such
from tests.domain.refusals import entries, refused
from tests.world import World

WRITE = Operation.CATALOGUE_WRITE
READ = Operation.CATALOGUE_READ
NEW = NewRecipient("drain-doctors", "Drain Doctors", "AU")
CLASS = NewClass("plumbers", {"en": "Plumbers"})


async def test_a_recipient_and_a_class_are_added_and_recorded(hub: Hub, world: World) -> None:
    async with hub.act(world.app(), WRITE) as act:
        made = await recipients.add(act, NEW)
        described = await recipients.add_class(act, CLASS)
    assert (made.organisation_id, described.organisation_id) == (world.organisation.id, world.organisation.id)
    assert await entries(hub, act) == ["recipient.added", "recipient_class.added"]
    async with hub.ask(world.app(), READ) as ask:
        assert (await recipients.read(ask, "drain-doctors")).id == made.id
        assert await recipients.by_ids(ask, [made.id]) == {made.id: made}
        assert (await recipients.read_class(ask, "plumbers")).id == described.id
        assert await recipients.classes_by_ids(ask, [described.id]) == {described.id: described}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"key": "Drain"}, ("key",)),
        ({"name": ""}, ("name",)),
        ({"country": "Australia"}, ("country",)),
        ({"contact": "\0"}, ("contact",)),
    ],
)
async def test_what_cannot_be_a_recipient_is_refused_by_field(
    hub: Hub, still_world: World, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    new = replace(NEW, **changes)
    await refused(hub, Code.INVALID, path, lambda act: recipients.add(act, new), still_world.app())


@pytest.mark.parametrize(("changes", "path"), [({"key": ""}, ("key",)), ({"names": {}}, ("names",))])
async def test_what_cannot_be_a_class_is_refused_by_field(
    hub: Hub, still_world: World, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    new = replace(CLASS, **changes)
    await refused(hub, Code.INVALID, path, lambda act: recipients.add_class(act, new), still_world.app())


async def test_a_key_that_is_taken_is_a_conflict(hub: Hub, still_world: World) -> None:
    recipient, described = replace(NEW, key="post-cloud"), replace(CLASS, key="mortgage-brokers")
    await refused(hub, Code.CONFLICT, ("key",), lambda act: recipients.add(act, recipient), still_world.app())
    await refused(
        hub, Code.CONFLICT, ("key",), lambda act: recipients.add_class(act, described), still_world.app()
    )


async def test_a_vague_class_is_kept_and_advised_against(hub: Hub, world: World) -> None:
    async with hub.act(world.app(), WRITE) as act:
        vague = await recipients.add_class(act, NewClass("friends", {"en": "Trusted partners"}))
    assert [finding.code for finding in recipients.warnings(vague)] == ["recipients.vague"]
    assert recipients.warnings(world.classes["mortgage-brokers"]) == []


async def test_a_recipient_joins_leaves_and_joins_again(hub: Hub, world: World) -> None:
    steps = ("recipient_class.joined", "recipient_class.left", "recipient_class.joined")
    async with hub.act(world.app(), WRITE) as act:
        await recipients.join_class(act, "post-cloud", "mortgage-brokers", date(2024, 1, 1))
        await recipients.leave_class(act, "post-cloud", "mortgage-brokers", date(2024, 6, 30))
        await recipients.leave_class(act, "post-cloud", "mortgage-brokers", date(2024, 6, 30))
        await recipients.join_class(act, "post-cloud", "mortgage-brokers", date(2024, 7, 1), date(2024, 7, 1))
    assert await entries(hub, act) == list(steps)
    post = world.recipients["post-cloud"].id
    async with hub.ask(world.app(), READ) as ask:
        rows = (await recipients.memberships_of(ask, [post]))[post]
    assert [(row.starts_on, row.ends_on) for row in rows] == [
        (date(2024, 1, 1), date(2024, 6, 30)),
        (date(2024, 7, 1), date(2024, 7, 1)),
    ]


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (date(2023, 1, 1), None),
        (date(2020, 1, 1), None),
        (date(2020, 1, 1), date(2023, 1, 1)),
        (date(2026, 1, 1), date(2026, 1, 2)),
    ],
)
async def test_a_recipient_does_not_join_twice_on_one_day(
    hub: Hub, still_world: World, starts_on: date, ends_on: date | None
) -> None:
    def join(act: Any) -> Any:
        return recipients.join_class(act, "quay-inspections", "building-inspectors", starts_on, ends_on)

    await refused(hub, Code.CONFLICT, ("starts_on",), join, still_world.app())


async def test_a_membership_that_ends_before_it_begins_is_refused(hub: Hub, still_world: World) -> None:
    def join(act: Any) -> Any:
        return recipients.join_class(
            act, "post-cloud", "mortgage-brokers", date(2024, 2, 1), date(2024, 1, 31)
        )

    await refused(hub, Code.INVALID, ("ends_on",), join, still_world.app())


@pytest.mark.parametrize("on", [date(2022, 12, 31), date(2000, 1, 1)])
async def test_leaving_a_class_on_a_day_before_joining_it_is_a_conflict(
    hub: Hub, still_world: World, on: date
) -> None:
    def leave(act: Any) -> Any:
        return recipients.leave_class(act, "quay-inspections", "building-inspectors", on)

    await refused(hub, Code.CONFLICT, ("on",), leave, still_world.app())


async def test_the_recipients_and_classes_of_another_organisation_are_not_there(
    hub: Hub, still_world: World, other_world: World
) -> None:
    foreign = other_world.recipients["post-cloud"].id
    foreign_class = other_world.classes["mortgage-brokers"].id
    own, own_class = still_world.recipients["post-cloud"].id, still_world.classes["mortgage-brokers"].id
    day = date(2024, 1, 1)
    for pair, path in (((foreign, own_class), "recipient"), ((own, foreign_class), "recipient_class")):
        for verb in (recipients.join_class, recipients.leave_class):
            await refused(
                hub,
                Code.NOT_FOUND,
                (path,),
                lambda act, verb=verb, pair=pair: verb(act, *pair, day),
                still_world.app(),
            )
    async with hub.ask(still_world.app(), READ) as ask:
        assert await recipients.by_ids(ask, [foreign, new_id()]) == {}
        assert await recipients.memberships_of(ask, [other_world.recipients["quay-inspections"].id]) == {}
        assert await recipients.page(ask, Page(), Such(recipient_class=foreign_class)) == []
        with pytest.raises(Refusal):
            await recipients.read_class(ask, foreign_class)


@pytest.mark.parametrize(
    ("on", "keys"),
    [
        (date(2022, 12, 31), []),
        (date(2023, 1, 1), ["quay-inspections", "moor-surveys", "southern-inspections"]),
        (date(2024, 6, 30), ["quay-inspections", "moor-surveys", "southern-inspections"]),
        (date(2024, 7, 1), ["quay-inspections", "southern-inspections"]),
    ],
)
async def test_who_belongs_to_a_class_depends_on_the_day(
    hub: Hub, world: World, on: date, keys: list[str]
) -> None:
    async with hub.act(world.app(), WRITE) as act:
        await recipients.leave_class(act, "moor-surveys", "building-inspectors", date(2024, 6, 30))
    such = Such(recipient_class=world.classes["building-inspectors"].id, on=on)
    async with hub.ask(world.app(), READ) as ask:
        assert [row.key for row in await recipients.page(ask, Page(), such)] == keys
        assert await recipients.count(ask, such) == len(keys)


async def test_recipients_are_searched_by_name_and_a_day_alone_asks_nothing(
    hub: Hub, still_world: World
) -> None:
    async with hub.ask(still_world.app(), READ) as ask:
        found = await recipients.page(ask, Page(), Such(search="mortg"))
        assert [row.key for row in found] == ["bluegum-mortgages", "pennine-mortgages"]
        assert await recipients.page(ask, Page(), Such(search="%")) == []
        assert await recipients.count_classes(ask) == 2
        assert [row.key for row in await recipients.page_classes(ask, Page(1))] == ["building-inspectors"]
        for bad in (Such(on=date(2024, 1, 1)), Such(search="a\0b")):
            with pytest.raises(Refusal) as caught:
                await recipients.page(ask, Page(), bad)
            assert caught.value.code is Code.INVALID
