"""South Africa: the Protection of Personal Information Act 2013 and the Consumer Protection Act 2008.

1-5   what a law requires, one request only, opt-outs, the national opt-out registry, Form 1 objections;
6-8   children, special information, prior authorisation by the Information Regulator;
9-13  service messages, the notice, transfers, the footer, automated decisions;
14-18 electronic marketing by Form 4 consent or to customers; consent; selling and passing on;
19-22 recipients, incompatible purposes, the other grounds of section 11. Live calls count as electronic.
"""

from typing import Final

from hub.policy.common import (
    CHILD,
    CONSENT_REFUSED,
    CONTRACT,
    GUARDIAN,
    LEGITIMATE_INTEREST,
    NEW,
    PUBLIC_TASK,
    UNCOVERED,
    UNSAFE,
    VITAL_INTEREST,
    automated,
    bad_footer,
    consented,
    electronic,
    express,
    marketing,
    not_authorised,
    objecting,
    other_basis,
    outflow,
    promo,
    refuses_marketing,
    required_by_law,
    service_message,
    soft_opt_in,
    special,
    trade,
    unnotified,
    za_prior,
)
from hub.policy.rule import ALLOW, CONSENT_NEEDED, DENY, FORMALITY_NEEDED, NOTICE_NEEDED, Rule, otherwise

RULES: Final = (
    Rule(
        id="za.s11-law",
        citation="POPIA (Act 4 of 2013) s 11(1)(c)",
        when=required_by_law,
        outcome=ALLOW,
        staff="A South African law requires this.",
        customer="The law requires us to do this.",
    ),
    Rule(
        id="za.s69-2-once",
        citation="POPIA s 69(2)(a)",
        when=lambda facts: promo(facts) and facts.consent is CONSENT_REFUSED,
        outcome=DENY,
        staff="The person has already withheld consent; we may ask only once, so do not ask or send.",
        customer="You said no to marketing once, and we will not ask again.",
    ),
    Rule(
        id="za.s11-3b-opt-out",
        citation="POPIA s 11(2)(b), 11(3)(b), 11(4), 69(3)(c)",
        when=refuses_marketing,
        outcome=DENY,
        staff="The person objected to direct marketing or withdrew consent; stop.",
        customer="You asked us not to market to you, so we will not.",
    ),
    Rule(
        id="za.cpa-block",
        citation=(
            "Consumer Protection Act 68 of 2008 s 11(3)-(4); CPA Amendment Regulations of 15 April 2026"
        ),
        when=lambda facts: promo(facts) and electronic(facts) and facts.registry_block,
        outcome=DENY,
        staff=(
            "A pre-emptive block is on the national opt-out registry; whether older consent survives it"
            " is unsettled, so stop."
        ),
        customer=(
            "You blocked direct marketing on the national registry, so we will not contact you to sell."
        ),
    ),
    Rule(
        id="za.s11-3a-objection",
        citation="POPIA s 11(3)(a), 11(4); Regulation 2, Form 1",
        when=lambda facts: (
            objecting(facts) and facts.basis in (LEGITIMATE_INTEREST, PUBLIC_TASK, VITAL_INTEREST)
        ),
        outcome=DENY,
        staff="A Form 1 objection is open or upheld and this relies on s 11(1)(d)-(f); stop.",
        customer="You objected to this use, so we have stopped it.",
    ),
    Rule(
        id="za.s35-child",
        citation="POPIA ss 34-35",
        when=lambda facts: (
            facts.age is CHILD and facts.consent is not GUARDIAN and not facts.special_condition
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "Data of a person under 18 may be processed only with a competent person's consent or "
            "another s 35 ground."
        ),
        customer="Because you are under 18, a parent or guardian has to agree first.",
    ),
    Rule(
        id="za.s26-special",
        citation="POPIA ss 26-27, 33",
        when=lambda facts: (
            special(facts) and not consented(facts) and (marketing(facts) or not facts.special_condition)
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "Special personal information, including biometrics and criminal behaviour, needs consent "
            "or a listed ground."
        ),
        customer="This is sensitive information, so we need your agreement first.",
    ),
    Rule(
        id="za.s57-prior",
        citation="POPIA ss 57-58",
        when=lambda facts: za_prior(facts) and not_authorised(facts),
        outcome=FORMALITY_NEEDED,
        staff=(
            "Prior authorisation from the Information Regulator is needed: fraud or conduct reports for"
            " others, linking identifiers, or risky transfers."
        ),
        customer="We must get the Information Regulator's approval before doing this.",
    ),
    Rule(
        id="za.service-message",
        citation="POPIA s 11(1)(b); not direct marketing under s 1",
        when=service_message,
        outcome=ALLOW,
        staff="A message about the customer's own account or service is not direct marketing.",
        customer="This is information about your account, not advertising.",
    ),
    Rule(
        id="za.s18-notice",
        citation="POPIA s 18; Regulation 2 (as amended 17 April 2025)",
        when=unnotified,
        outcome=NOTICE_NEEDED,
        staff=(
            "The person has not been told what is collected, why, and of the right to object; give the "
            "notice."
        ),
        customer="We need to tell you what we collect and why before we go further.",
    ),
    Rule(
        id="za.s72-transfer",
        citation="POPIA s 72",
        when=lambda facts: facts.destination is UNSAFE,
        outcome=DENY,
        staff="The foreign recipient is not bound to adequate protection and no other s 72 ground applies.",
        customer="We will not send your details abroad without proper protection.",
    ),
    Rule(
        id="za.s69-4-footer",
        citation="POPIA s 69(4)",
        when=bad_footer,
        outcome=DENY,
        staff="Every direct-marketing message must identify the sender and give an address to stop it.",
        customer="Marketing from us must say who it is from and let you opt out.",
    ),
    Rule(
        id="za.s71-automated",
        citation="POPIA s 71",
        when=lambda facts: automated(facts) and facts.basis is not CONTRACT and not facts.special_condition,
        outcome=DENY,
        staff=(
            "No solely automated profile may decide something serious, except for a contract with "
            "safeguards or under a law or code."
        ),
        customer="We do not let a computer alone decide something this important about you.",
    ),
    Rule(
        id="za.s69-1a-consent",
        citation="POPIA s 69(1)(a), 69(2)(b); Regulation 6, Form 4",
        when=lambda facts: promo(facts) and electronic(facts) and express(facts),
        outcome=ALLOW,
        staff="Consent in the form of Form 4 (or substantially similar) is on record.",
        customer="You agreed to receive these messages.",
    ),
    Rule(
        id="za.s69-3-customer",
        citation="POPIA s 69(1)(b), 69(3)",
        when=lambda facts: promo(facts) and electronic(facts) and soft_opt_in(facts),
        outcome=ALLOW,
        staff=(
            "Existing customer, details from a sale, our own similar products, chance to object given "
            "then and each time."
        ),
        customer=(
            "You are a customer, so we may tell you about similar products; you can opt out at any time."
        ),
    ),
    Rule(
        id="za.s69-form4",
        citation="POPIA s 69(1)-(2); Regulation 6, Form 4",
        when=lambda facts: promo(facts) and electronic(facts),
        outcome=CONSENT_NEEDED,
        staff=(
            "Electronic marketing to this person needs Form 4 consent; an opt-out box is not consent; "
            "ask once only."
        ),
        customer="We need your written agreement before sending you this kind of message.",
    ),
    Rule(
        id="za.consent",
        citation="POPIA s 11(1)(a)",
        when=consented,
        outcome=ALLOW,
        staff="The person consented to exactly this purpose and recipient.",
        customer="You agreed to this.",
    ),
    Rule(
        id="za.share",
        citation="POPIA ss 11, 13, 15",
        when=lambda facts: trade(facts) or (outflow(facts) and marketing(facts)),
        outcome=CONSENT_NEEDED,
        staff="Selling, pooling or passing details on for marketing needs consent.",
        customer="We will not sell or pass on your details unless you agree.",
    ),
    Rule(
        id="za.recipient",
        citation="POPIA s 18(1)(h)(i)",
        when=lambda facts: outflow(facts) and facts.recipient is UNCOVERED,
        outcome=NOTICE_NEEDED,
        staff="The notice does not mention this recipient or its category; tell the person first.",
        customer="We must tell you about this recipient before sharing your details.",
    ),
    Rule(
        id="za.s15-incompatible",
        citation="POPIA s 15(1)-(3)",
        when=lambda facts: facts.purpose_fit is NEW,
        outcome=CONSENT_NEEDED,
        staff="Further processing is not compatible with the purpose of collection; consent is required.",
        customer="This is a new use of your details, so we need your agreement.",
    ),
    Rule(
        id="za.s11-basis",
        citation="POPIA s 11(1)(b), (d)-(f)",
        when=other_basis,
        outcome=ALLOW,
        staff=(
            "Justified without consent: contract, the person's or our legitimate interest, or a public duty."
        ),
        customer=(
            "We have a lawful reason for this that does not depend on your consent; ask us and we will "
            "explain it."
        ),
    ),
    Rule(
        id="za.default",
        citation="POPIA s 11(1)(a)",
        when=otherwise,
        outcome=CONSENT_NEEDED,
        staff="No other s 11 ground is recorded; get consent.",
        customer="We need your agreement before using your details this way.",
    ),
)
