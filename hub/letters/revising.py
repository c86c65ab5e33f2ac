"""What an organisation makes of the templates: its own words, with a past; the shipped ones where it has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from hub import inputs, scope
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Refusal, not_found
from hub.letters import rendering
from hub.letters.templates import (
    FOLDER,
    SHIPPED,
    Key,
    Kind,
    Template,
    Value,
    Wording,
    check,
    host_of,
    speaks,
    write,
)
from hub.texts import texts

SAMPLES: Final = texts(FOLDER / "samples.toml")
"""What stands in a preview where a letter has words of its own."""
_HOUSE = "SELECT id, name, contact FROM organisation WHERE id = $1"
_HOLD_HOUSE = f"{_HOUSE} FOR NO KEY UPDATE"
_CURRENT = """
    SELECT id, subject, body FROM letter_revision
    WHERE organisation_id = $1 AND template = $2 AND locale = $3 ORDER BY number DESC LIMIT 1
"""
_NUMBER = """
    SELECT coalesce(max(number), 0) + 1 FROM letter_revision
    WHERE organisation_id = $1 AND template = $2 AND locale = $3
"""
_INSERT = """
    INSERT INTO letter_revision (id, organisation_id, template, locale, number, template_version, subject, body,
                                 created_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_IN_FORCE = """
    SELECT DISTINCT ON (template, locale) template, locale, number, subject, body FROM letter_revision
    WHERE organisation_id = $1 ORDER BY template, locale, number DESC
"""
_PAST = """
    SELECT r.id, r.template, r.locale, r.number, r.template_version, r.subject, r.body, r.created_at,
           a.actor_kind, a.actor_id
    FROM letter_revision r JOIN act a ON a.id = r.act_id
    WHERE r.organisation_id = $1 AND r.template = $2 AND r.locale = $3 ORDER BY r.number DESC
"""


@dataclass(frozen=True, slots=True)
class House:
    """Who writes, and how to reach them."""

    id: UUID
    name: str
    contact: str

    @property
    def values(self) -> Mapping[str, Value]:
        """What every letter may say of it."""
        return {"organisation": self.name, "contact": " ".join(self.contact.split())}


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of a template's words. wording None: back to the shipped ones. actor_kind, actor_id: who made it."""

    id: UUID
    template: str
    locale: str
    number: int
    template_version: int
    wording: Wording | None
    created_at: datetime
    actor_kind: str
    actor_id: UUID | None


@dataclass(frozen=True, slots=True)
class InForce:
    """What a template says in one language. number: of the organisation's last change; None where it made none."""

    language: str
    wording: Wording
    is_revised: bool
    number: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would go out. is_revised: in the organisation's own words."""

    subject: str
    text: str
    html: str
    is_revised: bool


async def read_house(ask: Ask, organisation_id: UUID | None) -> House:
    """Read who writes; Refusal NOT_FOUND for an organisation out of reach."""
    row = await ask.row(_HOUSE, scope.organisation(ask, organisation_id, "organisation"))
    if row is None:
        raise not_found("organisation", "organisation")
    return House(**row)


async def current(
    ask: Ask, organisation_id: UUID, template: Template, language: str
) -> tuple[Wording, UUID | None]:
    """Find the words in force and, where they are the organisation's own, their revision.

    Words that do not fit the template any more, since a release changed its placeholders, give way to the shipped ones.
    """
    row = await ask.row(_CURRENT, organisation_id, template.key, language)
    own = _fitting(template, row)
    return (own, row["id"]) if own and row else (template.wordings[language], None)


def _fitting(template: Template, row: Record | None) -> Wording | None:
    """The organisation's own words, where they have any that still fit."""
    if row is None or row["body"] is None:
        return None
    try:
        return check(Wording(row["subject"], row["body"]), template.placeholders)
    except Refusal:
        return None


async def in_force(ask: Ask, organisation_id: UUID | None = None) -> Mapping[Key, Sequence[InForce]]:
    """Read what every template says in every language, by one statement."""
    rows = await ask.rows(_IN_FORCE, scope.organisation(ask, organisation_id, "organisation"))
    changed = {(row["template"], row["locale"]): row for row in rows}
    return {
        key: [_in_force(shipped, language, changed.get((key, language))) for language in shipped.wordings]
        for key, shipped in SHIPPED.items()
    }


def _in_force(template: Template, language: str, row: Record | None) -> InForce:
    own = _fitting(template, row)
    return InForce(
        language, own or template.wordings[language], own is not None, row["number"] if row else None
    )


async def revise(
    act: Act, template: str, locale: str, wording: Wording | None, organisation_id: UUID | None = None
) -> int:
    """Put an organisation's own words in the place of a template's, or None: the shipped ones; returns their number.

    What is in force already changes nothing. Refusals: NOT_FOUND, and INVALID, which names the placeholder that is
    missing or that the template does not have.
    """
    shipped = SHIPPED[inputs.choice(Key, template, "template")]
    language = inputs.locale(locale, "locale")
    checked = None if wording is None else check(wording, shipped.placeholders, "wording")
    house = await read_house(act, organisation_id)
    await act.row(_HOLD_HOUSE, house.id)  # numbers follow one another
    number: int = await act.value(_NUMBER, house.id, shipped.key, language)
    last = await act.row(_CURRENT, house.id, shipped.key, language)
    before = None if last is None or last["body"] is None else Wording(last["subject"], last["body"])
    if before == checked:
        return number - 1
    words = (None, None) if checked is None else (checked.subject, checked.body)
    revision_id = new_id()
    await act.execute(
        _INSERT, revision_id, house.id, shipped.key, language, number, shipped.version, *words, act.at, act.id
    )
    await act.record(
        "letter.revised", organisation=house.id, revision=revision_id, template=shipped.key, locale=language,
        number=number, shipped=checked is None,
    )  # fmt: skip
    return number


async def revisions(
    ask: Ask, template: str, locale: str, organisation_id: UUID | None = None
) -> list[Revision]:
    """List the changes of a template in one language, the latest first."""
    key, language = inputs.choice(Key, template, "template"), inputs.locale(locale, "locale")
    rows = await ask.rows(_PAST, scope.organisation(ask, organisation_id, "organisation"), key, language)
    return [
        Revision(
            row["id"], row["template"], row["locale"], row["number"], row["template_version"],
            None if row["body"] is None else Wording(row["subject"], row["body"]),
            row["created_at"], row["actor_kind"], row["actor_id"],
        )
        for row in rows
    ]  # fmt: skip


def sample(template: Template, locale: str, on: date) -> Mapping[str, Value]:
    """Made-up values for every placeholder, to look at words before anybody gets them."""
    said = SAMPLES[speaks(locale)]
    kinds: Mapping[Kind, Value] = {
        Kind.LINE: said["line"], Kind.TEXT: said["text"], Kind.CODE: "PH-4821-K", Kind.COUNT: 3,
        Kind.DATE: on + timedelta(days=30), Kind.LINK: "/requests/PH-4821-K",
    }  # fmt: skip
    named: Mapping[str, Value] = {"code": "482915", "minutes": 10}
    return {name: named.get(name, kinds[kind]) for name, kind in template.placeholders.items()}


async def preview(
    ask: Ask,
    template: str,
    locale: str,
    values: Mapping[str, Value] | None = None,
    wording: Wording | None = None,
    organisation_id: UUID | None = None,
) -> Preview:
    """Show a letter as it would go out with these values, else made-up ones.

    wording: words to try before they are put in force.
    """
    shipped = SHIPPED[inputs.choice(Key, template, "template")]
    house = await read_house(ask, organisation_id)
    found, revision_id = await current(ask, house.id, shipped, speaks(locale))
    words = found if wording is None else check(wording, shipped.placeholders, "wording")
    address = host_of(shipped, ask.hub.settings)
    given = sample(shipped, locale, ask.at.date()) if values is None else values
    content = write(shipped, words, {**given, **house.values}, locale, address)
    html = rendering.page(content, house.name, address)
    return Preview(content.subject, content.text, html, revision_id is not None or wording is not None)
