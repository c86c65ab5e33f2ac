"""Typed problems: what a mutation could not do is part of its answer, not an error beside it."""

from typing import Annotated, Self

import strawberry
from strawberry.utils.str_converters import to_camel_case

from hub.errors import Code, Refusal
from schema.weights import Weight

RAISED = frozenset({Code.UNAUTHENTICATED, Code.UNAVAILABLE})
"""Refusals that concern the whole request: they appear under `errors`, everywhere."""

ProblemCode = strawberry.enum(
    Code, name="ProblemCode", description="What kind of problem: programs branch on this."
)


@strawberry.type(description="Why something could not be done. Nothing was changed.")
class Problem:
    """One refusal, as a client sees it."""

    code: Annotated[Code, ProblemCode] = strawberry.field(description="What kind of problem, for programs.")
    message: str = strawberry.field(description="What happened, where, and what to do next, for people.")
    path: list[str] = strawberry.field(
        description='The place in the input, outermost first, e.g. `["input", "questions", "3", "purpose"]`.'
    )

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """The problem that says what `refusal` says, with names as the schema spells them."""
        return cls(code=refusal.code, message=refusal.message, path=[spelt(each) for each in refusal.path])


def spelt(place: str | int) -> str:
    """A place in the input as the schema spells it."""
    return to_camel_case(place) if isinstance(place, str) else str(place)


@strawberry.interface(description="What every mutation answers: its result, or what stood in the way.")
class Payload:
    """Extend this; every further field needs a default: a refused mutation has nothing else to show."""

    problems: list[Problem] = strawberry.field(
        default_factory=list[Problem],
        description="Empty when it was done. Otherwise nothing was changed.",
        metadata={"weight": Weight(items=1)},
    )
