"""The common gate, read first in every jurisdiction.

1-4 the state of the record: erased, kept for a duty or a claim, restricted, past its retention;
5   who may see it inside: only the departments of the purpose;
6   a customer's opt-out of sharing, and consent refused or withdrawn;
7   an organisation's own policy that nothing leaves without agreement.
"""

from collections.abc import Mapping
from typing import Final

from hub.policy.common import (
    ERASED,
    HOLD,
    INTERNAL,
    LEGAL_OBLIGATION,
    RESTRICTED,
    RETENTION_ENDED,
    SHARING_OPTED_OUT,
    consented,
    needed_disclosure,
    outflow,
    said_no,
)
from hub.policy.rule import CONSENT_NEEDED, DENY, Rule
from hub.policy.values import Jurisdiction

_CITATIONS: Final[Mapping[str, Mapping[Jurisdiction, str]]] = {
    "hub.erased": {
        Jurisdiction.AU: "APP 11.2",
        Jurisdiction.UK: "UK GDPR art 17",
        Jurisdiction.ZA: "POPIA ss 14(4)-(5), 24",
        Jurisdiction.MA: "Law 09-08 art 8",
        Jurisdiction.EU: "GDPR art 17",
        Jurisdiction.US_CA: "Civ. Code §1798.105(c)",
    },
    "hub.hold": {
        Jurisdiction.AU: "APP 11.2(d)",
        Jurisdiction.UK: "UK GDPR art 17(3)(b),(e)",
        Jurisdiction.ZA: "POPIA s 14(1), 14(6)-(7)",
        Jurisdiction.MA: "Law 09-08 arts 3(1)(e), 8",
        Jurisdiction.EU: "GDPR art 17(3)(b),(e)",
        Jurisdiction.US_CA: "Civ. Code §1798.105(d)",
    },
    "hub.restricted": {
        Jurisdiction.AU: "house rule (no statutory right; supports APP 10.2, 13)",
        Jurisdiction.UK: "UK GDPR art 18",
        Jurisdiction.ZA: "POPIA s 14(6)-(7)",
        Jurisdiction.MA: "Law 09-08 art 8 (blocking)",
        Jurisdiction.EU: "GDPR art 18",
        Jurisdiction.US_CA: "house rule (no statutory right)",
    },
    "hub.expired": {
        Jurisdiction.AU: "APP 11.2",
        Jurisdiction.UK: "UK GDPR art 5(1)(e)",
        Jurisdiction.ZA: "POPIA s 14(1), (4)",
        Jurisdiction.MA: "Law 09-08 arts 3(1)(e), 55",
        Jurisdiction.EU: "GDPR art 5(1)(e)",
        Jurisdiction.US_CA: "Civ. Code §1798.100(a)(3), (c)",
    },
    "hub.department": {
        Jurisdiction.AU: "APPs 6.1, 11.1",
        Jurisdiction.UK: "UK GDPR arts 5(1)(f), 25(2), 32(4)",
        Jurisdiction.ZA: "POPIA ss 19-20",
        Jurisdiction.MA: "Law 09-08 arts 23, 25, 26",
        Jurisdiction.EU: "GDPR arts 5(1)(f), 25(2), 32(4)",
        Jurisdiction.US_CA: "Civ. Code §1798.100(c), (e)",
    },
    "hub.sharing-opt-out": {
        Jurisdiction.AU: "APP 7.6 (marketing by others); otherwise house rule",
        Jurisdiction.UK: "UK GDPR arts 7(3), 21",
        Jurisdiction.ZA: "POPIA s 11(2)(b), 11(3)",
        Jurisdiction.MA: "Law 09-08 arts 4, 9",
        Jurisdiction.EU: "GDPR arts 7(3), 21",
        Jurisdiction.US_CA: "Civ. Code §1798.120(a), (d); 11 CCR §7026",
    },
    "hub.strict-sharing": dict.fromkeys(Jurisdiction, "organisation policy, stricter than statute"),
}


def gate(jurisdiction: Jurisdiction) -> tuple[Rule, ...]:
    """Return the seven gate rules with the citations of one jurisdiction."""
    cited = {rule: citations[jurisdiction] for rule, citations in _CITATIONS.items()}
    return (
        Rule(
            id="hub.erased",
            citation=cited["hub.erased"],
            when=lambda facts: facts.record_state is ERASED,
            outcome=DENY,
            staff=(
                "The record was erased; only the suppression entry is left and it may not be used for "
                "anything else."
            ),
            customer="You asked us to delete your data, so we have nothing left to use or send.",
        ),
        Rule(
            id="hub.hold",
            citation=cited["hub.hold"],
            when=lambda facts: facts.record_state is HOLD and facts.basis is not LEGAL_OBLIGATION,
            outcome=DENY,
            staff="The record is kept only for a legal duty or a claim; every other use is closed.",
            customer=(
                "We only keep these details because the law makes us, and we do not use them for anything "
                "else."
            ),
        ),
        Rule(
            id="hub.restricted",
            citation=cited["hub.restricted"],
            when=lambda facts: (
                facts.record_state is RESTRICTED
                and not consented(facts)
                and facts.basis is not LEGAL_OBLIGATION
            ),
            outcome=DENY,
            staff=(
                "Processing is restricted while a dispute is open; store only, unless the person agrees or "
                "the law requires it."
            ),
            customer="While we look into your request we keep your data safe but do not use it.",
        ),
        Rule(
            id="hub.expired",
            citation=cited["hub.expired"],
            when=lambda facts: facts.record_state is RETENTION_ENDED,
            outcome=DENY,
            staff="The retention period has ended; delete or de-identify instead of using the record.",
            customer="We have kept your details for as long as we said we would, so we no longer use them.",
        ),
        Rule(
            id="hub.department",
            citation=cited["hub.department"],
            when=lambda facts: facts.recipient is INTERNAL and not facts.need_to_know,
            outcome=DENY,
            staff="Your department is not on the list of teams that may see this data for this purpose.",
            customer=(
                "Only the teams that need your details for this purpose may see them, and this team is not "
                "one of them."
            ),
        ),
        Rule(
            id="hub.sharing-opt-out",
            citation=cited["hub.sharing-opt-out"],
            when=lambda facts: (
                outflow(facts)
                and not needed_disclosure(facts)
                and (facts.sharing_choice is SHARING_OPTED_OUT or said_no(facts))
            ),
            outcome=DENY,
            staff=(
                "The customer opted out of sharing, or refused or withdrew consent to it; do not pass the "
                "data on."
            ),
            customer="You told us not to share your details with others, so we do not.",
        ),
        Rule(
            id="hub.strict-sharing",
            citation=cited["hub.strict-sharing"],
            when=lambda facts: (
                facts.strict_sharing
                and outflow(facts)
                and not needed_disclosure(facts)
                and not consented(facts)
            ),
            outcome=CONSENT_NEEDED,
            staff="Company policy: nothing leaves the company unless this customer has agreed to it.",
            customer="We do not share your details outside our company unless you agree first.",
        ),
    )
