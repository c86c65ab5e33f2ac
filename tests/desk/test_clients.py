"""Partners are invited at the desk by whoever looks after the accounts, bring keys there, and are ended there."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from hub.act import Hub
from tests.desk.colleague import Colleague, happened
from tests.desk.conftest import Joins
from tests.desk.test_partners import drafted
from tests.domain.firm import everything, found

CLIENTS = (
    "SELECT id, secret_hash, scopes, revoked_at FROM client WHERE organisation_id = $1 AND kind = 'PARTNER'"
)
KEYS = "SELECT kid, ended_at FROM client_key WHERE client_id = $1"
AT = "partners/bank/clients"
KEY = json.dumps({**OKPKey.generate_key("Ed25519").as_dict(private=False), "kid": "bank-2026"})


def filled(**changes: Any) -> dict[str, Any]:
    """What is typed into the form of an invitation."""
    return {
        "name": "Branch, Leeds", "scopes": ["partner:read", "partner:withdrawals"], "method": "private_key_jwt",
        "jwks_url": "", **changes,
    }  # fmt: skip


@pytest_asyncio.fixture
async def ada(joins: Joins) -> Colleague:
    """An administrator, signed in."""
    made = await joins("admin", name="Ada Eze")
    await made.sign_in()
    return made


async def test_a_partner_is_invited_brings_a_key_and_is_ended(
    ada: Colleague, superuser: asyncpg.Connection
) -> None:
    await ada.open("partners/bank")
    assert "Invite them, or change how they sign in" in ada.text
    await ada.open(AT)
    await ada.send(filled(), to=AT)
    [client] = await superuser.fetch(CLIENTS, ada.firm.id)
    assert (client["scopes"], client["secret_hash"]) == (["partner:read", "partner:withdrawals"], None)
    assert str(client["id"]) in ada.text
    assert "They cannot sign in before their public key is here" in ada.text
    at = f"{AT}/{client['id']}"
    await ada.send({"jwk": KEY}, to=f"{at}/keys")
    assert "bank-2026 (EdDSA)" in ada.text
    await ada.send({"kid": "bank-2026"}, to=f"{at}/end-key")
    [key] = await superuser.fetch(KEYS, client["id"])
    assert key["ended_at"] is not None
    await ada.send({}, to=f"{at}/revoke")
    assert "Disabled" in ada.text
    assert (await happened(ada.firm, ada.account.id))[-4:] == [
        "partner.invited", "partner.key_added", "partner.key_ended", "client.revoked",
    ]  # fmt: skip


async def test_a_secret_is_shown_once_and_never_again(ada: Colleague, superuser: asyncpg.Connection) -> None:
    await ada.open(AT)
    await ada.send(filled(method="client_secret"), to=AT)
    assert "Secret, not shown again" in ada.text
    await ada.open(AT)
    assert "Secret, not shown again" not in ada.text
    [client] = await superuser.fetch(CLIENTS, ada.firm.id)
    assert client["secret_hash"]
    assert "Add a key" not in ada.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scopes": []}, "Tick what they may do"),
        ({"scopes": ["decide"]}, "Tick what they may do"),
        ({"name": ""}, "Error:"),
        ({"method": "magic"}, "Choose how it signs in"),
        ({"jwks_url": "http://127.0.0.1/keys"}, "Error:"),
        ({"arrangements": ["made-up"]}, None),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(
    ada: Colleague, superuser: asyncpg.Connection, changes: dict[str, Any], said: str | None
) -> None:
    await ada.open(AT)
    before = await everything(superuser)
    await ada.send(filled(**changes), to=AT)
    assert ada.page.status_code == (422 if said else 404)
    assert (said or "") in ada.text
    assert await everything(superuser) == before


async def test_what_is_no_key_is_said_at_its_field(ada: Colleague, superuser: asyncpg.Connection) -> None:
    await ada.open(AT)
    await ada.send(filled(), to=AT)
    [client] = await superuser.fetch(CLIENTS, ada.firm.id)
    for brought in ("", "no key", json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))):
        before = await everything(superuser)
        await ada.send({"jwk": brought}, to=f"{AT}/{client['id']}/keys")
        assert ada.page.status_code == 422
        assert 'id="jwk-wrong"' in ada.page.text
        assert await everything(superuser) == before


async def test_only_administrators_come_there_and_not_to_another_partners_client(
    ada: Colleague, ruth: Colleague, joins: Joins, hub: Hub, superuser: asyncpg.Connection
) -> None:
    await ada.open(AT)
    await ada.send(filled(), to=AT)
    [client] = await superuser.fetch(CLIENTS, ada.firm.id)
    at = f"{AT}/{client['id']}"
    await ruth.open(AT)
    assert ruth.page.status_code == 403
    before = await everything(superuser)
    for place in (AT, f"{at}/keys", f"{at}/end-key", f"{at}/revoke"):
        answer = await ruth.post(f"{ruth.start}/{place}", {"form": "made-up"})
        assert answer.status_code == 403
    key = ada.key(f"{at}/revoke")
    stranger = await joins("admin", at=await found(hub))
    await stranger.sign_in()
    for who, place in ((stranger, at), (ada, f"partners/lawyer/clients/{client['id']}"), (ada, f"{AT}/x")):
        answer = await who.post(f"{who.start}/{place}/revoke", {"form": key})
        assert answer.status_code in {403, 404}
    assert not [each for each in await superuser.fetch(CLIENTS, ada.firm.id) if each["revoked_at"]]
    assert await everything(superuser) != {}
    assert before


async def test_it_is_for_the_arrangements_that_are_ticked(
    ada: Colleague, joins: Joins, superuser: asyncpg.Connection
) -> None:
    ruth = await joins("conduct")
    await ruth.sign_in()
    await drafted(ruth)
    await ada.open(AT)
    await ada.send(filled(arrangements=["bank-alliance"]), to=AT)
    named = await superuser.fetchval(
        "SELECT arrangements FROM client WHERE organisation_id = $1 AND kind = 'PARTNER'", ada.firm.id
    )
    drafts = await superuser.fetchval("SELECT id FROM arrangement WHERE organisation_id = $1", ada.firm.id)
    assert [UUID(str(each)) for each in named] == [drafts]
