"""The one way out by HTTP: to addresses of the open internet, and to no other place than asked.

A name is resolved once, every address it has is looked at, and the connection goes to the one that was looked at.
Redirects are not followed, proxies and cookies of the environment are not used, answers are not unpacked.

    Exception
    ├── Unwanted    the address is not one to call; trying again is useless until it is changed
    └── Unreached   no whole answer came; trying again may help
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

URL_CHARACTERS: Final = 2048
CONNECT_SECONDS: Final = 10.0
CHUNK_BYTES: Final = 65_536
EMBEDDING: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""NAT64, and the old way to write an IPv4 address: the last 32 bits are the address that is meant."""
NEVER: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    IPv6Network(text) if ":" in text else IPv4Network(text)
    for text in ("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/4",
                 "240.0.0.0/4", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16",
                 "fe80::/10", "fec0::/10", "ff00::/8")
)  # fmt: skip
"""Neither of the open internet nor of anybody's own network: link-local (clouds answer there), reserved, multicast."""
OWN: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    IPv6Network(text) if ":" in text else IPv4Network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "::1/128")
)  # fmt: skip
"""Networks of one's own, which a setting may allow."""


class Unwanted(Exception):
    """The address is not one to call; says why, for an operator."""


class Unreached(Exception):
    """No whole answer came; says why, without anything of the answer's."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Where to may be called. allows_own_networks: private addresses and loopback; allows_http: without TLS."""

    allows_own_networks: bool = False
    allows_http: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer; its body is read once, by one of two ways."""

    status: int
    headers: Mapping[str, str]
    _content: Any = field(repr=False)

    async def read(self, bytes_most: int) -> bytes:
        """The whole body; Unreached where it is longer."""
        parts, size = list[bytes](), 0
        async for part in self._parts():
            size += len(part)
            if size > bytes_most:
                raise Unreached(f"The answer is longer than {bytes_most:,} bytes.")
            parts.append(part)
        return b"".join(parts)

    async def lines(self, bytes_most: int) -> AsyncIterator[bytes]:
        """The body line by line, none longer than this; Unreached where one is."""
        rest = b""
        async for part in self._parts():
            *whole, rest = (rest + part).split(b"\n")
            for line in (*whole, rest):
                if len(line) > bytes_most:
                    raise Unreached(f"A line of the answer is longer than {bytes_most:,} bytes.")
            for line in whole:
                yield line
        if rest:
            yield rest

    async def _parts(self) -> AsyncIterator[bytes]:
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise Unreached("The answer is compressed, which was not asked for.")
        try:
            async for part in self._content.iter_chunked(CHUNK_BYTES):
                yield part
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unreached(f"The answer broke off ({type(error).__name__}).") from None


class Outbound:
    """A client for one set of rules; close it when done."""

    def __init__(self, rules: Rules, *, connections: int = 100) -> None:
        self.rules = rules
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", seconds: float = 30.0
    ) -> AsyncGenerator[Answer]:
        """Send a request, and let its answer be read; seconds: for all of it. Raises Unwanted, Unreached."""
        target = check(url, self.rules)
        limit = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, CONNECT_SECONDS))
        sent = {"accept-encoding": "identity", "user-agent": "privacy-hub", **headers}
        asking = self._opened().request(
            method, target, headers=sent, data=body, timeout=limit, allow_redirects=False
        )
        try:
            answer = await asking
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _said(error) from None
        try:
            yield Answer(
                answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.content
            )
        finally:
            answer.release()

    async def close(self) -> None:
        """Let all connections go."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_Resolver(self.rules), use_dns_cache=False, limit=self._connections
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                max_line_size=16_384,
                max_field_size=16_384,
            )
        return self._session


def check(url: str, rules: Rules) -> URL:
    """Parse an address that may be called; Unwanted says what is wrong with it."""
    if len(url) > URL_CHARACTERS or any(ord(character) <= ord(" ") for character in url):
        raise Unwanted(f"An address has at most {URL_CHARACTERS} characters, and no spaces.")
    try:
        parsed = URL(url)
        has_port = parsed.port is not None
    except ValueError:
        raise Unwanted("This is not an address.") from None
    if parsed.scheme not in ({"https", "http"} if rules.allows_http else {"https"}) or not has_port:
        raise Unwanted("An address begins with https://.")
    if not parsed.host or parsed.user is not None or parsed.password is not None or parsed.fragment:
        raise Unwanted("An address has a host, and neither a user nor a password nor a fragment.")
    _check_literal(parsed.host, rules)
    return parsed


def _check_literal(host: str, rules: Rules) -> None:
    """Addresses written out never reach a resolver."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return
    if not is_open(address, rules):
        raise Unwanted("This address is not of the open internet.")


def is_open(address: IPv4Address | IPv6Address, rules: Rules) -> bool:
    """Whether an address may be called: of the open internet, or of one's own networks where these are allowed."""
    meant = _meant(address)
    if any(meant in network for network in NEVER if network.version == meant.version):
        return False
    if any(meant in network for network in OWN if network.version == meant.version):
        return rules.allows_own_networks
    return meant.is_global and not meant.is_multicast


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address within an IPv6 one, where that is what it leads to."""
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address == IPv6Address("::1"):
        return address
    if any(address in network for network in EMBEDDING):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _said(error: Exception) -> Unwanted | Unreached:
    """What a failed request means; aiohttp wraps what its resolver raises."""
    for each in (error, error.__cause__, getattr(error, "os_error", None)):
        if isinstance(each, _Elsewhere):
            return Unwanted(str(each))
    return Unreached(f"No answer came ({type(error).__name__}).")


class _Elsewhere(OSError):
    """A name that leads to where it may not."""


class _Resolver(AbstractResolver):
    """Resolves a name once for each connection, and gives the one address it goes to."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - all addresses are looked at, of every family
    ) -> list[ResolveResult]:
        """Look at every address of a name; one that is not open closes the name."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=socket.AF_UNSPEC)
        for _, _, _, _, place in found:
            if not is_open(ip_address(str(place[0]).partition("%")[0]), self._rules):
                raise _Elsewhere("The name leads to an address that is not of the open internet.")
        kind, _, protocol, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
        return [
            ResolveResult(
                hostname=host,
                host=str(place[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""
