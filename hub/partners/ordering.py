"""The order in which a partner pages through customers: its own, so that the ranks in two partners' lists tell nothing.

Customers lie in 2^bits buckets by a hash of their ids, which an index holds. A recipient visits the buckets in an order
of its own, and those in one by places of its own (`hub/pairwise.py`). So a page reads a few stretches of the index,
the last one as cheaply as the first, and where it ends is said by the bucket visited and the last place in it.
"""

import base64
import binascii
import struct
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self
from uuid import UUID
from weakref import WeakKeyDictionary

from hub.act import Ask, Hub
from hub.errors import invalid
from hub.pairwise import ID_BYTES, Pairs
from hub.partners.offers import Offer
from hub.vault import SealBroken

HASH_BITS: Final = 32
BITS_LEAST: Final = 6  # the ranks in two orders of a few buckets would often be alike
BITS_MOST: Final = 30
SMALLEST: Final = -(1 << 31)  # PostgreSQL's integer, which its hash of an id is
SAMPLE: Final = 512
SAMPLED_BITS: Final = (0, 6, 12, 18)
BUCKET_MOST: Final = 64
STALE: Final = timedelta(seconds=10)
_CUTS: Final = WeakKeyDictionary[Hub, dict[UUID, tuple[datetime, int]]]()
_FORM: Final = struct.Struct(">BI?16s")
_SAMPLES: Final = """
    SELECT b.bits, (SELECT count(*) FROM (
        SELECT FROM customer_state WHERE organisation_id = $1 AND uuid_hash(customer_id) BETWEEN $2 AND b.upto
        LIMIT $5) s) AS customers
    FROM unnest($3::integer[], $4::integer[]) AS b (bits, upto) ORDER BY b.bits
"""


class Place(NamedTuple):
    """How far a partner has come. visited: the number of the visit; last: the place of the last one taken in it."""

    bits: int
    visited: int = 0
    last: bytes | None = None

    def written(self, ask: Ask, offer: Offer) -> str:
        """As a cursor: sealed, since it would tell how many customers there are; worth nothing to anybody else."""
        raw = _FORM.pack(self.bits, self.visited, self.last is not None, self.last or bytes(ID_BYTES))
        sealed = ask.hub.vault.seal_own("partner_place", "place", _owner(ask, offer), raw)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    @classmethod
    def read(cls, ask: Ask, offer: Offer, cursor: str, *path: str | int) -> Self:
        """Read a cursor; Refusal INVALID, always the same, for one that was made up or is of another list."""
        try:
            padded = cursor.encode() + b"=" * (-len(cursor) % 4)
            sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
            opened = ask.hub.vault.open_own("partner_place", "place", _owner(ask, offer), sealed)
        except (binascii.Error, ValueError, SealBroken):
            raise invalid("This cursor is not of this list: start again without it.", *path) from None
        bits, visited, is_within, last = _FORM.unpack(opened)
        return cls(bits, visited, last if is_within else None)


def bucket(pairs: Pairs, bits: int, visit: int) -> tuple[int, int]:
    """The first and the last hash of the bucket that a recipient visits as the visit-th."""
    width = 1 << (HASH_BITS - bits)
    first = SMALLEST + pairs.turned(visit, bits) * width
    return first, first + width - 1


async def beginning(ask: Ask, offer: Offer) -> Place:
    """Where a partner begins. How finely its order is cut need not be known better than some seconds ago."""
    kept = _CUTS.setdefault(ask.hub, {}).get(offer.organisation_id)
    if kept is None or not timedelta(0) <= ask.at - kept[0] < STALE:
        kept = _CUTS[ask.hub][offer.organisation_id] = (ask.at, await bits(ask, offer))
    return Place(kept[1])


async def bits(ask: Ask, offer: Offer) -> int:
    """How many bits: one bucket for all where they are few, else at least 64 of few each."""
    customers = await _estimated(ask, offer)
    if customers <= BUCKET_MOST:
        return 0
    found = BITS_LEAST
    while customers >> found > BUCKET_MOST and found < BITS_MOST:
        found += 2
    return found


async def parted(ask: Ask, offer: Offer, most: int) -> int:
    """How many bits number the parts of a whole list: as few as give each no more than so many customers."""
    return (max(await _estimated(ask, offer) - 1, 0) // most).bit_length()


def visits(bits: int, part: int) -> tuple[int, range]:
    """Of how many bits the buckets are, by how many the parts are, and which buckets are visited in one part."""
    visited = max(BITS_LEAST, bits + bits % 2) if bits else 0
    several = 1 << (visited - bits)
    return visited, range(part * several, (part + 1) * several)


async def _estimated(ask: Ask, offer: Offer) -> int:
    """How many customers there are: counted where they are few, else in a small part of the hashes."""
    last = [SMALLEST + (1 << (HASH_BITS - each)) - 1 for each in SAMPLED_BITS]
    rows = await ask.beside().rows(
        _SAMPLES, offer.organisation_id, SMALLEST, list(SAMPLED_BITS), last, SAMPLE + 1
    )
    fitting = [row for row in rows if row["customers"] <= SAMPLE] or rows[-1:]
    return fitting[0]["customers"] << fitting[0]["bits"]


def _owner(ask: Ask, offer: Offer) -> str:
    return f"{ask.actor.id}/{offer.recipient_id}/{offer.arrangement.id}/{offer.purpose.id}"
