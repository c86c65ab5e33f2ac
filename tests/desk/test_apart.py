"""The desk on a host of its own: neither area is found on the other's host, and neither sees the other's cookies."""

import httpx
import pytest

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Unready
from hub.letters import revising
from hub.letters.templates import Key
from hub.probes import PATHS
from hub.readiness import Readiness
from hub.settings import load
from tests.desk.colleague import PASSWORD
from tests.desk.conftest import Joins
from tests.domain.firm import Firm

DESK = "http://desk.localhost:8000"
HUB = "http://localhost:8000"


@pytest.fixture
def apart(hub: Hub) -> Hub:
    """A hub whose desk has a host of its own."""
    return Hub(hub.settings.model_copy(update={"desk_url": DESK}), hub.database, hub.vault)


async def statuses(hub: Hub, host: str, *paths: str) -> list[int]:
    readiness = Readiness(hub, [])
    transport = httpx.ASGITransport(asgi.create_app(hub, readiness))
    try:
        async with httpx.AsyncClient(transport=transport, base_url=host) as http:
            return [(await http.get(path)).status_code for path in paths]
    finally:
        await readiness.close()  # it looks over a connection of its own


async def test_each_area_is_absent_on_the_others_host(apart: Hub, firm: Firm) -> None:
    desk = ("/desk", f"/desk/firm-{firm.id}/en/sign-in")
    portal = (
        "/",
        f"/o/firm-{firm.id}/en",
        "/mailbox",
        "/requests",
        "/.well-known/jwks.json",
        "/graphql",
        "/task/x",
    )
    assert await statuses(apart, DESK, *portal) == [404] * len(portal)
    assert await statuses(apart, HUB, *desk) == [404] * len(desk)
    assert 404 not in await statuses(apart, DESK, *desk, "/static/portal.css", *sorted(PATHS))
    assert (await statuses(apart, HUB, f"/o/firm-{firm.id}/en"))[0] == 200
    assert (await statuses(apart, "http://evil.example", "/desk"))[0] == 400


async def test_a_cookie_of_the_desk_never_reaches_the_portal(apart: Hub, joins: Joins) -> None:
    ruth = await joins("conduct")
    site = asgi.create_app(apart, Readiness(apart, []))
    ruth.http = httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=DESK, follow_redirects=True)
    await ruth.open("sign-in")
    given = {"email": ruth.account.email, "password": PASSWORD, "code": await ruth.code()}
    await ruth.post(ruth.page.url.path, {"form": ruth.key(), **given}, origin=DESK)
    assert ruth.place == "", ruth.page.text
    [cookie] = [each for each in ruth.http.cookies.jar if each.name == "desk"]
    assert (cookie.domain, cookie.domain_specified) == ("desk.localhost", False)
    elsewhere = await ruth.http.get(f"{HUB}/o/firm-{ruth.firm.id}/en")
    assert "desk=" not in elsewhere.request.headers.get("cookie", "")
    refused = await ruth.post(f"{ruth.start}/sign-out", {"form": "x"}, origin=HUB)
    assert refused.status_code == 403
    await ruth.http.aclose()


async def test_letters_for_staff_lead_to_the_desks_host(apart: Hub, firm: Firm) -> None:
    values = {"count": 1, "overdue": 0, "requests": "PH-1", "link": "/desk"}
    async with apart.ask(OPERATOR, Operation.LETTER_READ) as ask:
        shown = await revising.preview(ask, Key.DESK_REMINDER, "en", values, organisation_id=firm.id)
    assert f"{DESK}/desk" in shown.text
    assert f'href="{DESK}/desk"' in shown.html


@pytest.mark.parametrize(
    "given",
    [
        {"desk_url": "http://localhost:8000"}, {"desk_url": "https://desk.example.org"},
        {"desk_url": "desk.example.org"}, {"desk_url": "http://desk.localhost/x"},
        {"oidc_issuer": "https://sso.example.org"}, {"oidc_client_id": "hub"},
        {"oidc_issuer": "sso", "oidc_client_id": "hub", "oidc_client_secret": "x"},
    ],
)  # fmt: skip
def test_settings_that_do_not_go_together_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(Unready) as caught:
        load(mode="run", **given)
    assert "HUB_" in str(caught.value)
