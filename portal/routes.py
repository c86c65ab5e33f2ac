"""Every address of the portal, in one table."""

from pathlib import Path
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.act import Hub
from hub.actors import Operation
from hub.rights.writing import CHECK_PATH, STATUS_PATH
from portal.door import Bound
from portal.pages import answers, code, home, mailbox, question, request, welcome
from portal.pages.mailbox import Letters

STATIC: Final = Path(__file__).parent / "static"


def routes(hub: Hub, *, console: bool, demo: bool, letters: Letters | None = None) -> list[BaseRoute]:
    """The portal's routes.

    console: whether there is one. demo: whether the people are made up. letters: what the demo's mailbox holds.
    """
    first = welcome.page(console=console, demo=demo, letters=letters is not None)
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
        *(_route(hub, path, page) for path, page in PAGES),
        Mount("/static", Static(directory=STATIC), name="health.read"),
    ]


PAGES: Final[tuple[tuple[str, Bound], ...]] = (
    ("", home.home),
    ("/leave", home.leaving),
    ("/leave", home.leave),
    ("/ask/{journey}/check", answers.answers),
    ("/ask/{journey}/check", answers.send),
    ("/ask/{journey}/code", code.code),
    ("/ask/{journey}/code", code.prove),
    ("/ask/{journey}/{question}", question.question),
    ("/ask/{journey}/{question}", question.answer),
    ("/requests/{number}", request.status),
    ("/requests/{number}", request.add),
    ("/requests/{number}/done", request.done),
    ("/requests/{number}/due.ics", request.due),
    ("/requests/{number}/withdraw", request.withdrawal),
    ("/requests/{number}/withdraw", request.withdraw),
)
"""What a guest finds below /o/{house}/{language}, an organisation's portal in a language."""


def _route(hub: Hub, path: str, page: Bound) -> Route:
    return Route("/o/{house}/{language}" + path, page.bind(hub), methods=[page.method], name=page.operation)


class Static(StaticFiles):
    """Style sheets and pictures: the same for everybody, so anybody may keep them for an hour."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """Answer with a file, or that it has not changed."""
        answer = super().file_response(*arguments, **options)
        answer.headers["cache-control"] = "public, max-age=3600"
        return answer
