"""A register kept over HTTP: activities entered, steps recorded, and how decisions follow them."""

from dataclasses import dataclass, replace
from typing import Any

from hub.act import Hub
from hub.db import new_id
from schema.relay import global_id
from tests.internal.crowd import PREVIEW
from tests.internal.door import Door
from tests.internal.setting import Setting, document, key
from tests.world import World, build_world

STANDING = (
    "jurisdiction state hasExpired expectedBy lastStep { kind number validUntil } steps { kind state number }"
)
RECORD = document("formalityRecord", "activity { formalities { " + STANDING + " } }")
READ = (
    "query ($ref: ID!, $at: DateTime) { activity(ref: $ref) { formalities(asOf: $at) { " + STANDING + " } } }"
)
REVIEW = (
    "query ($filter: RegisterReviewFilter) { registerReview(filter: $filter) {"
    " gaps { code level dueOn activity { key } purpose { key } } } }"
)
ABOUT: dict[str, dict[str, Any]] = {
    "MA": {"act": "USE", "purpose": "conveyancing", "department": "conveyancing"},
    "ZA": {"act": "DISCLOSE", "purpose": "fraud-checks", "recipient": "quay-inspections"},
}
"""A question that turns on a formality: any use in Morocco; in South Africa, fraud reported to others."""
NUMBERED = {"RECEIVED", "AUTHORISED", "PRESUMED"}


@dataclass
class Filed:
    """A firm of the test's own, one activity of it under one law, and a customer whom that law protects."""

    at: Setting
    place: str
    activity: str
    customer: str

    async def step(self, step: str, on: str | None = None, **more: Any) -> dict[str, Any]:
        """Record a step that may be taken, at noon of a day or now; one that needs a number gets one."""
        payload = await self.at.door.one(self.at.token, RECORD, input=self.input(step, on, **more))
        return payload["activity"]["formalities"][0]

    async def refusal(self, step: str, on: str | None = None, **more: Any) -> tuple[str, list[str]]:
        """Code and path of a step that is refused and changes nothing."""
        return await self.at.door.problem(self.at.token, RECORD, input=self.input(step, on, **more))

    def input(self, step: str, on: str | None = None, **more: Any) -> dict[str, Any]:
        """A step as the API takes it; a field that is None is left out."""
        number = f"N-{new_id().hex}" if step in NUMBERED else None
        happened = on if on is None or "T" in on else f"{on}T12:00:00Z"
        given = {"activity": self.activity, "jurisdiction": self.place, "step": step, "number": number}
        given |= {"happenedAt": happened, **more}
        return {name: each for name, each in given.items() if each is not None}

    async def state(self, at: str | None = None) -> str:
        """Where it stands, now or at an instant."""
        found = await self.at.door.one(self.at.token, READ, ref=self.activity, at=at)
        return found["formalities"][0]["state"]

    async def steps(self) -> list[str]:
        """Every step on record, in order."""
        found = await self.at.door.one(self.at.token, READ, ref=self.activity)
        return [each["kind"] for each in found["formalities"][0]["steps"]]

    async def answer(self, at: str | None = None) -> str:
        """The outcome and rule of the question, now or as of an instant."""
        asked = {**ABOUT[self.place], "customer": {"id": self.customer}}
        found = await self.at.door.one(self.at.token, PREVIEW, input=asked, asOf=at)
        return f"{found['outcome']} {found['rule']}"

    async def another(self, *purposes: str) -> "Filed":
        """Enter another activity of the same firm, by default of a purpose that nobody asks about."""
        given = {
            "key": key(),
            "name": "More",
            "jurisdictions": [self.place],
            "purposes": purposes or ["analytics"],
        }
        made = await self.at.done("activityAdd", "activity { id }", **given)
        return replace(self, activity=made["activity"]["id"])

    async def missing(self) -> set[str]:
        """What the review says about the formality, by code; what the record does not say is left out."""
        such = {"activity": self.activity, "jurisdiction": self.place}
        found = await self.at.door.one(self.at.token, REVIEW, filter=such)
        return {each["code"] for each in found["gaps"] if not each["code"].startswith("field.")}


async def filed(hub: Hub, door: Door, place: str) -> Filed:
    """Build the firm; nothing is filed yet."""
    world: World = await build_world(hub)
    at = Setting(door, world, await door.token(world))
    customer = global_id("Customer", await at.customer(jurisdiction=place))
    return await Filed(at, place, "", customer).another(ABOUT[place]["purpose"])
