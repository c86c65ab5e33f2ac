"""A correction reaches what holds the same kind of data in other systems, by the map that a copy is made by."""

from typing import Any

import asyncpg
import pytest
from fideslang.default_taxonomy import DEFAULT_TAXONOMY

from hub.actors import WORKER, Operation
from hub.profiles import NewValue
from hub.rights import correcting, fulfilling, sealed, systems, untouched
from hub.rights.correcting import KINDS, Wanted
from hub.rights.outcomes import Step, StepState
from hub.rights.requests import Request
from hub.rights.states import State
from hub.rights.untouched import Untouched
from tests.connectors.describing import dataset
from tests.domain.firm import email
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import planned
from tests.rights.test_workers import ANNA, connect, database, fulfilling_claim, look, worked
from workers import asking
from workers import correcting as reaching

__all__ = ["database"]
NAMES = "SELECT name FROM customers ORDER BY id"


def test_fields_of_the_profile_name_kinds_of_the_taxonomy() -> None:
    known = {str(each.fides_key) for each in DEFAULT_TAXONOMY.data_category or ()}
    assert {kind for several in KINDS.values() for kind in several} <= known


@pytest.mark.parametrize(
    ("wanted", "kind", "is_held"),
    [
        (Wanted("name", "x", ("user.name",)), "user.name", True),
        (Wanted("name", "x", ("user.name",)), "user.name.first", False),
        (Wanted("city", "x", below=("user.contact",)), "user.contact.address.city", True),
        (Wanted("city", "x", below=("user.contact",)), "user.contact", False),
        (Wanted("district", "x", below=("user.contact",)), "user.contact.address.district", True),
        (Wanted("city", "x", below=("user.contact",)), "user.contacts.city", False),
        (Wanted("shoe_size", "x"), "user.shoe_size", False),
    ],
)
def test_what_holds_a_field_is_told_by_its_kind_of_data(wanted: Wanted, kind: str, *, is_held: bool) -> None:
    assert wanted.is_held_by(kind) is is_held


async def corrected(desk: Desk, changes: dict[str, str], *profile: NewValue) -> tuple[Request, Step]:
    """What a correction came to in the shop, of Anna of whom the hub holds this."""
    people = {"jurisdictions": ["EU"], "identifiers": [email(ANNA)], "profile": list(profile)}
    request = await desk.receive(await desk.firm.customer(**people), "RECTIFICATION", changes=changes)
    await desk.do(fulfilling.approve, request.id)
    return await desk.read(request), (await worked(desk, request))["Shop"]


def fields(step: Step) -> dict[str, str]:
    """What its evidence says of each field."""
    assert step.evidence is not None
    return {
        f"{place['collection']}.{name}": word
        for place in step.evidence["places"]
        for name, word in place["fields"].items()
    }


async def test_of_several_places_of_a_kind_those_are_corrected_in_which_the_wrong_value_stands(
    desk: Desk, database: str
) -> None:
    await connect(desk, database)
    was = NewValue("identity", "full_name", "Anna Lindqvist")
    request, shop = await corrected(desk, {"full_name": "Anna Berg"}, was)
    assert fields(shop) == {
        "customers.name": "corrected", "invoices.billed_to": "corrected", "parcels.left_with": "differs",
    }  # fmt: skip
    assert look(database, NAMES) == [("Anna Berg",), ("Bert Okafor",)]
    assert look(database, "SELECT left_with FROM parcels ORDER BY order_id, place") == [
        ("Mrs Berg",), ("Mr Dahl",), ("Ms Falk",),
    ]  # fmt: skip
    assert "parcels.left_with" in str(shop.why)
    assert "Anna" not in f"{shop.why}{shop.evidence}"
    assert (await desk.read(request)).state is State.ANSWERED
    assert not untouched.has_left(shop)
    [left] = untouched.of(await planned(desk, request))
    assert left == Untouched("Shop", "parcels: left with", "differs")


async def test_of_several_addresses_the_one_is_corrected_that_the_hub_had(desk: Desk, database: str) -> None:
    await connect(desk, database)
    _, shop = await corrected(desk, {"city": "Gavle"}, NewValue("contact", "city", "Lund"))
    assert fields(shop) == {"addresses.city": "corrected"}
    assert look(database, "SELECT city FROM addresses ORDER BY id") == [("Gavle",), ("Malmo",), ("Lund",)]


async def test_the_only_place_of_a_kind_is_corrected_whatever_stands_there(desk: Desk, database: str) -> None:
    await connect(desk, database)
    given = {"date_of_birth": "1981-03-01", "email": "anna@example.org", "shoe_size": "39"}
    request, shop = await corrected(desk, given)
    assert look(database, "SELECT born_on FROM customers WHERE id = 1") == [("1981-03-01",)]
    assert look(database, "SELECT email FROM customers WHERE id = 1") == [("anna@example.org",)]
    assert shop.evidence is not None
    assert (shop.evidence["left"], shop.why) == ({"shoe_size": "unknown"}, None)
    assert untouched.of(await planned(desk, request)) == (Untouched("", "shoe size", "NOWHERE"),)


async def test_what_nobody_can_tell_apart_is_left_and_it_is_said_so(desk: Desk, database: str) -> None:
    await connect(desk, database)
    request, shop = await corrected(desk, {"full_name": "Anna Berg"})
    assert shop.evidence is not None
    assert set(shop.evidence["left"].values()) == {"ambiguous"}
    assert untouched.has_left(shop)
    assert (await desk.read(request)).state is State.PARTLY_ANSWERED
    assert (shop.state, "shop.customers.name" in str(shop.why)) == (StepState.NOTHING, True)
    assert look(database, NAMES)[0] == ("Anna Lindqvist",)


async def test_a_worker_that_dies_asks_for_the_same_though_the_hub_has_changed_meanwhile(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    was = NewValue("identity", "full_name", "Anna Lindqvist")
    people = {"jurisdictions": ["EU"], "identifiers": [email(ANNA)], "profile": [was]}
    changes = {"full_name": "Anna Berg"}
    request = await desk.receive(await desk.firm.customer(**people), "RECTIFICATION", changes=changes)
    await desk.do(fulfilling.approve, request.id)
    [step] = [each for each in await planned(desk, request) if each.name == "Shop"]
    claimed = await fulfilling_claim(desk, step.id)
    assert claimed is not None
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        [work] = await systems.prepare(ask, [claimed])
    await asking.ask_system(desk.firm.hub, work)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE rights_step SET lease_until = now() - interval '1 second' WHERE id = $1", step.id
    )
    await superuser.execute("SET session_replication_role = origin")
    [own] = [each for each in await planned(desk, request) if each.kind == "HUB"]
    assert await fulfilling_claim(desk, own.id) is None  # done by the act that takes it
    done = (await worked(desk, request))["Shop"]
    assert done.evidence is not None
    assert (done.state, done.attempts, done.evidence["is_repeated"]) == (StepState.DONE, 2, True)
    assert look(database, NAMES)[0] == ("Anna Berg",)


async def test_what_stood_there_lies_sealed_with_the_request(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    was = NewValue("identity", "full_name", "Anna Lindqvist")
    customer_id = await desk.firm.customer(jurisdictions=["EU"], profile=[was])
    request = await desk.receive(customer_id, "RECTIFICATION", changes={"full_name": "Anna Berg"})
    await desk.do(fulfilling.approve, request.id)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        content, _ = await sealed.contents(ask, request.id)
    [wanted] = correcting.wanted(content)
    assert (wanted.value, wanted.kinds, wanted.were) == ("Anna Berg", ("user.name",), ("Anna Lindqvist",))
    assert wanted.below
    assert "Anna" not in repr(wanted)
    kept = await superuser.fetchval("SELECT t::text FROM rights_request t WHERE id = $1", request.id)
    assert b"Lindqvist".hex() not in kept


PLACES: dict[str, Any] = {
    "users": {
        "id": {"fides_meta": {"primary_key": True}},
        "mail": {"data_categories": ["user.contact.email"], "fides_meta": {"identity": "email"}},
        "label": {"data_categories": ["user.name"], "fides_meta": {"read_only": True}},
        "alias": {"data_categories": ["user.name"]},
    },
    "letters": {
        "id": {"fides_meta": {"primary_key": True}},
        "sent_to": {
            "data_categories": ["user.contact.email"],
            "fides_meta": {"references": [{"dataset": "crm", "field": "users.mail", "direction": "from"}]},
        },
    },
}


def test_what_leads_to_others_and_what_may_not_change_is_left_and_hinders_nothing_else() -> None:
    made = [dataset("crm", PLACES)]
    wanted = [
        Wanted("name", "Anna", ("user.name",)),
        Wanted("email", "a@example.org", ("user.contact.email",)),
    ]
    reached = reaching.reach(wanted, made, made)
    assert [each.target for each in reached.changes] == ["crm.users.alias"]
    assert reached.left == {
        "crm.users.label": "read_only", "crm.users.mail": "joined", "crm.letters.sent_to": "joined",
    }  # fmt: skip
