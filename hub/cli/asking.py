"""What stands on the command line, read as a question about a crowd, and the snapshot in which a command reads."""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any, Final

from hub.act import Ask
from hub.actors import OPERATOR, Operation
from hub.cli.clients import organisation_of
from hub.cli.ids import ref
from hub.cli.moments import instant_of
from hub.cli.opening import hub_here
from hub.crowds import ANYBODY, Such
from hub.errors import Refusal, invalid
from hub.policy import values
from hub.questioned import Question

Said = Mapping[str, Any]
_OPTIONS: Final = {
    "asOf": "--as-of",
    "such": "--jurisdiction, --relationship",
    "jurisdiction": "--jurisdiction",
    "activity": "--activity",
    "profileEffect": "--profile-effect",
    "act": "--act",
    "id": "DECISION",
    **{name: f"--{name}" for name in (
        "purpose", "recipient", "arrangement", "channel", "offer", "department", "organisation", "sample", "customer",
    )},
}  # fmt: skip


def question_of(said: Said) -> Question:
    """The question; Refusal INVALID names the option."""
    return Question(
        customer_id=ANYBODY,
        act=one_of(values.Act, said["act"], "--act"),
        purpose=ref(said["purpose"]),
        recipient=_ref(said["recipient"]),
        arrangement=_ref(said["arrangement"]),
        channel=one_of(values.Channel, said["channel"] or "NONE", "--channel"),
        offer=one_of(values.Offer, said["offer"] or "NONE", "--offer"),
        footer=one_of(values.Footer, said["footer"] or "NO_OPTOUT", "--footer"),
        department=_ref(said["department"]),
        profile_effect=one_of(values.ProfileEffect, said["profile_effect"] or "NONE", "--profile-effect"),
    )


def such_of(said: Said) -> Such:
    """Which customers; Refusal INVALID names the option."""
    places = [one_of(values.Jurisdiction, each, "--jurisdiction") for each in _many(said, "jurisdiction")]
    standings = [one_of(values.Relationship, each, "--relationship") for each in _many(said, "relationship")]
    return Such(frozenset(places), frozenset(standings))


def one_of(kind: Any, said: str, option: str) -> Any:
    """One of the words that an option takes, in any case."""
    try:
        return kind(said.upper().replace("-", "_"))
    except ValueError:
        raise invalid(f"This is none of {', '.join(kind)}.", option) from None


@asynccontextmanager
async def asking(
    organisation: str | None, as_of: str | None, operation: Operation = Operation.DECISION_PREVIEW
) -> AsyncGenerator[Ask]:
    """Open the snapshot in which the operator reads for an organisation; refusals name options."""
    async with hub_here() as hub:
        async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
            with named():
                owner = await organisation_of(ask, organisation)
            at = instant_of(as_of, ask.at)
        async with hub.ask(replace(OPERATOR, organisation_id=owner), operation, at=at) as ask:
            with named():
                yield ask


@contextmanager
def named() -> Generator[None]:
    """Say in a refusal the option where a program would read the place in its input."""
    try:
        yield
    except Refusal as refused:
        first, *rest = refused.path or ("",)
        place = (_OPTIONS.get(str(first), first), *rest) if first else ()
        raise Refusal(refused.code, refused.message, place) from None


def _many(said: Said, name: str) -> list[str]:
    return said[name] or []


def _ref(said: str | None) -> Any:
    return None if said is None else ref(said)
