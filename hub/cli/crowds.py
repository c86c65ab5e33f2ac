"""`hub audience`, `hub coverage` and `hub what-if`: a question about everybody, counted, split, supposed otherwise."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hub.cli import crowd_options as given
from hub.cli.endings import CODES, USAGE, ends
from hub.cli.showing import Json, show

if TYPE_CHECKING:
    from hub.cli.lists import Listed
    from hub.coverage import Coverage
    from hub.crowds import Audience
    from hub.reports import Asked


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=CODES)(audience)
    app.command(epilog=CODES)(coverage)
    app.command("what-if", epilog=CODES)(what_if)


@ends
def audience(  # noqa: PLR0913, PLR0917 - a question has many parts
    purpose: given.Purpose,
    act: given.What = "USE",
    recipient: given.Recipient = None,
    arrangement: given.Arrangement = None,
    channel: given.Channel = None,
    offer: given.Offer = None,
    footer: given.Footer = None,
    department: given.Department = None,
    profile_effect: given.ProfileEffect = None,
    jurisdiction: given.Jurisdictions = None,
    relationship: given.Relationships = None,
    as_of: given.AsOf = None,
    organisation: given.Organisation = None,
    listed: given.ListOutcome = None,
    out: given.Out = None,
    report: given.Report = None,
    language: given.Spoken = given.Language.EN,
    as_json: Json = False,
) -> None:
    """May we, for everybody? How many get which answer, why, and what would move the rest.

    Nothing is recorded. A report is one HTML file that holds numbers and no customer.

    \b
    Examples:
      hub audience --purpose newsletter --act message --channel email --offer own-similar --footer complete
      hub audience --purpose referral --act disclose --recipient smith-law --as-of 2026-03-31 --report march.html
      hub audience --purpose referral --act disclose --recipient smith-law --list DENY:hub.expired --out expired.csv
    """
    _crowd(dict(locals()), is_split=False)


@ends
def coverage(  # noqa: PLR0913, PLR0917 - a question has many parts
    purpose: given.Purpose,
    act: given.What = "DISCLOSE",
    recipient: given.Recipient = None,
    arrangement: given.Arrangement = None,
    channel: given.Channel = None,
    offer: given.Offer = None,
    footer: given.Footer = None,
    department: given.Department = None,
    profile_effect: given.ProfileEffect = None,
    jurisdiction: given.Jurisdictions = None,
    relationship: given.Relationships = None,
    as_of: given.AsOf = None,
    organisation: given.Organisation = None,
    listed: given.ListCover = None,
    out: given.Out = None,
    report: given.Report = None,
    language: given.Spoken = given.Language.EN,
    as_json: Json = False,
) -> None:
    """Whom does an arrangement reach? Everybody, split by what they were told and what they said.

    SEEN, LATER and AGREED may be passed on: by the notice shown when the data came in, by a later one, by their own
    yes. CONSENT must agree first, NOTICE must be told first, OBJECTED said no.

    \b
    Examples:
      hub coverage --purpose referral --recipient smith-law --report coverage.html
      hub coverage --purpose referral --recipient smith-law --list CONSENT --out campaign.csv
    """
    _crowd(dict(locals()), is_split=True)


@ends
def what_if(  # noqa: PLR0913, PLR0917 - a question has many parts
    purpose: given.Purpose,
    act: given.What = "DISCLOSE",
    recipient: given.Recipient = None,
    arrangement: given.Arrangement = None,
    channel: given.Channel = None,
    offer: given.Offer = None,
    footer: given.Footer = None,
    department: given.Department = None,
    profile_effect: given.ProfileEffect = None,
    jurisdiction: given.Jurisdictions = None,
    relationship: given.Relationships = None,
    as_of: given.AsOf = None,
    organisation: given.Organisation = None,
    draft: given.DraftFile = None,
    suppose_version: given.SupposedVersion = None,
    suppose_grade: given.SupposedGrade = None,
    report: given.Report = None,
    language: given.Spoken = given.Language.EN,
    as_json: Json = False,
) -> None:
    """What if? Decide everybody as it is and as supposed: a notice, a campaign, an arrangement not yet signed.

    Nothing is written to the database. docs/cli.md shows what a draft file holds.

    \b
    Examples:
      hub what-if --purpose referral --recipient smith-law --suppose-version clients:4
      hub what-if --purpose referral --recipient smith-law --suppose-grade EXPLICIT --report campaign.html
      hub what-if --purpose referral --recipient new-broker --draft alliance.json
    """
    _suppose(dict(locals()))


@dataclass(frozen=True, slots=True)
class Found:
    """What a command found. split: None where only answers were asked for; listed: how many were written."""

    asked: "Asked"
    audience: "Audience"
    split: "Coverage | None" = None
    today: "Audience | None" = None
    listed: int | None = None


def _crowd(said: dict[str, Any], *, is_split: bool) -> None:
    from hub.cli import lists

    if (said["listed"] is None) != (said["out"] is None):
        from hub.errors import invalid

        raise invalid("--list says who, --out where to: say both or neither.", "--list")
    read = lists.by_cover if is_split else lists.by_outcome
    wanted = read(said["listed"]) if said["listed"] else None
    _finish(said, asyncio.run(_ask(said, wanted, is_split=is_split)))


async def _ask(said: dict[str, Any], wanted: "Listed | None", *, is_split: bool) -> Found:
    from hub import coverage as covering
    from hub.cli import lists
    from hub.cli.asking import asking, question_of, such_of
    from hub.crowds import Crowd, summed
    from hub.reports import asked

    question, such = question_of(said), such_of(said)
    async with asking(said["organisation"], said["as_of"]) as ask:
        crowd = await Crowd.of(ask, question)
        heaps = await crowd.heaps(such)
        split = covering.split(crowd, heaps) if is_split else None
        listed = None if wanted is None else await lists.write(crowd, such, wanted, said["out"])
        return Found(await asked(ask, question, such), summed(crowd, heaps), split, listed=listed)


def _suppose(said: dict[str, Any]) -> None:
    from hub.cli.drafts import read_draft
    from hub.cli.json_input import Streams, UnreadableError

    try:
        drafted = read_draft(said["draft"])
    except UnreadableError as unreadable:
        Streams.chosen(None, None).complain(unreadable.faults)
        raise typer.Exit(USAGE) from None
    drafted.version = said["suppose_version"] or drafted.version
    drafted.grade = said["suppose_grade"] or drafted.grade
    _finish(said, asyncio.run(_ask_what_if(said, drafted)))


async def _ask_what_if(said: dict[str, Any], drafted: Any) -> Found:
    from hub.cli.asking import asking, question_of, such_of
    from hub.cli.drafts import described, draft_of
    from hub.reports import asked
    from hub.supposing import what_if as suppose

    question, such = question_of(said), such_of(said)
    async with asking(said["organisation"], said["as_of"]) as ask:
        draft = await draft_of(ask, drafted)
        found = await suppose(ask, question, draft, such)
        shown = await asked(ask, question, such, await described(ask, draft))
        return Found(shown, found.supposed, found.coverage, found.today)


def _finish(said: dict[str, Any], found: Found) -> None:
    language = said["language"].value
    if said["report"] is not None:
        _write_report(said["report"], found, language)
    if said["as_json"]:
        show(_plain(said, found, language))
        return
    _print(found, language)
    if found.listed is not None:
        typer.echo(f"\n{found.listed:,} ids written to {said['out']}")
    if said["report"] is not None:
        typer.echo(f"\nReport written to {said['report']}")


def _write_report(target: Path, found: Found, language: str) -> None:
    from hub.cli.outputs import whole
    from hub.reports import Report, render

    page = render(Report(found.asked, found.audience, found.split, found.today), language)
    with whole(target, "--report") as file:
        file.write(page)


def _print(found: Found, language: str) -> None:
    from hub.cli import crowd_shown

    crowd_shown.heading(found.asked, language)
    if not found.audience.customers:
        crowd_shown.nobody(language)
        return
    crowd_shown.answers(found.audience, found.today, language)
    if found.split is not None:
        crowd_shown.covers(found.split, language)
    crowd_shown.reasons(found.audience, language)
    crowd_shown.moves(found.audience, language)


def _plain(said: dict[str, Any], found: Found, language: str) -> dict[str, Any]:
    from hub.cli import crowd_shown

    plain = crowd_shown.question_plain(found.asked, said)
    plain["audience"] = crowd_shown.audience_plain(found.audience, language)
    if found.split is not None:
        plain["coverage"] = crowd_shown.coverage_plain(found.split)
    if found.asked.supposed:
        plain["today"] = crowd_shown.audience_plain(found.today, language) if found.today else None
    if found.listed is not None:
        plain["listed"] = found.listed
    return plain
