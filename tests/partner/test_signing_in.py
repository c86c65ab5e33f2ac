"""Partners sign in with assertions of their own, each once, and reach their own schema and nothing else."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from authlib.oauth2.rfc7523 import (
    private_key_jwt_sign,  # pyright: ignore[reportUnknownVariableType] -- it publishes no types
)
from joserfc.jwk import OctKey

from hub.act import Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Operation, Role
from hub.auth import server
from hub.db import new_id
from hub.partners import keys
from tests.internal.door import Door
from tests.partner.conftest import Invite
from tests.partner.partner import ADDRESS, URL, Partner, Signer, segment, signed
from tests.world import World

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VIEWER = "{ viewer { clientId name recipient organisation scopes isSandbox arrangements { id key kind } } }"


async def issued(hub: Hub, partner: Partner) -> int:
    """How many tokens a client was given."""
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        return await ask.value("SELECT count(*) FROM access_token WHERE client_id = $1", partner.client_id)


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "PS256"])
async def test_a_partner_signs_in_with_its_key_and_is_told_who_it_is(
    inviting: Invite, algorithm: str
) -> None:
    partner = await inviting("quay-inspections", Role.PARTNER_READ, algorithm=algorithm)
    seen = (await partner.ask(VIEWER))["viewer"]
    assert seen == {
        "clientId": str(partner.client_id),
        "name": "Their system",
        "recipient": "Quay Inspections",
        "organisation": "Harbour & Moor",
        "scopes": ["partner:read"],
        "isSandbox": False,
        "arrangements": [{**seen["arrangements"][0], "key": "quay-referrals", "kind": "REFERRAL"}],
    }


async def test_an_oauth_library_signs_an_assertion_that_is_taken(partner: Partner, hub: Hub) -> None:
    signer = Signer.new("ES256")
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await keys.add(act, partner.client_id, signer.jwk)
    said: Any = private_key_jwt_sign(
        {**signer.key.as_dict(private=True), "kid": signer.kid},
        client_id=str(partner.client_id),
        token_endpoint=f"{URL}/oauth/token",
        alg="ES256",
        header={"kid": signer.kid},
        expires_in=120,
    )
    assert (await partner.sign_in(said)).status_code == 200
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await keys.end(act, partner.client_id, signer.kid)


async def test_a_partner_signs_in_with_a_secret_too(inviting: Invite) -> None:
    partner = await inviting(method="client_secret")
    seen = (await partner.ask(VIEWER))["viewer"]
    assert seen["scopes"] == sorted(PARTNER_SCOPES)
    assert (await partner.sign_in(Signer.new().assertion(partner.client_id))).status_code == 401


async def test_an_assertion_counts_once_however_often_it_is_sent_at_once(hub: Hub, partner: Partner) -> None:
    before = await issued(hub, partner)
    said = partner.signers[0].assertion(partner.client_id)
    answers = await asyncio.gather(*(partner.sign_in(said) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
    assert {answer.text for answer in answers if answer.status_code == 401} == {
        (await stranger(partner)).text
    }
    assert await issued(hub, partner) == before + 1


async def stranger(partner: Partner) -> Any:
    """What a client that is none is told."""
    return await partner.sign_in(Signer.new().assertion(new_id()))


async def test_two_clients_may_give_their_assertions_the_same_id(inviting: Invite, partner: Partner) -> None:
    other = await inviting("moor-surveys")
    for each in (partner, other):
        said = each.signers[0].assertion(each.client_id, jti="the-same")
        assert (await each.sign_in(said)).status_code == 200


def hmac_with_public_key(partner: Partner) -> str:
    signer = partner.signers[0]
    key = OctKey.import_key(json.dumps(signer.public).encode())
    return Signer(key, signer.kid, "HS256").assertion(partner.client_id)


def twice(partner: Partner) -> str:
    claims = f'{{"sub":"{partner.client_id}","sub":"{partner.client_id}"}}'
    head, _, third = partner.signers[0].assertion(partner.client_id).split(".")
    return f"{head}.{segment(claims.encode())}.{third}"


def now() -> int:
    return int(time.time())


def changed(partner: Partner) -> str:
    signer = partner.signers[0]
    head = {"alg": "EdDSA", "kid": signer.kid}
    other = signed(head, {"iss": "x"}, signer.key).rpartition(".")[2]
    return f"{signer.assertion(partner.client_id).rpartition('.')[0]}.{other}"


Make = Callable[[Partner], str]
FORMS: Mapping[str, Make] = {
    "no claims": lambda p: p.signers[0].assertion(p.client_id, **dict.fromkeys(("iss", "sub", "aud", "jti"))),
    "not a JWT": lambda _: "abc",
    "JSON form": lambda p: json.dumps({"payload": p.signers[0].assertion(p.client_id).split(".")[1]}),
    "five parts": lambda p: p.signers[0].assertion(p.client_id) + ".x.y",
    "algorithm none": lambda p: p.signers[0].assertion(p.client_id, header={"alg": "none"}),
    "algorithm HS256": hmac_with_public_key,
    "algorithm RS256": lambda p: renamed(p, alg="RS256"),
    "no kid": lambda p: p.signers[0].assertion(p.client_id, header={"kid": None}),
    "jku": lambda p: p.signers[0].assertion(p.client_id, header={"jku": "https://evil.example/keys"}),
    "x5u": lambda p: p.signers[0].assertion(p.client_id, header={"x5u": "https://evil.example/keys"}),
    "jwk": lambda p: p.signers[0].assertion(p.client_id, header={"jwk": p.signers[0].public}),
    "crit": lambda p: p.signers[0].assertion(p.client_id, header={"crit": ["exp"]}),
    "b64": lambda p: p.signers[0].assertion(p.client_id, header={"b64": False, "crit": ["b64"]}),
    "another type": lambda p: p.signers[0].assertion(p.client_id, header={"typ": "at+jwt"}),
    "issuer of another": lambda p: p.signers[0].assertion(p.client_id, iss=str(new_id())),
    "no subject": lambda p: p.signers[0].assertion(p.client_id, sub=7),
    "another audience": lambda p: p.signers[0].assertion(p.client_id, aud="https://other.example"),
    "an audience besides": lambda p: p.signers[0].assertion(p.client_id, aud=[URL, "https://x.example"]),
    "audience of the schema": lambda p: p.signers[0].assertion(p.client_id, aud=URL + ADDRESS),
    "no audience": lambda p: p.signers[0].assertion(p.client_id, aud=None),
    "no id": lambda p: p.signers[0].assertion(p.client_id, jti=None),
    "an id that is long": lambda p: p.signers[0].assertion(p.client_id, jti="x" * 256),
    "no end": lambda p: p.signers[0].assertion(p.client_id, exp=None),
    "no beginning": lambda p: p.signers[0].assertion(p.client_id, iat=None),
    "an end that is text": lambda p: p.signers[0].assertion(p.client_id, exp=str(now() + 60)),
    "an end that is true": lambda p: p.signers[0].assertion(p.client_id, exp=True),
    "eleven minutes": lambda p: p.signers[0].assertion(p.client_id, exp=now() + 660),
    "six minutes": lambda p: p.signers[0].assertion(p.client_id, exp=now() + 360),
    "ended": lambda p: p.signers[0].assertion(p.client_id, iat=now() - 300, exp=now() - 70),
    "of the future": lambda p: p.signers[0].assertion(p.client_id, iat=now() + 200, exp=now() + 250),
    "not before": lambda p: p.signers[0].assertion(p.client_id, nbf=now() + 200),
    "a name twice": twice,
    "an algorithm that is a list": lambda p: renamed(p, alg=["EdDSA"]),
    "an audience that is an object": lambda p: p.signers[0].assertion(p.client_id, aud={"is": URL}),
    "audiences that are lists": lambda p: p.signers[0].assertion(p.client_id, aud=[[URL]]),
}
PROOFS: Mapping[str, Make] = {
    "another key": lambda p: Signer(Signer.new().key, p.signers[0].kid, "EdDSA").assertion(p.client_id),
    "another kid": lambda p: p.signers[0].assertion(p.client_id, header={"kid": "other"}),
    "another algorithm": lambda p: Signer(Signer.new("ES256").key, p.signers[0].kid, "ES256").assertion(
        p.client_id
    ),
    "an algorithm of another name": lambda p: renamed(p, alg="ES256"),
    "another client": lambda p: p.signers[0].assertion(new_id()),
    "a signature cut off": lambda p: p.signers[0].assertion(p.client_id).rpartition(".")[0] + ".",
    "a signature changed": changed,
}


def renamed(partner: Partner, **header: Any) -> str:
    """Signed well, under a header that says something else."""
    first, second, third = partner.signers[0].assertion(partner.client_id).split(".")
    head = {"alg": "EdDSA", "kid": partner.signers[0].kid, "typ": "JWT", **header}
    return f"{segment(json.dumps(head).encode())}.{second}.{third}" if first else ""


@pytest.mark.parametrize("fault", FORMS)
async def test_an_assertion_of_the_wrong_form_is_told_what_is_wrong_whoever_it_names(
    hub: Hub, inviting: Invite, fault: str
) -> None:
    partner = await shared(inviting)
    before = await issued(hub, partner)
    answer = await partner.sign_in(FORMS[fault](partner), client_id=str(partner.client_id))
    nobody = Partner(hub, partner.site, new_id(), partner.recipient_id, None, partner.signers)
    same = await nobody.sign_in(FORMS[fault](nobody), client_id=str(nobody.client_id))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.json()["error_description"] != (await stranger(partner)).json()["error_description"]
    assert same.text.replace(str(nobody.client_id), "") == answer.text.replace(str(partner.client_id), "")
    assert await issued(hub, partner) == before


@pytest.mark.parametrize("fault", PROOFS)
async def test_whatever_a_proof_lacks_the_answer_is_that_of_an_unknown_client(
    hub: Hub, inviting: Invite, fault: str
) -> None:
    partner = await shared(inviting)
    before = await issued(hub, partner)
    answer = await partner.sign_in(PROOFS[fault](partner))
    assert (answer.status_code, answer.text) == (401, (await stranger(partner)).text)
    assert await issued(hub, partner) == before


async def shared(inviting: Invite, kept: list[Partner] = []) -> Partner:  # noqa: B006 - one for all of these
    """A partner that nothing is done to."""
    if not kept:
        kept.append(await inviting("southern-inspections"))
    return kept[0]


@pytest.mark.parametrize(
    ("shift", "status"),
    [(-59, 200), (-50, 200), (50, 200), (59, 200), (-600, 401), (3600, 401), (-3600, 401)],
)
async def test_a_clock_may_be_wrong_by_a_minute_and_no_more(
    inviting: Invite, shift: int, status: int
) -> None:
    partner = await shared(inviting)
    at = now() + shift
    said = partner.signers[0].assertion(partner.client_id, iat=at, exp=at + 300)
    assert (await partner.sign_in(said)).status_code == status


async def test_a_form_names_the_kind_of_assertion_and_brings_no_secret_beside_it(partner: Partner) -> None:
    said = partner.signers[0].assertion(partner.client_id)
    for more, told in (
        ({"client_assertion_type": "x"}, "client_assertion_type"),
        ({"client_secret": "x"}, "one way only"),
    ):
        form = {"grant_type": "client_credentials", "client_assertion": said, **more}
        async with partner.http() as http:
            answer = await http.post("/oauth/token", data={"client_assertion_type": TYPE, **form})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert told in answer.json()["error_description"]


async def test_a_key_that_ended_signs_nothing_and_of_two_either_signs(hub: Hub, inviting: Invite) -> None:
    partner = await inviting("bluegum-mortgages")
    old, new = partner.signers[0], Signer.new("ES256")
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await keys.add(act, partner.client_id, new.jwk)
    for each in (old, new):
        assert (await partner.sign_in(each.assertion(partner.client_id))).status_code == 200
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await keys.end(act, partner.client_id, old.kid)
    assert (await partner.sign_in(old.assertion(partner.client_id))).status_code == 401
    assert (await partner.sign_in(new.assertion(partner.client_id))).status_code == 200


async def test_tokens_of_partners_and_of_apps_serve_at_their_own_address_only(
    door: Door, world: World, partner: Partner
) -> None:
    theirs, ours = await partner.token(), await door.token(world)
    unknown = await partner.post("x.y.z", "{ viewer { clientId } }")
    assert unknown.status_code == 401
    assert (await partner.post(ours, "{ viewer { clientId } }")).text == unknown.text
    unknown = await partner.post("x.y.z", "{ viewer { kind } }", path="/graphql")
    assert (await partner.post(theirs, "{ viewer { kind } }", path="/graphql")).text == unknown.text
    assert (await partner.post(theirs, "{ viewer { clientId } }")).status_code == 200
    assert (await partner.post(ours, "{ viewer { kind } }", path="/graphql")).status_code == 200
    async with partner.http() as http:
        denied = await http.get(f"/attachments/{new_id()}", headers={"Authorization": f"Bearer {theirs}"})
    assert denied.status_code == 401


async def test_a_revoked_partner_is_out_at_once(hub: Hub, inviting: Invite) -> None:
    from hub.partners import inviting as verbs  # noqa: PLC0415 - the fixture has the name

    partner = await inviting("pennine-mortgages")
    token = await partner.token()
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        await verbs.revoke(act, partner.client_id)
    assert (await partner.post(token, VIEWER)).status_code == 401
    assert (await partner.sign_in()).status_code == 401


async def test_a_token_can_be_looked_at_and_given_back_by_an_assertion(partner: Partner) -> None:
    token = await partner.token(scope="partner:read")

    async def say(path: str) -> Any:
        said = partner.signers[0].assertion(partner.client_id)
        form = {"token": token, "client_assertion_type": TYPE, "client_assertion": said}
        async with partner.http() as http:
            return (await http.post(path, data=form)).json(), (await http.post(path, data=form)).status_code

    told, again = await say("/oauth/introspect")
    assert (told["active"], told["aud"], told["scope"], again) == (True, URL + ADDRESS, "partner:read", 401)
    await say("/oauth/revoke")
    assert (await partner.post(token, VIEWER)).status_code == 401


def test_the_metadata_name_the_way_and_the_algorithms(hub: Hub) -> None:
    said = server.metadata(hub)
    for each in ("token", "revocation", "introspection"):
        assert "private_key_jwt" in said[f"{each}_endpoint_auth_methods_supported"]
        assert said[f"{each}_endpoint_auth_signing_alg_values_supported"] == ["EdDSA", "ES256", "PS256"]
    assert set(said["scopes_supported"]) >= PARTNER_SCOPES
