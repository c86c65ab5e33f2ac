"""European Union: the GDPR and article 13 of Directive 2002/58/EC on electronic communications.

1-6   what a law requires, objections, children, criminal-record and special-category data;
7-11  service messages, the notice, transfers, the footer, automated decisions;
12-14 consent, the soft opt-in after a sale, otherwise prior consent (to live calls too: some states ask it);
15-18 passing on for marketing, recipients, new and further purposes;
19-20 the other lawful bases, and otherwise consent.
"""

from typing import Final

from hub.policy.common import (
    BIOMETRIC,
    CONTRACT,
    CRIMINAL,
    LEGITIMATE_INTEREST,
    NEW,
    PUBLIC_TASK,
    SENSITIVE,
    UNCOVERED,
    UNSAFE,
    automated,
    bad_footer,
    child_gate,
    consented,
    e_message,
    electronic,
    express,
    marketing,
    objecting,
    other_basis,
    outflow,
    promised_purpose,
    promo,
    refuses_marketing,
    required_by_law,
    service_message,
    soft_opt_in,
    trade,
    unnotified,
)
from hub.policy.rule import ALLOW, CONSENT_NEEDED, DENY, NOTICE_NEEDED, Rule, otherwise

RULES: Final = (
    Rule(
        id="eu.art6-law",
        citation="GDPR art 6(1)(c)",
        when=required_by_law,
        outcome=ALLOW,
        staff="Union or Member State law requires this.",
        customer="The law requires us to do this.",
    ),
    Rule(
        id="eu.art21-marketing",
        citation="GDPR arts 7(3), 21(2)-(3); Directive 2002/58/EC art 13",
        when=refuses_marketing,
        outcome=DENY,
        staff="The customer objected to or unsubscribed from marketing; the right to stop it is absolute.",
        customer="You unsubscribed, so we will not send you marketing.",
    ),
    Rule(
        id="eu.art21-objection",
        citation="GDPR arts 18(1)(d), 21(1)",
        when=lambda facts: objecting(facts) and facts.basis in (LEGITIMATE_INTEREST, PUBLIC_TASK),
        outcome=DENY,
        staff="An objection is open or upheld; stop unless compelling grounds are recorded.",
        customer="You objected to this use, so we have stopped it.",
    ),
    Rule(
        id="eu.child",
        citation="GDPR art 8, recital 38 (age 13-16 by Member State)",
        when=child_gate,
        outcome=CONSENT_NEEDED,
        staff="The person is below the national age of digital consent; a parent must agree.",
        customer="Because of your age, a parent or guardian has to agree first.",
    ),
    Rule(
        id="eu.art10-criminal",
        citation="GDPR art 10",
        when=lambda facts: facts.data is CRIMINAL and not facts.special_condition,
        outcome=DENY,
        staff=(
            "Criminal-record data may be used only under official control or where the law allows it; "
            "consent does not help."
        ),
        customer="We are not allowed to use this kind of information for this.",
    ),
    Rule(
        id="eu.art9-special",
        citation="GDPR art 9(1)-(2)",
        when=lambda facts: (
            facts.data in (SENSITIVE, BIOMETRIC)
            and not express(facts)
            and (marketing(facts) or not facts.special_condition)
        ),
        outcome=CONSENT_NEEDED,
        staff="Special-category data needs explicit consent or another documented art 9(2) condition.",
        customer="This is sensitive information, so we need your clear agreement first.",
    ),
    Rule(
        id="eu.service-message",
        citation="GDPR art 6(1)(b),(f); outside Directive 2002/58/EC art 13",
        when=service_message,
        outcome=ALLOW,
        staff="A message needed to run the customer's own account or contract is not direct marketing.",
        customer="This is information about your account, not advertising.",
    ),
    Rule(
        id="eu.art13-notice",
        citation="GDPR arts 5(1)(a), 13-14",
        when=unnotified,
        outcome=NOTICE_NEEDED,
        staff="No complete privacy notice has been given; give it first.",
        customer="We need to tell you how we use your data before we go further.",
    ),
    Rule(
        id="eu.transfer",
        citation="GDPR arts 44-49",
        when=lambda facts: facts.destination is UNSAFE,
        outcome=DENY,
        staff="No adequacy decision, safeguards or valid derogation cover this country.",
        customer="We will not send your details abroad without proper protection.",
    ),
    Rule(
        id="eu.footer",
        citation="Directive 2002/58/EC art 13(2), (4)",
        when=bad_footer,
        outcome=DENY,
        staff="Every marketing message must show who sent it and give a valid way to stop it.",
        customer="Marketing from us must say who it is from and let you unsubscribe.",
    ),
    Rule(
        id="eu.art22-automated",
        citation="GDPR art 22(1)-(3)",
        when=lambda facts: automated(facts) and not express(facts) and facts.basis is not CONTRACT,
        outcome=CONSENT_NEEDED,
        staff=(
            "A solely automated decision with serious effects needs explicit consent, a contract need "
            "or a law, plus human review."
        ),
        customer=(
            "A computer alone would decide something important about you, so we need your clear "
            "agreement first."
        ),
    ),
    Rule(
        id="eu.consent",
        citation="GDPR arts 6(1)(a), 7; Directive 2002/58/EC art 13(1)",
        when=consented,
        outcome=ALLOW,
        staff="The customer consented to exactly this purpose, channel and recipient.",
        customer="You agreed to this.",
    ),
    Rule(
        id="eu.eprivacy-soft-opt-in",
        citation="Directive 2002/58/EC art 13(2)",
        when=lambda facts: promo(facts) and e_message(facts) and soft_opt_in(facts),
        outcome=ALLOW,
        staff=(
            "Details obtained in a sale, our own similar products, opt-out offered at collection and in"
            " each message."
        ),
        customer=(
            "You are a customer, so we may tell you about similar products; you can unsubscribe at any time."
        ),
    ),
    Rule(
        id="eu.eprivacy-consent",
        citation="Directive 2002/58/EC art 13(1), (3) (live calls: Member State choice; strict reading)",
        when=lambda facts: promo(facts) and electronic(facts),
        outcome=CONSENT_NEEDED,
        staff=(
            "Electronic marketing needs prior consent here; live calls are treated the same because "
            "several states require it."
        ),
        customer="We need your agreement before contacting you this way to sell.",
    ),
    Rule(
        id="eu.share-marketing",
        citation="GDPR arts 5(1)(a), 6(1)(a)",
        when=lambda facts: trade(facts) or (outflow(facts) and marketing(facts)),
        outcome=CONSENT_NEEDED,
        staff=(
            "Passing or trading data so that others can market needs the customer's consent, naming them."
        ),
        customer="We will not pass your details to others for marketing unless you agree.",
    ),
    Rule(
        id="eu.recipient",
        citation="GDPR arts 13(1)(e), 14(1)(e)",
        when=lambda facts: outflow(facts) and facts.recipient is UNCOVERED,
        outcome=NOTICE_NEEDED,
        staff="The privacy notice does not name this recipient or its category; update and give it first.",
        customer="We must tell you about this recipient before sharing your details.",
    ),
    Rule(
        id="eu.new-purpose",
        citation="GDPR arts 5(1)(b), 6(4)",
        when=lambda facts: facts.purpose_fit is NEW,
        outcome=CONSENT_NEEDED,
        staff="The purpose is not compatible with the one the data was collected for; get consent.",
        customer="This is a new use of your details, so we need your agreement.",
    ),
    Rule(
        id="eu.further-notice",
        citation="GDPR arts 13(3), 14(4)",
        when=lambda facts: not promised_purpose(facts),
        outcome=NOTICE_NEEDED,
        staff="Compatible further purpose, but it was not in the notice; tell the customer first.",
        customer="We must tell you about this further use before we start.",
    ),
    Rule(
        id="eu.art6-basis",
        citation="GDPR art 6(1)(b), (d), (e), (f)",
        when=other_basis,
        outcome=ALLOW,
        staff=(
            "A lawful basis other than consent is recorded: contract, vital interest, public task or "
            "legitimate interest."
        ),
        customer=(
            "We have a lawful reason for this that does not depend on your consent; ask us and we will "
            "explain it."
        ),
    ),
    Rule(
        id="eu.default",
        citation="GDPR art 6(1)",
        when=otherwise,
        outcome=CONSENT_NEEDED,
        staff="No other lawful basis is recorded; ask for consent or record a valid basis.",
        customer="We need your agreement before using your details this way.",
    ),
)
