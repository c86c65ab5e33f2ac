"""What a customer's last words come to for one question: consent, opt-outs, objections (pure).

A consent counts on its exact scope, a no on any scope that covers. Of words of one instant the restrictive one counts:
a no before a yes, and of several consents the weakest (GIVEN, then EXPLICIT, then GUARDIAN) that ends first.
"""

from collections.abc import Callable
from typing import NamedTuple

from hub.shapes import Saying, Word

CALLS = frozenset({"PHONE", "AUTO_CALL"})
TRADE = frozenset({"SELL", "POOL"})
EXPRESS = frozenset({"EXPLICIT", "GUARDIAN"})
OBJECTIONS = ("UPHELD", "PENDING", "OVERRULED")


class Scope(NamedTuple):
    """What a question is about. agreed_with: whom a consent must name; a processor needs not be named."""

    act: str
    is_marketing: bool
    channel: str | None
    recipient: str | None
    agreed_with: str | None


class Clock(NamedTuple):
    """How time bears on words: no contact for long; how many of their instants have passed, or make a call old."""

    is_quiet: bool
    ended: int
    old_calls: int


class Heard(NamedTuple):
    """The facts that a customer's words decide."""

    consent: str
    marketing_choice: str
    sharing_choice: str
    limit_sensitive: bool
    objection: str
    transfer: bool


def hear(saying: Saying, scope: Scope, jurisdiction: str, age: str, clock: Clock) -> Heard:
    """Reduce the words that bear on a purpose. age: as the jurisdiction sees it."""
    agreed = _last(saying, lambda word: _is_consent(word, scope))
    consent = _consent(agreed, scope, jurisdiction, age, clock)
    given = agreed.rank if agreed is not None and agreed.action == "GIVEN" else 0
    covering = [word for word in saying if word.recipient in {None, scope.recipient}]
    limit = _no(covering, "LIMIT")
    return Heard(
        consent,
        _marketing(saying, scope, given),
        _sharing(covering, scope, jurisdiction, given if consent in EXPRESS else 0),
        limit is not None,
        _objection(covering),
        _transfer(saying, scope, clock),
    )


def _is_consent(word: Word, scope: Scope) -> bool:
    if word.kind != "CONSENT" or not word.is_own:
        return False
    if word.action == "GIVEN":
        return word.channel == scope.channel and word.recipient == scope.agreed_with
    return word.channel in {None, scope.channel} and word.recipient in {None, scope.recipient}


def _last(saying: Saying | list[Word], concerns: Callable[[Word], bool]) -> Word | None:
    heard = [word for word in saying if concerns(word)]
    return max(heard, key=lambda word: (word.rank, word.action not in {"GIVEN", "OPTED_IN"}), default=None)


def _consent(word: Word | None, scope: Scope, jurisdiction: str, age: str, clock: Clock) -> str:
    if word is None:
        return "NEVER_ASKED"
    if word.action != "GIVEN":
        return word.action
    if word.grade == "GUARDIAN" and age == "ADULT":
        return "EXPIRED"
    return "EXPIRED" if _is_over(word, scope, jurisdiction, clock) else word.grade or "GIVEN"


def _is_over(word: Word, scope: Scope, jurisdiction: str, clock: Clock) -> bool:
    """A stated end counts; without one a consent to calls ends sooner in Australia, any other in the house period.

    What ended in a silence stays ended, whoever calls later.
    """
    if word.timed == "OVER":
        return True
    if word.timed == "ENDS":
        return _ended(word, clock)
    if jurisdiction == "AU" and scope.channel in CALLS and _is_old_call(word, clock):
        return True
    return clock.is_quiet


def _is_old_call(word: Word, clock: Clock) -> bool:
    is_old = (word.turn or 0) <= clock.old_calls if word.is_old_call is None else word.is_old_call
    return word.timed == "CALL" and is_old


def _ended(word: Word, clock: Clock) -> bool:
    has_ended = (word.turn or 0) <= clock.ended if word.has_ended is None else word.has_ended
    return word.timed == "ENDS" and has_ended


def _marketing(saying: Saying, scope: Scope, given: int) -> str:
    if not scope.is_marketing:
        return "NONE"
    stopped = [w.rank for w in saying if w.kind == "MARKETING" and w.channel in {None, scope.channel}]
    if not stopped:
        return "NONE"
    return "REVERSED" if given > max(stopped) else "OPTED_OUT"


def _no(covering: list[Word], kind: str) -> Word | None:
    """The last word of a kind, if it is an opt-out."""
    word = _last(covering, lambda word: word.kind == kind)
    return word if word is not None and word.action == "OPTED_OUT" else None


def _sharing(covering: list[Word], scope: Scope, jurisdiction: str, cleared: int) -> str:
    """A later express consent for this recipient clears a no; a browser's signal is one in every outflow."""
    no, signal = _no(covering, "SHARING"), _no(covering, "SIGNAL")
    if no is not None and cleared <= no.rank:
        return "OPTED_OUT"
    if signal is None or cleared > signal.rank:
        return "NONE"
    return "SIGNAL" if jurisdiction == "US_CA" and scope.act in TRADE else "OPTED_OUT"


def _objection(covering: list[Word]) -> str:
    said = {word.action for word in covering if word.kind == "OBJECTION"}
    return next((each for each in OBJECTIONS if each in said), "NONE")


def _transfer(saying: Saying, scope: Scope, clock: Clock) -> bool:
    about = [w for w in saying if w.kind == "TRANSFER" and w.recipient == scope.recipient is not None]
    taken_back = max((w.rank for w in about if w.action == "WITHDRAWN"), default=0)
    return any(w.action == "GIVEN" and w.rank > taken_back and not _ended(w, clock) for w in about)
