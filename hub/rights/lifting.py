"""Lifting a granted restriction: the customer is told first, and some days later everybody who carried it out.

Until that day it can be kept. What restricted the same record anew goes before: nothing is lifted meanwhile, and what
was not lifted yet is left as it is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from hub import inputs, merges
from hub.act import Act
from hub.db import Record
from hub.errors import Code, Refusal
from hub.letters.templates import day_in_words, speaks
from hub.rights import steps, telling, timing, trying, writing
from hub.rights.outcomes import BY_PEOPLE, ENDED, Operation, Settled, StepKind, StepState
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.states import GRANTED, State
from hub.rights.steps import Planned
from hub.rights.values import Kind
from hub.texts import texts

NOTICE: Final = timedelta(days=7)
"""How long before it is lifted the customer hears of it. The law says before (art 18(3) GDPR); the days are ours."""
LIFTED_AT_A_TIME: Final = 100
MESSAGE_CHARACTERS: Final = 3_500
AGAIN: Final = "A new request restricts the same record."
REMOVED: Final = "This system is not connected any more."
TEXTS: Final = texts(Path(__file__).parent / "lifting.toml")

_WAS: Final = """
    SELECT was FROM rights_event WHERE request_id = $1 AND state = 'LIFTING' ORDER BY id DESC LIMIT 1
"""
_DUE: Final = """
    SELECT id FROM rights_request WHERE state = 'LIFTING' AND cools_until <= $1 ORDER BY cools_until LIMIT $2
"""
_GRANTED: Final = """
    SELECT reference FROM rights_request WHERE customer_id = ANY ($1) AND organisation_id = $2 AND kind = 'RESTRICTION'
      AND state IN ('ANSWERED', 'PARTLY_ANSWERED', 'LIFTING') ORDER BY id LIMIT 1
"""
# Whoever was last told to restrict, and did; what was left out after an attempt may have been done all the same.
_TOLD: Final = """
    SELECT * FROM (
        SELECT DISTINCT ON (s.system_id, t.recipient_id) s.system_id, t.recipient_id, s.name, s.operation, s.state,
            s.attempts, s.evidence ->> 'by' AS by
        FROM rights_step s JOIN rights_request r ON r.id = s.request_id
        LEFT JOIN rights_telling t ON t.step_id = s.id
        WHERE r.customer_id = ANY ($1) AND r.organisation_id = $2 AND s.operation IN ('RESTRICT', 'LIFT')
          AND s.kind NOT IN ('HUB', 'WAY') AND (s.operation = 'RESTRICT' OR s.state IN ('DONE', 'NOTHING'))
        ORDER BY s.system_id, t.recipient_id, s.planned_at DESC, s.id DESC) last
    WHERE operation = 'RESTRICT'
"""
_CARRIED_OUT: Final = f"""
    WITH told AS ({_TOLD})
    SELECT told.system_id, told.name, told.state = 'DONE' OR (told.state = 'SKIPPED' AND told.attempts > 0) AS is_done,
        c.kind, c.removed_at IS NOT NULL AS is_removed, c.disabled_at IS NOT NULL AS is_disabled,
        c.dataset IS NOT NULL AS is_described, coalesce(cardinality(c.refers_to) > 0, true) AS refers
    FROM told LEFT JOIN connected_system c ON c.id = told.system_id WHERE told.recipient_id IS NULL
    ORDER BY c.key
"""  # noqa: S608 - joined from constants
_RECIPIENTS: Final = f"""
    SELECT recipient_id FROM ({_TOLD}) told WHERE recipient_id IS NOT NULL AND state = 'DONE' AND by <> 'FEED'
"""  # noqa: S608
_STANDS: Final = """
    SELECT EXISTS (SELECT FROM rights_request r
        WHERE r.customer_id = ANY ($1) AND r.organisation_id = $2 AND r.id <> $3 AND r.kind = 'RESTRICTION'
          AND (r.state IN ('ANSWERED', 'PARTLY_ANSWERED') OR (r.state = 'LIFTING' AND r.cools_until IS NOT NULL)
            OR (r.closed_at IS NULL
                AND EXISTS (SELECT FROM rights_event e WHERE e.request_id = r.id AND e.kind = 'APPLIED'))))
"""
_OVERTAKEN: Final = """
    SELECT s.id, s.request_id, s.system_id, s.lease_until FROM rights_step s
    JOIN rights_request r ON r.id = s.request_id AND r.state = 'LIFTING'
    WHERE r.customer_id = $1 AND r.organisation_id = $2 AND s.ended_at IS NULL ORDER BY s.request_id, s.id
"""
_AFTER: Final = """
    UPDATE rights_step s SET next_at = n.lease_until
    FROM unnest($2::uuid[], $3::timestamptz[]) AS n (system_id, lease_until)
    WHERE s.request_id = $1 AND s.system_id = n.system_id AND s.state = 'WAITING'
"""


async def announce(act: Act, request_id: UUID, message: str) -> Request:
    """Tell the customer that a restriction will be lifted, from when on, and why; until then it can be kept."""
    why = inputs.text(message, "message", most=MESSAGE_CHARACTERS)
    request = await hold_request(act, request_id)
    if request.state is State.LIFTING:
        return request
    _require_granted(request)
    until = act.at + NOTICE
    said = notice(request, act.at, why)
    changes = {"cools_until": until}
    announced = await move(act, request, Move("LIFTING", State.LIFTING, message=said, changes=changes))
    await writing.tell_message(act, announced, said)
    return announced


def notice(request: Request, at: datetime, why: str) -> str:
    """What the customer is told at an instant, in their language, with the reason as staff give it."""
    language = speaks(request.locale)
    day = day_in_words(timing.local_day(request.jurisdictions[0], at + NOTICE), language)
    return f"{TEXTS[language]['notice'].format(day=day)}\n\n{why}".strip()


async def keep(act: Act, request_id: UUID) -> Request:
    """Keep what was to be lifted as it is, and tell the customer; CONFLICT once systems are being told."""
    request = await hold_request(act, request_id)
    if request.state is State.LIFTING and request.cools_until is None:
        raise Refusal(Code.CONFLICT, "It is being lifted already: open a new request.", ("request",))
    if request.state is not State.LIFTING:
        _require_granted(request)
        return request
    was = State(await act.value(_WAS, request.id))
    said = TEXTS[speaks(request.locale)]["kept"]
    changes = {"cools_until": None, "closed_at": request.closed_at}
    kept = await move(act, request, Move("KEPT", was, message=said, changes=changes))
    await writing.tell_message(act, kept, said)
    return kept


def _require_granted(request: Request) -> None:
    if request.kind is not Kind.RESTRICTION or request.state not in GRANTED:
        raise Refusal(Code.CONFLICT, "Only a restriction that was granted is lifted or kept.", ("request",))


async def require_none(act: Act, customer_id: UUID) -> None:
    """Refuse CONFLICT to lift by hand what was granted to a customer: they are to be told before."""
    family = (await merges.families(act, [customer_id]))[customer_id]
    granted = await act.value(_GRANTED, list(family), act.actor.organisation_id)
    if granted is not None:
        message = (
            f"Request {granted} restricts this record: lift that, so that the customer hears of it before."
        )
        raise Refusal(Code.CONFLICT, message, ("is_restricted",))


async def due(act: Act) -> list[Request]:
    """The restrictions whose day has come, held."""
    rows = await act.rows(_DUE, act.at, LIFTED_AT_A_TIME)
    held = [await hold_request(act, row["id"]) for row in rows]
    return [each for each in held if each.state is State.LIFTING and each.cools_until is not None]


async def begin(act: Act, request: Request) -> Request:
    """Plan a step for everybody who carried a restriction out; none but the hub's own where another one stands."""
    family = await _family(act, request)
    stands = bool(await act.value(_STANDS, family, request.organisation_id, request.id))
    body = {"stands": stands}
    begun = await move(act, request, Move("LIFTING_BEGAN", changes={"cools_until": None}, body=body))
    told: Sequence[Record] = [] if stands else await act.rows(_CARRIED_OUT, family, request.organisation_id)
    if not stands:
        heard = await act.rows(_RECIPIENTS, family, request.organisation_id)
        await telling.lifted(act, begun, family, {each["recipient_id"] for each in heard})
    asked, refers = _asked(told)
    own = Planned(steps.OWN, StepKind.HUB, Operation.LIFT)
    return await steps.plan_these(act, begun, Operation.LIFT, [*asked, own], refers=refers)


async def _family(act: Act, request: Request) -> list[UUID]:
    """All records of the customer; none where it never became known whose request it is."""
    if request.customer_id is None:
        return []
    return list((await merges.families(act, [request.customer_id]))[request.customer_id])


def _asked(told: Sequence[Record]) -> tuple[list[Planned], bool]:
    """Who did it is told; of connectors also who leads to another by what it holds. Whether some may lead."""
    connectors = [each for each in told if each["system_id"] and StepKind(each["kind"]) not in BY_PEOPLE]
    refers = steps.refer([each for each in connectors if not each["is_removed"]])
    return [_planned(each) for each in told if each["is_done"] or (refers and each in connectors)], refers


def _planned(told: Record) -> Planned:
    if told["system_id"] is None:
        return Planned(told["name"], StepKind.MANUAL, Operation.LIFT)
    why = REMOVED if told["is_removed"] else steps.DISABLED if told["is_disabled"] else None
    return Planned(told["name"], StepKind(told["kind"]), Operation.LIFT, told["system_id"], why=why)


async def overtake(act: Act, request: Request) -> list[Request]:
    """A new restriction goes before what lifts an older one: what was not lifted yet stays restricted.

    Where a system is being told to lift, the new restriction asks it only once that attempt is over. Returns the
    requests whose steps are left out by this.
    """
    rows = await act.rows(_OVERTAKEN, request.customer_id, request.organisation_id)
    under_way = [each for each in rows if each["lease_until"] and each["system_id"]]
    systems, leases = [each["system_id"] for each in under_way], [each["lease_until"] for each in under_way]
    await act.execute(_AFTER, request.id, systems, leases)
    overtaken: list[Request] = []
    for request_id in dict.fromkeys(each["request_id"] for each in rows):
        held = await hold_request(act, request_id)
        open_ones = [each for each in await steps.of(act, request_id) if each.state not in ENDED]
        left_out = Settled(StepState.SKIPPED, why=AGAIN)
        overtaken.append(await trying.note(act, held, [(each, left_out) for each in open_ones]))
    return overtaken
