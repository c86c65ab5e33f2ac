"""Today: what is overdue, what is due, whom it waits for, and the list behind each number."""

import io
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub import profiles, unmasking
from hub.act import Ask
from hub.actors import Operation
from hub.auth import staff
from hub.errors import Code, Refusal
from hub.policy.values import Jurisdiction
from hub.rights import requests, workload
from hub.rights.values import Kind
from hub.rights.workload import HEADS, Filter, On, Such, cells
from hub.spreadsheets import Table
from portal.desk import names
from portal.desk.entrance import AtDesk, shows
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

AT_A_TIME: Final = 50
EXPORTED_MOST: Final = 10_000
UNKNOWN: Final = N_("There is no request with this reference")


@shows(Operation.REQUEST_READ)
async def today(reader: AtDesk) -> Page | Response:
    """Show the numbers and the list, or lead to the request that was looked for."""
    wanted, query = _wanted(reader), reader.request.query_params
    async with reader.hub.ask(reader.actor, Operation.REQUEST_READ, locale=reader.language) as ask:
        if query.get("ref", "").strip():
            found = await _find(reader, ask, query["ref"])
            if found:
                return reader.go("requests", found)
        counts = await workload.counts(ask)
        part = await workload.page(ask, wanted, query.get("after") or None, AT_A_TIME)
        masked = await _names(ask, [each.request.customer_id for each in part.items])
        first = await workload.page(ask, Filter(on=On.YOU), limit=1)
        watched = await _alerts(reader, ask)
        now = ask.at
    return Page("desk/today.html", {
        "counts": counts, "part": part, "masked": masked, "names": names, "query": _kept(query), "now": now,
        "first": next(iter(first.items), None), "wanted": wanted, "alerts": watched, "ref": query.get("ref", ""),
    })  # fmt: skip


@shows(Operation.REQUEST_READ)
async def export(reader: AtDesk) -> Response:
    """Write the list as a table: days, states and grounds, nobody's name."""
    out = io.StringIO()
    sheet, after, number = Table(out), None, 0
    sheet.write(HEADS)
    async with reader.hub.ask(reader.actor, Operation.REQUEST_READ) as ask:
        part = await workload.page(ask, _wanted(reader), after, 500)
        while part.items and number < EXPORTED_MOST:
            for each in part.items:
                said = cells(each.request)
                sheet.write([said[name] or "" for name in HEADS])
            number, after = number + len(part.items), part.items[-1].request.reference
            part = await workload.page(ask, _wanted(reader), after, 500)
    headers = {"content-disposition": 'attachment; filename="requests.csv"'}
    return Response(out.getvalue().encode("utf-8-sig"), headers=headers, media_type="text/csv")


def _wanted(reader: AtDesk) -> Filter:
    """What the address asks for; what it spells wrong does not narrow."""
    said = reader.request.query_params
    return Filter(
        _known(said.get("is"), Such) or Such.OPEN,
        _known(said.get("right"), Kind),
        _known(said.get("place"), Jurisdiction),
        _known(said.get("on"), On),
    )


def _known(said: str | None, kinds: Any) -> Any:
    return said if said in set(kinds) else None


def _kept(query: Mapping[str, str]) -> dict[str, str]:
    """What narrows the list, for the address of its next part."""
    return {name: query[name] for name in ("is", "right", "place", "on") if query.get(name)}


async def _find(reader: AtDesk, ask: Ask, reference: str) -> str | None:
    try:
        return (await requests.by_reference(ask, reference[:50])).reference
    except Refusal as refusal:
        if refusal.code is not Code.NOT_FOUND:
            raise
    reader.wrong.append(Wrong("ref", UNKNOWN))
    return None


async def _names(ask: Ask, ids: list[UUID | None]) -> dict[UUID, str]:
    """The masked names of customers, by one statement."""
    shown = await profiles.masked(ask, [each for each in ids if each is not None])
    return {key: each.name or "" for key, each in shown.items()}


async def _alerts(reader: AtDesk, ask: Ask) -> list[tuple[str, unmasking.Alert]]:
    """Who has looked at many details, for whoever looks after the accounts."""
    if not reader.may(Operation.STAFF_MANAGE):
        return []
    found = await unmasking.alerts(ask, reader.house.id)
    called = await staff.names_of(ask, [each.staff_id for each in found])
    return [(called.get(each.staff_id, ""), each) for each in found]
