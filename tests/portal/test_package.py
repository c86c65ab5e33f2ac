"""The page of a copy: for its customer, after a code and a second identifier, until its day; absent for others."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from hub.rights import conduct
from hub.rights.requests import Request
from tests.domain.firm import Firm, email, external, name
from tests.portal.test_visits import move_back
from tests.portal.visitor import KNOWN, STOP, UNKNOWN, Visitor
from tests.rights.copies import copied
from tests.rights.desk import Desk

Arrives = Callable[..., Visitor]
KIM = "kim@example.org"


@pytest.fixture
async def kim(firm: Firm) -> UUID:
    """A customer with a number."""
    given = [email(KIM), external("crm", "HV-77")]
    return await firm.customer(identifiers=given, profile=[name("Kim Kolmogorov")])


@pytest.fixture
async def released(firm: Firm, kim: UUID) -> Request:
    """A copy that staff have released."""
    desk = Desk(firm)
    request = await desk.receive(kim, "ACCESS")
    await copied(desk, request)
    return await desk.do(conduct.answer, request.id, "Here it is.")


async def test_a_copy_is_fetched_by_its_customer_as_one_file(
    visitor: Visitor, released: Request, firm: Firm
) -> None:
    await visitor.enter(KIM)
    await visitor.open(f"requests/{released.id}")
    assert "Your copy is ready" in visitor.page.text
    await visitor.open(f"requests/{released.id}/package")
    assert visitor.place == f"identify/{released.id}"
    assert "Go on without a number" not in visitor.page.text
    await visitor.send({"number": "HV-77"})
    assert visitor.place == f"requests/{released.id}/package"
    assert "Then we delete it." in visitor.page.text
    form = {"form": visitor.key}
    answer = await visitor.post(visitor.page.url.path, form, follow=False)
    told = answer.headers
    assert told["content-disposition"] == f'attachment; filename="{released.reference}.zip"'
    assert (told["content-type"], told["cache-control"]) == ("application/zip", "no-store")
    assert (told["x-content-type-options"], told["content-security-policy"][:7]) == ("nosniff", "sandbox")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert "index.html" in archive.namelist()
    assert any(b"Kim Kolmogorov" in archive.read(each) for each in archive.namelist())
    assert "PACKAGE_FETCHED" in await visitor.events(released.id)
    for _ in range(2):
        await visitor.post(f"{visitor.start}/requests/{released.id}/needed", {"form": needed(visitor)})
    assert (await visitor.events(released.id)).count("NEEDED") == 1
    assert firm


def needed(visitor: Visitor) -> str:
    """The token of the form that says that it was what was needed."""
    return visitor.page.text.partition('/needed"')[2].partition('name="form" value="')[2].partition('"')[0]


async def test_a_visit_that_is_not_fresh_is_asked_for_a_code_and_gets_nothing(
    visitor: Visitor, released: Request, superuser: asyncpg.Connection
) -> None:
    await visitor.enter(KIM)
    await visitor.open(f"identify/{released.id}")
    await visitor.send({"number": "HV-77"})
    key, path = visitor.key, visitor.page.url.path
    await move_back(superuser, "portal_visit", ("begun_at", "confirmed_at"), timedelta(minutes=11))
    answer = await visitor.post(path, {"form": key}, follow=False)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{visitor.start}/confirm/{released.id}",
    )
    assert "PACKAGE_FETCHED" not in await visitor.events(released.id)
    await visitor.open(f"confirm/{released.id}")
    await visitor.send({})
    await visitor.send({"code": await visitor.entrance_code(KIM)})
    assert visitor.place == f"requests/{released.id}/package"


async def test_a_mailbox_alone_gets_no_copy(visitor: Visitor, firm: Firm) -> None:
    desk = Desk(firm)
    request = await desk.receive(firm.people[0], "ACCESS")
    await copied(desk, request)
    await desk.do(conduct.answer, request.id, "Here it is.")
    await visitor.enter(KNOWN)
    await visitor.open(f"requests/{request.id}/package")
    assert visitor.place == f"identify/{request.id}"
    await visitor.send({"without": "yes"})
    assert visitor.page.status_code == 422
    assert "PACKAGE_FETCHED" not in await visitor.events(request.id)


async def test_to_everybody_else_it_is_absent(visitor: Visitor, arrives: Arrives, released: Request) -> None:
    other, guest = arrives(), arrives()
    await other.enter(KNOWN)
    await guest.prove(await guest.ask("stop", STOP, email=UNKNOWN))
    for place in (f"requests/{released.id}/package", "requests/1/package"):
        await other.open(place)
        assert other.page.status_code == 404
        await guest.open(place)
        assert guest.place == "enter"
    await visitor.open(f"requests/{released.id}/package")
    assert visitor.place == "enter"


async def test_before_its_release_and_after_its_day_there_is_none(
    visitor: Visitor, firm: Firm, kim: UUID, superuser: asyncpg.Connection
) -> None:
    desk = Desk(firm)
    request = await desk.receive(kim, "ACCESS")
    await copied(desk, request)
    await visitor.enter(KIM)
    place = f"requests/{request.id}/package"
    await visitor.open(place)
    assert visitor.page.status_code == 404
    await desk.do(conduct.answer, request.id, "Here it is.")
    await visitor.open(place)
    assert visitor.page.status_code == 200
    await move_back(
        superuser, "package", ("begun_at", "built_at", "released_at", "until_at"), timedelta(days=15)
    )
    await visitor.open(place)
    assert visitor.page.status_code == 404
