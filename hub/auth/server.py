"""The authorization server: read what a request concerns, let the protocol decide, write that in one Act."""

from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidClientError

from hub.act import Act, Hub
from hub.actors import PARTNER_SCOPES, SCOPES, Operation
from hub.auth import assertions, signing_keys, tokens
from hub.auth.attempts import budget, count_failure, refuse_spent
from hub.auth.callers import GRANT, METHODS, Caller, Found, Issued
from hub.auth.forms import Form
from hub.auth.protocol import PATHS, Answer, Core, refused
from hub.db import LOST
from hub.errors import Code, Refusal
from hub.listening import REVOKED

SIGN_IN_FAILED = 401
ENDPOINTS = ("token", "revocation", "introspection")
SIGNED_WITH = list(signing_keys.ALGORITHMS)

_READ = """
    SELECT date_trunc('second', now()) AS at,
        c.id, c.organisation_id, c.department_id, c.kind, c.secret_hash, c.scopes, c.auth_method, c.recipient_id,
        (SELECT jsonb_agg(jsonb_build_object('kid', k.kid, 'algorithm', k.algorithm, 'jwk', k.jwk))
         FROM client_key k WHERE k.client_id = c.id AND k.ended_at IS NULL) AS keys,
        t.scopes AS token_scopes
    FROM (SELECT 1) AS always
    LEFT JOIN client c ON c.id = $1 AND c.revoked_at IS NULL
    LEFT JOIN access_token t ON t.client_id = c.id AND t.id = $2 AND t.revoked_at IS NULL
        AND t.issued_at <= now() AND t.expires_at > now()
"""
# The lock makes a revocation of the client that runs at the same time come before or after, never between.
_ISSUE = """
    INSERT INTO access_token (id, client_id, scopes, issued_at, expires_at)
    SELECT $1, c.id, $3, $4, $5 FROM client c
    WHERE c.id = $2 AND c.revoked_at IS NULL AND c.scopes @> $3 FOR SHARE
    RETURNING id
"""
_REVOKE = """
    UPDATE access_token SET revoked_at = $3
    WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL
    RETURNING id
"""


async def answer(hub: Hub, operation: Operation, form: Form, address: str | None) -> Answer:
    """Do what a client asks at the token, revocation or introspection endpoint.

    address: of the peer, for the limits. Refusals: LIMIT (too many failures), UNAVAILABLE, OUTCOME_UNKNOWN.
    """
    client_id = _uuid(form.client_id)
    spending = budget(hub, str(client_id or form.client_id), address)
    try:
        await refuse_spent(hub, spending)
        core = await _read(hub, client_id, form.fields.get("token", ""))
        answered = await _run(hub, core, operation, form)
        if answered.status == SIGN_IN_FAILED:
            await count_failure(hub, spending)
    except LOST as error:
        raise Refusal(
            Code.UNAVAILABLE, "The database cannot be reached. Nothing changed; try again."
        ) from error
    return await _write(hub, core, answered)


async def _run(hub: Hub, core: Core, operation: Operation, form: Form) -> Answer:
    """Let the protocol decide; an assertion that serves is used up by it, so that it never serves again."""
    answered = core.run(operation, form)
    if core.asserted is None or await assertions.use(hub.database.single_write(), core.asserted):
        return answered
    core.issued = core.revoked = None
    return refused(InvalidClientError())


def metadata(hub: Hub) -> dict[str, Any]:
    """What this server offers, after RFC 8414."""
    url = hub.settings.url
    return {
        "issuer": tokens.of(hub).issuer,
        "token_endpoint": url + PATHS[Operation.TOKEN_ISSUE],
        "revocation_endpoint": url + PATHS[Operation.TOKEN_REVOKE],
        "introspection_endpoint": url + PATHS[Operation.TOKEN_INTROSPECT],
        "jwks_uri": f"{url}/.well-known/jwks.json",
        "scopes_supported": sorted(scope.value for scope in SCOPES | PARTNER_SCOPES),
        "response_types_supported": [],
        "grant_types_supported": [GRANT],
        **{f"{each}_endpoint_auth_methods_supported": METHODS for each in ENDPOINTS},
        **{f"{each}_endpoint_auth_signing_alg_values_supported": SIGNED_WITH for each in ENDPOINTS},
    }


async def _read(hub: Hub, client_id: UUID | None, token: str) -> Core:
    keys = tokens.of(hub)
    claims = keys.read(token)
    row = await hub.database.single().row(_READ, client_id, claims.id if claims else None)
    assert row is not None  # noqa: S101 - always one row: it is joined to a constant
    caller = Caller(row) if row["id"] else None
    found = Found(tuple(row["token_scopes"]), claims) if claims and row["token_scopes"] else None
    return Core(keys, hub.settings.token_seconds, row["at"], caller, found)


async def _write(hub: Hub, core: Core, answered: Answer) -> Answer:
    """Write what was decided; an answer with a token holds only if that was possible."""
    caller, issued, revoked = core.caller, core.issued, core.revoked
    if caller is None or not (issued or revoked):
        return answered

    async def write(act: Act) -> None:
        await (_issue(act, caller.id, issued) if issued else _revoke(act, caller.id, revoked))

    try:
        await hub.perform(caller.actor, Operation.TOKEN_ISSUE if issued else Operation.TOKEN_REVOKE, write)
    except _Overtaken:
        return refused(InvalidClientError()) if issued else answered
    return answered


class _Overtaken(Exception):
    """Another request ended the client or the token first: the act is rolled back."""


async def _issue(act: Act, client_id: UUID, issued: Issued) -> None:
    args = (issued.id, client_id, issued.scopes, issued.issued_at, issued.expires_at)
    if not await act.rows(_ISSUE, *args):
        raise _Overtaken
    await act.record("token.issued", client=str(client_id), token=str(issued.id), scopes=issued.scopes)


async def _revoke(act: Act, client_id: UUID, token_id: UUID | None) -> None:
    if not await act.rows(_REVOKE, token_id, client_id, act.at):
        raise _Overtaken
    await act.record("token.revoked", client=str(client_id), token=str(token_id))
    await act.announce(REVOKED, client=client_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
