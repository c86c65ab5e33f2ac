"""`hub replay` and `hub rules diff`: whether past answers stand, by their own rules and by today's."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import crowd_options as given
from hub.cli.endings import CODES, NEGATIVE, OK, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from hub.policy import Decision
    from hub.replays import Difference, Replay

Sample = Annotated[int, typer.Option("--sample", help="How many of the latest decisions, at most 100,000.")]
Which = Annotated[str, typer.Argument(metavar="DECISION", help="Id of a kept decision.")]


def add_to(app: typer.Typer, rules: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=CODES)(replay)
    rules.command("diff", epilog=CODES)(diff)


@ends
def replay(decision: Which, organisation: given.Organisation = None, as_json: Json = False) -> None:
    """Decide a kept decision again, from the facts it was made on, and say what is known otherwise today.

    Exits 1 if the recorded facts do not give the recorded answer. Nothing is recorded.

    Example: hub replay 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e --json
    """
    found = asyncio.run(_replay(decision, organisation))
    if as_json:
        show(_replay_plain(found))
    else:
        _print_replay(found)
    raise typer.Exit(OK if found.same else NEGATIVE)


@ends
def diff(sample: Sample = 1_000, organisation: given.Organisation = None, as_json: Json = False) -> None:
    """Decide the latest decisions again under today's rules, and list whose answer would change.

    Exits 1 if any would. The recorded facts are used, so only rules and their days in force make a difference.

    Example: hub rules diff --sample 10000 --json
    """
    count, found = asyncio.run(_diff(sample, organisation))
    if as_json:
        show({"replayed": count, "changed": [_difference_plain(each) for each in found]})
    else:
        heads = ("DECISION", "DECIDED", "RULE SET", "ANSWER THEN", "ANSWER TODAY")
        table(heads, [_row(each) for each in found], f"{count:,} decisions replayed, none would change.")
        if found:
            typer.echo(f"{count:,} decisions replayed, {len(found):,} would change.")
    raise typer.Exit(NEGATIVE if found else OK)


async def _replay(decision: str, organisation: str | None) -> "Replay":
    from hub import replays
    from hub.actors import Operation
    from hub.cli.asking import asking
    from hub.cli.ids import uuid_of

    wanted = uuid_of(decision, "Decision", "DECISION")
    async with asking(organisation, None, Operation.DECISION_READ) as ask:
        return await replays.replay(ask, wanted)


async def _diff(sample: int, organisation: str | None) -> "tuple[int, list[Difference]]":
    from hub import replays
    from hub.actors import Operation
    from hub.cli.asking import asking

    async with asking(organisation, None, Operation.DECISION_READ) as ask:
        return await replays.differences(ask, sample)


def _print_replay(found: "Replay") -> None:
    verdict = "the recorded facts give it again" if found.same else "THE RECORDED FACTS DO NOT GIVE IT AGAIN"
    typer.echo(
        f"recorded     {found.outcome} {found.rule}, {found.decided_at.isoformat()}, rule set {found.rules_version}"
    )
    typer.echo(f"replayed     {_short(found.replayed)}: {verdict}")
    typer.echo(f"rules today  {_short(found.today)}")
    regathered = _short(found.regathered) if found.regathered else "nobody can say any more"
    typer.echo(f"told since   {regathered}")
    for each in found.changes:
        typer.echo(
            f"             {each.jurisdiction}: {each.fact} was {each.recorded}, is known as {each.gathered} now"
        )


def _short(decision: "Decision") -> str:
    return f"{decision.outcome} {decision.rule}"


def _replay_plain(found: "Replay") -> dict[str, Any]:
    return {
        "id": found.id,
        "decided_at": found.decided_at.isoformat(),
        "rules_version": found.rules_version,
        "recorded": {"outcome": found.outcome, "rule": found.rule},
        "same": found.same,
        "replayed": _answer(found.replayed),
        "today": _answer(found.today),
        "regathered": _answer(found.regathered) if found.regathered else None,
        "changes": [
            {
                "jurisdiction": each.jurisdiction,
                "fact": each.fact,
                "recorded": each.recorded,
                "gathered": each.gathered,
            }
            for each in found.changes
        ],
    }


def _answer(decision: "Decision") -> dict[str, str]:
    return {"outcome": decision.outcome.value, "rule": decision.rule}


def _difference_plain(each: "Difference") -> dict[str, Any]:
    return {
        "id": each.id,
        "decided_at": each.decided_at.isoformat(),
        "rules_version": each.rules_version,
        "then": {"outcome": each.outcome, "rule": each.rule},
        "today": _answer(each.today),
    }


def _row(each: "Difference") -> tuple[str, ...]:
    then = f"{each.outcome} {each.rule}"
    return str(each.id), each.decided_at.date().isoformat(), each.rules_version, then, _short(each.today)
