"""United Kingdom: the UK GDPR, the Data Protection Act 2018, and the PECR 2003 on electronic messages.

1-5   what a law requires, objections to marketing and otherwise, children, special-category data;
6-9   service messages, the privacy notice, transfers, the footer;
10-15 consent; calls and the preference service; the soft opt-in, for active accounts only, and its limits;
16-19 passing on for marketing, recipients, new and further purposes;
20-21 the other lawful bases, and otherwise consent. Company addresses are treated as individuals' (stricter).
"""

from typing import Final

from hub.policy.common import (
    AUTO_CALL,
    CLOSED,
    LEGITIMATE_INTEREST,
    NEW,
    OWN_SIMILAR,
    PHONE,
    PUBLIC_TASK,
    RECOGNISED_INTEREST,
    UNCOVERED,
    UNSAFE,
    bad_footer,
    child_gate,
    consented,
    e_message,
    express,
    marketing,
    objecting,
    other_basis_uk,
    outflow,
    promised_purpose,
    promo,
    refuses_marketing,
    required_by_law,
    service_message,
    soft_opt_in_uk,
    special,
    trade,
    unnotified,
)
from hub.policy.rule import ALLOW, CONSENT_NEEDED, DENY, NOTICE_NEEDED, Rule, otherwise

RULES: Final = (
    Rule(
        id="uk.art6-law",
        citation="UK GDPR art 6(1)(c)",
        when=required_by_law,
        outcome=ALLOW,
        staff="A UK law requires this.",
        customer="The law requires us to do this.",
    ),
    Rule(
        id="uk.art21-marketing",
        citation="UK GDPR arts 7(3), 21(2)-(3); PECR 2003 regs 21-22",
        when=refuses_marketing,
        outcome=DENY,
        staff="The customer objected to or unsubscribed from marketing; the right to stop it is absolute.",
        customer="You unsubscribed, so we will not send you marketing.",
    ),
    Rule(
        id="uk.art21-objection",
        citation="UK GDPR arts 18(1)(d), 21(1)",
        when=lambda facts: (
            objecting(facts) and facts.basis in (LEGITIMATE_INTEREST, RECOGNISED_INTEREST, PUBLIC_TASK)
        ),
        outcome=DENY,
        staff=(
            "An objection is open or upheld and this relies on our interests; stop unless compelling "
            "grounds are recorded."
        ),
        customer="You objected to this use, so we have stopped it.",
    ),
    Rule(
        id="uk.child",
        citation="UK GDPR art 8, recital 38; DPA 2018 s 9",
        when=child_gate,
        outcome=CONSENT_NEEDED,
        staff="The person is under 13; a parent or guardian must agree.",
        customer="Because of your age, a parent or guardian has to agree first.",
    ),
    Rule(
        id="uk.art9-special",
        citation="UK GDPR arts 9(1)-(2), 10; DPA 2018 ss 10-11, Sch 1",
        when=lambda facts: (
            special(facts) and not express(facts) and (marketing(facts) or not facts.special_condition)
        ),
        outcome=CONSENT_NEEDED,
        staff=(
            "Special-category or criminal-record data needs explicit consent or another documented condition."
        ),
        customer="This is sensitive information, so we need your clear agreement first.",
    ),
    Rule(
        id="uk.service-message",
        citation="UK GDPR art 6(1)(b),(f); PECR regs 22-23 do not apply to service messages",
        when=service_message,
        outcome=ALLOW,
        staff="Key information about the account may be sent whether or not there is marketing consent.",
        customer="This is information about your account, not advertising.",
    ),
    Rule(
        id="uk.art13-notice",
        citation="UK GDPR arts 5(1)(a), 13-14",
        when=unnotified,
        outcome=NOTICE_NEEDED,
        staff="No complete privacy notice has been given; give it first.",
        customer="We need to tell you how we use your data before we go further.",
    ),
    Rule(
        id="uk.transfer",
        citation="UK GDPR Chapter V",
        when=lambda facts: facts.destination is UNSAFE,
        outcome=DENY,
        staff="No adequacy regulations, safeguards or valid derogation cover this country.",
        customer="We will not send your details abroad without proper protection.",
    ),
    Rule(
        id="uk.reg23-footer",
        citation="PECR 2003 regs 22(3)(c), 23, 24",
        when=bad_footer,
        outcome=DENY,
        staff="Every marketing message must show who sent it and give a valid way to unsubscribe.",
        customer="Marketing from us must say who it is from and let you unsubscribe.",
    ),
    Rule(
        id="uk.consent",
        citation="UK GDPR arts 6(1)(a), 7; PECR regs 19, 21(4), 22(2)",
        when=consented,
        outcome=ALLOW,
        staff="The customer consented to exactly this purpose, channel and recipient.",
        customer="You agreed to this.",
    ),
    Rule(
        id="uk.reg21-tps",
        citation="PECR 2003 reg 21(1)(b)",
        when=lambda facts: promo(facts) and facts.channel is PHONE and facts.registry_block,
        outcome=DENY,
        staff="The number is registered with the TPS or CTPS and the person has not agreed to our calls.",
        customer="Your number is on the Telephone Preference Service, so we will not call you to sell.",
    ),
    Rule(
        id="uk.reg22-offer",
        citation="PECR 2003 reg 22(2), 22(3)(b)",
        when=lambda facts: promo(facts) and e_message(facts) and facts.offer is not OWN_SIMILAR,
        outcome=CONSENT_NEEDED,
        staff=(
            "Unrelated marketing (merchandise, a third party's products) falls outside the soft opt-in;"
            " get consent."
        ),
        customer="This is not about the service you signed up for, so we need your agreement first.",
    ),
    Rule(
        id="uk.reg22-inactive",
        citation="PECR 2003 reg 22(2) (house policy: active accounts only)",
        when=lambda facts: promo(facts) and e_message(facts) and facts.relationship is CLOSED,
        outcome=CONSENT_NEEDED,
        staff=(
            "The account is closed; we rely on the soft opt-in only for active customers, so get consent."
        ),
        customer="Your account is closed, so we will not send you offers unless you ask us to.",
    ),
    Rule(
        id="uk.reg22-soft-opt-in",
        citation="PECR 2003 reg 22(3)",
        when=lambda facts: promo(facts) and e_message(facts) and soft_opt_in_uk(facts),
        outcome=ALLOW,
        staff=(
            "Soft opt-in: details from a sale or its negotiation, our own similar services, opt-out "
            "offered then and now."
        ),
        customer=(
            "You are a customer, so we may tell you about similar services; you can unsubscribe at any time."
        ),
    ),
    Rule(
        id="uk.pecr-consent",
        citation="PECR 2003 regs 19, 22(2)",
        when=lambda facts: promo(facts) and (e_message(facts) or facts.channel is AUTO_CALL),
        outcome=CONSENT_NEEDED,
        staff="Marketing by email, text, app message or automated call needs consent here.",
        customer="We need your agreement before sending you this kind of message.",
    ),
    Rule(
        id="uk.share-marketing",
        citation="UK GDPR arts 5(1)(a), 6(1)(a)",
        when=lambda facts: trade(facts) or (outflow(facts) and marketing(facts)),
        outcome=CONSENT_NEEDED,
        staff=(
            "Passing or trading data so that others can market needs the customer's consent, naming them."
        ),
        customer="We will not pass your details to others for marketing unless you agree.",
    ),
    Rule(
        id="uk.recipient",
        citation="UK GDPR arts 13(1)(e), 14(1)(e)",
        when=lambda facts: outflow(facts) and facts.recipient is UNCOVERED,
        outcome=NOTICE_NEEDED,
        staff="The privacy notice does not name this recipient or its category; update and give it first.",
        customer="We must tell you about this recipient before sharing your details.",
    ),
    Rule(
        id="uk.new-purpose",
        citation="UK GDPR arts 5(1)(b), 8A",
        when=lambda facts: facts.purpose_fit is NEW,
        outcome=CONSENT_NEEDED,
        staff="The purpose is not compatible with the one the data was collected for; get consent.",
        customer="This is a new use of your details, so we need your agreement.",
    ),
    Rule(
        id="uk.further-notice",
        citation="UK GDPR arts 13(3), 14(4)",
        when=lambda facts: not promised_purpose(facts),
        outcome=NOTICE_NEEDED,
        staff="Compatible further purpose, but it was not in the notice; tell the customer first.",
        customer="We must tell you about this further use before we start.",
    ),
    Rule(
        id="uk.art6-basis",
        citation="UK GDPR art 6(1)(b), (d), (e), (ea), (f)",
        when=other_basis_uk,
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
        id="uk.default",
        citation="UK GDPR art 6(1)",
        when=otherwise,
        outcome=CONSENT_NEEDED,
        staff="No other lawful basis is recorded; ask for consent or record a valid basis.",
        customer="We need your agreement before using your details this way.",
    ),
)
