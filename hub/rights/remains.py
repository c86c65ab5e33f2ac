"""What a deletion erased, what it left, and what others said who had received it: read from the steps' evidence.

What stays is said with the ground on which it stays and until when: an exception of the law (``reasons.toml``), a
duty that one of the organisation's purposes rests on, or what a system's description gives as its own reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from babel.dates import format_date

from hub.act import Ask
from hub.letters.templates import speaks
from hub.rights import reasons, steps, telling, untouched
from hub.rights.outcomes import LEFT_OUT, Operation, Step, StepKind, StepState
from hub.rights.telling import Heard
from hub.rights.untouched import Untouched
from hub.texts import texts

LINES_MOST: Final = 25
"""Lines of a kind in a letter; the page shows all."""
INTERNAL: Final = frozenset({"primary_key", "read_only"})
"""Grounds of connectors for numbers that say nothing once the rest is gone."""
TEXTS: Final = texts(Path(__file__).parent / "remains.toml")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased in one place. fields: names, where the system tells them."""

    system: str
    what: str
    rows: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stays:
    """What stays in one place. ground: a code of the law's exceptions, or a system's own word. until: its last day.

    names: per language, of a purpose whose duty it is; empty for what a system keeps.
    """

    system: str
    what: str
    ground: str
    until: date | None
    rows: int | None = None
    fields: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of telling a past recipient. said: CONFIRMED, NOTHING_HELD, REFUSED, NOT_TOLD, WAITING.

    excuses: codes for which they need not be told; excuse: the one that was given.
    """

    recipient: str
    recipient_id: UUID
    step_id: UUID
    said: str
    excuses: tuple[str, ...] = ()
    excuse: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A system where nothing was done. cause: OFF, it was switched off; CANNOT, it answered so; SAID, people said why.

    whose: OURS, the hub itself; EVERYWHERE, what a person looks through where no system is connected; else empty.
    ground: a code of the law's grounds, if what is there stays by one.
    """

    system: str
    why: str
    cause: str
    whose: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of it."""

    erased: tuple[Erased, ...]
    stays: tuple[Stays, ...]
    recipients: tuple[Answered, ...]
    left_out: tuple[LeftOut, ...]
    untouched: tuple[Untouched, ...] = ()


_SAID: Final[Mapping[StepState, str]] = {
    StepState.DONE: "CONFIRMED", StepState.NOTHING: "NOTHING_HELD", StepState.REFUSED: "REFUSED",
    StepState.SKIPPED: "NOT_TOLD",
}  # fmt: skip


def outcome(planned: Sequence[Step], heard: Mapping[UUID, Heard]) -> Outcome:
    """Read what came of a request. heard: its recipients, by step."""
    own = [each for each in planned if each.id not in heard and each.kind is not StepKind.WAY]
    return Outcome(
        tuple(one for each in own for one in _erased(each)),
        tuple(one for each in own for one in _stays(each)),
        tuple(_answered(each, heard[each.id]) for each in planned if each.id in heard),
        tuple(left_out(each) for each in own if each.state in LEFT_OUT),
        untouched.of(own),
    )


def left_out(step: Step) -> LeftOut:
    """What was left out, and by what cause: only what people said is said in their words."""
    cause = "OFF" if step.why == steps.DISABLED else "CANNOT" if step.is_asked else "SAID"
    if cause == "CANNOT" and step.state is StepState.SKIPPED:
        cause = "SAID"
    whose = "OURS" if step.kind is StepKind.HUB else "" if step.system_id else "EVERYWHERE"
    return LeftOut(step.name, step.why or "", cause, whose, (step.evidence or {}).get("ground", ""))


def _erased(step: Step) -> Iterator[Erased]:
    evidence = step.evidence or {}
    if step.operation is not Operation.ERASE or step.state is not StepState.DONE:
        return
    for place in evidence.get("places", ()):
        changed = tuple(sorted(place.get("fields", {})))
        if place["rows"]:
            yield Erased(step.name, place["collection"], place["rows"], changed)
    rows: Any = evidence.get("rows") or {}
    counted: dict[str, int] = {"records": rows} if isinstance(rows, int) else rows
    yield from (Erased(step.name, name, number) for name, number in counted.items())


def _stays(step: Step) -> Iterator[Stays]:
    evidence = step.evidence or {}
    for kept in evidence.get("kept", ()):
        if kept["ground"] not in INTERNAL and kept["rows"]:
            until = date.fromisoformat(kept["until"]) if kept.get("until") else None
            fields = tuple(kept.get("fields", ()))
            yield Stays(step.name, kept["collection"], kept["ground"], until, kept["rows"], fields)
    for duty in evidence.get("duties", ()):
        until = date.fromisoformat(duty["until"]) if duty["until"] else None
        yield Stays(
            step.name, duty["purpose"], "LEGAL_DUTY", until, None, tuple(duty["categories"]), duty["names"]
        )


def _answered(step: Step, heard: Heard) -> Answered:
    said = _SAID.get(step.state, "WAITING")
    return Answered(step.name, heard.recipient_id, step.id, said, heard.excuses, heard.excuse, step.why)


# --- in words ---------------------------------------------------------------------------------------------------------


def lines(found: Outcome, locale: str) -> list[str]:
    """Say to the customer what was erased, what stays, what was not done and what recipients said."""
    said = TEXTS[speaks(locale)]
    kept = [stays_in_words(each, locale) for each in found.stays]
    told = [answer_in_words(each, locale) for each in found.recipients]
    parts = [
        ("erased", erased_in_words(found, locale)),
        ("stays", kept),
        ("undone", undone_in_words(found, locale)),
        ("recipients", told),
    ]
    return [
        line for name, several in parts if several for line in (said[name], *_most(several, said["more"]), "")
    ][:-1]


def erased_in_words(found: Outcome, locale: str) -> list[str]:
    """In which systems something was erased, and how many records."""
    said = TEXTS[speaks(locale)]
    rows: dict[str, int] = {}
    for each in found.erased:
        rows[each.system] = rows.get(each.system, 0) + each.rows
    names = {steps.OWN: said["whose_OURS"], steps.ELSEWHERE: said["whose_EVERYWHERE"]}
    return [
        said["erased_in"].format(system=names.get(system, system), rows=many) for system, many in rows.items()
    ]


def undone_in_words(found: Outcome, locale: str) -> list[str]:
    """What was left out, and what was left as it is, each as a sentence or two."""
    said = TEXTS[speaks(locale)]
    left = [
        said["left_out"].format(system=system, why=why)
        for system, why in (left_in_words(each, locale) for each in found.left_out)
    ]
    return left + [untouched.in_words(each, locale) for each in found.untouched]


def stays_in_words(stays: Stays, locale: str) -> str:
    """One thing that stays, as a sentence or two."""
    said = TEXTS[speaks(locale)]
    until = stays.until and format_date(stays.until, "long", locale=speaks(locale))
    name = ("duty" if stays.names else "stays") + ("_until" if until else "_open")
    what = stays.names.get(speaks(locale)) or stays.names.get("en") or stays.what
    return said[name].format(what=what, system=stays.system, until=until, why=why(stays.ground, locale))


def left_in_words(left: LeftOut, locale: str) -> tuple[str, str]:
    """What was left out and why, in the customer's language; what people wrote stands as they wrote it."""
    said = TEXTS[speaks(locale)]
    system = said[f"whose_{left.whose}"] if left.whose else left.system
    given = left.why if left.cause == "SAID" else said[f"cause_{left.cause}"]
    return system, f"{why(left.ground, locale)} {given}" if left.ground else given


def why(ground: str, locale: str) -> str:
    """Say a ground to the customer: the law's sentence for its codes, and otherwise the system's own word."""
    code = ground.upper()
    if code in GROUNDS:
        return reasons.reason(code, speaks(locale)).customer
    return TEXTS[speaks(locale)]["own_ground"].format(ground=ground.replace("_", " "))


def answer_in_words(answered: Answered, locale: str) -> str:
    """What a recipient said, as a sentence."""
    said = TEXTS[speaks(locale)]
    name = f"excuse_{answered.excuse}" if answered.excuse else f"said_{answered.said}"
    return said[name].format(recipient=answered.recipient)


def _most(several: Sequence[str], more: str) -> list[str]:
    over = len(several) - LINES_MOST
    return [*several[:LINES_MOST], *([more.format(count=over)] if over > 0 else [])]


GROUNDS: Final = frozenset(reasons.WORDS["en"].reasons)
"""Codes of the law's grounds, anywhere."""


async def of_many(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Outcome]:
    """What came of many requests, by two statements. Whoever calls has seen the requests."""
    planned, heard = await steps.of_many(ask, ids), await telling.of_many(ask, ids)
    return {request_id: outcome(planned[request_id], heard[request_id]) for request_id in ids}
