"""An organisation in six jurisdictions, whose notices, recipients and arrangements differ in what they cover.

Notices: `first` names a recipient, `second` describes a class too, `leaflet` passes the linter in California only.
`old` is an arrangement that is over; `guild` left the class when `newcomer` joined it.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hub import arrangements, categories, decisions, linter, notices, organisations, purposes, recipients
from hub.act import Act, Hub
from hub.actors import OPERATOR, SCOPES, Actor, Operation
from hub.answers import Answer
from hub.arrangements import NewArrangement
from hub.catalogue import Page
from hub.db import new_id
from hub.errors import Refusal
from hub.notices import Content, NewClause, NewNotice, Text
from hub.organisations import NewDepartment, NewOrganisation
from hub.policy.facts import Facts
from hub.policy.values import Jurisdiction
from hub.purposes import Ground, NewPurpose, Relation
from hub.questioned import Question
from hub.recipients import NewClass, NewRecipient
from tests.resolver.life import Life, instant

EVERYWHERE = tuple(place.value for place in Jurisdiction)
INTAKE = ("contact", "identity")
# key, kind, categories, basis, related to, months
PURPOSES = (
    ("care", "SERVICE", "contact identity health", "CONTRACT", "", 24),
    ("care-news", "SERVICE", "contact", "CONTRACT", "care=DIRECTLY", 24),
    ("letters", "MARKETING", "contact identity", "LEGITIMATE_INTEREST", "", 24),
    ("referral", "OTHER", "contact identity", "LEGITIMATE_INTEREST", "", 24),
    ("introduction", "OTHER", "contact identity", "CONSENT", "", 24),
    ("upkeep", "OTHER", "contact identity health", "LEGITIMATE_INTEREST", "care=DIRECTLY", 24),
    ("survey", "OTHER", "contact identity", "LEGITIMATE_INTEREST", "care=RELATED", None),
    ("sale", "OTHER", "contact identity", "LEGITIMATE_INTEREST", "", 24),
    ("scoring", "OTHER", "contact identity", "LEGITIMATE_INTEREST", "", 24),
    ("study", "OTHER", "health", "LEGITIMATE_INTEREST", "", 24),
    ("duty", "OTHER", "contact identity", "LEGAL_OBLIGATION", "", 84),
)
# key, country, class, from, to
RECIPIENTS = (
    ("near", "AU", "", None, None),
    ("guild", "AU", "surveyors", date(2023, 1, 1), date(2025, 6, 30)),
    ("newcomer", "AU", "surveyors", date(2025, 7, 1), None),
    ("stranger", "AU", "surveyors", date(2023, 1, 1), None),
    ("cloud", "AU", "", None, None),
    ("old", "AU", "surveyors", date(2023, 1, 1), None),
)
# kind, recipient, purposes, categories, from, to
ARRANGEMENTS = (
    ("REFERRAL", "near", "referral introduction letters", "contact identity", date(2023, 1, 1), None),
    ("ALLIANCE", "guild", "referral", "contact identity", date(2024, 3, 15), None),
    ("ALLIANCE", "newcomer", "referral", "contact identity", date(2024, 3, 15), None),
    ("REFERRAL", "old", "referral", "contact identity", date(2023, 1, 1), date(2025, 6, 30)),
    ("SALE", "near", "sale", "contact identity", date(2023, 1, 1), None),
    ("POOLING", "near", "sale", "contact identity", date(2023, 1, 1), None),
    ("PROCESSOR", "cloud", "letters care-news care", "contact identity", date(2023, 1, 1), None),
)
SAFE = {
    "near",
    "cloud",
}  # what is agreed with them protects the data abroad; the others are safe at home only
STATEMENTS = {one.key: f"About {one.key}: everything that has to be said." for one in linter.fields()}
CIRCUMSTANCES = {str(one): False for one in linter.Circumstance}
CALIFORNIAN = ("categories", "purposes", "sold_or_shared", "retention", "other_rights", "policy_link")


@dataclass(frozen=True, slots=True)
class Land:
    """What was built, by key."""

    hub: Hub
    organisation: UUID
    departments: Mapping[str, UUID]
    categories: Mapping[str, UUID]
    purposes: Mapping[str, UUID]
    recipients: Mapping[str, UUID]
    classes: Mapping[str, UUID]
    versions: Mapping[str, UUID]

    @asynccontextmanager
    async def life(self, *jurisdictions: str, **how: Any) -> AsyncGenerator[Life]:
        """Meet a customer, and tell what happens to them in one act; see `Life.begin`."""
        async with self.acting() as act:
            life = Life(self, act)
            await life.begin(jurisdictions or ("AU",), **how)
            yield life

    @asynccontextmanager
    async def later(self, life: Life) -> AsyncGenerator[Life]:
        """Tell more of a customer, in another act."""
        async with self.acting() as act:
            life.act = act
            yield life

    @asynccontextmanager
    async def acting(self) -> AsyncGenerator[Act]:
        """Act for the organisation."""
        async with self.hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
            yield act

    def app(self, department: str | None = "office") -> Actor:
        """An app of a department."""
        return Actor(
            "app", new_id(), self.organisation, self.departments[department] if department else None, SCOPES
        )

    async def answers(self, questions: Sequence[Question], at: str | datetime | None = None) -> list[Any]:
        """Answer as of an instant (None: now)."""
        when = instant(at) if isinstance(at, str) else at
        async with self.hub.ask(self.app(), Operation.DECISION_PREVIEW, at=when) as ask:
            return list(await decisions.preview(ask, questions))

    async def answer(self, life: Life | UUID, question: Question, at: str | None = None) -> Answer:
        """Answer one question about a customer; a refusal is raised."""
        whose = life if isinstance(life, UUID) else life.id
        (found,) = await self.answers([replace(question, customer_id=whose)], at)
        if isinstance(found, Refusal):
            raise found
        return found

    async def facts(self, life: Life | UUID, question: Question, at: str | None = None) -> Facts:
        """The facts that decide."""
        return (await self.answer(life, question, at)).facts

    async def course(self, life: Life | UUID, question: Question, fact: str, *instants: str) -> list[Any]:
        """One fact as of several instants."""
        return [(await self.facts(life, question, at)).value(fact) for at in instants]

    async def rules(self, life: Life | UUID, question: Question, *instants: str) -> list[str]:
        """The rule that decides as of several instants."""
        return [(await self.answer(life, question, at)).decision.rule for at in instants]


async def build(hub: Hub) -> Land:
    """Build everything in an organisation of its own."""
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        await categories.seed(act)
        known = {row.key: row.id for row in await categories.page(act, Page(200))}
        name = f"land-{new_id().hex}"
        firm = (
            await organisations.set_up(act, NewOrganisation(name, "Land", "AU", "privacy@land.example"))
        ).id
        teams = [
            await organisations.add_department(act, NewDepartment(each, each.title(), firm))
            for each in ("office", "annex")
        ]
        uses = [await purposes.define(act, _purpose(firm, row)) for row in PURPOSES]
        described = await recipients.add_class(act, NewClass("surveyors", {"en": "Surveyors"}, firm))
        outside = {row[0]: await _recipient(act, firm, *row) for row in RECIPIENTS}
        for row in ARRANGEMENTS:
            await arrangements.agree(act, _arrangement(firm, *row))
        versions = await _versions(act, firm)
    return Land(
        hub, firm, {row.key: row.id for row in teams}, known, {row.key: row.id for row in uses}, outside,
        {"surveyors": described.id}, versions,
    )  # fmt: skip


def _purpose(firm: UUID, row: tuple[Any, ...]) -> NewPurpose:
    key, kind, touched, basis, related, months = row
    return NewPurpose(
        key=key, kind=kind, names={"en": key}, categories=touched.split(), departments=["office"],
        benefits={"en": "You get what you came for."},
        bases=[Ground(place, basis) for place in EVERYWHERE],
        relations=[Relation(*each.split("=")) for each in related.split()],
        retention_months=months, organisation=firm,
    )  # fmt: skip


async def _recipient(
    act: Act, firm: UUID, key: str, country: str, belongs_to: str, *days: date | None
) -> UUID:
    row = await recipients.add(act, NewRecipient(key, key.title(), country, organisation=firm))
    first, last = days
    if belongs_to and first:
        await recipients.join_class(act, row.id, belongs_to, first, last)
    return row.id


def _arrangement(
    firm: UUID, kind: str, recipient: str, uses: str, touched: str, *days: date | None
) -> NewArrangement:
    first, last = days
    assert first is not None
    return NewArrangement(
        f"{recipient}-{kind.lower()}", kind, recipient, uses.split(), touched.split(), first, "AU", last,
        "CONTRACT" if recipient in SAFE else "NONE", organisation=firm,
    )  # fmt: skip


async def _versions(act: Act, firm: UUID) -> dict[str, UUID]:
    told = await notices.create(act, NewNotice("clients", "Clients", firm))
    brief = await notices.create(act, NewNotice("leaflet", "Leaflet", firm))
    plain = [
        clause("care", "care", "contact identity health", is_primary=True),
        clause("news", "care-news", "contact"),
        clause("letters", "letters", channels=["EMAIL", "SMS", "PHONE", "AUTO_CALL", "POST"]),
        clause("scoring", "scoring"),
    ]
    first = [*plain, clause("referral", "referral", recipients=["near"])]
    second = [
        *plain, clause("referral", "referral", recipients=["near"], classes=["surveyors"]),
        clause("sale", "sale", recipients=["near"]), clause("upkeep", "upkeep", "contact identity health"),
        clause("app", "letters", channels=["IN_APP"]),
    ]  # fmt: skip
    return {
        "first": await publish(act, told.id, content(first), datetime(2023, 1, 1, tzinfo=UTC)),
        "second": await publish(act, told.id, content(second), datetime(2024, 1, 1, tzinfo=UTC)),
        "leaflet": await publish(
            act, brief.id, content(plain, ["US_CA"], CALIFORNIAN), datetime(2023, 1, 1, tzinfo=UTC)
        ),
    }


async def publish(act: Act, notice: UUID, said: Content, at: datetime | None = None) -> UUID:
    """Publish what a version says; returns its id."""
    drafted = await notices.draft(act, notice, said)
    return (await notices.publish(act, drafted.id, published_at=at)).id


def content(
    clauses: Sequence[NewClause],
    places: Sequence[str] = EVERYWHERE,
    fields: Sequence[str] = tuple(STATEMENTS),
) -> Content:
    """Say these clauses, and these fields of the linter's."""
    said = {key: STATEMENTS[key] for key in fields}
    return Content(places, said, {"en": Text("What we do", "All of it.")}, clauses, CIRCUMSTANCES)


def clause(key: str, purpose: str, touched: str = "contact identity", **more: Any) -> NewClause:
    """Promise something."""
    return NewClause(key, purpose, touched.split(), {"en": f"We use your details: {key}."}, **more)
