"""A draft as an app describes it: what is supposed, although it does not exist."""

from collections.abc import Sequence
from datetime import date

import strawberry

from hub import catalogue, inputs, purposes, recipients, supposing
from hub.act import Ask
from hub.arrangements import Kind, Safeguard
from hub.errors import invalid, not_found
from hub.grounds import Relatedness
from hub.known import Reference as Named
from hub.policy.values import Basis, Jurisdiction, PurposeKind
from hub.said import Grade
from schema.internal.references import Reference, optional_id, reference, references


@strawberry.input(description="A recipient that is not recorded yet.")
class DraftRecipientInput:
    """Who would receive."""

    key: str = strawberry.field(description="A key that is free, by which question and arrangement name it.")
    country: str = strawberry.field(description="Where it sits: two letters of ISO 3166-1, such as `AU`.")
    classes: list[Reference] = strawberry.field(
        default_factory=list[Reference], description="The classes it would belong to: keys or ids."
    )


@strawberry.input(description="An arrangement that is not made yet.")
class DraftArrangementInput:
    """What would be agreed."""

    recipient: Reference = strawberry.field(
        description="With whom: key or id of a recipient that is recorded, or the key of the supposed one."
    )
    kind: Kind = strawberry.field(description="What would be agreed.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date | None = strawberry.field(default=None, description="Its last day; null: it is open.")
    purposes: list[Reference] = strawberry.field(
        description="For which purposes: keys or ids, or the key of the supposed one."
    )
    categories: list[Reference] = strawberry.field(description="Of which data: keys or ids.")
    destination: str = strawberry.field(
        description="The country the data would go to: two letters of ISO 3166-1, such as `AU`."
    )
    safeguard: Safeguard = strawberry.field(
        default=Safeguard.NONE, description="What would protect the data abroad."
    )


@strawberry.input(description="What would justify a supposed purpose in one jurisdiction.")
class DraftBasisInput:
    """One justification."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    basis: Basis = strawberry.field(description="The justification.")


@strawberry.input(description="To which purpose a supposed one would be related.")
class DraftRelationInput:
    """One relation."""

    to: Reference = strawberry.field(description="The purpose of which customers were told: key or id.")
    kind: Relatedness = strawberry.field(description="How closely.")


@strawberry.input(description="A purpose that is not defined yet.")
class DraftPurposeInput:
    """Why data would be used."""

    key: str = strawberry.field(description="A key that is free, by which question and arrangement name it.")
    kind: PurposeKind = strawberry.field(description="What it would be for.")
    categories: list[Reference] = strawberry.field(description="The kinds of data it would use: keys or ids.")
    departments: list[Reference] = strawberry.field(
        default_factory=list[Reference],
        description="The departments that might use the data: keys or ids.",
    )
    bases: list[DraftBasisInput] = strawberry.field(
        default_factory=list[DraftBasisInput],
        description="What would justify it, each jurisdiction once.",
    )
    relations: list[DraftRelationInput] = strawberry.field(
        default_factory=list[DraftRelationInput],
        description="The purposes it would be related to, each once.",
    )
    retention_months: int | None = strawberry.field(
        default=None, description="How long data would be kept for it after the relationship ends."
    )


@strawberry.input(description="What is supposed: one thing at least; what is left out stays as it is.")
class DraftInput:
    """It need not exist, and nothing of it is kept."""

    version: strawberry.ID | None = strawberry.field(
        default=None, description="A notice version, draft or published, that has reached every customer."
    )
    recipient: DraftRecipientInput | None = strawberry.field(default=None, description="A new recipient.")
    arrangement: DraftArrangementInput | None = strawberry.field(
        default=None, description="A new arrangement."
    )
    purpose: DraftPurposeInput | None = strawberry.field(default=None, description="A new purpose.")
    grade: Grade | None = strawberry.field(
        default=None,
        description="A consent campaign to which everybody who may be asked says yes: what their yes is worth, "
        "GIVEN or EXPLICIT.",
    )


async def drafted(ask: Ask, given: DraftInput) -> supposing.Draft:
    """A draft as the hub takes it; Refusal with the place inside `draft`."""
    return supposing.Draft(
        version=optional_id(given.version, "NoticeVersion", "draft", "version"),
        recipient=await _recipient(ask, given.recipient) if given.recipient else None,
        arrangement=_arrangement(given.arrangement) if given.arrangement else None,
        purpose=await _purpose(ask, given.purpose) if given.purpose else None,
        grade=given.grade,
    )


def _some(given: Sequence[str], kind: str, *path: str) -> list[Named]:
    """What a list names, once each and not too many."""
    return inputs.distinct(references(given, kind, *path), *path)


async def _recipient(ask: Ask, given: DraftRecipientInput) -> supposing.NewRecipient:
    path = ("draft", "recipient", "classes")
    named = _some(given.classes, "RecipientClass", *path)
    rows = await catalogue.resolve(ask, recipients.RecipientClass, named, *path)
    return supposing.NewRecipient(given.key, given.country, [row.id for row in rows])


def _arrangement(given: DraftArrangementInput) -> supposing.NewArrangement:
    path = ("draft", "arrangement")
    return supposing.NewArrangement(
        recipient=reference(given.recipient, "Recipient", *path, "recipient"),
        kind=given.kind,
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        purposes=_some(given.purposes, "Purpose", *path, "purposes"),
        categories=_some(given.categories, "Category", *path, "categories"),
        country=given.destination,
        safeguard=given.safeguard,
    )


async def _purpose(ask: Ask, given: DraftPurposeInput) -> supposing.NewPurpose:
    path = ("draft", "purpose")
    return supposing.NewPurpose(
        key=given.key,
        kind=given.kind,
        categories=_some(given.categories, "Category", *path, "categories"),
        departments=_some(given.departments, "Department", *path, "departments"),
        bases=_bases(given.bases),
        relations=await _relations(ask, given.relations),
        retention_months=_months(given.retention_months),
    )


def _bases(given: Sequence[DraftBasisInput]) -> dict[str, str]:
    places = [each.jurisdiction for each in given]
    inputs.unlike(places, "jurisdiction", "draft", "purpose", "bases")
    return {each.jurisdiction: each.basis for each in given}


async def _relations(ask: Ask, given: Sequence[DraftRelationInput]) -> dict[str, str]:
    """The related purposes by key; those named by id are looked up."""
    path = ("draft", "purpose", "relations")
    named = [reference(each.to, "Purpose", *path, place, "to") for place, each in enumerate(given)]
    rows = await catalogue.known(ask, purposes.Purpose, inputs.distinct(named, *path))
    for place, each in enumerate(named):
        if each not in rows:
            raise not_found("purpose", *path, place, "to")
    keys: list[str] = [rows[each].key for each in named]
    inputs.unlike(keys, "purpose", *path)
    return {key: each.kind for key, each in zip(keys, given, strict=True)}


def _months(months: int | None) -> int | None:
    if months is None or 0 < months <= purposes.MOST_MONTHS:
        return months
    raise invalid(
        f"Keep data for 1 to {purposes.MOST_MONTHS} months, or leave this out.",
        "draft",
        "purpose",
        "retention_months",
    )
