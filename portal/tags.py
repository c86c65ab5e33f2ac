"""How something stands, in a word and a shape: the tags of requests and of their steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.rights import untouched
from hub.rights.conduct import Waiting
from hub.rights.outcomes import Operation, Step, StepState
from hub.rights.requests import Request
from hub.rights.states import State
from portal.wording import N_


@dataclass(frozen=True, slots=True)
class Tag:
    """shape: done, wait, late or off, as the style sheet draws it. word: in English, translated where it is shown."""

    shape: str
    word: str


_WAITING: Final[Mapping[str, Tag]] = {
    Waiting.OTHER_DETAILS: Tag("late", N_("We could not find you yet")),
    Waiting.IDENTITY: Tag("late", N_("We need to be surer that it is you")),
    Waiting.AUTHORITY: Tag("wait", N_("We look whether you may ask for them")),
    Waiting.CLARIFICATION: Tag("late", N_("We have asked you something")),
    Waiting.FEE: Tag("late", N_("We wait for the fee")),
}
_STATES: Final[Mapping[State, Tag]] = {
    State.VERIFYING: Tag("wait", N_("We check who asks")),
    State.GATHERING: Tag("wait", N_("We are gathering it")),
    State.DECIDING: Tag("wait", N_("We are looking at it")),
    State.COOLING_OFF: Tag("wait", N_("You can still take it back")),
    State.FULFILLING: Tag("wait", N_("We are doing it")),
    State.ANSWERED: Tag("done", N_("Done")),
    State.PARTLY_ANSWERED: Tag("done", N_("Done in part")),
    State.REFUSED: Tag("late", N_("Not done")),
    State.WITHDRAWN: Tag("off", N_("Taken back")),
    State.EXPIRED: Tag("off", N_("Ended")),
    State.LIFTING: Tag("wait", N_("Ends soon")),
    State.LIFTED: Tag("off", N_("Used again")),
}
_STEPS: Final[Mapping[StepState, Tag]] = {
    StepState.WAITING: Tag("wait", N_("Waiting")),
    StepState.RUNNING: Tag("wait", N_("At work")),
    StepState.WAITING_ON_OTHERS: Tag("wait", N_("Waiting")),
    StepState.FAILED: Tag("wait", N_("Trying again")),
    StepState.NOTHING: Tag("off", N_("Nothing there")),
    StepState.REFUSED: Tag("late", N_("Not done")),
    StepState.SKIPPED: Tag("off", N_("Left out")),
}
_DONE: Final[Mapping[Operation, str]] = {
    Operation.FIND: N_("Found"),
    Operation.EXPORT: N_("Found"),
    Operation.CORRECT: N_("Changed"),
    Operation.ERASE: N_("Deleted"),
    Operation.RESTRICT: N_("Not used"),
    Operation.LIFT: N_("Used again"),
}
_LEFT: Final = Tag("late", N_("Left as it is"))
"""What a correction found, and put right nowhere."""


def tag_of(request: Request) -> Tag:
    """How a request stands for its customer."""
    if request.waiting_for in _WAITING:
        return _WAITING[request.waiting_for]
    return _STATES.get(request.resumes_to or request.state, Tag("wait", N_("We have it")))


def tag_of_step(step: Step) -> Tag:
    """How a step stands for the customer."""
    if untouched.has_left(step):
        return _LEFT
    return _STEPS.get(step.state) or Tag("done", _DONE.get(step.operation, N_("Done")))
