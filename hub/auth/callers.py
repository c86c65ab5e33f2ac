"""Who signs in at the authorization server, which token they ask about, and which they are given.

As Authlib's core sees them; none of them touches the database.
"""
# Authlib publishes types for a part of itself only.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from authlib.oauth2.rfc6749 import ClientMixin

from hub.actors import Actor, Role
from hub.auth import assertions, clients, tokens
from hub.auth.signing_keys import SigningKey
from hub.auth.tokens import Audience
from hub.db import Record

GRANT = "client_credentials"
# Another way of signing in is registered with the core and named here, by how the client is set up.
METHODS_OF = {
    clients.SECRET_METHOD: ("client_secret_basic", "client_secret_post"),
    assertions.METHOD: (assertions.METHOD,),
}
METHODS = [each for methods in METHODS_OF.values() for each in methods]


class Caller(ClientMixin):
    """The client that signs in. As an actor it is still a stranger: signing in is all it may do."""

    def __init__(self, row: Record) -> None:
        self.id: UUID = row["id"]
        self.scopes: tuple[str, ...] = tuple(row["scopes"])
        self.audience = Audience[row["kind"]]
        self.keys = {each["kid"]: SigningKey(**each) for each in orjson.loads(row["keys"] or "[]")}
        self._secret_hash: str | None = row["secret_hash"]
        self._methods = METHODS_OF[row["auth_method"]]
        kind, nothing = row["kind"].lower(), frozenset({Role.STRANGER})
        place = (row["organisation_id"], row["department_id"])
        self.actor = Actor(kind, self.id, *place, nothing, row["recipient_id"])

    def get_client_id(self) -> str:
        """The id as it stands in tokens."""
        return str(self.id)

    def get_allowed_scope(self, scope: Any) -> Any:
        """All it holds if it does not say; None, which is refused, unless it holds each and names it once."""
        asked = list(self.scopes) if scope is None else str(scope).split(" ")
        return " ".join(asked) if len(set(asked)) == len(asked) and set(asked) <= set(self.scopes) else None

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is its secret, in constant time."""
        return clients.is_secret(client_secret, self._secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - as the core calls it
        """Whether it may sign in this way."""
        return method in self._methods

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may ask for a token this way."""
        return grant_type == GRANT


@dataclass(frozen=True, slots=True)
class Found:
    """A living token of the caller: no other is ever looked for."""

    scopes: tuple[str, ...]
    claims: tokens.Claims

    def check_client(self, client: Caller) -> bool:
        """Whether it is the caller's."""
        return self.claims.client_id == client.id

    def is_expired(self) -> bool:
        """False: the statement that found it looked."""
        return False

    def is_revoked(self) -> bool:
        """False: the statement that found it looked."""
        return False


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was signed and is not written yet."""

    id: UUID
    scopes: list[str]
    issued_at: datetime
    expires_at: datetime
