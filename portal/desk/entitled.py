"""What a partner may receive, at the desk: as the partner is told it itself, and counted once somebody asks.

To count looks at every customer, which takes a second or so of a million: so the partner's page lists, and this counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from hub import categories, purposes, recipients
from hub.act import Ask
from hub.actors import Operation
from hub.errors import not_found
from hub.partners import blocks, counting, offers
from hub.partners.counting import Entitlement
from hub.partners.offers import Offer
from hub.policy import words
from portal.desk import agreed
from portal.desk.entrance import AtDesk, shows
from portal.pages.held import named
from portal.reader import Page


@dataclass(frozen=True, slots=True)
class Named:
    """An offer in the reader's language. categories: what is received."""

    offer: Offer
    purpose: str
    categories: Sequence[str]


@shows(Operation.PARTNER_LOOK)
async def entitled(reader: AtDesk) -> Page:
    """Count one offer over all customers, as they stand now."""
    place = reader.request.path_params
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK, locale=reader.language) as ask:
        row = await recipients.read(ask, place["partner"], "partner")
        some = await listed(ask, row.id, reader.language)
        wanted = (place["agreed"], place["purpose"])
        one = next((each for each in some if _keys(each.offer) == wanted), None)
        if one is None:
            raise not_found("arrangement", "agreed")
        found = await counting.count(ask, one.offer)
        standing = (await blocks.standings(ask, [row.id]))[row.id]
    given = {
        "partner": row,
        "one": one,
        "customers": found.customers,
        "standing": standing,
        "least": counting.LEAST,
    }
    return Page("desk/entitled.html", {**given, **_rows(found, reader.language)})


async def listed(ask: Ask, recipient_id: UUID, language: str) -> list[Named]:
    """What a partner may ask for today: each purpose of each arrangement in force, uncounted."""
    some = await offers.of_recipient(ask, recipient_id)
    uses = await purposes.by_ids(ask, {each.purpose_id for each in some})
    kinds = await categories.by_ids(ask, {key for each in some for key in each.categories})
    return [
        Named(
            each,
            named(uses[each.purpose_id].names, language),
            sorted(named(kinds[key].names, language) for key in each.categories),
        )
        for each in some
    ]


def _keys(offer: Offer) -> tuple[str, str]:
    return offer.arrangement.key, offer.purpose.key


def _rows(found: Entitlement, language: str) -> dict[str, Sequence[object]]:
    """What the numbers are of: clauses with what they say, and reasons with the provision they rest on."""
    clauses = [(each, named(each.texts, language)) for each in found.clauses]
    missing = [
        (agreed.OUTCOMES[each.outcome], words.sentences(each.decision.rule, language).staff, each)
        for each in found.missing
    ]
    return {"clauses": clauses, "missing": missing}
