"""Signing in by the organisation's provider: there and back, bound by an invitation, and nothing taken on trust."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.requests import Request

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.auth import staff
from hub.readiness import Readiness
from portal.desk import oidc
from tests.desk.colleague import Colleague, happened, hire
from tests.desk.provider import CLIENT, SECRET, Provider, forged, serving, symmetric, unsigned
from tests.domain.firm import Firm, found
from tests.rights.desk import Desk

CALLBACK = "http://localhost:8000/desk/oidc/callback"
Lie = Callable[[dict[str, Any]], None]


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with serving() as made:
        yield made


@pytest_asyncio.fixture
async def guest(hub: Hub, firm: Firm, provider: Provider) -> AsyncIterator[tuple[Colleague, str]]:
    """Somebody who was invited, at a hub that knows the provider; with the token of their invitation."""
    given = {
        "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET),
        "oidc_name": "Acme SSO",
    }  # fmt: skip
    trusting = Hub(hub.settings.model_copy(update=given), hub.database, hub.vault)
    account, token = await hire(firm, "conduct")
    made = Colleague.come(asgi.create_app(trusting, Readiness(trusting, [])), firm, account)
    yield made, token
    await made.http.aclose()


async def away(ruth: Colleague, place: str) -> str:
    """Begin at the desk, go to the provider, and return where it sends the browser back to."""
    begun = await ruth.http.get(f"{ruth.start}/{place}", follow_redirects=False)
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient(timeout=60) as outside:
        answer = await outside.get(begun.headers["location"])
    assert answer.headers["location"].startswith(CALLBACK)
    return answer.headers["location"]


async def sign_in(ruth: Colleague, place: str = "oidc") -> str:
    """Go there and come back; returns the place where one is then, below the start."""
    ruth.page = await ruth.http.get(await away(ruth, place))
    return ruth.place


async def joined(guest: tuple[Colleague, str]) -> Colleague:
    """The same, who has taken the invitation up and signed out."""
    ruth, token = guest
    assert await sign_in(ruth, f"welcome/{token}/oidc") == ""
    ruth.http.cookies.clear()
    return ruth


async def is_out(ruth: Colleague) -> bool:
    """Whether the desk asks them to sign in."""
    await ruth.open()
    return ruth.place == "sign-in"


async def sign_ins(superuser: asyncpg.Connection) -> int:
    return await superuser.fetchval("SELECT count(*) FROM staff_sign_in")


async def test_an_invitation_is_taken_up_once_and_then_one_signs_in_by_the_provider_alone(
    guest: tuple[Colleague, str], firm: Firm, provider: Provider
) -> None:
    ruth, token = guest
    await ruth.open(f"welcome/{token}")
    assert "Acme SSO" in ruth.page.text
    assert await sign_in(ruth, f"welcome/{token}/oidc") == ""
    assert "There is no open request" in ruth.text
    asked = provider.asked[-1]
    assert (asked["code_challenge_method"], asked["prompt"], asked["max_age"]) == ("S256", "login", "600")
    await ruth.open("account")
    assert "You sign in by your provider" in ruth.text
    ruth.http.cookies.clear()
    await ruth.open()
    assert ruth.place == "sign-in"
    assert await sign_in(ruth) == ""
    assert (await happened(firm, ruth.account.id)).count("staff.signed_in") == 2
    begun = await ruth.http.get(f"{ruth.start}/welcome/{token}/oidc", follow_redirects=False)
    assert begun.status_code == 404


def change(**changes: Any) -> Lie:
    return lambda claims: claims.update(changes)


def without(name: str) -> Lie:
    def lie(claims: dict[str, Any]) -> None:
        del claims[name]

    return lie


LIES: dict[str, Lie] = {
    "another issuer": change(iss="https://evil.example"), "no issuer": without("iss"),
    "for another client": change(aud="other"), "for several, not for us": change(aud=[CLIENT, "other"], azp="other"),
    "for several": change(aud=[CLIENT, "other"]), "another nonce": change(nonce="x"), "no nonce": without("nonce"),
    "over": change(exp=int(time.time()) - 3600), "no end": without("exp"),
    "of tomorrow": change(iat=int(time.time()) + 86_400, nbf=int(time.time()) + 86_400),
    "nobody": change(sub=""), "a number": change(sub=7), "no subject": without("sub"),
    "one factor": change(amr=["pwd"]), "no factor": without("amr"), "a word for factors": change(amr="mfa"),
    "signed in yesterday": change(auth_time=int(time.time()) - 86_400), "no time": without("auth_time"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
async def test_an_answer_that_proves_nothing_signs_nobody_in(
    guest: tuple[Colleague, str], provider: Provider, superuser: asyncpg.Connection, lie: str
) -> None:
    ruth = await joined(guest)
    before = await sign_ins(superuser)
    provider.lie = LIES[lie]
    assert await sign_in(ruth) == "sign-in"
    assert "did not show that it is you" in ruth.text
    assert await sign_ins(superuser) == before
    assert await is_out(ruth)
    provider.lie = change()
    assert await sign_in(ruth) == ""


def nonsense(_: dict[str, Any]) -> str:
    return "x.y.z"


@pytest.mark.parametrize("sign", [forged, symmetric, unsigned, nonsense])
async def test_a_token_that_the_provider_did_not_sign_is_worth_nothing(
    guest: tuple[Colleague, str], provider: Provider, sign: Callable[[dict[str, Any]], str]
) -> None:
    ruth = await joined(guest)
    provider.sign = sign
    assert await sign_in(ruth) == "sign-in"
    assert await is_out(ruth)


async def test_what_another_browser_began_is_ended_by_nobody(
    guest: tuple[Colleague, str], superuser: asyncpg.Connection
) -> None:
    ruth = await joined(guest)
    before = await sign_ins(superuser)
    back = await away(ruth, "oidc")
    kept = ruth.http.cookies.get("oidc") or ""
    ruth.http.cookies.clear()
    ruth.page = await ruth.http.get(
        back
    )  # a stranger's browser, led to the address of somebody else's sign-in
    assert await is_out(ruth)
    for cookie, address in (
        (kept, back.replace("state=", "state=x")), (kept, back.replace("iss=http", "iss=https")),
        (kept[:-4] + "AAAA", back), ("x", back), (kept, back.replace("code=", "code=x")),
        (kept, CALLBACK), (kept, f"{CALLBACK}?error=access_denied"),
    ):  # fmt: skip
        ruth.http.cookies.clear()
        ruth.http.cookies.set("oidc", cookie)
        ruth.page = await ruth.http.get(address)
        assert await is_out(ruth), address
    assert await sign_ins(superuser) == before


async def test_a_code_works_once(guest: tuple[Colleague, str]) -> None:
    ruth = await joined(guest)
    back = await away(ruth, "oidc")
    kept = ruth.http.cookies.get("oidc") or ""
    ruth.page = await ruth.http.get(back)
    assert ruth.place == ""
    ruth.http.cookies.clear()
    ruth.http.cookies.set("oidc", kept)
    ruth.page = await ruth.http.get(back)
    assert ruth.place == "sign-in"


async def test_who_somebody_is_are_issuer_and_subject_and_no_address(
    guest: tuple[Colleague, str], hub: Hub, firm: Firm, provider: Provider
) -> None:
    ruth = await joined(guest)
    provider.subject = "mallory"  # with Ruth's address
    assert await sign_in(ruth) == "sign-in"
    assert "Nobody with this account of your provider was invited" in ruth.text
    async with serving() as second:  # the same subject and address, of another provider
        given = {
            "oidc_issuer": second.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SecretStr(SECRET),
        }
        other = Hub(hub.settings.model_copy(update=given), hub.database, hub.vault)
        there = Colleague.come(asgi.create_app(other, Readiness(other, [])), firm, ruth.account)
        assert await sign_in(there) == "sign-in"
        await there.http.aclose()


async def test_an_identity_has_one_account_of_a_desk_and_ends_with_it(
    guest: tuple[Colleague, str], firm: Firm, hub: Hub
) -> None:
    ruth = await joined(guest)
    second, token = await hire(firm, "admin", name="Ana Lima")
    assert await sign_in(ruth, f"welcome/{token}/oidc") == "sign-in"
    assert "belongs to somebody here already" in ruth.text
    async with hub.ask(OPERATOR, Operation.STAFF_READ) as ask:
        assert not (await staff.read(ask, second.id)).is_ready
    async with hub.act(OPERATOR, Operation.STAFF_MANAGE) as act:
        await staff.reset(act, ruth.account.id)
    assert await sign_in(ruth) == "sign-in"
    elsewhere = await found(hub)
    stranger, token = await hire(elsewhere, "conduct")
    ruth.firm, ruth.account = elsewhere, stranger
    assert await sign_in(ruth, f"welcome/{token}/oidc") == ""  # one person at two organisations


async def test_a_provider_that_is_away_stops_nobody_else(
    guest: tuple[Colleague, str], provider: Provider
) -> None:
    ruth, _ = guest
    provider.is_down = True
    begun = await ruth.http.get(f"{ruth.start}/oidc", follow_redirects=True)
    assert "Your provider does not answer" in begun.text
    assert 'name="password"' in begun.text


async def test_without_a_provider_there_is_no_way_to_one(joins: Any) -> None:
    ruth = await joins("conduct")
    await ruth.open("oidc")
    assert ruth.place == "sign-in"
    assert "oidc" not in ruth.page.text


async def test_what_cannot_be_undone_asks_to_sign_in_again_after_some_minutes(
    guest: tuple[Colleague, str], firm: Firm, superuser: asyncpg.Connection
) -> None:
    ruth = await joined(guest)
    await sign_in(ruth)
    request = await Desk(firm).receive(await firm.customer(), "DELETION")
    back = "now() - interval '11 minutes'"
    await superuser.execute(
        f"UPDATE staff_sign_in SET begun_at = {back}, proved_at = {back} WHERE staff_id = $1", ruth.account.id
    )
    await ruth.open(f"requests/{request.reference}/approve")
    assert "Go to your provider" in ruth.text
    assert (await ruth.send({})).status_code == 422
    assert (await Desk(firm).read(request)).state == "DECIDING"
    assert await sign_in(ruth) == ""
    await ruth.open(f"requests/{request.reference}/approve")
    assert (await ruth.send({})).status_code == 200
    assert (await Desk(firm).read(request)).state == "COOLING_OFF"


@given(st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")) | st.text("AQIDxyz-_=", max_size=80))
def test_no_cookie_that_we_did_not_seal_begins_anything(hub: Hub, said: str) -> None:
    sent = f"oidc={said}".encode("latin-1", "replace")
    assert oidc._begun(hub, Request({"type": "http", "headers": [(b"cookie", sent)]})) is None
