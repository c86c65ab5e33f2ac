"""The team and one's own account: invited by a page, reset and ended by others only, signed in where one sees it."""

import re

import asyncpg
from starlette.applications import Starlette

from hub.actors import OPERATOR, Operation
from hub.auth import passwords, staff
from tests.desk.colleague import PASSWORD, Colleague, fresh_codes
from tests.desk.conftest import Joins
from tests.desk.test_signing_in import sign_ins
from tests.domain.firm import Firm


async def test_an_administrator_invites_resets_and_disables(joins: Joins, site: Starlette) -> None:
    admin = await joins("admin", "reader", "conduct", name="Priya Shah")
    await admin.sign_in()
    await admin.open("team")
    given = {"name": "Sam Lee", "email": "sam@firm.example", "roles": ["staff:reader", "staff:conduct"]}
    assert (await admin.send({**given, "roles": []}, to="team")).status_code == 422
    assert 'id="roles-wrong"' in admin.page.text
    assert (await admin.send({**given, "email": "x"}, to="team")).status_code == 422
    assert 'id="email-wrong"' in admin.page.text
    assert (await admin.send(given, to="team")).status_code == 200
    [link] = re.findall(r"/desk/[^<\"]*/welcome/[\w-]{43}", admin.page.text)
    sam = Colleague.come(site, admin.firm, admin.account)
    assert (await sam.http.get(link)).status_code == 200
    await admin.open("team")
    assert "/welcome/" not in admin.page.text
    [reset] = re.findall(r'action="[^"]*/(team/[0-9a-f-]{36}/reset)"', admin.page.text)
    assert (await admin.send({}, to=reset)).status_code == 200
    assert (await sam.http.get(link)).status_code == 404
    [newer] = re.findall(r"/desk/[^<\"]*/welcome/[\w-]{43}", admin.page.text)
    await admin.open("team")
    assert (await admin.send({}, to=reset.replace("reset", "disable"))).status_code == 200
    assert (await sam.http.get(newer)).status_code == 404
    assert "Disabled" in admin.text
    own = f"team/{admin.account.id}/reset"
    assert own not in admin.page.text
    await sam.http.aclose()


async def test_an_administrator_gives_only_what_they_may_do_themselves(
    joins: Joins, firm: Firm, superuser: asyncpg.Connection
) -> None:
    gone = await joins("conduct")
    async with firm.hub.act(OPERATOR, Operation.STAFF_MANAGE) as act:
        await staff.disable(act, gone.account.id)
    admin = await joins("admin", name="Priya Shah")
    await admin.sign_in()
    await admin.open("team")
    assert re.findall(r'name="roles" value="([^"]+)"', admin.page.text) == ["staff:admin"]
    before = await superuser.fetch("SELECT * FROM staff ORDER BY id")
    for email in ("sam@firm.example", gone.account.email):
        for roles in (["staff:conduct"], ["staff:admin", "staff:reader"]):
            await admin.open("team")
            answer = await admin.send({"name": "Sam Lee", "email": email, "roles": roles}, to="team")
            assert (answer.status_code, "/welcome/" in answer.text) == (403, False)
    assert await superuser.fetch("SELECT * FROM staff ORDER BY id") == before
    await admin.open("team")
    given = {"name": "Sam Lee", "email": "sam@firm.example", "roles": ["staff:admin"]}
    assert "/welcome/" in (await admin.send(given, to="team")).text


async def test_an_old_sign_in_proves_itself_before_it_touches_accounts(
    joins: Joins, superuser: asyncpg.Connection
) -> None:
    admin = await joins("admin", "reader", name="Priya Shah")
    await admin.sign_in()
    back = "now() - interval '11 minutes'"
    await superuser.execute(
        f"UPDATE staff_sign_in SET begun_at = {back}, proved_at = {back} WHERE staff_id = $1",
        admin.account.id,
    )
    await admin.open("team")
    given = {"name": "Sam Lee", "email": "sam@firm.example", "roles": ["staff:reader"]}
    assert (await admin.send(given, to="team")).status_code == 422
    assert 'id="code-wrong"' in admin.page.text
    await fresh_codes(admin, superuser)
    assert (await admin.send({**given, "code": await admin.code()}, to="team")).status_code == 200
    assert "/welcome/" in admin.page.text


async def test_one_sees_where_one_is_signed_in_and_ends_the_others(
    ruth: Colleague, site: Starlette, superuser: asyncpg.Connection
) -> None:
    twin = Colleague.come(site, ruth.firm, ruth.account, secret=ruth.secret)
    await fresh_codes(ruth, superuser)
    await twin.sign_in()
    await ruth.open("account")
    assert ruth.text.count("End it") == 1
    await ruth.send({"which": "all"}, to="account")
    assert await sign_ins(ruth) == 1
    await twin.open()
    assert twin.place == "sign-in"
    await ruth.open()
    assert ruth.place == ""
    await twin.http.aclose()


async def test_another_password_takes_the_old_one_and_a_code_and_ends_the_others(
    ruth: Colleague, site: Starlette, superuser: asyncpg.Connection
) -> None:
    twin = Colleague.come(site, ruth.firm, ruth.account, secret=ruth.secret)
    await fresh_codes(ruth, superuser)
    await twin.sign_in()
    new = "nine boats under the bridge"
    await ruth.open("account")
    for wrong in (
        {"old": "x"},
        {"code": "000000"},
        {"password": "short", "again": "short"},
        {"again": "other"},
    ):
        await fresh_codes(ruth, superuser)
        given = {"old": PASSWORD, "password": new, "again": new, "code": await ruth.code(), **wrong}
        assert (await ruth.send(given, to="account/password")).status_code == 422, wrong
        await ruth.open("account")
    await superuser.execute("TRUNCATE attempt")
    await fresh_codes(ruth, superuser)
    given = {"old": PASSWORD, "password": new, "again": new, "code": await ruth.code()}
    assert (await ruth.send(given, to="account/password")).status_code == 200
    assert ruth.place == "account"
    await twin.open()
    assert twin.place == "sign-in"
    kept = await superuser.fetchval("SELECT password FROM staff WHERE id = $1", ruth.account.id)
    assert await passwords.matches(new, kept)
    await twin.http.aclose()
