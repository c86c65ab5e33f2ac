"""What we hold, shown to whom it is about: by topic, where it came from, what for, and who looked.

No address holds a value: a value is named by its row, and the row of another is absent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.responses import Response

from hub import holdings, kept
from hub.act import Act, Ask
from hub.actors import Operation
from hub.errors import not_found
from hub.holdings import Part, PartState
from hub.kept import Kept, Value
from hub.rights import mine, timing
from portal import fields
from portal.door import does, shows
from portal.reader import Page, Reader
from portal.tags import Tag
from portal.wording import CATALOGUES, N_

LOOKED: Final[Mapping[PartState, Tag]] = {
    PartState.WAITING: Tag("wait", N_("We are asking")),
    PartState.DONE: Tag("done", N_("Found")),
    PartState.NOTHING: Tag("off", N_("Nothing there")),
    PartState.FAILED: Tag("late", N_("It did not answer")),
    PartState.SKIPPED: Tag("off", N_("Switched off")),
    PartState.BY_HAND: Tag("off", N_("A person looks there when you ask for a copy")),
}


async def show_held(reader: Reader) -> Page | Response:
    """Show everything by topic, and what our other systems said when they were last asked."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        found, is_open = await kept.read(ask), await sees(reader, ask)
        look = await holdings.of(ask, _who(reader)) if is_open else None
        zone = timing.zone(reader.typed.get("known", {}).get("place", {}).get("place"))
        today = ask.at.astimezone(zone).date()
    given = {
        "systems": look and [_system(reader, each, zone) for each in look.parts],
        "is_asking": look is not None and not look.is_whole, "is_open": is_open,
        "notes": [(each.text, each.noted_at.astimezone(zone).date()) for each in found.notes if is_open],
        "topics": topics(reader, found, is_open=is_open), "today": today, "zone": zone, "reasons": fields.REASONS,
        "looks": [(each.who, each.reason, each.at.astimezone(zone)) for each in found.looks],
        "has_more": found.has_more,
    }  # fmt: skip
    return Page("held.html", given)


held = shows(Operation.OWN_READ)(show_held)


@does(Operation.OWN_CONDUCT, again=show_held)
async def look(reader: Reader) -> Response:
    """Have our other systems asked; asked again within minutes, the same look is the answer."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        if not await sees(reader, ask):
            return reader.go("identify", "held")

    async def make(act: Act) -> dict[str, Any]:
        await holdings.ask_for(act, _who(reader), reader.house.id)
        return {}

    await reader.once(Operation.OWN_CONDUCT, make)
    return reader.go("held")


def _who(reader: Reader) -> UUID:
    who = reader.actor.id
    if who is None:
        raise not_found("customer")
    return who


def _system(reader: Reader, part: Part, zone: ZoneInfo) -> dict[str, Any]:
    """One system as it is shown: how it stands, as of when, and its records field by field."""
    said = CATALOGUES[reader.language].gettext
    lines = [
        (each.collection, [(fields.label(name, said), _text(value)) for name, value in each.values.items()],
         [fields.label(name, said) for name in each.hidden])
        for each in part.lines
    ]  # fmt: skip
    as_of = part.as_of and part.as_of.astimezone(zone)
    return {
        "name": part.system,
        "tag": LOOKED[part.state],
        "as_of": as_of,
        "lines": lines,
        "more": part.is_capped,
    }


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return " · ".join(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return "–" if value is None else str(value)


@shows(Operation.OWN_READ)
async def choose(reader: Reader) -> Page | Response:
    """Show what there is, to say which of it is wrong."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        found, is_open = await kept.read(ask), await sees(reader, ask)
    shown = [each for each in topics(reader, found, is_open=is_open) if each["values"]]
    return Page("fixing.html", {"topics": shown, "is_open": is_open})


async def sees(reader: Reader, ask: Ask) -> bool:
    """Whether who is signed in sees values in full, or masks until they show more surely who they are."""
    return await mine.may_see(ask, reader.visit and reader.visit.identified)


def said_of(reader: Reader, value: Value, *, is_open: bool) -> str:
    """A value, or its mask."""
    return value.value if shows_in_full(reader, value, is_open=is_open) else value.mask


def shows_in_full(reader: Reader, value: Value, *, is_open: bool) -> bool:
    """Whether a value is shown as it is: all are, or it is the address that one came in by, no secret to them."""
    return is_open or value.value == reader.typed.get("known", {}).get("email", {}).get("email")


def topics(reader: Reader, found: Kept, *, is_open: bool) -> Sequence[dict[str, Any]]:
    """Each topic with its values, sources and uses, in the reader's language."""
    said = CATALOGUES[reader.language].gettext
    shown: list[dict[str, Any]] = []
    for key, names in found.categories.items():
        values = [
            (each.id, _label(each.name, each.system, said), said_of(reader, each, is_open=is_open),
             each.since.date())
            for each in found.values if each.category == key
        ]  # fmt: skip
        sources = [
            (fields.SOURCES.get(each.source, ""), named(each.titles, reader.language), each.happened_at.date())
            for each in found.sources if key in each.categories
        ]  # fmt: skip
        uses = [
            (named(each.names, reader.language), named(each.benefits, reader.language), each.departments,
             each.retention_months)
            for each in found.uses if key in each.categories
        ]  # fmt: skip
        shown.append(
            {
                "key": key,
                "name": named(names, reader.language),
                "values": values,
                "sources": sources,
                "uses": uses,
            }
        )
    return shown


def named(names: Mapping[str, str], language: str) -> str:
    """A text in the reader's language, in English, or in whatever there is."""
    near = [text for locale, text in names.items() if locale.partition("-")[0] == language]
    return names.get(language) or next(iter(near), "") or names.get("en") or next(iter(names.values()), "")


def _label(name: str, system: str | None, said: Any) -> str:
    return f"{fields.label(name, said)} ({system})" if system else fields.label(name, said)
