"""A question about a crowd in words: names instead of keys, so that somebody who was not there can read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import arrangements, organisations, purposes, recipients
from hub.act import Ask
from hub.crowds import EVERYBODY, Such
from hub.errors import Refusal
from hub.questioned import Question
from hub.scope import organisation


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, by whom, of when. purpose: its name per language.

    parts: the rest of the question, by its name, as far as it was said. supposed: see `supposing.Draft`.
    """

    organisation: str
    act: str
    purpose: Mapping[str, str]
    recipient: str | None
    parts: Mapping[str, str]
    such: Such
    at: datetime
    supposed: tuple[Mapping[str, Any], ...] = ()


async def asked(
    ask: Ask, question: Question, such: Such = EVERYBODY, supposed: tuple[Mapping[str, Any], ...] = ()
) -> Asked:
    """Put a question into words; what is only supposed goes by its key."""
    owner = organisation(ask, None)
    return Asked(
        organisation=(await organisations.read(ask, owner, "organisation")).name,
        act=question.act.value,
        purpose=await _purpose(ask, question.purpose, owner),
        recipient=None if question.recipient is None else await _recipient(ask, question.recipient, owner),
        parts={**await _named(ask, question, owner), **_chosen(question)},
        such=such,
        at=ask.at,
        supposed=supposed,
    )


async def _purpose(ask: Ask, wanted: UUID | str, owner: UUID) -> Mapping[str, str]:
    try:
        return (await purposes.read(ask, wanted, organisation=owner)).names
    except Refusal:
        return {"en": str(wanted)}


async def _recipient(ask: Ask, wanted: UUID | str, owner: UUID) -> str:
    try:
        return (await recipients.read(ask, wanted, organisation=owner)).name
    except Refusal:
        return str(wanted)


async def _named(ask: Ask, question: Question, owner: UUID) -> dict[str, str]:
    """The arrangement and the department, as far as they are said."""
    found: dict[str, str] = {}
    if question.arrangement is not None:
        found["arrangement"] = (await arrangements.read(ask, question.arrangement, organisation=owner)).key
    if question.department is not None:
        team = await organisations.read_department(ask, question.department, organisation=owner)
        found["department"] = team.name
    return found


def _chosen(question: Question) -> dict[str, str]:
    said = {
        "channel": question.channel.value,
        "offer": question.offer.value,
        "footer": question.footer.value if question.act == "MESSAGE" else "NONE",
        "profile_effect": question.profile_effect.value,
    }
    return {name: value for name, value in said.items() if value != "NONE"}
