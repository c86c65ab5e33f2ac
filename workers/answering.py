"""The door for answers that come later: a system posts what came of a step, with the token that it was given.

The token is a MAC over the step, its operation and its attempt, so there is nothing to look up and nothing to guess. An
answer that was noted before, or comes when the step has ended, changes nothing and is thanked for all the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hub.act import Act, Hub
from hub.actors import STRANGER, Operation, helper
from hub.errors import PASSING, Refusal
from hub.problems import problem
from hub.rights import fulfilling, systems
from hub.rights.outcomes import Operation as Asked
from hub.rights.outcomes import Settled, Step, StepState

if TYPE_CHECKING:
    from workers.connectors.connector import Outcome

ANSWERS_PATH: Final = "/connectors/answers"
FORGED: Final = "The token is not of this step and its last attempt."
GARBAGE: Final = "This is none of the answers agreed: nothing was noted. Post what the description says."
LATER: Final = "This cannot be noted now. Post it again in a moment."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A step that waits for an answer. dataset: the file that describes its system."""

    step: Step
    organisation_id: UUID
    dataset: str
    key: bytes


def routes(hub: Hub) -> list[Route]:
    """The one address to which systems post answers."""
    path, name = f"{ANSWERS_PATH}/{{step}}", Operation.STEP_ANSWER.value
    return [Route(path, _endpoint(hub), methods=["POST"], name=name)]


def _endpoint(hub: Hub) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return await _answer(hub, request)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        except Refusal as refusal:
            if refusal.code not in PASSING:  # posting it again would change nothing
                log.warning("answer.refused", reason=refusal.code.value)
                return Response(status_code=HTTPStatus.NO_CONTENT)
            said = {"retry-after": "5"}
            return problem(request.scope, HTTPStatus.SERVICE_UNAVAILABLE, LATER, said)

    return respond


async def _answer(hub: Hub, request: Request) -> Response:
    awaited = await _awaited(hub, request.path_params["step"], request.headers.getlist("authorization"))
    if awaited is None:
        return problem(request.scope, HTTPStatus.UNAUTHORIZED, FORGED, {"www-authenticate": "Bearer"})
    outcome = _read(await request.body(), awaited)
    if outcome is None:
        return problem(request.scope, HTTPStatus.UNPROCESSABLE_ENTITY, GARBAGE)
    actor = helper(awaited.organisation_id, awaited.step.system_id)
    await hub.perform(actor, Operation.STEP_ANSWER, partial(_note, step=awaited.step, outcome=outcome))
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _awaited(hub: Hub, named: str, headers: list[str]) -> Awaited | None:
    """The step that a token is good for; None for every other, known or not."""
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    step_id = _uuid(named)
    if step_id is None or scheme.lower() != "bearer":
        return None
    async with hub.ask(STRANGER, Operation.STEP_ANSWER) as ask:
        found = await systems.asked(ask, step_id)
        if found is None:
            return None
        step, organisation_id, dataset = found
        key = systems.connector_key(ask, organisation_id)
    return Awaited(step, organisation_id, dataset, key) if _is_ours(key, token, step) else None


def _is_ours(key: bytes, token: str, step: Step) -> bool:
    from workers.connectors.connector import Operation as Called  # noqa: PLC0415 - as below
    from workers.connectors.http.callbacks import is_callback  # noqa: PLC0415

    return is_callback(key, token, step.id, Called[step.operation.name], step.attempts)


def _read(body: bytes, awaited: Awaited) -> "Outcome | None":
    """What the system says; None for what means nothing."""
    from workers.connectors.connector import Broken, Done  # noqa: PLC0415 - web servers that never hear of one do without
    from workers.connectors.dataset_files import read_once  # noqa: PLC0415
    from workers.connectors.datasets import Unusable  # noqa: PLC0415
    from workers.connectors.http.answers import read_answer  # noqa: PLC0415

    try:
        outcome = read_answer(body, read_once(awaited.dataset), awaited.key)
    except Unusable:  # the file that describes the system was changed into one that cannot be read
        return None
    is_rehearsed = isinstance(outcome, Done) and outcome.evidence.is_dry_run
    return None if isinstance(outcome, Broken) or is_rehearsed else outcome


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _note(act: Act, step: Step, outcome: "Outcome") -> None:
    from workers.settling import settled  # noqa: PLC0415 - as above

    came = settled(outcome, act.at, step.attempts)
    if step.operation is Asked.EXPORT and came.state is StepState.DONE:
        came = Settled(StepState.WAITING_ON_OTHERS, next_at=act.at)  # rows come only when they are asked for
    await fulfilling.answer(act, step.id, step.attempts, came)
