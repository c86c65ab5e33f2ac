"""The vault: personal data sealed under a key of its own for each owner, and found again without being read.

Every customer (and every rights request) has a data key, stored wrapped by the keyring. A value is sealed
with AES-256-GCM and bound to its table, column and row, so a cell moved elsewhere no longer opens. Destroying
the wrapped key destroys every value under it, in backups and ledger too; therefore an unwrapped key is never
cached between requests.

Look-ups go through blind indexes: keyed hashes, separate per kind. While the index key is rotated, both
hashes count.

Layouts (lengths in bytes)::

    sealed under a data key       1 (version 1) + 12 (nonce) + text + 16 (tag)
    sealed under the keyring      1 (version 2) + 4 (key's tag) + 12 (nonce) + text + 16 (tag)
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub import identifiers
from hub.changing import Changing
from hub.errors import Unready
from hub.framing import Column, cell, framed, octets, rows_named
from hub.keyring import SECRET_BYTES, TAG_BYTES, Key, Keyring, Use, read_or_generate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from hub.act import Act, Ask
    from hub.settings import Settings

NONCE_BYTES = 12
BY_DATA_KEY, BY_KEYRING = b"\x01", b"\x02"
_BY_DATA_KEY = BY_DATA_KEY[0]
SENTINEL = b"this keyring opens this database"


class SealBroken(Exception):
    """A sealed value was changed, moved, or sealed under another key. Names the cell, never the value."""


class DataKey:
    """One owner's unwrapped key. Lives as long as the request that unwrapped it, shows itself to nobody."""

    __slots__ = ("_cipher",)

    def __init__(self, secret: bytes) -> None:
        """Hide the key inside its cipher."""
        self._cipher = AESGCM(secret)

    def seal(
        self, table: str, column: str, row_id: UUID | str, plaintext: str | bytes, nonce: bytes | None = None
    ) -> bytes:
        """Seal one cell. nonce: its own, where those of many are drawn at once."""
        nonce, named = nonce or os.urandom(NONCE_BYTES), cell(table, column, row_id)
        return BY_DATA_KEY + nonce + self._cipher.encrypt(nonce, octets(plaintext), named)

    def open(self, table: str, column: str, row_id: UUID | str, sealed: bytes) -> bytes:
        """Open one cell; SealBroken if it is not this cell's value under this key."""
        try:
            if sealed[:1] == BY_DATA_KEY:
                return self._cipher.decrypt(sealed[1:13], sealed[13:], cell(table, column, row_id))
        except (InvalidTag, ValueError):
            pass
        raise _seal_broken(table, column, row_id)

    def open_text(self, table: str, column: str, row_id: UUID | str, sealed: bytes) -> str:
        """Open one cell that holds text."""
        return self.open(table, column, row_id, sealed).decode()

    def open_texts(
        self, cells: Sequence[Column], row_ids: Sequence[str], several: Sequence[bytes]
    ) -> list[str]:
        """Open many cells that hold text, each of its column, in rows that UUIDs name; SealBroken as for one."""
        decrypt = self._cipher.decrypt
        try:
            opened = [
                decrypt(sealed[1:13], sealed[13:], column.rows + row_id.encode()).decode()
                for column, row_id, sealed in zip(cells, row_ids, several, strict=True)
                if sealed[0] == _BY_DATA_KEY
            ]
            if len(opened) == len(several):
                return opened
        except (InvalidTag, ValueError, IndexError):
            pass
        each_one = zip(cells, row_ids, several, strict=True)
        return [self.open_text(at.table, at.name, row_id, sealed) for at, row_id, sealed in each_one]

    def __repr__(self) -> str:
        """Show nothing."""
        return "DataKey(...)"


@dataclass(frozen=True, slots=True)
class Blind:
    """An identifier made findable: its one spelling, the hash to store, and all it may be stored under."""

    normalised: str = field(repr=False)
    key_id: str
    digest: bytes = field(repr=False)
    candidates: tuple[bytes, ...] = field(repr=False)


class Vault:
    """Seals, opens and blinds with one keyring."""

    def __init__(
        self, keyring: Keyring, phone_region: str | None = None, changing: Changing | None = None
    ) -> None:
        """Use `keyring`; phone_region is the country of numbers without a + when a call names none.

        changing: the file that the keyring lies in, where it can change while we run.
        """
        self._keyring = keyring
        self._phone_region = phone_region
        self._changing = changing

    @property
    def keyring(self) -> Keyring:
        """The keyring as it is now, or was some seconds ago."""
        if self._changing is not None:
            self._keyring = self._changing.read(self._keyring)
        return self._keyring

    def look_again(self) -> None:
        """Read the keyring's file the next time, if it has changed."""
        if self._changing is not None:
            self._changing.look_at_once()

    def new_customer_key(self, customer_id: UUID) -> bytes:
        """Make a customer's data key; returns it wrapped, to be stored in the table of keys."""
        return self.new_data_key("customer", customer_id)

    def new_data_key(self, kind: str, owner_id: UUID) -> bytes:
        """Make a data key for an owner of some kind (customer, rights_request), wrapped."""
        return self._seal_with(
            self.keyring.current(Use.WRAP), cell(kind, "data_key", owner_id), _new_secret()
        )

    def unwrap(self, customer_id: UUID, wrapped: bytes, kind: str = "customer") -> DataKey:
        """Open a stored data key; SealBroken if it belongs to someone else or to another keyring."""
        return DataKey(self._open_with(Use.WRAP, kind, "data_key", customer_id, wrapped))

    def unwrap_each(self, customers: Sequence[tuple[str, bytes]]) -> list[DataKey]:
        """As `unwrap` for many customers; their ids as text."""
        named = rows_named("customer", "data_key")
        heads = {wrapped[:5] for _, wrapped in customers}  # mostly one
        keys = {head: self._named(Use.WRAP, head[1:]) for head in heads if head[:1] == BY_KEYRING}
        try:
            openers = {head: key.secret.cipher.decrypt for head, key in keys.items() if key is not None}
            return [
                DataKey(openers[wrapped[:5]](wrapped[5:17], wrapped[17:], named + customer_id.encode()))
                for customer_id, wrapped in customers
            ]
        except (InvalidTag, ValueError, KeyError):  # one by one, to say which of them
            return [DataKey(self._open_with(Use.WRAP, "customer", "data_key", *each)) for each in customers]

    def wrapping_keys(self, several: Iterable[bytes]) -> list[str]:
        """Which keys of the keyring these data keys are wrapped with, the oldest first."""
        tags = {wrapped[1 : 1 + TAG_BYTES] for wrapped in several}
        return [key.id for key in self.keyring.keys if key.use is Use.WRAP and key.tag in tags]

    def rewrap(self, customer_id: UUID, wrapped: bytes, kind: str = "customer") -> bytes | None:
        """Wrap a data key under the current wrap key; None if it already is."""
        if wrapped[1 : 1 + TAG_BYTES] == self.keyring.current(Use.WRAP).tag:
            return None
        secret = self._open_with(Use.WRAP, kind, "data_key", customer_id, wrapped)
        return self._seal_with(self.keyring.current(Use.WRAP), cell(kind, "data_key", customer_id), secret)

    def seal_own(self, table: str, column: str, row_id: UUID | str, plaintext: str | bytes) -> bytes:
        """Seal a cell that belongs to no customer, under the keyring itself."""
        return self._seal_with(
            self.keyring.current(Use.LEDGER), cell(table, column, row_id), octets(plaintext)
        )

    def open_own(self, table: str, column: str, row_id: UUID | str, sealed: bytes) -> bytes:
        """Open a cell that belongs to no customer."""
        return self._open_with(Use.LEDGER, table, column, row_id, sealed)

    def blind_email(self, text: str) -> Blind:
        """Make an email address findable; Refusal INVALID if it is none."""
        return self._blind("email", identifiers.normalise_email(text))

    def blind_phone(self, text: str, region: str | None = None) -> Blind:
        """Make a phone number findable in its E.164 form; Refusal INVALID if it is none."""
        return self._blind("phone", identifiers.normalise_phone(text, region or self._phone_region))

    def blind_external(self, system: str, text: str) -> Blind:
        """Make another system's id findable; Refusal INVALID if it is empty."""
        return self._blind("external", identifiers.normalise_external(text), system)

    def blind_again(self, kind: str, normalised: str, system: str = "") -> Blind:
        """Make something findable that was brought to its one spelling before."""
        return self._blind(kind, normalised, system)

    def marked(self, *parts: str) -> Blind:
        """Make something recognisable again that is kept nowhere; its hash serves this one purpose, the first part."""
        digests = [_digest(key, *parts) for key in self.keyring.of(Use.INDEX)]
        return Blind("", self.keyring.current(Use.INDEX).id, digests[0], tuple(digests))

    @property
    def index_keys(self) -> list[Key]:
        """The keys that hashes are made with, the current one first."""
        return self.keyring.of(Use.INDEX)

    def steady(self, *parts: str | bytes) -> bytes:
        """Recognise parts again (a code, a form, an imported row) whichever index key people are found by: 32 bytes."""
        first = next(key for key in self.keyring.keys if key.use is Use.INDEX)
        return _digest(first, *parts)

    def mac(self, use: Use, *parts: str | bytes) -> bytes:
        """Authenticate parts (a cursor, a pairwise id) with the current key of a use: 32 bytes."""
        return _digest(self.keyring.current(use), *parts)

    def is_mac(self, use: Use, digest: bytes, *parts: str | bytes) -> bool:
        """Whether some key of this use made the digest; in constant time."""
        return any(hmac.compare_digest(digest, _digest(key, *parts)) for key in self.keyring.of(use))

    def new_sentinel(self) -> bytes:
        """Seal a known value; stored in the database it tells a wrong keyring from the right one."""
        return self._seal_with(self.keyring.current(Use.WRAP), cell("sentinel", "sealed", "1"), SENTINEL)

    def opens(self, sentinel: bytes) -> bool:
        """Whether this keyring is the one that the database was written with."""
        try:
            return self._open_with(Use.WRAP, "sentinel", "sealed", "1", sentinel) == SENTINEL
        except SealBroken:
            return False

    async def plant(self, act: Act) -> None:
        """Leave a sentinel in a database that has none."""
        sql = "INSERT INTO keys.sentinel (id, sealed) VALUES (1, $1) ON CONFLICT DO NOTHING"
        await act.execute(sql, self.new_sentinel())

    async def check(self, ask: Ask) -> None:
        """Raise Unready unless this keyring is the one that the database was written with."""
        sentinel = await ask.value("SELECT sealed FROM keys.sentinel WHERE id = 1")
        if sentinel is None:
            message = "the database holds no sentinel: run `hub migrate`"
            raise Unready(message)
        if not self.opens(sentinel):
            message = "HUB_KEYRING is not the keyring this database was written with: set the right one"
            raise Unready(message)

    def _blind(self, kind: str, normalised: str, system: str = "") -> Blind:
        digests = [_digest(key, kind, system, normalised) for key in self.keyring.of(Use.INDEX)]
        return Blind(normalised, self.keyring.current(Use.INDEX).id, digests[0], tuple(digests))

    def _seal_with(self, key: Key, named: bytes, plaintext: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return BY_KEYRING + key.tag + nonce + key.secret.cipher.encrypt(nonce, plaintext, named)

    def _open_with(self, use: Use, table: str, column: str, row_id: UUID | str, sealed: bytes) -> bytes:
        key = self._named(use, sealed[1 : 1 + TAG_BYTES]) if sealed[:1] == BY_KEYRING else None
        try:
            if key is not None:
                return key.secret.cipher.decrypt(sealed[5:17], sealed[17:], cell(table, column, row_id))
        except (InvalidTag, ValueError):
            pass
        raise _seal_broken(table, column, row_id)

    def _named(self, use: Use, tag: bytes) -> Key | None:
        """The key that a sealed value names; one that is new is looked for in the file at once."""
        key = self.keyring.tagged(use, tag)
        if key is None and self._changing is not None:
            self.look_again()
            key = self.keyring.tagged(use, tag)
        return key


def open_vault(settings: Settings) -> Vault:
    """Build the vault from HUB_KEYRING, or from DATA_DIR/keyring.json, which the first start makes."""
    if settings.keyring is not None:
        keyring = Keyring.load(settings.keyring.get_secret_value())
    else:
        keyring = read_or_generate(settings.data_dir / "keyring.json")
    changing = Changing(settings.keyring_file) if settings.keyring_file is not None else None
    return Vault(keyring, settings.default_phone_region, changing)


def _new_secret() -> bytes:
    return os.urandom(SECRET_BYTES)


def _seal_broken(table: str, column: str, row_id: UUID | str) -> SealBroken:
    return SealBroken(
        f"{table}.{column} of row {row_id} does not open: changed, moved, or sealed under another key"
    )


def _digest(key: Key, *parts: str | bytes) -> bytes:
    return hmac.digest(key.secret.reveal(), framed(*parts), "sha256")
