"""The first page: what runs here, and where to go on."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

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


def page(*, console: bool, demo: bool, letters: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Make the page's endpoint; it is the same for everybody, so each language is rendered once."""
    there = {"console": console, "demo": demo, "letters": letters}
    rendered = {language: _render(language, there) for language in LANGUAGES}

    async def show(request: Request) -> Response:
        language = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        headers = {
            "content-security-policy": CSP, "content-language": language, "vary": "Accept-Language",
        }  # fmt: skip
        return Response(rendered[language], headers=headers, media_type="text/html")

    return show


def _render(language: str, there: dict[str, bool]) -> str:
    shown: dict[str, Any] = {**there, "texts": TEXTS[language], "language": language}
    others = {code: name for code, name in LANGUAGES.items() if code != language}
    return TEMPLATES.get_template("welcome.html").render(**shown, others=others)
