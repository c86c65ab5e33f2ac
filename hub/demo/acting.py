"""The demo's requests for somebody else: a mother's for her child, and an agent's that waits for staff to look."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from hub import finding
from hub.act import Act
from hub.appointing import NewRepresentative
from hub.finding import Reference, ReferenceKind
from hub.rights import attachments, intake, representing
from hub.rights.asked import Asked
from hub.rights.attachments import Kept
from hub.rights.intake import NewRequest
from hub.uploads.values import Checked, FileKind

PERMISSION: Final = Checked(
    "permission.txt", FileKind.TEXT,
    b"I permit Noor Haddad to ask Mill Lane Lettings for my information, from today until the end of the year.\n",
)  # fmt: skip
GRANTER: Final = "M-2008"
_CHILD: Final = """
    SELECT customer_id FROM customer_standing WHERE organisation_id = $1 AND age <> 'ADULT' AND relationship = 'ACTIVE'
    ORDER BY customer_id LIMIT 1
"""


async def enter(act: Act, firm_id: UUID, kept: Sequence[Kept]) -> None:
    """Enter both."""
    await _for_a_child(act, firm_id)
    await _by_an_agent(act, firm_id, kept)


async def _for_a_child(act: Act, firm_id: UUID) -> None:
    """A mother asks for a copy; her proof was seen, so it goes on."""
    child: UUID | None = await act.value(_CHILD, firm_id)
    if child is None:
        return
    new = NewRepresentative(
        child, "GUARDIAN", "Rosa Whitfield", "rosa.whitfield@example.com", ("ACCESS", "DELETION")
    )
    link = await representing.propose(act, new, organisation_id=firm_id)
    await representing.confirm(act, link.id, "BIRTH_RECORD")
    asked = Asked("What you hold about my daughter, please.")
    received_on = act.at.date() - timedelta(days=4)
    await intake.receive(act, NewRequest(
        "ACCESS", child, "EMAIL", asked, "GUARDIAN", received_on, identified="DOCUMENT", representative_id=link.id,
    ), firm_id)  # fmt: skip


async def _by_an_agent(act: Act, firm_id: UUID, kept: Sequence[Kept]) -> None:
    """An agent asks, with a signed permission that nobody has looked at yet."""
    granter = await finding.find_one(act, firm_id, Reference(ReferenceKind.EXTERNAL, GRANTER, "crm"))
    asked = Asked("Please delete what you need not keep.")
    waiting = await intake.receive(act, NewRequest(
        "DELETION", granter, "POST", asked, "AGENT", act.at.date() - timedelta(days=1), "noor.haddad@example.com",
    ), firm_id)  # fmt: skip
    [file] = await attachments.add(act, waiting.id, kept)
    proposed = NewRepresentative(granter, "AGENT", "Noor Haddad", attachment_id=file.id)
    await representing.propose(act, proposed, waiting.id)
