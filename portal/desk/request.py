"""One request: what is next, its clock, who asks, what each system did, what happened, and what can be done."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.responses import Response

from hub import letters, unmasking
from hub.act import Act
from hub.actors import Operation
from hub.policy.values import Jurisdiction
from hub.rights import attachments, handling, packages
from hub.rights.advice import Advice, Deed, Next
from hub.rights.law import RIGHTS
from hub.rights.outcomes import Step
from hub.rights.requests import Request
from portal.desk import names
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.situation import Situation, proved_by, situation
from portal.desk.tasks import step_of
from portal.reader import Page
from portal.wording import N_

DIGEST_CHARACTERS: Final = 4
ADVICE: Final[Mapping[Next, tuple[str, str]]] = {
    Next.NOTHING: (N_("Nothing"), N_("This request has ended.")),
    Next.AWAIT_CODE: (
        N_("wait for the code"),
        N_("The code that proves the address has not come back. After 30 days the request ends by itself."),
    ),
    Next.AWAIT_PROOF: (
        N_("make sure who asks"),
        N_(
            "This right needs more proof than there is. When you have seen it, say so, and the request goes on."
        ),
    ),
    Next.AWAIT_AUTHORITY: (
        N_("check who may act"),
        N_(
            "Somebody asks for the customer, and their proof is not confirmed. The request goes on once it is."
        ),
    ),
    Next.LEAVE_IT: (
        N_("leave it to somebody else"),
        N_("You decided the request that this is about, so somebody else decides the complaint."),
    ),
    Next.AWAIT_DETAILS: (
        N_("wait for other details"),
        N_("Nobody has the address that was proved. If you know who asks, say so."),
    ),
    Next.AWAIT_ANSWER: (
        N_("wait for the customer"),
        N_("You have asked for something. When it is here, let the request go on."),
    ),
    Next.AWAIT_SYSTEM: (
        N_("wait for a system"),
        N_("Nobody needs to do anything now. It is tried by itself."),
    ),
    Next.MATCH: (
        N_("say which customer it is"),
        N_("Several customers have the address that was proved. Look at them side by side."),
    ),
    Next.READ: (
        N_("read what the customer wrote"),
        N_("The customer has written since you asked. Read it, then let the request go on."),
    ),
    Next.RELEASE_HOLD: (
        N_("let it go on when the reason is over"),
        N_("This request is held. The clock goes on meanwhile."),
    ),
    Next.COOLS: (
        N_("nothing until the customer’s days are over"),
        N_("The deletion is approved and begins by itself. Until then the customer can keep everything."),
    ),
    Next.LIFTS: (
        N_("nothing until the customer’s days are over"),
        N_(
            "The customer was told that the restriction will be lifted. If they disagree for a reason, keep it."
        ),
    ),
    Next.TASK: (N_("look by hand"), N_("A person has to look there and say what was found or done.")),
    Next.RETRY: (
        N_("try again, or leave it out"),
        N_("The system did not do its part. It is tried again by itself; you can also do that now."),
    ),
    Next.EXTEND: (
        N_("take the longer time"),
        N_(
            "A system is still waited for and the last day is near. The customer must be told before it is over."
        ),
    ),
    Next.APPROVE: (N_("decide"), N_("Approve it, or refuse it on a ground of the law.")),
    Next.WEIGH: (
        N_("weigh the objection"),
        N_("The use has stopped. Answer to uphold the objection, or refuse it on a ground of the law."),
    ),
    Next.ANSWER: (
        N_("answer"),
        N_("Everything is here. Answer the customer, or refuse on a ground of the law."),
    ),
}
"""What is recommended: in a few words, and why."""


async def show_request(reader: AtDesk) -> Page:
    """Show one request."""
    now = await situation(reader)
    async with reader.hub.ask(reader.actor, Operation.REQUEST_READ) as ask:
        copy = await packages.of(ask, now.request.id)
        written = (await letters.of_requests(ask, [now.request.id]))[now.request.id]
        files = (await attachments.of(ask, [now.request.id]))[now.request.id]
        called = await attachments.names_of(ask, now.request.id) if now.view and files else {}
    lost = [each for each in written if each.state in {letters.State.FAILED, letters.State.BOUNCED}]
    given = {"has_copy": copy is not None, "files": files, "called": called, "lost": lost}
    return Page("desk/request.html", {**shown(reader, now), **given})


request = shows(Operation.REQUEST_READ)(show_request)


def shown(reader: AtDesk, now: Situation) -> dict[str, Any]:
    """What the page of a request is given."""
    return {
        "now": now, "request": now.request, "names": names, "advice": ADVICE[now.advice.next], "Deed": Deed,
        "next_place": _place(now.advice, now), "evidence": {each.id: evidence(each) for each in now.steps},
        "proved_by": proved_by(now.events), "may_conduct": reader.may(Operation.REQUEST_CONDUCT),
        "reasons": names.REASONS, "sent": reader.form, "minded": minded(now.request),
    }  # fmt: skip


def minded(request: Request) -> list[str]:
    """What each law that gives this right wants minded besides its days, a sentence each with its provision."""
    laws = [RIGHTS[Jurisdiction(place), request.kind] for place in request.jurisdictions]
    return list(dict.fromkeys(each for right in laws for each in right.conduct))


def _place(advice: Advice, now: Situation) -> Sequence[str]:
    """Where the recommended thing is done, below the desk; empty where one waits."""
    if advice.next is Next.TASK and advice.step:
        return ("tasks", str(advice.step.id))
    if advice.deed is None:
        return ()
    return ("requests", now.request.reference, advice.deed)


def evidence(step: Step) -> tuple[int, str] | None:
    """How many records a step's evidence counts, and the beginning and end of its digest; None for none."""
    if step.evidence is None:
        return None
    digest = hashlib.sha256(orjson.dumps(dict(step.evidence), option=orjson.OPT_SORT_KEYS)).hexdigest()
    return _rows(step.evidence), f"{digest[:DIGEST_CHARACTERS]}…{digest[-2:]}"


def _rows(evidence: Mapping[str, Any]) -> int:
    places = evidence.get("places")
    if places:
        return sum(int(each.get("rows") or 0) for each in places)
    rows = evidence.get("rows") or 0
    return sum(rows.values()) if isinstance(rows, dict) else int(rows)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType] -- JSON


@does(Operation.CUSTOMER_REVEAL, again=show_request)
async def look(reader: AtDesk) -> Response:
    """Note why details are looked at; they are shown from then on, for a quarter of an hour."""
    reason = reader.form.choice("reason", list(names.REASONS), N_("Choose why you need to see them"))
    now = await situation(reader)
    await unmasking.look(reader.hub, reader.actor, now.request.id, reason)
    return reader.go("requests", now.request.reference)


@does(Operation.REQUEST_CONDUCT, again=show_request)
async def retry(reader: AtDesk) -> Response:
    """Try a step again now."""
    step_id = step_of(reader)

    async def make(act: Act) -> dict[str, Any]:
        await handling.retry(act, step_id)
        return {}

    await reader.once(Operation.REQUEST_CONDUCT, make)
    return reader.go("requests", reader.request.path_params["reference"])
