"""Texts in assertions that JSON can write and nothing else can."""

import json
import time

from joserfc.jws import JWSRegistry

from hub.db import new_id
from tests.partner.conftest import Invite
from tests.partner.partner import URL, segment


async def test_text_that_is_no_unicode_is_refused_or_taken_as_any_other(inviting: Invite) -> None:
    partner = await inviting("southern-inspections")
    head, _, third = partner.signers[0].assertion(partner.client_id).split(".")
    claims = segment(rb'{"sub": "\ud800"}')
    nobody = f"{head}.{claims}.{third}"
    assert (await partner.sign_in(nobody)).status_code == 401
    signer, at = partner.signers[0], int(time.time())
    given = {
        "iss": str(partner.client_id),
        "sub": str(partner.client_id),
        "aud": URL,
        "iat": at,
        "exp": at + 60,
    }
    raw = json.dumps({**given, "jti": f"\ud800{new_id()}"}).encode()
    said = f"{segment(json.dumps({'alg': 'EdDSA', 'kid': signer.kid}).encode())}.{segment(raw)}"
    proof = JWSRegistry.algorithms["EdDSA"].sign(said.encode(), signer.key)
    assert [(await partner.sign_in(f"{said}.{segment(proof)}")).status_code for _ in range(2)] == [200, 401]
