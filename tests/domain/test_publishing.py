"""Publishing: a version is checked under every law, published once, and from then on never changed."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from hub import linter, notices, purposes, recipients, versions
from hub.act import Act, Hub
from hub.actors import OPERATOR
from hub.errors import Code, Refusal
from hub.notices import NotApplicable
from hub.policy.values import Jurisdiction
from hub.purposes import Changes
from hub.statements import canonical
from tests.domain.drafting import (
    DRAFT,
    FIRST,
    GOOD,
    PUBLISH,
    READ,
    drafted,
    having,
    promising,
    published,
    saying,
)
from tests.domain.refusals import Verb, entries, refused
from tests.harbour import CIRCUMSTANCES, INTAKE, PUBLISHED, STATEMENTS
from tests.world import World


async def test_publishing_keeps_the_verdict_of_every_law_and_freezes_the_version(
    hub: Hub, world: World
) -> None:
    version = await drafted(hub, world, GOOD)
    async with hub.act(world.app(), PUBLISH) as act:
        row = await notices.publish(act, version.id)
    assert (row.published_at, await entries(hub, act)) == (act.at, ["notice_version.published"])
    async with hub.ask(world.app(), READ) as ask:
        verdicts = (await notices.verdicts_of(ask, [version.id]))[version.id]
        assert await notices.fingerprint(ask, row) == row.sha256
    complete = {verdict.jurisdiction: verdict.complete for verdict in verdicts}
    assert complete == {"AU": True, "UK": True, "EU": True, "ZA": True, "MA": False, "US_CA": False}
    morocco = next(verdict for verdict in verdicts if verdict.jurisdiction == "MA")
    assert {one["code"] for one in morocco.findings if one["level"] == "ERROR"} == {
        "cndp_number.missing",
        "open_network.missing",
    }


async def test_the_fingerprint_covers_what_the_version_says(hub: Hub, world: World) -> None:
    version = await published(hub, world, having(clauses=[FIRST]))
    expected = {
        "notice": version.notice_id,
        "number": 4,
        "jurisdictions": ["AU", "UK"],
        "statements": {
            **{
                name: {"not_applicable": said.reason} if isinstance(said, NotApplicable) else said
                for name, said in STATEMENTS.items()
            },
            "circumstances": CIRCUMSTANCES,
        },
        "texts": {"en": {"title": "How we use your details", "body": "Everything we do with them."}},
        "clauses": [
            {
                "key": "your-matter",
                "purpose": world.purposes["conveyancing"].id,
                "is_primary": True,
                "categories": sorted(world.categories[key].id for key in INTAKE),
                "recipients": [],
                "recipient_classes": [],
                "channels": [],
                "texts": {"en": "We use your details to act for you."},
            }
        ],
    }
    assert version.sha256 == hashlib.sha256(canonical(expected)).hexdigest()


async def test_publishing_is_refused_with_every_error_of_its_own_laws(hub: Hub, world: World) -> None:
    version = await drafted(hub, world, saying(identity=None, retention=None, departments=None))
    body = version.id
    told = await refused(hub, Code.INVALID, ("version",), lambda act: notices.publish(act, body), world.app())
    assert told.startswith("This version cannot be published yet, mend 3 first. AU: Say who you are")
    assert "UK: Say who you are" in told
    assert "Say how long the data is kept" in told
    assert "MA:" not in told
    assert "departments" not in told, "a warning does not keep a version back"


async def test_an_error_under_another_law_does_not_keep_a_version_back(hub: Hub, world: World) -> None:
    version = await published(hub, world, replace(saying(retention=None), jurisdictions=["AU"]))
    async with hub.ask(world.app(), READ) as ask:
        verdicts = (await notices.verdicts_of(ask, [version.id]))[version.id]
    assert {row.jurisdiction for row in verdicts if row.complete} == {"AU", "ZA"}


async def test_a_check_finds_what_publishing_would(hub: Hub, world: World) -> None:
    version = await drafted(hub, world, saying(identity=None))
    async with hub.ask(world.app(), READ) as ask:
        found = await notices.check(ask, version.id)
    assert set(found) == set(Jurisdiction)
    assert "identity.missing" in {finding.code for finding in found[Jurisdiction.AU]}


async def test_a_disclosing_clause_contradicts_that_nobody_receives(hub: Hub, world: World) -> None:
    nobody = saying(recipients=NotApplicable("Nobody receives anything."))
    inside = replace(nobody, clauses=[FIRST])
    told = replace(nobody, clauses=[FIRST, replace(GOOD.clauses[1], classes=["mortgage-brokers"])])
    first, second = await drafted(hub, world, inside), await drafted(hub, world, told)
    async with hub.ask(world.app(), READ) as ask:
        quiet, loud = await notices.check(ask, first.id), await notices.check(ask, second.id)
    assert "recipients.contradicted" not in {finding.code for finding in quiet[Jurisdiction.AU]}
    assert "recipients.contradicted" in {finding.code for finding in loud[Jurisdiction.AU]}


async def test_the_linter_reads_the_benefits_and_the_classes_a_version_rests_on(
    hub: Hub, world: World
) -> None:
    async with hub.act(world.app(), DRAFT) as act:
        await recipients.add_class(act, recipients.NewClass("friends", {"en": "Partners"}))
        await purposes.change(act, "account-messages", Changes(benefits={"en": "We sell more."}))
    version = await drafted(hub, world, promising(classes=["friends"]))
    async with hub.ask(world.app(), READ) as ask:
        found = {finding.code for finding in (await notices.check(ask, version.id))[Jurisdiction.AU]}
    assert {"benefit.about_us", "recipients.vague"} <= found


async def test_a_published_version_is_neither_published_again_nor_revised(
    hub: Hub, still_world: World
) -> None:
    version = still_world.versions["v2"].id
    verbs: tuple[Verb, ...] = (
        lambda act: notices.publish(act, version),
        lambda act: notices.revise(act, version, GOOD),
    )
    for body in verbs:
        await refused(hub, Code.CONFLICT, ("version",), body, still_world.app())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE notice_version SET jurisdictions = '{AU}' WHERE id = $1",
        "DELETE FROM notice_version WHERE id = $1",
        "UPDATE clause SET categories = '{}' WHERE notice_version_id = $1",
        "DELETE FROM clause WHERE notice_version_id = $1",
        "UPDATE notice_text SET body = 'Other' WHERE notice_version_id = $1",
        "UPDATE notice_verdict SET complete = true WHERE notice_version_id = $1",
    ],
)
async def test_the_database_itself_keeps_a_published_version(
    hub: Hub, still_world: World, change: str
) -> None:
    with pytest.raises(asyncpg.PostgresError, match="never changes"):
        async with hub.act(OPERATOR, DRAFT) as act:
            await act.execute(change, still_world.versions["v1"].id)


async def test_two_who_publish_one_draft_at_the_same_time_publish_it_once(hub: Hub, world: World) -> None:
    version = await drafted(hub, world, GOOD)

    async def publish() -> Code | None:
        try:
            async with hub.act(world.app(), PUBLISH) as act:
                await notices.publish(act, version.id)
        except Refusal as refusal:
            return refusal.code
        return None

    assert set(await asyncio.gather(publish(), publish())) == {None, Code.CONFLICT}


async def test_a_draft_older_than_a_published_version_is_not_published_any_more(
    hub: Hub, world: World
) -> None:
    older = await drafted(hub, world, GOOD)
    await published(hub, world, GOOD)
    await refused(hub, Code.CONFLICT, ("version",), lambda act: notices.publish(act, older.id), world.app())


async def test_a_draft_that_rests_on_a_purpose_retired_since_is_not_published(hub: Hub, world: World) -> None:
    version = await drafted(hub, world, GOOD)
    async with hub.act(world.app(), DRAFT) as act:
        await purposes.retire(act, "newsletter")
    told = await refused(
        hub, Code.CONFLICT, ("version",), lambda act: notices.publish(act, version.id), world.app()
    )
    assert "newsletter" in told
    path = ("clauses", 0, "purpose")
    said = having(clauses=[replace(FIRST, purpose="newsletter")])
    await refused(hub, Code.CONFLICT, path, lambda act: notices.draft(act, "customers", said), world.app())


async def test_an_operator_enters_when_a_version_was_published_and_the_law_of_that_day_is_applied(
    hub: Hub, world: World
) -> None:
    assert {name: row.published_at for name, row in world.versions.items()} == PUBLISHED
    said = replace(saying(automated_decisions=None), jurisdictions=["AU"])
    version = await drafted(hub, world, said)
    async with hub.act(OPERATOR, PUBLISH) as act:
        await notices.publish(act, version.id, published_at=datetime(2025, 7, 1, tzinfo=UTC))
    async with hub.ask(world.app(), READ) as ask:
        verdicts = (await notices.verdicts_of(ask, [version.id]))[version.id]
    [australia] = [row for row in verdicts if row.jurisdiction == "AU"]
    assert (australia.complete, australia.findings) == (True, [])


@pytest.mark.parametrize(("hour", "complete"), [(9, True), (10, False)])
async def test_a_new_rule_binds_as_soon_as_its_day_has_dawned_anywhere(
    hub: Hub, world: World, hour: int, *, complete: bool
) -> None:
    version = await drafted(hub, world, saying(automated_decisions=None))
    async with hub.ask(world.app(), READ) as ask:
        found = await versions.lint(ask, version, datetime(2026, 12, 9, hour, 59, tzinfo=UTC))
    assert linter.complete(found[Jurisdiction.AU]) is complete


async def test_nobody_else_says_when_a_version_was_published(hub: Hub, world: World) -> None:
    version = await drafted(hub, world, GOOD)
    at = datetime(2025, 7, 1, tzinfo=UTC)

    async def publish(act: Act) -> None:
        await notices.publish(act, version.id, published_at=at)

    await refused(hub, Code.FORBIDDEN, ("published_at",), publish, world.app())


@pytest.mark.parametrize(
    "at",
    [
        datetime(2025, 7, 1),  # noqa: DTZ001 - this is what is refused
        PUBLISHED["v3"],
        PUBLISHED["v2"] - timedelta(days=1),
        datetime(2126, 1, 1, tzinfo=UTC),
    ],
)
async def test_a_version_is_published_after_the_one_before_it_and_not_in_the_future(
    hub: Hub, world: World, at: datetime
) -> None:
    version = await drafted(hub, world, GOOD)

    async def publish(act: Act) -> None:
        await notices.publish(act, version.id, published_at=at)

    await refused(hub, Code.INVALID, ("published_at",), publish)
