"""A partner as it really is: a program elsewhere that signs what it says with its own key and posts GraphQL."""

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import orjson
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Operation, Role
from hub.auth import assertions
from hub.db import new_id
from hub.partners import inviting, keys
from hub.partners.inviting import NewPartner
from tests.world import World

URL = "http://localhost:8000"
ADDRESS = "/partner/graphql"
ACCEPT = {"Accept": "application/graphql-response+json"}


@dataclass(frozen=True)
class Signer:
    """A key pair of the partner's."""

    key: Any
    kid: str
    algorithm: str

    @classmethod
    def new(cls, algorithm: str = "EdDSA") -> "Signer":
        """Make a pair."""
        key: Any = {
            "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
            "ES256": lambda: ECKey.generate_key("P-256"),
            "PS256": lambda: RSAKey.generate_key(2048),
        }[algorithm]()
        return cls(key, f"key-{new_id().hex}", algorithm)

    @property
    def public(self) -> dict[str, Any]:
        """What the organisation is given."""
        return {**self.key.as_dict(private=False), "kid": self.kid}

    @property
    def jwk(self) -> str:
        """The same as text."""
        return orjson.dumps(self.public).decode()

    def assertion(self, client_id: UUID, *, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A signed assertion; header and claims replace what is usual, None leaves it out."""
        now = int(time.time())
        said = {
            "iss": str(client_id), "sub": str(client_id), "aud": URL, "iat": now, "exp": now + 120,
            "jti": new_id().hex, **claims,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        head = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        return signed(head, said, self.key)


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: Any) -> str:
    """A compact JWS with exactly this header, by whatever algorithm it names."""
    said = ".".join(segment(orjson.dumps(dict(each))) for each in (header, claims))
    return f"{said}.{segment(JWSRegistry.algorithms[header['alg']].sign(said.encode(), key))}"


def segment(raw: bytes) -> str:
    """Base64url as JWTs have it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Partner:
    """One client of a recipient, and what it needs to ask."""

    hub: Hub
    site: Starlette
    client_id: UUID
    recipient_id: UUID
    secret: str | None = field(default=None, repr=False)
    signers: list[Signer] = field(default_factory=list[Signer])

    async def token(self, **more: str) -> str:
        """Sign in, as it is set up."""
        answer = await self.sign_in(**more)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    async def sign_in(self, assertion: str | None = None, **more: str) -> httpx.Response:
        """Ask for a token; assertion: in place of a proper one."""
        form = {"grant_type": "client_credentials", **more}
        if self.secret is not None and assertion is None:
            async with self.http() as http:
                return await http.post("/oauth/token", data=form, auth=(str(self.client_id), self.secret))
        said = assertion or self.signers[0].assertion(self.client_id)
        form |= {"client_assertion_type": assertions.TYPE, "client_assertion": said}
        async with self.http() as http:
            return await http.post("/oauth/token", data=form)

    async def post(
        self, token: str, query: str, variables: Mapping[str, Any] | None = None, path: str = ADDRESS
    ) -> httpx.Response:
        """One request as it came back."""
        sent = {**ACCEPT, "Authorization": f"Bearer {token}"}
        async with self.http() as http:
            return await http.post(
                path, json={"query": query, "variables": dict(variables or {})}, headers=sent
            )

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """The data of an operation that went well."""
        answer = (await self.post(token or await self.token(), query, variables)).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def http(self) -> httpx.AsyncClient:
        """From an address of its own, so that limits are not shared."""
        number = new_id().int
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        transport = httpx.ASGITransport(self.site, raise_app_exceptions=True, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url=URL)


async def invite(  # noqa: PLR0913 - what an invitation says
    hub: Hub,
    site: Starlette,
    world: World,
    recipient: str = "quay-inspections",
    *roles: Role,
    method: str = "private_key_jwt",
    arrangements: Sequence[str] | None = None,
    algorithm: str = "EdDSA",
) -> Partner:
    """Let a recipient of a world sign in; without roles with every scope of partners."""
    firm = world.organisation.id
    new = NewPartner(
        "Their system", recipient, sorted(roles or PARTNER_SCOPES), arrangements, method, organisation=firm
    )
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        client, secret = await inviting.invite(act, new)
        whose = world.recipients[recipient].id
        made = Partner(hub, site, client.id, whose, secret.get_secret_value() if secret else None)
        if secret is None:
            made.signers.append(Signer.new(algorithm))
            await keys.add(act, client.id, made.signers[0].jwk)
    return made
