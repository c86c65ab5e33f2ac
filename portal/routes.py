"""Every address of the portal, in one table."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from portal.pages import welcome

STATIC: Final = Path(__file__).parent / "static"


def routes(*, console: bool, demo: bool) -> list[BaseRoute]:
    """The portal's routes. console: whether there is a query console to point to; demo: whether the people are made up."""
    return [
        Route("/", welcome.page(console=console, demo=demo), methods=["GET"], name="health.read"),
        Mount("/static", StaticFiles(directory=STATIC), name="health.read"),
    ]
