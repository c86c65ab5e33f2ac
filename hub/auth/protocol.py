"""Authlib's authorization server around rows that were read before, deciding what is to be written after.

Its core is synchronous and knows nothing of databases; a Core lives for one request and touches none.
"""
# Authlib publishes types for a part of itself only.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator

from hub.actors import PARTNER_SCOPES, SCOPES, Operation
from hub.auth import assertions, tokens
from hub.auth.assertions import Assertion
from hub.auth.callers import GRANT, METHODS, Caller, Found, Issued
from hub.auth.forms import Form
from hub.db import new_id

PATHS = {
    Operation.TOKEN_ISSUE: "/oauth/token",
    Operation.TOKEN_REVOKE: "/oauth/revoke",
    Operation.TOKEN_INTROSPECT: "/oauth/introspect",
}
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="hub", charset="UTF-8"'}
ADVICE = {
    "invalid_client": "Client id, secret or signature is wrong, or the client was revoked. Check them.",
    "invalid_scope": "Ask for scopes this client holds, each once, one space between; or leave scope out.",
    "unsupported_grant_type": f"Send grant_type={GRANT}.",
    "insecure_transport": "The hub is not reached by https: set HUB_PUBLIC_URL to such an address.",
}

# At level DEBUG the library writes the tokens it issues into the log.
logging.getLogger("authlib").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP: a status, a JSON object that is not in the repr, headers."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: NO_STORE)


class Core(AuthorizationServer):
    """One request: what was read for it (`caller`, `found`), and what is to be written (`issued`, `revoked`).

    asserted: what the caller signed in with, if it was that; it is yet to be used up.
    at: the database's instant in whole seconds, as tokens carry it.
    """

    def __init__(
        self, keys: tokens.Tokens, seconds: int, at: datetime, caller: Caller | None, found: Found | None
    ) -> None:
        super().__init__(scopes_supported=[scope.value for scope in SCOPES | PARTNER_SCOPES])
        self.keys, self.seconds, self.at = keys, seconds, at
        self.caller, self.found = caller, found
        self.token_id = new_id()
        self.issued: Issued | None = None
        self.revoked: UUID | None = None
        self.asserted: Assertion | None = None
        self.register_client_auth_method(assertions.METHOD, self._by_assertion)
        self.register_grant(_Grant)
        self.register_endpoint(_Revocation)
        self.register_endpoint(_Introspection)
        self.register_token_generator("default", _Generator(self))

    def run(self, operation: Operation, form: Form) -> Answer:
        """Let the protocol decide about one form."""
        needed, example = _NEEDED[operation]
        try:
            if needed not in form.fields:
                raise InvalidRequestError(f"Send {example}.")
            request: Any = _Request(self.keys.issuer + PATHS[operation], form)
            if operation is Operation.TOKEN_ISSUE:
                answered: Any = self.create_token_response(request)
            else:
                answered = self.create_endpoint_response(_NAMES[operation], request)
        except OAuth2Error as error:
            return refused(error)
        return answered

    def query_client(self, client_id: str) -> Any:  # noqa: ARG002 - the one that was read for this id
        """The caller, if there is such a client."""
        return self.caller

    def _by_assertion(self, query_client: Any, request: Any) -> Caller | None:
        """The caller, if one of its keys has signed the assertion of this form (RFC 7523 section 3)."""
        text = request.form.get("client_assertion")
        if text is None:
            return None
        issuer = self.keys.issuer
        said = assertions.read(text, self.at, {issuer, issuer + PATHS[Operation.TOKEN_ISSUE]})
        caller: Caller | None = query_client(said.client_id)
        if caller is None or said.client_id != caller.get_client_id() or not said.is_by(caller.keys):
            return None
        self.asserted = said
        return caller

    def save_token(self, token: dict[str, Any], request: Any) -> None:  # noqa: ARG002 - as the core calls it
        """Keep in mind what was signed."""
        ends = self.at + timedelta(seconds=self.seconds)
        self.issued = Issued(self.token_id, token["scope"].split(), self.at, ends)

    def describe(self, token: Found) -> dict[str, Any]:
        """A token of the caller after RFC 7662, with the scopes that still count."""
        claims = token.claims
        held = self.caller.scopes if self.caller else ()
        return {
            "active": True,
            "scope": " ".join(sorted(tokens.roles_of(token.scopes, held))),
            "client_id": str(claims.client_id),
            "sub": str(claims.client_id),
            "token_type": "Bearer",
            "iss": self.keys.issuer,
            "aud": self.keys.issuer + claims.audience,
            "jti": str(claims.id),
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
        }

    def create_oauth2_request(self, request: Any) -> Any:
        """It is one already."""
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:  # noqa: ARG002 - ours say more
        """An answer of the core as ours."""
        return Answer(status, body)

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:  # noqa: ARG002 - as the core calls it
        """A refusal of the core as ours."""
        return refused(error)


def refused(error: OAuth2Error) -> Answer:
    """An error after RFC 6749 section 5.2; equal bytes for clients unknown, revoked or with wrong secret."""
    code = str(error.error)
    advice = None if isinstance(error, assertions.Unacceptable) else ADVICE.get(code)
    body = {"error": code, "error_description": advice or error.description}
    if isinstance(error, InvalidClientError):
        return Answer(401, body, {**NO_STORE, **CHALLENGE})
    return Answer(error.status_code, body)


class _Request(OAuth2Request):
    """A form that was read, as the core wants it.

    The hint at a token's type is left out: there is one type, and RFC 7009 section 2.1 ignores wrong hints.
    """

    def __init__(self, uri: str, form: Form) -> None:
        headers = {"Authorization": form.authorization} if form.authorization else {}
        super().__init__("POST", uri, headers=headers)
        self._fields = {name: value for name, value in form.fields.items() if name != "token_type_hint"}
        self.payload = BasicOAuth2Payload(self._fields)

    @property
    def form(self) -> dict[str, str]:
        return self._fields


class _Grant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class _Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = METHODS
    server: Core

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:  # noqa: ARG002 - read before
        return self.server.found

    def revoke_token(self, token: Any, request: Any) -> None:  # noqa: ARG002 - as the core calls it
        self.server.revoked = token.claims.id


class _Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = METHODS
    server: Core

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:  # noqa: ARG002 - read before
        return self.server.found

    def check_permission(self, token: Any, client: Any, request: Any) -> bool:  # noqa: ARG002 - as the core calls it
        return token.check_client(client)

    def introspect_token(self, token: Any) -> dict[str, Any]:
        return self.server.describe(token)


class _Generator(JWTBearerTokenGenerator):
    """Signs with our key, our id and the database's clock."""

    def __init__(self, core: Core) -> None:
        super().__init__(core.keys.issuer, tokens.ALGORITHM, expires_generator=core.seconds)
        self._core = core

    def get_jwks(self) -> Any:
        return self._core.keys.signing_keys

    def get_jti(self, client: Any, grant_type: str, user: Any, scope: str) -> str:  # noqa: ARG002
        return str(self._core.token_id)

    def get_audiences(self, client: Any, user: Any, scope: str) -> str:  # noqa: ARG002
        return self._core.keys.issuer + client.audience

    def get_extra_claims(self, client: Any, grant_type: str, user: Any, scope: str) -> dict[str, int]:  # noqa: ARG002
        issued = int(self._core.at.timestamp())
        return {"iat": issued, "exp": issued + self._core.seconds}


_NAMES = {
    Operation.TOKEN_REVOKE: RevocationEndpoint.ENDPOINT_NAME,
    Operation.TOKEN_INTROSPECT: IntrospectionEndpoint.ENDPOINT_NAME,
}
_NEEDED = {
    Operation.TOKEN_ISSUE: ("grant_type", f"grant_type={GRANT}"),
    Operation.TOKEN_REVOKE: ("token", "the token in question as token=..."),
    Operation.TOKEN_INTROSPECT: ("token", "the token in question as token=..."),
}
