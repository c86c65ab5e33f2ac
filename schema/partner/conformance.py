"""Trying oneself out before going live: started by a partner in the sandbox, and read step by step."""

from datetime import datetime
from typing import Annotated, Final, Self

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.partners import conforming
from hub.partners.conforming import ADVICE, How, Result, Run, Step
from schema.door import acts, asks
from schema.internal.places import within
from schema.internal.telling import told
from schema.problems import Payload
from schema.weights import Weight

SHOWN: Final = 10

told(
    Step, "ConformanceStep", "What you have to show, in this order.",
    LISTENS="An endpoint of yours listens to `withdrawals.available` and has echoed its token.",
    ANSWERS="You take a message that is signed right, in time.",
    REFUSES_FORGED="You refuse one that is signed wrong.",
    REFUSES_OLD="You refuse one that is an hour old.",
    TAKES_AGAIN="You take one that comes a second time.",
    ACKNOWLEDGES="You acknowledge the withdrawal of somebody made up.",
)  # fmt: skip
told(
    How, "ConformanceHow", "How a step went.",
    PASSED="As it should.",
    FAILED="Not as it should: `todo` says what to do.",
    SKIPPED="It was not tried, as one before it failed.",
    WAITING="It waits for you.",
)  # fmt: skip


@strawberry.type(description="How one step went.")
class ConformanceResult:
    """Of a run."""

    step: Step = strawberry.field(description="Which.")
    how: How = strawberry.field(description="PASSED, FAILED, SKIPPED, or WAITING for you.")
    status: int | None = strawberry.field(description="The HTTP status of your answer; null: none came.")
    took_ms: int | None = strawberry.field(description="How many milliseconds your answer took.")
    todo: str | None = strawberry.field(description="What to do; null where it passed.")

    @classmethod
    def of(cls, row: Result) -> Self:
        """As the API shows it."""
        todo = None if row.how is How.PASSED else ADVICE[row.step]
        return cls(step=row.step, how=row.how, status=row.status, took_ms=row.took_ms, todo=todo)


@strawberry.type(description="One time that you were tried out.")
class ConformanceRun:
    """Its steps come once the messages were sent."""

    started_at: datetime = strawberry.field(description="When it was started.")
    until: datetime | None = strawberry.field(
        description="By when to acknowledge the withdrawal; null before it is made."
    )
    is_over: bool = strawberry.field(description="Whether nothing is waited for any more.")
    has_passed: bool = strawberry.field(description="Whether every step passed.")
    results: list[ConformanceResult] = strawberry.field(
        description="Each step, in order; none until the messages were sent.",
        metadata={"weight": Weight(items=6)},
    )

    @classmethod
    def of(cls, row: Run) -> Self:
        """As the API shows it."""
        return cls(
            started_at=row.started_at,
            until=row.until,
            is_over=row.is_over,
            has_passed=row.has_passed,
            results=[ConformanceResult.of(each) for each in row.results],
        )


@strawberry.input(description="How you want to be tried out.")
class StartConformanceInput:
    """Of a run."""

    minutes: int = strawberry.field(
        default=10, description="In how many minutes you acknowledge the withdrawal."
    )


@strawberry.type(description="The run, as it was started.")
class ConformancePayload(Payload):
    """Of `startConformance`."""

    run: ConformanceRun | None = strawberry.field(default=None, description="The run.")


_Start = Annotated[StartConformanceInput, strawberry.argument(description="How.")]


@strawberry.type
class ConformanceQueries:
    """Reading how it went."""

    @asks(Operation.CONFORMANCE_RUN, weight=Weight(items=SHOWN))
    async def conformance(self, ask: Ask) -> list[ConformanceRun]:
        """The last ten times that you were tried out, the latest first."""
        return [ConformanceRun.of(each) for each in await conforming.page(ask, SHOWN)]


@strawberry.type
class ConformanceMutations:
    """Starting one."""

    @acts(Operation.CONFORMANCE_RUN)
    async def start_conformance(self, act: Act, input: _Start) -> ConformancePayload:
        """Be tried out, in the sandbox: by messages that are right, forged and old, and by a withdrawal."""
        with within(input, "input"):
            row = await conforming.start(act, input.minutes)
        return ConformancePayload(run=ConformanceRun.of(row))
