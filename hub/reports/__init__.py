"""Reports: an audience, a coverage or a what-if as one page that a manager can read, print and pass on.

The page is a single HTML file: inline SVG and style, no program, nothing from elsewhere. It holds numbers and the
words of the law, and no customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.coverage import Coverage
from hub.crowds import Audience
from hub.policy import words
from hub.policy.decision import CHECKED_ON, RULESET
from hub.policy.rule import ALLOW
from hub.reports import figures, wording
from hub.reports.asked import Asked, asked
from hub.reports.wording import LANGUAGES, Wording
from hub.texts import templates

__all__ = ["LANGUAGES", "Asked", "Report", "asked", "render"]

_TEMPLATES: Final = templates(Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class Report:
    """What a page shows. coverage: None where only answers were asked for.

    today: the answers before what is supposed; None where nothing is supposed, or it cannot be asked today.
    """

    asked: Asked
    audience: Audience
    coverage: Coverage | None = None
    today: Audience | None = None

    @property
    def kind(self) -> str:
        """What it is a report of."""
        if self.asked.supposed:
            return "what_if"
        return "audience" if self.coverage is None else "coverage"


def render(report: Report, language: str) -> str:
    """Write the page in one of `LANGUAGES`."""
    said = wording.of(language)
    audience, coverage = report.audience, report.coverage
    return _TEMPLATES.get_template("report.html").render(
        t=said,
        report=report,
        audience=audience,
        allowed=audience.of(ALLOW),
        allowed_today=report.today.of(ALLOW) if report.today else None,
        question=said.question(report.asked),
        details=said.details(report.asked),
        answers=figures.answers(audience, report.today),
        covers=figures.covers(coverage) if coverage else [],
        stacks=figures.stacks(coverage) if coverage else [],
        reasons=[_reason(each, audience, said) for each in audience.groups],
        steps=[_step(each, audience, language) for each in figures.steps(audience)],
        stuck=figures.stuck(audience),
        ruleset=RULESET,
        checked_on=CHECKED_ON,
    )


def _reason(group: Any, audience: Audience, said: Wording) -> Mapping[str, Any]:
    return {
        "outcome": group.outcome.value,
        "customers": group.customers,
        "share": group.customers / audience.customers,
        "staff": words.sentences(group.decision.rule, said.language).staff,
        "rule": group.decision.rule,
        "citation": group.citation,
    }


def _step(step: figures.Step, audience: Audience, language: str) -> Mapping[str, Any]:
    return {
        "staff": words.remedy_in(step.remedy, language).staff,
        "code": step.remedy.code,
        "customers": step.customers,
        "then": step.then / audience.customers,
    }
