"""Every address of the portal, in one table."""

from pathlib import Path
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.act import Hub
from hub.actors import Operation
from hub.rights.mailing import PATH
from hub.rights.writing import CHECK_PATH, STATUS_PATH
from portal.desk.routes import routes as desk
from portal.door import Bound
from portal.pages import (
    answers,
    appeal,
    close,
    code,
    ending,
    entrance,
    files,
    fix,
    held,
    home,
    mailbox,
    package,
    proof,
    question,
    referral,
    request,
    second,
    task,
    used,
    visits,
    welcome,
)
from portal.pages.mailbox import Letters

TASK: Final = PATH + "/{token}"
STATIC: Final = Path(__file__).parent / "static"


def routes(
    hub: Hub, *, console: bool, demo: bool, letters: Letters | None = None, staff: welcome.Staff | None = None
) -> list[BaseRoute]:
    """The portal's routes.

    console: whether there is one. demo: whether the people are made up. letters: what the demo's mailbox holds.
    staff: who can be signed in as at the demo's desks.
    """
    first = welcome.page(console=console, demo=demo, letters=letters is not None, staff=staff)
    return [
        Route("/", first, methods=["GET"], name="health.read"),
        *(
            [Route("/mailbox", mailbox.page(letters), methods=["GET"], name="mailbox.read")]
            if letters
            else []
        ),
        Route("/o", home.doors(hub), methods=["GET"], name=Operation.PORTAL_READ),
        *(
            Route(path, home.returning(hub), methods=["GET"], name=Operation.PORTAL_READ)
            for path in (STATUS_PATH, CHECK_PATH)
        ),
        Route("/o/{house}", home.door(hub), methods=["GET"], name=Operation.PORTAL_READ),
        Route(TASK, task.show(hub), methods=["GET"], name=Operation.STEP_ANSWER),
        Route(TASK, task.do(hub), methods=["POST"], name=Operation.STEP_ANSWER),
        *(_route(hub, path, page) for path, page in PAGES),
        *desk(hub),
        Mount("/static", Static(directory=STATIC), name="health.read"),
    ]


PAGES: Final[tuple[tuple[str, Bound], ...]] = (
    ("", home.home),
    ("/leave", home.leaving),
    ("/leave", home.leave),
    ("/enter", entrance.enter),
    ("/enter", entrance.begin),
    ("/enter/code", entrance.code),
    ("/enter/code", entrance.prove),
    ("/enter/which", entrance.which),
    ("/enter/which", entrance.say_which),
    ("/enter/nobody", entrance.nobody),
    ("/enter/link/{token}", entrance.link),
    ("/enter/link/{token}", entrance.follow),
    ("/confirm/{what}", proof.confirm),
    ("/confirm/{what}", proof.prove),
    ("/confirm/{what}/{token}", proof.link),
    ("/confirm/{what}/{token}", proof.follow),
    ("/identify/{what}", proof.identify),
    ("/identify/{what}", proof.say_who),
    ("/held", held.held),
    ("/held", held.look),
    ("/fix", held.choose),
    ("/fix/{value}", fix.fixing),
    ("/fix/{value}", fix.fix),
    ("/used", used.used),
    ("/close", close.close),
    ("/close", close.do),
    ("/visits", visits.visits),
    ("/visits", visits.end),
    ("/referrals", referral.referrals),
    ("/referrals/{referral}", referral.own),
    ("/referrals/{referral}", referral.say_own),
    ("/question/{token}", referral.asked),
    ("/question/{token}", referral.say_asked),
    ("/ask/{journey}/check", answers.answers),
    ("/ask/{journey}/check", answers.send),
    ("/ask/{journey}/code", code.code),
    ("/ask/{journey}/code", code.prove),
    ("/ask/{journey}/files", files.files),
    ("/ask/{journey}/files", files.send),
    ("/ask/{journey}/{question}", question.question),
    ("/ask/{journey}/{question}", question.answer),
    ("/requests/{number}", request.status),
    ("/requests/{number}", request.add),
    ("/requests/{number}/files", files.more),
    ("/requests/{number}/files", files.add),
    ("/requests/{number}/done", request.done),
    ("/requests/{number}/number", second.second),
    ("/requests/{number}/number", second.say),
    ("/requests/{number}/due.ics", request.due),
    ("/requests/{number}/package", package.package),
    ("/requests/{number}/package", package.fetch),
    ("/requests/{number}/needed", package.say_needed),
    ("/requests/{number}/certificate.html", ending.certificate),
    ("/requests/{number}/certificate.json", ending.certificate_data),
    ("/requests/{number}/note", ending.noting),
    ("/requests/{number}/note", ending.note),
    ("/requests/{number}/complain", appeal.form),
    ("/requests/{number}/complain", appeal.appeal),
    ("/requests/{number}/withdraw", request.withdrawal),
    ("/requests/{number}/withdraw", request.withdraw),
)
"""What a visitor finds below /o/{house}/{language}, an organisation's portal in a language."""


def _route(hub: Hub, path: str, page: Bound) -> Route:
    return Route("/o/{house}/{language}" + path, page.bind(hub), methods=[page.method], name=page.operation)


class Static(StaticFiles):
    """Style sheets and pictures: the same for everybody, so anybody may keep them for an hour."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """Answer with a file, or that it has not changed."""
        answer = super().file_response(*arguments, **options)
        answer.headers["cache-control"] = "public, max-age=3600"
        return answer
