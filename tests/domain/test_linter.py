"""What each law asks of a notice: the whole table, each condition, and the advice on wording."""

from datetime import date, timedelta

import pytest

from hub import linter
from hub.linter import Draft, Finding, Level, NotApplicable, Wording
from hub.policy.values import Jurisdiction

DAY = date(2026, 11, 22)
LATER = date(2027, 6, 1)
LEVELS = {"E": Level.ERROR, "W": Level.WARNING}

# field, then AU UK ZA MA EU US_CA: E or W, `?` a circumstance, `@` the day from which; `-` asks for nothing.
TABLE = """
identity               E  E  E  E  E  W
dpo                    -  E?dpo_appointed  W  -  E?dpo_appointed  -
categories             W  E?third_party_source  E  W  E?third_party_source  E
source                 E?third_party_source  E?third_party_source  E?third_party_source  E?third_party_source  E?third_party_source  W?third_party_source
purposes               E  E  E  E  E  E
lawful_basis           -  E  W  W  E  -
law                    E  E?statutory  E  -  E?statutory  -
voluntary              E  E  E  E  E  -
recipients             E  E  E  E  E  E?sold_or_shared
sold_or_shared         -  -  -  -  -  E
overseas_transfer      E  E  E  W  E  -
retention              -  E  W  W  E  E
access_and_correction  E  E  E  E  E  W
objection              W  E  E  E  E  -
other_rights           -  E  W  W  E  E
complaint_to_us        E  E  W  W  W  -
complaint_body         W  E  E  W  E  W
automated_decisions    E@2026-12-10  E  W  W  E  E@2027-01-01
cndp_number            -  -  -  E  -  -
open_network           -  -  -  E?collected_online  -  -
policy_link            E  W  W  W  W  E
benefit                W  W  W  W  W  W
departments            W  W  W  W  W  W
sharing_optout         W  W  W  W  W  E?sold_or_shared
"""  # noqa: E501 - one line per field
PLACES = (
    Jurisdiction.AU,
    Jurisdiction.UK,
    Jurisdiction.ZA,
    Jurisdiction.MA,
    Jurisdiction.EU,
    Jurisdiction.US_CA,
)
CELLS = [
    (line.split()[0], place, duty)
    for line in TABLE.strip().splitlines()
    for place, duty in zip(PLACES, line.split()[1:], strict=True)
]
FIELDS = [one.key for one in linter.fields()]
WAIVABLE = [one for one in linter.fields() if one.waivable]
SAID = dict.fromkeys(FIELDS, "As it should be.")


def without(field: str, **circumstances: bool) -> Draft:
    """Draft a version that says everything but one field."""
    return Draft({name: text for name, text in SAID.items() if name != field}, circumstances)


def of_field(findings: list[Finding], field: str) -> dict[str, Level]:
    return {finding.code: finding.level for finding in findings if finding.field == field}


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def test_the_table_covers_every_field_and_no_other() -> None:
    assert [line.split()[0] for line in TABLE.strip().splitlines()] == FIELDS


@pytest.mark.parametrize(("field", "place", "duty"), CELLS)
def test_what_is_missing_is_found_where_that_law_asks_for_it_and_nowhere_else(
    field: str, place: Jurisdiction, duty: str
) -> None:
    found = of_field(linter.lint(without(field), place, LATER), field)
    assert found == ({} if duty == "-" else {f"{field}.missing": LEVELS[duty[0]]})


@pytest.mark.parametrize(("field", "place", "duty"), CELLS)
def test_what_is_said_is_not_found(field: str, place: Jurisdiction, duty: str) -> None:
    del duty
    assert of_field(linter.lint(Draft(SAID), place, LATER), field) == {}


@pytest.mark.parametrize(("field", "place", "duty"), [cell for cell in CELLS if "?" in cell[2]])
def test_a_conditional_duty_falls_away_when_its_circumstance_is_denied_and_only_then(
    field: str, place: Jurisdiction, duty: str
) -> None:
    level, circumstance = LEVELS[duty[0]], duty.partition("?")[2]
    expected = {f"{field}.missing": level}
    assert of_field(linter.lint(without(field, **{circumstance: False}), place, LATER), field) == {}
    assert of_field(linter.lint(without(field, **{circumstance: True}), place, LATER), field) == expected
    assert of_field(linter.lint(without(field), place, LATER), field) == expected, "unknown counts as so"


@pytest.mark.parametrize(("field", "place", "duty"), [cell for cell in CELLS if "@" in cell[2]])
def test_a_duty_of_the_future_is_announced_and_then_binds_from_its_day_on(
    field: str, place: Jurisdiction, duty: str
) -> None:
    begins = date.fromisoformat(duty.partition("@")[2])
    draft = without(field)
    assert of_field(linter.lint(draft, place, begins), field) == {f"{field}.missing": Level.ERROR}
    eve = begins - timedelta(days=1)
    assert of_field(linter.lint(draft, place, eve), field) == {f"{field}.soon": Level.WARNING}
    assert of_field(linter.lint(draft, place, begins - timedelta(days=181)), field) == {}
    assert of_field(linter.lint(Draft(SAID), place, eve), field) == {}


@pytest.mark.parametrize("field", [one.key for one in WAIVABLE])
def test_not_applicable_with_a_reason_answers_a_field_that_can_be_waived(field: str) -> None:
    waived = Draft({**SAID, field: NotApplicable("It does not happen here.")})
    assert {code for place in PLACES for code in of_field(linter.lint(waived, place, LATER), field)} == set()


@pytest.mark.parametrize("field", [one.key for one in linter.fields() if not one.waivable])
def test_not_applicable_is_no_answer_to_a_field_that_every_notice_needs(field: str) -> None:
    waived = Draft({**SAID, field: NotApplicable("We would rather not.")})
    found = {code for place in PLACES for code in of_field(linter.lint(waived, place, LATER), field)}
    assert found == {f"{field}.not_applicable"}


@pytest.mark.parametrize(
    ("field", "circumstance"), [(one.key, so) for one in WAIVABLE for so in one.contradicted_by]
)
def test_not_applicable_is_contradicted_by_what_is_known_to_be_so(field: str, circumstance: str) -> None:
    statements = {**SAID, field: NotApplicable("It does not happen here.")}
    so = Draft(statements, {circumstance: True}, discloses=circumstance == "discloses")
    denied = Draft(statements, {circumstance: False})
    found = {code for place in PLACES for code in of_field(linter.lint(so, place, LATER), field)}
    assert found == {f"{field}.contradicted"}
    assert {code for place in PLACES for code in of_field(linter.lint(denied, place, LATER), field)} == set()


def test_a_finding_says_what_to_do_where_and_by_which_law() -> None:
    [finding] = linter.lint(without("source", third_party_source=True), Jurisdiction.AU, DAY)
    assert finding.message == (
        "Say where the data comes from when the person did not give it, and in which circumstances: "
        "fill in `source`, or mark it not applicable with the reason (APP 5.2(b))."
    )


def test_a_version_with_errors_is_incomplete_and_one_with_warnings_alone_is_complete() -> None:
    errors = linter.lint(without("identity"), Jurisdiction.AU, DAY)
    advice = linter.lint(without("departments"), Jurisdiction.AU, DAY)
    assert (linter.complete(errors), linter.complete(advice), codes(advice)) == (
        False,
        True,
        {"departments.missing"},
    )


def test_errors_come_before_warnings() -> None:
    found = linter.lint(Draft({}), Jurisdiction.AU, DAY)
    levels = [finding.level for finding in found]
    assert levels == sorted(levels)
    assert set(levels) == set(Level)


def test_benefits_of_every_purpose_in_every_language_answer_for_the_benefit_field() -> None:
    told = [Wording("news", {"en": "You hear first.", "fr": "Vous savez avant."})]
    both = Draft(without("benefit").statements, locales=["en", "fr"], benefits=told)
    lacking = Draft(both.statements, locales=["en", "fr", "ar"], benefits=told)
    nothing = Draft(both.statements, locales=["en"], benefits=[Wording("news", {})])
    assert "benefit.missing" not in codes(linter.lint(both, Jurisdiction.AU, DAY))
    assert "benefit.missing" in codes(linter.lint(lacking, Jurisdiction.AU, DAY))
    assert "benefit.missing" in codes(linter.lint(nothing, Jurisdiction.AU, DAY))


ABOUT_US = {
    "en": [
        "We can plan our campaigns.",
        "Our shops learn what sells.",
        "The company grows.",
        "This helps us grow.",
    ],
    "fr": [
        "Nous vendons mieux.",
        "Notre équipe planifie.",
        "L\N{RIGHT SINGLE QUOTATION MARK}entreprise progresse.",
    ],
    "ar": ["نحن نخطط لحملاتنا.", "يمكننا البيع أكثر."],
}
ABOUT_YOU = {
    "en": [
        "If we understand you better, we can suggest things that suit you.",
        "Weekly news for you.",
        "You save.",
    ],
    "fr": ["Vous gagnez du temps.", "Si nous vous connaissons, vous trouvez plus vite."],
    "ar": ["ستجد ما يناسبك بسرعة."],
}
TARGETING = {
    "en": ["You get targeted offers.", "Better retargeting for you.", "You enjoy cross-selling."],
    "fr": ["Vous recevez des offres ciblées."],
    "ar": ["تصلك عروض عبر استهداف أفضل."],
}


def flat(sentences: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(locale, text) for locale, texts in sentences.items() for text in texts]


@pytest.mark.parametrize(("locale", "text"), flat(ABOUT_US))
def test_a_benefit_whose_subject_is_the_company_is_advised_against(locale: str, text: str) -> None:
    [finding] = linter.lint_benefits([Wording("news", {locale: text})])
    assert (finding.code, finding.level) == ("benefit.about_us", Level.WARNING)
    assert "`news`" in finding.message


@pytest.mark.parametrize(("locale", "text"), flat(TARGETING))
def test_a_benefit_that_speaks_of_targeting_is_advised_against(locale: str, text: str) -> None:
    assert codes(linter.lint_benefits([Wording("news", {locale: text})])) == {"benefit.targeting"}


@pytest.mark.parametrize(("locale", "text"), flat(ABOUT_YOU))
def test_a_benefit_addressed_to_the_customer_is_left_alone(locale: str, text: str) -> None:
    assert linter.lint_benefits([Wording("news", {locale: text})]) == []


VAGUE = {
    "en": ["Partners", "third parties", "Our carefully selected business partners", "Third-party companies"],
    "fr": ["Nos partenaires commerciaux", "Tiers", "Entreprises sélectionnées"],
    "ar": ["شركاؤنا", "أطراف ثالثة", "جهات أخرى"],
}
CLEAR = {
    "en": ["Mortgage brokers", "Companies that insure homes", "Our partners in conveyancing"],
    "fr": ["Courtiers en crédit", "Partenaires assureurs"],
    "ar": ["وسطاء الرهن العقاري"],
}


@pytest.mark.parametrize(("locale", "name"), flat(VAGUE))
def test_a_class_that_covers_anybody_is_advised_against(locale: str, name: str) -> None:
    [finding] = linter.lint_classes([Wording("friends", {locale: name})])
    assert (finding.code, finding.field, finding.level) == ("recipients.vague", "recipients", Level.WARNING)


@pytest.mark.parametrize(("locale", "name"), flat(CLEAR))
def test_a_class_that_says_what_its_members_do_is_left_alone(locale: str, name: str) -> None:
    assert linter.lint_classes([Wording("brokers", {locale: name})]) == []


def test_the_advice_on_wording_is_part_of_a_check() -> None:
    draft = Draft(
        SAID,
        benefits=[Wording("news", {"en": "We sell more."})],
        classes=[Wording("all", {"en": "Partners"})],
    )
    assert codes(linter.lint(draft, Jurisdiction.UK, DAY)) == {"benefit.about_us", "recipients.vague"}
