"""The page of a task: what somebody without an account is asked to look for, and where they say what came of it.

Opening the link shows nothing personal and changes nothing. Whom it is about is shown when a button is pressed, and
that is noted.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from hub.act import Act, Hub
from hub.actors import STRANGER, Operation, helper
from hub.auth import attempts
from hub.errors import Code, Refusal
from hub.problems import problem
from hub.rights import handed, tasks
from hub.rights.mailing import PATH
from hub.rights.outcomes import Operation as Asked
from hub.rights.tasks import Listed, Said, Shown, Task
from hub.uploads import multipart
from portal import forms
from portal.door import FOREIGN, HEADERS, STATUSES, is_same_origin
from portal.forms import Form, Unreadable, Wrong
from portal.languages import LANGUAGES
from portal.pages.answers import HOUR_SECONDS
from portal.pages.files import UPLOADS_NETWORK, check_files
from portal.wording import ENGINES, N_

OUTCOMES: Final = ("DONE", "NOTHING", "REFUSED")
TO_DO: Final[Mapping[Asked, str]] = {
    Asked.FIND: N_("Look for everything that is held there about this person, and count the records."),
    Asked.EXPORT: N_("Look for everything that is held there about this person, and count the records."),
    Asked.CORRECT: N_("Put these values in the place of what stands there now, wherever they stand."),
    Asked.ERASE: N_(
        "Erase everything about this person that no law makes you keep. Say below what stays, and why."
    ),
    Asked.RESTRICT: N_("Mark everything about this person as not to be used. Keep it."),
    Asked.LIFT: N_(
        "Take the mark away that nothing about this person is to be used. It may be used again as before."
    ),
}
ASKED_OF_RECIPIENTS: Final[Mapping[Asked, str]] = {
    Asked.CORRECT: N_(
        "You once received information about this person from us. Some of it was wrong: put these values in its "
        "place, wherever it stands at yours."
    ),
    Asked.ERASE: N_(
        "You once received information about this person from us, and they asked us to erase it. Erase it too, unless "
        "a law makes you keep it. Say below what stays, and why."
    ),
    Asked.RESTRICT: N_(
        "You once received information about this person from us, and it may not be used for now. Mark it so, and keep "
        "it."
    ),
    Asked.LIFT: N_(
        "We once told you that information about this person may not be used for now. That is over: take the mark away."
    ),
}
"""What is asked of those who once received somebody's data."""
FILES_ARE_FINDS: Final = N_("You send files: choose that you found something, or send none")
LOOKING: Final = frozenset({Asked.FIND, Asked.EXPORT})
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Helper:
    """Whoever has a link. task: what it leads to; listed: of a list, all of them, each with its own token."""

    hub: Hub
    request: Request
    token: str
    task: Task
    listed: tuple[tuple[str, Task], ...] = ()

    @property
    def language(self) -> str:
        """As they chose, or else as we write to them."""
        chosen = self.request.query_params.get("lang", "")
        return chosen if chosen in LANGUAGES else self.task.language

    @property
    def takes_files(self) -> bool:
        """Whether what is found can be handed in as files."""
        return self.task.operation in handed.TAKING

    async def perform(self, body: Callable[[Act], Awaitable[Any]]) -> Any:
        """Act for this task, and for nothing else."""
        actor = helper(self.task.organisation_id, None)
        return await self.hub.perform(actor, Operation.STEP_ANSWER, body, locale=self.language)

    def page(self, template: str, status: int = HTTPStatus.OK, **given: Any) -> Response:
        """Render a page about the task."""
        path = self.request.url.path
        languages = [(code, name, f"{path}?lang={code}") for code, name in LANGUAGES.items()]
        words = ASKED_OF_RECIPIENTS if self.task.is_recipient else TO_DO
        text = ENGINES[self.language].get_template(template).render(
            **{"wrong": {}, **given}, task=self.task, language=self.language, languages=languages,
            to_do=words.get(self.task.operation, TO_DO[self.task.operation]),
            is_looking=self.task.operation in LOOKING, takes_files=self.takes_files,
        )  # fmt: skip
        return Response(text, status, {**HEADERS, "content-language": self.language}, media_type="text/html")


def show(hub: Hub) -> Endpoint:
    """Make the page that a link opens."""

    async def respond(request: Request) -> Response:
        reader = await _arrive(hub, request)
        if reader is None:
            return problem(request.scope, HTTPStatus.NOT_FOUND)
        if reader.listed:
            return reader.page("task_list.html", listed=reader.listed, path=PATH)
        return reader.page("task_over.html" if reader.task.is_over else "task.html")

    return respond


def do(hub: Hub) -> Endpoint:
    """Make what happens when one of the page's forms is sent."""

    async def respond(request: Request) -> Response:
        reader = await _arrive(hub, request)
        if reader is None or reader.listed:
            return problem(request.scope, HTTPStatus.NOT_FOUND)
        if not is_same_origin(hub, request):
            return problem(request.scope, HTTPStatus.FORBIDDEN, FOREIGN)
        try:
            return await _done(reader)
        except Unreadable as error:
            return problem(request.scope, error.status, error.said)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)

    return respond


async def _arrive(hub: Hub, request: Request) -> Helper | None:
    token = request.path_params["token"]
    async with hub.ask(STRANGER, Operation.STEP_ANSWER) as ask:
        found = await tasks.look(ask, token)
    if isinstance(found, Listed):
        return Helper(hub, request, token, found.first, found.tasks)
    return None if found is None else Helper(hub, request, token, found)


async def _done(reader: Helper) -> Response:
    try:
        return await _tried(reader)
    except Refusal as refusal:
        if refusal.code is Code.CONFLICT:
            return reader.page("task_over.html", HTTPStatus.CONFLICT)
        status = STATUSES.get(refusal.code, HTTPStatus.SERVICE_UNAVAILABLE)
        return problem(reader.request.scope, status, headers={"retry-after": "5"})


async def _tried(reader: Helper) -> Response:
    form = Form()
    try:
        form = await _read(reader)
        if form.one("do") != "answer":
            return await _opened(reader)
        return await _answered(reader, form)
    except Wrong as wrong:
        return await _opened(reader, form, wrong)


async def _read(reader: Helper) -> Form:
    """Read what was sent; files only for a task that is open and takes some, and only so often from one network."""
    if not multipart.is_one(reader.request):
        return await forms.read(reader.request, ())
    if reader.task.is_over or not reader.takes_files:
        raise Refusal(Code.CONFLICT, "This task takes no files.", ("task",))
    client = reader.request.client
    network = attempts.network_of(client.host if client else None)
    purse = attempts.purse(reader.hub, UPLOADS_NETWORK, "files", network)
    if await attempts.spend(reader.hub, [purse], HOUR_SECONDS):
        raise Refusal(Code.LIMIT, "Too many files came from this network. Try again in an hour.")
    return await forms.read_files(reader.request, ())


async def _opened(reader: Helper, form: Form | None = None, wrong: Wrong | None = None) -> Response:
    """Show whom it is about, and where to answer; with what was typed, where something is wrong with it."""
    shown: Shown = await reader.perform(partial(tasks.reveal, token=reader.token))
    given = {name: (form or Form()).one(name) for name in ("outcome", "rows", "why")}
    status = HTTPStatus.OK if wrong is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return reader.page(
        "task_open.html", status, shown=shown, given=given, wrong={wrong.field: wrong} if wrong else {}
    )


async def _answered(reader: Helper, form: Form) -> Response:
    outcome = form.choice("outcome", OUTCOMES, N_("Choose what came of it"))
    why = form.text("why", N_("Say why you cannot do it") if outcome == "REFUSED" else "")
    if len(why) > tasks.WHY_CHARACTERS:
        raise Wrong("why", N_("Use 500 characters at most."))
    if form.files and outcome != "DONE":
        raise Wrong("outcome", FILES_ARE_FINDS)
    said = Said(outcome, _rows(form) if outcome == "DONE" else None, why)
    files = await check_files(reader.hub, form)
    async with handed.keeping(reader.hub, reader.token, files) as kept:
        await reader.perform(partial(handed.answer, token=reader.token, said=said, kept=kept))
    return RedirectResponse(str(reader.request.url.path), HTTPStatus.SEE_OTHER, HEADERS)


def _rows(form: Form) -> int:
    """How many records, in the digits of any of our languages."""
    said = form.one("rows").strip()
    if not said.isdecimal() or not 1 <= int(said[:10]) <= tasks.ROWS_MOST:
        raise Wrong("rows", N_("Enter how many records it was, as a number such as 3"))
    return int(said)
