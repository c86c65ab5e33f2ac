"""Every address of the portal, in one table."""

from pathlib import Path
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from portal.pages import mailbox, welcome
from portal.pages.mailbox import Letters

STATIC: Final = Path(__file__).parent / "static"


def routes(*, console: bool, demo: bool, letters: Letters | None = None) -> list[BaseRoute]:
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
        Mount("/static", Static(directory=STATIC), name="health.read"),
    ]


class Static(StaticFiles):
    """Style sheets and pictures: the same for everybody, so anybody may keep them for an hour."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """Answer with a file, or that it has not changed."""
        answer = super().file_response(*arguments, **options)
        answer.headers["cache-control"] = "public, max-age=3600"
        return answer
