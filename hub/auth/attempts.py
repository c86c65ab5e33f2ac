"""Budgets for what strangers may try, kept in the database so that all processes share them.

Sign-ins that fail count for a network and for a client in that network: a stranger who knows a client's id cannot lock
the real client out from elsewhere. What else strangers make us do (begin a visit, mail a code) is spent from budgets
that the caller names. Networks and addresses are kept as keyed hashes: they are personal data.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.act import Hub
from hub.errors import Code, Refusal

WINDOW_SECONDS = 60
CLIENT_FAILURES = 10
NETWORK_FAILURES = 100
IPV6_PREFIX_BITS = 64

_SPENT = """
    SELECT EXISTS (
        SELECT FROM attempt WHERE since > now() - make_interval(secs => $5)
            AND ((key = $1 AND failures >= $3) OR (key = $2 AND failures >= $4)))
"""
# Windows begin with the first failure. Each failure also clears away a few windows that are long over: nobody counts in
# windows of more than an hour.
_COUNT = """
    WITH over AS (
        DELETE FROM attempt WHERE key IN (
            SELECT key FROM attempt WHERE since < now() - interval '2 hours' AND key <> ALL ($1)
            LIMIT 10 FOR UPDATE SKIP LOCKED)
    )
    INSERT INTO attempt AS a (key, failures, since)
    SELECT key, 1, now() FROM unnest($1::bytea[]) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN a.since > now() - make_interval(secs => $2) THEN a.failures + 1 ELSE 1 END,
        since = CASE WHEN a.since > now() - make_interval(secs => $2) THEN a.since ELSE now() END
    RETURNING key, failures,
        greatest(1, ceil(extract(epoch FROM since) + $2 - extract(epoch FROM now())))::int AS left_seconds
"""
_FORGET = "DELETE FROM attempt WHERE key = ANY ($1)"
# The last one of a window stays: it is one of a hundred, for a minute.
_ONE_LESS = "UPDATE attempt SET failures = failures - 1 WHERE key = $1 AND failures > 1"


@dataclass(frozen=True, slots=True)
class Budget:
    """The two counters that a failed sign-in adds to."""

    client: bytes = field(repr=False)
    network: bytes = field(repr=False)


def budget(hub: Hub, client_id: str, address: str | None) -> Budget:
    """The counters of a client, as it names itself, in the network of an address."""
    network = network_of(address)
    blind = hub.vault.steady
    return Budget(
        blind("attempt", "client", client_id, network),
        blind("attempt", "network", network),
    )


async def refuse_spent(hub: Hub, spending: Budget) -> None:
    """Refuse LIMIT while a budget is spent, right secret or not: else the limit would tell which is right."""
    session = hub.database.single()
    if await session.value(
        _SPENT, spending.client, spending.network, CLIENT_FAILURES, NETWORK_FAILURES, WINDOW_SECONDS
    ):
        raise _slow_down()


async def count_failure(hub: Hub, spending: Budget) -> None:
    """Count one failure for all processes; refuse LIMIT where others, in parallel, have spent the budget."""
    keys = [spending.client, spending.network]
    rows = await hub.database.single_write().rows(_COUNT, keys, WINDOW_SECONDS)
    counted = {row["key"]: row["failures"] for row in rows}
    if counted[spending.client] > CLIENT_FAILURES or counted[spending.network] > NETWORK_FAILURES:
        raise _slow_down()


async def take_back(hub: Hub, spending: Budget) -> None:
    """Begin to count anew for a client that was right after all, and take its count back from its network's."""
    session = hub.database.single_write()
    await session.execute(_FORGET, [spending.client])
    await session.execute(_ONE_LESS, spending.network)


@dataclass(frozen=True, slots=True)
class Purse:
    """A budget for one kind of thing: what it counts, by whom, and how many in the window."""

    key: bytes = field(repr=False)
    most: int


def purse(hub: Hub, most: int, *parts: str) -> Purse:
    """A budget that is named by parts, such as what is counted and the network it comes from."""
    return Purse(hub.vault.steady("attempt", *parts), most)


async def spend(hub: Hub, purses: Sequence[Purse], window_seconds: int) -> int:
    """Count one from each budget, an hour's at most; returns 0, or the seconds to wait where one was spent already."""
    keys = [each.key for each in purses]
    rows = await hub.database.single_write().rows(_COUNT, keys, window_seconds)
    most = {each.key: each.most for each in purses}
    waits = [row["left_seconds"] for row in rows if row["failures"] > most[row["key"]]]
    return max(waits, default=0)


async def forget(hub: Hub, purses: Sequence[Purse]) -> None:
    """Begin to count anew, for somebody who has shown who they are."""
    await hub.database.single_write().execute(_FORGET, [each.key for each in purses])


def network_of(address: str | None) -> str:
    """An IPv4 address, or the 64-bit prefix that an IPv6 host usually has to itself."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(parsed), IPV6_PREFIX_BITS), strict=False))
    return str(parsed)


def _slow_down() -> Refusal:
    return Refusal(Code.LIMIT, f"Too many failed attempts from here. Wait {WINDOW_SECONDS} seconds.")
