"""Where staff come in: who is signed in at an organisation's desk, and what becomes of whoever is not."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from hub.act import Hub
from hub.actors import STRANGER, Actor, Operation, may
from hub.auth import sign_ins
from hub.auth.sign_ins import Presence
from hub.errors import Code, Refusal
from portal.door import Entrance, refused
from portal.languages import LANGUAGES
from portal.reader import Reader, token_of


@dataclass
class AtDesk(Reader):
    """Whoever looks at a page of the desk. presence: who it is; None for whoever has not shown both factors."""

    root: ClassVar[str] = "/desk"
    cookie: ClassVar[str] = "desk"
    frame: ClassVar[str] = "desk/frame.html"
    presence: Presence | None = None

    @property
    def actor(self) -> Actor:
        """As whom they act."""
        return self.presence.actor if self.presence else STRANGER

    @property
    def here(self) -> Presence:
        """Who is signed in; Refusal UNAUTHENTICATED where nobody is."""
        if self.presence is None:
            raise Refusal(Code.UNAUTHENTICATED, "Sign in first.")
        return self.presence

    def may(self, operation: str) -> bool:
        """Whether they may do something, by its name in `hub/actors.py`."""
        return may(self.actor, Operation(operation))


async def _arrive(hub: Hub, request: Request) -> AtDesk | None:
    language, named = request.path_params.get("language", ""), request.path_params["house"]
    token = token_of(hub, request, AtDesk.cookie)
    found = await sign_ins.arrive(hub, named, token) if language in LANGUAGES else None
    return None if found is None else AtDesk(hub, request, found[0], language, token, None, presence=found[1])


def _bar(reader: AtDesk) -> Response:
    if reader.presence is None:
        return reader.go("sign-in")
    return refused(reader, Refusal(Code.FORBIDDEN, "Your account does not let you do this."))


DESK: Final = Entrance(_arrive, _bar)
shows = DESK.shows
does = DESK.does
