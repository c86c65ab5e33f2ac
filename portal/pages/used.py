"""Who has used it: each time somebody here opened the values, and each time another organisation received some."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.responses import Response

from hub import kept
from hub.act import Ask
from hub.actors import Operation
from hub.kept import Look, Mark
from hub.partners import receiving
from hub.partners.receiving import Correction, Received
from hub.partners.withdrawals import Ground, Kind, Said, Withdrawal
from hub.rights import timing
from hub.rights.recognising import Kind as Entry
from hub.rights.recognising import Named
from portal import fields
from portal.door import shows
from portal.pages.held import named
from portal.reader import Page, Reader
from portal.wording import N_

SHOWN: Final = 30
SHOWS: Final[Mapping[str, str]] = {
    "all": N_("Everyone"),
    "here": N_("People here"),
    "others": N_("Other organisations"),
}
TOLD: Final[Mapping[Kind, str]] = {
    Kind.FORGET: N_("We told them on %(day)s to delete it."),
    Kind.STOP: N_("We told them on %(day)s not to use it for this any more."),
    Kind.CORRECT: N_("We told them on %(day)s to put it right."),
}
DUE: Final[Mapping[Kind, str]] = {
    Kind.FORGET: N_("They have to delete it. We will tell them."),
    Kind.STOP: N_("They may not use it for this any more. We will tell them."),
    Kind.CORRECT: N_("They have to put it right. We will tell them."),
}
"""What is said of recipients that do not read by themselves what they have to do."""
CONFIRMED: Final[Mapping[Said, str]] = {
    Said.DONE: N_("They confirmed it on %(day)s."),
    Said.NOT_HELD: N_("They said on %(day)s that they do not have it any more."),
    Said.KEPT: N_("They said on %(day)s that they keep some of it until %(until)s."),
}
GROUNDS: Final[Mapping[Ground, str]] = {
    Ground.LEGAL_DUTY: N_("A law makes them keep it."),
    Ground.LEGAL_CLAIM: N_("They need it for a legal claim."),
    Ground.OWN_CUSTOMER: N_("You are their customer too, and gave it to them yourself."),
    Ground.PUBLIC_INTEREST: N_("They need it for a task that is in the public interest."),
}
Event = Look | Received | Correction


async def show_used(reader: Reader) -> Page | Response:
    """Show what happened, the last first, a stretch at a time."""
    query = reader.request.query_params
    who = query.get("who", "all")
    chosen = who if who in SHOWS else "all"
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        found = await _events(ask, chosen, _mark(query.get("before", "")))
    zone = timing.zone(reader.typed.get("known", {}).get("place", {}).get("place"))
    events = found[:SHOWN]
    days = [
        (day, [_line(reader, each, zone) for each in several])
        for day, several in groupby(events, key=lambda each: _day(each, zone))
    ]
    rest = f"{events[-1].at.isoformat()}_{events[-1].id}" if len(found) > SHOWN else None
    return Page("used.html", {"days": days, "who": chosen, "shows": SHOWS, "rest": rest})


used = shows(Operation.OWN_READ)(show_used)


async def _events(ask: Ask, who: str, before: Mark | None) -> list[Event]:
    """One more than is shown: so it is known whether there are others."""
    found: list[Event] = []
    if who != "others":
        found += await kept.looks_at(ask, await kept.records(ask), before, SHOWN + 1)
    if who != "here":
        found += await receiving.received(ask, before, SHOWN + 1)
        found += await receiving.corrections(ask, before, SHOWN + 1)
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[: SHOWN + 1]


def _mark(said: str) -> Mark | None:
    """Where an earlier stretch begins, below the one that is named; what cannot be read begins with the last."""
    at, _, named_id = said.partition("_")
    try:
        mark = datetime.fromisoformat(at), UUID(named_id)
    except ValueError:
        return None
    return mark if mark[0].tzinfo else None


def _day(each: Event, zone: ZoneInfo) -> date:
    return each.at.astimezone(zone).date()


def _line(reader: Reader, each: Event, zone: ZoneInfo) -> dict[str, Any]:
    at = each.at.astimezone(zone)
    if isinstance(each, Look):
        reason = fields.REASONS.get(each.reason, "")
        return {
            "kind": "look",
            "entry": Named(Entry.LOOK, each.id),
            "at": at,
            "who": each.who,
            "reason": reason,
            "said": [],
            "allowed": None,
        }
    return _passed_on(reader, each, zone, at)


def _passed_on(reader: Reader, each: Received | Correction, zone: ZoneInfo, at: datetime) -> dict[str, Any]:
    what = [named(names, reader.language) for names in each.categories]
    line = {"at": at, "who": each.recipient, "what": what, "allowed": None}
    if isinstance(each, Correction):
        return {
            **line,
            "kind": "correction",
            "entry": Named(Entry.CORRECTED, each.told.id),
            "said": _said(each.told, zone, is_told=each.is_told),
        }
    return {
        **line,
        "kind": "received",
        "entry": Named(Entry.RECEIVED, each.id),
        "purpose": named(each.purpose, reader.language),
        "times": each.times,
        "allowed": each.allowed,
        "clause": named(each.allowed.texts, reader.language) if each.allowed else "",
        "shown_on": each.allowed and each.allowed.shown_at and each.allowed.shown_at.astimezone(zone).date(),
        "said": _said(each.ended, zone, is_told=each.is_told) if each.ended else [],
    }


def _said(told: Withdrawal, zone: ZoneInfo, *, is_told: bool) -> Sequence[tuple[str, dict[str, date]]]:
    """What was told and answered, as sentences with the days that fill them."""
    day = told.made_at.astimezone(zone).date()
    said: list[tuple[str, dict[str, date]]] = [
        (TOLD[told.kind], {"day": day}) if is_told else (DUE[told.kind], {})
    ]
    if told.answer and told.answered_at:
        answered: dict[str, date] = {"day": told.answered_at.astimezone(zone).date()}
        if told.kept_until:
            answered["until"] = told.kept_until
        said.append((CONFIRMED[told.answer], answered))
        if told.ground:
            said.append((GROUNDS[told.ground], {}))
    elif is_told:
        said.append((N_("They have to confirm it by %(day)s."), {"day": told.due_at.astimezone(zone).date()}))
    return said
