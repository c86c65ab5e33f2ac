"""Telling past recipients: whoever received a person's data hears of its deletion, correction or restriction.

Who has to hear of what is the law's to say (`tells` in ``law.toml``); a deletion is told everywhere, as a house rule
where no law asks for it. Each recipient is a step of the request, which ends with what they said, or with why they
need not be told: a code that the law of the customer accepts. It is told by a letter with a link where their contact
names an email address, and otherwise by hand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub import disclosures, inputs, merges
from hub.act import Act, Ask
from hub.db import new_id
from hub.disclosures import PastRecipient
from hub.errors import Code, Refusal, invalid
from hub.partners import rechecking
from hub.policy.values import Jurisdiction
from hub.rights import feeding, mailing, sealed
from hub.rights.law import RIGHTS, Telling
from hub.rights.outcomes import Operation
from hub.rights.requests import Request
from hub.rights.values import Kind, Told, Unless

TOLD_OF: Final = frozenset({Operation.ERASE, Operation.CORRECT, Operation.RESTRICT})


class Excuse(StrEnum):
    """Why a recipient need not be told."""

    IMPOSSIBLE = "IMPOSSIBLE"
    DISPROPORTIONATE = "DISPROPORTIONATE"
    IMPRACTICABLE = "IMPRACTICABLE"
    UNLAWFUL = "UNLAWFUL"
    NO_EFFECT = "NO_EFFECT"


EXCUSES: Final[Mapping[Unless, frozenset[Excuse]]] = {
    Unless.NEVER: frozenset(),
    Unless.IMPOSSIBLE: frozenset({Excuse.IMPOSSIBLE}),
    Unless.IMPOSSIBLE_OR_DISPROPORTIONATE: frozenset({Excuse.IMPOSSIBLE, Excuse.DISPROPORTIONATE}),
    Unless.IMPRACTICABLE_OR_UNLAWFUL: frozenset({Excuse.IMPRACTICABLE, Excuse.UNLAWFUL}),
}
"""What each law accepts; where it asks only whether decisions change, that they do not."""
UNREACHED: Final = (
    "No email address of theirs is known: tell them in another way, and say here what they answer."
)
HOUSE: Final = Telling(Told.EACH_RECIPIENT, Unless.IMPOSSIBLE_OR_DISPROPORTIONATE, "house rule")
ON_REQUEST: Final = Telling(Told.ON_REQUEST, Unless.IMPOSSIBLE_OR_DISPROPORTIONATE, "house rule")


@dataclass(frozen=True, slots=True)
class Duty:
    """That a recipient is to be told, and what would excuse from it."""

    recipient: PastRecipient
    excuses: tuple[Excuse, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """A recipient's step of a request. excuses: codes that would do; excuse: the one that was given."""

    step_id: UUID
    recipient_id: UUID
    excuses: tuple[str, ...]
    excuse: str | None


_ADD: Final = """
    WITH new AS (
        SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bool[],
            $8::text[]) AS new (id, recipient_id, name, excuses, is_reached, why)
    ), step AS (
        INSERT INTO rights_step (id, request_id, name, kind, operation, stage, state, why, planned_at)
        SELECT new.id, $1, new.name, CASE WHEN new.is_reached THEN 'EMAIL' ELSE 'MANUAL' END, $2, 1, 'WAITING',
            CASE WHEN NOT new.is_reached THEN new.why END, $9 FROM new
    )
    INSERT INTO rights_telling (step_id, recipient_id, excuses)
    SELECT new.id, new.recipient_id, string_to_array(new.excuses, ' ') FROM new
"""
_OF: Final = """
    SELECT s.request_id, t.step_id, t.recipient_id, t.excuses, t.excuse FROM rights_telling t
    JOIN rights_step s ON s.id = t.step_id WHERE s.request_id = ANY ($1) ORDER BY s.request_id, s.id
"""
_OPEN: Final = """
    SELECT t.recipient_id, t.step_id FROM rights_telling t JOIN rights_step s ON s.id = t.step_id
    WHERE s.request_id = $1 AND s.ended_at IS NULL
"""
_EXCUSES: Final = "SELECT excuses FROM rights_telling WHERE step_id = $1"
_EXCUSE: Final = "UPDATE rights_telling SET excuse = $2 WHERE step_id = $1"


async def plan(act: Act, request: Request, operation: Operation) -> int:
    """Plan a step for each past recipient who has to hear of it; returns how many.

    Who signs in reads it in its feed, who has an email address is written to; of the others somebody here has to find
    out how they are told.
    """
    if operation not in TOLD_OF or request.customer_id is None:
        return 0
    family = (await merges.families(act, [request.customer_id]))[request.customer_id]
    past = await disclosures.past_recipients(act, list(family), request.organisation_id)
    content, _ = await sealed.contents(act, request.id)
    duties = owed(request.jurisdictions, request.kind, past, is_wished=bool(content.get("tells_recipients")))
    if duties:
        await _add(act, request, operation, duties, family)
    return len(duties)


async def _add(
    act: Act, request: Request, operation: Operation, duties: Sequence[Duty], family: Sequence[UUID]
) -> None:
    """Write the steps: who signs in is told by its feed, who has an email address is written to."""
    step_of = {each.recipient.id: new_id() for each in duties}
    reading = await feeding.readers(act, list(step_of))
    reached = [
        each.recipient.id not in reading
        and mailing.recipient(each.recipient.contact, each.recipient.country) is not None
        for each in duties
    ]
    await act.execute(
        _ADD, request.id, operation, list(step_of.values()), list(step_of),
        [each.recipient.name for each in duties], [" ".join(each.excuses) for each in duties], reached,
        [feeding.WHY if each in reading else UNREACHED for each in step_of], act.at,
    )  # fmt: skip
    if operation is not Operation.CORRECT:
        await feeding.tell(
            act, operation, family, {each: step_of[each] for each in step_of if each in reading}
        )


async def lifted(act: Act, request: Request, family: Sequence[UUID], told: Collection[UUID]) -> None:
    """Plan a step for each of these past recipients, who were told by letter or by hand that it may not be used.

    Who reads by itself is not among them: what it was told to stop using may be used again as its feed decides.
    """
    past = await disclosures.past_recipients(act, family, request.organisation_id) if told else []
    duties = [Duty(each, tuple(Excuse)) for each in past if each.id in told]
    reading = await feeding.readers(act, [each.recipient.id for each in duties])
    left = [each for each in duties if each.recipient.id not in reading]
    if left:
        await _add(act, request, Operation.LIFT, left, family)


async def corrected(act: Act, request: Request) -> None:
    """Tell those who read by themselves, once the new values are there to be fetched: by the act that wrote them."""
    if request.customer_id is None:
        return
    family = (await merges.families(act, [request.customer_id]))[request.customer_id]
    await rechecking.at_once(act, family)
    step_of = {row["recipient_id"]: row["step_id"] for row in await act.rows(_OPEN, request.id)}
    reading = await feeding.readers(act, list(step_of))
    await feeding.tell(
        act, Operation.CORRECT, family, {each: step_of[each] for each in step_of if each in reading}
    )


def owed(places: Sequence[str], kind: Kind, past: Sequence[PastRecipient], *, is_wished: bool) -> list[Duty]:
    """Who of these has to be told by one of these laws; what excuses must be accepted by each that asks for it."""
    laws = [RIGHTS[Jurisdiction(place), kind].tells or _house(kind) for place in places]
    duties: list[Duty] = []
    for each in past:
        asking = [telling for telling in laws if _concerns(telling, each, is_wished=is_wished)]
        if asking:
            accepted = [code for code in Excuse if all(code in _excuses(telling) for telling in asking)]
            duties.append(Duty(each, tuple(accepted)))
    return duties


def _house(kind: Kind) -> Telling:
    return HOUSE if kind is Kind.DELETION else ON_REQUEST


def _concerns(telling: Telling, recipient: PastRecipient, *, is_wished: bool) -> bool:
    match telling.who:
        case Told.ON_REQUEST:
            return is_wished
        case Told.CONTRACTORS:
            return is_wished or "PROCESSOR" in recipient.kinds
        case Told.CONTRACTORS_AND_BUYERS:
            return (
                is_wished or "PROCESSOR" in recipient.kinds or not recipient.acts.isdisjoint({"SELL", "POOL"})
            )
        case _:
            return True


def _excuses(telling: Telling) -> frozenset[Excuse]:
    extra = {Excuse.NO_EFFECT} if telling.who is Told.WHERE_DECISIONS_CHANGE else set[Excuse]()
    return EXCUSES[telling.unless] | extra


async def of_many(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, dict[UUID, Heard]]:
    """Read the recipients of many requests by one statement: by request, by step."""
    found: dict[UUID, dict[UUID, Heard]] = {request_id: {} for request_id in ids}
    for row in await ask.rows(_OF, list(ids)):
        heard = Heard(row["step_id"], row["recipient_id"], tuple(row["excuses"]), row["excuse"])
        found[row["request_id"]][heard.step_id] = heard
    return found


async def excuse(act: Act, step_id: UUID, code: str) -> Excuse:
    """Note why a recipient is not told; INVALID where the law accepts no such reason. The step is the caller's."""
    excuses = await act.value(_EXCUSES, step_id)
    if excuses is None:
        raise Refusal(Code.CONFLICT, "This step tells no recipient: skip it instead.", ("step",))
    given = inputs.choice(Excuse, code, "excuse")
    if given not in excuses:
        accepted = ", ".join(excuses) or "none"
        raise invalid(f"Here the law accepts: {accepted}.", "excuse")
    await act.execute(_EXCUSE, step_id, given)
    return given
