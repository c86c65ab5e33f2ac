"""`hub clock`: until when a rights request must be answered, and how that was counted, without a database."""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer
from typer.core import TyperCommand

from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show
from hub.errors import Refusal, invalid

if TYPE_CHECKING:
    from hub.policy.values import Jurisdiction
    from hub.rights.clocks import Clock, Dates, Pause

Value = TypeVar("Value", bound=StrEnum)
PAUSE: Final = "--clarification"
BETWEEN: Final = "/"
"""As ISO 8601 writes an interval: two days are one value of an option that may be given several times."""
NOTHING: Final = "-"
OPTIONS: Final = {
    "jurisdiction": "JURISDICTION",
    "kind": "KIND",
    "received": "--received",
    "identity_received": "--identity-received",
    "fee_received": "--fee-received",
    "clarification": PAUSE,
    "region": "--region",
}

Place = Annotated[str, typer.Argument(metavar="JURISDICTION", help="AU, UK, ZA, MA, EU or US_CA (any case).")]
What = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        help="access, portability, rectification, deletion, objection, restriction, stop_marketing, stop_sharing, "
        "limit_sensitive, explanation, withdraw_consent or complaint.",
    ),
]
Received = Annotated[
    str, typer.Option("--received", metavar="DATE", help="The day on which the request came, as 2026-03-31.")
]
Proof = Annotated[
    str | None,
    typer.Option(
        "--identity-received", metavar="DATE", help="When proof of identity came that was asked for."
    ),
]
Paid = Annotated[
    str | None, typer.Option("--fee-received", metavar="DATE", help="When a fee came that was asked for.")
]
Waits = Annotated[
    list[str] | None,
    typer.Option(
        PAUSE, metavar="FROM TO", help="When a clarification was asked for and when it came; may be repeated."
    ),
]
Extend = Annotated[bool, typer.Option("--extend", help="The extension is taken.")]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="CODE",
        help="Whose holidays count: a Member State (FR), a part of the UK (ENG, WLS, SCT, NIR), a state of Australia.",
    ),
]


class TwoDays(TyperCommand):
    """A command whose clarifications are given as two days each."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the two days as one value; one day alone is left for the command to complain about."""
        return super().parse_args(ctx, paired(args))


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(cls=TwoDays, epilog=CODES)(clock)


@ends
def clock(  # noqa: PLR0913, PLR0917 - a request has many days
    jurisdiction: Place,
    kind: What,
    received: Received,
    identity_received: Proof = None,
    fee_received: Paid = None,
    clarification: Waits = None,
    extend: Extend = False,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Say until when a request must be answered, and how that was counted. Needs no database.

    Days are local days of the jurisdiction. The due day is the law's last day without an extension (the house's,
    where the law names none); the extended day is given wherever an extension exists. With --extend the calculation
    says that it is taken.

    Example: hub clock UK access --received 2026-03-02 --clarification 2026-03-05 2026-03-15

    Example: hub clock EU deletion --received 2026-10-01 --region FR --json
    """
    said = {"received": received, "identity": identity_received, "fee": fee_received}
    worked = _work(jurisdiction, kind, said, clarification or [], extend=extend, region=region)
    if as_json:
        show(_plain(worked))
    else:
        typer.echo("\n".join(_lines(worked)))


def paired(args: list[str]) -> list[str]:
    """Join the two days after each --clarification into one value."""
    done: list[str] = []
    left = list(args)
    while left:
        word = left.pop(0)
        if word == PAUSE and left:
            word = f"{PAUSE}={left.pop(0)}"
        if word.startswith(f"{PAUSE}=") and BETWEEN not in word and left and not left[0].startswith("-"):
            word = f"{word}{BETWEEN}{left.pop(0)}"
        done.append(word)
    return done


# --- what was typed ---------------------------------------------------------------------------------------------------


def _work(
    jurisdiction: str,
    kind: str,
    said: dict[str, str | None],
    clarifications: list[str],
    *,
    extend: bool,
    region: str | None,
) -> "Clock":
    from hub.policy.values import Jurisdiction
    from hub.rights import clocks
    from hub.rights.values import Kind

    place, what = _one_of(Jurisdiction, jurisdiction, "JURISDICTION"), _one_of(Kind, kind, "KIND")
    dates = clocks.Dates(
        _day(said["received"] or "", "--received"),
        _day(said["identity"], "--identity-received") if said["identity"] else None,
        _day(said["fee"], "--fee-received") if said["fee"] else None,
        tuple(_pause(each) for each in clarifications),
        is_extended=extend,
        regions={place: region.upper()} if region else {},
    )
    return _named(place, what, dates)


def _named(place: "Jurisdiction", what: Any, dates: "Dates") -> "Clock":
    """Work the clock, and say in a refusal which option it is about."""
    from hub.rights.clocks import clock as work

    try:
        return work([place], what, dates)
    except Refusal as refused:
        raise Refusal(
            refused.code, refused.message, tuple(OPTIONS[str(each)] for each in refused.path)
        ) from None


def _one_of(values: type[Value], said: str, where: str) -> Value:
    try:
        return values(said.upper().replace("-", "_"))
    except ValueError:
        known = ", ".join(values) if where == "JURISDICTION" else ", ".join(values).lower()
        raise invalid(f"This is none of {known}.", where) from None


def _day(said: str, option: str) -> date:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = None
    if day is None or day.isoformat() != said:
        raise invalid("This is no day of the calendar. Write it as 2026-03-31.", option)
    return day


def _pause(said: str) -> "Pause":
    from hub.rights.clocks import Pause

    began, between, ended = said.partition(BETWEEN)
    if not between:
        raise invalid("Give two days: when it was asked for, and when it was answered.", PAUSE)
    return Pause(_day(began, PAUSE), _day(ended, PAUSE))


# --- what is answered -------------------------------------------------------------------------------------------------


def _plain(worked: "Clock") -> dict[str, Any]:
    return {
        "acknowledge_by": worked.acknowledge_by,
        "due": worked.due,
        "extended_due": worked.extended_due,
        "steps": [str(step) for step in worked.steps],
    }


def _lines(worked: "Clock") -> list[str]:
    extended = "extended to" if worked.is_extended and worked.extended_due else "if extended"
    days = {
        "confirm receipt by": worked.acknowledge_by,
        "aim for": worked.aim_for,
        "last day": worked.due,
        extended: worked.extended_due,
    }
    width = max(len(name) for name in days)
    listed = [f"{name:{width}}  {f'{day:%A} {day}' if day else NOTHING}" for name, day in days.items()]
    steps = [f"{number:>2}. {step}" for number, step in enumerate(worked.steps, 1)]
    return [*listed, "", *steps]
