"""Purposes: why data is used, with the benefit in the customer's words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import categories, organisations, purposes
from hub.act import Ask
from hub.actors import Operation
from hub.grounds import Relatedness
from hub.policy.values import Basis, Jurisdiction, PurposeKind
from schema.call import Info
from schema.door import asks, lists
from schema.internal.categories import Category, categories_by_id
from schema.internal.findings import Finding
from schema.internal.links import children, link, one, several
from schema.internal.organisation import Department, departments_by_id
from schema.internal.paging import counted, page_of
from schema.internal.places import within
from schema.internal.references import Reference, reference, row_id
from schema.internal.texts import LocalText, in_locale
from schema.relay import CountedConnection, Node, Window
from schema.weights import Weight

FEW = {"weight": Weight(items=3)}


@strawberry.type(description="What justifies a purpose in one jurisdiction.")
class PurposeBasis:
    """As it was recorded."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    basis: Basis = strawberry.field(description="The justification.")
    special_condition: str | None = strawberry.field(
        description="The condition in law that covers special data; null for none."
    )
    explanation: str = strawberry.field(description="Why it applies; may be empty.")

    @classmethod
    def of(cls, row: purposes.PurposeBasis) -> Self:
        """As the API shows it."""
        return cls(
            jurisdiction=Jurisdiction(row.jurisdiction),
            basis=Basis(row.basis),
            special_condition=row.special_condition,
            explanation=row.explanation,
        )


@strawberry.type(description="That a purpose is related to another one, so that a customer would expect it.")
class PurposeRelation:
    """Directed."""

    to_uuid: strawberry.Private[UUID]
    kind: Relatedness = strawberry.field(description="How closely.")

    @classmethod
    def of(cls, row: purposes.PurposeRelation) -> Self:
        """As the API shows it."""
        return cls(to_uuid=row.related_to_id, kind=Relatedness(row.kind))

    @link(
        Operation.CATALOGUE_READ,
        "The other purpose, of which the customer was told; null if you may not read the catalogue.",
    )
    async def to(self, info: Info) -> "Purpose | None":
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, purposes_by_id, self.to_uuid)


@strawberry.type(description="Why data is used.")
class Purpose(Node):
    """As it stands now."""

    row: strawberry.Private[purposes.Purpose]
    key: str = strawberry.field(description="Its key in the organisation, e.g. `referral`.")
    kind: PurposeKind = strawberry.field(description="What it is for, as the law divides purposes.")
    retention_months: int | None = strawberry.field(
        description="How long data is kept for it after the relationship ends; null while nothing is decided."
    )
    dpv_iri: str | None = strawberry.field(description="The term in the W3C Data Privacy Vocabulary.")
    created_at: datetime = strawberry.field(description="When it was defined.")
    retired_at: datetime | None = strawberry.field(
        description="When it was retired; null while it is in use."
    )

    @classmethod
    def of(cls, row: purposes.Purpose) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            key=row.key,
            kind=PurposeKind(row.kind),
            retention_months=row.retention_months,
            dpv_iri=row.dpv_iri,
            created_at=row.created_at,
            retired_at=row.retired_at,
        )

    @strawberry.field(description="Its name in your language.")
    def name(self, info: Info) -> str:
        """Chosen by the language of the request."""
        return in_locale(self.row.names, info)

    @strawberry.field(description="Its name in every language.", metadata=FEW)
    def names(self) -> list[LocalText]:
        """By language."""
        return LocalText.all_of(self.row.names)

    @strawberry.field(
        description="What is in it for the customer, in your language; null where nothing is said."
    )
    def benefit(self, info: Info) -> str | None:
        """Chosen by the language of the request."""
        return in_locale(self.row.benefits, info) or None

    @strawberry.field(description="What is in it for the customer, in every language.", metadata=FEW)
    def benefits(self) -> list[LocalText]:
        """By language."""
        return LocalText.all_of(self.row.benefits)

    @link(Operation.CATALOGUE_READ, "The kinds of data it uses; null if you may not read the catalogue.")
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, categories_by_id, self.row.categories)

    @link(
        Operation.CATALOGUE_READ,
        "The departments that may use the data; none: nobody inside. Null if you may not read the catalogue.",
    )
    async def departments(self, info: Info) -> list[Department] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, departments_by_id, self.row.departments)

    @link(
        Operation.CATALOGUE_READ,
        "What justifies it, by jurisdiction; null if you may not read the catalogue.",
        Weight(items=3),
    )
    async def bases(self, info: Info) -> list[PurposeBasis] | None:
        """Loaded with the others'."""
        found = await children(info, Operation.CATALOGUE_READ, purposes.bases_of, self.uuid)
        return None if found is None else [PurposeBasis.of(each) for each in found]

    @link(
        Operation.CATALOGUE_READ,
        "The purposes it is related to; null if you may not read the catalogue.",
        Weight(items=3),
    )
    async def relations(self, info: Info) -> list[PurposeRelation] | None:
        """Loaded with the others'."""
        found = await children(info, Operation.CATALOGUE_READ, purposes.relations_of, self.uuid)
        return None if found is None else [PurposeRelation.of(each) for each in found]

    @strawberry.field(description="Advice on the wording of its benefits.", metadata=FEW)
    def warnings(self) -> list[Finding]:
        """As the linter says it."""
        return [Finding.of(each) for each in purposes.warnings(self.row)]


async def purposes_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Purpose]:
    """Many at once."""
    return {key: Purpose.of(row) for key, row in (await purposes.by_ids(ask, ids)).items()}


@strawberry.input(description="Which purposes.")
class PurposeFilter:
    """All that is given must hold."""

    kind: PurposeKind | None = strawberry.field(default=None, description="Of this kind.")
    category: Reference | None = strawberry.field(default=None, description="Using this category: key or id.")
    department: Reference | None = strawberry.field(
        default=None, description="Open to this department: key or id."
    )
    is_retired: bool | None = strawberry.field(
        default=None, description="Retired, or in use; by default both."
    )

    async def such(self, ask: Ask) -> purposes.Such:
        """As the hub takes it."""
        return purposes.Such(
            kind=self.kind,
            category=await row_id(categories.read, ask, self.category, "Category", "category"),
            department=await row_id(
                organisations.read_department, ask, self.department, "Department", "department"
            ),
            retired=self.is_retired,
        )


_Filter = Annotated[PurposeFilter | None, strawberry.argument(description="Which; by default all.")]
_Ref = Annotated[Reference, strawberry.argument(description="Its key or id.")]


@strawberry.type
class PurposeQueries:
    """Reading purposes."""

    @asks(Operation.CATALOGUE_READ)
    async def purpose(self, ask: Ask, ref: _Ref) -> Purpose:
        """One purpose."""
        return Purpose.of(await purposes.read(ask, reference(ref, "Purpose", "ref"), "ref"))

    @lists(Operation.CATALOGUE_READ, UUID)
    async def purposes(self, ask: Ask, window: Window, filter: _Filter = None) -> CountedConnection[Purpose]:
        """The purposes of the organisation, oldest first."""
        with within(filter, "filter"):
            such = await (filter or PurposeFilter()).such(ask)
            rows = await purposes.page(ask, page_of(window), such)

        async def count(again: Ask) -> int:
            return await purposes.count(again, such)

        return counted(window, rows, Purpose.of, count)
