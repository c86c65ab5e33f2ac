"""`hub audience`, `coverage` and `what-if`: what they print, what they write, how they end."""

import base64
import csv
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hub.act import Hub
from hub.actors import Operation
from hub.cli import lists
from hub.cli.drafts import read_draft
from hub.crowds import EVERYBODY, Such
from hub.crowds import Crowd as Asked
from hub.policy.values import Act
from hub.questioned import Question
from tests.crowds.conftest import NASTY, REFERRAL, Crowd, Run

SPLIT = {"SEEN": 2, "AGREED": 1, "CONSENT": 2, "NOTICE": 1, "UNKNOWN_NOTICE": 1, "OBJECTED": 1}


async def test_an_audience_is_counted_explained_and_said_what_would_move_it(run: Run) -> None:
    done = await run("audience", *REFERRAL)
    assert (done.code, done.err) == (0, "")
    assert "Harbour & Moor" in done.out
    assert "ALLOW                    3   37.5%  ###########" in done.out
    assert "au.alliance-later  [APP 6.1, 6.2(a) with APP 5.2(f)]" in done.out
    assert "consent.given" in done.out
    assert "This is not legal advice" in " ".join(done.out.split())


async def test_a_program_reads_the_same_numbers(run: Run) -> None:
    said = (await run("coverage", *REFERRAL, "--json")).said
    assert said["question"] == {
        "act": "disclose", "purpose": "referral-mortgage", "recipient": "bluegum-mortgages",
    }  # fmt: skip
    assert said["coverage"]["covers"] == SPLIT
    assert said["coverage"]["can_be_asked"] == 2
    assert sum(share["customers"] for share in said["coverage"]["shares"]) == 8
    groups = said["audience"]["groups"]
    assert sum(group["customers"] for group in groups) == said["audience"]["customers"] == 8
    [needs] = [group for group in groups if group["rule"] == "au.alliance-later"]
    assert [(move["code"], move["customers"]) for move in needs["moves"]] == [("consent.given", 2)]


async def test_a_coverage_is_split_by_the_notice_that_governs(run: Run) -> None:
    done = await run("coverage", *REFERRAL, "--language", "fr")
    assert "customers:3  2: SEEN 2" in done.out
    assert "Aucun avis connu  1: UNKNOWN_NOTICE 1" in done.out
    assert "Pouvons-nous transmettre les données des clients à Bluegum Mortgages" in done.out
    assert "\u2068" not in done.out


async def test_a_filter_narrows_and_a_past_day_is_asked_about(run: Run) -> None:
    british = await run("audience", *REFERRAL, "--jurisdiction", "uk", "--json")
    assert british.said["audience"]["outcomes"] == {"NOTICE_NEEDED": 1}
    former = await run("audience", *REFERRAL, "--relationship", "CLOSED", "--json")
    assert former.said["audience"]["customers"] == 1
    past = await run("audience", *REFERRAL, "--as-of", "2025-07-31", "--json")
    assert past.said["as_of"] == "2025-07-31T23:59:59.999999+00:00"
    assert past.said["audience"]["outcomes"] == {"NOTICE_NEEDED": 2, "CONSENT_NEEDED": 4}
    instant = await run("audience", *REFERRAL, "--as-of", "2025-08-01T00:00:00+10:00", "--json")
    assert instant.said["as_of"] == "2025-07-31T14:00:00+00:00"


async def test_today_is_now_not_its_end(run: Run) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert (await run("audience", *REFERRAL, "--as-of", today, "--json")).said["audience"]["customers"] == 8


async def test_the_list_of_a_campaign_holds_the_ids_of_those_who_may_be_asked_and_nothing_else(
    run: Run, crowd: Crowd, tmp_path: Path
) -> None:
    done = await run("coverage", *REFERRAL, "--list", "consent", "--out", "campaign.csv")
    assert "2 ids written to campaign.csv" in done.out
    file = tmp_path / "campaign.csv"
    assert file.stat().st_mode & 0o777 == 0o600
    head, *rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    assert head == ["customer", "answer"]
    assert {read(customer) for customer, _ in rows} == {crowd.people["silent"], crowd.people["former"]}
    assert {answer for _, answer in rows} == {"CONSENT"}
    assert left(tmp_path) == ["campaign.csv"]


async def test_a_list_by_rule_agrees_with_the_count(run: Run, crowd: Crowd, tmp_path: Path) -> None:
    wanted = "deny:hub.sharing-opt-out"
    done = await run("audience", *REFERRAL, "--list", wanted, "--out", "no.csv", "--json")
    assert done.said["listed"] == 1
    [_, row] = list(csv.reader((tmp_path / "no.csv").read_text(encoding="utf-8").splitlines()))
    assert (read(row[0]), row[1:]) == (crowd.people["no"], ["DENY", "hub.sharing-opt-out"])


@pytest.mark.parametrize("such", [EVERYBODY, Such(jurisdictions=frozenset({"AU"}))], ids=["all", "AU"])
async def test_a_list_longer_than_a_page_names_everybody_once(
    hub: Hub, crowd: Crowd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, such: Such
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    question = Question(UUID(int=0), Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
    everybody = lists.Listed(lambda _, heap: heap.decision is not None, ("ANY",))
    async with hub.ask(crowd.world.app(), Operation.DECISION_PREVIEW) as ask:
        asked = await Asked.of(ask, question)
        count = await lists.write(asked, such, everybody, tmp_path / "all.csv")
    found = [row.split(",")[0] for row in (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()][1:]
    expected = {id_ for name, id_ in crowd.people.items() if such is EVERYBODY or name != "british"}
    assert [read(each) for each in found] == sorted(expected)
    assert count == len(expected)


def left(folder: Path) -> list[str]:
    """The files that commands left there."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def read(opaque: str) -> UUID:
    kind, _, text = base64.urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4)).decode().partition(":")
    assert kind == "Customer"
    return UUID(text)


async def test_a_notice_that_would_reach_everybody_is_compared_with_today(run: Run) -> None:
    done = await run("what-if", *REFERRAL, "--suppose-version", "customers:3", "--json")
    assert done.said["supposed"] == [
        {"kind": "version", "notice": "Customers of Harbour & Moor", "number": 3}
    ]  # fmt: skip
    assert done.said["today"]["outcomes"]["NOTICE_NEEDED"] == 2
    assert "NOTICE_NEEDED" not in done.said["audience"]["outcomes"]
    told = await run("what-if", *REFERRAL, "--suppose-version", "customers:3")
    assert "NOTICE_NEEDED                2             0" in told.out


async def test_a_campaign_is_supposed_to_win_those_who_may_be_asked(run: Run) -> None:
    said = (await run("what-if", *REFERRAL, "--suppose-grade", "explicit", "--json")).said
    assert said["coverage"]["covers"]["AGREED"] == 4  # a consent would do for the British customer as well
    assert said["coverage"]["covers"]["OBJECTED"] == 1


async def test_an_alliance_that_is_not_signed_is_read_from_a_file(run: Run, tmp_path: Path) -> None:
    alliance = {
        "recipient": {"key": "new-broker", "country": "AU", "classes": ["mortgage-brokers"]},
        "arrangement": {
            "recipient": "new-broker", "kind": "alliance", "starts_on": "2025-09-01", "country": "AU",
            "purposes": ["referral-mortgage"], "categories": ["contact"],
        },
    }  # fmt: skip
    (tmp_path / "alliance.json").write_text(json.dumps(alliance), encoding="utf-8")
    asked = ("--purpose", "referral-mortgage", "--recipient", "new-broker")
    done = await run("what-if", *asked, "--draft", "alliance.json", "--report", "new.html")
    assert "An arrangement with new-broker is in force from 1 September 2025." in done.out
    assert "Report written to new.html" in done.out
    assert "Without that this cannot be asked" in (tmp_path / "new.html").read_text(encoding="utf-8")
    said = (await run("what-if", *asked, "--draft", "alliance.json", "--json")).said
    assert said["today"] is None
    assert said["coverage"]["covers"]["SEEN"] == 2


async def test_a_purpose_that_is_not_defined_is_read_from_a_file(run: Run, tmp_path: Path) -> None:
    purpose = {
        "key": "loyalty", "kind": "service", "categories": ["contact"], "departments": ["conveyancing"],
        "bases": {"UK": "CONTRACT"}, "relations": {"conveyancing": "RELATED"},
    }  # fmt: skip
    (tmp_path / "purpose.json").write_text(json.dumps({"purpose": purpose}), encoding="utf-8")
    done = await run(
        "what-if", "--purpose", "loyalty", "--act", "use", "--department", "conveyancing", "--draft",
        "purpose.json", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.said["supposed"] == [{"kind": "purpose", "key": "loyalty"}]


WRONG = [
    (("--as-of", "2999-01-01"), "in the future", "--as-of"),
    (("--as-of", "9999-12-31T23:59:59Z"), "in the future", "--as-of"),
    (("--as-of", "1999-01-01"), "No customer was on record then", "--as-of"),
    (("--as-of", "0001-01-01"), "No customer was on record then", "--as-of"),
    (("--as-of", "last March"), "Write a day as 2026-03-31", "--as-of"),
    (("--as-of", "2026-02-30"), "Write a day as 2026-03-31", "--as-of"),
    (("--as-of", "2026-03-01T10:00"), "Say the offset too", "--as-of"),
    (("--jurisdiction", "ZA"), "No customer fits this filter", "--jurisdiction, --relationship"),
    (("--jurisdiction", "Mars"), "none of AU, UK", "--jurisdiction"),
    (("--relationship", "friend"), "none of ACTIVE", "--relationship"),
    (("--purpose", "nothing"), "No purpose with this id or key", "--purpose"),
    (("--act", "refer"), "none of USE", "--act"),
    (("--channel", "pigeon"), "none of NONE", "--channel"),
    (("--list", "ALLOW"), "say both or neither", "--list"),
    (("--list", "YES", "--out", "x.csv"), "none of DENY", "--list"),
    (("--list", "DENY:hub.expird", "--out", "x.csv"), "did you mean `hub.expired`?", "--list"),
    (("--list", "ALLOW", "--out", "nowhere/x.csv"), "cannot be written", "--out"),
    (("--list", "ALLOW", "--out", "."), "This is a folder", "--out"),
    (("--report", "nowhere/x.html"), "cannot be written", "--report"),
]


@pytest.mark.parametrize(("more", "said", "place"), WRONG, ids=lambda each: str(each)[:30])
async def test_what_cannot_be_answered_is_said_in_one_line_with_its_place(
    run: Run, tmp_path: Path, more: tuple[str, ...], said: str, place: str
) -> None:
    given = dict(zip(REFERRAL[::2], REFERRAL[1::2], strict=True))
    for name in set(given) & set(more):
        del given[name]
    kept = [part for pair in given.items() for part in pair]
    done = await run("audience", *kept, *more)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.rstrip().endswith(f"({place})")
    assert done.err.count("\n") == 1
    assert left(tmp_path) == []


DRAFTS = [
    ("{", "draft.json: line 1 column 2: not JSON"),
    ('{"grade": "GIVEN", "grade": "GIVEN"}', "is given twice in one object"),
    ("[]", "Expected `object`, got `array`. (draft.json)"),
    ('{"grad": "GIVEN"}', "unknown field `grad`. (draft.json)"),
    ('{"grade": "GUARDIAN"}', "(draft.grade)"),
    ('{"version": "customers:9"}', "No version with this id or key. (draft.version)"),
    ('{"version": "customers"}', "as in `clients:4`"),
    ('{"recipient": {"key": "x"}}', "missing required field `country`. (draft.json.recipient)"),
    ('{"recipient": {"key": "x", "country": "XX"}}', "not a country"),
    ('{"recipient": {"key": "x", "country": "AU", "classes": ["y"]}}', "(draft.recipient.classes.0)"),
    ('{"recipient": {"key": "nasty", "country": "AU"}}', "This key is taken"),
    ('{"arrangement": {"starts_on": "2026-13-01"}}', "(draft.json.arrangement"),
    ("{}", "Suppose something"),
]


@pytest.mark.parametrize(("draft", "said"), DRAFTS)
async def test_a_draft_that_makes_no_sense_is_said_with_its_place(
    run: Run, tmp_path: Path, draft: str, said: str
) -> None:
    (tmp_path / "draft.json").write_text(draft, encoding="utf-8")
    done = await run("what-if", *REFERRAL, "--draft", "draft.json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


async def test_a_draft_that_is_not_there_is_said(run: Run) -> None:
    done = await run("what-if", *REFERRAL, "--draft", "nothing.json")
    assert (done.code, done.err) == (
        2,
        "hub: This cannot be read: No such file or directory. (nothing.json)\n",
    )


async def test_names_from_the_catalogue_are_shown_as_they_are_on_a_terminal(run: Run) -> None:
    done = await run(
        "audience", "--purpose", "referral-mortgage", "--act", "disclose", "--recipient", "nasty"
    )
    assert f"to {NASTY} for" in done.out


async def test_a_past_answer_about_one_customer_is_that_of_its_day(run: Run, crowd: Crowd) -> None:
    about = ("--customer", str(crowd.people["agreed"]), *REFERRAL)
    now = await run("decide", *about)
    then = await run("decide", *about, "--as-of", "2025-12-31", "--json")
    before = await run("decide", *about, "--as-of", "2020-01-01")
    assert now.code == 0
    assert (then.code, then.said["outcome"]) == (1, "CONSENT_NEEDED")
    assert (before.code, before.err.endswith("was on record then: choose a later day. (--as-of)\n")) == (
        2,
        True,
    )
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    assert (await run("decide", *about, "--as-of", tomorrow)).code == 2
    kept = await run("decide", *about, "--as-of", "2025-12-31", "--record")
    assert (kept.code, "leave out --as-of" in kept.err) == (2, True)


def test_the_draft_in_the_documentation_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    file = tmp_path / "draft.json"
    file.write_text(example, encoding="utf-8")
    drafted = read_draft(file)
    assert None not in (
        drafted.recipient,
        drafted.arrangement,
        drafted.purpose,
        drafted.version,
        drafted.grade,
    )
