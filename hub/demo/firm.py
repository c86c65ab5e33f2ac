"""A firm of the demo, as its file describes it, entered with the verbs everybody uses.

Its file holds what a privacy officer decides: departments, purposes, recipients, arrangements, and a notice
that grew over three years; what it may say next lies there as a draft.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from hub import arrangements, categories, notices, organisations, purposes, recipients
from hub.act import Act
from hub.arrangements import NewArrangement
from hub.catalogue import Page
from hub.notices import Content, NewClause, NewNotice, NotApplicable, NoticeVersion, Text
from hub.organisations import NewDepartment, NewOrganisation
from hub.purposes import Ground, NewPurpose, Relation
from hub.recipients import NewClass, NewRecipient

FIRMS = ("harbour", "mill-lane")
Described = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm that was entered: ids by key, and its notice's versions, the oldest first."""

    id: UUID
    categories: Mapping[str, UUID]
    purposes: Mapping[str, UUID]
    recipients: Mapping[str, UUID]
    versions: tuple[NoticeVersion, ...]


@cache
def described(key: str) -> Described:
    """Read a firm's file."""
    return tomllib.loads((files("hub.demo") / f"{key}.toml").read_text(encoding="utf-8"))


async def enter(act: Act, said: Described) -> Firm:
    """Enter a firm with everything but its customers."""
    new = NewOrganisation(said["key"], said["name"], said["country"], said["contact"])
    firm = (await organisations.set_up(act, new)).id
    for key, name in said["departments"].items():
        await organisations.add_department(act, NewDepartment(key, name, firm))
    uses = {each["key"]: (await purposes.define(act, _purpose(each, firm))).id for each in said["purposes"]}
    for each in said["classes"]:
        await recipients.add_class(act, NewClass(each["key"], each["names"], firm))
    outside = {each["key"]: await _recipient(act, each, firm) for each in said["recipients"]}
    for each in said["arrangements"]:
        await arrangements.agree(act, _arrangement(each, firm))
    known = {row.key: row.id for row in await categories.page(act, Page(200))}
    return Firm(firm, known, uses, outside, tuple(await _publish(act, said, firm)))


def _purpose(said: Described, firm: UUID) -> NewPurpose:
    return NewPurpose(
        key=said["key"],
        kind=said["kind"],
        names=said["name"],
        benefits=said["benefit"],
        categories=said["categories"],
        departments=said["departments"],
        bases=[Ground(place, basis) for place, basis in said["bases"].items()],
        relations=[Relation(to, kind) for to, kind in said.get("related", {}).items()],
        retention_months=said["retention_months"],
        organisation=firm,
    )


async def _recipient(act: Act, said: Described, firm: UUID) -> UUID:
    row = await recipients.add(
        act, NewRecipient(said["key"], said["name"], said["country"], said["contact"], firm)
    )
    for joined, since in said.get("member", {}).items():
        await recipients.join_class(act, row.id, joined, since)
    return row.id


def _arrangement(said: Described, firm: UUID) -> NewArrangement:
    return NewArrangement(
        key=said["key"],
        kind=said["kind"],
        recipient=said["recipient"],
        purposes=said["purposes"],
        categories=["contact", "identity", "property"],
        starts_on=said["starts_on"],
        ends_on=said.get("ends_on"),
        destination=said["destination"],
        safeguard=said.get("safeguard", "NONE"),
        organisation=firm,
    )


async def _publish(act: Act, said: Described, firm: UUID) -> list[NoticeVersion]:
    told = said["notice"]
    notice = await notices.create(act, NewNotice(told["key"], told["name"], firm))
    published: list[NoticeVersion] = []
    for number, at in enumerate(told["published_at"], 1):
        drafted = await notices.draft(act, notice.id, content(said, number))
        published.append(await notices.publish(act, drafted.id, published_at=at))
    for number in range(len(published) + 1, len(told["locales"]) + 1):
        await notices.draft(act, notice.id, content(said, number))
    return published


def content(said: Described, number: int) -> Content:
    """Put together what a version of the notice says."""
    told, in_force = said["notice"], _in_force(said["clauses"], number)
    locales: list[str] = told["locales"][number - 1]
    refused = {name: NotApplicable(why) for name, why in told["not_applicable"].items()}
    return Content(
        jurisdictions=said["jurisdictions"],
        statements={**told["statements"], **refused},
        texts={locale: Text(told["title"][locale], _body(told, in_force, locale)) for locale in locales},
        clauses=[_clause(each, locales, said["intake"]) for each in in_force],
        circumstances=told["circumstances"],
    )


def _in_force(clauses: list[Described], number: int) -> list[Described]:
    latest = {each["key"]: each for each in clauses if each["since"] <= number}
    return list(latest.values())


def _body(told: Described, in_force: list[Described], locale: str) -> str:
    return "\n\n".join(
        [told["opening"][locale], *(each["text"][locale] for each in in_force), told["closing"][locale]]
    )


def _clause(said: Described, locales: list[str], intake: list[str]) -> NewClause:
    return NewClause(
        key=said["key"],
        purpose=said["purpose"],
        categories=said.get("categories", intake),
        texts={locale: said["text"][locale] for locale in locales},
        is_primary=said.get("is_primary", False),
        recipients=said.get("recipients", ()),
        classes=said.get("classes", ()),
        channels=said.get("channels", ()),
    )


def in_force(versions: tuple[datetime, ...], at: datetime) -> int | None:
    """Tell the place of the version that was in force at an instant."""
    places = [place for place, since in enumerate(versions) if since.astimezone(UTC) <= at]
    return places[-1] if places else None
