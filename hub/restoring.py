"""Coming back from a backup: what happened since is not known any more, and what was forgotten must stay so.

A database is older than what left it where the journal (``hub.journal``) knows somebody forgotten, or the anchor file a
seal, that it does not. It stays shut then, until the journal has been replayed: those who were erased are erased again,
addresses that get no marketing are listed again, whoever was signed in is signed out, invitations end, and letters that
were waiting are not sent, as they may have been.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from hub import anchors, customers, journal
from hub.act import Act, Ask, Hub
from hub.actors import OPERATOR, Operation
from hub.db import Session, new_id
from hub.rights import packages
from hub.settings import Settings
from hub.vault import Vault

ERASED_AT_A_TIME: Final = 50
TAIL_BYTES: Final = 16_384
Line = Mapping[str, Any]

_UNKNOWN: Final = """
    SELECT asked.digest FROM unnest($1::bytea[]) AS asked (digest)
    WHERE NOT EXISTS (SELECT FROM erasure e WHERE e.digest = asked.digest)
"""
_UNLISTED: Final = """
    SELECT asked.place FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[])
        AS asked (place, organisation_id, kind, digest, channel, reason)
    WHERE EXISTS (SELECT FROM organisation o WHERE o.id = asked.organisation_id)
      AND NOT EXISTS (SELECT FROM suppression s WHERE (s.organisation_id, s.kind, s.digest, s.channel, s.reason)
        = (asked.organisation_id, asked.kind, asked.digest, asked.channel, asked.reason))
"""
_SEALS: Final = """
    SELECT greatest((SELECT max(number) FROM ledger_seal), (SELECT max(anchor) FROM restoration), 0)
"""
_LIVING: Final = "SELECT id FROM customer WHERE erased_at IS NULL AND id > $1 ORDER BY id LIMIT 10000"
_LIST: Final = """
    INSERT INTO suppression (organisation_id, kind, digest, channel, key_id, reason, added_on)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::date[])
    ON CONFLICT DO NOTHING
"""
_NEVER_MET: Final = """
    INSERT INTO erasure (digest, key_id, erased_on, met)
    SELECT new.digest, new.key_id, new.erased_on, false
    FROM unnest($1::bytea[], $2::text[], $3::date[]) AS new (digest, key_id, erased_on) ON CONFLICT DO NOTHING
"""
_SIGNED_OUT: Final = (
    "WITH gone AS (DELETE FROM portal_visit RETURNING 1) SELECT count(*) FROM gone",
    "WITH gone AS (DELETE FROM staff_sign_in RETURNING 1) SELECT count(*) FROM gone",
    "WITH gone AS (DELETE FROM portal_attempt RETURNING 1) SELECT count(*) FROM gone",
    "WITH gone AS (DELETE FROM access_token RETURNING 1) SELECT count(*) FROM gone",
    """
    WITH gone AS (UPDATE staff_invitation SET ended_at = $1, authenticator = NULL WHERE ended_at IS NULL RETURNING 1)
    SELECT count(*) FROM gone
    """,
    "WITH gone AS (UPDATE rights_code SET ended_at = $1 WHERE ended_at IS NULL RETURNING 1) SELECT count(*) FROM gone",
)
_UNSENT: Final = """
    WITH gone AS (UPDATE letter SET state = 'SUPPRESSED', reason = 'RESTORED', next_at = NULL WHERE state = 'QUEUED'
        RETURNING 1) SELECT count(*) FROM gone
"""
_FINISH: Final = "INSERT INTO restoration (id, anchor, finished_at) VALUES ($1, $2, $3)"


@dataclass(frozen=True, slots=True)
class Lost:
    """What left the database and is not in it. erasures, addresses: how many lines; seals: how many newer ones."""

    erasures: int
    addresses: int
    seals: int

    @property
    def is_nothing(self) -> bool:
        """Whether the database knows all that left it."""
        return not (self.erasures or self.addresses or self.seals)

    def __str__(self) -> str:
        """Say it to an operator."""
        return (
            f"it is older than what left it ({self.erasures} erasures, {self.addresses} addresses without marketing,"
            f" {self.seals} seals): run `hub restore finish`"
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """What was done. never_met: erased since, and not known to this backup. letters: that were not sent."""

    erased: int
    never_met: int
    listed: int
    signed_out: int
    letters: int


async def lost(session: Session, settings: Settings, vault: Vault) -> Lost:
    """Compare the database with the journal and the anchors of this machine."""
    lines = journal.read(settings.erasures)
    seals: int = await session.value(_SEALS)
    return Lost(
        len(await _unknown(session, lines)),
        len(await _unlisted(session, lines)),
        max(0, newest_anchor(settings.anchors, vault) - seals),
    )


def newest_anchor(path: Path, vault: Vault) -> int:
    """The number of the newest seal that the anchor file holds and that we signed; 0 for none."""
    return max(
        (
            each.number
            for each in anchors.tail(path, TAIL_BYTES)
            if each.is_signed_by(vault.keyring.seal_keys)
        ),
        default=0,
    )


async def finish(hub: Hub) -> Finished:
    """Replay the journal; may be stopped and run again. Only its last act opens the hub.

    First nobody is signed in any more and nothing waits to be sent; then come the erased, and last the note of it.
    """
    lines = journal.read(hub.settings.erasures)
    signed_out, letters, listed = await hub.perform(
        OPERATOR, Operation.HUB_MAINTAIN, lambda act: _begin(act, lines)
    )
    erased = await _erase(hub, lines)

    async def end(act: Act) -> int:
        return await _end(act, lines)

    never_met = await hub.perform(OPERATOR, Operation.HUB_MAINTAIN, end)
    return Finished(erased, never_met, listed, signed_out, letters)


async def _begin(act: Act, lines: Sequence[Line]) -> tuple[int, int, int]:
    signed_out = sum([await act.value(sql, *([act.at] if "$1" in sql else [])) for sql in _SIGNED_OUT])
    letters: int = await act.value(_UNSENT)
    unlisted = await _unlisted(act, lines)
    await act.execute(
        _LIST, *_columns(unlisted, "organisation", "kind", "digest", "channel", "key", "reason", "on")
    )
    await act.record("hub.restoring", signed_out=signed_out, letters=letters, listed=len(unlisted))
    return signed_out, letters, len(unlisted)


async def _erase(hub: Hub, lines: Sequence[Line]) -> int:
    """Erase those of the living whom the journal knows, some at a time."""
    async with hub.ask(OPERATOR, Operation.HUB_MAINTAIN) as ask:
        unknown = set(await _unknown(ask, lines))
        found = [each async for each in _recognised(ask, unknown)] if unknown else []
    for start in range(0, len(found), ERASED_AT_A_TIME):
        some = found[start : start + ERASED_AT_A_TIME]

        async def body(act: Act, some: Sequence[UUID] = some) -> None:
            for customer_id in some:
                await customers.erase(act, customer_id)
            await packages.erase(act, some)

        await hub.perform(OPERATOR, Operation.CUSTOMER_ERASE, body)
    return len(found)


async def _recognised(ask: Ask, unknown: set[bytes]) -> AsyncGenerator[UUID]:
    """The living whose hash is among these."""
    after = UUID(int=0)
    while rows := await ask.rows(_LIVING, after):
        for row in rows:
            if not unknown.isdisjoint(journal.mark(ask.hub.vault, row["id"]).candidates):
                yield row["id"]
        after = rows[-1]["id"]


async def _end(act: Act, lines: Sequence[Line]) -> int:
    """Note what could not be erased as it was never met, and that this database goes on from here."""
    unknown = set(await _unknown(act, lines))
    strangers = [line for line in lines if "erased" in line and line["digest"] in unknown]
    await act.execute(_NEVER_MET, *_columns(strangers, "digest", "key", "on"))
    newest = newest_anchor(act.hub.settings.anchors, act.hub.vault)
    await act.execute(_FINISH, new_id(), newest, act.at)
    await act.record("hub.restored", never_met=len(unknown), anchor=newest)
    return len(unknown)


async def _unknown(session: Session, lines: Sequence[Line]) -> list[bytes]:
    digests = list({line["digest"] for line in lines if "erased" in line})
    return [row["digest"] for row in await session.rows(_UNKNOWN, digests)] if digests else []


async def _unlisted(session: Session, lines: Sequence[Line]) -> list[dict[str, Any]]:
    listed = [{**line, "organisation": UUID(line["organisation"])} for line in lines if "suppressed" in line]
    columns = _columns(listed, "organisation", "kind", "digest", "channel", "reason")
    rows = await session.rows(_UNLISTED, list(range(len(listed))), *columns) if listed else []
    return [listed[row["place"]] for row in rows]


def _columns(lines: Sequence[Line], *names: str) -> list[list[Any]]:
    return [[line[name] for line in lines] for name in names]
