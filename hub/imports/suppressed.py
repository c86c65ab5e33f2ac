"""What the list of addresses that get no marketing says to the rows of a chunk."""

from collections.abc import Sequence
from uuid import UUID

from hub import postal, suppression
from hub.act import Ask
from hub.imports.rows import Row, Stop
from hub.suppression import Address, Hit, Reason
from hub.vault import Blind


async def stops(ask: Ask, organisation_id: UUID, rows: Sequence[Row]) -> dict[int, list[Stop]]:
    """The opt-outs of whoever has such an address, as of the day on which it was listed; by line."""
    found: dict[int, list[Stop]] = {}
    homes = await _homes(ask, organisation_id, rows)
    for row, hit in [*((row, hit) for row, _, _, hit in await _met(ask, organisation_id, rows)), *homes]:
        stop = Stop("MARKETING", hit.channel, min(hit.until, ask.at), hit.since)
        found.setdefault(row.line, []).append(stop)
    return found


async def forgotten(ask: Ask, organisation_id: UUID, rows: Sequence[Row]) -> set[tuple[str, bytes]]:
    """The emails and phones among them that were those of a customer who was erased."""
    met = await _met(ask, organisation_id, rows)
    return {(kind, blind.digest) for _, kind, blind, hit in met if hit.reason == Reason.ERASURE}


async def _homes(ask: Ask, organisation_id: UUID, rows: Sequence[Row]) -> list[tuple[Row, Hit]]:
    """Each row that says where somebody lives, with what the list says of it."""
    homes = [(row, home) for row in rows if (home := postal.normalised(_parts(row))) is not None]
    found = await suppression.met(ask, organisation_id, [Address(postal.KIND, home) for _, home in homes])
    return [(homes[place][0], hit) for place, hits in found.items() for hit in hits]


def _parts(row: Row) -> list[str]:
    """What a row says of where somebody lives, under whichever category it keeps that."""
    return [text for (_, name), text in row.values.items() if name in postal.FIELDS]


async def _met(ask: Ask, organisation_id: UUID, rows: Sequence[Row]) -> list[tuple[Row, str, Blind, Hit]]:
    """Each row and address with what the list says of it."""
    given = [(row, kind, blind) for row in rows for kind, blind in row.identifiers]
    addresses = [Address(kind, blind.normalised) for _, kind, blind in given]
    found = await suppression.met(ask, organisation_id, addresses)
    return [(*given[place], hit) for place, hits in found.items() for hit in hits]
