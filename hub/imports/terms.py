"""Under which terms a file is imported: whose customers these are, whose ids, what they were shown, when."""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from hub import inputs, particulars
from hub.act import Ask
from hub.collections import How
from hub.errors import invalid, not_found
from hub.imports.mapping import PROFILE, Column, ConsentColumn, Said
from hub.policy.values import Channel, Jurisdiction, Relationship, Source
from hub.said import Grade, Method

ORDERS: Final = ("day-first", "month-first")


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who imports says.

    organisation: whose customers these are, id or key; None where there is only one.
    system: whose ids these are, such as "salesforce". region: country of phone numbers without a prefix.
    notice: the version that was shown (an id), or a notice's key: the version in force on each row's day.
    collected_on: when the data came in, for rows that do not say. jurisdiction, relationship: likewise.
    """

    organisation: UUID | str | None = None
    system: str | None = None
    region: str | None = None
    locale: str = "en"
    jurisdiction: str | None = None
    relationship: str = Relationship.NONE
    source: str = Source.CUSTOMER
    notice: UUID | str | None = None
    shown_how: str | None = None
    collected_on: date | None = None
    optout_offered: bool = False
    dates: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    mapping: Path | None = None
    rejects: Path | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A published notice version: what can have been shown, since when, in which languages."""

    id: UUID
    published_at: datetime
    locales: tuple[str, ...]

    def text_for(self, locale: str) -> str:
        """The language of the text that a reader of `locale` was shown: their own, English, or the first."""
        own = [text for text in self.locales if text in {locale, locale.partition("-")[0]}]
        return max(own, key=len) if own else min(self.locales, key=lambda text: (text != "en", text))


@dataclass(frozen=True, slots=True)
class Consent:
    """A column of consents, its purpose and recipient found."""

    said: ConsentColumn
    purpose_id: UUID
    recipient_id: UUID | None


@dataclass(frozen=True, slots=True)
class Terms:
    """The options, checked against what the hub knows. signature: under the same one a row says the same."""

    organisation_id: UUID
    options: Options
    said: Said
    versions: Sequence[Version]
    is_by_day: bool
    categories: Mapping[str, UUID]
    consents: Sequence[Consent]
    signature: bytes = field(repr=False)

    def version_at(self, at: datetime) -> Version | None:
        """What a customer was shown whose data came in at `at`; None for nothing, or not published yet."""
        if not self.is_by_day:
            return next((one for one in self.versions if one.published_at <= at), None)
        place = bisect_right([one.published_at for one in self.versions], at)
        return self.versions[place - 1] if place else None


_ORGANISATIONS = """
    SELECT id, country FROM organisation
    WHERE ($1::uuid IS NULL OR id = $1) AND ($2::text IS NULL OR key = $2) ORDER BY id LIMIT 2
"""
_VERSIONS = """
    SELECT v.id, v.published_at, array_agg(t.locale ORDER BY t.locale) AS locales
    FROM notice_version v JOIN notice n ON n.id = v.notice_id JOIN notice_text t ON t.notice_version_id = v.id
    WHERE n.organisation_id = $1 AND (v.id = $2 OR n.key = $3) AND v.published_at IS NOT NULL
    GROUP BY v.id ORDER BY v.published_at
"""
_CATEGORIES = "SELECT key, id FROM category"
_NAMED = {
    "purpose": "SELECT id FROM purpose WHERE organisation_id = $1 AND key = $2",
    "recipient": "SELECT id FROM recipient WHERE organisation_id = $1 AND key = $2",
}


async def settle(ask: Ask, options: Options, said: Said, columns: Sequence[Column]) -> Terms:
    """Check the options; Refusals INVALID and NOT_FOUND name the option."""
    meanings = {column.meaning for column in columns}
    _check(options, said, meanings)
    organisation_id, country = await _organisation(ask, options.organisation)
    settled = _filled(options, said, country)
    versions = await _versions(ask, organisation_id, settled)
    _check_days(settled, meanings, versions)
    categories = {row["key"]: row["id"] for row in await ask.rows(_CATEGORIES)}
    _check_categories(columns, categories)
    consents = [await _consent(ask, organisation_id, one) for one in said.consents]
    return Terms(
        organisation_id, settled, said, versions, isinstance(options.notice, str), categories, consents,
        _sign(settled, said),
    )  # fmt: skip


def _check(options: Options, said: Said, meanings: set[str | None]) -> None:
    _check_words(options, said)
    if options.jurisdiction is None and meanings.isdisjoint({"country", "jurisdiction"}):
        raise invalid(
            "No column tells the country: say with --jurisdiction whose law protects these people.",
            "jurisdiction",
        )
    if "external_id" in meanings and options.system is None:
        raise invalid(
            "The file has ids: say with --system whose they are, e.g. --system salesforce.", "system"
        )
    if options.notice is not None and options.shown_how is None:
        raise invalid("Say with --shown-how how the notice was shown: " + ", ".join(How) + ".", "shown_how")
    if options.shown_how is not None and options.notice is None:
        raise invalid("Name with --notice the notice version that was shown.", "notice")


def _check_words(options: Options, said: Said) -> None:
    inputs.choice(Source, options.source, "source")
    inputs.choice(Relationship, options.relationship, "relationship")
    particulars.language(options.locale, "locale")
    if options.jurisdiction is not None:
        inputs.choice(Jurisdiction, options.jurisdiction, "jurisdiction")
    if options.system is not None:
        inputs.system(options.system, "system")
    if options.shown_how is not None:
        inputs.choice(How, options.shown_how, "shown_how")
    if (options.dates or said.dates) not in {None, *ORDERS}:
        raise invalid(f"Say {' or '.join(ORDERS)}.", "dates")


def _check_days(options: Options, meanings: set[str | None], versions: Sequence[Version]) -> None:
    if options.notice is None:
        return
    if options.collected_on is None and "joined_on" not in meanings:
        raise invalid(
            "Say with --collected-on when this notice was shown: no column tells it.", "collected_on"
        )
    if options.collected_on is not None and collected_at(options.collected_on) < versions[0].published_at:
        raise invalid(
            f"On {options.collected_on} this notice was not published yet: it was on "
            f"{versions[0].published_at:%Y-%m-%d}.",
            "collected_on",
        )


def collected_at(on: date) -> datetime:
    """The instant that stands for a day: noon UTC, which is that day everywhere."""
    return datetime.combine(on, time(12), UTC)


def _filled(options: Options, said: Said, country: str) -> Options:
    region = options.region or country
    values = {name: getattr(options, name) for name in Options.__slots__}
    values |= {"region": inputs.country(region, "region"), "dates": options.dates or said.dates}
    values["system"] = options.system and inputs.fold(options.system)
    return Options(**values)


def _sign(options: Options, said: Said) -> bytes:
    """Everything that bears on what a row does, so that the same file under other terms is another import."""
    terms = {
        name: getattr(options, name)
        for name in (
            "system",
            "source",
            "notice",
            "shown_how",
            "collected_on",
            "optout_offered",
            "relationship",
        )
    }
    consents = [asdict(one) | {"given": sorted(one.given)} for one in said.consents]
    return hashlib.sha256(orjson.dumps([terms, consents], default=str, option=orjson.OPT_SORT_KEYS)).digest()


def _check_categories(columns: Sequence[Column], categories: Mapping[str, UUID]) -> None:
    for column in columns:
        if column.meaning and "." in column.meaning and column.meaning.partition(".")[0] not in categories:
            raise invalid(
                f"`{column.meaning}` names no category: use one of {', '.join(sorted(categories))}.",
                "mapping", "columns", column.header,
            )  # fmt: skip
    for category, _ in PROFILE.values():
        if category not in categories:
            raise invalid("The standard categories are missing: run `hub migrate`.", "category", category)


async def _organisation(ask: Ask, said: UUID | str | None) -> tuple[UUID, str]:
    own = ask.actor.organisation_id
    by_id, by_key = (said, None) if isinstance(said, UUID) else (own, said)
    found = await ask.rows(_ORGANISATIONS, by_id, by_key)
    if not found or (own is not None and found[0]["id"] != own):
        if said is None:
            raise invalid(
                "There is no organisation yet: add one with `hub organisation add`.", "organisation"
            )
        raise not_found("organisation", "organisation")
    if len(found) > 1:
        raise invalid("There are several organisations: say which with --organisation.", "organisation")
    return found[0]["id"], found[0]["country"]


async def _versions(ask: Ask, organisation_id: UUID, options: Options) -> list[Version]:
    if options.notice is None:
        return []
    by_id, by_key = (options.notice, None) if isinstance(options.notice, UUID) else (None, options.notice)
    rows = await ask.rows(_VERSIONS, organisation_id, by_id, by_key)
    if not rows:
        raise not_found("published notice version", "notice")
    return [Version(row["id"], row["published_at"], tuple(row["locales"])) for row in rows]


async def _consent(ask: Ask, organisation_id: UUID, said: ConsentColumn) -> Consent:
    path = ("mapping", "consents", said.column)
    inputs.choice(Grade, said.grade, *path, "grade")
    inputs.choice(Method, said.method, *path, "method")
    if said.grade == Grade.GUARDIAN:
        raise invalid(
            "A guardian's consent is given for one child at a time: record it, do not import it.", *path
        )
    if said.channel is not None and inputs.choice(Channel, said.channel, *path, "channel") is Channel.NONE:
        raise invalid("Name a channel, or leave it out for all.", *path, "channel")
    found: dict[str, Any] = {}
    for noun, key in (("purpose", said.purpose), ("recipient", said.recipient)):
        found[noun] = await ask.value(_NAMED[noun], organisation_id, key) if key is not None else None
        if key is not None and found[noun] is None:
            raise not_found(noun, *path, noun)
    return Consent(said, found["purpose"], found["recipient"])


__all__ = ["ORDERS", "Consent", "Options", "Terms", "Version", "collected_at", "settle"]
