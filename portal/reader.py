"""Whoever looks at a page of the portal: in which language, on which visit, and what they may do from there."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.act import Act, Hub
from hub.actors import Actor, Operation, customer, guest
from hub.auth import attempts, sessions
from hub.auth.sessions import House, Visit
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
    """Whoever looks at a page, and sends from it. visit: what they told us so far; None before they told anything.

    root: where their pages lie. cookie: which of theirs holds the token. frame: the template around every page.
    """

    root: ClassVar[str] = "/o"
    cookie: ClassVar[str] = "visit"
    frame: ClassVar[str] = "portal.html"

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
        """As whom they act: a customer once they are signed in."""
        who = self.visit and self.visit.customer_id
        return customer(self.house.id, who) if who else self.visitor

    @property
    def visitor(self) -> Actor:
        """As whom they act for what this very visit has proved, signed in or not."""
        return guest(self.house.id)

    @property
    def is_signed_in(self) -> bool:
        """Whether it is known which customer they are."""
        return self.actor.kind == "customer"

    @property
    def typed(self) -> dict[str, Any]:
        """What they told us so far."""
        return self.visit.typed if self.visit else {}

    def at(self, *places: object) -> str:
        """An address among these pages, in their language."""
        return "/".join([self.root, self.house.key, self.language, *map(str, places)])

    def go(self, *places: object) -> Response:
        """Send the browser on to another page."""
        return RedirectResponse(self.at(*places), HTTPStatus.SEE_OTHER)

    def take(self, token: str) -> None:
        """Give the browser another token."""
        self.token, self.has_new_token = token, True

    def forget(self) -> None:
        """Take the token from the browser."""
        self.token, self.has_new_token = None, True

    def key(self, path: str | None = None) -> str:
        """Make the token of a form that is sent here, or to a path; good for this browser and that address only."""
        if self.token is None:
            self.take(sessions.new_token())
        once = secrets.token_urlsafe(16)
        return f"{once}.{_signature(self.token or '', path or self.request.url.path, once)}"

    def require_ours(self) -> None:
        """Raise Wrong unless what was sent comes from a page that was shown to this browser."""
        once, _, signature = self.form.one(KEY).partition(".")
        expected = _signature(self.token or "", self.request.url.path, once)
        if self.token is None or not hmac.compare_digest(signature.encode(), expected.encode()):
            raise Wrong("", STALE, HTTPStatus.FORBIDDEN)

    async def perform(
        self, operation: Operation, body: Callable[[Act], Awaitable[Result]], actor: Actor | None = None
    ) -> Result:
        """Act, as who they are unless told otherwise; again from the start where the database asks for it."""
        return await self.hub.perform(actor or self.actor, operation, body, locale=self.language)

    async def once(
        self,
        operation: Operation,
        make: Callable[[Act], Awaitable[dict[str, Any]]],
        actor: Actor | None = None,
    ) -> dict[str, Any]:
        """Act once for this very form, however often it is sent; each time the answer is the first one."""
        mac = self.hub.vault.steady
        said = sorted((name, *values) for name, values in self.form.fields.items())
        said += [("", hashlib.sha256(file.content).hexdigest()) for file in self.form.files]
        fingerprint = mac("portal_form", orjson.dumps(said))
        name = "portal:" + mac("portal_form", self.token or "", self.form.one(KEY)).hex()

        async def body(act: Act) -> dict[str, Any]:
            made: dict[str, Any] = {}

            async def first() -> dict[str, Any]:
                made.update(await make(act))
                return made

            before = await act.answer_once(name, fingerprint, first)
            return made if before is None else before

        return await self.perform(operation, body, actor)

    async def spend(self, seconds: int, *purses: attempts.Purse) -> None:
        """Count this against budgets; Later where one is spent."""
        wait = await attempts.spend(self.hub, purses, seconds)
        if wait:
            raise Later(wait)

    @property
    def network(self) -> str:
        """The network they come from."""
        return attempts.network_of(self.request.client.host if self.request.client else None)


def token_of(hub: Hub, request: Request, cookie: str = Reader.cookie) -> str | None:
    """The token that the browser sent; None for what is none."""
    said = request.cookies.get(cookie_name(hub, cookie), "")
    return said if _TOKEN.fullmatch(said) else None


def cookie_name(hub: Hub, cookie: str = Reader.cookie) -> str:
    """The cookie's name: bound to this very host by its prefix, wherever we are reached by https."""
    return f"__Host-{cookie}" if hub.settings.url.startswith("https://") else cookie


def _signature(token: str, path: str, once: str) -> str:
    return hmac.digest(token.encode(), f"{path}\n{once}".encode(), hashlib.sha256).hex()
