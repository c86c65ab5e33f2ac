"""The same questions put to a general policy engine, one customer at a time: Cedar, through cedarpy.

The rules of Australia and the United Kingdom that can answer these two questions, written as a user of Cedar would:
what is known of the customer stands in the request's context, what forbids is a forbid, what allows a permit. Cedar
answers allow or deny only; what ours says beyond that (consent or notice needed, by which provision) is not asked.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import cedarpy

from hub.policy.facts import Facts

POLICIES = """
forbid(principal, action, resource) when { context.record_state == "ERASED" };
forbid(principal, action, resource) when { context.record_state == "HOLD" && context.basis != "LEGAL_OBLIGATION" };
forbid(principal, action, resource) when { context.record_state == "RESTRICTED" && !context.consented };
forbid(principal, action, resource) when { context.record_state == "EXPIRED" };
forbid(principal, action, resource) when { !context.need_to_know };
forbid(principal, action, resource) when { action == Action::"DISCLOSE" && context.is_external
    && context.sharing_choice != "NONE"
    && !["LEGAL_OBLIGATION", "CONTRACT", "VITAL_INTEREST"].contains(context.basis) };
forbid(principal, action, resource) when { action == Action::"DISCLOSE" && context.is_external && context.said_no };
forbid(principal, action, resource) when { context.strict_sharing && context.is_external && !context.consented };
forbid(principal, action, resource) when { context.purpose_kind == "MARKETING"
    && (context.marketing_choice == "OPTED_OUT" || context.said_no
    || (context.marketing_choice == "REVERSED" && !context.consented)) };
forbid(principal, action, resource) when { context.age == "CHILD" && context.consent != "GUARDIAN"
    && context.purpose_kind == "MARKETING" };
forbid(principal, action, resource) when { context.notice != "GIVEN" };
forbid(principal, action, resource) when { context.destination == "UNSAFE" };
forbid(principal, action, resource) when { action == Action::"MESSAGE" && context.purpose_kind == "MARKETING"
    && context.footer != "COMPLETE" };
forbid(principal, action, resource) when { context.jurisdiction == "UK"
    && ["PENDING", "UPHELD"].contains(context.objection)
    && ["LEGITIMATE_INTEREST", "RECOGNISED_INTEREST", "PUBLIC_TASK"].contains(context.basis) };
forbid(principal, action, resource) when { context.special && !context.consented
    && context.purpose_kind == "MARKETING" };
permit(principal, action, resource) when { context.basis == "LEGAL_OBLIGATION" && context.purpose_kind != "MARKETING" };
permit(principal, action, resource) when { context.consented };
permit(principal, action == Action::"MESSAGE", resource) when { context.jurisdiction == "AU"
    && ["EMAIL", "SMS", "IN_APP"].contains(context.channel) && context.source == "CUSTOMER"
    && context.relationship == "ACTIVE" && context.offer == "OWN_SIMILAR" && context.purpose_fit != "NEW" };
permit(principal, action == Action::"MESSAGE", resource) when { context.jurisdiction == "UK"
    && ["EMAIL", "SMS", "IN_APP"].contains(context.channel) && context.source == "CUSTOMER"
    && context.offer == "OWN_SIMILAR" && context.optout_at_collection
    && ["ACTIVE", "NEGOTIATING"].contains(context.relationship) };
permit(principal, action == Action::"DISCLOSE", resource) when { context.jurisdiction == "AU"
    && context.recipient != "UNCOVERED" && context.purpose_fit != "NEW" };
permit(principal, action == Action::"DISCLOSE", resource) when { context.jurisdiction == "UK"
    && context.recipient != "UNCOVERED" && ["PRIMARY", "NAMED"].contains(context.purpose_fit)
    && ["CONTRACT", "LEGITIMATE_INTEREST", "RECOGNISED_INTEREST", "PUBLIC_TASK"].contains(context.basis) };
"""
_call: Any = cast("Any", cedarpy).is_authorized
MODELLED = frozenset({"AU", "UK"})
_CONSENTED = frozenset({"GIVEN", "EXPLICIT", "GUARDIAN"})


class Engine:
    """Cedar with the policies parsed once."""

    def __init__(self) -> None:
        self._policies: Any = cedarpy.PolicySet.from_str(POLICIES)
        self._entities: Any = cedarpy.Entities.from_json_str("[]")  # pyright: ignore[reportUnknownMemberType]

    def allows(self, request: Mapping[str, Any]) -> bool:
        """One customer's question."""
        return bool(_call(dict(request), self._policies, self._entities).allowed)


def request(facts: Facts, number: int) -> dict[str, Any]:
    """A question about one customer, as an application that knows these facts would put it."""
    return {
        "principal": f'App::"{facts.purpose_kind}"',
        "action": f'Action::"{facts.act}"',
        "resource": f'Customer::"{number}"',
        "context": dict(_context(facts.to_dict())),
    }


def _context(plain: dict[str, str | bool]) -> Iterator[tuple[str, str | bool]]:
    yield from plain.items()
    yield "consented", plain["consent"] in _CONSENTED
    yield "said_no", plain["consent"] in {"REFUSED", "WITHDRAWN"}
    yield "is_external", plain["recipient"] in {"NAMED", "CLASS", "UNCOVERED"}
    yield "special", plain["data"] in {"SENSITIVE", "BIOMETRIC", "CRIMINAL"}
