"""What a test of one field stands on: a firm, its app's token, and things made for this test alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hub import customers, merges
from hub.actors import WORKER, Operation
from hub.customers import NewCustomer
from hub.db import new_id
from hub.identities import NewIdentifier
from schema.internal import root
from schema.relay import global_id
from tests.harbour import CIRCUMSTANCES, INTAKE, STATEMENTS
from tests.internal.door import Door
from tests.world import World

EVIDENCE = {"wording": "May we tell you about loans?", "method": "WEB"}


def posed(**changes: Any) -> dict[str, Any]:
    """A consent question, as the API takes it, without the customer."""
    return {
        "purpose": "newsletter",
        "wording": [{"locale": "en", "text": "May we send you our newsletter?"}],
        "benefit": [{"locale": "en", "text": "You hear of prices in your street."}],
        "places": ["PORTAL", "PHONE"],
        "expiresAt": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
        **changes,
    }


def name_of_input(mutation: str) -> str:
    """The GraphQL type of a mutation's input."""
    return str(root.schema._schema.mutation_type.fields[mutation].args["input"].type)  # type: ignore[union-attr]


def document(mutation: str, select: str) -> str:
    """A mutation with its input as a variable."""
    return (
        f"mutation ($input: {name_of_input(mutation)}, $key: String)"
        f" {{ {mutation}(input: $input, idempotencyKey: $key) {{ {select} problems {{ code path message"
        f" }} }} }}"
    )


def key() -> str:
    """A key nobody has used."""
    return f"k-{new_id().hex}"


def content(**changes: Any) -> dict[str, Any]:
    """What a version says, as the API takes it."""
    statements = [
        {"field": name, "text": said}
        if isinstance(said, str)
        else {"field": name, "notApplicable": said.reason}
        for name, said in STATEMENTS.items()
    ]
    promise = {
        "key": "your-matter",
        "purpose": "conveyancing",
        "categories": list(INTAKE),
        "texts": [{"locale": "en", "text": "We use your details to act for you."}],
        "isPrimary": True,
    }
    return {
        "jurisdictions": ["AU", "UK"],
        "statements": statements,
        "circumstances": [{"circumstance": name.upper(), "isSo": so} for name, so in CIRCUMSTANCES.items()],
        "texts": [{"locale": "en", "title": "How we use your details", "body": "Everything we do."}],
        "clauses": [promise],
        **changes,
    }


@dataclass
class Setting:
    """One test's firm and app."""

    door: Door
    world: World
    token: str

    async def customer(self, **more: Any) -> UUID:
        """A new customer of the firm, shown the newest notice."""
        return await self.world.customer(self.door.hub, **{"joined": "2025-08-01", "shown": "v3", **more})

    async def ref(self, **more: Any) -> dict[str, str]:
        """A new customer, named by id."""
        return {"id": global_id("Customer", await self.customer(**more))}

    def version(self, name: str = "v3") -> str:
        """The id of a published version."""
        return global_id("NoticeVersion", self.world.versions[name].id)

    async def done(self, mutation: str, select: str, **given: Any) -> Any:
        """Do something that goes well."""
        return await self.door.one(self.token, document(mutation, select), input=given)

    async def done_many(self, mutation: str, given: list[Any]) -> Any:
        """As `done`, for a mutation that takes a list."""
        return await self.door.one(self.token, document(mutation, "__typename"), input=given)

    async def draft(self) -> str:
        """A draft of a notice of this test's own."""
        notice = (await self.done("noticeCreate", "notice { id }", key=key(), name="Branch"))["notice"]["id"]
        made = await self.done("noticeDraft", "version { id }", notice=notice, content=content())
        return made["version"]["id"]

    async def purpose(self) -> str:
        """The key of a purpose of this test's own."""
        made = await self.done(
            "purposeDefine",
            "purpose { key }",
            key=key(),
            kind="OTHER",
            names=[{"locale": "en", "text": "Surveys"}],
            categories=["contact"],
        )
        return made["purpose"]["key"]

    async def recipient(self) -> str:
        """The key of a recipient of this test's own."""
        made = await self.done("recipientAdd", "recipient { key }", key=key(), name="Somebody", country="AU")
        return made["recipient"]["key"]

    async def recipient_class(self) -> str:
        """The key of a class of this test's own."""
        names = [{"locale": "en", "text": "Removal firms"}]
        made = await self.done("recipientClassAdd", "recipientClass { key }", key=key(), names=names)
        return made["recipientClass"]["key"]

    async def objection(self) -> str:
        """A pending objection."""
        said = await self.done(
            "objectionRecord",
            "choices { id }",
            customer=await self.ref(),
            evidence=EVIDENCE,
            purpose="newsletter",
        )
        return said["choices"][0]["id"]

    async def question(self, **changes: Any) -> str:
        """A consent question put to a new customer."""
        given = posed(customer=await self.ref(), **changes)
        return (await self.done("putConsentQuestion", "question { id }", **given))["question"]["id"]

    async def answered(self, **changes: Any) -> str:
        """A consent question that was answered by telephone."""
        asked = {"question": await self.question(**changes), "place": "PHONE", "isYes": True}
        return (await self.done("answerConsentQuestion", "question { id }", **asked))["question"]["id"]

    async def identifier(self) -> str:
        """An identifier of a new customer."""
        query = "query ($ref: CustomerRef!) { customer(ref: $ref) { identifiers { id } } }"
        found = await self.door.one(self.token, query, ref=await self.ref())
        return found["identifiers"][0]["id"]

    async def proposal(self) -> str:
        """Two customers with one mailbox, and the proposal that they are one."""
        firm, email = self.world.organisation.id, f"{new_id()}@example.org"
        async with self.door.hub.act(WORKER, Operation.CUSTOMER_MERGE) as act:
            shared = [NewIdentifier("EMAIL", email)]
            met = [NewCustomer(firm, "en", ["AU"], identifiers=shared) for _ in range(2)]
            made = [await customers.create(act, each) for each in met]
            await merges.propose_merges(act, made[0], firm)
        found = await self.door.one(self.token, "{ mergeProposals(last: 1) { edges { node { id } } } }")
        return found["edges"][0]["node"]["id"]
