"""What if: the same question about everybody today, and as it would be answered if a draft were so."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Final, Self

import strawberry

from hub import supposing
from hub.act import Ask
from hub.actors import Operation
from hub.errors import Refusal
from schema.door import asks
from schema.internal.coverage import Coverage
from schema.internal.crowds import Audience, CrowdQuestion, Such, such_of
from schema.internal.drafted import DraftInput, drafted
from schema.internal.questioning import about_question, crowd_question
from schema.internal.turns import turn
from schema.weights import Weight

COUNTING_TWICE: Final = Weight(points=6_000)
_PLACES: Final[dict[tuple[str | int, ...], tuple[str | int, ...]]] = {
    ("version",): ("draft", "version"),
    ("draft", "arrangement", "country"): ("draft", "arrangement", "destination"),
}
"""Where in the input stands what the hub names otherwise."""


@strawberry.type(description="The same question today and as supposed. Nothing is recorded, nobody is told.")
class Difference:
    """Before and after."""

    today: Audience | None = strawberry.field(
        description="How it is answered today; null where it cannot be asked without the draft."
    )
    supposed: Audience = strawberry.field(description="How it would be answered.")
    coverage: Coverage = strawberry.field(description="Where the customers would stand.")

    @classmethod
    def of(cls, found: supposing.Difference, at: datetime) -> Self:
        """As the API shows it."""
        return cls(
            today=Audience.of(found.today, at) if found.today else None,
            supposed=Audience.of(found.supposed, at),
            coverage=Coverage.of(found.coverage, at),
        )


@contextmanager
def _about_draft() -> Generator[None]:
    """Let refusals about what is supposed point into `draft`."""
    try:
        yield
    except Refusal as refusal:
        place = _PLACES.get(refusal.path, refusal.path)
        raise Refusal(refusal.code, refusal.message, place) from None


_Draft = Annotated[DraftInput, strawberry.argument(description="What is supposed.")]


@strawberry.type
class SupposingQueries:
    """Asking what if."""

    @asks(Operation.AUDIENCE_READ, weight=COUNTING_TWICE)
    async def what_if(
        self, ask: Ask, question: CrowdQuestion, draft: _Draft, such: Such = None
    ) -> Difference:
        """What a draft would change: the question may name what is only supposed."""
        with _about_draft(), about_question(), turn(ask):
            asked = await crowd_question(ask, question)
            found = await supposing.what_if(ask, asked, await drafted(ask, draft), such_of(such))
        return Difference.of(found, ask.at)
