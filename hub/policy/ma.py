"""Morocco: Law 09-08 on the processing of personal data, and the practice of its authority, the CNDP.

1-4   opposition, data on offences, a refusal by the authority;
5-11  formalities, since an undeclared file is an offence: authorisation, declaration, transfers;
12-17 what a law requires, sensitive data, service messages, information, the footer, automated decisions;
18-21 consent, prospection by email to customers or by consent, third parties;
22-23 the other grounds of article 4. Scoring and fraud alerts are house rules: the Law has no such words.
"""

from typing import Final

from hub.policy.common import (
    AUTHORITY_REFUSED,
    AUTO_CALL,
    BIOMETRIC,
    CONTRACT,
    CRIMINAL,
    EMAIL,
    FRAUD,
    LEGAL_OBLIGATION,
    NATIONAL_ID,
    NO_EFFECT,
    POOL,
    PROFILE,
    RECEIPT_PENDING,
    SENSITIVE,
    UNCOVERED,
    UNDECLARED,
    UNSAFE,
    automated,
    bad_footer,
    consented,
    e_message,
    express,
    marketing,
    not_authorised,
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
from hub.policy.rule import ALLOW, CONSENT_NEEDED, DENY, FORMALITY_NEEDED, NOTICE_NEEDED, Rule, otherwise

RULES: Final = (
    Rule(
        id="ma.art9-marketing",
        citation="Law 09-08 arts 9 (para 2), 10",
        when=refuses_marketing,
        outcome=DENY,
        staff="The person opposed prospection; that right is free and needs no reason.",
        customer="You asked us not to market to you, so we will not.",
    ),
    Rule(
        id="ma.art9-objection",
        citation="Law 09-08 art 9 (paras 1, 3)",
        when=lambda facts: objecting(facts) and facts.basis is not LEGAL_OBLIGATION,
        outcome=DENY,
        staff=(
            "An opposition on legitimate grounds is open or upheld; stop unless the law requires the "
            "processing."
        ),
        customer="You objected to this use, so we have stopped it.",
    ),
    Rule(
        id="ma.art49-offences",
        citation="Law 09-08 arts 12(1)(d), 49, 50",
        when=lambda facts: facts.data is CRIMINAL,
        outcome=DENY,
        staff="A private business may not process offences, convictions or lists of suspects.",
        customer="We are not allowed to keep or share this kind of information.",
    ),
    Rule(
        id="ma.refused",
        citation="Law 09-08 arts 12, 51, 52",
        when=lambda facts: facts.formality is AUTHORITY_REFUSED,
        outcome=DENY,
        staff="The CNDP refused or withdrew its receipt or authorisation; the processing must not run.",
        customer="The data protection authority did not allow this, so we do not do it.",
    ),
    Rule(
        id="ma.scoring",
        citation="Law 09-08 arts 11, 12(1), 20 (house rule)",
        when=lambda facts: (
            facts.act is PROFILE and facts.profile_effect is not NO_EFFECT and not_authorised(facts)
        ),
        outcome=FORMALITY_NEEDED,
        staff="Scoring that can exclude people from a service needs CNDP authorisation before it starts.",
        customer=(
            "We must get the authority's approval before scoring that could exclude you from a service."
        ),
    ),
    Rule(
        id="ma.fraud-alert",
        citation="Law 09-08 arts 12(1), 20, 50 (house rule)",
        when=lambda facts: facts.purpose_kind is FRAUD and not_authorised(facts),
        outcome=FORMALITY_NEEDED,
        staff="Fraud and risk alert systems need CNDP authorisation and strict legal review.",
        customer="We must get the authority's approval before using an alert system about customers.",
    ),
    Rule(
        id="ma.art12-pooling",
        citation="Law 09-08 arts 1(11), 12(1)(f)",
        when=lambda facts: facts.act is POOL and not_authorised(facts),
        outcome=FORMALITY_NEEDED,
        staff="Pooling or matching files with another organisation needs CNDP authorisation.",
        customer="We must get the authority's approval before combining files with another company.",
    ),
    Rule(
        id="ma.art12-data",
        citation="Law 09-08 arts 12(1)(a), (c), (e), 21",
        when=lambda facts: facts.data in (SENSITIVE, BIOMETRIC, NATIONAL_ID) and not_authorised(facts),
        outcome=FORMALITY_NEEDED,
        staff="Sensitive data, biometrics or the national identity number need CNDP authorisation.",
        customer="We must get the authority's approval before using this kind of information.",
    ),
    Rule(
        id="ma.art12-other-purpose",
        citation="Law 09-08 arts 3(1)(b), 12(1)(b), 54",
        when=lambda facts: not promised_purpose(facts) and not_authorised(facts),
        outcome=FORMALITY_NEEDED,
        staff="This is not the declared purpose; using data for another purpose needs CNDP authorisation.",
        customer="We must get the authority's approval before using your details for something else.",
    ),
    Rule(
        id="ma.art12-declaration",
        citation="Law 09-08 arts 12(2), 13-15, 19",
        when=lambda facts: facts.formality in (UNDECLARED, RECEIPT_PENDING),
        outcome=FORMALITY_NEEDED,
        staff="No CNDP receipt yet: the file must be declared before the processing starts.",
        customer="We must register this file with the authority before we use it.",
    ),
    Rule(
        id="ma.art43-transfer",
        citation="Law 09-08 arts 43-44",
        when=lambda facts: facts.destination is UNSAFE,
        outcome=FORMALITY_NEEDED,
        staff=(
            "The country is not on the CNDP list; get an express CNDP authorisation or another art 44 ground."
        ),
        customer="We must get the authority's approval before sending your details abroad.",
    ),
    Rule(
        id="ma.art4-law",
        citation="Law 09-08 art 4(a)",
        when=required_by_law,
        outcome=ALLOW,
        staff="A Moroccan law requires this.",
        customer="The law requires us to do this.",
    ),
    Rule(
        id="ma.art21-sensitive",
        citation="Law 09-08 arts 21(2)-(3), 57",
        when=lambda facts: (
            facts.data in (SENSITIVE, BIOMETRIC)
            and not express(facts)
            and (marketing(facts) or not facts.special_condition)
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "Even when authorised, sensitive data needs the person's express consent or another art 21 "
            "ground."
        ),
        customer="This is sensitive information, so we need your clear agreement first.",
    ),
    Rule(
        id="ma.service-message",
        citation="Law 09-08 art 4(b); not prospection under art 10",
        when=service_message,
        outcome=ALLOW,
        staff="A message about the customer's own contract or service is not prospection.",
        customer="This is information about your account, not advertising.",
    ),
    Rule(
        id="ma.art5-notice",
        citation="Law 09-08 arts 3(1)(a), 5",
        when=unnotified,
        outcome=NOTICE_NEEDED,
        staff="The person has not been informed as art 5 requires, including the CNDP receipt number.",
        customer="We need to tell you who we are and why we use your details before we go further.",
    ),
    Rule(
        id="ma.art10-footer",
        citation="Law 09-08 art 10 (last paras)",
        when=bad_footer,
        outcome=DENY,
        staff="A prospection message may not hide the sender and must give a free way to stop it.",
        customer="Marketing from us must say who it is from and let you stop it for free.",
    ),
    Rule(
        id="ma.art11-automated",
        citation="Law 09-08 art 11",
        when=lambda facts: automated(facts) and facts.basis is not CONTRACT,
        outcome=DENY,
        staff=(
            "No decision with legal effect may rest only on an automated profile, outside a contract "
            "where the person was heard."
        ),
        customer="We do not let a computer alone decide something this important about you.",
    ),
    Rule(
        id="ma.consent",
        citation="Law 09-08 arts 1(9), 4, 10",
        when=consented,
        outcome=ALLOW,
        staff="The person consented to exactly this purpose, channel and recipient.",
        customer="You agreed to this.",
    ),
    Rule(
        id="ma.art10-customer",
        citation="Law 09-08 art 10 (para 4)",
        when=lambda facts: promo(facts) and facts.channel is EMAIL and soft_opt_in(facts),
        outcome=ALLOW,
        staff=(
            "Email only: details taken directly from the customer in a sale, our own similar products, "
            "opt-out offered then and each time."
        ),
        customer=(
            "You are a customer, so we may email you about similar products; you can opt out for free "
            "at any time."
        ),
    ),
    Rule(
        id="ma.art10-consent",
        citation="Law 09-08 art 10 (paras 1-2)",
        when=lambda facts: promo(facts) and (e_message(facts) or facts.channel is AUTO_CALL),
        outcome=CONSENT_NEEDED,
        staff="Prospection by automated call, email, text or similar needs prior consent.",
        customer="We need your agreement before sending you this kind of message.",
    ),
    Rule(
        id="ma.art4-third-party",
        citation="Law 09-08 art 4 (para 2), 15(i)",
        when=lambda facts: (
            trade(facts) or (outflow(facts) and (marketing(facts) or facts.recipient is UNCOVERED))
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "Selling, renting, pooling or passing the file to an unannounced third party needs prior consent."
        ),
        customer="We will not sell or pass on your details unless you agree.",
    ),
    Rule(
        id="ma.art4-basis",
        citation="Law 09-08 art 4(b)-(e)",
        when=other_basis,
        outcome=ALLOW,
        staff=(
            "Consent is not required: contract, vital interest, public task or balanced legitimate interest."
        ),
        customer=(
            "We have a lawful reason for this that does not depend on your consent; ask us and we will "
            "explain it."
        ),
    ),
    Rule(
        id="ma.default",
        citation="Law 09-08 art 4 (para 1)",
        when=otherwise,
        outcome=CONSENT_NEEDED,
        staff="Processing needs the person's clear consent unless an art 4 exception is recorded.",
        customer="We need your agreement before using your details this way.",
    ),
)
