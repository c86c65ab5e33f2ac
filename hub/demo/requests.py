"""The demo's rights requests: one in each state that staff meet, over a paper archive that a person looks after.

They come in by the same verbs as any, dated back a few days, in one act a firm; killed in between, the next start goes
on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from hub import finding, organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.catalogue import Page
from hub.finding import Reference, ReferenceKind
from hub.rights import conduct, fulfilling, intake, systems
from hub.rights.asked import Asked
from hub.rights.intake import NewRequest
from hub.rights.requests import Request
from hub.rights.systems import NewSystem

ARCHIVE: Final = NewSystem("paper-archive", "Paper archive", "MANUAL")
WAITED: Final = "Which of your two tenancies do you mean?"


@dataclass(frozen=True, slots=True)
class Made:
    """A request of a made-up customer. ago: how many days ago it came; then: what has become of it since."""

    external_id: str
    kind: str
    ago: int
    channel: str = "PHONE"
    asked: Mapping[str, Any] = field(default_factory=dict[str, Any])
    then: str | None = None


REQUESTS: Final[Mapping[str, tuple[Made, ...]]] = {
    "harbour": (
        Made("H-1003", "ACCESS", 12, asked={"text": "Everything about the house in Manly."}),
        Made("H-1004", "STOP_MARKETING", 1, "BRANCH", {"channels": ["EMAIL", "PHONE"]}),
        Made(
            "H-1005",
            "RECTIFICATION",
            3,
            "EMAIL",
            {"text": "My name has two n.", "changes": {"family_name": "Mann"}},
        ),
    ),
    "mill-lane": (
        Made("M-2003", "ACCESS", 9, "POST", {"text": "What you hold about my tenancy."}, "PAUSED"),
        Made("M-2004", "DELETION", 5, "PHONE", {"text": "I have moved away."}, "APPROVED"),
        Made("M-2005", "OBJECTION", 2, "EMAIL", {"text": "Not for analyses."}),
        Made("M-2006", "ACCESS", 41, "POST", {"text": "A copy, please."}),
    ),
}


async def enter(hub: Hub) -> None:
    """Enter what is not there yet."""
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        firms = {row.key: row.id for row in await organisations.page(ask, Page(200))}
        missing = [
            (key, firms[key])
            for key in REQUESTS
            if key in firms and not await systems.all_of(ask, firms[key])
        ]
    for key, firm_id in missing:

        async def body(act: Act, key: str = key, firm_id: UUID = firm_id) -> None:
            await _enter(act, firm_id, REQUESTS[key])

        await hub.perform(OPERATOR, Operation.REQUEST_CONDUCT, body)


async def _enter(act: Act, firm_id: UUID, made: tuple[Made, ...]) -> None:
    await systems.connect(act, ARCHIVE, firm_id)
    for each in made:
        reference = Reference(ReferenceKind.EXTERNAL, each.external_id, "crm")
        customer_id = await finding.find_one(act, firm_id, reference)
        received_on = act.at.date() - timedelta(days=each.ago)
        new = NewRequest(
            each.kind, customer_id, each.channel, Asked(**each.asked), received_on=received_on,
            identified="CALLED_BACK" if each.channel == "PHONE" else "DOCUMENT",
        )  # fmt: skip
        await _then(act, await intake.receive(act, new, firm_id), each.then)


async def _then(act: Act, request: Request, what: str | None) -> None:
    if what == "PAUSED":
        await conduct.pause(act, request.id, "CLARIFICATION", WAITED)
    if what == "APPROVED":
        await fulfilling.approve(act, request.id)
