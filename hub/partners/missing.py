"""What is missing before a customer may be referred: a notice that has to reach them, or an authority's answer."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub import known as knowledge
from hub import register
from hub.act import Ask
from hub.answers import Answer
from hub.catalogue import Page
from hub.known import Clause, Known, Version
from hub.policy.rule import Outcome
from hub.register import Activity

ACTIVITIES_MOST: Final = 50


async def notices(ask: Ask, answer: Answer, organisation_id: UUID) -> list[UUID]:
    """Of a NOTICE_NEEDED, the newest published version of each notice that covers purpose, recipient and categories."""
    if answer.decision.outcome is not Outcome.NOTICE_NEEDED:
        return []
    known = await knowledge.within(ask, organisation_id)
    newest: dict[str, Version] = {}
    for each in known.all("VERSION"):
        best = newest.get(each.notice)
        if best is None or each.number > best.number:
            newest[each.notice] = each
    classes = _classes(ask, known, answer)
    return [
        UUID(each.id)
        for each in newest.values()
        if any(_covers(one, answer, classes) for one in each.clauses)
    ]


async def activities(ask: Ask, answer: Answer) -> Sequence[Activity]:
    """Of a FORMALITY_NEEDED, the entries of the register that its purpose belongs to; none: it has to be entered."""
    if answer.decision.outcome is not Outcome.FORMALITY_NEEDED or not isinstance(
        answer.question.purpose, UUID
    ):
        return []
    such = register.Such(purpose=answer.question.purpose, archived=False)
    return await register.page(ask, Page(ACTIVITIES_MOST), such)


def _classes(ask: Ask, known: Known, answer: Answer) -> frozenset[str]:
    recipient = known.get("RECIPIENT", str(answer.question.recipient))
    return recipient.classes_on(ask.at.date()) if recipient is not None else frozenset()


def _covers(clause: Clause, answer: Answer, classes: frozenset[str]) -> bool:
    asked = answer.question
    is_told = str(asked.recipient) in clause.recipients or not classes.isdisjoint(clause.classes)
    wanted = {str(each) for each in asked.categories or ()}
    return clause.purpose == str(asked.purpose) and is_told and wanted <= clause.categories
