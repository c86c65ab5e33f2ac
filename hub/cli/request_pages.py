"""The law of rights requests as a page to read: which right exists where, until when, and what an answer must say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from hub.policy.values import Jurisdiction
from hub.policy.words import ENGLISH
from hub.rights import reasons
from hub.rights.law import (
    CALENDARS,
    CHECKED_ON,
    PLACES,
    RIGHTS,
    Checking,
    Extension,
    Fee,
    Period,
    Regulator,
    Right,
    Telling,
    Timing,
)
from hub.rights.values import FeeCode, Identity, Kind, RestsOn, Rolls, Standing, Start, Told, Unit, Unless

PAGE: Final = "requests.md"
CAUTION: Final = (
    f"Provisions checked on {CHECKED_ON.day} {CHECKED_ON:%B %Y}. **This is not legal advice**: it says what the"
    " software does, and counsel signs it off before it is used."
)
NAMES: Final[Mapping[Kind, str]] = {
    Kind.ACCESS: "access",
    Kind.PORTABILITY: "portability",
    Kind.RECTIFICATION: "correction",
    Kind.DELETION: "deletion",
    Kind.OBJECTION: "objection (not marketing)",
    Kind.RESTRICTION: "restriction",
    Kind.STOP_MARKETING: "stop marketing",
    Kind.STOP_SHARING: "stop sharing or sale",
    Kind.LIMIT_SENSITIVE: "limit sensitive data",
    Kind.EXPLANATION: "explanation of an automated decision",
    Kind.WITHDRAW_CONSENT: "withdraw consent",
    Kind.COMPLAINT: "complaint to us",
}
STANDINGS: Final = {Standing.STATUTORY: "yes", Standing.HOUSE: "house policy", Standing.NONE: "not offered"}
UNITS: Final = {
    Unit.MONTHS: ("month", "months"),
    Unit.DAYS: ("calendar day", "calendar days"),
    Unit.CLEAR_DAYS: ("clear day", "clear days"),
    Unit.BUSINESS_DAYS: ("business day", "business days"),
}
RESTS: Final = {RestsOn.LAW: "", RestsOn.GUIDANCE: " (guidance)", RestsOn.HOUSE: " (house rule)"}
MOVES: Final = {
    Rolls.NO: "a last day stays where it is, also on a weekend or holiday",
    Rolls.WEEKENDS_AND_HOLIDAYS: "a last day on a weekend or holiday moves to the next working day",
    Rolls.SUNDAYS_AND_HOLIDAYS: "a last day on a Sunday or holiday moves on; a Saturday stays",
}
WAITS: Final = {Start.IDENTITY: "proof of identity", Start.FEE: "the fee"}
IDENTITIES: Final = {
    Identity.NONE: "none",
    Identity.CONTACT: "a code to a known address",
    Identity.REASONABLE: "reasonable",
    Identity.HIGH: "high",
}
FEES: Final = {
    FeeCode.FREE: "free",
    FeeCode.FREE_UNLESS_EXCESSIVE: "free, unless manifestly unfounded or excessive",
    FeeCode.COST_NOT_EXCESSIVE: "asking is free; giving access may cost what is not excessive",
    FeeCode.COPY_COST: "confirmation is free; a copy may cost its making, by written estimate",
}
TOLD: Final = {
    Told.EACH_RECIPIENT: "each recipient",
    Told.ON_REQUEST: "earlier recipients, if the person asks",
    Told.WHERE_DECISIONS_CHANGE: "recipients whose decisions it changes",
    Told.CONTRACTORS: "service providers and contractors",
    Told.CONTRACTORS_AND_BUYERS: "service providers, contractors, and whom it was sold to or shared with",
}
UNLESS: Final = {
    Unless.NEVER: "",
    Unless.IMPOSSIBLE: ", unless impossible",
    Unless.IMPOSSIBLE_OR_DISPROPORTIONATE: ", unless impossible or disproportionate",
    Unless.IMPRACTICABLE_OR_UNLAWFUL: ", unless impracticable or unlawful",
}
SAYINGS: Final = {
    "REASONS": "reasons",
    "COMPLAIN_TO_US": "complaint to us",
    "REGULATOR": "the regulator",
    "COURT": "court",
    "STATEMENT": "that a statement of the person's own goes with the data",
    "OPT_OUT_INSTEAD": "that sale and sharing can still be stopped",
}
NOTHING: Final = "-"


def request_page(made: str) -> str:
    """Make the page; made: the line that says how."""
    return (
        "\n\n".join([made, *_opening(), *(block for place in Jurisdiction for block in _place(place))]) + "\n"
    )


def _opening() -> Iterator[str]:
    yield "# What customers may ask for"
    yield CAUTION
    yield (
        "Rights by jurisdiction: whether the law gives them or the house honours them, until when they are answered,"
        " why they may be refused, and who hears of it. `hub clock` works a time limit out step by step. The day of"
        " receipt does not count unless it is said; an extension is counted from the same start, and the person must be"
        " told of it within the first period. Where several laws protect a customer, the earliest day counts."
    )
    yield (
        "*House policy*: the law gives no such right, and it is honoured all the same. *House rule*, *guidance*: the"
        " law names no number of days, and this is ours, or a regulator's reading."
    )


def _place(jurisdiction: Jurisdiction) -> Iterator[str]:
    place = PLACES[jurisdiction]
    yield f"## {place.name}"
    yield "\n".join([
        f"- Complaints: {'; '.join(_regulator(each) for each in place.regulators)}",
        *_authorities(place.authorities),
        f"- A refusal comes {place.refused_within} and says: {_says(place.refusal.codes)} ({place.refusal.cites})",
        f"- Fee: {_fee(place.fee)}",
        f"- Identity: {place.identity_cites}",
        f"- Holidays: {CALENDARS[jurisdiction]['cites']}",
        f"- Days are {place.days}",
    ])  # fmt: skip
    rights = [RIGHTS[jurisdiction, kind] for kind in Kind]
    yield _table(
        ("right", "exists", "rests on", "last day", "extension", "confirm receipt"), map(_limits, rights)
    )
    yield "Conduct:"
    offered = [right for right in rights if right.is_offered]
    heads = ("right", "identity (sensitive data)", "who else is told", "fee", "a refusal also says")
    yield _table(heads, map(_conduct, offered))
    yield "\n".join(f"- {NAMES[right.kind]}: {each}" for right in offered for each in right.conduct)
    yield "Time limits:"
    yield "\n".join(_timings(offered))
    yield "Grounds for refusing:"
    grounds = [(kind, each) for kind in Kind for each in reasons.refusals(jurisdiction, kind)]
    yield _table(("right", "ground", "rests on", "to the customer"), (_ground(*each) for each in grounds))
    yield "What may stay when the rest is deleted:"
    kept = reasons.exceptions(jurisdiction)
    yield _table(("exception", "rests on", "to the customer"), (_ground(None, each)[1:] for each in kept))


def _regulator(regulator: Regulator) -> str:
    full = f", {regulator.full}" if regulator.full else ""
    becomes = f", to become the {regulator.becomes}" if regulator.becomes else ""
    return f"[{regulator.name}]({regulator.web}){full}{becomes}: {regulator.about} ({regulator.cites})"


def _authorities(authorities: Mapping[str, Regulator]) -> Iterator[str]:
    for country, each in authorities.items():
        yield f"  - {country}: [{each.name}]({each.web})"


def _says(codes: Iterable[str]) -> str:
    return ", ".join(SAYINGS[code] for code in codes) or NOTHING


def _limits(right: Right) -> tuple[str, ...]:
    exists = STANDINGS[right.standing]
    if right.since:
        exists += f" from {right.since.day} {right.since:%B %Y}; house policy before"
    timing, unsure = right.timing, "" if right.confirmed else " (not confirmed)"
    if timing is None:
        return NAMES[right.kind], exists, right.cites, *[NOTHING] * 3
    due = _period(timing.due) if timing.due else "none named; without undue delay"
    aim = f"; we aim for {_period(timing.target)}" if timing.target else ""
    more = timing.extension
    extension = f"{_amount(more.amount, more.unit)} more" if more else NOTHING
    return NAMES[right.kind], exists, right.cites, due + unsure + aim, extension, _period(timing.acknowledge)


def _period(period: Period | None) -> str:
    if period is None:
        return NOTHING
    if period.unit is Unit.AT_ONCE:
        return f"at once{RESTS[period.rests_on]}"
    counted = f"{_amount(period.amount, period.unit)}{RESTS[period.rests_on]}"
    return f"{counted}, beginning with the day of receipt" if period.first_day_counts else counted


def _amount(amount: int, unit: Unit) -> str:
    one, many = UNITS[unit]
    return f"{amount} {one if amount == 1 else many}"


def _extension(extension: Extension) -> str:
    short = reasons.WORDS[ENGLISH].short
    why = " or ".join(short[code] for code in extension.reasons)
    return f"{_amount(extension.amount, extension.unit)} more because {why} ({extension.cites})"


def _conduct(right: Right) -> tuple[str, ...]:
    place = PLACES[right.jurisdiction]
    fee = _fee(right.fee) if right.fee and right.fee != place.fee else NOTHING
    codes = right.refusal.codes if right.refusal else ()
    added = [code for code in codes if code not in place.refusal.codes]
    return NAMES[right.kind], _identity(right.identity), _telling(right.tells), fee, _says(added)


def _identity(checking: Checking | None) -> str:
    if checking is None:
        return NOTHING
    more = "" if checking.sensitive is checking.ordinary else f" ({IDENTITIES[checking.sensitive]})"
    return f"{IDENTITIES[checking.ordinary]}{more}"


def _fee(fee: Fee) -> str:
    return f"{FEES[fee.code]} ({fee.cites})"


def _telling(tells: Telling | None) -> str:
    return f"{TOLD[tells.who]}{UNLESS[tells.unless]} ({tells.cites})" if tells else NOTHING


def _timings(rights: Sequence[Right]) -> Iterator[str]:
    """Say of each way of counting what it does, once."""
    shared: dict[str, list[Right]] = {}
    for right in rights:
        if right.timing:
            shared.setdefault(right.timing.name, []).append(right)
    for several in shared.values():
        timing = several[0].timing
        if timing:
            yield f"- {', '.join(NAMES[right.kind] for right in several)}: {_timing(timing)}"


def _timing(timing: Timing) -> str:
    said = [f"{_period(timing.due)}{_cited(timing.due)}" if timing.due else "no last day is named"]
    waits = [WAITS[each] for each in Start if each in timing.starts and each in WAITS]
    if waits:
        said.append(f"runs from the latest of receipt, {', '.join(waits)} ({timing.starts_cites})")
    if timing.pauses_cites:
        said.append(f"waiting for a clarification does not count, both days included ({timing.pauses_cites})")
    if timing.due and timing.due.unit not in {Unit.AT_ONCE, Unit.BUSINESS_DAYS}:
        said.append(f"{MOVES[timing.rolls]}{f' ({timing.rolls_cites})' if timing.rolls_cites else ''}")
    if timing.acknowledge:
        said.append(f"receipt confirmed within {_period(timing.acknowledge)}{_cited(timing.acknowledge)}")
    if timing.extension:
        said.append(_extension(timing.extension))
    return "; ".join(said)


def _cited(period: Period | None) -> str:
    return f" ({period.cites})" if period and period.cites else ""


def _ground(kind: Kind | None, ground: reasons.Ground) -> tuple[str, ...]:
    name = NAMES[kind] if kind else ""
    return name, f"`{ground.code}`", ground.cites, reasons.reason(ground.code).customer


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines])
