"""What a notice version says: checked, turned into rows, and read by the linter under every law.

Statements are stored by the linter's fields, each a text or ``{"not_applicable": reason}``, beside
``{"circumstances": {name: bool}}``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from hub import catalogue, clauses, inputs, linter
from hub.act import Act, Ask
from hub.clauses import Clause, NewClause
from hub.db import new_id
from hub.errors import Code, Refusal, invalid
from hub.linter import Circumstance, Draft, Finding, NotApplicable, Statement, Wording
from hub.models import NoticeText, NoticeVerdict, NoticeVersion, Purpose, RecipientClass
from hub.policy.values import Jurisdiction

__all__ = [
    "Content",
    "Text",
    "Verdicts",
    "columns",
    "lint",
    "read_statements",
    "refuse_errors",
    "refuse_retired",
    "replace_parts",
    "verdict_rows",
]

CIRCUMSTANCES = "circumstances"
NOT_APPLICABLE = "not_applicable"
# A new rule binds from where its first day dawns first (UTC+14): never late, at most some hours early.
EARLIEST_DAY = timedelta(hours=14)
Verdicts = dict[Jurisdiction, list[Finding]]


@dataclass(frozen=True, slots=True)
class Text:
    """A version as it is shown in one locale."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a version says. statements: by the linter's fields. circumstances: see `linter.Circumstance`."""

    jurisdictions: Sequence[str]
    statements: Mapping[str, Statement]
    texts: Mapping[str, Text]
    clauses: Sequence[NewClause]
    circumstances: Mapping[str, bool] = field(default_factory=dict[str, bool])


def columns(content: Content) -> dict[str, Any]:
    """Check what stands in the version's own row; returns its columns."""
    so = {
        inputs.choice(Circumstance, name, CIRCUMSTANCES).value: yes
        for name, yes in content.circumstances.items()
    }
    said = {_field(name): _statement(value, "statements", name) for name, value in content.statements.items()}
    return {
        "jurisdictions": inputs.jurisdictions(content.jurisdictions, "jurisdictions"),
        "statements": {**said, CIRCUMSTANCES: so},
    }


def _field(name: str) -> str:
    known = [one.key for one in linter.fields()]
    if name in known:
        return name
    near = get_close_matches(name[:100], known, 1)
    hint = f"did you mean `{near[0]}`?" if near else "the fields are: " + ", ".join(known) + "."
    raise invalid(f"A notice has no such field: {hint}", "statements", name[:100])


def _statement(value: Statement, *path: str | int) -> str | dict[str, str]:
    if isinstance(value, NotApplicable):
        return {NOT_APPLICABLE: inputs.text(value.reason, *path, most=inputs.SENTENCE_LENGTH)}
    return inputs.text(value, *path)


def read_statements(version: NoticeVersion) -> tuple[dict[str, Statement], dict[str, bool]]:
    """Read a version's statements and circumstances back."""
    stored = dict(version.statements)
    so: dict[str, bool] = stored.pop(CIRCUMSTANCES, {})
    return {
        name: value if isinstance(value, str) else NotApplicable(value[NOT_APPLICABLE])
        for name, value in stored.items()
    }, so


async def replace_parts(act: Act, version: NoticeVersion, content: Content, organisation: UUID) -> int:
    """Write the texts and clauses of a draft in place of those it had; returns the number of clauses."""
    texts = _texts(version, content.texts)
    promises = await clauses.check(act, content.clauses, organisation, list(content.texts))
    for promise in promises:
        promise.notice_version_id = version.id
    await NoticeText.filter(notice_version_id=version.id).using_db(act.db).delete()
    await Clause.filter(notice_version_id=version.id).using_db(act.db).delete()
    await NoticeText.bulk_create(texts, using_db=act.db)
    await Clause.bulk_create(promises, using_db=act.db)
    return len(promises)


def _texts(version: NoticeVersion, texts: Mapping[str, Text]) -> list[NoticeText]:
    if not texts:
        raise invalid("A version needs its text in one language at least.", "texts")
    return [
        NoticeText(
            id=new_id(),
            notice_version_id=version.id,
            locale=inputs.locale(locale, "texts"),
            title=inputs.line(text.title, "texts", locale, "title"),
            body=inputs.text(text.body, "texts", locale, "body", most=inputs.DOCUMENT_LENGTH),
        )
        for locale, text in texts.items()
    ]


async def lint(ask: Ask, version: NoticeVersion, at: datetime) -> Verdicts:
    """Check a version under every law as of an instant."""
    draft = await _draft(ask, version)
    on = (at + EARLIEST_DAY).date()
    return {place: linter.lint(draft, place, on) for place in Jurisdiction}


async def _draft(ask: Ask, version: NoticeVersion) -> Draft:
    """Gather what the linter reads of a version."""
    said, so = read_statements(version)
    promises = (await clauses.of_versions(ask, [version.id])).get(version.id, [])
    purposes = await catalogue.by_ids(ask, Purpose, {one.purpose_id for one in promises})
    named = await catalogue.by_ids(
        ask, RecipientClass, {each for one in promises for each in one.recipient_classes}
    )
    texts = await NoticeText.filter(notice_version_id=version.id).using_db(ask.db)
    return Draft(
        statements=said,
        circumstances=so,
        locales=[text.locale for text in texts],
        benefits=[Wording(purpose.key, purpose.benefits) for purpose in purposes.values()],
        classes=[Wording(one.key, one.names) for one in named.values()],
        discloses=any(one.recipients or one.recipient_classes for one in promises),
    )


async def refuse_retired(ask: Ask, version: NoticeVersion) -> None:
    """Refuse a draft that rests on a purpose retired since."""
    promises = (await clauses.of_versions(ask, [version.id])).get(version.id, [])
    purposes = await catalogue.by_ids(ask, Purpose, {one.purpose_id for one in promises})
    retired = sorted(one.key for one in purposes.values() if one.retired_at is not None)
    if retired:
        message = "This draft rests on retired purposes, take their clauses out: " + ", ".join(retired) + "."
        raise Refusal(Code.CONFLICT, message, ("version",))


def refuse_errors(version: NoticeVersion, verdicts: Verdicts) -> None:
    """Refuse a version in which its own jurisdictions find errors, naming all of them."""
    wrong = {
        place: [
            finding.message
            for finding in verdicts[Jurisdiction(place)]
            if finding.level is linter.Level.ERROR
        ]
        for place in version.jurisdictions
    }
    total = sum(len(messages) for messages in wrong.values())
    if total:
        listed = " ".join(f"{place}: {' '.join(messages)}" for place, messages in wrong.items() if messages)
        message = f"This version cannot be published yet, mend {total} first. {listed}"
        raise Refusal(Code.INVALID, message, ("version",))


def verdict_rows(version: NoticeVersion, verdicts: Verdicts, at: datetime) -> list[NoticeVerdict]:
    """Turn verdicts into rows."""
    return [
        NoticeVerdict(
            id=new_id(),
            notice_version_id=version.id,
            jurisdiction=place.value,
            complete=linter.complete(found),
            findings=[finding.to_dict() for finding in found],
            checked_at=at,
        )
        for place, found in verdicts.items()
    ]
