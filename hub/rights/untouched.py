"""What systems left untouched though they ended their steps: where nobody could look, and what was not put right.

It is read from the evidence: collections that find people by something which is not known of this person
(``unreached``), and of a correction the places that hold the kind of data, and why they stay as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.letters.templates import speaks
from hub.rights.outcomes import BY_PEOPLE, Operation, Step, StepKind, StepState
from hub.texts import texts

TEXTS: Final = texts(Path(__file__).parent / "untouched.toml")
ENDED: Final = frozenset({StepState.DONE, StepState.NOTHING})
RIGHT_NOW: Final = frozenset({"corrected", "already so"})
"""What the evidence says of a field that holds the right value now."""
DIFFERS: Final = "differs"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Untouched:
    """Something of one system. what: as the system calls it. why: UNREACHED, NOWHERE or a word of the evidence.

    system: empty for what no system has a place for.
    """

    system: str
    what: str
    why: str


def of(planned: Sequence[Step]) -> tuple[Untouched, ...]:
    """Read it, system by system; what a correction found no place for at all comes last."""
    several = [each for each in planned if each.state in ENDED]
    found = [one for each in several for one in _of_one(each)]
    return (*dict.fromkeys(found), *(Untouched("", _plain(name), "NOWHERE") for name in _nowhere(several)))


def is_right_now(step: Step) -> bool:
    """Whether a step of a correction put something right; what people do is right when they say so."""
    evidence = step.evidence or {}
    fields = [word for place in evidence.get("places", ()) for word in place["fields"].values()]
    return step.state is StepState.DONE and (not fields or any(each in RIGHT_NOW for each in fields))


def is_uncorrected(planned: Sequence[Step]) -> bool:
    """Whether values were to be corrected, and nowhere they were."""
    several = [each for each in planned if each.operation is Operation.CORRECT and each.state in ENDED]
    is_asked = any((each.evidence or {}).get("left") or each.state is StepState.DONE for each in several)
    return is_asked and not any(is_right_now(each) for each in several)


def has_left(step: Step) -> bool:
    """Whether a correction found places in a system, and left all of them as they are."""
    return step.operation is Operation.CORRECT and not is_right_now(step) and any(_left(step))


def in_words(found: Untouched, locale: str) -> str:
    """It as a sentence or two, to the customer."""
    return TEXTS[speaks(locale)][found.why].format(what=found.what, system=found.system)


def _of_one(step: Step) -> Iterator[Untouched]:
    for name in (step.evidence or {}).get("unreached", ()):
        yield Untouched(step.name, _plain(name.partition(".")[2]), "UNREACHED")
    for name, why in _left(step):
        yield Untouched(step.name, _plain(name.partition(".")[2]), why)


def _left(step: Step) -> Iterator[tuple[str, str]]:
    """Places of a correction by name; a bare name is a field that the system has no place for."""
    evidence: Mapping[str, Any] = step.evidence or {}
    for place in evidence.get("places", ()) if step.operation is Operation.CORRECT else ():
        for name, word in place["fields"].items():
            if word == DIFFERS:
                yield f"{place['dataset']}.{place['collection']}.{name}", DIFFERS
    for name, why in evidence.get("left", {}).items():
        if why != UNKNOWN:
            yield name, why


def _nowhere(several: Sequence[Step]) -> list[str]:
    """Fields that no system has a place for; where people looked too, they may have put them right."""
    asked = [
        each for each in several if each.operation is Operation.CORRECT and each.kind is not StepKind.WAY
    ]
    if any(each.kind in BY_PEOPLE and each.state is StepState.DONE for each in asked):
        return []
    missing = [
        {name for name, why in (each.evidence or {}).get("left", {}).items() if why == UNKNOWN}
        for each in asked
        if each.kind not in BY_PEOPLE
    ]
    return sorted(set[str].intersection(*missing)) if missing else []


def _plain(name: str) -> str:
    """A collection, or a field of it, as people read it: `customers.born_on` becomes customers: born on."""
    return name.replace(".", ": ").replace("_", " ")
