"""The pages a newcomer reads agree with what is there."""

import tomllib
from pathlib import Path

from hub import demo
from hub.policy import RULES, RULESET, TABLES

ROOT = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readme_asks_the_question_the_terminal_shows() -> None:
    assert demo.FIRST_QUESTION.strip() in page("README.md")


def test_the_readme_names_the_python_the_package_needs() -> None:
    wanted = tomllib.loads(page("pyproject.toml"))["project"]["requires-python"]
    assert f"`python3` {wanted.removeprefix('>=')} or newer" in page("README.md")


def test_the_index_of_decisions_names_every_page_by_its_title() -> None:
    listed = page("docs/decisions/README.md")
    for path in (ROOT / "docs/decisions").glob("0*.md"):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        assert f"- [{title}]({path.name})" in listed


def test_every_page_of_the_documentation_is_in_the_index() -> None:
    index = page("docs/README.md")
    missing = [path.name for path in (ROOT / "docs").glob("*.md") if f"({path.name})" not in index]
    assert missing == ["README.md"]


def test_the_changes_name_the_rule_set_and_every_jurisdiction() -> None:
    said = page("CHANGELOG.md")
    assert f"`{RULESET}`" in said
    for table in TABLES.values():
        own = [rule for rule in table if not rule.id.startswith("hub.")]
        assert f"{len(own)} rules" in said
    assert [rule for rule in RULES if RULES[rule].since and f"`{rule}`" not in said] == []
