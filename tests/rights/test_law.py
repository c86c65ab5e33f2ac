"""The law of requests as data: complete, cited, and as the table says which right exists where."""

import re
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from hub.policy.values import Jurisdiction
from hub.rights import reasons
from hub.rights.calendars import regions
from hub.rights.law import CHECKED_ON, PLACES, RIGHTS, TIMINGS, Right
from hub.rights.values import FeeCode, Identity, Kind, Standing, Start, Told, Unit

AU, UK, ZA, MA, EU, US_CA = Jurisdiction
Y, H, N = Standing.STATUTORY, Standing.HOUSE, Standing.NONE
EXISTS = {
    Kind.ACCESS: (Y, Y, Y, Y, Y, Y),
    Kind.RECTIFICATION: (Y, Y, Y, Y, Y, Y),
    Kind.DELETION: (H, Y, Y, Y, Y, Y),
    Kind.RESTRICTION: (H, Y, Y, Y, Y, N),
    Kind.OBJECTION: (H, Y, Y, Y, Y, N),
    Kind.STOP_MARKETING: (Y, Y, Y, Y, Y, Y),
    Kind.STOP_SHARING: (Y, H, H, H, H, Y),
    Kind.LIMIT_SENSITIVE: (N, N, N, N, N, Y),
    Kind.WITHDRAW_CONSENT: (Y, Y, Y, Y, Y, Y),
    Kind.PORTABILITY: (N, Y, N, N, Y, Y),
    Kind.EXPLANATION: (N, Y, Y, Y, Y, Y),
    Kind.COMPLAINT: (Y, Y, H, H, H, H),
}
EVERY = list(RIGHTS.values())
DONE_AT_ONCE = {Kind.STOP_MARKETING, Kind.STOP_SHARING, Kind.LIMIT_SENSITIVE, Kind.WITHDRAW_CONSENT}


def name(right: Right) -> str:
    return f"{right.jurisdiction}-{right.kind}"


def test_every_right_of_every_jurisdiction_is_there() -> None:
    assert RIGHTS.keys() == {(place, kind) for place in Jurisdiction for kind in Kind}
    assert {kind: tuple(RIGHTS[place, kind].standing for place in Jurisdiction) for kind in Kind} == EXISTS


@pytest.mark.parametrize("right", EVERY, ids=name)
def test_a_right_says_where_it_stands_and_how_it_is_kept(right: Right) -> None:
    assert right.cites
    offered = (right.timing, right.identity, right.fee, right.refusal)
    if not right.is_offered:
        assert offered == (None,) * 4
        assert right.instead is not None
        assert RIGHTS[right.jurisdiction, right.instead].is_offered
        return
    assert None not in offered
    assert right.instead is None
    assert right.identity
    assert right.identity.cites
    assert right.fee
    assert right.fee.cites
    assert right.refusal
    assert right.refusal.cites
    assert right.tells is None or right.tells.cites
    assert all(right.exceptions.values())


def test_what_is_done_at_once_needs_no_identity_and_cannot_be_refused() -> None:
    for right in EVERY:
        if right.is_offered:
            grounds = reasons.refusals(right.jurisdiction, right.kind)
            assert right.identity is not None
            assert (right.identity.ordinary is Identity.NONE) == (right.kind in DONE_AT_ONCE)
            assert (not grounds) == (right.kind in {*DONE_AT_ONCE, Kind.COMPLAINT}), name(right)


def test_sensitive_data_never_need_less_of_an_identity() -> None:
    order = list(Identity)
    for right in EVERY:
        if right.identity:
            assert order.index(right.identity.ordinary) <= order.index(right.identity.sensitive)


@pytest.mark.parametrize("timing", TIMINGS.values(), ids=lambda timing: timing.name)
def test_a_time_limit_is_cited_used_and_of_one_kind(timing: Any) -> None:
    assert any(right.timing == timing for right in EVERY)
    assert timing.due or timing.acknowledge
    assert bool(timing.rolls_cites) == (timing.rolls != "NO")
    assert bool(timing.starts_cites) == (timing.starts != {Start.RECEIPT})
    if timing.extension:
        assert timing.due
        assert timing.extension.unit is timing.due.unit
        assert timing.extension.cites
        assert timing.extension.reasons
    if timing.acknowledge:
        assert timing.acknowledge.cites
    for period in filter(None, (timing.due, timing.acknowledge, timing.target)):
        assert (period.amount == 0) == (period.unit is Unit.AT_ONCE)


def test_only_the_kingdom_stops_the_clock_and_waits_for_a_fee() -> None:
    stopping = {right.jurisdiction for right in EVERY if right.timing and right.timing.pauses_cites}
    waiting = {right.jurisdiction for right in EVERY if right.timing and Start.FEE in right.timing.starts}
    proving = {
        right.jurisdiction for right in EVERY if right.timing and Start.IDENTITY in right.timing.starts
    }
    assert (stopping, waiting, proving) == ({UK}, {UK}, {UK, EU})


def test_every_place_has_a_regulator_and_says_what_a_refusal_must() -> None:
    for place in PLACES.values():
        assert place.regulators
        assert all(each.name and each.web.startswith("https://") and each.cites for each in place.regulators)
        assert {"REASONS", "REGULATOR"} <= set(place.refusal.codes)
        assert place.refusal.cites
        assert place.refused_within
        assert place.identity_cites
        assert place.fee.cites
        assert place.days
    assert "COMPLAIN_TO_US" in PLACES[UK].refusal.codes
    assert {place for place, told in PLACES.items() if "COURT" in told.refusal.codes} == {UK, ZA, EU}
    assert PLACES[UK].regulators[0].becomes == "Information Commission"
    assert [each.name for each in PLACES[AU].regulators][1].endswith("(ACMA)")


def test_every_member_state_has_its_authority() -> None:
    authorities = PLACES[EU].authorities
    assert authorities.keys() == set(regions(EU))
    assert all(each.name and each.web.startswith("https://") and each.cites for each in authorities.values())
    assert PLACES[EU].regulators_for(Kind.ACCESS, "IE") == (authorities["IE"],)
    assert PLACES[EU].regulators_for(Kind.ACCESS) == PLACES[EU].regulators_for(Kind.ACCESS, "GB")
    assert len(PLACES[AU].regulators_for(Kind.ACCESS)) == 1


def test_a_refused_correction_offers_a_statement_where_the_law_does() -> None:
    offering = {place for place in Jurisdiction if "STATEMENT" in _refusal(RIGHTS[place, Kind.RECTIFICATION])}
    assert offering == {AU, ZA, US_CA}
    assert "OPT_OUT_INSTEAD" in _refusal(RIGHTS[US_CA, Kind.DELETION])


def _refusal(right: Right) -> tuple[str, ...]:
    assert right.refusal is not None
    return right.refusal.codes


def test_recipients_are_told_where_the_law_wants_it() -> None:
    told = {key: right.tells.who for key, right in RIGHTS.items() if right.tells}
    for place in (UK, EU, MA):
        for kind in (Kind.RECTIFICATION, Kind.DELETION, Kind.RESTRICTION):
            assert told[place, kind] is Told.EACH_RECIPIENT
    assert told[AU, Kind.RECTIFICATION] is Told.ON_REQUEST
    assert told[ZA, Kind.DELETION] is Told.WHERE_DECISIONS_CHANGE
    assert told[US_CA, Kind.DELETION] is Told.CONTRACTORS_AND_BUYERS


def test_deletion_has_its_exceptions_and_nothing_else_has() -> None:
    assert {right.kind for right in EVERY if right.exceptions} == {Kind.DELETION}
    for place in Jurisdiction:
        codes = {each.code for each in reasons.exceptions(place)}
        assert {"LEGAL_DUTY", "CLAIMS", "COMPLETE_CONTRACT"} <= codes
    assert {each.code for each in reasons.exceptions(EU)} >= {"FREE_EXPRESSION", "PUBLIC_HEALTH", "RESEARCH"}
    assert {each.code for each in reasons.exceptions(US_CA)} >= {"SECURITY", "EXPECTED_USE"}


def test_fees_and_first_days_are_those_of_the_law() -> None:
    charging = {key for key, right in RIGHTS.items() if right.fee and right.fee.code in _CHARGED}
    assert charging == {(AU, Kind.ACCESS), (ZA, Kind.ACCESS)}
    assert {key: right.since for key, right in RIGHTS.items() if right.since} == {
        (UK, Kind.COMPLAINT): date(2026, 6, 19),
        (US_CA, Kind.EXPLANATION): date(2027, 1, 1),
    }
    complaint = RIGHTS[UK, Kind.COMPLAINT]
    assert complaint.standing_on(date(2026, 6, 18)) is Standing.HOUSE
    assert complaint.standing_on(date(2026, 6, 19)) is Standing.STATUTORY


_CHARGED = {FeeCode.COST_NOT_EXCESSIVE, FeeCode.COPY_COST}


def test_the_file_holds_nothing_that_is_not_read() -> None:
    raw = tomllib.loads(files("hub.rights").joinpath("law.toml").read_text("utf-8"))
    assert raw.keys() == {"checked", "jurisdiction", "calendar", "timing", "identity", "right"}
    assert date(2026, 11, 1) < CHECKED_ON
    known = {
        "standing",
        "since",
        "cites",
        "timing",
        "tells",
        "exceptions",
        "fee",
        "says",
        "instead",
        "confirmed",
        "conduct",
    }
    for rights in raw["right"].values():
        assert all(right.keys() <= known for right in rights.values())
    timing = {"due", "rolls", "starts", "pauses", "acknowledge", "extension", "target"}
    assert all(each.keys() <= timing for each in raw["timing"].values())


def test_conduct_is_said_in_sentences_with_their_provisions() -> None:
    said = [each for right in EVERY for each in right.conduct]
    assert len(said) > 20
    assert [each for each in said if not re.search(r"\([^()]*\d.*\)\.$", each)] == []


def test_citations_name_a_provision() -> None:
    for right in EVERY:
        if right.standing is Standing.STATUTORY:
            assert re.search(r"\d", right.cites), name(right)
