"""Defining purposes, changing and retiring them."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from hub import inputs, purposes
from hub.act import Act
from hub.actors import Operation
from hub.catalogue import Ref
from hub.grounds import Relatedness
from hub.policy.values import Basis, Jurisdiction, PurposeKind
from schema.door import acts
from schema.internal.places import within
from schema.internal.purposes import Purpose
from schema.internal.references import Reference, reference, references
from schema.internal.texts import LocalTextInput, by_locale
from schema.problems import Payload


@strawberry.input(description="What justifies a purpose in one jurisdiction.")
class PurposeBasisInput:
    """One justification."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    basis: Basis = strawberry.field(description="The justification.")
    special_condition: str | None = strawberry.field(
        default=None, description="The condition in law that covers special data."
    )
    explanation: str = strawberry.field(default="", description="Why it applies.")

    def ground(self) -> purposes.Ground:
        """As the hub takes it."""
        return purposes.Ground(self.jurisdiction, self.basis, self.special_condition, self.explanation)


@strawberry.input(description="To which other purpose this one is related.")
class PurposeRelationInput:
    """One relation."""

    to: Reference = strawberry.field(
        description="The other purpose, of which the customer was told: key or id."
    )
    kind: Relatedness = strawberry.field(description="How closely.")


@strawberry.input(description="A purpose to define.")
class PurposeDefineInput:
    """Why data is used."""

    key: str = strawberry.field(description="Its key, e.g. `referral`. It stays.")
    kind: PurposeKind = strawberry.field(description="What it is for. It stays.")
    names: list[LocalTextInput] = strawberry.field(description="Its name, in one language at least.")
    categories: list[Reference] = strawberry.field(description="The kinds of data it uses: keys or ids.")
    benefits: list[LocalTextInput] = strawberry.field(
        default_factory=list[LocalTextInput],
        description="What is in it for the customer, in the customer's words.",
    )
    departments: list[Reference] = strawberry.field(
        default_factory=list[Reference], description="The departments that may use the data: keys or ids."
    )
    bases: list[PurposeBasisInput] = strawberry.field(
        default_factory=list[PurposeBasisInput], description="What justifies it, each jurisdiction once."
    )
    relations: list[PurposeRelationInput] = strawberry.field(
        default_factory=list[PurposeRelationInput], description="The purposes it is related to."
    )
    retention_months: int | None = strawberry.field(
        default=None, description="How long data is kept for it after the relationship ends."
    )
    dpv_iri: str | None = strawberry.field(
        default=None, description="The term in the W3C Data Privacy Vocabulary."
    )


@strawberry.input(
    description="What is to be different about a purpose; what is left out stays, a list replaces all."
)
class PurposeChangeInput:
    """A change."""

    purpose: Reference = strawberry.field(description="Which: key or id.")
    names: list[LocalTextInput] | None = strawberry.field(default=None, description="Its names.")
    benefits: list[LocalTextInput] | None = strawberry.field(default=None, description="Its benefits.")
    categories: list[Reference] | None = strawberry.field(
        default=None, description="Its categories: keys or ids."
    )
    departments: list[Reference] | None = strawberry.field(
        default=None, description="Its departments: keys or ids."
    )
    bases: list[PurposeBasisInput] | None = strawberry.field(default=None, description="Its justifications.")
    relations: list[PurposeRelationInput] | None = strawberry.field(
        default=None, description="Its relations."
    )
    retention_months: int | None = strawberry.field(
        default=strawberry.UNSET, description="How long data is kept for it; null: nothing is decided."
    )
    dpv_iri: str | None = strawberry.field(default=strawberry.UNSET, description="Its term; null removes it.")


@strawberry.input(description="A purpose to retire.")
class PurposeRetireInput:
    """For good."""

    purpose: Reference = strawberry.field(description="Which: key or id.")


@strawberry.type(description="The purpose, as it stands after the act.")
class PurposePayload(Payload):
    """Of a mutation on one purpose."""

    purpose: Purpose | None = strawberry.field(default=None, description="The purpose.")


_Define = Annotated[PurposeDefineInput, strawberry.argument(description="The purpose.")]
_Change = Annotated[PurposeChangeInput, strawberry.argument(description="The change.")]
_Retire = Annotated[PurposeRetireInput, strawberry.argument(description="Which.")]


@strawberry.type
class PurposeMutations:
    """Changing purposes."""

    @acts(Operation.CATALOGUE_WRITE)
    async def purpose_define(self, act: Act, input: _Define) -> PurposePayload:
        """Define a purpose. Warnings about its wording come with it and do not stop it."""
        with within(input, "input"):
            row = await purposes.define(act, _new(input))
        return PurposePayload(purpose=Purpose.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def purpose_change(self, act: Act, input: _Change) -> PurposePayload:
        """Change a purpose that is not retired; its key and kind stay."""
        with within(input, "input"):
            named = reference(input.purpose, "Purpose", "purpose")
            row = await purposes.change(act, named, _changes(input))
        return PurposePayload(purpose=Purpose.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def purpose_retire(self, act: Act, input: _Retire) -> PurposePayload:
        """Retire a purpose for good: nothing new may rest on it. A second time changes nothing."""
        with within(input, "input"):
            row = await purposes.retire(act, reference(input.purpose, "Purpose", "purpose"))
        return PurposePayload(purpose=Purpose.of(row))


def _new(given: PurposeDefineInput) -> purposes.NewPurpose:
    return purposes.NewPurpose(
        key=given.key,
        kind=given.kind,
        names=by_locale(given.names, "names"),
        categories=references(given.categories, "Category", "categories"),
        benefits=by_locale(given.benefits, "benefits"),
        departments=references(given.departments, "Department", "departments"),
        bases=[each.ground() for each in given.bases],
        relations=_relations(given.relations),
        retention_months=given.retention_months,
        dpv_iri=given.dpv_iri,
    )


def _changes(given: PurposeChangeInput) -> purposes.Changes:
    unset = strawberry.UNSET
    return purposes.Changes(
        names=None if given.names is None else by_locale(given.names, "names"),
        benefits=None if given.benefits is None else by_locale(given.benefits, "benefits"),
        categories=_named(given.categories, "Category", "categories"),
        departments=_named(given.departments, "Department", "departments"),
        bases=None if given.bases is None else [each.ground() for each in given.bases],
        relations=None if given.relations is None else _relations(given.relations),
        retention_months=inputs.KEEP if given.retention_months is unset else given.retention_months,
        dpv_iri=inputs.KEEP if given.dpv_iri is unset else given.dpv_iri,
    )


def _named(given: Sequence[str] | None, kind: str, place: str) -> list[Ref] | None:
    return None if given is None else references(given, kind, place)


def _relations(given: Sequence[PurposeRelationInput]) -> list[purposes.Relation]:
    return [
        purposes.Relation(reference(each.to, "Purpose", "relations", place, "to"), each.kind)
        for place, each in enumerate(given)
    ]
