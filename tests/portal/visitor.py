"""Somebody at a firm's portal without a script: opens pages, fills in their forms, follows where they are sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.demo.mailbox import Mailbox
from tests.domain.firm import Firm
from workers.letters import deliver, hang_up

HOME = "http://localhost:8000"
KNOWN, UNKNOWN = "mika@example.org", "nobody@example.org"
_LETTER = """
    SELECT id FROM letter WHERE request_id = $1 AND template IN ('rights_verify', 'rights_stopped')
    ORDER BY id DESC LIMIT 1
"""
_ENTRANCE = "SELECT id FROM letter WHERE organisation_id = $1 AND template = 'sign_in' ORDER BY id DESC"
_KEY = re.compile(r'name="form" value="([^"]+)"')
Fields = Mapping[str, str | list[str]]
Answers = tuple[tuple[str, dict[str, str]], ...]
COPY: Answers = (
    ("topics", {"which": "everything"}), ("place", {"place": "AU"}), ("email", {"email": KNOWN}), ("words", {}),
)  # fmt: skip
STOP: Answers = (
    ("place", {"place": "AU"}),
    ("remedy", {"remedy": "STOP_MARKETING"}),
    ("email", {"email": KNOWN}),
)


@dataclass
class Visitor:
    """One browser. page: what it shows."""

    http: httpx.AsyncClient
    firm: Firm
    start: str
    page: httpx.Response = field(init=False)

    @classmethod
    def come(cls, site: Starlette, firm: Firm, language: str, address: str) -> "Visitor":
        """Come from an address."""
        transport = httpx.ASGITransport(site, client=(address, 4711))
        http = httpx.AsyncClient(transport=transport, base_url=HOME, follow_redirects=True)
        return cls(http, firm, f"/o/firm-{firm.id}/{language}")

    async def open(self, place: str = "") -> str:
        """Open a page below the start; returns its text."""
        self.page = await self.http.get(self.start + (f"/{place}" if place else ""))
        return self.page.text

    @property
    def place(self) -> str:
        """Where the browser is now, below the start."""
        return self.page.url.path.removeprefix(self.start).strip("/")

    @property
    def key(self) -> str:
        """The token of the form that is shown."""
        found = _KEY.search(self.page.text.partition("<main")[2])
        assert found, self.page.text
        return found[1]

    async def send(self, fields: Fields, *, follow: bool = True, **headers: str) -> httpx.Response:
        """Send the form that is shown."""
        return await self.post(self.page.url.path, {"form": self.key, **fields}, follow=follow, **headers)

    async def post(self, path: str, fields: Fields, *, follow: bool = True, **headers: str) -> httpx.Response:
        """Send a form from a page of ours, unless told otherwise."""
        sent = {"origin": HOME, **headers}
        answer = await self.http.post(path, data=fields, headers=sent, follow_redirects=follow)
        if follow:
            self.page = answer
        return answer

    async def walk(self, journey: str, answers: Answers, **changes: str) -> None:
        """Answer every question of a journey, in order, as somebody does who goes on each time."""
        await self.open(f"ask/{journey}/{answers[0][0]}")
        left = dict(answers)
        while self.place != f"ask/{journey}/check":
            said = left.pop(self.place.rpartition("/")[2])
            await self.send({name: changes.get(name, value) for name, value in said.items()})

    async def ask(self, journey: str, answers: Answers, **changes: str) -> UUID:
        """Send the answers too; returns which request waits for its code now."""
        await self.walk(journey, answers, **changes)
        await self.send({})
        assert self.place == f"ask/{journey}/code", self.page.text
        return (await requests_of(self.firm))[-1]

    async def state(self, request_id: UUID) -> tuple[str, str | None]:
        """Where a request stands and what it waits for."""
        async with self.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
            row = await ask.row("SELECT state, waiting_for FROM rights_request WHERE id = $1", request_id)
        assert row
        return row["state"], row["waiting_for"]

    async def events(self, request_id: UUID) -> list[str]:
        """What became of a request."""
        async with self.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
            rows = await ask.rows(
                "SELECT kind FROM rights_event WHERE request_id = $1 ORDER BY id", request_id
            )
        return [row["kind"] for row in rows]

    async def begin(self, address: str) -> None:
        """Ask for a code to sign in."""
        await self.open("enter")
        await self.send({"email": address})

    async def entrance_code(self, address: str) -> str:
        """The newest code that lets somebody in."""
        found = re.search(r"^\d{6}$", await letter_to(self.firm, address), re.MULTILINE)
        assert found
        return found[0]

    async def entrance_link(self, address: str) -> str:
        """The newest link that lets somebody in, as the letter has it."""
        found = re.search(r"http\S+", await letter_to(self.firm, address))
        assert found
        return found[0]

    async def enter(self, address: str) -> None:
        """Sign in."""
        await self.begin(address)
        await self.send({"code": await self.entrance_code(address)})

    async def identify(self, number: str) -> None:
        """Give a number, to see in full what is held."""
        await self.open("identify/held")
        await self.send({"number": number})

    async def leave(self) -> httpx.Response:
        """Sign out by the button that every page has."""
        await self.open()
        found = _KEY.search(self.page.text)
        assert found
        return await self.post(f"{self.start}/leave", {"form": found[1]}, follow=False)

    async def leave_visit(self) -> None:
        """End a guest's visit."""
        await self.open("leave")
        await self.send({})

    def value(self, name: str) -> str:
        """The value of the first button or field of a name."""
        found = re.search(rf'name="{name}" value="([^"]+)"', self.page.text)
        assert found, self.page.text
        return found[1]

    def others(self) -> list[str]:
        """The visits of other browsers, on the page that lists them."""
        return re.findall(r'Another browser.*?name="visit" value="([^"]+)"', self.page.text, re.DOTALL)

    def masked(self, address: str) -> str:
        """The page that is shown, without what differs from one visitor to the next."""
        return _KEY.sub("", self.page.text).replace(address, "somebody")

    async def prove(self, request_id: UUID) -> None:
        """Enter the right code on the page that asks for it."""
        await self.send({"code": await code_of(self.firm, request_id)})


async def letter_to(firm: Firm, address: str) -> str:
    """The text of the newest letter that lets somebody in, as it comes to their address through a real mail server."""
    async with firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        rows = await ask.rows(_ENTRANCE, firm.id)
    for row in rows:
        for to, text in await delivered(firm, row["id"]):
            if to == address:
                return text
    raise AssertionError(address)


async def delivered(firm: Firm, letter_id: UUID) -> list[tuple[str, str]]:
    """Who got a letter, and its text, as it comes through a real mail server."""
    kept = firm.letters.get(letter_id)
    if kept is None:
        async with Mailbox().receiving() as mailbox:
            given = {"smtp_url": SecretStr(mailbox.url), "mail_from": "privacy@firm.example"}
            posting = Hub(firm.hub.settings.model_copy(update=given), firm.hub.database, firm.hub.vault)
            await deliver(posting, letter_id)
            await hang_up(posting)
        kept = firm.letters[letter_id] = [(each.recipients[0], each.text) for each in mailbox.letters()]
    return kept


async def requests_of(firm: Firm) -> list[UUID]:
    """A firm's requests, in the order in which they came."""
    async with firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        rows = await ask.rows("SELECT id FROM rights_request WHERE organisation_id = $1 ORDER BY id", firm.id)
    return [row["id"] for row in rows]


async def code_of(firm: Firm, request_id: UUID) -> str:
    """The newest code of a request, as its letter brings it through a real mail server."""
    async with firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        letter_id = await ask.value(_LETTER, request_id)
    async with Mailbox().receiving() as mailbox:
        given = {"smtp_url": SecretStr(mailbox.url), "mail_from": "privacy@firm.example"}
        posting = Hub(firm.hub.settings.model_copy(update=given), firm.hub.database, firm.hub.vault)
        await deliver(posting, letter_id)
        await hang_up(posting)
    [letter] = mailbox.letters()
    found = re.search(r"^\d{6}$", letter.text, re.MULTILINE)
    assert found, letter.text
    return found[0]
