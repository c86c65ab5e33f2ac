"""Accounts of staff: invited by a link that works once, reset and ended by somebody else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from argon2 import extract_parameters
from starlette.applications import Starlette

from hub.act import Act, Hub
from hub.actors import MAY, OPERATOR, STAFF, Actor, Operation, Role, may
from hub.auth import authenticator, invitations, passwords, staff
from hub.auth.passwords import Fault
from hub.db import new_id
from hub.errors import Code, Refusal
from tests.desk.colleague import PASSWORD, Colleague, hire, now
from tests.desk.conftest import Joins
from tests.domain.firm import Firm, found


@pytest.fixture
async def newcomer(site: Starlette, firm: Firm) -> tuple[Colleague, str]:
    """Somebody who holds a link and has no account that works yet."""
    account, token = await hire(firm, "conduct")
    colleague = Colleague.come(site, firm, account)
    invitation = await invitations.read(firm.hub, firm.id, token)
    assert invitation
    colleague.secret = invitation.secret
    return colleague, token


async def do(firm: Firm, verb: Callable[[Act], Awaitable[Any]], actor: Actor = OPERATOR) -> Any:
    """Do one thing to accounts by an act."""
    return await firm.hub.perform(actor, Operation.STAFF_MANAGE, verb)


async def join(colleague: Colleague, token: str, **changes: str) -> int:
    """Take an invitation up with what will do, but for what is changed; returns the status."""
    await colleague.open(f"welcome/{token}")
    given = {"password": PASSWORD, "again": PASSWORD, "code": await colleague.code(), **changes}
    return (await colleague.send(given)).status_code


async def test_an_invitation_makes_an_account_that_signs_in(newcomer: tuple[Colleague, str]) -> None:
    ruth, token = newcomer
    text = await ruth.open(f"welcome/{token}")
    assert authenticator.spelled(ruth.secret) in text
    picture = await ruth.http.get(f"{ruth.start}/welcome/{token}/qr.svg")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    assert "<script" not in picture.text
    assert await join(ruth, token) == 200
    assert ruth.place == "sign-in"
    assert (await ruth.sign_in(code=await ruth.code(1))).status_code == 200
    assert ruth.place == ""


async def test_a_link_works_once(newcomer: tuple[Colleague, str]) -> None:
    ruth, token = newcomer
    await ruth.open(f"welcome/{token}")
    given = {
        "form": ruth.key(),
        "password": PASSWORD,
        "again": PASSWORD,
        "code": await ruth.code(),
    }
    path = ruth.page.url.path
    answers = await asyncio.gather(
        *(ruth.http.post(path, data=given, headers={"origin": "http://localhost:8000"}) for _ in range(3))
    )
    assert sorted(each.status_code for each in answers) == [200, 404, 404]
    assert (await ruth.http.get(path)).status_code == 404


async def test_a_link_is_over_after_three_days_and_when_there_is_a_newer_one(
    newcomer: tuple[Colleague, str], firm: Firm, superuser: asyncpg.Connection
) -> None:
    ruth, token = newcomer
    newer = await do(firm, lambda act: staff.reset(act, ruth.account.id))
    assert (await ruth.http.get(f"{ruth.start}/welcome/{token}")).status_code == 404
    assert (await ruth.http.get(f"{ruth.start}/welcome/{newer}")).status_code == 200
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            "UPDATE staff_invitation SET created_at = now() - interval '4 days', expires_at = now()"
        )
    assert (await ruth.http.get(f"{ruth.start}/welcome/{newer}")).status_code == 404


@pytest.mark.parametrize("way", ["taken up", "replaced", "disabled"])
async def test_an_invitation_that_has_ended_keeps_no_secret(
    newcomer: tuple[Colleague, str], firm: Firm, superuser: asyncpg.Connection, way: str
) -> None:
    (ruth, token), verbs = newcomer, {"replaced": staff.reset, "disabled": staff.disable}
    if way in verbs:
        await do(firm, lambda act: verbs[way](act, ruth.account.id))
    else:
        assert await join(ruth, token) == 200
    sql = "SELECT ended_at IS NULL, authenticator IS NOT NULL FROM staff_invitation WHERE staff_id = $1"
    for is_live, has_secret in await superuser.fetch(sql, ruth.account.id):
        assert is_live == has_secret


async def test_looking_at_an_invitation_changes_nothing(newcomer: tuple[Colleague, str]) -> None:
    ruth, token = newcomer
    for _ in range(3):
        await ruth.open(f"welcome/{token}")
        await ruth.http.get(f"{ruth.start}/welcome/{token}/qr.svg")
    assert await join(ruth, token) == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"password": "too short", "again": "too short"}, "password"),
        ({"password": "passwordpassword1!", "again": "passwordpassword1!"}, "password"),
        ({"password": "Ruth Okafor Ruth Okafor", "again": "Ruth Okafor Ruth Okafor"}, "password"),
        ({"again": "another one entirely"}, "again"),
        ({"code": "000000"}, "code"),
        ({"code": ""}, "code"),
    ],
)
async def test_what_will_not_do_is_said_at_its_field_and_sets_nothing(
    newcomer: tuple[Colleague, str], wrong: dict[str, str], field: str
) -> None:
    ruth, token = newcomer
    assert await join(ruth, token, **wrong) == 422
    assert f'id="{field}-wrong"' in ruth.page.text
    assert PASSWORD not in ruth.page.text
    assert await join(ruth, token) == 200


async def test_a_reset_ends_everything_and_begins_anew(ruth: Colleague, firm: Firm) -> None:
    token = await do(firm, lambda act: staff.reset(act, ruth.account.id))
    await ruth.open()
    assert ruth.place == "sign-in"
    assert (await ruth.sign_in(code=await ruth.code(1))).status_code == 422
    invitation = await invitations.read(firm.hub, firm.id, token)
    assert invitation
    assert invitation.secret != ruth.secret


async def test_disabling_ends_everything_at_once_and_inviting_again_begins_anew(
    ruth: Colleague, firm: Firm
) -> None:
    await do(firm, lambda act: staff.disable(act, ruth.account.id))
    again = await do(firm, lambda act: staff.disable(act, ruth.account.id))
    assert again.disabled_at
    await ruth.open()
    assert ruth.place == "sign-in"
    assert (await ruth.sign_in(code=await ruth.code(1))).status_code == 422
    account, token = await hire(firm, "reader")
    assert (account.id, account.roles, account.is_ready) == (ruth.account.id, ("staff:reader",), False)
    assert await invitations.read(firm.hub, firm.id, token)


async def refused(
    firm: Firm, code: Code, verb: Callable[[Act], Awaitable[Any]], actor: Actor = OPERATOR
) -> None:
    """Assert that something is refused and leaves nothing."""
    before = await picture(firm)
    with pytest.raises(Refusal) as caught:
        await do(firm, verb, actor)
    assert caught.value.code is code
    assert await picture(firm) == before


async def picture(firm: Firm) -> list[int]:
    tables = ("staff", "staff_invitation", "staff_sign_in", "ledger_entry")
    async with firm.hub.ask(OPERATOR, Operation.STAFF_READ) as ask:
        return [await ask.value(f"SELECT count(*) FROM {table}") for table in tables]


async def test_nobody_resets_or_disables_themselves(joins: Joins, firm: Firm) -> None:
    admin = await joins("admin")
    actor = admin.account.actor
    await refused(firm, Code.CONFLICT, lambda act: staff.reset(act, admin.account.id), actor)
    await refused(firm, Code.CONFLICT, lambda act: staff.disable(act, admin.account.id), actor)
    other = await joins("conduct", name="Priya Shah")
    assert await do(firm, lambda act: staff.reset(act, other.account.id), actor)


async def test_another_firms_staff_are_absent(joins: Joins, hub: Hub, firm: Firm) -> None:
    admin, elsewhere = await joins("admin"), await found(hub)
    other = await joins("conduct", at=elsewhere, name="Priya Shah")
    actor = admin.account.actor
    for unknown in (other.account.id, new_id()):
        await refused(firm, Code.NOT_FOUND, lambda act, of=unknown: staff.reset(act, of), actor)
        await refused(firm, Code.NOT_FOUND, lambda act, of=unknown: staff.disable(act, of), actor)

    async def invite(act: Act) -> Any:
        return await staff.invite(act, elsewhere.id, "X Y", "x@y.example", ["staff:reader"])

    await refused(firm, Code.NOT_FOUND, invite, actor)
    token = await do(elsewhere, lambda act: staff.reset(act, other.account.id))
    assert await invitations.read(hub, firm.id, token) is None


@pytest.mark.parametrize(
    ("name", "email", "roles", "code"),
    [
        ("", "new@firm.example", ["staff:reader"], Code.INVALID),
        ("x" * 101, "new@firm.example", ["staff:reader"], Code.INVALID),
        ("Ann\nLee", "no address", ["staff:reader"], Code.INVALID),
        ("Ann Lee", "new@firm.example", [], Code.INVALID),
        ("Ann Lee", "new@firm.example", ["operator"], Code.INVALID),
        ("Ann Lee", "RUTH@firm.example", ["staff:reader"], Code.CONFLICT),
    ],
)
async def test_an_invitation_that_makes_no_sense_makes_no_account(
    ruth: Colleague, firm: Firm, name: str, email: str, roles: list[str], code: Code
) -> None:
    del ruth
    await refused(firm, code, lambda act: staff.invite(act, firm.id, name, email, roles))


async def test_the_database_and_the_ledger_hold_no_name_no_address_and_no_password(
    newcomer: tuple[Colleague, str], superuser: asyncpg.Connection
) -> None:
    ruth, token = newcomer
    await join(ruth, token)
    await ruth.sign_in(code=await ruth.code(1))
    for table in ("staff", "staff_invitation", "staff_sign_in"):
        rows = await superuser.fetch(f"SELECT t::text AS text FROM {table} t")
        said = " ".join(row["text"] for row in rows)
        for secret in ("Okafor", "ruth@", PASSWORD, token, ruth.secret.hex(), ruth.cookie):
            assert secret not in said, table
    held = await superuser.fetchrow("SELECT password FROM staff WHERE id = $1", ruth.account.id)
    assert held
    assert held["password"].startswith("$argon2id$")


async def test_a_password_costs_what_rfc_9106_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    real = passwords.PasswordHasher.from_parameters(passwords.RFC_9106_LOW_MEMORY)
    monkeypatch.setattr(passwords, "_HASHER", real)
    hashed = await passwords.hash_(PASSWORD)
    said = extract_parameters(hashed)
    assert (said.type.name, said.memory_cost, said.time_cost, said.parallelism) == ("ID", 65_536, 3, 4)
    assert await passwords.matches(PASSWORD, hashed)
    assert not await passwords.matches(PASSWORD + "x", hashed)
    assert not await passwords.matches(PASSWORD, None)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("x" * 14, Fault.SHORT), ("seven lamps ov", Fault.SHORT), ("abc " * 51, Fault.LONG),
        ("seven lamps\nover the harbour", Fault.ODD), ("seven lamps\0over the harbour", Fault.ODD),
        ("passwordpassword", Fault.KNOWN), ("Password12345678", Fault.KNOWN), ("!!!!iloveyou!!!!!", Fault.KNOWN),
        ("qwertyuiopasdfgh", Fault.KNOWN), ("1qaz2wsx3edc4rfv", Fault.KNOWN), ("123456789012345", Fault.KNOWN),
        ("aaaaaaaaaaaaaaaaaaaa", Fault.KNOWN), ("correct horse battery staple", Fault.KNOWN),
        ("Ruth Okafor 12345", Fault.KNOWN), ("okaforokaforokafor", Fault.KNOWN),
        ("seven lamps over the harbour", None), ("sept lampes, le port à minuit", None),
        ("سبعة مصابيح فوق الميناء", None),
        ("x7 Q!9 vv__2 kk#44", None), ("8361940275518264", None), ("七つの灯りが港を照らす夜の海の上", None),
    ],
)  # fmt: skip
def test_a_password_is_long_and_not_one_that_everybody_knows(password: str, fault: Fault | None) -> None:
    assert passwords.fault(password, "Ruth Okafor") is fault


async def test_what_is_typed_on_another_keyboard_is_the_same_password() -> None:
    hashed = await passwords.hash_("caf\u00e9 seven lamps port")
    assert await passwords.matches("cafe\u0301 seven lamps port", hashed)


async def test_a_code_counts_for_its_half_minute_and_those_around_it(hub: Hub) -> None:
    secret, at = authenticator.new_secret(), await now(hub)
    step = int(at.timestamp()) // 30
    near = {
        each: authenticator.matching_step(
            secret, authenticator.code(secret, at.fromtimestamp((step + each) * 30, at.tzinfo)), at
        )
        for each in (-2, -1, 0, 1, 2)
    }
    assert near == {-2: None, -1: step - 1, 0: step, 1: step + 1, 2: None}


@pytest.mark.parametrize("role", sorted(STAFF))
def test_each_role_may_do_what_the_table_says_and_nothing_else(role: Role) -> None:
    actor = Actor("staff", UUID(int=1), UUID(int=2), roles=frozenset({role}))
    allowed = {each.value for each in Operation if may(actor, each)}
    everybody = {each.value for each in Operation if MAY[each] >= frozenset(Role)}
    read = {"request.read", "representative.read", "partner.look", "desk.sign_in", "desk.own"}
    own = {
        Role.STAFF_READER: set[str](),
        Role.STAFF_CONDUCT: {
            "request.conduct", "request.open", "customer.reveal", "attachment.add", "attachment.open",
            "representative.propose", "representative.check", "arrangement.conduct", "partner.block",
            "webhook.replay",
        },
        Role.STAFF_ADMIN: {
            "staff.read", "staff.manage", "partner.block", "partner.invite", "webhook.replay",
        },
    }  # fmt: skip
    assert allowed == everybody | read | own[role]
