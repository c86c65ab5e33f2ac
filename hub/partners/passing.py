"""Which values of a customer a referral would pass on, and what they are.

Fields are named by their category, as ``contact.phone`` or ``identity.name``; email addresses and phone numbers belong
to the category ``contact``. Nothing outside the referral's categories is ever read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from hub import particulars
from hub.act import Ask
from hub.db import Record
from hub.errors import invalid, not_found
from hub.identifiers import mask_email, mask_phone, mask_text
from hub.partners.referrals import Referral

FIELDS_MOST: Final = 50
CONTACT: Final = frozenset({"email", "phone"})

_VALUES: Final = """
    SELECT r.id AS referral_id, r.customer_id, k.wrapped, v.*
    FROM referral r JOIN keys.customer_key k ON k.customer_id = r.customer_id CROSS JOIN LATERAL (
        SELECT 'identifier' AS source, i.id, g.key AS category, lower(i.kind) AS name, i.sealed
        FROM identifier i JOIN category g ON g.key = 'contact' AND g.id = ANY (r.categories)
        WHERE i.customer_id = r.customer_id AND i.organisation_id = r.organisation_id AND i.ended_at IS NULL
          AND i.kind IN ('EMAIL', 'PHONE')
        UNION ALL
        SELECT 'profile_value', p.id, g.key, p.field, p.sealed
        FROM profile_value p JOIN category g ON g.id = p.category_id AND g.id = ANY (r.categories)
        WHERE p.customer_id = r.customer_id AND p.organisation_id = r.organisation_id
    ) v
    WHERE r.id = ANY ($1) AND (r.fields = '{}' OR v.category || '.' || v.name = ANY (r.fields))
    ORDER BY r.id, v.category, v.name, v.id
"""
_KEYS: Final = "SELECT id, key FROM category WHERE id = ANY ($1)"


@dataclass(frozen=True, slots=True)
class Value:
    """One value. name: of its field, such as ``phone``."""

    category: str
    name: str
    value: str = field(repr=False)

    @property
    def mask(self) -> str:
        """As it is shown to whom it is not sure enough whose it is."""
        if self.category == "contact" and self.name in CONTACT:
            return mask_email(self.value) if self.name == "email" else mask_phone(self.value)
        return mask_text(self.value)


async def chosen(ask: Ask, fields: Sequence[str], categories: Sequence[UUID]) -> tuple[list[str], list[UUID]]:
    """Check which fields are named, within these categories; returns them and the categories they belong to."""
    if len(fields) > FIELDS_MOST:
        raise invalid(f"Name at most {FIELDS_MOST} fields, or none for all.", "fields")
    keys = {row["key"]: row["id"] for row in await ask.rows(_KEYS, list(categories))}
    for place, each in enumerate(fields):
        category, dot, name = each.partition(".")
        if not dot:
            raise invalid("Name a field with its category, as in `contact.phone`.", "fields", place)
        particulars.field_name(name, "fields", place)
        if category not in keys:
            raise not_found("category among those of the arrangement and the purpose", "fields", place)
    named = list(dict.fromkeys(fields))
    return named, list(dict.fromkeys(keys[each.partition(".")[0]] for each in named)) or list(categories)


async def values(ask: Ask, referrals: Sequence[Referral]) -> dict[UUID, list[Value]]:
    """Open what these referrals pass on, by one statement; of the erased nothing is left.

    Whoever calls has seen the referrals, and knows that whoever they are shown to may see them.
    """
    found: dict[UUID, list[Value]] = {each.id: [] for each in referrals}
    for row in await ask.rows(_VALUES, list(found)):
        found[row["referral_id"]].append(_value(ask, row))
    return found


def _value(ask: Ask, row: Record) -> Value:
    key = ask.hub.vault.unwrap(row["customer_id"], row["wrapped"])
    return Value(
        row["category"], row["name"], key.open_text(row["source"], "sealed", row["id"], row["sealed"])
    )
