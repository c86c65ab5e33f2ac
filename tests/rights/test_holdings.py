"""What systems hold about a customer: asked for, gathered by a worker, sealed, kept for a day."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from hub import holdings, identities, looks, merges
from hub.act import Act
from hub.actors import OPERATOR, WORKER, Operation, customer
from hub.customers import erase
from hub.errors import Code
from hub.holdings import Holding, PartState
from hub.rights import systems
from hub.rights.reaching import Reach
from hub.rights.systems import NewSystem
from tests.connectors.describing import EMAIL, ID, NAME, text
from tests.domain.firm import email, phone
from tests.rights.desk import Desk
from tests.rights.test_keys import ANNA, FILES, House, house
from workers import holdings as asking

__all__ = ["house"]


async def anna(desk: Desk) -> UUID:
    """A customer whom the systems know."""
    return await desk.firm.customer(jurisdictions=["EU"], identifiers=[email(ANNA, is_verified=True)])


async def looked(desk: Desk, customer_id: UUID) -> Holding:
    """Ask, let the worker gather, and read."""
    asked = await desk.do(holdings.ask_for, customer_id)
    await asking.gather(desk.firm.hub, asked.id)
    found = await read(desk, customer_id)
    assert found is not None
    return found


async def read(desk: Desk, customer_id: UUID) -> Holding | None:
    """The newest look."""
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        return await holdings.of(ask, customer_id)


async def test_every_system_says_what_it_holds_also_by_the_keys_of_others(house: House) -> None:
    await house.connect(*FILES)
    async with house.desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, NewSystem("archive", "Archive", "MANUAL"), house.desk.firm.id)
    found = await looked(house.desk, await anna(house.desk))
    assert found.is_whole
    parts = {each.system: each for each in found.parts}
    assert [dict(line.values) for line in parts["ERP"].lines] == [
        {"id": 501, "person": 17, "wish": "blue"},
        {"id": 503, "person": 17, "wish": "green"},
    ]
    assert [dict(line.values) for line in parts["POST"].lines] == [{"id": 1, "of": 501, "place": "shed"}]
    assert parts["CRM"].as_of is not None
    assert (parts["Archive"].state, parts["Archive"].as_of) == (PartState.BY_HAND, None)


async def test_a_system_that_does_not_answer_says_so_and_hinders_no_other(house: House) -> None:
    await house.connect("crm", refers_to=())
    async with house.desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        other = text("other", {"people": {"id": ID, "email": EMAIL}}).decode()
        away = NewSystem("other", "OTHER", "SQL", Reach(f"sqlite:///{house.folder}/nothing.db"), other, ())
        await systems.connect(act, away, house.desk.firm.id)
    parts = {each.system: each for each in (await looked(house.desk, await anna(house.desk))).parts}
    assert (parts["CRM"].state, parts["OTHER"].state) == (PartState.DONE, PartState.FAILED)
    assert parts["OTHER"].why is not None
    assert "nothing.db" not in parts["OTHER"].why


async def test_what_no_page_may_show_is_named_and_long_values_and_lists_are_cut(
    desk: Desk, tmp_path: Path
) -> None:
    secret = {"data_categories": ["user.government_id.passport_number"]}
    file = text("crm", {"notes": {"id": ID, "email": EMAIL, "passport": secret, "said": NAME}}).decode()
    made = House(desk, tmp_path)
    rows = ", ".join(f"({n}, '{ANNA}', 'X{n}', '{'long ' * 200}')" for n in range(300))
    made.execute(
        "crm", f"CREATE TABLE notes (id INTEGER PRIMARY KEY, email TEXT, passport TEXT, said TEXT);"
        f"INSERT INTO notes VALUES {rows};"
    )  # fmt: skip
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        new = NewSystem("crm", "CRM", "SQL", Reach(f"sqlite:///{tmp_path}/crm.db"), file, ())
        await systems.connect(act, new, desk.firm.id)
    [part] = (await looked(desk, await anna(desk))).parts
    assert (part.is_capped, 0 < len(part.lines) <= 200) == (True, True)
    line = part.lines[0]
    assert (list(line.hidden), "passport" in line.values, len(line.values["said"])) == (
        ["passport"],
        False,
        501,
    )


async def test_asked_again_within_minutes_systems_are_left_in_peace(house: House) -> None:
    await house.connect("crm", refers_to=())
    customer_id = await anna(house.desk)
    first = await looked(house.desk, customer_id)
    again = await house.desk.do(holdings.ask_for, customer_id)
    assert (again.id, again.is_whole) == (first.id, True)
    await asking.gather(house.desk.firm.hub, first.id)
    assert await read(house.desk, customer_id) == first


async def test_what_was_found_is_sealed_and_forgotten_after_a_day(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect("crm", refers_to=())
    customer_id = await anna(house.desk)
    await looked(house.desk, customer_id)
    rows = await superuser.fetch("SELECT p::text AS row FROM look_part p")
    assert not any(ANNA in row["row"] or ANNA.encode().hex() in row["row"] for row in rows)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE look SET asked_at = asked_at - interval '25 h', expires_at = now()")
    await superuser.execute("SET session_replication_role = origin")
    assert await read(house.desk, customer_id) is None
    await asking.forget(house.desk.firm.hub)
    await asking.forget(house.desk.firm.hub)  # and where there is nothing to forget
    assert await superuser.fetchval("SELECT count(*) FROM look WHERE customer_id = $1", customer_id) == 0


async def kept(superuser: asyncpg.Connection, *customer_ids: UUID) -> int:
    """How many looks of these are left."""
    return await superuser.fetchval("SELECT count(*) FROM look WHERE customer_id = ANY ($1)", customer_ids)


@pytest.mark.parametrize("was_gathered", [True, False])
async def test_of_somebody_who_was_erased_nothing_is_left_to_open(
    house: House, superuser: asyncpg.Connection, *, was_gathered: bool
) -> None:
    await house.connect("crm", refers_to=())
    customer_id = await anna(house.desk)
    asked = await house.desk.do(holdings.ask_for, customer_id)
    if was_gathered:
        await asking.gather(house.desk.firm.hub, asked.id)
        found = await read(house.desk, customer_id)
        assert found is not None
        assert len(found.parts[0].lines) == 1
    async with house.desk.firm.hub.act(WORKER, Operation.CUSTOMER_ERASE) as act:
        await erase(act, customer_id)
    await asking.gather(house.desk.firm.hub, asked.id)
    assert (await read(house.desk, customer_id), await kept(superuser, customer_id)) == (None, 0)
    await house.desk.refused(
        Code.CONFLICT, ("customer",), lambda: house.desk.do(holdings.ask_for, customer_id)
    )


async def test_a_look_ends_when_who_is_one_person_changes_or_one_of_them_is_erased(
    house: House, superuser: asyncpg.Connection
) -> None:
    await house.connect("crm", refers_to=())
    desk, other_id = house.desk, await anna(house.desk)
    customer_id = await desk.firm.customer(jurisdictions=["EU"], identifiers=[email("a@example.org")])
    joining = ((merges.merge, (customer_id, other_id), 0), (merges.unmerge, (other_id,), 1))
    for verb, given, lines in joining:
        assert len((await looked(desk, customer_id)).parts[0].lines) == lines, verb
        await looked(desk, other_id)
        async with desk.firm.hub.act(desk.firm.app, Operation.CUSTOMER_MERGE) as act:
            await verb(act, *given)
        assert await kept(superuser, customer_id, other_id) == 0
    assert (await looked(desk, customer_id)).parts[0].lines == ()
    async with desk.firm.hub.act(desk.firm.app, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, customer_id, other_id)
    assert len((await looked(desk, customer_id)).parts[0].lines) == 1
    async with desk.firm.hub.act(WORKER, Operation.CUSTOMER_ERASE) as act:
        await erase(act, other_id)
    assert await kept(superuser, customer_id, other_id) == 0


async def test_a_look_uses_nothing_that_may_be_somebody_elses(desk: Desk, tmp_path: Path) -> None:
    shared, own = "+46700000001", "+46700000002"
    number = {"data_categories": ["user.contact.phone_number"], "fides_meta": {"identity": "phone_number"}}
    House(desk, tmp_path).execute(
        "desk", "CREATE TABLE people (id INTEGER PRIMARY KEY, phone TEXT, name TEXT);"
        f"INSERT INTO people VALUES (1, '{shared}', 'Bert'), (2, '{own}', 'Anna');",
    )  # fmt: skip
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        reach = Reach(f"sqlite:///{tmp_path}/desk.db")
        file = text("desk", {"people": {"id": ID, "phone": number, "name": NAME}}).decode()
        await systems.connect(act, NewSystem("desk", "DESK", "SQL", reach, file, ()), desk.firm.id)
    numbers = [phone(shared, is_verified=True), phone(own)]
    customer_id = await desk.firm.customer(jurisdictions=["EU"], identifiers=numbers)
    other_id = await desk.firm.customer(jurisdictions=["EU"], identifiers=[phone(shared, is_verified=True)])

    async def drop(act: Act, whose: UUID) -> None:
        await looks.drop(act, [whose])
        await act.record("holding.forgotten", holdings=1)

    async def names() -> list[str]:
        await desk.do(drop, customer_id)
        [part] = (await looked(desk, customer_id)).parts
        return [line.values["name"] for line in part.lines]

    assert await names() == []
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        full = await systems.identities_of(ask, desk.firm.id, customer_id)
        assert sorted(full["phone"]) == [shared, own]  # what staff review is asked for by all
        [unverified] = await ask.rows(
            "SELECT id FROM identifier WHERE customer_id = $1 AND verified_at IS NULL", customer_id
        )
    async with desk.firm.hub.act(desk.firm.app, Operation.CUSTOMER_CHANGE) as act:
        await identities.verify_identifier(act, unverified["id"])
    assert await names() == ["Anna"]
    async with desk.firm.hub.act(desk.firm.app, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, customer_id, other_id)
    assert sorted(await names()) == ["Anna", "Bert"]


async def test_only_ones_own_and_ones_own_firms(house: House, other_desk: Desk) -> None:
    await house.connect("crm", refers_to=())
    customer_id, other_id = await anna(house.desk), await house.desk.firm.customer(jurisdictions=["EU"])
    await looked(house.desk, customer_id)
    await other_desk.refused(
        Code.NOT_FOUND, ("customer",), lambda: other_desk.do(holdings.ask_for, customer_id)
    )
    assert await read(other_desk, customer_id) is None
    hub, firm = house.desk.firm.hub, house.desk.firm
    for who, sees in ((customer_id, True), (other_id, False)):
        async with hub.ask(customer(firm.id, who), Operation.OWN_READ) as ask:
            assert (await holdings.of(ask, customer_id) is not None) is sees


async def test_whoever_reveals_it_says_why_and_is_noted(house: House, superuser: asyncpg.Connection) -> None:
    await house.connect("crm", refers_to=())
    customer_id = await anna(house.desk)
    given = ("CUSTOMER_ASKED", "She asked on the phone.")
    await house.desk.refused(
        Code.NOT_FOUND, ("customer",), lambda: house.desk.do(holdings.reveal, customer_id, *given)
    )
    await looked(house.desk, customer_id)
    for bad in (("BECAUSE", "x"), ("CUSTOMER_ASKED", "")):
        with pytest.raises(Exception, match=r".+"):
            await house.desk.do(holdings.reveal, customer_id, *bad)
    shown = await house.desk.do(holdings.reveal, customer_id, *given)
    assert shown.parts[0].lines[0].values["email"] == ANNA
    noted = "SELECT count(*) FROM ledger_entry WHERE event = 'holding.revealed' AND subject = $1"
    assert await superuser.fetchval(noted, customer_id) == 1
    assert replace(shown, parts=()).customer_id == customer_id
