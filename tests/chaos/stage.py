"""A hub with a firm in it, to do things to while everything around it fails: acts of each kind, and what they left."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from hub.act import Hub
from hub.db import new_id
from schema.relay import global_id
from tests.internal.door import Door
from tests.world import World

DECIDE = """
    mutation ($input: QuestionInput!) { decide(input: $input) {
        decision { id outcome rule customerId decidedAt citation { clause text version shownAt } facts { name value } }
        problems { code path } } }
"""
DECISIONS = """
    mutation ($input: [QuestionInput!]!) { decisions(input: $input) {
        results { decision { id outcome rule customerId decidedAt } problems { code path } } problems { code path } } }
"""
OPT_OUT = """
    mutation ($input: OptInput!) { optOut(input: $input) {
        choices { id kind action customerId happenedAt recordedAt } problems { code path } } }
"""
COLLECT = """
    mutation ($input: CollectionRecordInput!) { collectionRecord(input: $input) {
        collection { id source customerId happenedAt recordedAt } problems { code path } } }
"""
CREATE = """
    mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) {
        customer { id locale jurisdictions relationship createdAt } problems { code path } } }
"""
DEPARTMENT = """
    mutation ($input: DepartmentAddInput!) { departmentAdd(input: $input) {
        department { id key name } problems { code path } } }
"""
REFERRAL = {"act": "DISCLOSE", "purpose": "referral-mortgage", "recipient": "bluegum-mortgages"}
CONTENTS = """
    SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM %I.%I t',
                  table_name, table_schema, table_name)
    FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema IN ('public', 'keys')
      AND table_name NOT IN ('attempt', 'procrastinate_workers')
"""


@dataclass(frozen=True)
class Intention:
    """Something an app means to do once: a mutation, its input and its idempotency key."""

    document: str
    input: Any
    key: str = field(default_factory=lambda: str(new_id()))


@dataclass(frozen=True)
class Standing:
    """A firm in a database to be copied, and a token of an app of it that may do everything."""

    database: str
    world: World
    token: str


@dataclass
class Stage:
    """A hub, a firm, an app of it that may do everything, and a look from outside."""

    hub: Hub
    world: World
    door: Door
    token: str
    superuser: asyncpg.Connection

    async def customer(self) -> UUID:
        """Let one more person join, who is shown the newest notice."""
        return await self.world.customer(self.hub, joined="2025-08-01", shown="v3")

    async def post(self, meant: Intention, token: str | None = None) -> dict[str, Any]:
        """Ask for it through the door; every answer is one of GraphQL's."""
        headers = {"Idempotency-Key": f'"{meant.key}"'}
        answer = await self.door.post(token or self.token, meant.document, {"input": meant.input}, headers)
        return answer.json()

    async def contents(self) -> dict[str, tuple[int, int]]:
        """Every table: how many rows, and a sum over all that they say."""
        questions = [row[0] for row in await self.superuser.fetch(CONTENTS)]
        rows = await self.superuser.fetch(" UNION ALL ".join(questions))
        return {row[0]: (row[1], row[2]) for row in rows}


def decide(customer: UUID) -> Intention:
    """Ask whether this customer may be referred."""
    return Intention(DECIDE, question(customer))


def decisions(*customers: UUID) -> Intention:
    """Ask whether these may be."""
    return Intention(DECISIONS, [question(each) for each in customers])


def question(customer: UUID) -> dict[str, Any]:
    """The referral of one customer."""
    return {**REFERRAL, "customer": {"id": global_id("Customer", customer)}}


def opt_out(customer: UUID) -> Intention:
    """This customer wants nothing shared."""
    said = {"wording": "Share nothing of mine.", "method": "WEB", "reference": "form 12"}
    whom = {"id": global_id("Customer", customer)}
    return Intention(OPT_OUT, {"customer": whom, "kind": "SHARING", "evidence": said})


def collect(customer: UUID) -> Intention:
    """This customer gives their address once more, and is shown nothing."""
    whom = {"id": global_id("Customer", customer)}
    taken = {"customer": whom, "source": "CUSTOMER", "categories": ["contact"], "optoutOffered": True}
    return Intention(COLLECT, taken)


def create() -> Intention:
    """Somebody new."""
    number = new_id().hex
    identifiers = [
        {"kind": "EMAIL", "value": f"{number}@example.org"},
        {"kind": "EXTERNAL", "system": "crm", "value": number},
    ]
    profile = [{"category": "identity", "field": "name", "value": "Ada Marsh"}]
    known = {"locale": "en", "jurisdictions": ["AU"], "relationship": "ACTIVE"}
    return Intention(CREATE, {**known, "identifiers": identifiers, "profile": profile})


def add_department() -> Intention:
    """One more department."""
    return Intention(DEPARTMENT, {"key": f"d{new_id().hex[-12:]}", "name": "Surveys"})


def code_of(answer: dict[str, Any]) -> str | None:
    """Why it was not done, in one word; None where it was."""
    if "errors" in answer:
        return answer["errors"][0]["extensions"]["code"]
    (payload,) = answer["data"].values()
    return payload["problems"][0]["code"] if payload["problems"] else None
