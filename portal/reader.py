"""Whoever looks at a page of the portal: in which language, on which visit, and what they may do from there."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.act import Act, Hub
from hub.actors import Actor, Operation, guest
from hub.auth import attempts, sessions
from hub.auth.sessions import House, Visit
from hub.keyring import Use
from portal.forms import Form, Wrong
from portal.wording import N_

KEY: Final = "form"
"""The field that holds a form's token."""
Result = TypeVar("Result")
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{sessions.TOKEN_CHARACTERS}}}")
STALE: Final = N_(
    "This page was open for a long time, or also in another tab. We took nothing from it. Look at it and send it again"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What to show: a template and what it is given."""

    template: str
    given: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    status: int = HTTPStatus.OK


class Later(Exception):
    """Too much was asked for from there; seconds: when to come back."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many")
        self.seconds = seconds


@dataclass
class Reader:
    """Whoever looks at a page, and sends from it. visit: what they told us so far; None before they told anything."""

    hub: Hub
    request: Request
    house: House
    language: str
    token: str | None = field(repr=False)
    visit: Visit | None = field(repr=False)
    form: Form = field(default_factory=Form, repr=False)
    wrong: list[Wrong] = field(default_factory=list[Wrong])
    has_new_token: bool = False

    @property
    def actor(self) -> Actor:
        """As whom they act."""
        return guest(self.house.id)

    @property
    def typed(self) -> dict[str, Any]:
        """What they told us so far."""
        return self.visit.typed if self.visit else {}

    def at(self, *places: object) -> str:
        """An address of this portal, in their language."""
        return "/".join(["/o", self.house.key, self.language, *map(str, places)])

    def go(self, *places: object) -> Response:
        """Send the browser on to another page."""
        return RedirectResponse(self.at(*places), HTTPStatus.SEE_OTHER)

    def take(self, token: str) -> None:
        """Give the browser another token."""
        self.token, self.has_new_token = token, True

    def forget(self) -> None:
        """Take the token from the browser."""
        self.token, self.has_new_token = None, True

    def key(self) -> str:
        """Make the token of a form on this page; it is good for this browser and this address only."""
        if self.token is None:
            self.take(sessions.new_token())
        once = secrets.token_urlsafe(16)
        return f"{once}.{_signature(self.token or '', self.request.url.path, once)}"

    def require_ours(self) -> None:
        """Raise Wrong unless what was sent comes from a page that was shown to this browser."""
        once, _, signature = self.form.one(KEY).partition(".")
        expected = _signature(self.token or "", self.request.url.path, once)
        if self.token is None or not hmac.compare_digest(signature.encode(), expected.encode()):
            raise Wrong("", STALE, HTTPStatus.FORBIDDEN)

    async def perform(self, operation: Operation, body: Callable[[Act], Awaitable[Result]]) -> Result:
        """Act; again from the start where the database asks for it."""
        return await self.hub.perform(self.actor, operation, body, locale=self.language)

    async def once(
        self, operation: Operation, make: Callable[[Act], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """Act once for this very form, however often it is sent; each time the answer is the first one."""
        mac = self.hub.vault.mac
        said = sorted((name, *values) for name, values in self.form.fields.items())
        fingerprint = mac(Use.INDEX, "portal_form", orjson.dumps(said))
        name = "portal:" + mac(Use.INDEX, "portal_form", self.token or "", self.form.one(KEY)).hex()

        async def body(act: Act) -> dict[str, Any]:
            made: dict[str, Any] = {}

            async def first() -> dict[str, Any]:
                made.update(await make(act))
                return made

            before = await act.answer_once(name, fingerprint, first)
            return made if before is None else before

        return await self.perform(operation, body)

    async def spend(self, seconds: int, *purses: attempts.Purse) -> None:
        """Count this against budgets; Later where one is spent."""
        wait = await attempts.spend(self.hub, purses, seconds)
        if wait:
            raise Later(wait)

    @property
    def network(self) -> str:
        """The network they come from."""
        return attempts.network_of(self.request.client.host if self.request.client else None)


def token_of(hub: Hub, request: Request) -> str | None:
    """The token that the browser sent; None for what is none."""
    said = request.cookies.get(cookie_name(hub), "")
    return said if _TOKEN.fullmatch(said) else None


def cookie_name(hub: Hub) -> str:
    """The cookie's name: bound to this very host by its prefix, wherever we are reached by https."""
    return "__Host-visit" if hub.settings.url.startswith("https://") else "visit"


def _signature(token: str, path: str, once: str) -> str:
    return hmac.digest(token.encode(), f"{path}\n{once}".encode(), hashlib.sha256).hex()
