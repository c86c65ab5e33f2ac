"""Signing in at the desk: two factors at once, one answer for whatever is wrong, and an end to every sign-in."""

import asyncio
from collections import defaultdict
from typing import Any

import asyncpg
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from hub.act import Hub
from hub.auth import signing_in
from hub.auth.signing_in import Said
from portal.desk.routes import routes
from tests.desk.colleague import PASSWORD, Colleague, fresh_codes, happened, ready
from tests.desk.conftest import Joins
from tests.domain.firm import Firm, found


async def sign_ins(colleague: Colleague) -> int:
    """In how many places somebody is signed in."""
    sql = "SELECT count(*) FROM staff_sign_in WHERE staff_id = $1"
    return await colleague.firm.hub.database.single().value(sql, colleague.account.id)


async def test_password_and_code_together_open_the_desk(joins: Joins, firm: Firm) -> None:
    ruth = await joins("conduct")
    await ruth.open()
    assert ruth.place == "sign-in"
    await ruth.sign_in()
    assert (ruth.page.status_code, ruth.place) == (200, "")
    assert "Ruth Okafor" in ruth.text
    assert await happened(firm, ruth.account.id) == ["staff.signed_in"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody@firm.example"},
        {"email": "no address"},
        {"password": "another long password"},
        {"code": "000000"},
        {"code": ""},
        {"password": ""},
    ],
)
async def test_whatever_is_wrong_the_answer_is_the_same(joins: Joins, wrong: dict[str, str]) -> None:
    ruth = await joins("conduct")
    answer = await ruth.sign_in(**wrong)
    assert answer.status_code == 422
    assert "This did not sign you in." in ruth.text
    assert await sign_ins(ruth) == 0
    other = (await ruth.sign_in(password="something else entirely")).text

    def masked(text: str, email: str) -> list[str]:
        return [line.replace(email, "") for line in text.splitlines() if 'name="form"' not in line]

    assert masked(answer.text, wrong.get("email", ruth.account.email)) == masked(other, ruth.account.email)


async def test_known_and_unknown_addresses_cost_the_same_statements(
    joins: Joins, hub: Hub, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruth = await joins("conduct")
    asked: list[str] = []
    for name in ("single", "single_write"):
        whole = getattr(hub.database, name)

        def counted(whole: Any = whole) -> Any:
            asked.append("statement")
            return whole()

        monkeypatch.setattr(hub.database, name, counted)
    found_out: list[int] = []
    for email in (ruth.account.email, "nobody@firm.example", "no address"):
        asked.clear()
        assert (
            await signing_in.sign_in(hub, firm.id, Said(email, "wrong, all of it", "1", "192.0.2.9")) is None
        )
        found_out.append(len(asked))
    assert found_out == [3, 3, 3]


async def test_one_factor_opens_nothing_at_any_address(joins: Joins, hub: Hub) -> None:
    ruth = await joins("conduct", "admin")
    await ruth.sign_in(code="000000")
    before = await sign_ins(ruth)
    seen = 0
    for route in routes(hub):
        assert isinstance(route, Route)
        if "{language}" not in route.path or "sign-in" in route.path or "welcome" in route.path:
            continue
        named = defaultdict(lambda: "x", house=f"firm-{ruth.firm.id}", language="en")
        path = route.path.format_map(named)
        method = "POST" if "POST" in (route.methods or ()) else "GET"
        answer = await ruth.http.request(method, path, headers={"origin": "http://localhost:8000"})
        assert (answer.url.path.endswith("/sign-in"), answer.status_code) == (True, 200), path
        seen += 1
    assert seen >= 3
    assert await sign_ins(ruth) == before == 0


async def test_a_code_works_once_also_for_several_at_the_same_moment(joins: Joins, site: Starlette) -> None:
    ruth = await joins("conduct")
    twins = [Colleague.come(site, ruth.firm, ruth.account) for _ in range(4)]
    for twin in twins:
        twin.secret = ruth.secret
        await twin.open("sign-in")
    given = {"email": ruth.account.email, "password": PASSWORD, "code": await ruth.code()}
    answers = await asyncio.gather(*(twin.send(given) for twin in twins))
    assert sorted(each.status_code for each in answers) == [200, 422, 422, 422]
    assert await sign_ins(ruth) == 1
    assert (await ruth.sign_in(code=given["code"])).status_code == 422
    assert (await ruth.sign_in(code=await ruth.code(1))).status_code == 200
    for twin in twins:
        await twin.http.aclose()


async def test_an_older_code_is_worth_nothing_after_a_newer_one(joins: Joins) -> None:
    ruth = await joins("conduct")
    assert (await ruth.sign_in(code=await ruth.code(1))).status_code == 200
    ruth.http.cookies.clear()
    assert (await ruth.sign_in(code=await ruth.code(0))).status_code == 422
    assert (await ruth.sign_in(code=await ruth.code(-1))).status_code == 422


async def test_codes_are_counted_for_the_account_wherever_they_come_from(
    joins: Joins, hub: Hub, firm: Firm
) -> None:
    ruth = await joins("conduct")

    async def guess(number: int) -> str | None:
        said = Said(ruth.account.email, PASSWORD, "000000", f"192.0.2.{number}")
        return await signing_in.sign_in(hub, firm.id, said)

    await asyncio.gather(*(guess(number) for number in range(12)))
    assert (await happened(firm, ruth.account.id)).count("staff.code_refused") == signing_in.CODES_MOST
    assert (await ruth.sign_in()).status_code == 422


async def test_a_stranger_who_guesses_passwords_locks_nobody_out(joins: Joins, hub: Hub, firm: Firm) -> None:
    ruth = await joins("conduct", address="192.0.2.50")
    for _ in range(11):
        said = Said(ruth.account.email, "a guess that is wrong", "123456", "192.0.2.1")
        try:
            assert await signing_in.sign_in(hub, firm.id, said) is None
        except Exception as refusal:  # noqa: BLE001 - the eleventh
            assert "Too many" in str(refusal)  # noqa: PT017
    assert (await ruth.sign_in()).status_code == 200
    late = await ruth.http.get(f"{ruth.start}/sign-in")
    assert late.status_code == 200


async def test_too_many_failures_are_told_when_to_come_back(joins: Joins) -> None:
    ruth = await joins("conduct")
    for _ in range(10):
        await ruth.sign_in(password="a guess that is wrong")
    answer = await ruth.sign_in()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


async def test_a_planted_cookie_is_never_promoted_and_each_sign_in_has_its_own(joins: Joins) -> None:
    ruth = await joins("conduct")
    planted = "A" * 43
    ruth.http.cookies.set("desk", planted)
    await ruth.sign_in()
    assert ruth.place == ""
    assert ruth.http.cookies.jar
    held = {cookie.value for cookie in ruth.http.cookies.jar}
    ruth.http.cookies.clear()
    ruth.http.cookies.set("desk", planted)
    await ruth.open()
    assert ruth.place == "sign-in"
    assert held != {planted}


async def test_signing_out_ends_it_here_and_clears_the_browser(ruth: Colleague) -> None:
    old = ruth.cookie
    answer = await ruth.send({}, to="sign-out")
    assert ruth.place == "sign-in"
    assert answer.history[0].headers["clear-site-data"] == '"cache", "cookies", "storage"'
    ruth.http.cookies.clear()
    ruth.http.cookies.set("desk", old)
    await ruth.open()
    assert ruth.place == "sign-in"
    assert await sign_ins(ruth) == 0


@pytest.mark.parametrize(
    ("column", "ago"), [("seen_at", "15 minutes"), ("begun_at", "9 hours")], ids=["idle", "at the latest"]
)
async def test_a_sign_in_ends_by_itself(
    ruth: Colleague, superuser: asyncpg.Connection, column: str, ago: str
) -> None:
    sql = f"UPDATE staff_sign_in SET begun_at = now() - interval '1 day', {column} = now() - interval '{ago}'"
    if column == "begun_at":
        sql = f"UPDATE staff_sign_in SET begun_at = now() - interval '{ago}'"
    await superuser.execute(f"{sql} WHERE staff_id = $1", ruth.account.id)
    await ruth.open()
    assert ruth.place == "sign-in"


async def test_what_one_does_keeps_one_signed_in(ruth: Colleague, superuser: asyncpg.Connection) -> None:
    back = "now() - interval '14 minutes'"
    sql = f"UPDATE staff_sign_in SET begun_at = {back}, proved_at = {back}, seen_at = {back} WHERE staff_id = $1"
    await superuser.execute(sql, ruth.account.id)
    await ruth.open()
    assert ruth.place == ""
    seen = "SELECT now() - seen_at < interval '1 minute' FROM staff_sign_in WHERE staff_id = $1"
    assert await superuser.fetchval(seen, ruth.account.id)


async def test_staff_of_one_firm_are_strangers_at_another(ruth: Colleague, hub: Hub) -> None:
    other = await found(hub)
    answer = await ruth.http.get(f"/desk/firm-{other.id}/en")
    assert answer.url.path.endswith("/sign-in")
    given = {"email": ruth.account.email, "password": PASSWORD, "code": await ruth.code(1)}
    ruth.page = answer
    assert (await ruth.post(answer.url.path, {"form": ruth.key(), **given})).status_code == 422


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"content-type": "text/plain"}],
    ids=["another site", "nobody", "no form"],
)
async def test_what_another_site_sends_signs_nobody_in(joins: Joins, headers: dict[str, str]) -> None:
    ruth = await joins("conduct")
    await ruth.open("sign-in")
    given = {"email": ruth.account.email, "password": PASSWORD, "code": await ruth.code()}
    answer = await ruth.send(given, **headers)
    assert answer.status_code in {403, 415}
    assert await sign_ins(ruth) == 0


async def test_without_a_shown_forms_token_nothing_is_taken(joins: Joins) -> None:
    ruth = await joins("conduct")
    given = {"email": ruth.account.email, "password": PASSWORD, "code": await ruth.code()}
    answer = await ruth.post(f"{ruth.start}/sign-in", {"form": "x.y", **given})
    assert answer.status_code == 403
    assert await sign_ins(ruth) == 0


async def test_a_page_of_the_desk_is_personal_and_its_cookie_is_out_of_reach(
    joins: Joins, superuser: asyncpg.Connection
) -> None:
    ruth = await joins("conduct")
    answer = await ruth.sign_in()
    said = answer.history[0].headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=lax" in said
    assert "path=/" in said
    assert answer.headers["cache-control"] == "no-store"
    await ready(ruth, superuser)
    await fresh_codes(ruth, superuser)
