"""`hub register`: the processing register: where its activities stand with the authorities, and what it lacks."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hub.cli.endings import CODES, NEGATIVE, OK, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from uuid import UUID

    from hub.act import Ask
    from hub.formalities import Standing
    from hub.policy.values import Jurisdiction
    from hub.register import Activity
    from hub.reviews import Gap, Review

commands = typer.Typer(
    no_args_is_help=True, help="The processing register: activities and formalities.", rich_markup_mode=None
)
STRETCH: Final = 200
NOTHING: Final = "-"
Whose = Annotated[
    str | None, typer.Option("--organisation", help="Key or id; not needed while there is only one.")
]
Place = Annotated[
    str | None, typer.Option("--jurisdiction", help="Under this law only: AU, UK, ZA, MA, EU or US_CA.")
]
Gaps = tuple["Review", Mapping["UUID", str], Mapping["UUID", str]]
"""What was found, and the keys of the activities and purposes in it."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="register")


@commands.command("list", epilog=CODES)
@ends
def list_all(
    jurisdiction: Place = None,
    archived: Annotated[bool, typer.Option("--archived", help="Those too that have ended.")] = False,
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    """List the activities: their purposes, and where each stands today under each law.

    A line per activity and law. Under a law that knows no formality its state is a hyphen.

    Example: hub register list --jurisdiction MA
    """
    rows = asyncio.run(_list(jurisdiction, organisation, archived=archived))
    if as_json:
        show(rows)
        return
    shown = [line for row in rows for line in _lines(row)]
    heads = ("ACTIVITY", "PURPOSES", "LAW", "STATE", "NUMBER", "VALID UNTIL", "ANSWER BY")
    table(heads, shown, "The register has no such activity: enter one over GraphQL (`activityAdd`).")


@commands.command("missing", epilog=CODES)
@ends
def missing(
    activity: Annotated[str | None, typer.Option("--activity", help="Key or id of one activity.")] = None,
    jurisdiction: Place = None,
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    """Say what is missing or running out, per activity and law, and what to do about it.

    Ends with 1 where something is. ERROR: the law asks for it. WARNING: advice, or what runs out within 90 days.

    Example: hub register missing --jurisdiction ZA
    """
    found = asyncio.run(_missing(activity, jurisdiction, organisation))
    if as_json:
        show(_review(*found))
    else:
        _print(*found)
    raise typer.Exit(NEGATIVE if found[0].gaps else OK)


# --- what is there ----------------------------------------------------------------------------------------------------


async def _list(said: str | None, organisation: str | None, *, archived: bool) -> list[dict[str, Any]]:
    from hub import register
    from hub.actors import Operation
    from hub.catalogue import Page
    from hub.cli.asking import asking

    place, found, start = _place(said), list[dict[str, Any]](), None
    async with asking(organisation, None, Operation.REGISTER_READ) as ask:
        such = register.Such(jurisdiction=place, archived=None if archived else False)
        while rows := await register.page(ask, Page(STRETCH, start), such):
            start = rows[-1].id
            found += await _entries(ask, rows, place)
    return found


async def _entries(
    ask: "Ask", rows: Sequence["Activity"], only: "Jurisdiction | None"
) -> list[dict[str, Any]]:
    from hub import formalities, purposes, register

    belongings = await register.purposes_of(ask, [row.id for row in rows])
    steps = await formalities.of_activities(ask, [row.id for row in rows])
    named = await purposes.by_ids(ask, {each.purpose_id for some in belongings.values() for each in some})
    return [
        {
            **{name: getattr(row, name) for name in ("id", "key", "name", "archived_at", "jurisdictions")},
            "purposes": [named[each.purpose_id].key for each in belongings.get(row.id, [])],
            "formalities": [
                _formality(one)
                for one in formalities.standings(row, steps.get(row.id, []), ask.at)
                if only in {None, one.jurisdiction}
            ],
        }
        for row in rows
    ]


def _formality(standing: "Standing") -> dict[str, Any]:
    event = standing.event
    return {
        "jurisdiction": standing.jurisdiction.value,
        "state": standing.state.value,
        "number": event.number if event else None,
        "valid_until": event.valid_until if event else None,
        "has_expired": standing.has_expired,
        "expected_by": standing.expected_by.date() if standing.expected_by else None,
        "last_step": event.step if event else None,
        "happened_at": event.happened_at.isoformat() if event else None,
    }


def _lines(row: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    name = f"{row['key']} (archived)" if row["archived_at"] else row["key"]
    purposes = ", ".join(row["purposes"]) or NOTHING
    filed = {each["jurisdiction"]: each for each in row["formalities"]}
    for place in row["jurisdictions"]:
        yield name, purposes, place, *_standing(filed.get(place, {}))


def _standing(said: Mapping[str, Any]) -> tuple[str, ...]:
    state = f"{said['state']}, expired" if said.get("has_expired") else said.get("state")
    return tuple(
        str(each or NOTHING)
        for each in (state, said.get("number"), said.get("valid_until"), said.get("expected_by"))
    )


def _place(said: str | None) -> "Jurisdiction | None":
    from hub.cli.asking import one_of
    from hub.policy.values import Jurisdiction

    return None if said is None else one_of(Jurisdiction, said, "--jurisdiction")


# --- what is not ------------------------------------------------------------------------------------------------------


async def _missing(activity: str | None, said: str | None, organisation: str | None) -> Gaps:
    from hub import purposes, register, reviews
    from hub.actors import Operation
    from hub.cli.asking import asking
    from hub.cli.ids import ref

    such = reviews.Such(ref(activity) if activity else None, _place(said))
    async with asking(organisation, None, Operation.REGISTER_READ) as ask:
        found = await reviews.review(ask, such)
        activities = await register.by_ids(ask, _named(gap.activity_id for gap in found.gaps))
        uses = await purposes.by_ids(ask, _named(gap.purpose_id for gap in found.gaps))
    return found, _keys(activities), _keys(uses)


def _named(ids: "Iterable[UUID | None]") -> "set[UUID]":
    return {each for each in ids if each is not None}


def _keys(rows: "Mapping[UUID, Any]") -> "dict[UUID, str]":
    return {each: row.key for each, row in rows.items()}


def _print(found: "Review", activities: "Mapping[UUID, str]", purposes: "Mapping[UUID, str]") -> None:
    rows = [_row(gap, activities, purposes) for gap in found.gaps]
    heads = ("LEVEL", "ACTIVITY", "PURPOSE", "LAW", "BY", "WHAT TO DO")
    table(heads, rows, f"Nothing is missing, as of {found.checked_on}.")
    if found.further:
        typer.echo(f"And {found.further} more: name an activity or a law to see them.")


def _row(gap: "Gap", activities: "Mapping[UUID, str]", purposes: "Mapping[UUID, str]") -> tuple[str, ...]:
    about = activities[gap.activity_id] if gap.activity_id else NOTHING
    use = purposes[gap.purpose_id] if gap.purpose_id else NOTHING
    return gap.level.value, about, use, gap.jurisdiction.value, str(gap.due_on or NOTHING), gap.message


def _review(
    found: "Review", activities: "Mapping[UUID, str]", purposes: "Mapping[UUID, str]"
) -> dict[str, Any]:
    gaps = [
        {
            "activity": activities[gap.activity_id] if gap.activity_id else None,
            "purpose": purposes[gap.purpose_id] if gap.purpose_id else None,
            **{
                name: getattr(gap, name)
                for name in ("jurisdiction", "level", "code", "message", "cites", "due_on")
            },
        }
        for gap in found.gaps
    ]
    return {"checked_on": found.checked_on, "gaps": gaps, "further": found.further}
