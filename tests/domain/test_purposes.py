"""Purposes: defined, changed, retired; what they name must be one's own, and their bases exist in law."""

from dataclasses import replace
from typing import Any

import pytest

from hub import purposes
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.catalogue import Page
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.purposes import Changes, Ground, NewPurpose, Relation, Such
from tests.domain.refusals import Verb, entries, refused
from tests.world import World

WRITE = Operation.CATALOGUE_WRITE
READ = Operation.CATALOGUE_READ


def new_purpose(**changes: Any) -> NewPurpose:
    given = NewPurpose("auction-news", "MARKETING", {"en": "Auction news"}, ["contact"])
    return replace(given, **changes)


async def test_a_purpose_is_defined_with_all_it_stands_on_and_recorded(hub: Hub, world: World) -> None:
    new = new_purpose(
        benefits={"en": "You hear first.", "fr": "Vous savez avant.", "ar": "تعرف أولاً."},
        categories=["contact", world.categories["interest"].id, "contact"],
        departments=["marketing"],
        bases=[Ground("AU", "NONE"), Ground("UK", "RECOGNISED_INTEREST", None, "Annex 1")],
        relations=[Relation("newsletter", "DIRECTLY"), Relation(world.purposes["lettings"].id, "RELATED")],
        retention_months=24,
        dpv_iri="https://w3id.org/dpv#DirectMarketing",
    )
    async with hub.act(world.app(), WRITE) as act:
        made = await purposes.define(act, new)
    assert await entries(hub, act) == ["purpose.defined"]
    async with hub.ask(world.app(), READ) as ask:
        found = await purposes.read(ask, "auction-news")
        bases = (await purposes.bases_of(ask, [made.id]))[made.id]
        relations = (await purposes.relations_of(ask, [made.id]))[made.id]
    assert found.categories == [world.categories["contact"].id, world.categories["interest"].id]
    assert found.departments == [world.departments["marketing"].id]
    assert found.benefits == new.benefits
    assert (found.retention_months, found.dpv_iri, found.retired_at) == (24, new.dpv_iri, None)
    assert [(row.jurisdiction, row.basis) for row in bases] == [("AU", "NONE"), ("UK", "RECOGNISED_INTEREST")]
    assert [(row.related_to_id, row.kind) for row in relations] == [
        (world.purposes["newsletter"].id, "DIRECTLY"),
        (world.purposes["lettings"].id, "RELATED"),
    ]


BAD: list[tuple[dict[str, Any], tuple[str | int, ...]]] = [
    ({"categories": []}, ("categories",)),
    ({"kind": "FUN"}, ("kind",)),
    ({"key": "Auction news"}, ("key",)),
    ({"names": {}}, ("names",)),
    ({"benefits": {"xx": "You win."}}, ("benefits",)),
    ({"benefits": {"en": "a" * 501}}, ("benefits", "en")),
    ({"retention_months": 0}, ("retention_months",)),
    ({"retention_months": 10**9}, ("retention_months",)),
    ({"dpv_iri": "marketing"}, ("dpv_iri",)),
    ({"bases": [Ground("AU", "NONE"), Ground("XX", "NONE")]}, ("bases", 1, "jurisdiction")),
    ({"bases": [Ground("AU", "BECAUSE")]}, ("bases", 0, "basis")),
    ({"bases": [Ground("EU", "RECOGNISED_INTEREST")]}, ("bases", 0, "basis")),
    ({"bases": [Ground("AU", "RECOGNISED_INTEREST")]}, ("bases", 0, "basis")),
    ({"bases": [Ground("AU", "NONE"), Ground("AU", "CONSENT")]}, ("bases", 1)),
    ({"bases": [Ground("AU", "NONE", "")]}, ("bases", 0, "special_condition")),
    ({"relations": [Relation("auction-news", "RELATED")]}, ("relations",)),
    ({"relations": [Relation("newsletter", "COUSIN")]}, ("relations", 0, "kind")),
    (
        {"relations": [Relation("newsletter", "RELATED"), Relation("newsletter", "DIRECTLY")]},
        ("relations", 1),
    ),
]


@pytest.mark.parametrize(("changes", "path"), BAD)
async def test_what_cannot_be_a_purpose_is_refused_by_place(
    hub: Hub, still_world: World, changes: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    new = new_purpose(**changes)
    await refused(hub, Code.INVALID, path, lambda act: purposes.define(act, new), still_world.app())


@pytest.mark.parametrize("field", ["categories", "departments", "relations"])
@pytest.mark.parametrize("which", ["foreign", "unknown", "of another kind", "unheard of"])
async def test_a_purpose_names_only_what_is_its_organisations_own(
    hub: Hub, still_world: World, other_world: World, field: str, which: str
) -> None:
    own = {"categories": "contact", "departments": "marketing", "relations": "newsletter"}[field]
    foreign = {"departments": other_world.departments, "relations": other_world.purposes}.get(field)
    stranger = {
        "foreign": next(iter(foreign.values())).id if foreign else new_id(),
        "unknown": new_id(),
        "of another kind": still_world.recipients["post-cloud"].id,
        "unheard of": "unheard-of",
    }[which]
    wanted = (
        [Relation(own, "RELATED"), Relation(stranger, "RELATED")] if field == "relations" else [own, stranger]
    )
    new = new_purpose(**{field: wanted})
    await refused(hub, Code.NOT_FOUND, (field, 1), lambda act: purposes.define(act, new), still_world.app())


async def test_a_key_is_taken_in_one_organisation_only(
    hub: Hub, still_world: World, other_world: World
) -> None:
    taken = new_purpose(key="newsletter")
    assert still_world.purposes["newsletter"].id != other_world.purposes["newsletter"].id
    await refused(hub, Code.CONFLICT, ("key",), lambda act: purposes.define(act, taken), still_world.app())


async def test_a_change_replaces_what_it_names_and_keeps_the_rest(hub: Hub, world: World) -> None:
    before = world.purposes["referral-inspection"]
    changes = Changes(benefits={"en": "You sleep well."}, bases=[Ground("AU", "NONE")], retention_months=None)
    async with hub.act(world.app(), WRITE) as act:
        await purposes.change(act, "referral-inspection", changes)
    assert await entries(hub, act) == ["purpose.changed"]
    async with hub.ask(world.app(), READ) as ask:
        after = await purposes.read(ask, before.id)
        bases = await purposes.bases_of(ask, [before.id])
        relations = await purposes.relations_of(ask, [before.id])
    assert (after.benefits, after.retention_months) == ({"en": "You sleep well."}, None)
    assert (after.names, after.categories, after.departments) == (
        before.names,
        before.categories,
        before.departments,
    )
    assert [(row.jurisdiction, row.basis) for row in bases[before.id]] == [("AU", "NONE")]
    assert [row.related_to_id for row in relations[before.id]] == [world.purposes["conveyancing"].id]


async def test_a_change_to_what_is_so_already_leaves_no_entry(hub: Hub, world: World) -> None:
    row = world.purposes["newsletter"]
    async with hub.act(world.app(), WRITE) as act:
        await purposes.change(act, row.id, Changes(names=row.names, retention_months=row.retention_months))
    assert await entries(hub, act) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        (Changes(names={"en": "X"}, categories=[]), ("categories",)),
        (Changes(relations=[Relation("newsletter", "RELATED")]), ("relations",)),
        (Changes(bases=[Ground("EU", "RECOGNISED_INTEREST")]), ("bases", 0, "basis")),
        (Changes(retention_months=-1), ("retention_months",)),
        (Changes(benefits={"en": "a\0b"}), ("benefits", "en")),
    ],
)
async def test_a_bad_change_changes_nothing(
    hub: Hub, still_world: World, changes: Changes, path: tuple[str | int, ...]
) -> None:
    body = still_world.purposes["newsletter"].id
    await refused(hub, Code.INVALID, path, lambda act: purposes.change(act, body, changes), still_world.app())


async def test_a_purpose_is_not_related_to_itself_by_id_either(hub: Hub, still_world: World) -> None:
    own = still_world.purposes["newsletter"].id
    changes = Changes(relations=[Relation(own, "RELATED")])
    await refused(
        hub, Code.INVALID, ("relations",), lambda act: purposes.change(act, own, changes), still_world.app()
    )


async def test_the_purpose_of_another_organisation_is_not_there(
    hub: Hub, still_world: World, other_world: World
) -> None:
    foreign = other_world.purposes["newsletter"].id
    changes = Changes(names={"en": "Ours now"})
    verbs: tuple[Verb, ...] = (
        lambda act: purposes.change(act, foreign, changes),
        lambda act: purposes.retire(act, foreign),
    )
    for verb in verbs:
        await refused(hub, Code.NOT_FOUND, ("purpose",), verb, still_world.app())
    async with hub.ask(still_world.app(), READ) as ask:
        assert await purposes.by_ids(ask, [foreign]) == {}
        assert await purposes.bases_of(ask, [foreign]) == {}
        assert await purposes.relations_of(ask, [other_world.purposes["lettings"].id]) == {}
        with pytest.raises(Refusal):
            await purposes.read(ask, foreign)


async def test_a_retired_purpose_stays_retired_and_as_it_was(hub: Hub, world: World) -> None:
    for expected in (["purpose.retired"], []):
        async with hub.act(world.app(), WRITE) as act:
            row = await purposes.retire(act, "analytics")
        assert row.retired_at is not None
        assert await entries(hub, act) == expected
    changes = Changes(names={"en": "Back again"})
    await refused(
        hub, Code.CONFLICT, ("purpose",), lambda act: purposes.change(act, "analytics", changes), world.app()
    )


async def test_the_benefits_of_a_purpose_are_advised_on(hub: Hub, world: World) -> None:
    new = new_purpose(benefits={"en": "We can send targeted offers."})
    async with hub.act(world.app(), WRITE) as act:
        made = await purposes.define(act, new)
    assert {finding.code for finding in purposes.warnings(made)} == {"benefit.about_us", "benefit.targeting"}
    assert purposes.warnings(world.purposes["newsletter"]) == []


@pytest.mark.parametrize(
    ("such", "keys"),
    [
        ({"kind": "MARKETING"}, ["newsletter"]),
        ({"department": "lettings"}, ["account-messages", "lettings"]),
        ({"category": "health"}, []),
        ({"retired": True}, ["analytics"]),
        ({"retired": False, "department": "marketing"}, ["newsletter"]),
    ],
)
async def test_a_page_of_purposes_is_filtered_and_counted_alike(
    hub: Hub, world: World, such: dict[str, Any], keys: list[str]
) -> None:
    async with hub.act(OPERATOR, WRITE) as act:
        await purposes.retire(act, world.purposes["analytics"].id)
    wanted = dict(such)
    if "department" in such:
        wanted["department"] = world.departments[such["department"]].id
    if "category" in such:
        wanted["category"] = world.categories[such["category"]].id
    async with hub.ask(world.app(), READ) as ask:
        found = await purposes.page(ask, Page(), Such(**wanted))
        assert await purposes.count(ask, Such(**wanted)) == len(found)
    assert [row.key for row in found] == keys


async def test_an_operator_sees_all_organisations_or_the_one_named(
    hub: Hub, still_world: World, other_world: World
) -> None:
    async with hub.ask(OPERATOR, READ) as ask:
        everywhere = await purposes.count(ask)
        here = await purposes.count(ask, Such(organisation=still_world.organisation.id))
    assert here == len(still_world.purposes)
    assert everywhere >= len(still_world.purposes) + len(other_world.purposes)
