"""What an ALLOW asks of the one who acts on it: duties that come with the act, not with the permission."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.policy.common import EMAIL, automated, e_message, outflow, promo, trade
from hub.policy.facts import Facts
from hub.policy.values import Act, Channel, Destination, Jurisdiction


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty: ``code`` for programs, a sentence for staff, the provision it rests on."""

    code: str
    text: str
    citation: str

    def to_dict(self) -> dict[str, str]:
        """Write the duty as plain values, ready for JSON."""
        return {"code": self.code, "text": self.text, "citation": self.citation}


@dataclass(frozen=True, slots=True)
class _Duty:
    code: str
    text: str
    applies: Callable[[Facts], bool]
    citations: dict[Jurisdiction, str]


_J: Final = Jurisdiction
_HOUSE: Final = "house rule"

_DUTIES: Final = (
    _Duty(
        "message.sender_and_opt_out",
        "Say who sends the message and carry a working, free way to opt out.",
        promo,
        {
            _J.AU: "Spam Act 2003 (Cth) ss 17-18; APP 7.2(c)",
            _J.UK: "PECR 2003 regs 22(3)(c), 23, 24",
            _J.ZA: "POPIA s 69(4)",
            _J.MA: "Law 09-08 art 10",
            _J.EU: "Directive 2002/58/EC art 13(2), (4)",
            _J.US_CA: "CAN-SPAM, 15 USC §7704(a)",
        },
    ),
    _Duty(
        "message.honour_opt_out",
        "Put an opt-out into effect at once; the law's own limit is longer in some places.",
        promo,
        {
            _J.AU: "Spam Act 2003 (Cth) Sch 2 cl 6: 5 business days",
            _J.UK: "UK GDPR art 21(3)",
            _J.ZA: "POPIA s 11(4)",
            _J.MA: "Law 09-08 art 9",
            _J.EU: "GDPR art 21(3)",
            _J.US_CA: "CAN-SPAM, 15 USC §7704(a)(4): 10 business days",
        },
    ),
    _Duty(
        "message.settings_link",
        "End the email with a section in which the customer can change their settings.",
        lambda facts: facts.act is Act.MESSAGE and facts.channel is EMAIL,
        {},
    ),
    _Duty(
        "message.wash_list",
        "Call only numbers checked against the national register within its period.",
        lambda facts: promo(facts) and facts.channel in {Channel.PHONE, Channel.AUTO_CALL},
        {
            _J.AU: "Do Not Call Register Act 2006 (Cth): 30 days",
            _J.UK: "PECR 2003 reg 21: 28 days",
            _J.ZA: "Consumer Protection Act 68 of 2008 s 11: monthly",
            _J.US_CA: "16 CFR §310.4(b)(3)(iv): 31 days",
        },
    ),
    _Duty(
        "disclosure.minimise",
        "Hand over only the categories asked about, and record the disclosure.",
        outflow,
        {
            _J.AU: "APP 6.1, 6.2",
            _J.UK: "UK GDPR arts 5(1)(c), 30(1)(d)",
            _J.ZA: "POPIA ss 10, 17",
            _J.MA: "Law 09-08 art 3(1)(c)",
            _J.EU: "GDPR arts 5(1)(c), 30(1)(d)",
            _J.US_CA: "Civ. Code §1798.100(c)",
        },
    ),
    _Duty(
        "disclosure.decide_again",
        "Ask again at the moment of handing over: a withdrawal in between wins.",
        lambda facts: outflow(facts) or promo(facts) or e_message(facts),
        {},
    ),
    _Duty(
        "sale.contract_terms",
        "Have the written terms with the buyer in place.",
        trade,
        {_J.US_CA: "Civ. Code §1798.100(d)"},
    ),
    _Duty(
        "transfer.keep_safeguard",
        "Keep the contract or binding rules that protect the transfer in force.",
        lambda facts: facts.destination is Destination.SAFEGUARDED,
        {_J.AU: "APP 8.1", _J.UK: "UK GDPR art 46", _J.ZA: "POPIA s 72(1)(a)", _J.EU: "GDPR art 46"},
    ),
    _Duty(
        "automated.safeguards",
        "Tell the person, let them say their piece, reach a human and contest the decision.",
        automated,
        {
            _J.AU: "APP 1.7-1.9",
            _J.UK: "UK GDPR art 22C",
            _J.ZA: "POPIA s 71(3)",
            _J.MA: "Law 09-08 art 11",
            _J.EU: "GDPR art 22(3)",
            _J.US_CA: "11 CCR §§7200-7222",
        },
    ),
)


DUTIES: Final[Mapping[str, str]] = {duty.code: duty.text for duty in _DUTIES}
"""Every duty there is by its code, with its English sentence."""


def obligations(facts: Facts) -> tuple[Obligation, ...]:
    """List what comes with an ALLOW on these facts, in a fixed order."""
    return tuple(
        Obligation(duty.code, duty.text, duty.citations.get(facts.jurisdiction, _HOUSE))
        for duty in _DUTIES
        if duty.applies(facts)
    )
