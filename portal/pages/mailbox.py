"""The demo's mailbox, for people: every message that the hub sent, as text. There is no such page in production."""

import tomllib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import Response

from portal.languages import LANGUAGES, choose
from portal.pages.welcome import CSP, PORTAL, TEMPLATES

TEXTS: Final[dict[str, dict[str, str]]] = tomllib.loads(
    (PORTAL / "locale/mailbox.toml").read_text(encoding="utf-8")
)


class Letter(Protocol):
    """A message as the page shows it."""

    @property
    def sender(self) -> str:
        """Who sent it."""
        ...

    @property
    def recipients(self) -> Sequence[str]:
        """Whom it was for."""
        ...

    @property
    def subject(self) -> str:
        """What it is about."""
        ...

    @property
    def text(self) -> str:
        """What it says."""
        ...

    @property
    def came_at(self) -> datetime:
        """When it came."""
        ...


Letters = Callable[[], Sequence[Letter]]


def page(letters: Letters) -> Callable[[Request], Awaitable[Response]]:
    """Make the page's endpoint."""

    async def show(request: Request) -> Response:
        language = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        others = {code: name for code, name in LANGUAGES.items() if code != language}
        shown: dict[str, Any] = {"texts": TEXTS[language], "language": language, "others": others}
        text = TEMPLATES.get_template("mailbox.html").render(**shown, letters=letters())
        headers = {
            "content-security-policy": CSP, "content-language": language, "vary": "Accept-Language",
        }  # fmt: skip
        return Response(text, headers=headers, media_type="text/html")

    return show
