"""Australia: the Privacy Act 1988 (Cth), the Spam Act 2003 and the Do Not Call Register Act 2006.

1-4   what a law requires, a refusal of marketing, the register of numbers, children;
5-10  sensitive data, service messages, the collection statement, transfers, the footer, automated decisions;
11-18 consent; later alliances and recipients outside the statement; email and text; sale and pooling;
19-21 marketing from the customer's own details, expected purposes, and otherwise consent.
Stricter than the Act: the "impracticable to obtain consent" route of principle 7.3 is not offered.
"""

from datetime import date
from typing import Final

from hub.policy.common import (
    ACTIVE,
    AFTER_COLLECTION,
    CUSTOMER,
    DIRECTLY_RELATED,
    DISCLOSE,
    NEW,
    OWN_SIMILAR,
    PRIMARY,
    UNCOVERED,
    UNSAFE,
    automated,
    bad_footer,
    child_gate,
    consented,
    e_message,
    external,
    marketing,
    outflow,
    promised_purpose,
    promo,
    refuses_marketing,
    required_by_law,
    service_message,
    special,
    trade,
    unnotified,
    voice,
)
from hub.policy.rule import ALLOW, CONSENT_NEEDED, DENY, NOTICE_NEEDED, Rule, otherwise

RULES: Final = (
    Rule(
        id="au.app6.2b-law",
        citation="Privacy Act 1988 (Cth) Sch 1, APP 6.2(b)",
        when=required_by_law,
        outcome=ALLOW,
        staff="An Australian law or court order requires or authorises this.",
        customer="The law requires us to do this.",
    ),
    Rule(
        id="au.app7-opt-out",
        citation="APP 7.2(d), 7.3(e), 7.6-7.7; Spam Act 2003 s 16, Sch 2 cl 6",
        when=refuses_marketing,
        outcome=DENY,
        staff=(
            "The customer asked not to receive direct marketing, or refused or withdrew consent; "
            "marketing use stops."
        ),
        customer="You asked us not to market to you, so we will not.",
    ),
    Rule(
        id="au.dncr",
        citation="Do Not Call Register Act 2006 s 11, Sch 2",
        when=lambda facts: promo(facts) and voice(facts) and facts.registry_block and not consented(facts),
        outcome=DENY,
        staff="The number is on the Do Not Call Register and there is no current consent to call it.",
        customer="Your number is on the Do Not Call Register, so we will not call you to sell.",
    ),
    Rule(
        id="au.child",
        citation="Privacy Act 1988 s 6 (consent) with OAIC guidance on capacity; house rule",
        when=child_gate,
        outcome=CONSENT_NEEDED,
        staff=(
            "The person is a child; a parent or guardian must agree before marketing or trading their data."
        ),
        customer="Because of your age, a parent or guardian has to agree first.",
    ),
    Rule(
        id="au.sensitive",
        citation="APP 6.2(a)(i), 7.4; Privacy Act 1988 s 6 (sensitive information)",
        when=lambda facts: (
            special(facts)
            and not consented(facts)
            and (
                marketing(facts)
                or (not facts.special_condition and facts.purpose_fit not in (PRIMARY, DIRECTLY_RELATED))
            )
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "Sensitive information needs consent for marketing, and for any secondary purpose not "
            "directly related to the first."
        ),
        customer="This is sensitive information about you, so we need your agreement first.",
    ),
    Rule(
        id="au.service-message",
        citation="APP 6.1, 6.2(a); Spam Act 2003 Sch 1 cl 2 (factual messages)",
        when=service_message,
        outcome=ALLOW,
        staff="A factual message about the customer's own account or service is not marketing.",
        customer="This is information about your account or service, not advertising.",
    ),
    Rule(
        id="au.app5-notice",
        citation="APP 5.1-5.2",
        when=unnotified,
        outcome=NOTICE_NEEDED,
        staff=(
            "The customer has not had a complete collection statement; give it now (as soon as "
            "practicable), then proceed."
        ),
        customer="We need to tell you what we collect and why before we go further.",
    ),
    Rule(
        id="au.app8-overseas",
        citation="APP 8.1-8.2; Privacy Act 1988 s 16C",
        when=lambda facts: facts.destination is UNSAFE,
        outcome=DENY,
        staff=(
            "The overseas recipient gives no APP-level protection; add enforceable terms or get "
            "informed consent first."
        ),
        customer="We will not send your details overseas without proper protection.",
    ),
    Rule(
        id="au.footer",
        citation="Spam Act 2003 ss 17-18; APP 7.2(c), 7.3(c)-(d)",
        when=bad_footer,
        outcome=DENY,
        staff="A marketing message must name the sender and carry a simple, working way to opt out.",
        customer="Marketing from us must say who it is from and let you opt out.",
    ),
    Rule(
        id="au.app1-automated",
        citation="APP 1.7-1.9 (in force 10 December 2026)",
        when=lambda facts: automated(facts) and not promised_purpose(facts),
        outcome=NOTICE_NEEDED,
        staff="Computer-made decisions with a significant effect must be described in the privacy policy.",
        customer="We must explain that a computer helps make this decision before we use it.",
        since=date(2026, 12, 10),
    ),
    Rule(
        id="au.consent",
        citation="APP 6.1(a), 7.3(b), 7.4; Spam Act 2003 s 16(2)",
        when=consented,
        outcome=ALLOW,
        staff="The customer consented to exactly this purpose, channel and recipient.",
        customer="You agreed to this.",
    ),
    Rule(
        id="au.alliance-later",
        citation="APP 6.1, 6.2(a) with APP 5.2(f)",
        when=lambda facts: (
            facts.act is DISCLOSE and facts.recipient is UNCOVERED and facts.arrangement is AFTER_COLLECTION
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "This alliance began after the data was collected and the collection statement was not "
            "broad enough to cover it."
        ),
        customer=(
            "We started working with this partner after you gave us your details, so we need your "
            "agreement to share them."
        ),
    ),
    Rule(
        id="au.recipient-not-notified",
        citation="APP 6.1, 6.2(a) with APP 5.2(f)",
        when=lambda facts: outflow(facts) and facts.recipient is UNCOVERED,
        outcome=CONSENT_NEEDED,
        staff=(
            "The collection statement did not mention this recipient or a group it belongs to; get consent."
        ),
        customer=(
            "We did not tell you about this recipient, so we need your agreement to share your details."
        ),
    ),
    Rule(
        id="au.spam-inferred",
        citation="Spam Act 2003 s 16(2), Sch 2 cl 2(b); APP 7.2",
        when=lambda facts: (
            promo(facts)
            and e_message(facts)
            and facts.source is CUSTOMER
            and facts.relationship is ACTIVE
            and facts.offer is OWN_SIMILAR
            and facts.purpose_fit is not NEW
        ),
        outcome=ALLOW,
        staff=(
            "Consent can be inferred from the running customer relationship for our own related products."
        ),
        customer=(
            "You are a customer, so we may tell you about similar products of ours; you can opt out at "
            "any time."
        ),
    ),
    Rule(
        id="au.spam-consent",
        citation="Spam Act 2003 s 16",
        when=lambda facts: promo(facts) and e_message(facts),
        outcome=CONSENT_NEEDED,
        staff=(
            "Electronic marketing needs express consent here: no running relationship, or not our own "
            "related product."
        ),
        customer="We need your agreement before sending you this kind of message.",
    ),
    Rule(
        id="au.app7.3-ask",
        citation="APP 7.2(a)-(b), 7.3",
        when=lambda facts: marketing(facts) and (facts.source is not CUSTOMER or facts.purpose_fit is NEW),
        outcome=CONSENT_NEEDED,
        staff=(
            "The details did not come from the customer, or marketing would be unexpected; get consent first."
        ),
        customer="You did not give us your details for this, so we will ask you first.",
    ),
    Rule(
        id="au.sell",
        citation="APP 6.1, 6.2(a), 7.2 (house rule: strict reading)",
        when=lambda facts: trade(facts) and (not promised_purpose(facts) or facts.source is not CUSTOMER),
        outcome=CONSENT_NEEDED,
        staff=(
            "Selling, renting or pooling the file was not promised in the collection statement; get consent."
        ),
        customer="We will not sell or swap your details unless you agree.",
    ),
    Rule(
        id="au.alliance-covered",
        citation="APP 6.2(a) with APP 5.2(f)",
        when=lambda facts: (
            facts.act is DISCLOSE
            and external(facts)
            and facts.arrangement is AFTER_COLLECTION
            and facts.purpose_fit is not NEW
        ),
        outcome=ALLOW,
        staff=(
            "The alliance is newer than the data, but the collection statement was broad enough to "
            "include it."
        ),
        customer="When you gave us your details we told you we may share them with partners of this kind.",
    ),
    Rule(
        id="au.app7.2-customer",
        citation="APP 7.2",
        when=marketing,
        outcome=ALLOW,
        staff=(
            "Collected from the customer, reasonably expected, opt-out offered and not used: marketing "
            "is allowed."
        ),
        customer=(
            "You gave us your details and we told you we may send offers; you can opt out at any time."
        ),
    ),
    Rule(
        id="au.app6-expected",
        citation="APP 6.1, 6.2(a)",
        when=lambda facts: facts.purpose_fit is not NEW,
        outcome=ALLOW,
        staff="This is the purpose of collection, or a related one the customer would reasonably expect.",
        customer="This is what you gave us your details for, or closely related to it.",
    ),
    Rule(
        id="au.default",
        citation="APP 6.1(a)",
        when=otherwise,
        outcome=CONSENT_NEEDED,
        staff="Not a purpose the customer was told of or would expect; seek consent.",
        customer="We need your agreement before using your details this way.",
    ),
)
