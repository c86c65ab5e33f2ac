"""Organisations, departments and categories: set up, changed, read, refused."""

import asyncio
from typing import Any

import pytest

from hub import categories, organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.catalogue import Page
from hub.categories import NewCategory
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.organisations import Changes, NewDepartment, NewOrganisation
from hub.policy.values import Data, Jurisdiction
from tests.domain.refusals import entries, refused
from tests.world import World

GOOD = {"key": "firm", "name": "Firm", "country": "AU", "contact": "privacy@firm.example"}


def new_organisation(**changes: Any) -> NewOrganisation:
    given: dict[str, Any] = {**GOOD, "key": f"firm-{new_id().hex}", **changes}
    return NewOrganisation(**given)


async def test_an_organisation_is_set_up_and_recorded(hub: Hub) -> None:
    async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
        made = await organisations.set_up(act, new_organisation(country="gb", name="  Moor  "))
    assert (made.country, made.name, made.strict_sharing) == ("GB", "Moor", False)
    assert await entries(hub, act) == ["organisation.set_up"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""), ("key", "Firm"), ("key", "-firm"), ("key", "a" * 64), ("key", "firm\n"),
        ("name", " "), ("name", "a\nb"), ("name", "a" * 201), ("name", "a\0b"), ("name", "\ud800"),
        ("country", "UK"), ("country", "ZZ"), ("country", "AUS"), ("country", ""), ("country", "EU"),
        ("contact", ""), ("contact", "a" * 501), ("contact", "a\0b"),
    ],
)  # fmt: skip
async def test_what_cannot_be_an_organisation_is_refused_by_field(hub: Hub, field: str, value: str) -> None:
    new = new_organisation(**{field: value})
    await refused(hub, Code.INVALID, (field,), lambda act: organisations.set_up(act, new))


async def test_a_key_that_is_taken_is_a_conflict(hub: Hub, world: World) -> None:
    taken = new_organisation(key=world.organisation.key)
    await refused(hub, Code.CONFLICT, ("key",), lambda act: organisations.set_up(act, taken))


async def test_two_who_take_one_key_at_the_same_time_do_not_both_get_it(hub: Hub) -> None:
    new = new_organisation()

    async def take() -> Code | None:
        try:
            async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
                await organisations.set_up(act, new)
                await asyncio.sleep(0.05)
        except Refusal as refusal:
            return refusal.code
        return None

    assert {await each for each in asyncio.as_completed([take(), take()])} == {None, Code.CONFLICT}


async def test_a_change_is_recorded_once(hub: Hub, world: World) -> None:
    changes = Changes(strict_sharing=True)
    for expected in (["organisation.changed"], []):
        async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
            row = await organisations.change(act, world.organisation.key, changes)
        assert (row.strict_sharing, await entries(hub, act)) == (True, expected)


async def test_a_bad_change_changes_nothing(hub: Hub, world: World) -> None:
    changes = Changes(name="New", country="UK")
    await refused(
        hub, Code.INVALID, ("country",), lambda act: organisations.change(act, world.organisation.id, changes)
    )


async def test_a_department_is_added_to_ones_own_organisation_and_its_key_is_free_in_another(
    hub: Hub, world: World, other_world: World
) -> None:
    assert {row.key for row in world.departments.values()} == {
        row.key for row in other_world.departments.values()
    }
    async with hub.act(world.app(), Operation.CATALOGUE_WRITE) as act:
        made = await organisations.add_department(act, NewDepartment("archive", "Archive"))
    assert (made.organisation_id, await entries(hub, act)) == (world.organisation.id, ["department.added"])


async def test_a_department_of_another_organisation_cannot_be_added(
    hub: Hub, world: World, other_world: World
) -> None:
    foreign = NewDepartment("archive", "Archive", other_world.organisation.id)
    unknown = NewDepartment("archive", "Archive", new_id())

    async def add_foreign(act: Act) -> None:
        await organisations.add_department(act, foreign)

    async def add_unknown(act: Act) -> None:
        await organisations.add_department(act, unknown)

    told = await refused(hub, Code.NOT_FOUND, ("organisation",), add_foreign, world.app())
    assert told == await refused(hub, Code.NOT_FOUND, ("organisation",), add_unknown, world.app())
    assert told == await refused(hub, Code.NOT_FOUND, ("organisation",), add_unknown)


async def test_an_operator_says_for_which_organisation(hub: Hub) -> None:
    new = NewDepartment("archive", "Archive")
    await refused(hub, Code.INVALID, ("organisation",), lambda act: organisations.add_department(act, new))


async def test_reading_reaches_ones_own_only(hub: Hub, world: World, other_world: World) -> None:
    foreign = other_world.departments["marketing"].id
    async with hub.ask(world.app(), Operation.CATALOGUE_READ) as ask:
        assert (await organisations.read(ask, world.organisation.key)).id == world.organisation.id
        assert [row.id for row in await organisations.page(ask, Page())] == [world.organisation.id]
        assert await organisations.departments_by_ids(ask, [foreign, new_id()]) == {}
        for wanted in (foreign, new_id(), "nothing", "a\0b", "\ud800"):
            with pytest.raises(Refusal) as caught:
                await organisations.read_department(ask, wanted, "department")
            assert (caught.value.code, caught.value.path) == (Code.NOT_FOUND, ("department",))


async def test_a_key_that_several_organisations_use_is_not_guessed_for_an_operator(
    hub: Hub, world: World, other_world: World
) -> None:
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        with pytest.raises(Refusal, match="Several organisations"):
            await organisations.read_department(ask, "marketing")
        found = await organisations.read_department(
            ask, "marketing", organisation=other_world.organisation.id
        )
    assert found.id == other_world.departments["marketing"].id
    assert found.id != world.departments["marketing"].id


async def test_pages_follow_each_other_both_ways_without_gap_or_repetition(hub: Hub, world: World) -> None:
    async with hub.ask(world.app(), Operation.CATALOGUE_READ) as ask:
        first = await organisations.page_departments(ask, Page(2))
        second = await organisations.page_departments(ask, Page(2, first[-1].id))
        back = await organisations.page_departments(ask, Page(2, second[0].id, backwards=True))
        total = await organisations.count_departments(ask)
        found = await organisations.page_departments(ask, Page(), search="LETT")
    assert [row.key for row in first + second] == ["conveyancing", "marketing", "lettings"]
    assert [row.id for row in back] == [row.id for row in reversed(first)]
    assert (total, [row.key for row in found]) == (3, ["lettings"])


async def test_the_standard_categories_are_seeded_once_also_by_two_at_a_time(fresh_hub: Hub) -> None:
    async def seed() -> int:
        async with fresh_hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
            return await categories.seed(act)

    await asyncio.gather(seed(), seed())
    assert await seed() == 0
    async with fresh_hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        assert await categories.count(ask) == len(categories.standard())
        assert await categories.count(ask, sensitivity="SENSITIVE") == 7


def test_every_standard_category_has_its_terms_in_both_vocabularies_and_its_name_in_every_language() -> None:
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY  # noqa: PLC0415 - slow to load, needed here only

    known = {one.fides_key for one in DEFAULT_TAXONOMY.data_category or ()}
    for one in categories.standard():
        assert one.fideslang_key in known, one.key
        assert one.dpv_iri.startswith("https://w3id.org/dpv/pd#"), one.key
        assert one.dpv_iri.removeprefix(categories.PD).isalpha(), one.key
        assert set(one.names) == {"en", "fr", "ar"}, one.key


@pytest.mark.parametrize(
    ("key", "jurisdiction", "expected"),
    [
        ("contact", "AU", Data.ORDINARY),
        ("health", "AU", Data.SENSITIVE),
        ("genetic", "MA", Data.SENSITIVE),
        ("biometric", "MA", Data.BIOMETRIC),
        ("biometric", "US_CA", Data.BIOMETRIC),
        ("criminal", "AU", Data.CRIMINAL),
        ("criminal", "EU", Data.CRIMINAL),
        ("criminal", "US_CA", Data.ORDINARY),
        ("national-id", "ZA", Data.NATIONAL_ID),
        ("precise-location", "UK", Data.ORDINARY),
        ("precise-location", "US_CA", Data.SENSITIVE),
        ("credentials", "US_CA", Data.SENSITIVE),
        ("correspondence", "EU", Data.ORDINARY),
        ("correspondence", "US_CA", Data.SENSITIVE),
        ("citizenship", "US_CA", Data.SENSITIVE),
        ("sex-life", "ZA", Data.SENSITIVE),
        ("sex-life", "MA", Data.ORDINARY),
    ],
)
async def test_sensitivity_follows_the_place(
    world: World, key: str, jurisdiction: str, expected: Data
) -> None:
    assert categories.sensitivity(world.categories[key], Jurisdiction(jurisdiction)) is expected


@pytest.mark.parametrize(
    ("keys", "jurisdiction", "expected"),
    [
        ("contact criminal biometric health national-id", "AU", Data.CRIMINAL),
        ("contact criminal biometric health national-id", "US_CA", Data.BIOMETRIC),
        ("contact health national-id", "UK", Data.SENSITIVE),
        ("contact national-id", "UK", Data.NATIONAL_ID),
        ("contact", "UK", Data.ORDINARY),
        ("", "UK", Data.ORDINARY),
    ],
)
async def test_what_touches_several_categories_counts_as_the_riskiest(
    world: World, keys: str, jurisdiction: str, expected: Data
) -> None:
    touched = [world.categories[key] for key in keys.split()]
    assert categories.riskiest(touched, Jurisdiction(jurisdiction)) is expected


def new_category(**changes: object) -> NewCategory:
    given: dict[str, object] = {
        "key": f"k{new_id().hex}",
        "names": {"en": "Shoe size"},
        "fideslang_key": "user.demographic",
        "dpv_iri": "https://w3id.org/dpv/pd#PhysicalCharacteristic",
    }
    return NewCategory(**{**given, **changes})  # type: ignore[arg-type]


async def test_a_category_of_ones_own_is_added_and_recorded(hub: Hub, world: World) -> None:
    async with hub.act(world.app(), Operation.CATALOGUE_WRITE) as act:
        made = await categories.add(act, new_category(where={"US_CA": "SENSITIVE"}))
    assert await entries(hub, act) == ["category.added"]
    async with hub.ask(world.app(), Operation.CATALOGUE_READ) as ask:
        found = await categories.read(ask, made.key)
        assert await categories.by_ids(ask, [made.id]) == {made.id: found}
    assert categories.sensitivity(found, Jurisdiction.US_CA) is Data.SENSITIVE


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"fideslang_key": "user.shoes"}, ("fideslang_key",)),
        ({"dpv_iri": "shoes"}, ("dpv_iri",)),
        ({"dpv_iri": "https://a b"}, ("dpv_iri",)),
        ({"sensitivity": "SECRET"}, ("sensitivity",)),
        ({"where": {"XX": "SENSITIVE"}}, ("where",)),
        ({"where": {"AU": "SECRET"}}, ("where", "AU")),
        ({"names": {}}, ("names",)),
        ({"names": {"de": "Schuhe"}}, ("names",)),
        ({"names": {"en": ""}}, ("names", "en")),
        ({"key": "Shoes"}, ("key",)),
    ],
)
async def test_what_cannot_be_a_category_is_refused_by_field(
    hub: Hub, changes: dict[str, object], path: tuple[str, ...]
) -> None:
    new = new_category(**changes)
    await refused(hub, Code.INVALID, path, lambda act: categories.add(act, new))


async def test_a_category_whose_key_is_taken_is_a_conflict(hub: Hub, world: World) -> None:
    taken = new_category(key=world.categories["contact"].key)
    await refused(hub, Code.CONFLICT, ("key",), lambda act: categories.add(act, taken))
