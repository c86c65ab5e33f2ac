"""Postal addresses: read from a profile, and brought to one spelling to be recognised by.

The spelling is the address's words in the order of the alphabet, without case, accents and punctuation: so one line and
five fields, and whatever stands first where somebody lives, are the same. Words that are written short are others.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from hub.act import Ask
from hub.vault import DataKey

KIND: Final = "POSTAL"
CATEGORY: Final = "contact"
FIELDS: Final = frozenset({"address", "street", "postcode", "city", "state"})
WORDS_LEAST: Final = 3
_WORD: Final = re.compile(r"\w+")
_PARTS: Final = """
    SELECT v.id, v.organisation_id, v.field, v.sealed FROM profile_value v JOIN category k ON k.id = v.category_id
    WHERE v.customer_id = $1 AND k.key = $2 AND v.field = ANY ($3) ORDER BY v.id
"""


def normalised(parts: Iterable[str]) -> str | None:
    """The one spelling of an address; None for less than a number and three words, which nobody is reached by."""
    folded = unicodedata.normalize("NFKD", " ".join(parts)).casefold()
    words = set(_WORD.findall("".join(each for each in folded if not unicodedata.combining(each))))
    is_whole = len(words) >= WORDS_LEAST and any(each.isdigit() for word in words for each in word)
    return " ".join(sorted(words)) if is_whole else None


async def of(ask: Ask, customer_id: UUID, key: DataKey) -> Mapping[UUID, str]:
    """Where a customer lives, in one spelling, by the organisation that knows it."""
    parts: dict[UUID, list[str]] = defaultdict(list)
    for row in await ask.rows(_PARTS, customer_id, CATEGORY, list(FIELDS)):
        parts[row["organisation_id"]].append(
            key.open_text("profile_value", "sealed", row["id"], row["sealed"])
        )
    found = {each: normalised(several) for each, several in parts.items()}
    return {each: address for each, address in found.items() if address is not None}
