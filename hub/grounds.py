"""What a purpose stands on: its lawful basis in each jurisdiction, and the purposes it is related to.

A relation is directed: this purpose is DIRECTLY related, or RELATED, to another one, so that whoever was told
of the other would expect this one (APP 6.2(a)).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub import catalogue, inputs
from hub.act import Act, Ask
from hub.catalogue import Ref
from hub.db import new_id
from hub.errors import invalid
from hub.models import Purpose, PurposeBasis, PurposeRelation
from hub.policy.values import Basis, Jurisdiction


class Relatedness(StrEnum):
    """How closely one purpose is related to another."""

    DIRECTLY = "DIRECTLY"
    RELATED = "RELATED"


@dataclass(frozen=True, slots=True)
class Ground:
    """The justification in one jurisdiction. special_condition: the one in law that covers special data."""

    jurisdiction: str
    basis: str
    special_condition: str | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """To which other purpose, by id or key, and how closely."""

    to: Ref
    kind: str


def check(grounds: Sequence[Ground]) -> list[Ground]:
    """Check the bases of a purpose: each jurisdiction once, with a basis that exists there."""
    inputs.unlike([ground.jurisdiction for ground in grounds], "jurisdiction", "bases")
    return [_ground(ground, place) for place, ground in enumerate(grounds)]


def _ground(ground: Ground, place: int) -> Ground:
    where = inputs.choice(Jurisdiction, ground.jurisdiction, "bases", place, "jurisdiction")
    basis = inputs.choice(Basis, ground.basis, "bases", place, "basis")
    if basis is Basis.RECOGNISED_INTEREST and where is not Jurisdiction.UK:
        raise invalid(
            "A recognised legitimate interest exists in the United Kingdom only (UK GDPR art 6(1)(ea)).",
            "bases",
            place,
            "basis",
        )
    condition = ground.special_condition
    if condition is not None:
        condition = inputs.line(condition, "bases", place, "special_condition", most=inputs.SENTENCE_LENGTH)
    explanation = inputs.text(ground.explanation, "bases", place, "explanation", empty=True)
    return Ground(where.value, basis.value, condition, explanation)


async def check_relations(act: Act, row: Purpose, wanted: Sequence[Relation]) -> list[tuple[UUID, str]]:
    """Check the relations of a purpose: other purposes of the same organisation, each once."""
    kinds = [
        inputs.choice(Relatedness, one.kind, "relations", place, "kind") for place, one in enumerate(wanted)
    ]
    if row.key in {one.to for one in wanted}:
        raise invalid("A purpose is not related to itself: leave that relation out.", "relations")
    some = [one.to for one in wanted]
    found = await catalogue.resolve(act, Purpose, some, "relations", organisation=row.organisation_id)
    if row.id in {other.id for other in found}:
        raise invalid("A purpose is not related to itself: leave that relation out.", "relations")
    inputs.unlike([other.key for other in found], "purpose", "relations")
    return [(other.id, kind.value) for other, kind in zip(found, kinds, strict=True)]


async def write(
    act: Act, row: Purpose, bases: list[Ground] | None, relations: list[tuple[UUID, str]] | None
) -> None:
    """Replace a purpose's bases and relations, each unless None."""
    if bases is not None:
        await PurposeBasis.filter(purpose_id=row.id).using_db(act.db).delete()
        await PurposeBasis.bulk_create([_basis_row(row, ground) for ground in bases], using_db=act.db)
    if relations is not None:
        await PurposeRelation.filter(purpose_id=row.id).using_db(act.db).delete()
        rows = [_relation_row(row, other, kind) for other, kind in relations]
        await PurposeRelation.bulk_create(rows, using_db=act.db)


def _relation_row(row: Purpose, other: UUID, kind: str) -> PurposeRelation:
    return PurposeRelation(id=new_id(), purpose_id=row.id, related_to_id=other, kind=kind)


def _basis_row(row: Purpose, ground: Ground) -> PurposeBasis:
    return PurposeBasis(
        id=new_id(),
        purpose_id=row.id,
        jurisdiction=ground.jurisdiction,
        basis=ground.basis,
        special_condition=ground.special_condition,
        explanation=ground.explanation,
    )


async def bases_of(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[PurposeBasis]]:
    """Read the bases of many purposes in one statement; purposes without any are left out."""
    return await catalogue.children(ask, PurposeBasis, "purpose_id", ids, "jurisdiction")


async def relations_of(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[PurposeRelation]]:
    """Read to what many purposes are related, in one statement; purposes without a relation are left out."""
    return await catalogue.children(ask, PurposeRelation, "purpose_id", ids, "id")
