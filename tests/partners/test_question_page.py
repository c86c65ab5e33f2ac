"""The page of a question: by the link of a letter and signed in, answered once, taken back, and never by looking."""

import asyncio
import re
from collections.abc import Callable
from uuid import UUID

import asyncpg
import pytest

from hub import customers, standings
from hub.actors import OPERATOR, WORKER, Operation
from hub.db import new_id
from hub.partners import settling
from hub.partners.referrals import Referral
from hub.partners.states import State
from tests.domain.firm import Firm, everything
from tests.partners.referred import LATER, NEED, House, lapse
from tests.portal.visitor import Visitor, delivered

BROKER = {"recipient": "bluegum-mortgages", "purpose": "referral-mortgage"}
BACK = "Take it back: they may not use it any more"
Answer = tuple[str, State, str]
"""What is answered, how the referral stands then, and what the page says."""


async def asked(house: House, **given: str) -> tuple[UUID, Referral, str]:
    """Somebody who is asked whether they may be referred to a broker; their address."""
    email = f"{new_id().hex}@example.org"
    customer = await house.customer(**{**LATER, **given}, email=email)
    done = await house.refer(customer, **BROKER)
    assert done.referral
    return customer, done.referral, email


async def linked(house: House, firm: Firm, email: str) -> str:
    """The path of the link that the newest letter to an address brings."""
    async with house.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        rows = await ask.rows(
            "SELECT id FROM letter WHERE organisation_id = $1 AND template = 'referral_asked' ORDER BY id DESC",
            firm.id,
        )
    for row in rows:
        for to, text in await delivered(firm, row["id"]):
            if to == email:
                found = re.search(r"http://localhost:8000(/o/\S+/question/\S+)", text)
                assert found, text
                assert NEED not in text
                assert "Bluegum" in text
                return found[1]
    raise AssertionError(email)


async def open_link(visitor: Visitor, path: str) -> None:
    """Open the link of a letter."""
    await visitor.open(path.removeprefix(visitor.start).strip("/"))


async def test_opening_the_link_shows_the_question_in_masks_and_changes_nothing(
    house: House, firm: Firm, visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    _, referral, email = await asked(house)
    path = await linked(house, firm, email)
    before = await everything(superuser)
    for _ in range(5):
        await open_link(visitor, path)
    assert await everything(superuser) == before
    text = visitor.page.text
    for said in (
        "Bluegum Mortgages", "You can compare loans at leisure.", NEED.replace("'", "&#39;"), "What they receive",
        "Yes, give them these details", "No, do not give them", "If you do not answer, we take it as a no.",
    ):  # fmt: skip
        assert said in text, said
    assert email not in text
    assert email not in path
    assert (await house.read(referral)).state is State.ASKING


YES = ("yes", State.OFFERED, "can see these details now")
NO = ("no", State.CLOSED, "Nothing was given to")
TAKEN = ("no", State.WITHDRAWN, "may not use it any more")


@pytest.mark.parametrize(("first", "then"), [(YES, TAKEN), (NO, ("yes", *NO[1:]))])
async def test_an_answer_by_the_link_counts_once_and_a_no_after_it_still_counts(
    house: House, firm: Firm, arrives: Callable[..., Visitor], first: Answer, then: Answer
) -> None:
    customer, referral, email = await asked(house)
    path = await linked(house, firm, email)
    one, other = arrives(), arrives()
    await open_link(one, path)
    await open_link(other, path)
    sent = {"form": one.key, "answer": first[0]}
    done = await asyncio.gather(*(one.post(path, sent, follow=False) for _ in range(4)))
    assert {each.status_code for each in done} == {303}
    await open_link(one, path)
    assert first[2] in one.page.text
    assert "Yes, give them" not in one.page.text
    assert (await house.read(referral)).state is first[1]
    await other.send({"answer": then[0]})  # an old page in another tab
    assert then[2] in other.page.text
    assert (await house.read(referral)).state is then[1]
    events = await house.events(customer)
    assert events.count("question.answered") == 1
    assert events.count("disclosure.recorded") == (1 if first is YES else 0)


async def test_whoever_is_signed_in_sees_the_question_answers_it_and_takes_it_back(
    house: House, visitor: Visitor
) -> None:
    customer, referral, email = await asked(house)
    await visitor.enter(email)
    assert f"/referrals/{referral.id}" in visitor.page.text
    await visitor.open(f"referrals/{referral.id}")
    assert email in visitor.page.text
    await visitor.send({"answer": "yes"})
    assert (await house.read(referral)).state is State.OFFERED
    assert BACK in visitor.page.text
    await visitor.send({"answer": "back"})
    assert (await house.read(referral)).state is State.WITHDRAWN
    assert "may not use it any more" in visitor.page.text
    assert BACK not in visitor.page.text
    assert "choice.withdrawn" in await house.events(customer)
    await visitor.open("referrals")
    assert "They may not use it any more" in visitor.page.text


async def test_what_went_out_by_the_notice_is_shown_and_can_be_stopped_too(
    house: House, visitor: Visitor
) -> None:
    email = f"{new_id().hex}@example.org"
    customer = await house.customer(email=email)
    done = await house.refer(customer)
    assert done.referral
    await visitor.enter(email)
    await visitor.open(f"referrals/{done.referral.id}")
    assert "We referred you to" in visitor.page.text
    await visitor.send({"answer": "back"})
    assert (await house.read(done.referral)).state is State.WITHDRAWN


async def test_a_question_that_is_over_cannot_be_answered(
    house: House, firm: Firm, visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    _, referral, email = await asked(house)
    path = await linked(house, firm, email)
    await open_link(visitor, path)
    form = {"form": visitor.key, "answer": "yes"}
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        over = "UPDATE consent_question SET expires_at = put_at + interval '1 microsecond' WHERE id = $1"
        await superuser.execute(over, referral.question_id)
    await lapse(superuser, referral)
    await visitor.post(path, form)
    assert (await house.read(referral)).state is State.CLOSED
    await open_link(visitor, path)
    assert "Nothing was given to" in visitor.page.text


async def test_an_opt_out_since_the_question_was_put_wins_over_the_page(
    house: House, firm: Firm, visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    customer, referral, email = await asked(house)
    path = await linked(house, firm, email)
    await open_link(visitor, path)
    form = {"form": visitor.key, "answer": "yes"}
    await house.world.choose(house.hub, customer, stops_sharing=True, on="2026-02-01")
    before = await everything(superuser)
    answer = await visitor.post(path, form, follow=False)
    assert answer.status_code == 422
    assert "We may not ask you this any more" in answer.text
    assert await everything(superuser) == before
    assert (await house.read(referral)).disclosure_id is None


async def test_of_somebody_erased_there_is_no_page_and_the_referral_closes(
    house: House, firm: Firm, visitor: Visitor
) -> None:
    customer, referral, email = await asked(house)
    path = await linked(house, firm, email)
    async with house.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, customer)
    await open_link(visitor, path)
    assert visitor.page.status_code == 404
    await house.hub.perform(WORKER, Operation.HUB_MAINTAIN, settling.settle)
    assert (await house.read(referral)).state is State.CLOSED


async def test_a_link_that_is_none_and_anothers_referral_are_absent_alike(
    house: House, arrives: Callable[..., Visitor]
) -> None:
    _, referral, _ = await asked(house)
    visitor = arrives()
    _, _, email = await asked(house)
    await visitor.enter(email)
    for place in (
        f"question/{'x' * 43}",
        f"referrals/{referral.id}",
        f"referrals/{new_id()}",
        "referrals/made-up",
    ):
        await visitor.open(place)
        assert visitor.page.status_code == 404, place
    stranger = arrives()
    await stranger.open("referrals")
    assert stranger.place == "enter"


async def test_all_referrals_are_read_a_stretch_at_a_time_and_every_question_waits_at_the_start(
    house: House,
    arrives: Callable[..., Visitor],
    superuser: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hub.partners.consenting.OWN_MOST", 2)
    customer, first, email = await asked(house)
    made = [first.id]
    for _ in range(4):
        done = await house.refer(customer)
        assert done.referral
        made.append(done.referral.id)
        await lapse(superuser, done.referral)
    visitor = arrives()
    await visitor.enter(email)
    assert str(first.id) in await visitor.open(), "asked before all that came later, and still open"
    seen = list[str]()
    place: str | None = "referrals"
    while place:
        text = await visitor.open(place)
        seen += re.findall(r"referrals/([0-9a-f-]{36})\"", text)
        found = re.search(r'href="(\?before=[^"]+)" rel="next"', text)
        place = found and f"referrals{found[1]}"
    assert seen == [str(each) for each in reversed(made)]
    assert await visitor.open("referrals?before=x")
    assert visitor.page.text.count("/referrals/") == 2


async def test_a_form_from_elsewhere_or_without_an_answer_changes_nothing(
    house: House, firm: Firm, visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    _, _, email = await asked(house)
    path = await linked(house, firm, email)
    await open_link(visitor, path)
    key = visitor.key
    before = await everything(superuser)
    foreign = await visitor.post(
        path, {"form": key, "answer": "yes"}, follow=False, origin="https://evil.example"
    )
    empty = await visitor.post(path, {"form": key}, follow=False)
    other = await visitor.post(path, {"form": "made-up", "answer": "yes"}, follow=False)
    assert [each.status_code for each in (foreign, empty, other)] == [403, 422, 403]
    assert await everything(superuser) == before


async def test_in_california_a_yes_is_confirmed(house: House, firm: Firm, visitor: Visitor) -> None:
    email = f"{new_id().hex}@example.org"
    customer = await house.customer(**LATER, email=email)
    async with house.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        changes = standings.Change(jurisdictions=["AU", "US_CA"])
        await standings.change(act, customer, changes, house.world.organisation.id)
    referral = (await house.refer(customer, **BROKER)).referral
    assert referral
    path = await linked(house, firm, email)
    await open_link(visitor, path)
    await visitor.send({"answer": "yes"})
    assert "Do you agree?" in visitor.page.text
    assert (await house.read(referral)).state is State.ASKING
    await visitor.send({"answer": "yes", "sure": "yes"})
    assert (await house.read(referral)).state is not State.ASKING


@pytest.mark.parametrize(("language", "said"), [("fr", "Oui, donnez-leur"), ("ar", "نعم، أعطوهم")])
async def test_the_question_speaks_the_readers_language(
    house: House, firm: Firm, arrives: Callable[..., Visitor], language: str, said: str
) -> None:
    _, _, email = await asked(house, locale=language)
    path = await linked(house, firm, email)
    assert f"/{language}/question/" in path
    visitor = arrives(language)
    await open_link(visitor, path)
    assert said in visitor.page.text


async def test_nobody_is_written_to_at_a_mailbox_that_several_share(
    house: House, superuser: asyncpg.Connection
) -> None:
    email = f"{new_id().hex}@example.org"
    await house.customer(email=email)
    customer = await house.customer(**LATER, email=email)
    done = await house.refer(customer, **BROKER)
    assert done.referral
    assert done.referral.state is State.ASKING
    assert await superuser.fetchval("SELECT count(*) FROM letter WHERE customer_id = $1", customer) == 0
