"""Steps that a person does by a link, without an account: whoever helps here, or a processor who is written to.

A letter carries the link; its token has 256 random bits, of which the hash alone is kept. It is good for one step and
one attempt, until it expires or the step ends. Looking at the link shows nothing personal and changes nothing, as
programs that look through mail open every link: only pressing a button shows whom it is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub import inputs
from hub.act import Act, Ask
from hub.db import Record
from hub.errors import Code, Refusal, invalid, not_found
from hub.rights import mailing, reaching, sealed, steps, systems, trying
from hub.rights.mailing import digest
from hub.rights.outcomes import ENDED, Operation, Settled, Step, StepState
from hub.rights.requests import Move, Request, move
from hub.rights.states import RESTING

ROWS_MOST: Final = 1_000_000
WHY_CHARACTERS: Final = steps.WHY_CHARACTERS

_ASKED = """
    UPDATE rights_step SET state = 'WAITING_ON_OTHERS', attempts = attempts + 1, asked_at = $2, next_at = $3,
        opened_at = NULL WHERE id = $1
"""
_FIND = f"""
    SELECT t.id, t.step_id, t.attempt, t.expires_at, s.request_id, r.organisation_id, o.name AS house, o.contact,
        r.reference, s.attempts, s.state, {steps.LIVE} AS is_live, s.operation, s.name, s.next_at, s.system_id,
        c.settings, p.contact AS recipient, p.country
    FROM rights_task t JOIN rights_step s ON s.id = t.step_id JOIN rights_request r ON r.id = s.request_id
    JOIN organisation o ON o.id = r.organisation_id LEFT JOIN connected_system c ON c.id = s.system_id
    LEFT JOIN rights_telling w ON w.step_id = s.id LEFT JOIN recipient p ON p.id = w.recipient_id
"""  # noqa: S608 - joined from constants
_ONE = f"{_FIND} WHERE t.digest = $1"
_LISTED = f"{_FIND} WHERE t.of_list = $1 ORDER BY r.due_on, s.id"
_OPENED = "UPDATE rights_task SET opened_at = coalesce(opened_at, $2) WHERE id = $1"
_STEP_OPENED = "UPDATE rights_step SET opened_at = coalesce(opened_at, $2) WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Task:
    """What a link leads to, without a word about whom. is_over: answered, ended or expired.

    is_recipient: it is about what somebody once received from us, and not about a place where they look for us.
    """

    organisation_id: UUID
    house: str
    contact: str
    reference: str
    system: str
    operation: Operation
    language: str
    expected_at: datetime | None
    is_over: bool
    is_recipient: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that a link leads to: each task with the token of its own."""

    tasks: tuple[tuple[str, Task], ...] = field(repr=False)

    @property
    def first(self) -> Task:
        """One of them: all are of one organisation, and in one language."""
        return self.tasks[0][1]


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom a task is about. identities: by kind, what is known of them; changes: by field, what is right."""

    identities: Mapping[str, tuple[str, ...]] = field(repr=False)
    changes: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody found or did. outcome: DONE, NOTHING or REFUSED. rows: of DONE, how many records.

    files: how many come with it.
    """

    outcome: str
    rows: int | None = None
    why: str = field(default="", repr=False)
    files: int = 0


async def write_to(act: Act, step_id: UUID) -> bool:
    """Write to whoever does a step, if there is an address and it is their turn; False where there is nothing to do."""
    request, step = await steps.hold(act, step_id)
    if request.is_over or request.state in RESTING or step.state is not StepState.WAITING:
        return False
    before = await steps.of(act, request.id)
    who = await mailing.whom(act, step)
    if who is None or any(each.stage < step.stage and each.state not in ENDED for each in before):
        return False
    await act.execute(_ASKED, step.id, act.at, act.at + mailing.EXPECTED)
    await mailing.ask_for(act, request, await steps.read(act, step.id), who)
    await move(act, request, Move("STEP_WAITS", body=_body(step, StepState.WAITING_ON_OTHERS)))
    return True


async def write_again(act: Act, request: Request, step: Step) -> None:
    """Write once more to whoever was asked; refused CONFLICT for a step that nobody was asked for."""
    who = await mailing.whom(act, step)
    if who is None or step.state is not StepState.WAITING_ON_OTHERS:
        raise Refusal(Code.CONFLICT, "Nobody was written to: settle this step by hand.", ("step",))
    await mailing.remind_of(act, who, [(request, step)])


async def look(ask: Ask, token: str) -> Task | Listed | None:
    """Read what a link leads to, one task or a list of them; None for a token that is none of ours."""
    row = await ask.row(_ONE, digest(token))
    if row is not None:
        return _task(ask, row)
    rows = await ask.rows(_LISTED, digest(token))
    listed = tuple((mailing.token_of(token, each["step_id"]), _task(ask, each)) for each in rows)
    return Listed(listed) if listed else None


def _task(ask: Ask, row: Record) -> Task:
    language = "en"
    if row["settings"] is not None:
        language = reaching.open_sealed(ask, row["system_id"], row["settings"]).language
    elif row["recipient"] is not None:
        language = mailing.language_of(row["country"])
    return Task(
        row["organisation_id"], row["house"], row["contact"], row["reference"], row["name"],
        Operation(row["operation"]), language,
        row["next_at"], is_over=not _is_live(ask, row), is_recipient=row["recipient"] is not None,
    )  # fmt: skip


async def request_of(ask: Ask, token: str) -> UUID:
    """The request of a link that is good; refused as `hold` does, without a lock."""
    row = await ask.row(_ONE, digest(token))
    if row is None:
        raise not_found("task")
    if not _is_live(ask, row):
        raise _over()
    return row["request_id"]


def _is_live(ask: Ask, row: Record) -> bool:
    is_due = row["is_live"] and row["attempt"] == row["attempts"] and row["expires_at"] > ask.at
    return is_due and StepState(row["state"]) not in ENDED


async def reveal(act: Act, token: str) -> Shown:
    """Show whom a task is about, and note when it was first asked for."""
    request, step = await hold(act, token)
    await act.execute(
        _OPENED, await act.value("SELECT id FROM rights_task WHERE digest = $1", digest(token)), act.at
    )
    await act.execute(_STEP_OPENED, step.id, act.at)
    await act.record("request.task_opened", request.customer_id, request=request.id, step=step.id)
    return await shown(act, request, step)


async def shown(ask: Ask, request: Request, step: Step) -> Shown:
    """By what a person can be found in a system: email, phone, its own number; of a correction, what is right."""
    key = await ask.value("SELECT key FROM connected_system WHERE id = $1", step.system_id)
    known = await systems.identities(ask, request)
    wanted = {kind: values for kind, values in known.items() if kind in {"email", "phone", key}}
    content, contact = await sealed.contents(ask, request.id)
    if not wanted and contact is not None:
        wanted = {"email": (contact,)}
    return Shown(wanted, content["changes"] if step.operation is Operation.CORRECT else {})


async def answer(act: Act, token: str, said: Said) -> Request:
    """Note what somebody says they found or did. The link is dead with that; CONFLICT where it was before."""
    request, step = await hold(act, token)
    done = inputs.choice(StepState, said.outcome, "outcome")
    if done not in {StepState.DONE, StepState.NOTHING, StepState.REFUSED}:
        raise invalid("Say DONE, NOTHING or REFUSED.", "outcome")
    if done is StepState.DONE and not 1 <= (said.rows or 0) <= ROWS_MOST:
        raise invalid("Say how many records it was: without that, nothing proves it.", "rows")
    why = inputs.text(said.why, "why", most=WHY_CHARACTERS, empty=done is not StepState.REFUSED)
    rows = said.rows or 0 if done is StepState.DONE else 0
    if said.files and done is not StepState.DONE:
        raise invalid("Only what was found is handed in: say DONE, or send no file.", "files")
    files = {"files": said.files} if said.files else {}
    evidence = None if done is StepState.REFUSED else {"by": "LINK", "rows": rows, **files}
    return await trying.note(act, request, [(step, Settled(done, evidence, why or None))])


async def hold(act: Act, token: str) -> tuple[Request, Step]:
    """Lock the step of a link that is good; NOT_FOUND for no link of ours, CONFLICT for one that is over."""
    row = await act.row(_ONE, digest(token))
    if row is None or act.actor.organisation_id not in {None, row["organisation_id"]}:
        raise not_found("task")
    request, step = await steps.hold(act, row["step_id"])
    if (
        request.is_over
        or step.state in ENDED
        or step.attempts != row["attempt"]
        or row["expires_at"] <= act.at
    ):
        raise _over()
    return request, step


def _over() -> Refusal:
    return Refusal(Code.CONFLICT, "This link is over.", ("task",))


def _body(step: Step, state: StepState) -> dict[str, Any]:
    return {"step": str(step.id), "system": step.name, "operation": step.operation, "outcome": state}
