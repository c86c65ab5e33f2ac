"""Notices: drafted, revised, compared and read; a clause that names nothing, or a stranger, is refused."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub import categories, clauses, notices, organisations, purposes, recipients
from hub.act import Hub
from hub.catalogue import Page
from hub.clauses import Change, Reach
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.notices import Content, NewNotice, NotApplicable, Such, Text
from tests.domain.drafting import DRAFT, FIRST, GOOD, READ, drafted, having, promising, saying
from tests.domain.refusals import Verb, entries, refused
from tests.harbour import INTAKE, content
from tests.world import World


async def test_a_notice_is_created_and_its_key_is_then_taken(hub: Hub, world: World) -> None:
    async with hub.act(world.app(), DRAFT) as act:
        made = await notices.create(act, NewNotice("tenants", "Tenants"))
    assert (made.organisation_id, await entries(hub, act)) == (world.organisation.id, ["notice.created"])
    again, bad = NewNotice("tenants", "Again"), NewNotice("Tenants", "Tenants")
    await refused(hub, Code.CONFLICT, ("key",), lambda act: notices.create(act, again), world.app())
    await refused(hub, Code.INVALID, ("key",), lambda act: notices.create(act, bad), world.app())


async def test_a_draft_is_numbered_after_the_last_version_and_recorded(hub: Hub, world: World) -> None:
    async with hub.act(world.app(), DRAFT) as act:
        version = await notices.draft(act, "customers", having(jurisdictions=["UK", "AU", "UK"]))
    assert (version.number, version.jurisdictions, version.published_at) == (4, ["AU", "UK"], None)
    assert await entries(hub, act) == ["notice_version.drafted"]
    async with hub.ask(world.app(), READ) as ask:
        promises = (await clauses.of_versions(ask, [version.id]))[version.id]
        texts = (await notices.texts_of(ask, [version.id]))[version.id]
    assert [one.key for one in promises] == [one.key for one in GOOD.clauses]
    assert [(one.locale, one.title) for one in texts] == [("en", "How we use your details")]
    assert promises[0].purpose_id == world.purposes["conveyancing"].id
    assert promises[0].categories == [world.categories[key].id for key in INTAKE]


async def test_two_who_draft_at_the_same_time_get_two_numbers(hub: Hub, world: World) -> None:
    made = await asyncio.gather(drafted(hub, world, GOOD), drafted(hub, world, GOOD))
    assert sorted(version.number for version in made) == [4, 5]


BAD: list[tuple[Content, tuple[str | int, ...]]] = [
    (having(jurisdictions=[]), ("jurisdictions",)),
    (having(jurisdictions=["AU", "NZ"]), ("jurisdictions",)),
    (having(texts={}), ("texts",)),
    (having(texts={"de": Text("Titel", "Text")}), ("texts",)),
    (having(texts={"en": Text("", "Text")}), ("texts", "en", "title")),
    (having(texts={"en": Text("Title", "a" * 100_001)}), ("texts", "en", "body")),
    (having(circumstances={"raining": True}), ("circumstances",)),
    (saying(identty="Us"), ("statements", "identty")),
    (saying(identity=" "), ("statements", "identity")),
    (saying(law=NotApplicable("")), ("statements", "law")),
    (having(clauses=[]), ("clauses",)),
    (having(clauses=[FIRST] * 201), ("clauses",)),
    (having(clauses=[FIRST, FIRST]), ("clauses", 1)),
    (having(clauses=[replace(FIRST, is_primary=False)]), ("clauses",)),
    (promising(key="News"), ("clauses", 1, "key")),
    (promising(categories=[]), ("clauses", 1, "categories")),
    (promising(channels=["EMAIL", "PIGEON"]), ("clauses", 1, "channels", 1)),
    (promising(channels=["NONE"]), ("clauses", 1, "channels", 0)),
    (promising(texts={}), ("clauses", 1, "texts")),
    (promising(texts={"fr": "Bonjour."}), ("clauses", 1, "texts")),
    (promising(texts={"en": "Hello.", "fr": "Bonjour."}), ("clauses", 1, "texts")),
    (promising(texts={"en": "a\0b"}), ("clauses", 1, "texts", "en")),
]


@pytest.mark.parametrize(("said", "path"), BAD)
async def test_what_cannot_be_a_version_is_refused_by_place(
    hub: Hub, still_world: World, said: Content, path: tuple[str | int, ...]
) -> None:
    notice = still_world.notice.id
    await refused(hub, Code.INVALID, path, lambda act: notices.draft(act, notice, said), still_world.app())


async def test_a_misspelt_field_is_answered_with_the_one_that_was_meant(hub: Hub, still_world: World) -> None:
    said = saying(complaint_boby="The authority")
    path = ("statements", "complaint_boby")
    told = await refused(
        hub, Code.INVALID, path, lambda act: notices.draft(act, "customers", said), still_world.app()
    )
    assert told == "A notice has no such field: did you mean `complaint_body`?"


@pytest.mark.parametrize("field", ["purpose", "categories", "recipients", "classes"])
@pytest.mark.parametrize("which", ["foreign", "unknown", "of another kind", "unheard of"])
async def test_a_clause_names_only_what_is_its_organisations_own(
    hub: Hub, still_world: World, other_world: World, field: str, which: str
) -> None:
    foreign = {
        "purpose": other_world.purposes["newsletter"].id,
        "categories": new_id(),
        "recipients": other_world.recipients["post-cloud"].id,
        "classes": other_world.classes["mortgage-brokers"].id,
    }[field]
    stranger = {
        "foreign": foreign,
        "unknown": new_id(),
        "of another kind": still_world.departments["marketing"].id,
        "unheard of": "unheard-of",
    }[which]
    one = field == "purpose"
    said = promising(**{field: stranger if one else [stranger]})
    path = ("clauses", 1, field) if one else ("clauses", 1, field, 0)
    await refused(
        hub, Code.NOT_FOUND, path, lambda act: notices.draft(act, "customers", said), still_world.app()
    )


async def test_a_notice_of_another_organisation_is_not_there(
    hub: Hub, world: World, other_world: World
) -> None:
    theirs = await drafted(hub, other_world, GOOD)
    foreign = other_world.notice.id
    await refused(
        hub, Code.NOT_FOUND, ("notice",), lambda act: notices.draft(act, foreign, GOOD), world.app()
    )
    verbs: tuple[Verb, ...] = (
        lambda act: notices.revise(act, theirs.id, GOOD),
        lambda act: notices.publish(act, theirs.id),
    )
    for body in verbs:
        await refused(hub, Code.NOT_FOUND, ("version",), body, world.app())
    async with hub.ask(world.app(), READ) as ask:
        versions = [row.id for row in other_world.versions.values()]
        assert await notices.by_ids(ask, [foreign]) == {}
        assert await notices.versions_by_ids(ask, versions) == {}
        assert await notices.texts_of(ask, versions) == {}
        assert await notices.verdicts_of(ask, versions) == {}
        assert await clauses.of_versions(ask, versions) == {}
        with pytest.raises(Refusal):
            await notices.check(ask, theirs.id)
        with pytest.raises(Refusal):
            await notices.diff(ask, world.versions["v1"].id, versions[0])


async def test_a_draft_is_revised_whole(hub: Hub, world: World) -> None:
    version = await drafted(hub, world, GOOD)
    said = replace(content(["en", "fr"]), jurisdictions=["AU"], circumstances={"statutory": True})
    async with hub.act(world.app(), DRAFT) as act:
        await notices.revise(act, version.id, replace(said, clauses=said.clauses[:2]))
    assert await entries(hub, act) == ["notice_version.revised"]
    async with hub.ask(world.app(), READ) as ask:
        found = await notices.read_version(ask, version.id)
        promises = (await clauses.of_versions(ask, [version.id]))[version.id]
        texts = (await notices.texts_of(ask, [version.id]))[version.id]
    assert (found.number, found.jurisdictions) == (4, ["AU"])
    assert found.statements["circumstances"] == {"statutory": True}
    assert ([one.key for one in promises], [one.locale for one in texts]) == (
        ["your-matter", "news"],
        ["en", "fr"],
    )


async def test_a_bad_revision_leaves_the_draft_as_it_was(hub: Hub, still_world: World) -> None:
    version = await drafted(hub, still_world, GOOD)
    said = promising(categories=[])
    path = ("clauses", 1, "categories")
    await refused(
        hub, Code.INVALID, path, lambda act: notices.revise(act, version.id, said), still_world.app()
    )


async def test_two_versions_are_compared_clause_by_clause(hub: Hub, still_world: World) -> None:
    of = still_world.versions
    async with hub.ask(still_world.app(), READ) as ask:
        grown = await notices.diff(ask, of["v2"].id, of["v3"].id)
        back = await notices.diff(ask, of["v3"].id, of["v2"].id)
        widened = await notices.diff(ask, of["v1"].id, of["v2"].id)
        same = await notices.diff(ask, of["v1"].id, of["v1"].id)
    added = [(one.key, one.change) for one in grown if one.change is not Change.CHANGED]
    assert added == [("brokers", Change.ADDED)]
    assert [(one.key, one.change) for one in back if one.change is not Change.CHANGED] == [
        ("brokers", Change.REMOVED)
    ]
    [inspectors] = [one for one in widened if one.key == "inspectors"]
    assert (inspectors.change, inspectors.fields) == (
        Change.CHANGED,
        ("recipients", "recipient_classes", "texts"),
    )
    assert same == []


async def test_versions_of_two_notices_are_not_compared(hub: Hub, world: World) -> None:
    async with hub.act(world.app(), DRAFT) as act:
        await notices.create(act, NewNotice("tenants", "Tenants"))
        other = await notices.draft(act, "tenants", GOOD)
    async with hub.ask(world.app(), READ) as ask:
        with pytest.raises(Refusal) as caught:
            await notices.diff(ask, world.versions["v1"].id, other.id)
    assert (caught.value.code, caught.value.path) == (Code.INVALID, ("newer",))


@pytest.mark.parametrize(
    ("version", "recipient", "on", "expected"),
    [
        ("v1", "quay-inspections", date(2024, 1, 1), Reach.NAMED),
        ("v1", "southern-inspections", date(2024, 1, 1), Reach.NOT_COVERED),
        ("v2", "southern-inspections", date(2024, 1, 1), Reach.CLASS),
        ("v2", "southern-inspections", date(2022, 1, 1), Reach.NOT_COVERED),
        ("v2", "bluegum-mortgages", date(2026, 1, 1), Reach.NOT_COVERED),
        ("v3", "bluegum-mortgages", date(2025, 4, 30), Reach.NOT_COVERED),
        ("v3", "bluegum-mortgages", date(2025, 5, 1), Reach.CLASS),
    ],
)
async def test_a_version_reaches_a_recipient_by_name_by_class_on_the_day_or_not(
    hub: Hub, still_world: World, version: str, recipient: str, on: date, expected: Reach
) -> None:
    asked = still_world.recipients[recipient].id
    async with hub.ask(still_world.app(), READ) as ask:
        found = await clauses.reach_of(ask, still_world.versions[version].id, [asked], on)
    assert found == {asked: expected}


async def test_the_reach_of_a_version_says_nothing_of_another_organisations_recipients(
    hub: Hub, still_world: World, other_world: World
) -> None:
    foreign = other_world.recipients["quay-inspections"].id
    async with hub.ask(still_world.app(), READ) as ask:
        assert await clauses.reach_of(ask, still_world.versions["v1"].id, [foreign], date(2024, 1, 1)) == {}
        with pytest.raises(Refusal):
            await clauses.reach_of(ask, other_world.versions["v1"].id, [foreign], date(2024, 1, 1))


async def test_pages_of_notices_and_versions_are_filtered_and_counted_alike(hub: Hub, world: World) -> None:
    draft = await drafted(hub, world, having(jurisdictions=["ZA"]))
    async with hub.ask(world.app(), READ) as ask:
        assert [row.id for row in await notices.page(ask, Page())] == [world.notice.id]
        assert await notices.count(ask) == 1
        for such, numbers in (
            (Such(notice=world.notice.id), [1, 2, 3, 4]),
            (Such(published=True), [1, 2, 3]),
            (Such(published=False), [4]),
            (Such(jurisdiction="ZA"), [4]),
            (Such(notice=new_id()), []),
        ):
            assert [row.number for row in await notices.page_versions(ask, Page(), such)] == numbers
            assert await notices.count_versions(ask, such) == len(numbers)
        last = await notices.page_versions(ask, Page(2, draft.id, backwards=True))
        assert [row.number for row in last] == [3, 2]


async def test_many_are_read_by_one_statement_each(hub: Hub, still_world: World) -> None:
    async with hub.ask(still_world.app(), READ) as ask:
        asked = Counted(ask.db)
        ask.db = asked  # type: ignore[assignment]
        ids = [row.id for row in still_world.versions.values()]
        promises = [one.id for rows in (await clauses.of_versions(ask, ids)).values() for one in rows]
        assert len(await clauses.by_ids(ask, promises)) == len(promises)
        await notices.versions_by_ids(ask, ids)
        await notices.texts_of(ask, ids)
        await notices.verdicts_of(ask, ids)
        uses = [row.id for row in still_world.purposes.values()]
        await purposes.by_ids(ask, uses)
        await purposes.bases_of(ask, uses)
        await purposes.relations_of(ask, uses)
        await recipients.memberships_of(ask, [row.id for row in still_world.recipients.values()])
        await categories.by_ids(ask, [row.id for row in still_world.categories.values()])
        await organisations.departments_by_ids(ask, [row.id for row in still_world.departments.values()])
    assert asked.statements == 11


class Counted:
    """A connection that counts the statements of models."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._db, name)
        if name != "execute_query":
            return found

        async def counting(*args: Any, **kwargs: Any) -> Any:
            self.statements += 1
            return await found(*args, **kwargs)

        return counting
