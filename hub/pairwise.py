"""Pairwise ids: each partner knows a customer by an id of its own, so that two of them cannot join their lists.

An id is one block of AES-256 under a key that belongs to the recipient alone, derived from the keyring. So it needs no
table, is the same for ever, outlives an erasure, and leads back only with the keyring. A guess leads to an id that
nobody has. Of the keyring's keys the first one is used for good, and `hub keys` neither replaces
nor drops it: another one would give everybody a new id.
"""

import hmac
from collections.abc import Sequence
from functools import cached_property
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from hub.act import Hub
from hub.db import uuid_of
from hub.keyring import Use

ID_BYTES: Final = 16
ROUNDS: Final = 4
_IDS, _PLACES = b"recipient's ids", b"recipient's order"


class Pairs:
    """The ids of one recipient, both ways, and an order of customers that nobody else has."""

    def __init__(self, hub: Hub, recipient_id: UUID) -> None:
        """Whose they are; a key is derived when it is needed."""
        self._hub, self._recipient_id = hub, recipient_id

    @cached_property
    def _ids(self) -> Cipher[modes.ECB]:
        return _cipher(self._hub, _IDS, self._recipient_id)

    @cached_property
    def _places(self) -> Cipher[modes.ECB]:
        return _cipher(self._hub, _PLACES, self._recipient_id)

    def shown(self, ids: Sequence[UUID]) -> list[UUID]:
        """What this recipient calls these customers."""
        return _permuted(self._ids.encryptor(), ids)

    def meant(self, pairwise: Sequence[UUID]) -> list[UUID]:
        """Which customers this recipient means by these."""
        return _permuted(self._ids.decryptor(), pairwise)

    def places(self, ids: Sequence[UUID]) -> list[bytes]:
        """Where these customers stand in this recipient's order, which tells nothing, not even by the ids it has."""
        return _blocks(self._places.encryptor(), ids)

    def turned(self, index: int, bits: int) -> int:
        """Where a number of so many bits (an even many) lies in this recipient's order of all of them.

        A Feistel network of four rounds: each number has another one, and nothing else is asked of it.
        """
        half = bits // 2
        left, right, mask = index >> half, index & ((1 << half) - 1), (1 << half) - 1
        towards = self._places.encryptor()
        for number in range(ROUNDS):
            block = bytes([bits, number]) + right.to_bytes(ID_BYTES - 2, "big")
            left, right = right, left ^ (int.from_bytes(towards.update(block), "big") & mask)
        return left << half | right


def shown(hub: Hub, recipient_id: UUID, customer_id: UUID) -> UUID:
    """What a recipient calls a customer."""
    return Pairs(hub, recipient_id).shown([customer_id])[0]


def meant(hub: Hub, recipient_id: UUID, pairwise: UUID) -> UUID:
    """Which customer a recipient means, if there is such a one at all."""
    return Pairs(hub, recipient_id).meant([pairwise])[0]


def _cipher(hub: Hub, label: bytes, recipient_id: UUID) -> Cipher[modes.ECB]:
    first = next(key for key in hub.vault.keyring.keys if key.use is Use.PAIRWISE)
    secret = hmac.digest(first.secret.reveal(), label + b"\0" + recipient_id.bytes, "sha256")
    return Cipher(algorithms.AES256(secret), modes.ECB())  # noqa: S305 - a permutation of single blocks is what is meant


def _permuted(towards: CipherContext, ids: Sequence[UUID]) -> list[UUID]:
    return [uuid_of(each) for each in _blocks(towards, ids)]


def _blocks(towards: CipherContext, ids: Sequence[UUID]) -> list[bytes]:
    blocks = towards.update(b"".join([each.bytes for each in ids]))
    return [blocks[at : at + ID_BYTES] for at in range(0, len(blocks), ID_BYTES)]
