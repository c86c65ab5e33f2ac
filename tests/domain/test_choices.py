"""What a customer says is kept with its evidence, for exactly the scope it was said for."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from hub import choices, identities
from hub.act import Act, Hub
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.said import Choice, Evidence, Scope
from tests.domain.firm import AFTER, BEFORE, FUTURE, PUBLISHED, Firm, events_of, everything, evidence
from tests.spine.stored import WORDS

RECORD = Operation.CHOICE_RECORD
Verb = Callable[[Act, Scope, Evidence], Awaitable[list[Choice]]]


async def say(firm: Firm, verb: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
    async with firm.hub.act(firm.app, RECORD) as act:
        return await verb(act, *args, **options)


async def standing(firm: Firm, customer_id: Any) -> set[tuple[str, str | None, str]]:
    """The last words in the projection: (kind, channel, action)."""
    async with firm.hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        rows = await ask.rows(
            f"""SELECT DISTINCT w ->> 1 AS kind, w ->> 3 AS channel, w ->> 5 AS action
               FROM customer_state s, unnest(ARRAY[{WORDS}] || s.said) AS code,
                   saying y, jsonb_array_elements(y.content) w
               WHERE s.customer_id = $1 AND y.id = code & ((1::bigint << 27) - 1)""",
            customer_id,
        )
    return {(row["kind"], row["channel"], row["action"]) for row in rows}


async def test_a_consent_is_one_row_per_channel_with_wording_hash_and_sealed_reference(
    hub: Hub, firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer()
    given: list[Choice] = await say(
        firm,
        choices.give_consent,
        firm.scope(customer_id, channels=["EMAIL", "SMS", "EMAIL"], recipient_id=firm.recipients[0]),
        evidence(reference="form of jane@example.com", notice_version_id=firm.version, method="PAPER"),
        "EXPLICIT",
        ends_at=FUTURE,
    )
    assert [(one.channel, one.grade, one.ends_at) for one in given] == [
        ("EMAIL", "EXPLICIT", FUTURE),
        ("SMS", "EXPLICIT", FUTURE),
    ]
    assert {one.wording_sha256 for one in given} == {
        hashlib.sha256(b"I agree to hear about mortgages.").hexdigest()
    }
    assert {(one.recipient_id, one.notice_version_id, one.method) for one in given} == {
        (firm.recipients[0], firm.version, "PAPER")
    }
    sealed = await superuser.fetchval("SELECT evidence FROM choice WHERE id = $1", given[0].id)
    async with hub.act(firm.app, RECORD) as act:
        key = await identities.open_key(act, customer_id)
    assert key.open_text("choice", "evidence", given[0].id, sealed) == "form of jane@example.com"
    assert await events_of(hub, customer_id) == ["customer.created", "choice.given"]
    assert await standing(firm, customer_id) == {("CONSENT", "EMAIL", "GIVEN"), ("CONSENT", "SMS", "GIVEN")}


async def test_a_withdrawal_reaches_every_consent_that_its_scope_covers(firm: Firm) -> None:
    customer_id = await firm.customer()
    await say(firm, choices.give_consent, firm.scope(customer_id, channels=["EMAIL", "SMS"]), evidence())
    await say(
        firm, choices.give_consent, firm.scope(customer_id, recipient_id=firm.recipients[0]), evidence()
    )
    other = firm.scope(customer_id, purpose_id=firm.purposes[1], channels=["POST"])
    await say(firm, choices.give_consent, other, evidence())
    withdrawn: list[Choice] = await say(firm, choices.withdraw_consent, firm.scope(customer_id), evidence())
    assert {(one.channel, one.recipient_id) for one in withdrawn} == {
        ("EMAIL", None),
        ("SMS", None),
        (None, firm.recipients[0]),
        (None, None),
    }
    assert await standing(firm, customer_id) == {
        ("CONSENT", "EMAIL", "WITHDRAWN"),
        ("CONSENT", "SMS", "WITHDRAWN"),
        ("CONSENT", None, "WITHDRAWN"),
        ("CONSENT", "POST", "GIVEN"),
    }


async def test_withdrawing_twice_records_once_and_answers_alike(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer()
    await say(firm, choices.give_consent, firm.scope(customer_id, channels=["SMS"]), evidence())
    answers = [
        await say(firm, choices.withdraw_consent, firm.scope(customer_id, channels=["SMS"]), evidence())
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert await events_of(hub, customer_id) == ["customer.created", "choice.given", "choice.withdrawn"]


async def test_a_refusal_stays_a_refusal_when_it_is_withdrawn(firm: Firm) -> None:
    customer_id = await firm.customer()
    await say(firm, choices.ask_consent, firm.scope(customer_id), evidence())
    await say(firm, choices.refuse_consent, firm.scope(customer_id), evidence())
    await say(firm, choices.withdraw_consent, firm.scope(customer_id), evidence())
    assert await standing(firm, customer_id) == {("CONSENT", None, "REFUSED")}


async def test_a_withdrawal_told_late_takes_back_what_stood_then_and_not_what_came_later(firm: Firm) -> None:
    customer_id = await firm.customer(happened_at=BEFORE)
    scope = firm.scope(customer_id, channels=["EMAIL"])
    await say(firm, choices.give_consent, scope, evidence(happened_at=BEFORE))
    await say(firm, choices.give_consent, scope, evidence(happened_at=AFTER))
    [late] = await say(firm, choices.withdraw_consent, scope, evidence(happened_at=PUBLISHED))
    assert late.happened_at == PUBLISHED
    assert await standing(firm, customer_id) == {("CONSENT", "EMAIL", "GIVEN")}
    async with firm.hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        as_of = await ask.value(
            f"""SELECT y.content -> 0 ->> 5 FROM customer_past s, unnest(ARRAY[{WORDS}]) AS code, saying y
               WHERE s.customer_id = $1 AND valid_from <= $2 AND valid_to > $2
                 AND y.id = code & ((1::bigint << 27) - 1)""",
            customer_id,
            PUBLISHED + timedelta(days=1),
        )
    assert as_of == "WITHDRAWN"


async def test_of_two_words_of_one_instant_the_one_that_says_no_stands(firm: Firm) -> None:
    customer_id = await firm.customer(happened_at=BEFORE)
    scope = firm.scope(customer_id)
    await say(firm, choices.refuse_consent, scope, evidence(happened_at=AFTER))
    await say(firm, choices.give_consent, scope, evidence(happened_at=AFTER))
    assert await standing(firm, customer_id) == {("CONSENT", None, "REFUSED")}


async def test_every_opt_out_is_recorded_also_one_that_repeats(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer()
    everywhere = Scope(customer_id, firm.id)
    for _ in range(2):
        await say(
            firm, choices.opt_out_of_marketing, Scope(customer_id, firm.id, channels=["SMS"]), evidence()
        )
    await say(firm, choices.opt_out_of_marketing, everywhere, evidence())
    await say(firm, choices.opt_out, "SIGNAL", everywhere, evidence(method="SIGNAL"))
    await say(firm, choices.opt_out, "LIMIT", everywhere, evidence())
    await say(firm, choices.opt_out, "SHARING", everywhere, evidence())
    await say(firm, choices.opt_in, "SHARING", everywhere, evidence())
    assert await standing(firm, customer_id) == {
        ("MARKETING", "SMS", "OPTED_OUT"),
        ("MARKETING", None, "OPTED_OUT"),
        ("SIGNAL", None, "OPTED_OUT"),
        ("LIMIT", None, "OPTED_OUT"),
        ("SHARING", None, "OPTED_IN"),
    }
    expected = ["customer.created", *["choice.opted_out"] * 6, "choice.opted_in"]
    assert await events_of(hub, customer_id) == expected


async def test_an_objection_is_settled_once_and_can_be_taken_back(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer()
    [objection] = await say(firm, choices.object_to, firm.scope(customer_id), evidence())
    settled = await say(firm, choices.settle_objection, objection.id, evidence(), is_upheld=True)
    assert settled.action == "UPHELD"
    with pytest.raises(Refusal) as refused:
        await say(firm, choices.settle_objection, objection.id, evidence(), is_upheld=False)
    assert refused.value.code is Code.CONFLICT
    await say(firm, choices.withdraw_objection, Scope(customer_id, firm.id), evidence())
    assert ("OBJECTION", None, "WITHDRAWN") in await standing(firm, customer_id)
    assert await events_of(hub, customer_id) == [
        "customer.created",
        "choice.objected",
        "choice.objection_settled",
        "choice.objection_withdrawn",
    ]


async def test_a_consent_to_a_transfer_is_to_one_recipient_and_is_taken_back(firm: Firm) -> None:
    customer_id = await firm.customer()
    scope = Scope(customer_id, firm.id, recipient_id=firm.recipients[0])
    await say(firm, choices.consent_to_transfer, scope, evidence())
    assert await standing(firm, customer_id) == {("TRANSFER", None, "GIVEN")}
    await say(
        firm,
        choices.withdraw_transfer,
        Scope(customer_id, firm.id, recipient_id=firm.recipients[0]),
        evidence(),
    )
    assert await standing(firm, customer_id) == {("TRANSFER", None, "WITHDRAWN")}


async def test_a_guardian_agrees_for_a_minor_only(firm: Firm, superuser: asyncpg.Connection) -> None:
    minor, adult = await firm.customer(age="AGE_14"), await firm.customer()
    [given] = await say(firm, choices.give_consent, firm.scope(minor), evidence(), "GUARDIAN")
    assert given.grade == "GUARDIAN"
    before = await everything(superuser)
    with pytest.raises(Refusal) as refused:
        await say(firm, choices.give_consent, firm.scope(adult), evidence(), "GUARDIAN")
    assert refused.value.path == ("grade",)
    assert await everything(superuser) == before


async def test_the_history_is_paged_in_the_order_of_recording(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer()
    made = [
        (await say(firm, choices.opt_out, "SHARING", Scope(customer_id, firm.id), evidence()))[0].id
        for _ in range(5)
    ]
    async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        first = await choices.history(ask, customer_id, limit=3)
        rest = await choices.history(ask, customer_id, after=first.items[-1].id, limit=3)
        back = await choices.history(ask, customer_id, after=made[4], limit=2, backwards=True)
    assert [one.id for one in first.items + rest.items] == made
    assert (first.has_more, rest.has_more) == (True, False)
    assert [one.id for one in back.items] == made[2:4]


async def test_words_said_at_the_same_time_are_all_kept_and_the_last_state_has_them(firm: Firm) -> None:
    customer_id = await firm.customer()
    channels = ["EMAIL", "SMS", "IN_APP", "PHONE", "AUTO_CALL", "POST"]
    await asyncio.gather(
        *(
            say(
                firm,
                choices.opt_out_of_marketing,
                Scope(customer_id, firm.id, channels=[channel]),
                evidence(),
            )
            for channel in channels
        )
    )
    assert await standing(firm, customer_id) == {("MARKETING", channel, "OPTED_OUT") for channel in channels}


async def test_recorded_time_is_the_databases_and_never_the_tellers(firm: Firm) -> None:
    customer_id = await firm.customer()
    [told] = await say(firm, choices.object_to, firm.scope(customer_id), evidence(happened_at=AFTER))
    assert told.happened_at == AFTER
    assert abs(told.recorded_at - datetime.now(UTC)) < timedelta(minutes=5)
