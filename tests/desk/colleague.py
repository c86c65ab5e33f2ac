"""A member of staff with a browser and an authenticator, who works at a firm's desk without a script."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.auth import authenticator, passwords, staff
from hub.auth.staff import Account
from tests.domain.firm import Firm

HOME = "http://localhost:8000"
PASSWORD = "seven lamps over the harbour"
_KEY = re.compile(r'name="form" value="([^"]+)"')
_READY = "UPDATE staff SET password = $2, authenticator = $3, code_step = NULL WHERE id = $1"
Fields = Mapping[str, str | list[str]]


async def hire(firm: Firm, *roles: str, name: str = "Ruth Okafor", email: str = "") -> tuple[Account, str]:
    """Invite somebody; returns the account and the token of the link."""
    address = email or f"{name.split(maxsplit=1)[0].lower()}@firm.example"
    async with firm.hub.act(OPERATOR, Operation.STAFF_MANAGE) as act:
        return await staff.invite(act, firm.id, name, address, [f"staff:{role}" for role in roles])


@dataclass
class Colleague:
    """One browser of somebody at the desk. page: what it shows. secret: in their authenticator."""

    http: httpx.AsyncClient
    firm: Firm
    language: str
    account: Account
    secret: bytes = b""
    page: httpx.Response = field(init=False)

    @classmethod
    def come(
        cls,
        site: Starlette,
        firm: Firm,
        account: Account,
        *,
        language: str = "en",
        address: str = "192.0.2.7",
        secret: bytes = b"",
    ) -> "Colleague":
        """Come to the desk from an address, not yet signed in."""
        transport = httpx.ASGITransport(site, client=(address, 4711))
        http = httpx.AsyncClient(transport=transport, base_url=HOME, follow_redirects=True)
        return cls(http, firm, language, account, secret)

    @property
    def start(self) -> str:
        """Where the desk begins."""
        return f"/desk/firm-{self.firm.id}/{self.language}"

    @property
    def place(self) -> str:
        """Where the browser is now, below the start."""
        return self.page.url.path.removeprefix(self.start).strip("/")

    @property
    def text(self) -> str:
        """What is shown, without its tags."""
        return " ".join(re.sub(r"<[^>]*>", " ", self.page.text).split())

    @property
    def cookie(self) -> str:
        """The token that the browser holds."""
        return self.http.cookies.get("desk") or ""

    async def open(self, place: str = "") -> str:
        """Open a page below the start; returns its text."""
        self.page = await self.http.get(self.start + (f"/{place}" if place else ""))
        return self.page.text

    def key(self, place: str | None = None) -> str:
        """The token of the form that is shown; of the one that leads to a place where there are several."""
        text = self.page.text
        if place is not None:
            text = text.partition(f'action="{self.start}/{place}"')[2]
        found = _KEY.search(text.partition("<main")[2] if place is None else text)
        assert found, self.page.text
        return found[1]

    async def send(self, fields: Fields, *, to: str | None = None, **headers: str) -> httpx.Response:
        """Send a form of the page that is shown: the first one, or the one that leads to a place."""
        path = self.page.url.path if to is None else f"{self.start}/{to}"
        return await self.post(path, {"form": self.key(to), **fields}, **headers)

    async def hand_in(
        self, fields: Mapping[str, str], *files: tuple[str, bytes], key: str | None = None
    ) -> httpx.Response:
        """Send the form of a task that is shown, with files or without, as a browser does."""
        sent: list[tuple[str, tuple[str, bytes]]] = [("files", each) for each in files or (("", b""),)]
        data = {"form": key or self.key(), **fields}
        path = self.page.url.path
        self.page = await self.http.post(path, data=data, files=sent, headers={"origin": HOME})
        return self.page

    async def post(self, path: str, fields: Fields, **headers: str) -> httpx.Response:
        """Send a form from a page of ours, unless told otherwise."""
        self.page = await self.http.post(path, data=fields, headers={"origin": HOME, **headers})
        return self.page

    async def code(self, ahead: int = 0) -> str:
        """What the authenticator shows now, or some times thirty seconds later."""
        return authenticator.code(self.secret, await now(self.firm.hub) + timedelta(seconds=30 * ahead))

    async def sign_in(self, **changes: str) -> httpx.Response:
        """Sign in with what is right, but for what is changed."""
        await self.open("sign-in")
        given = {"email": self.account.email, "password": PASSWORD, "code": await self.code(), **changes}
        return await self.send(given)


async def ready(colleague: Colleague, superuser: asyncpg.Connection) -> Colleague:
    """Give an account the password and an authenticator without the pages, and forget which codes were used."""
    vault, staff_id = colleague.firm.hub.vault, colleague.account.id
    colleague.secret = authenticator.new_secret()
    sealed = vault.seal_own("staff", "authenticator", staff_id, colleague.secret)
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(_READY, staff_id, await hashed(), sealed)
    return colleague


_hashed: list[str] = []


async def hashed() -> str:
    """The hash of everybody's password, made once: it takes its time."""
    if not _hashed:
        _hashed.append(await passwords.hash_(PASSWORD))
    return _hashed[0]


async def fresh_codes(colleague: Colleague, superuser: asyncpg.Connection) -> None:
    """Forget which code was used last, as if half a minute had gone by."""
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute("UPDATE staff SET code_step = NULL WHERE id = $1", colleague.account.id)


async def now(hub: Hub) -> datetime:
    """The database's instant."""
    return await hub.database.single().value("SELECT now()")


async def happened(firm: Firm, staff_id: UUID) -> list[str]:
    """What the ledger tells that an account has done, in order."""
    async with firm.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        rows = await ask.rows(
            "SELECT event FROM ledger_entry WHERE actor_id = $1 ORDER BY sequence", staff_id
        )
    return [row["event"] for row in rows]


def path_of(location: str) -> str:
    """Where a link leads."""
    return urlsplit(location).path
