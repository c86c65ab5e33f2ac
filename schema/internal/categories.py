"""Categories: kinds of personal data, with their terms in two vocabularies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import categories
from hub.act import Act, Ask
from hub.actors import Operation
from hub.policy.values import Data, Jurisdiction
from schema.call import Info
from schema.door import acts, asks, lists
from schema.internal.paging import counted, page_of
from schema.internal.places import within
from schema.internal.references import Reference, reference
from schema.internal.texts import LocalText, LocalTextInput, by_locale, in_locale
from schema.problems import Payload
from schema.relay import CountedConnection, Node, Window
from schema.weights import Weight


@strawberry.type(description="How special a kind of data is under one law.")
class SensitivityThere:
    """Where it differs."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    sensitivity: Data = strawberry.field(description="How special it is there.")


@strawberry.type(description="A kind of personal data.")
class Category(Node):
    """The standard ones come with the hub."""

    key: str = strawberry.field(description="Its key, e.g. `contact`.")
    sensitivity: Data = strawberry.field(description="How special it is, where nothing else is said.")
    fideslang_key: str = strawberry.field(description="The category in the fideslang taxonomy.")
    dpv_iri: str = strawberry.field(description="The term in the W3C Data Privacy Vocabulary.")
    created_at: datetime = strawberry.field(description="When it was added.")
    named: strawberry.Private[dict[str, str]]
    where: strawberry.Private[dict[str, str]]

    @classmethod
    def of(cls, row: categories.Category) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            key=row.key,
            sensitivity=Data(row.sensitivity),
            fideslang_key=row.fideslang_key,
            dpv_iri=row.dpv_iri,
            created_at=row.created_at,
            named=row.names,
            where=row.sensitivity_by_jurisdiction,
        )

    @strawberry.field(description="Its name in your language.")
    def name(self, info: Info) -> str:
        """Chosen by the language of the request."""
        return in_locale(self.named, info)

    @strawberry.field(description="Its name in every language.", metadata={"weight": Weight(items=3)})
    def names(self) -> list[LocalText]:
        """By language."""
        return LocalText.all_of(self.named)

    @strawberry.field(
        description="Where the law sees it otherwise than `sensitivity`.",
        metadata={"weight": Weight(items=6)},
    )
    def sensitivity_by_jurisdiction(self) -> list[SensitivityThere]:
        """In the order of the law's own list."""
        return [
            SensitivityThere(jurisdiction=place, sensitivity=Data(self.where[place]))
            for place in Jurisdiction
            if place in self.where
        ]


async def categories_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Category]:
    """Many at once."""
    return {key: Category.of(row) for key, row in (await categories.by_ids(ask, ids)).items()}


@strawberry.input(description="Which categories.")
class CategoryFilter:
    """All that is given must hold."""

    sensitivity: Data | None = strawberry.field(default=None, description="Of this sensitivity by default.")


@strawberry.input(description="How special a kind of data is under one law.")
class SensitivityThereInput:
    """Where it differs."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    sensitivity: Data = strawberry.field(description="How special it is there.")


@strawberry.input(description="A category of one's own to add.")
class CategoryAddInput:
    """A kind of data the standard ones do not have."""

    key: str = strawberry.field(description="Its key, e.g. `tenancy-history`.")
    names: list[LocalTextInput] = strawberry.field(description="Its name, in one language at least.")
    fideslang_key: str = strawberry.field(
        description="The fideslang category it falls under, e.g. `user.contact`."
    )
    dpv_iri: str = strawberry.field(description="The term in the W3C Data Privacy Vocabulary.")
    sensitivity: Data = strawberry.field(default=Data.ORDINARY, description="How special it is by default.")
    sensitivity_by_jurisdiction: list[SensitivityThereInput] = strawberry.field(
        default_factory=list[SensitivityThereInput], description="Where the law sees it otherwise."
    )


@strawberry.type(description="The category, as it stands after the act.")
class CategoryPayload(Payload):
    """Of `categoryAdd`."""

    category: Category | None = strawberry.field(default=None, description="The category.")


_Filter = Annotated[CategoryFilter | None, strawberry.argument(description="Which; by default all.")]
_Ref = Annotated[Reference, strawberry.argument(description="Its key or id.")]
_Add = Annotated[CategoryAddInput, strawberry.argument(description="The category.")]


@strawberry.type
class CategoryQueries:
    """Reading categories."""

    @asks(Operation.CATALOGUE_READ)
    async def category(self, ask: Ask, ref: _Ref) -> Category:
        """One category."""
        return Category.of(await categories.read(ask, reference(ref, "Category", "ref"), "ref"))

    @lists(Operation.CATALOGUE_READ, UUID)
    async def categories(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> CountedConnection[Category]:
        """Kinds of data, the standard ones and one's own, oldest first."""
        such = filter.sensitivity.value if filter and filter.sensitivity else None

        async def count(again: Ask) -> int:
            return await categories.count(again, sensitivity=such)

        return counted(
            window, await categories.page(ask, page_of(window), sensitivity=such), Category.of, count
        )


@strawberry.type
class CategoryMutations:
    """Adding categories."""

    @acts(Operation.CATALOGUE_WRITE)
    async def category_add(self, act: Act, input: _Add) -> CategoryPayload:
        """Add a category of one's own, for all organisations of this hub."""
        with within(input, "input", moved={"where": ("sensitivity_by_jurisdiction",)}):
            new = categories.NewCategory(
                key=input.key,
                names=by_locale(input.names, "names"),
                fideslang_key=input.fideslang_key,
                dpv_iri=input.dpv_iri,
                sensitivity=input.sensitivity.value,
                where={
                    each.jurisdiction.value: each.sensitivity.value
                    for each in input.sensitivity_by_jurisdiction
                },
            )
            row = await categories.add(act, new)
        return CategoryPayload(category=Category.of(row))
