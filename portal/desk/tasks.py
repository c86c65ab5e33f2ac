"""What staff do by hand: where to look and for whom, what was found, with its files, or why it cannot be done."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts
from hub.errors import Code, Refusal, not_found
from hub.rights import fulfilling, handed, handling, reasons, requests, steps, tasks, telling, workload
from hub.rights.outcomes import LEFT_OUT, StepState
from portal.desk import names
from portal.desk.deeds import wrong_of
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.situation import Situation, read, situation
from portal.forms import FILES, Form, Wrong
from portal.pages.answers import HOUR_SECONDS
from portal.pages.files import FULL, check_files
from portal.pages.task import FILES_ARE_FINDS, TO_DO
from portal.reader import Page
from portal.wording import N_

ROWS_DIGITS: Final = 7
OUTCOMES: Final = {
    StepState.DONE: N_("Found or done"),
    StepState.NOTHING: N_("Nothing found"),
    StepState.REFUSED: N_("It cannot be done"),
}


UPLOADS: Final = 60
"""Forms with a task's answer an hour from one member of staff."""


@shows(Operation.REQUEST_CONDUCT)
async def listed(reader: AtDesk) -> Page:
    """List what has to be done by hand, the soonest due first."""
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT) as ask:
        found = await workload.by_hand(ask)
    return Page("desk/tasks.html", {"tasks": found, "names": names})


async def show_task(reader: AtDesk) -> Page:
    """Show one: where to look, and what was asked."""
    step_id = step_of(reader)
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT, locale=reader.language) as ask:
        task = await workload.task(ask, step_id)
        now = await read(ask, await requests.by_reference(ask, task.reference))
        step = await steps.read(ask, step_id)
        shown = await tasks.shown(ask, now.request, step) if now.view else None
    return Page("desk/task.html", {
        "task": task, "now": now, "request": now.request, "names": names, "outcomes": OUTCOMES, "sent": reader.form,
        "shown": shown, "to_do": TO_DO[step.operation], "takes_files": step.operation in handed.TAKING,
    })  # fmt: skip


task = shows(Operation.REQUEST_CONDUCT)(show_task)


async def _spend(reader: AtDesk) -> None:
    """Read what may hold files only so often from one member of staff."""
    purse = attempts.purse(reader.hub, UPLOADS, "desk_files", str(reader.here.staff_id))
    await reader.spend(HOUR_SECONDS, purse)


@does(Operation.REQUEST_CONDUCT, again=show_task, files=_spend)
async def settle(reader: AtDesk) -> Response:
    """Say what was found or done, with the files that were found; with the last step the request moves on."""
    step_id, form = step_of(reader), reader.form
    state = StepState(form.choice("state", list(OUTCOMES), N_("Choose what came of it")))
    rows = _rows(form) if state is StepState.DONE else None
    why = form.text("why", N_("Say why, in plain words and naming nobody") if state in LEFT_OUT else "")

    if form.files and state is not StepState.DONE:
        raise Wrong("state", FILES_ARE_FINDS)
    files = await check_files(reader.hub, form)
    try:
        async with handed.keeping_by_hand(reader.hub, reader.actor, step_id, files) as kept:

            async def make(act: Act) -> dict[str, Any]:
                done = await handed.settle(act, step_id, state, rows, why, kept)
                return {"reference": done.reference}

            said = await reader.once(Operation.REQUEST_CONDUCT, make)
    except Refusal as refusal:
        if refusal.code is Code.LIMIT and files:
            raise Wrong(FILES, FULL) from None
        raise wrong_of(refusal) from None
    return reader.go("requests", said["reference"])


async def show_skip(reader: AtDesk) -> Page:
    """Ask why a system is left out, or why somebody who once received the data need not be told."""
    now, step_id = await situation(reader, Operation.REQUEST_CONDUCT), step_of(reader)
    step = next((each for each in now.steps if each.id == step_id), None)
    if step is None:
        raise not_found("step")
    return Page("desk/skip.html", {
        "step": step, "request": now.request, "names": names, "excuses": await _excuses(reader, now, step_id),
        "sent": reader.form, "grounds": _grounds(reader, now, step_id),
    })  # fmt: skip


def _grounds(reader: AtDesk, now: Situation, step_id: UUID) -> dict[str, str]:
    """On which grounds of the law what is there may stay as it is, in words; none where the law knows none."""
    codes = [code for each in now.steps if each.id == step_id for code in handling.grounds(now.request, each)]
    return {code: reasons.reason(code, reader.language).staff for code in codes}


async def _excuses(reader: AtDesk, now: Situation, step_id: UUID) -> Sequence[str] | None:
    """For which reasons the law lets a recipient go untold; None for a step that tells nobody."""
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT) as ask:
        heard = (await telling.of_many(ask, [now.request.id]))[now.request.id].get(step_id)
    return None if heard is None else heard.excuses


skipping = shows(Operation.REQUEST_CONDUCT)(show_skip)


@does(Operation.REQUEST_CONDUCT, again=show_skip)
async def skip(reader: AtDesk) -> Response:
    """Leave a system out, so that the request can still end in part; for a lawful excuse nothing is left out by it."""
    now, step_id = await situation(reader, Operation.REQUEST_CONDUCT), step_of(reader)
    excuses = await _excuses(reader, now, step_id) or ()
    excuse = reader.form.choice("excuse", ["", *excuses], N_("Choose one of the reasons"))
    grounds = ["", *_grounds(reader, now, step_id)]
    ground = reader.form.choice("ground", grounds, N_("Choose one of the reasons"))
    why = reader.form.text("why", N_("Say why, in plain words and naming nobody"))

    async def make(act: Act) -> dict[str, Any]:
        if excuse:
            await fulfilling.excuse(act, step_id, excuse, why)
        else:
            await fulfilling.skip(act, step_id, why, ground)
        return {}

    try:
        await reader.once(Operation.REQUEST_CONDUCT, make)
    except Refusal as refusal:
        raise wrong_of(refusal) from None
    return reader.go("requests", reader.request.path_params["reference"])


def step_of(reader: AtDesk) -> UUID:
    """The step that an address names; Refusal NOT_FOUND for what is no id."""
    try:
        return UUID(reader.request.path_params["step"])
    except ValueError:
        raise not_found("step") from None


def _rows(form: Form) -> int:
    said = form.one("rows").strip()
    if not (said.isascii() and said.isdecimal() and len(said) <= ROWS_DIGITS and int(said) > 0):
        raise Wrong("rows", N_("Say how many records it was, in digits: without that, nothing proves it"))
    return int(said)
