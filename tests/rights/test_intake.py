"""Requests for customers who are known: what they need, and what they change at once."""

from datetime import UTC, datetime, timedelta

import pytest

from hub import choices, customers
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.rights import references, requests
from hub.rights.requests import Filter
from hub.rights.states import State
from tests.domain.firm import email, events_of, evidence
from tests.rights.desk import Desk

APPLIED = ["OPENED", "VERIFIED", "APPLIED"]


async def test_an_access_request_is_open_with_its_days(desk: Desk) -> None:
    customer_id = await desk.firm.customer(
        jurisdictions=["UK"], locale="en-GB", identifiers=[email("ann@example.org")]
    )
    request = await desk.receive(customer_id, "ACCESS", text="Everything you hold, please.")
    assert (request.state, request.kind, request.jurisdictions) == (State.GATHERING, "ACCESS", ("UK",))
    assert request.due_on is not None
    assert timedelta(days=27) < request.due_on - request.received_on < timedelta(days=38)
    assert request.verified_at is not None
    assert request.reference.startswith("PH-")
    kinds = ["OPENED", "VERIFIED", "GATHERING", "PLANNED"]
    assert await desk.kinds(request) == kinds
    told = [f"request.{each.lower()}" for each in kinds]
    assert await events_of(desk.firm.hub, customer_id) == ["customer.created", *told, "letter.queued"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("STOP_MARKETING", ("MARKETING", "OPTED_OUT", "EMAIL")),
        ("STOP_SHARING", ("SHARING", "OPTED_OUT", None)),
    ],
)
async def test_an_opt_out_needs_no_proof_and_is_done_at_once(
    desk: Desk, kind: str, said: tuple[str, str, str | None]
) -> None:
    customer_id = await desk.firm.customer()
    channels = [said[2]] if said[2] else []
    request = await desk.receive(customer_id, kind, identified=None, channels=channels)
    assert (request.state, request.closed_at is not None) == (State.ANSWERED, True)
    assert await desk.choices(customer_id) == [said]
    assert await desk.kinds(request) == [*APPLIED, "ANSWERED", "UNWRITTEN"]


async def test_taking_back_a_consent_takes_back_what_was_given(desk: Desk) -> None:
    customer_id = await desk.firm.customer()
    async with desk.firm.hub.act(desk.firm.app, Operation.CHOICE_RECORD) as act:
        await choices.give_consent(act, desk.firm.scope(customer_id), evidence())
    request = await desk.receive(
        customer_id, "WITHDRAW_CONSENT", identified="SIGNED_IN", purpose_id=desk.firm.purposes[0]
    )
    assert request.state is State.ANSWERED
    assert (await desk.choices(customer_id))[-1] == ("CONSENT", "WITHDRAWN", None)


async def test_an_objection_stops_the_use_and_waits_for_a_decision(desk: Desk) -> None:
    customer_id = await desk.firm.customer(jurisdictions=["EU"])
    request = await desk.receive(customer_id, "OBJECTION", purpose_id=desk.firm.purposes[0])
    assert request.state is State.DECIDING
    assert await desk.choices(customer_id) == [("OBJECTION", "PENDING", None)]


@pytest.mark.parametrize("kind", ["DELETION", "RECTIFICATION", "RESTRICTION"])
async def test_a_contested_record_stands_still_from_the_start(desk: Desk, kind: str) -> None:
    customer_id = await desk.firm.customer(jurisdictions=["UK"])
    changes = {"changes": {"given_name": "Ann"}} if kind == "RECTIFICATION" else {}
    request = await desk.receive(customer_id, kind, **changes)
    assert (request.state, await desk.is_restricted(customer_id)) == (
        State.FULFILLING if kind == "RESTRICTION" else State.DECIDING,
        True,
    )
    begun = ["FULFILLING", "PLANNED"] if kind == "RESTRICTION" else ["DECIDING"]
    assert await desk.kinds(request) == [*APPLIED, *begun, "UNWRITTEN"]


async def test_a_request_by_somebody_unproved_waits_and_changes_nothing(desk: Desk) -> None:
    customer_id = await desk.firm.customer(jurisdictions=["EU"])
    request = await desk.receive(customer_id, "DELETION", identified=None)
    assert (request.state, request.verified_at) == (State.VERIFYING, None)
    assert request.due_on is not None
    assert not await desk.is_restricted(customer_id)


async def test_a_proof_too_weak_for_the_right_is_none(desk: Desk) -> None:
    customer_id = await desk.firm.customer(jurisdictions=["EU"])
    request = await desk.receive(customer_id, "ACCESS", identified="CODE")
    assert request.state is State.VERIFYING


async def test_what_is_written_is_sealed_and_what_is_read_out_is_unlike_any_other(desk: Desk) -> None:
    customer_id = await desk.firm.customer()
    made = [await desk.receive(customer_id, "ACCESS", text="Kolmogorov street 7") for _ in range(20)]
    assert len({each.reference for each in made}) == 20
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        rows = await ask.rows(
            "SELECT r::text AS row FROM rights_request r WHERE customer_id = $1", customer_id
        )
        _, first, last = made[3].reference.split("-")
        ways = (
            f"  {made[3].reference.lower()} ",
            f"ph {first} {last}",
            f"PH{first}{last}",
            f"{first}-{last}",
            first + last,
        )
        found = {(await requests.by_reference(ask, way)).id for way in ways}
        for way in ("", "PH", f"PH-{first}", f"{made[3].reference}2", f"{first}\x00{last}2"):
            with pytest.raises(Refusal):
                await requests.by_reference(ask, way)
    assert len(rows) == 20
    assert not any("Kolmogorov" in row["row"] for row in rows)
    assert found == {made[3].id}


async def test_of_several_laws_the_shortest_time_counts(desk: Desk) -> None:
    customer_id = await desk.firm.customer(jurisdictions=["UK", "US_CA", "AU"])
    request = await desk.receive(customer_id, "ACCESS")
    alone = [
        await desk.receive(await desk.firm.customer(jurisdictions=[place]), "ACCESS")
        for place in request.jurisdictions
    ]
    days = [each.due_on for each in alone if each.due_on]
    assert set(request.jurisdictions) == {"UK", "US_CA", "AU"}
    assert request.due_on == min(days)
    assert days == sorted(days)


async def test_pages_of_requests_are_keyset_pages_of_the_own_firm(desk: Desk, other_desk: Desk) -> None:
    customer_id = await desk.firm.customer(jurisdictions=["EU"])
    made = [
        await desk.receive(customer_id, kind) for kind in ("ACCESS", "STOP_MARKETING", "ACCESS", "OBJECTION")
    ]
    await other_desk.receive(await other_desk.firm.customer(), "ACCESS")
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        first = await requests.page(ask, Filter(), limit=3)
        rest = await requests.page(ask, Filter(), first.items[-1].id, 3)
        back = await requests.page(ask, Filter(), made[2].id, 1, backwards=True)
        open_ones = await requests.page(ask, Filter(kind="ACCESS", is_ended=False))
        due = await requests.page(ask, Filter(due_by=datetime.now(UTC).date() + timedelta(days=400)))
    assert [each.id for each in (*first.items, *rest.items)] == [each.id for each in made]
    assert (first.has_more, rest.has_more, [each.id for each in back.items]) == (True, False, [made[1].id])
    assert [each.id for each in open_ones.items] == [made[0].id, made[2].id]
    assert [each.id for each in due.items] == [made[0].id, made[2].id, made[3].id]


async def test_what_cannot_be_is_refused_at_its_place_and_changes_nothing(
    desk: Desk, other_desk: Desk
) -> None:
    australian = await desk.firm.customer()
    theirs = await other_desk.firm.customer()
    today = datetime.now(UTC).date()
    for code, path, customer_id, kind, given in (
        (Code.INVALID, ("kind",), australian, "PARDON", {}),
        (Code.INVALID, ("kind",), australian, "PORTABILITY", {}),
        (Code.NOT_FOUND, ("customer",), theirs, "ACCESS", {}),
        (Code.INVALID, ("channel",), australian, "ACCESS", {"channel": "PIGEON"}),
        (Code.INVALID, ("received_on",), australian, "ACCESS", {"received_on": today + timedelta(days=3)}),
        (Code.INVALID, ("received_on",), australian, "ACCESS", {"received_on": today - timedelta(days=500)}),
        (Code.INVALID, ("identified",), australian, "ACCESS", {"identified": "A_HUNCH"}),
        (Code.INVALID, ("asked", "purpose"), australian, "WITHDRAW_CONSENT", {}),
        (Code.NOT_FOUND, ("asked", "purpose"), australian, "OBJECTION", {"purpose_id": other_desk.firm.purposes[0]}),
        (Code.INVALID, ("asked", "channels"), australian, "STOP_SHARING", {"channels": ["EMAIL"]}),
        (Code.INVALID, ("asked",), australian, "ACCESS", {"purpose_id": desk.firm.purposes[0]}),
        (Code.INVALID, ("asked", "topics"), australian, "ACCESS", {"topics": ["shoe_size"]}),
        (Code.INVALID, ("asked", "changes"), australian, "RECTIFICATION", {}),
        (Code.INVALID, ("asked", "changes"), australian, "ACCESS", {"changes": {"given_name": "Ann"}}),
        (Code.INVALID, ("asked", "text"), australian, "ACCESS", {"text": "x" * 5_001}),
    ):  # fmt: skip
        await desk.refused(code, path, lambda c=customer_id, k=kind, g=given: desk.receive(c, k, **g))


async def test_an_erased_customer_asks_nothing_more(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email("ann@example.org")])
    async with desk.firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, customer_id)
    await desk.refused(Code.CONFLICT, ("customer",), lambda: desk.receive(customer_id, "ACCESS"))


async def test_a_reference_that_is_taken_is_drawn_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = await desk.firm.customer()
    drawn = iter("2222222222222222" + "22222223")

    def draw(_: str) -> str:
        return next(drawn)

    monkeypatch.setattr(references.secrets, "choice", draw)
    made = [await desk.receive(customer_id, "ACCESS") for _ in range(2)]
    assert [each.reference for each in made] == ["PH-2222-2222", "PH-2222-2223"]


async def test_where_every_reference_is_taken_nothing_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer_id = await desk.firm.customer()
    monkeypatch.setattr(references, "LETTERS", "4")
    await desk.receive(customer_id, "ACCESS")
    await desk.refused(Code.UNAVAILABLE, (), lambda: desk.receive(customer_id, "ACCESS"))
