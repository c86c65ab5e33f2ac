"""The demo's rights requests: one in each state that staff meet, over two systems of each firm.

One is a paper archive that a person looks after, the other is held in memory and asked by a worker. One firm has two
databases besides.

They come in by the same verbs as any, dated back a few days, in one act a firm; killed in between, the next start goes
on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from hub import finding, organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.catalogue import Page
from hub.demo import acting, cabinet
from hub.finding import Reference, ReferenceKind
from hub.rights import attachments, conduct, fulfilling, intake, steps, systems
from hub.rights.asked import Asked
from hub.rights.attachments import Kept
from hub.rights.intake import NewRequest
from hub.rights.outcomes import StepKind
from hub.rights.requests import Filter, Request, page
from hub.rights.systems import NewSystem

ARCHIVE: Final = NewSystem("paper-archive", "Paper archive", "MANUAL")
COPIED: Final = frozenset({"GATHERED", "RELEASED"})
REPRESENTED: Final = "mill-lane"
"""The firm that is asked by others than its customers, too."""
_ASKED: Final = "SELECT organisation_id FROM connected_system WHERE kind = 'MANUAL'"
"""The firms whose requests were entered, whatever was taken away since."""
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
        Made("H-1006", "ACCESS", 6, "EMAIL", {"text": "A copy of my file."}, "GATHERED"),
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
        Made("M-2007", "ACCESS", 15, "EMAIL", {"text": "What you hold, and who has it."}, "RELEASED"),
    ),
}


async def enter(hub: Hub) -> None:
    """Enter what is not there yet."""
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        firms = {row.key: row.id for row in await organisations.page(ask, Page(200))}
        asked = {row["organisation_id"] for row in await ask.rows(_ASKED)}
        missing = [(key, firms[key]) for key in REQUESTS if key in firms and firms[key] not in asked]
    for key, firm_id in missing:
        files = [acting.PERMISSION] if key == REPRESENTED else []
        async with attachments.keeping(hub, files) as kept:

            async def body(
                act: Act, key: str = key, firm_id: UUID = firm_id, kept: Sequence[Kept] = kept
            ) -> None:
                await _enter(act, firm_id, REQUESTS[key])
                if kept:
                    await acting.enter(act, firm_id, kept)

            await hub.perform(OPERATOR, Operation.REQUEST_CONDUCT, body)


async def _enter(act: Act, firm_id: UUID, made: tuple[Made, ...]) -> None:
    people = [
        await finding.find_one(act, firm_id, Reference(ReferenceKind.EXTERNAL, each.external_id, "crm"))
        for each in made
    ]
    await systems.connect(act, ARCHIVE, firm_id)
    await systems.connect(act, await cabinet.described(act, firm_id, people), firm_id)
    for customer_id, each in zip(people, made, strict=True):
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
    if what in COPIED:
        for step in await steps.of(act, request.id):
            if step.kind is StepKind.MANUAL:
                await fulfilling.settle_by_hand(act, step.id, "NOTHING")


async def copies(hub: Hub) -> list[tuple[UUID, bool]]:
    """The requests whose copies are to be built, and of each whether it is then released."""
    found: list[tuple[UUID, bool]] = []
    async with hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        firms = {row.key: row.id for row in await organisations.page(ask, Page(200))}
        for key, firm_id in firms.items():
            for each in (made for made in REQUESTS.get(key, ()) if made.then in COPIED):
                reference = Reference(ReferenceKind.EXTERNAL, each.external_id, "crm")
                customer_id = await finding.find_one(ask, firm_id, reference)
                wanted = Filter(
                    customer_id=customer_id, kind=each.kind, is_ended=False, organisation_id=firm_id
                )
                stretch = await page(ask, wanted)
                found += [(request.id, each.then == "RELEASED") for request in stretch.items]
    return found
