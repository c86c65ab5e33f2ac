"""The law as pages to read: one a jurisdiction, one for the common gate, one for requests, and an index.

What stands on them is what decides: ids, outcomes, citations, sentences and days in force come from the rules,
conditions from ``readings.toml``, which a test holds against the code, examples from scenario files, and what
customers may ask for from ``hub.rights``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from hub.cli import request_pages
from hub.cli.scenarios import Scenario, read_scenarios
from hub.policy import FACTS, RULES, RULESET, TABLES, Rule
from hub.policy.decision import CHECKED_ON
from hub.policy.facts import allowed
from hub.policy.readings import PHRASES, READINGS, SHORTHANDS, in_words, read
from hub.policy.values import Jurisdiction

NAMES: Final[Mapping[Jurisdiction, str]] = {
    Jurisdiction.AU: "Australia",
    Jurisdiction.UK: "United Kingdom",
    Jurisdiction.ZA: "South Africa",
    Jurisdiction.MA: "Morocco",
    Jurisdiction.EU: "European Union",
    Jurisdiction.US_CA: "California",
}
OUTCOMES: Final = {
    "ALLOW": "yes, with the duties that come with it",
    "DENY": "no, and nothing the sender can ask for changes it",
    "CONSENT_NEEDED": "not without the customer's consent to exactly this; whether to ask is a question of its own",
    "NOTICE_NEEDED": "not before a complete notice has reached the customer",
    "FORMALITY_NEEDED": "not before the authority was told, or has agreed",
}
GATE: Final = "gate.md"
INDEX: Final = "README.md"
MADE: Final = "<!-- Made by `hub rules docs`; change the rules, not this page. -->"
CAUTION: Final = (
    f"Provisions checked on {CHECKED_ON.day} {CHECKED_ON:%B %Y}; rule set `{RULESET}`. **This is not legal advice**:"
    " it says what the software does, and counsel signs it off before it is used."
)
_GATE_RULES: Final = tuple(rule for rule in RULES.values() if rule.id.startswith("hub."))


def law_pages(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Make every page, by file name."""
    told: dict[str, list[Scenario]] = {rule: [] for rule in RULES}
    for scenario in scenarios:
        told.setdefault(scenario.rule, []).append(scenario)
    pages = {page_of(law): _law(law, told) for law in Jurisdiction}
    requests = {request_pages.PAGE: request_pages.request_page(MADE)}
    return {INDEX: _index(), GATE: _gate(told), **pages, **requests}


def stale_pages(folder: Path, files: Sequence[Path]) -> list[str]:
    """Name the pages of a folder that are not what the rules make of them."""
    pages = law_pages(read_scenarios(files))
    extra = {path.name for path in folder.glob("*.md")} - pages.keys()
    old = (name for name, text in pages.items() if _written(folder / name) != text)
    return sorted({*extra, *old})


def write_pages(folder: Path, files: Sequence[Path]) -> int:
    """Write every page and return how many there are; raises UnreadableError for a bad scenario file."""
    pages = law_pages(read_scenarios(files))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return len(pages)


def page_of(law: Jurisdiction) -> str:
    """Name the page of a jurisdiction."""
    return f"{law.lower().replace('_', '-')}.md"


def _written(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def _page(*blocks: str) -> str:
    return "\n\n".join([MADE, *blocks]) + "\n"


def _law(law: Jurisdiction, told: Mapping[str, list[Scenario]]) -> str:
    own = TABLES[law][len(_GATE_RULES) :]
    return _page(
        f"# {NAMES[law]}",
        CAUTION,
        f"After the [common gate]({GATE}), the first of these {len(own)} rules that applies decides."
        f" Words and notation are explained on [the first page]({INDEX}).",
        _contents(own),
        *(block for rule in own for block in _rule(rule, told[rule.id])),
    )


def _contents(rules: Iterable[Rule]) -> str:
    rows = (
        f"| {number} | [`{rule.id}`](#{_anchor(rule.id)}) | {rule.outcome} | {rule.citation} |"
        for number, rule in enumerate(rules, 1)
    )
    return "\n".join(["| # | rule | answer | rests on |", "|---|---|---|---|", *rows])


def _rule(rule: Rule, scenarios: Sequence[Scenario], citation: str | None = None) -> Iterator[str]:
    yield f"## {rule.id}"
    yield f"**{rule.outcome}** when {in_words(read(READINGS[rule.id]))}."
    yield "\n".join([
        f"- Rests on:{citation or f' {rule.citation}'}",
        f"- Reads: `{READINGS[rule.id]}`",
        f"- In force: {_in_force(rule)}",
        f"- To staff: {rule.staff}",
        f"- To the customer: {rule.customer}",
    ])  # fmt: skip
    yield from _scenarios(scenarios)


def _in_force(rule: Rule) -> str:
    since = (
        f"from {rule.since.day} {rule.since:%B %Y}"
        if rule.since
        else "when it was checked; no day is recorded"
    )
    return f"{since}, until {rule.until.day} {rule.until:%B %Y}" if rule.until else since


def _scenarios(scenarios: Sequence[Scenario]) -> Iterator[str]:
    if scenarios:
        count = f"{len(scenarios)} scenarios" if len(scenarios) > 1 else "1 scenario"
        lines = (
            f"- `{scenario.id}` ({scenario.facts.jurisdiction}): {scenario.why}" for scenario in scenarios
        )
        yield f"<details><summary>{count}</summary>"
        yield "\n".join(lines)
        yield "</details>"


def _gate(told: Mapping[str, list[Scenario]]) -> str:
    return _page(
        "# The common gate",
        CAUTION,
        f"Read first in every jurisdiction, in this order. Words and notation are explained on"
        f" [the first page]({INDEX}).",
        *(
            block
            for rule in _GATE_RULES
            for block in _rule(rule, told[rule.id], citation=_cited_everywhere(rule.id))
        ),
    )


def _cited_everywhere(rule_id: str) -> str:
    cited = {law: next(rule.citation for rule in TABLES[law] if rule.id == rule_id) for law in Jurisdiction}
    if len(set(cited.values())) == 1:
        return f" {next(iter(cited.values()))}"
    return "".join(f"\n  - {NAMES[law]}: {citation}" for law, citation in cited.items())


def _index() -> str:
    counts = {law: len(table) - len(_GATE_RULES) for law, table in TABLES.items()}
    listed = (f"| [{NAMES[law]}]({page_of(law)}) | {counts[law]} |" for law in Jurisdiction)
    return _page(
        "# The law, as it is decided here",
        CAUTION,
        f"{len(RULES)} rules answer whether we may. A decision reads the [common gate]({GATE}), then the table of its"
        " jurisdiction, and the first rule that applies decides. Where several jurisdictions apply, each is decided"
        " and the strictest answer counts.",
        "\n".join(["| table | rules |", "|---|---|", f"| [common gate]({GATE}) | {len(_GATE_RULES)} |", *listed]),
        f"[What customers may ask for]({request_pages.PAGE}): which right exists where, and until when it is answered.",
        "## Answers",
        "\n".join(f"- **{outcome}**: {meaning}" for outcome, meaning in OUTCOMES.items()),
        "## Words and notation",
        "Each rule is put into words and, beside them, into the notation of its table: `a = X | Y` means that the"
        " fact `a` is X or Y, `a ≠ X` that it is not, a fact alone that it is so."
        " These words stand for longer conditions:",
        _shorthands(),
        "## Facts",
        f"A decision stands on these {len(FACTS)} facts and on nothing else.",
        _facts(),
    )  # fmt: skip


def _shorthands() -> str:
    rows = (
        f"| `{name}` | {PHRASES[name]} | `{_in_table(notation)}` |" for name, notation in SHORTHANDS.items()
    )
    return "\n".join(["| word | says | reads |", "|---|---|---|", *rows])


def _facts() -> str:
    rows = (f"| `{name}` | {', '.join(f'`{value}`' for value in allowed(name))} |" for name in FACTS)
    return "\n".join(["| fact | values |", "|---|---|", *rows])


def _in_table(notation: str) -> str:
    return notation.replace("|", "\\|")


def _anchor(rule_id: str) -> str:
    """As documentation viewers make it of a heading."""
    return rule_id.replace(".", "")
