"""What is to outlive every change of keys: somebody at the desk, a sign-in on its way, an endpoint that is told things.

Their provider and their server are real ones, which answer from a thread of their own.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from anyio.from_thread import start_blocking_portal
from standardwebhooks import Webhook

from hub import organisations
from hub.act import Hub
from hub.actors import OPERATOR, STAFF, Operation
from hub.auth import staff
from hub.catalogue import Page
from tests.desk.provider import CLIENT, SECRET, Provider, serving
from tests.partner.receiver import Receiver, receiving

PATIENCE_SECONDS = 60
ADD = """
    mutation ($input: WebhookAddInput!) {
        webhookAdd(input: $input) { endpoint { id } secret problems { code message } }
    }
"""
TEST = "mutation ($input: WebhookInput!) { webhookTest(input: $input) { problems { code message } } }"
VERIFIED = "query ($id: ID!) { webhook(id: $id) { verifiedAt } }"
Ask = Callable[..., Any]


@dataclass
class Outside:
    """Who is talked to: a provider of staff's sign-ins, and the server of an endpoint."""

    provider: Provider
    receiver: Receiver

    @property
    def settings(self) -> Mapping[str, str]:
        """By which a hub's processes reach them."""
        return {
            "HUB_OIDC_ISSUER": self.provider.issuer, "HUB_OIDC_CLIENT_ID": CLIENT,
            "HUB_OIDC_CLIENT_SECRET": SECRET, "HUB_PARTNER_OWN_NETWORKS": "true",
        }  # fmt: skip


@contextmanager
def outside() -> Generator[Outside]:
    """Run both."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serving()) as provider,
        portal.wrap_async_context_manager(receiving()) as receiver,
    ):
        yield Outside(provider, receiver)


async def invited(hub: Hub) -> tuple[str, str]:
    """Invite somebody to the one desk there is; returns its key and the token of the link."""
    async with hub.act(OPERATOR, Operation.STAFF_MANAGE) as act:
        [firm] = await organisations.page(act, Page(2))
        _, token = await staff.invite(act, firm.id, "Ruth Okafor", "ruth@firm.example", STAFF)
    return firm.key, token


@dataclass
class Ruth:
    """Two browsers of a member of staff: one at the desk, the other on its way back from the provider."""

    url: str
    start: str
    here: httpx.Client = field(init=False)
    away: httpx.Client = field(init=False)

    def begin(self, token: str) -> None:
        """Take the invitation up."""
        made = (httpx.Client(base_url=self.url, timeout=60, trust_env=False) for _ in range(2))
        self.here, self.away = made
        page = self.here.get(f"{self.start}/welcome/{token}/oidc", follow_redirects=True)
        assert (page.status_code, page.url.path) == (200, self.start), page.url

    def look(self) -> None:
        """Whoever is at the desk still is."""
        page = self.here.get(self.start)
        assert page.status_code == 200, (page.status_code, page.headers.get("location"))

    @contextmanager
    def signing_in(self) -> Generator[None]:
        """Begin at the provider, and come back to the desk after what happens meanwhile."""
        begun = self.away.get(f"{self.start}/oidc")
        back = httpx.get(begun.headers["location"], timeout=60, trust_env=False).headers["location"]
        yield
        page = self.away.get(back, follow_redirects=True)
        assert (page.status_code, page.url.path) == (200, self.start), page.url
        self.away.cookies.clear()

    def leave(self) -> None:
        """Close both."""
        for each in (self.here, self.away):
            each.close()


@dataclass
class Endpoint:
    """An endpoint that knows the secret of its first day alone."""

    ask: Ask
    receiver: Receiver
    id: str = ""
    secret: str = field(default="", repr=False)

    def begin(self) -> None:
        """Be added and show that one is willing."""
        made = self.ask(ADD, input={"url": self.receiver.url, "types": ["referral.changed"]})
        self.id, self.secret = made["endpoint"]["id"], made["secret"]
        wait_for(lambda: self.ask(VERIFIED, id=self.id)["verifiedAt"])

    def hear(self) -> None:
        """Be told something, signed so that the secret of the first day shows it to be genuine."""
        before = len(self.receiver.of("endpoint.test"))
        self.ask(TEST, input={"endpoint": self.id})
        wait_for(lambda: len(self.receiver.of("endpoint.test")) > before)
        headers, body = self.receiver.of("endpoint.test")[-1]
        assert Webhook(self.secret).verify(body, headers)["type"] == "endpoint.test"


def wait_for(is_so: Callable[[], Any]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)
