"""The report: complete, in three languages, escaped, of one file, and readable in a browser on every screen."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from hub import supposing
from hub.act import Hub
from hub.actors import Operation
from hub.cli.drafts import described
from hub.coverage import Cover, split
from hub.crowds import ANYBODY, EVERYBODY, Such, summed
from hub.crowds import Crowd as Everybody
from hub.policy import words
from hub.policy.rule import Outcome
from hub.policy.values import Act, Channel, Footer, Jurisdiction, Offer, ProfileEffect, Relationship
from hub.questioned import Question
from hub.reports import LANGUAGES, Report, asked, figures, render
from hub.reports.wording import of
from hub.texts import texts
from tests.crowds.conftest import NASTY, Crowd
from tests.portal.browser import resize
from tests.world import build_world

REFERRAL = Question(ANYBODY, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
LETTER = Question(
    ANYBODY, Act.MESSAGE, "newsletter", channel=Channel.EMAIL, offer=Offer.OWN_SIMILAR,
    footer=Footer.COMPLETE, department="marketing",
)  # fmt: skip
TEXTS = Path(__file__).parents[2] / "hub" / "reports" / "texts.toml"


async def reported(hub: Hub, crowd: Crowd, question: Question = REFERRAL, such: Such = EVERYBODY) -> Report:
    async with hub.ask(crowd.world.app(), Operation.DECISION_PREVIEW) as ask:
        found = await Everybody.of(ask, question)
        heaps = await found.heaps(such)
        return Report(await asked(ask, question, such), summed(found, heaps), split(found, heaps))


async def supposed(hub: Hub, crowd: Crowd, draft: supposing.Draft) -> Report:
    async with hub.ask(crowd.world.app(), Operation.DECISION_PREVIEW) as ask:
        found = await supposing.what_if(ask, REFERRAL, draft)
        shown = await asked(ask, REFERRAL, EVERYBODY, await described(ask, draft))
    return Report(shown, found.supposed, found.coverage, found.today)


class Markup(HTMLParser):
    """Collects the text, and whatever would fetch or run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        self.fetched += [tag] if tag in {"script", "link", "img", "iframe", "object", "base", "form"} else []
        self.fetched += [
            name for name, value in attrs if name in {"src", "style", "srcset"} or name.startswith("on")
            or (name.endswith("href") and not (value or "").startswith("#"))
        ]  # fmt: skip

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += f" {data}"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_report_says_everything_in_every_language_and_fetches_nothing(
    hub: Hub, crowd: Crowd, language: str
) -> None:
    report = await reported(hub, crowd)
    page = render(report, language)
    markup, said = Markup(page), of(language)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
    assert markup.fetched == []
    assert re.findall(r"url\((?!#)", page) == []
    for group in report.audience.groups:
        assert words.sentences(group.decision.rule, language).staff in markup.text
        assert group.decision.rule in markup.text
        assert group.decision.citation in markup.text
    for cover in (Cover.SEEN, Cover.CONSENT, Cover.OBJECTED):
        assert said[f"cover.{cover}"] in markup.text
    assert "2026.11" in markup.text
    assert said.day(report.asked.at) in markup.text
    assert said["advice"] in markup.text
    assert said.percent(3 / 8) in markup.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_report_about_nobody_says_so_and_draws_nothing(hub: Hub, language: str) -> None:
    empty = Crowd(await build_world(hub), {})
    report = await reported(hub, empty)
    for each in (report, await supposed(hub, empty, supposing.Draft(grade="EXPLICIT"))):
        page, said = render(each, language), of(language)
        assert said["nobody"] in Markup(page).text
        assert said.question(each.asked) in Markup(page).text
        assert "<table" not in page
        assert page.rstrip().endswith("</html>")
    assert said["supposed.grade"] in Markup(page).text


async def test_names_are_escaped_and_nobody_is_named(hub: Hub, crowd: Crowd) -> None:
    question = Question(ANYBODY, Act.DISCLOSE, "referral-mortgage", recipient="nasty")
    page = render(await reported(hub, crowd, question), "en")
    assert "<script" not in page
    assert NASTY in Markup(page).text
    assert "Harbour &amp; Moor" in page
    assert "@example" not in page
    assert [name for name, id_ in crowd.people.items() if str(id_) in page] == []


async def test_a_message_is_described_with_all_its_parts(hub: Hub, crowd: Crowd) -> None:
    such = Such(frozenset({"AU"}), frozenset({"ACTIVE", "CLOSED"}))
    text = Markup(render(await reported(hub, crowd, LETTER, such), "en")).text
    for part in (
        "email",
        "similar to what they bought",
        "a way to opt out",
        "Marketing",
        "Australia, active, former",
    ):
        assert part in text


async def test_what_is_supposed_stands_beside_today(hub: Hub, crowd: Crowd) -> None:
    report = await supposed(
        hub, crowd, supposing.Draft(version=crowd.world.versions["v3"].id, grade="EXPLICIT")
    )
    assert report.today is not None
    text = " ".join(Markup(render(report, "en")).text.split())
    assert "Version 3 of the notice \u2068Customers of Harbour & Moor\u2069 has reached everybody." in text
    assert f"As it is: {report.today.of(Outcome.ALLOW)}." in text
    change = report.audience.of(Outcome.NOTICE_NEEDED) - report.today.of(Outcome.NOTICE_NEEDED)
    assert f"\u2212{-change}" in text


async def test_the_parts_of_a_bar_make_the_whole(hub: Hub, crowd: Crowd) -> None:
    report = await reported(hub, crowd)
    assert report.coverage is not None
    for bars in (figures.answers(report.audience), figures.covers(report.coverage)):
        assert sum(bar.customers for bar in bars) == 8
        assert sum(bar.share for bar in bars) == pytest.approx(1)
        starts = [bar.start for bar in bars]
        assert starts == pytest.approx([sum(bar.share for bar in bars[:place]) for place in range(len(bars))])
    stacks = figures.stacks(report.coverage)
    assert sum(stack.customers for stack in stacks) == 8
    assert max(sum(bar.share for bar in stack.bars) for stack in stacks) == pytest.approx(1)
    assert [stack.version and stack.version.number for stack in stacks] == [3, 2, None]


def test_every_language_says_the_same_things_about_everything_that_can_be_counted() -> None:
    said = texts(TEXTS)
    assert tuple(said) == LANGUAGES
    assert {frozenset(each) for each in said.values()} == {frozenset(said["en"])}
    needed = {f"outcome.{each}" for each in (*Outcome, "UNDECIDED")} | {f"meaning.{each}" for each in Outcome}
    needed |= {f"{kind}.{each}" for kind in ("cover", "covering") for each in (*Cover, "UNDECIDED")}
    needed |= {f"ask.{each}" for each in Act} | {f"law.{each}" for each in Jurisdiction}
    needed |= {f"relationship.{each}" for each in Relationship}
    for name, kind in (("channel", Channel), ("offer", Offer), ("profile_effect", ProfileEffect)):
        needed |= {f"{name}.{each}" for each in kind if each.value != "NONE"}
    assert needed - set(said["en"]) == set()
    places = {name: set(re.findall(r"\{(\w+)\}", text)) for name, text in said["en"].items()}
    for texts_of in said.values():
        assert {name: set(re.findall(r"\{(\w+)\}", text)) for name, text in texts_of.items()} == places


def test_figures_are_written_as_each_language_writes_them() -> None:
    assert [of(each).number(1234567) for each in LANGUAGES] == [
        "1,234,567", "1\u202f234\u202f567", "\u20661,234,567\u2069",
    ]  # fmt: skip
    assert [of(each).percent(0.6131) for each in LANGUAGES] == ["61.3%", "61,3\u00a0%", "\u206661.3%\u2069"]
    assert (of("en").percent(0.00001), of("en").percent(0), of("en").change(-3)) == (
        "< 0.1%",
        "0.0%",
        "\u22123",
    )


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_report_is_readable_on_a_phone_and_on_a_desk_and_by_a_screen_reader(
    hub: Hub, crowd: Crowd, chromium: Browser, tmp_path: Path, language: str, scheme: str
) -> None:
    file = tmp_path / "report.html"
    draft = supposing.Draft(grade="EXPLICIT")
    report = await (reported(hub, crowd) if scheme == "light" else supposed(hub, crowd, draft))
    file.write_text(render(report, language), encoding="utf-8")
    context = await chromium.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = await context.new_page()
    said: list[str] = []
    fetched: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: fetched.append(request.url))
    await page.goto(file.as_uri())
    for width in (360, 1280):
        await resize(page, width)
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        found: dict[str, Any] = (await cast("Any", Axe()).run(page)).response
        assert [each["id"] for each in found["violations"]] == []
    drawn = await page.evaluate(
        "[...document.querySelectorAll('.bar')].map(e => e.getBoundingClientRect().width)"
    )
    assert len(drawn) > 8
    assert min(drawn) > 100
    assert said == []
    assert set(fetched) == {file.as_uri()}
    await context.close()
