"""What a request changes at once, before anybody works on it: decisions follow from these the moment it is open.

An opt-out and a withdrawal are fulfilled by this alone. An objection and a contested record stop the use until they are
settled; what stood still for a request alone goes on when it ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from hub import choices, standings
from hub.act import Act
from hub.rights.requests import Asker, Channel, Request
from hub.rights.values import Identity, Kind
from hub.said import Choice, Evidence, Method, Scope
from hub.said import Kind as Said

FREEZING: Final = frozenset({Kind.RECTIFICATION, Kind.DELETION, Kind.RESTRICTION})
"""While one of these is open, the record may be kept and not otherwise used (art 18(1) GDPR, s 14(6) POPIA)."""
AT_ONCE: Final = frozenset(
    {Kind.STOP_MARKETING, Kind.STOP_SHARING, Kind.LIMIT_SENSITIVE, Kind.WITHDRAW_CONSENT}
)
"""Done as soon as they are open: the choice is the whole fulfilment."""
OPT_OUTS: Final = frozenset({Kind.STOP_MARKETING, Kind.STOP_SHARING, Kind.LIMIT_SENSITIVE})
"""What holds on somebody's word where the law asks for no proof."""

WORDING: Final[Mapping[Kind, str]] = {
    Kind.STOP_MARKETING: "Stop marketing to me.",
    Kind.STOP_SHARING: "Stop sharing or selling my information.",
    Kind.LIMIT_SENSITIVE: "Limit the use of my sensitive information.",
    Kind.WITHDRAW_CONSENT: "I take back my consent.",
    Kind.OBJECTION: "I object to this use of my information.",
}
METHODS: Final[Mapping[Channel, Method]] = {
    Channel.PORTAL: Method.WEB,
    Channel.APP: Method.APP,
    Channel.PHONE: Method.PHONE,
    Channel.POST: Method.PAPER,
    Channel.BRANCH: Method.BRANCH,
    Channel.EMAIL: Method.EMAIL,
    Channel.IMPORT: Method.IMPORT,
}
_OTHERS = """
    SELECT EXISTS (SELECT FROM rights_request r JOIN rights_event e ON e.request_id = r.id AND e.kind = 'APPLIED'
        WHERE r.customer_id = $1 AND r.organisation_id = $2 AND r.id <> $3 AND r.closed_at IS NULL
          AND (e.body ->> 'is_frozen')::boolean)
    OR EXISTS (SELECT FROM rights_request r WHERE r.customer_id = $1 AND r.organisation_id = $2 AND r.id <> $3
          AND r.kind = 'RESTRICTION'
          AND (r.state IN ('ANSWERED', 'PARTLY_ANSWERED') OR (r.state = 'LIFTING' AND r.cools_until IS NOT NULL)))
"""
# Of an erased customer there is nothing left to let go on.
_APPLIED = """
    SELECT e.body FROM rights_event e JOIN rights_request r ON r.id = e.request_id
    JOIN customer c ON c.id = r.customer_id AND c.erased_at IS NULL
    WHERE e.request_id = $1 AND e.kind = 'APPLIED' ORDER BY e.id DESC LIMIT 1
"""


def holds_on_word(request: Request) -> bool:
    """Whether a request holds before it is known who asks; of somebody who asks for another it never does."""
    return request.kind in OPT_OUTS and request.asker is Asker.SELF and request.proof == Identity.NONE


@dataclass(frozen=True, slots=True)
class About:
    """What a choice is about: one purpose, some channels, one recipient; nothing named means all."""

    purpose_id: UUID | None = None
    channels: tuple[str, ...] = ()
    recipient_id: UUID | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "About":
        """From what is sealed with a request."""
        ids = {name: content.get(name) and UUID(content[name]) for name in ("purpose_id", "recipient_id")}
        return cls(channels=tuple(content.get("channels") or ()), **ids)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a request changed at once: choices that were written, and whether the record was restricted by it."""

    choices: tuple[UUID, ...] = ()
    is_frozen: bool = False


async def apply(act: Act, request: Request, customer_id: UUID, about: About) -> Applied:
    """Write what changes at once about a held customer."""
    if request.kind in WORDING:
        return Applied(
            tuple([each.id for each in await _say(act, request, _scope(request, customer_id, about))])
        )
    if request.kind not in FREEZING:
        return Applied()
    change = standings.Change(is_restricted=True, reason="RIGHTS_REQUEST")
    changed = await standings.change(act, customer_id, change, request.organisation_id)
    return Applied(is_frozen="RESTRICTION" in changed or await is_frozen_by_others(act, request, customer_id))


async def lift(act: Act, request: Request, *, is_withdrawn: bool = False) -> None:
    """Settle what a request had stopped, now that it has ended.

    A record that stood still for this request alone goes on, unless a restriction was granted. An objection is
    withdrawn with its request, overruled when that was refused, and upheld otherwise.
    """
    row = await act.row(_APPLIED, request.id)
    if row is None or request.customer_id is None:
        return
    applied = orjson.loads(row["body"])
    if request.kind is Kind.OBJECTION:
        await _settle(act, request, [UUID(each) for each in applied["choices"]], is_withdrawn=is_withdrawn)
    if not applied["is_frozen"] or await _stays(act, request, is_withdrawn=is_withdrawn):
        return
    change = standings.Change(is_restricted=False, reason="RIGHTS_REQUEST_ENDED")
    await standings.change(act, request.customer_id, change, request.organisation_id)


async def _stays(act: Act, request: Request, *, is_withdrawn: bool) -> bool:
    is_granted = request.kind is Kind.RESTRICTION and not is_withdrawn and request.ground is None
    return is_granted or await is_frozen_by_others(act, request, request.customer_id)


async def is_frozen_by_others(act: Act, request: Request, customer_id: UUID | None) -> bool:
    """Whether a record stands still for another request too: one that is open, or a restriction that was granted."""
    return bool(await act.value(_OTHERS, customer_id, request.organisation_id, request.id))


async def _settle(act: Act, request: Request, ids: Sequence[UUID], *, is_withdrawn: bool) -> None:
    evidence = Evidence(WORDING[request.kind], METHODS[request.channel], request.reference)
    for objection in (await choices.by_ids(act, ids)).values():
        if is_withdrawn:
            channels = (objection.channel,) if objection.channel else ()
            about = About(objection.purpose_id, channels, objection.recipient_id)
            await choices.withdraw_objection(act, _scope(request, objection.customer_id, about), evidence)
        else:
            await choices.settle_objection(act, objection.id, evidence, is_upheld=request.ground is None)


def _scope(request: Request, customer_id: UUID, about: About) -> Scope:
    return Scope(customer_id, request.organisation_id, about.purpose_id, about.channels, about.recipient_id)


async def _say(act: Act, request: Request, scope: Scope) -> list[Choice]:
    evidence = Evidence(WORDING[request.kind], METHODS[request.channel], request.reference)
    match request.kind:
        case Kind.STOP_MARKETING:
            return await choices.opt_out_of_marketing(act, scope, evidence)
        case Kind.STOP_SHARING:
            return await choices.opt_out(act, Said.SHARING, scope, evidence)
        case Kind.LIMIT_SENSITIVE:
            return await choices.opt_out(act, Said.LIMIT, scope, evidence)
        case Kind.WITHDRAW_CONSENT:
            return await choices.withdraw_consent(act, scope, evidence)
        case _:
            return await choices.object_to(act, scope, evidence)
