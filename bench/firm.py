"""The firm whose crowd is measured: the one of the tests, grown to fourteen purposes and five notice versions."""

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from hub import notices, purposes, recipients
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.arrangements import NewArrangement, agree
from hub.notices import Content
from hub.purposes import Ground, NewPurpose
from hub.recipients import NewRecipient
from tests.harbour import CIRCUMSTANCES, INTAKE, PUBLISHED, SHARED, STATEMENTS, clause, content
from tests.world import World, build_world

# key, kind, what a customer has of it; bases differ by jurisdiction as they would
MORE_PURPOSES = (
    ("home-insurance", "OTHER", "Your new home is insured from the first night."),
    ("removals", "OTHER", "Somebody carries the piano."),
    ("energy-switch", "OTHER", "You do not pay the last owner's tariff."),
    ("offers-email", "MARKETING", "You hear of a lower fee before you pay the higher one."),
    ("market-reports", "MARKETING", "You know what your street is worth."),
    ("surveys", "OTHER", "You say what went wrong, once."),
)
LATER = {"v4": datetime(2025, 11, 10, tzinfo=UTC), "v5": datetime(2026, 4, 20, tzinfo=UTC)}
INSURER = "harbour-mutual"
LOCALES = ("en", "fr", "ar")


class Firm(msgspec.Struct, frozen=True):
    """Ids by key, and when each notice version was published."""

    organisation_id: UUID
    departments: dict[str, UUID]
    categories: dict[str, UUID]
    purposes: dict[str, UUID]
    recipients: dict[str, UUID]
    versions: dict[str, UUID]
    published: dict[str, datetime]


async def build(hub: Hub) -> Firm:
    """Found it, by the same verbs as anybody."""
    world = await build_world(hub)
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        more = [await purposes.define(act, _purpose(world, *each)) for each in MORE_PURPOSES]
        await _insurer(act, world)
        later = {key: await _publish(act, world, key) for key in LATER}
    return Firm(
        world.organisation.id,
        {key: row.id for key, row in world.departments.items()},
        {key: row.id for key, row in world.categories.items()},
        {row.key: row.id for row in (*world.purposes.values(), *more)},
        {key: row.id for key, row in world.recipients.items()},
        {key: row.id for key, row in (*world.versions.items(), *later.items())},
        {**PUBLISHED, **LATER},
    )


def _purpose(world: World, key: str, kind: str, benefit: str) -> NewPurpose:
    return NewPurpose(
        key=key,
        kind=kind,
        names={"en": key.replace("-", " ").capitalize()},
        categories=INTAKE,
        benefits={"en": benefit},
        departments=["marketing"],
        bases=[Ground("UK", "LEGITIMATE_INTEREST"), Ground("EU", "CONSENT")],
        retention_months=60,
        organisation=world.organisation.id,
    )


async def _insurer(act: Act, world: World) -> None:
    await recipients.add(
        act, NewRecipient(INSURER, "Harbour Mutual", "AU", organisation=world.organisation.id)
    )
    new = NewArrangement(
        key="insurance-alliance",
        kind="ALLIANCE",
        recipient=INSURER,
        purposes=["home-insurance"],
        categories=SHARED,
        starts_on=date(2026, 2, 1),
        destination="AU",
        safeguard="CONTRACT",
        organisation=world.organisation.id,
    )
    await agree(act, new)


async def _publish(act: Act, world: World, key: str) -> notices.NoticeVersion:
    """The third version's promises, and with each later one a purpose more."""
    before = content(LOCALES, inspector_classes=["building-inspectors"], brokers=["mortgage-brokers"])
    added = ("market-reports", "offers-email")[: list(LATER).index(key) + 1]
    said = [
        *before.clauses,
        *(clause(each, each, f"We use your details for {each}.", LOCALES) for each in added),
    ]
    whole = Content(["AU", "UK"], STATEMENTS, before.texts, said, CIRCUMSTANCES)
    drafted = await notices.draft(act, world.notice.id, whole)
    return await notices.publish(act, drafted.id, published_at=LATER[key])
