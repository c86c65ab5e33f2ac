"""docs/law says what the rules say, and is made anew whenever they change."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import request_pages
from hub.cli.deciding import rules
from hub.cli.law_pages import CAUTION, NAMES, law_pages
from hub.cli.scenarios import read_scenarios
from hub.policy import RULES, TABLES
from hub.rights.law import PLACES, RIGHTS
from hub.rights.reasons import exceptions, refusals
from hub.rights.values import Kind
from tests.policy.test_scenarios import FILES, SCENARIOS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "law"
MAKE = "hub rules docs docs/law tests/policy/scenarios/*.json"
SCENARIO_FILES = [str(file) for file in FILES]


def command(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(rules, ["docs", *arguments])
    return done.exit_code, done.output


def test_the_pages_are_what_the_rules_make_of_them() -> None:
    code, said = command("--check", str(PAGES), *SCENARIO_FILES)
    assert code == 0, f"{said}Make them anew: {MAKE}"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return law_pages(read_scenarios(FILES))


def test_every_rule_stands_on_a_page_with_all_that_is_said_of_it(pages: dict[str, str]) -> None:
    everything = "\n".join(pages.values())
    for table in TABLES.values():
        for rule in table:
            assert f"\n## {rule.id}\n" in everything
            assert all(said in everything for said in (rule.citation, rule.staff, rule.customer))


def test_every_scenario_is_quoted_once_under_its_rule(pages: dict[str, str]) -> None:
    everything = "\n".join(pages.values())
    for scenario in SCENARIOS:
        (place,) = [part for part in everything.split("\n## ") if f"- `{scenario['id']}` (" in part]
        assert place.startswith(f"{scenario['expect']['rule']}\n")
        assert scenario["why"] in place


def test_every_page_says_when_it_was_checked_and_that_it_is_no_advice(pages: dict[str, str]) -> None:
    assert len(pages) == 9
    assert all(CAUTION in page for name, page in pages.items() if name != request_pages.PAGE)
    assert request_pages.CAUTION in pages[request_pages.PAGE]
    assert "22 November 2026" in CAUTION
    assert "26 November 2026" in request_pages.CAUTION
    assert all("not legal advice" in caution for caution in (CAUTION, request_pages.CAUTION))


def test_every_right_its_grounds_and_its_regulators_stand_on_the_page_of_requests(
    pages: dict[str, str],
) -> None:
    page = pages[request_pages.PAGE]
    _, *places = page.split("\n## ")
    assert [place.partition("\n")[0] for place in places] == list(NAMES.values())
    for law, place in zip(NAMES, places, strict=True):
        assert all(regulator.name in place for regulator in PLACES[law].regulators)
        for kind in Kind:
            right = RIGHTS[law, kind]
            assert f"| {request_pages.NAMES[kind]} | {request_pages.STANDINGS[right.standing]}" in place
            assert right.cites in place
            for ground in refusals(law, kind):
                assert f"| {request_pages.NAMES[kind]} | `{ground.code}` | {ground.cites} |" in place
        assert all(f"`{ground.code}` | {ground.cites}" in place for ground in exceptions(law))


def test_a_rule_that_begins_later_says_when(pages: dict[str, str]) -> None:
    assert "- In force: from 10 December 2026\n" in pages["au.md"]
    assert "- In force: from 1 January 2027\n" in pages["us-ca.md"]
    assert sum(page.count("- In force: from ") for page in pages.values()) == sum(
        rule.since is not None for rule in RULES.values()
    )


def test_a_stale_a_missing_and_a_foreign_page_are_named(tmp_path: Path) -> None:
    code, said = command(str(tmp_path), *SCENARIO_FILES)
    assert (code, said) == (0, f"9 pages written to {tmp_path}\n")
    (tmp_path / "au.md").write_text("something else")
    (tmp_path / "uk.md").unlink()
    (tmp_path / "nz.md").write_text("not ours")
    code, said = command("--check", str(tmp_path), *SCENARIO_FILES)
    assert code == 1
    assert said.splitlines() == [f"{tmp_path / name} is stale" for name in ("au.md", "nz.md", "uk.md")]
    assert (tmp_path / "au.md").read_text() == "something else"


def test_a_scenario_file_that_cannot_be_read_writes_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("[{")
    code, said = command(str(tmp_path / "pages"), str(bad))
    assert code == 2
    assert f"{bad}: line 1 column" in said
    assert not (tmp_path / "pages").exists()
