"""Copies: gathered, built, opened, as workers and staff do it."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.act import Act
from hub.actors import OPERATOR, WORKER, Operation
from hub.packaging.archive import Entry, digest_of
from hub.rights import fulfilling, gathered, packages, steps, systems
from hub.rights.gathered import Part
from hub.rights.outcomes import Step
from hub.rights.packages import Package
from hub.rights.reaching import Reach
from hub.rights.requests import Request
from hub.rights.systems import NewSystem
from tests.connectors.shop import FILE, fill
from tests.domain.firm import email
from tests.rights.desk import Desk
from workers import packages as building
from workers import rights

ANNA = "anna.lindqvist@example.com"


def shop_at(folder: Path) -> str:
    """A shop with two customers; returns its address."""
    url = f"sqlite:///{folder / 'shop.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()
    return url


async def connect(desk: Desk, url: str, dataset: str | None = None) -> None:
    """Connect the shop, as an operator does."""
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        new = NewSystem("shop", "Shop", "SQL", Reach(url), dataset or FILE.read_text(encoding="utf-8"))
        await systems.connect(act, new, desk.firm.id)


async def anna(desk: Desk, place: str = "EU", **given: Any) -> UUID:
    """A customer who buys there."""
    return await desk.firm.customer(jurisdictions=[place], identifiers=[email(ANNA)], **given)


async def planned(desk: Desk, request: Request) -> list[Step]:
    """Read its steps."""
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        return await steps.of(ask, request.id)


async def gather(desk: Desk, request: Request) -> None:
    """Do every step: by the worker, or by hand, where nothing is found."""
    for each in await planned(desk, request):
        if each.kind == "MANUAL" and each.ended_at is None:
            await desk.do(fulfilling.settle_by_hand, each.id, "NOTHING")
        elif each.ended_at is None:
            await rights.step(desk.firm.hub, each.id)


async def package_of(desk: Desk, request: Request) -> Package:
    """Read its package."""
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        found = await packages.of(ask, request.id)
    assert found is not None
    return found


async def build(desk: Desk, request: Request) -> Package:
    """Build its package, as a worker does."""
    await building.build(desk.firm.hub, (await package_of(desk, request)).id)
    return await package_of(desk, request)


async def copied(desk: Desk, request: Request) -> Package:
    """Gather and build."""
    await gather(desk, request)
    return await build(desk, request)


async def parts_of(desk: Desk, request: Request) -> list[Part]:
    """Read what systems gave."""
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        return await gathered.of(ask, request.id)


async def opened(desk: Desk, request: Request) -> zipfile.ZipFile:
    """Open the package, whole, as it is stored."""
    among = (packages.Access.BUILT, packages.Access.RELEASED)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        found = await packages.opened(ask, request.id, among)
    content = b"".join([piece async for piece in packages.stream(desk.firm.hub, found)])
    assert len(content) == found.package.size_bytes
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert whole(archive) == (found.package.manifest or b"").hex()
    return archive


def whole(archive: zipfile.ZipFile) -> str:
    """Hold every file against the manifest; returns the digest of the whole."""
    import hashlib  # noqa: PLC0415 - here only

    manifest = json.loads(archive.read("manifest.json"))
    entries = [Entry(each["name"], each["bytes"], each["sha256"]) for each in manifest["files"]]
    assert [each.name for each in entries] == [name for name in archive.namelist() if name != "manifest.json"]
    for each in entries:
        content = archive.read(each.name)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each.size_bytes, each.sha256)
    assert digest_of(entries).hex() == manifest["sha256"]
    return manifest["sha256"]


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """Content, in one piece."""
    yield content


async def as_worker(desk: Desk, verb: Callable[..., Awaitable[Any]], *given: Any) -> Any:
    """Do one thing as a worker, by one act."""

    async def body(act: Act) -> Any:
        return await verb(act, *given)

    return await desk.firm.hub.perform(WORKER, Operation.REQUEST_FULFIL, body)


class Page(HTMLParser):
    """A page: its sections with their words, its tags and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self.tags: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
        if tag == "section":
            self._in = str(dict(attrs)["id"])
            self.sections[self._in] = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.sections[self._in] += data
