"""California: the CCPA (Civil Code 1798.100 ff.), and the federal rules on mail, texts and calls.

1-4   what a law requires, the browser's opt-out signal, minors, the limit on sensitive data;
5-8   opt-outs of marketing and automated decisions, the Do Not Call registry, the footer;
9-11  service messages, notice at collection, written consent to texts and automated calls;
12-13 purposes and recipients the notice does not reach;
14-15 an opt-out regime: sale, and everything else that was noticed, is allowed.
"""

from datetime import date
from typing import Final

from hub.policy.common import (
    ACTIVE,
    AUTO_CALL,
    BIOMETRIC,
    CHILD,
    GUARDIAN,
    MARKETING,
    NATIONAL_ID,
    NEW,
    OTHER,
    SENSITIVE,
    SIGNAL,
    SMS,
    TEEN,
    UNCOVERED,
    automated,
    bad_footer,
    consented,
    express,
    objecting,
    outflow,
    promo,
    refuses_marketing,
    required_by_law,
    service_message,
    trade,
    unnotified,
    voice,
)
from hub.policy.rule import ALLOW, CONSENT_NEEDED, DENY, NOTICE_NEEDED, Rule, otherwise

RULES: Final = (
    Rule(
        id="ca.145-law",
        citation="Civ. Code §1798.145(a)",
        when=required_by_law,
        outcome=ALLOW,
        staff="A law or legal process requires this.",
        customer="The law requires us to do this.",
    ),
    Rule(
        id="ca.120-signal",
        citation="Civ. Code §1798.135(b), (e); 11 CCR §7025",
        when=lambda facts: trade(facts) and facts.sharing_choice is SIGNAL,
        outcome=DENY,
        staff=(
            "An opt-out preference signal (GPC) is on record; do not sell or share, and show that it "
            "was honoured."
        ),
        customer="Your browser's privacy signal told us not to sell or share your data, so we do not.",
    ),
    Rule(
        id="ca.120c-minor",
        citation="Civ. Code §1798.120(c); 11 CCR §§7070-7071",
        when=lambda facts: (
            trade(facts)
            and (
                (facts.age is CHILD and facts.consent is not GUARDIAN)
                or (facts.age is TEEN and not express(facts))
            )
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "Under 16: selling or sharing needs opt-in, by a parent under 13 and by the person from 13 to 15."
        ),
        customer="Because of your age, we need opt-in agreement before selling or sharing your data.",
    ),
    Rule(
        id="ca.121-limit",
        citation="Civ. Code §1798.121; 11 CCR §7027(m)",
        when=lambda facts: (
            facts.limit_sensitive
            and facts.data in (SENSITIVE, BIOMETRIC, NATIONAL_ID)
            and facts.purpose_kind in (MARKETING, OTHER)
        ),
        outcome=DENY,
        staff="The consumer limited use of sensitive data to what the requested service and security need.",
        customer="You asked us to limit the use of your sensitive data, so we do not use it for this.",
    ),
    Rule(
        id="ca.marketing-opt-out",
        citation="CAN-SPAM, 15 USC §7704(a)(4); 47 CFR §64.1200(a)(10), (d)",
        when=refuses_marketing,
        outcome=DENY,
        staff="The person opted out of marketing; stop on this channel.",
        customer="You unsubscribed, so we will not send you marketing.",
    ),
    Rule(
        id="ca.admt-opt-out",
        citation="11 CCR §§7200-7222 (compliance date 1 January 2027)",
        when=lambda facts: automated(facts) and objecting(facts),
        outcome=DENY,
        staff="The consumer opted out of automated decision-making for a significant decision.",
        customer="You opted out of automated decisions, so a person will handle this.",
        since=date(2027, 1, 1),
    ),
    Rule(
        id="ca.dnc",
        citation="16 CFR §310.4(b)(1)(iii)(B); 47 CFR §64.1200(c)(2)",
        when=lambda facts: (
            promo(facts)
            and voice(facts)
            and facts.registry_block
            and not express(facts)
            and facts.relationship is not ACTIVE
        ),
        outcome=DENY,
        staff=(
            "The number is on the national Do Not Call registry and there is no current customer "
            "relationship."
        ),
        customer="Your number is on the Do Not Call registry, so we will not call you to sell.",
    ),
    Rule(
        id="ca.footer",
        citation="CAN-SPAM, 15 USC §7704(a)(1), (3), (5)",
        when=bad_footer,
        outcome=DENY,
        staff="Marketing must identify the sender and carry a working opt-out.",
        customer="Marketing from us must say who it is from and let you opt out.",
    ),
    Rule(
        id="ca.service-message",
        citation="15 USC §7702(17) (transactional or relationship message)",
        when=service_message,
        outcome=ALLOW,
        staff="A transactional or relationship message is not marketing.",
        customer="This is information about your account, not advertising.",
    ),
    Rule(
        id="ca.100-notice",
        citation="Civ. Code §1798.100(a)-(b); 11 CCR §7012",
        when=unnotified,
        outcome=NOTICE_NEEDED,
        staff="No complete notice at collection was given; give it before using the data.",
        customer="We need to tell you what we collect and why before we go further.",
    ),
    Rule(
        id="ca.tcpa-consent",
        citation="TCPA, 47 USC §227(b); 47 CFR §64.1200(a)(2)",
        when=lambda facts: promo(facts) and facts.channel in (SMS, AUTO_CALL) and not express(facts),
        outcome=CONSENT_NEEDED,
        staff="Automated marketing calls and texts need prior express written consent.",
        customer="We need your written agreement before texting or auto-calling you to sell.",
    ),
    Rule(
        id="ca.new-purpose",
        citation="Civ. Code §1798.100(a)(1), (c); 11 CCR §7002(e)",
        when=lambda facts: facts.purpose_fit is NEW and not consented(facts),
        outcome=CONSENT_NEEDED,
        staff="The purpose is unrelated to what the consumer expects; get consent.",
        customer="This is a new use of your details, so we need your agreement.",
    ),
    Rule(
        id="ca.recipient",
        citation="Civ. Code §§1798.100(a), 1798.130(a)(5); 11 CCR §7011(e)",
        when=lambda facts: outflow(facts) and facts.recipient is UNCOVERED and not consented(facts),
        outcome=NOTICE_NEEDED,
        staff="The notice and policy do not list this category of third party; update them first.",
        customer="We must tell you about this kind of recipient before sharing your details.",
    ),
    Rule(
        id="ca.120-sale",
        citation="Civ. Code §§1798.100(d), 1798.115(d), 1798.120",
        when=trade,
        outcome=ALLOW,
        staff=(
            "Sale or sharing is allowed because the opt-out was offered and not used; the contract "
            "terms must be in place."
        ),
        customer=(
            "You have been told we may sell or share this data and have not opted out; you can do so at"
            " any time."
        ),
    ),
    Rule(
        id="ca.default",
        citation="Civ. Code §1798.100(c); 11 CCR §7002",
        when=otherwise,
        outcome=ALLOW,
        staff="Noticed, expected and proportionate use: allowed.",
        customer="This use is covered by the notice we gave you.",
    ),
)
