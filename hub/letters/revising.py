"""What an organisation makes of the templates: its own words, with a past; the shipped ones where it has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub import inputs, scope
from hub.act import Act, Ask
from hub.db import new_id
from hub.errors import Refusal, not_found
from hub.letters import rendering
from hub.letters.templates import SHIPPED, Key, Template, Value, Wording, check, speaks, write

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
    if row is not None and row["body"] is not None:
        try:
            return check(Wording(row["subject"], row["body"]), template.placeholders), row["id"]
        except Refusal:
            pass
    return template.wordings[language], None


async def revise(
    act: Act, template: str, locale: str, wording: Wording | None, organisation_id: UUID | None = None
) -> int:
    """Put an organisation's own words in the place of a template's, or None: the shipped ones; returns their number.

    What is in force already changes nothing. Refusals: NOT_FOUND, and INVALID, which names the placeholder that is
    missing or that the template does not have.
    """
    shipped = SHIPPED[inputs.choice(Key, template, "template")]
    language = inputs.locale(locale, "locale")
    checked = None if wording is None else check(wording, shipped.placeholders)
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


async def preview(
    ask: Ask,
    template: str,
    locale: str,
    values: Mapping[str, Value],
    wording: Wording | None = None,
    organisation_id: UUID | None = None,
) -> Preview:
    """Show a letter as it would go out with these values. wording: words to try before they are put in force."""
    shipped = SHIPPED[inputs.choice(Key, template, "template")]
    house = await read_house(ask, organisation_id)
    found, revision_id = await current(ask, house.id, shipped, speaks(locale))
    words = found if wording is None else check(wording, shipped.placeholders)
    address = ask.hub.settings.url
    content = write(shipped, words, {**values, **house.values}, locale, address)
    html = rendering.page(content, house.name, address)
    return Preview(content.subject, content.text, html, revision_id is not None or wording is not None)
