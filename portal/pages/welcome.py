"""The first page: what runs here, and where to go on."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import Response

from hub.texts import templates, texts
from portal.languages import LANGUAGES, choose

PORTAL: Final = Path(__file__).parent.parent
TEXTS: Final = texts(PORTAL / "locale/welcome.toml")
TEMPLATES: Final = templates(PORTAL / "templates")
CSP: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Colleague(Protocol):
    """Somebody whom the demo lets one sign in as."""

    @property
    def firm(self) -> str:
        """Where they work."""
        ...

    @property
    def key(self) -> str:
        """Its key."""
        ...

    @property
    def email(self) -> str:
        """What they sign in with."""
        ...

    @property
    def password(self) -> str:
        """Their password."""
        ...

    @property
    def code(self) -> str:
        """What their authenticator shows now."""
        ...


Staff = Callable[[], Sequence[Colleague]]


def page(
    *, console: bool, demo: bool, letters: bool = False, staff: Staff | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """Make the page's endpoint. Without the demo's staff it is the same for everybody, and rendered once a language."""
    there = {"console": console, "demo": demo, "letters": letters}
    rendered = {language: _render(language, there, ()) for language in LANGUAGES}

    async def show(request: Request) -> Response:
        language = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        headers = {
            "content-security-policy": CSP, "content-language": language, "vary": "Accept-Language",
        }  # fmt: skip
        text = _render(language, there, staff()) if staff else rendered[language]
        return Response(text, headers=headers, media_type="text/html")

    return show


def _render(language: str, there: dict[str, bool], staff: Sequence[Colleague]) -> str:
    shown: dict[str, Any] = {**there, "texts": TEXTS[language], "language": language, "staff": staff}
    others = {code: name for code, name in LANGUAGES.items() if code != language}
    return TEMPLATES.get_template("welcome.html").render(**shown, others=others)
