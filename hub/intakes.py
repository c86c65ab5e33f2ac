"""Reading what came in about customers, and which notices reached them: by id, and page by page."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.act import Ask
from hub.catalogue import Page
from hub.collections import INTAKES, SHOWINGS, Collection, Delivery, stored
from hub.db import Record
from hub.scope import reach

_NAMED = "SELECT {columns} FROM {table} WHERE id = ANY ($1) AND ($2::uuid IS NULL OR organisation_id = $2)"
_HISTORY = "SELECT {columns} FROM {table} WHERE customer_id = $1 AND organisation_id = $2"
_FORWARDS = _HISTORY + " AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4"
_BACKWARDS = _HISTORY + " AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4"


async def collections_by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Collection]:
    """Read many collections by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_NAMED.format(**INTAKES), list(ids), ask.actor.organisation_id)
    return {row["id"]: stored(row) for row in rows}


async def deliveries_by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Delivery]:
    """Read many deliveries by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_NAMED.format(**SHOWINGS), list(ids), ask.actor.organisation_id)
    return {row["id"]: Delivery(**row) for row in rows}


async def page_collections(ask: Ask, customer_id: UUID, which: Page) -> list[Collection]:
    """Read a page of a customer's collections, in the order in which they were recorded."""
    return [stored(row) for row in await _page(ask, INTAKES, customer_id, which)]


async def page_deliveries(ask: Ask, customer_id: UUID, which: Page) -> list[Delivery]:
    """Read a page of a customer's deliveries, in the order in which they were recorded."""
    return [Delivery(**row) for row in await _page(ask, SHOWINGS, customer_id, which)]


async def _page(ask: Ask, what: Mapping[str, str], customer_id: UUID, which: Page) -> list[Record]:
    reached = await reach(ask, customer_id, None, "customer")
    sql = (_BACKWARDS if which.backwards else _FORWARDS).format(**what)
    return await ask.rows(sql, reached.id, reached.organisation_id, which.start, which.limit)
