"""A new key for one use, while the hub runs: announced, written with, what lies under the old one moved, that ended.

Every process reads the keyring's file again within seconds, so a key is first only there to read by, and written with
once everybody has it. Each stage can be seen in the keyring and in the database: whoever begins again goes on where it
was stopped. Nothing is unreadable in between, as old keys stay in the keyring until nothing needs them:

- what wraps data keys, until no row and no backup is under it;
- what signs access tokens and lists' cursors, until those have ended;
- what people are found by, what the ledger lies under and is signed with: for good. An address that gets no marketing
  is kept as a hash alone, and the ledger only grows.

What partners know customers by is never replaced: see ``hub.pairwise``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from hub import reindexing
from hub.act import Act, Ask
from hub.errors import Code, Refusal, invalid, not_found
from hub.keyring import Key, Keyring, Use
from hub.partners import exports
from hub.rights.sealed import OWNER

BATCH: Final = 500
FIRST: Final = UUID(int=0)
TOKEN_DAYS: Final = 1
CURSOR_DAYS: Final = 90
"""How long a cursor is good for at least: a partner's, which lies idle, too."""
REPLACED: Final = tuple(use for use in Use if use is not Use.PAIRWISE)
KEPT: Final[Mapping[Use, str]] = {
    Use.INDEX: "addresses that get no marketing are recognised by it alone",
    Use.LEDGER: "what the ledger says lies under it",
    Use.SEAL: "receipts and seals of its time are checked with it",
}
"""What old keys of a use are needed for, for good."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A table of wrapped data keys. kind: what their owners are called in what wraps them."""

    table: str
    owner: str
    kind: str

    @property
    def others(self) -> str:
        """Those under another key, from an owner on."""
        return (
            f"SELECT {self.owner} AS owner, wrapped FROM {self.table} WHERE {self.owner} > $2"  # noqa: S608 - constants
            f" AND substring(wrapped FROM 2 FOR 4) <> $1 ORDER BY {self.owner} LIMIT {BATCH} FOR UPDATE SKIP LOCKED"
        )

    @property
    def put(self) -> str:
        """Write some of them."""
        return (
            f"UPDATE {self.table} t SET wrapped = n.wrapped FROM unnest($1::uuid[], $2::bytea[]) AS n (owner, wrapped)"  # noqa: S608
            f" WHERE t.{self.owner} = n.owner"
        )


SHELVES: Final = (
    Shelf("keys.customer_key", "customer_id", "customer"),
    Shelf("keys.request_key", "request_id", OWNER),
    Shelf("keys.partner_export_key", "export_id", exports.OWNER),
)
_UNDER: Final = "(SELECT count(*) FROM {} WHERE substring({} FROM 2 FOR 4) = ANY ($1))"
_COUNT: Final = "SELECT " + " + ".join(
    [_UNDER.format(each.table, "wrapped") for each in SHELVES] + [_UNDER.format("keys.sentinel", "sealed")]
)
_PLANT: Final = "UPDATE keys.sentinel SET sealed = $1 WHERE id = 1 AND substring(sealed FROM 2 FOR 4) <> $2"
_RETIRE: Final = """
    INSERT INTO keys.retired (key_id, retired_at, ends_on) SELECT unnest($1::text[]), $2, $3 ON CONFLICT DO NOTHING
"""
_ENDS: Final = "SELECT key_id, ends_on FROM keys.retired WHERE key_id = ANY ($1)"
_DESTROY: Final = "UPDATE keys.retired SET destroyed_at = $2 WHERE key_id = $1 AND destroyed_at IS NULL"
Moved = tuple[int, UUID | None]
"""How much was moved, and after which row to go on; None at the end."""
Move = Callable[[Act, UUID], Awaitable[Moved]]
"""Moves some of what lies under another key."""


def announced(keyring: Keyring, use: Use = Use.WRAP) -> Keyring:
    """A keyring with one more key, to read by and not yet to write with; the same where one is announced.

    Refusal INVALID for keys that are never replaced.
    """
    if use not in REPLACED:
        raise invalid(
            "Partners know customers by this key: another one would give everybody a new id.", "use"
        )
    if not is_written_with(keyring, use):
        return keyring
    return replace(keyring.rotated(use), current_ids=keyring.current_ids)


def promoted(keyring: Keyring, use: Use = Use.WRAP) -> Keyring:
    """A keyring that writes with the key that was made last."""
    return replace(keyring, current_ids={**keyring.current_ids, use: newest(keyring, use).id})


def is_written_with(keyring: Keyring, use: Use = Use.WRAP) -> bool:
    """Whether the key that was made last is the one that is written with; otherwise it is announced."""
    return newest(keyring, use).id == keyring.current_ids[use]


def newest(keyring: Keyring, use: Use = Use.WRAP) -> Key:
    """The key that was made last."""
    return [key for key in keyring.keys if key.use is use][-1]


def others(keyring: Keyring, use: Use = Use.WRAP) -> list[Key]:
    """The keys that are not written with."""
    return [key for key in keyring.of(use) if key.id != keyring.current_ids[use]]


def moves(use: Use) -> list[Move]:
    """All that moves what lies under old keys of a use; none where it stays there."""
    if use is Use.WRAP:
        return [_plant, *(partial(rewrap, shelf) for shelf in SHELVES)]
    return [partial(reindexing.move, each) for each in reindexing.PLACES] if use is Use.INDEX else []


async def left(ask: Ask, keys: Sequence[Key]) -> int:
    """Count what lies under some wrapping keys."""
    return await ask.value(_COUNT, [key.tag for key in keys])


async def rewrap(shelf: Shelf, act: Act, after: UUID = FIRST) -> Moved:
    """Wrap some data keys anew. What somebody is erasing is passed over."""
    vault = act.hub.vault
    current = vault.keyring.current(Use.WRAP)
    rows = await act.rows(shelf.others, current.tag, after)
    made = {row["owner"]: vault.rewrap(row["owner"], row["wrapped"], shelf.kind) for row in rows}
    done = {owner: wrapped for owner, wrapped in made.items() if wrapped is not None}
    if done:
        await act.execute(shelf.put, list(done), list(done.values()))
        await act.record("keys.rewrapped", key=current.id, kind=shelf.kind, amount=len(done))
    return len(done), rows[-1]["owner"] if len(rows) == BATCH else None


async def _plant(act: Act, _: UUID) -> Moved:
    """Seal the sentinel under the current key."""
    tag = act.hub.vault.keyring.current(Use.WRAP).tag
    if await act.rows("SELECT FROM keys.sentinel WHERE substring(sealed FROM 2 FOR 4) <> $1", tag):
        await act.execute(_PLANT, act.hub.vault.new_sentinel(), tag)
        await act.record("keys.sentinel_planted", key=act.hub.vault.keyring.current(Use.WRAP).id)
    return 0, None


async def retire(act: Act, use: Use = Use.WRAP) -> None:
    """Note that nothing lies under the other keys any more, and until when they are needed.

    Refusal CONFLICT while a data key does.
    """
    old = others(act.hub.vault.keyring, use)
    if use is Use.WRAP and await left(act, old):
        raise Refusal(Code.CONFLICT, "Not everything is moved yet: run `hub keys rotate` again.")
    ends_on = _ends_on(act, use)
    ids = [key.id for key in old]
    if ids:
        await act.execute(_RETIRE, ids, act.at, ends_on)
        await act.record("keys.retired", keys=ids, ends_on=ends_on and ends_on.isoformat())


def _ends_on(act: Act, use: Use) -> date | None:
    """The day from which nothing needs a key that is replaced today; None for never."""
    days = {Use.WRAP: act.hub.settings.key_backup_days, Use.TOKEN: TOKEN_DAYS, Use.CURSOR: CURSOR_DAYS}
    return act.at.date() + timedelta(days=days[use]) if use in days else None


async def ends(ask: Ask, ids: Sequence[str]) -> dict[str, date | None]:
    """The day on which each of these keys ends, None for never; those in use are left out."""
    return {row["key_id"]: row["ends_on"] for row in await ask.rows(_ENDS, list(ids))}


async def require_over(ask: Ask, keyring: Keyring, key_id: str) -> None:
    """Refuse to destroy a key that something may need: CONFLICT, or NOT_FOUND for what is no old key."""
    old = {key.id: key for use in REPLACED for key in others(keyring, use)}
    if key_id not in old:
        raise not_found("old key", "key")
    key = old[key_id]
    if key.use in KEPT:
        raise Refusal(Code.CONFLICT, f"This key stays for good: {KEPT[key.use]}.", ("key",))
    ends_on = (await ends(ask, [key_id])).get(key_id)
    if ends_on is None or (key.use is Use.WRAP and await left(ask, [key])):
        message = f"Something is still under this key: run `hub keys rotate {key.use}` first."
        raise Refusal(Code.CONFLICT, message, ("key",))
    if datetime.now(UTC).date() < ends_on:
        what = "Backups may hold data keys under it" if key.use is Use.WRAP else "What it signed may be used"
        raise Refusal(Code.CONFLICT, f"{what} until {ends_on}: destroy it then.", ("key",))


async def destroyed(act: Act, key_id: str) -> None:
    """Note that a key is in the keyring no more."""
    await act.execute(_DESTROY, key_id, act.at)
    await act.record("keys.destroyed", key=key_id)
