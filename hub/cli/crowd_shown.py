"""How crowds are shown: tables with bars for a person, plain values for a program."""

import shutil
import textwrap
from collections.abc import Sequence
from typing import Any, Final

import typer

from hub.coverage import Cover, Coverage
from hub.crowds import Audience
from hub.groups import Group
from hub.policy import words
from hub.policy.decision import CHECKED_ON, RULESET
from hub.reports import Asked, figures, wording
from hub.reports.figures import Bar

BAR: Final = 30
WIDEST: Final = 120
_ISOLATES: Final = str.maketrans("", "", "\u2066\u2068\u2069")


def heading(asked: Asked, language: str) -> None:
    """Print the question and what belongs to it."""
    said = wording.of(language)
    _wrap(said.question(asked))
    _wrap(said["comma"].join(said.say("pair", name=name, value=value) for name, value in said.details(asked)))
    for thing in asked.supposed:
        _wrap(f"- {said.supposed(thing)}")
    typer.echo()


def nobody(language: str) -> None:
    """Print that there is nobody to ask about."""
    _wrap(wording.of(language)["nobody"])


def answers(audience: Audience, today: Audience | None, language: str) -> None:
    """Print how many get which answer; before it how many it is today, where something is supposed."""
    said, rows = wording.of(language), figures.answers(audience, today)
    if today:
        typer.echo(f"{'':<16} {said['today']:>13} {said['then']:>13} {said['change']:>9}")
    for bar in rows:
        if bar.before is None:
            typer.echo(_row(bar, language))
        else:
            numbers = f"{_plain(said.number(bar.before)):>13} {_plain(said.number(bar.customers)):>13}"
            typer.echo(
                f"{bar.key:<16} {numbers} {_plain(said.change(bar.change)):>9}  {_drawn(bar)}".rstrip()
            )
    typer.echo()


def covers(coverage: Coverage, language: str) -> None:
    """Print how many stand where, and the same for each notice version."""
    said = wording.of(language)
    for bar in figures.covers(coverage):
        typer.echo(_row(bar, language))
    if coverage.of(Cover.CONSENT):
        typer.echo()
        _wrap(
            said.say(
                "askable",
                customers=said.number(coverage.of(Cover.CONSENT)),
                number=said.number(coverage.can_be_asked),
            )
        )
    typer.echo(f"\n{said['by_version']}")
    for stack in figures.stacks(coverage):
        name = f"{stack.version.notice_key}:{stack.version.number}" if stack.version else said["no_version"]
        parts = ", ".join(f"{bar.key} {said.number(bar.customers)}" for bar in stack.bars)
        _wrap(f"  {name}  {said.number(stack.customers)}: {parts}", "    ")
    typer.echo()


def reasons(audience: Audience, language: str) -> None:
    """Print why: a line for each rule that decided, with how many it decided about."""
    said = wording.of(language)
    typer.echo(said["because"])
    for group in audience.groups:
        shown = f"{group.outcome}  {group.decision.rule}  [{group.citation}]"
        typer.echo(f"{_plain(said.number(group.customers)):>11}  {shown}")
        _wrap(words.sentences(group.decision.rule, language).staff, " " * 13, first=" " * 13)
    typer.echo()


def moves(audience: Audience, language: str) -> None:
    """Print what would move how many, and how many nothing would."""
    said, steps, stuck = wording.of(language), figures.steps(audience), figures.stuck(audience)
    typer.echo(said["move"])
    for step in steps:
        then = said.percent(step.then / audience.customers)
        typer.echo(
            f"{_plain(said.number(step.customers)):>11}  {step.remedy.code}  ({said['then_allowed']}: {_plain(then)})"
        )
        _wrap(words.remedy_in(step.remedy, language).staff, " " * 13, first=" " * 13)
    if stuck:
        _wrap(said["stuck"], " " * 13, first=f"{_plain(said.number(stuck)):>11}  ")
    if not (steps or stuck):
        typer.echo(f"  {said['nothing']}")
    typer.echo()
    _wrap(f"{said.say('rules', ruleset=RULESET, day=said.day(CHECKED_ON))} {said['advice']}")


def _row(bar: Bar, language: str) -> str:
    said = wording.of(language)
    figures_of = f"{_plain(said.number(bar.customers)):>9}  {_plain(said.percent(bar.share)):>6}"
    return f"{bar.key:<16} {figures_of}  {_drawn(bar)}".rstrip()


def _drawn(bar: Bar) -> str:
    return "#" * max(round(bar.share * BAR), 1 if bar.customers else 0)


def _plain(text: str) -> str:
    """Without the isolates of a page: a terminal shows them as boxes, or not at all."""
    return text.translate(_ISOLATES)


def _wrap(text: str, rest: str = "", first: str = "") -> None:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    typer.echo(
        textwrap.fill(
            _plain(text), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
        )
    )


# --- for a program ----------------------------------------------------------------------------------------------------


def audience_plain(audience: Audience, language: str) -> dict[str, Any]:
    """An audience as plain values."""
    return {
        "customers": audience.customers,
        "undecided": audience.undecided,
        "distinct_facts": audience.distinct_facts,
        "ruleset": RULESET,
        "outcomes": {
            bar.key: bar.customers for bar in figures.answers(audience) if bar.key != figures.UNDECIDED
        },
        "groups": [_group_plain(group, language) for group in audience.groups],
    }


def coverage_plain(coverage: Coverage) -> dict[str, Any]:
    """A coverage as plain values."""
    return {
        "customers": coverage.customers,
        "undecided": coverage.undecided,
        "can_be_asked": coverage.can_be_asked,
        "covers": {
            bar.key: bar.customers for bar in figures.covers(coverage) if bar.key != figures.UNDECIDED
        },
        "shares": [
            {
                "cover": share.cover.value,
                "notice": share.version.notice_key if share.version else None,
                "version": share.version.number if share.version else None,
                "customers": share.customers,
            }
            for share in coverage.shares
        ],
    }


def question_plain(asked: Asked, said: dict[str, Any]) -> dict[str, Any]:
    """What was asked as plain values."""
    names = (
        "act",
        "purpose",
        "recipient",
        "arrangement",
        "channel",
        "offer",
        "footer",
        "department",
        "profile_effect",
    )
    return {
        "organisation": asked.organisation,
        "as_of": asked.at.isoformat(),
        "question": {name: said[name] for name in names if said[name] is not None},
        "such": {
            "jurisdictions": sorted(asked.such.jurisdictions),
            "relationships": sorted(asked.such.relationships),
        },
        "supposed": list(asked.supposed),
    }


def _group_plain(group: Group, language: str) -> dict[str, Any]:
    said = words.sentences(group.decision.rule, language)
    moved: Sequence[Any] = [
        {"code": each.remedy.code, "staff": words.remedy_in(each.remedy, language).staff,
         "then_rule": each.remedy.rule, "customers": each.customers}
        for each in group.moves
    ]  # fmt: skip
    return {
        "outcome": group.outcome.value,
        "rule": group.decision.rule,
        "citation": group.citation,
        "customers": group.customers,
        "staff": said.staff,
        "customer": said.customer,
        "moves": moved,
    }
