"""The plan over the datasets of all systems: order, keys that cross, and what is wrong, before anything is touched."""

import pytest

from tests.connectors import shop
from tests.connectors.describing import EMAIL, ID, NAME, dataset, refers
from workers.connectors.connector import Stopped
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.planning import Plan, plan

PHONE = {"data_categories": ["user.contact.phone_number"], "fides_meta": {"identity": "phone_number"}}
CRM = dataset("crm", {"people": {"id": ID, "email": EMAIL}})
ERP = dataset(
    "erp",
    {
        "orders": {"id": ID, "person": refers("crm.people.id"), "wish": NAME},
        "lines": {"id": ID, "order_id": refers("erp.orders.id")},
    },
)
POST = dataset("post", {"parcels": {"id": ID, "order_id": refers("erp.orders.id"), "left_with": NAME}})


def stages(made: Plan) -> list[list[str]]:
    return [[str(node.name) for node in stage] for stage in made.stages]


def problems(*datasets: Dataset) -> list[str]:
    with pytest.raises(Unusable) as raised:
        plan(datasets)
    return list(raised.value.problems)


def test_collections_come_after_what_leads_to_them_over_all_systems() -> None:
    made = plan([POST, ERP, CRM])
    assert stages(made) == [["crm.people"], ["erp.orders"], ["erp.lines", "post.parcels"]]
    assert made.find_rounds == (("crm",), ("erp",))
    assert [str(name) for name in made.lent({"crm"})] == ["crm.people.id"]
    assert [str(name) for name in made.lent({"erp"})] == ["erp.orders.id"]
    assert made.lent({"post"}) == []


def test_what_needs_a_key_is_erased_before_what_holds_it() -> None:
    assert plan([CRM, ERP, POST]).erase_rounds == (("post",), ("erp",), ("crm",))


def test_erase_after_wins_over_keys() -> None:
    first = dataset("crm", {"people": {"": {"erase_after": ["erp.orders"]}, "id": ID, "email": EMAIL}})
    last = dataset(
        "erp", {"orders": {"": {"erase_after": ["post.parcels"]}, "id": ID, "p": refers("crm.people.id")}}
    )
    assert plan([first, last, POST]).erase_rounds == (("post",), ("erp",), ("crm",))
    other = dataset(
        "erp", {"orders": {"": {"erase_after": ["crm.people"]}, "id": ID, "p": refers("crm.people.id")}}
    )
    assert plan([CRM, other]).erase_rounds == (("crm",), ("erp",))


def test_a_reference_without_direction_is_followed_away_from_where_we_are() -> None:
    a = dataset("a", {"x": {"id": ID, "email": EMAIL, "y": refers("b.y.id", None)}})
    b = dataset("b", {"y": {"id": ID}, "z": {"id": ID, "y": refers("b.y.id", None)}})
    assert stages(plan([a, b])) == [["a.x"], ["b.y"], ["b.z"]]


def test_a_reference_may_point_to_where_it_leads() -> None:
    a = dataset(
        "a", {"x": {"id": ID, "email": EMAIL, "home": refers("a.homes.id", "to")}, "homes": {"id": ID}}
    )
    assert stages(plan([a])) == [["a.x"], ["a.homes"]]


def test_after_delays_a_collection_that_could_be_asked_at_once() -> None:
    a = dataset(
        "a", {"x": {"": {"after": ["a.y"]}, "id": ID, "email": EMAIL}, "y": {"id": ID, "email": EMAIL}}
    )
    assert stages(plan([a])) == [["a.y"], ["a.x"]]


def test_what_an_unknown_identity_would_lead_to_is_named() -> None:
    a = dataset("a", {"x": {"id": ID, "email": EMAIL}, "y": {"id": ID, "phone": PHONE}})
    made = plan([a], ["email"])
    assert stages(made) == [["a.x"]]
    assert made.unreached_in({"a"}) == ("a.y",)
    assert plan([a], []).unreached_in({"a"}) == ("a.x", "a.y")


def test_a_skipped_collection_is_left_out() -> None:
    a = dataset("a", {"x": {"id": ID, "email": EMAIL}, "log": {"": {"skip_processing": True}, "line": {}}})
    assert stages(plan([a])) == [["a.x"]]


def test_a_circle_is_named_before_anything_is_touched() -> None:
    a = dataset(
        "a",
        {
            "w": {"id": ID, "email": EMAIL},
            "x": {"id": ID, "w": refers("a.w.id"), "z": refers("a.z.id")},
            "y": {"id": ID, "x": refers("a.x.id")},
            "z": {"id": ID, "y": refers("a.y.id")},
        },
    )
    [said] = problems(a)
    assert said.startswith("References run in a circle: ")
    assert set(said[:-1].removeprefix("References run in a circle: ").split(" -> ")) == {"a.x", "a.y", "a.z"}


def test_a_table_that_refers_to_itself_is_a_circle() -> None:
    a = dataset("a", {"x": {"id": ID, "email": EMAIL, "boss": refers("a.x.id")}})
    assert problems(a) == ["References run in a circle: a.x -> a.x."]


def test_systems_that_wait_for_each_other_to_erase_are_named() -> None:
    a = dataset("a", {"x": {"": {"erase_after": ["b.y"]}, "id": ID, "email": EMAIL}})
    b = dataset("b", {"y": {"": {"erase_after": ["a.x"]}, "id": ID, "email": EMAIL}})
    [said] = problems(a, b)
    assert said in {
        "erase_after: References run in a circle: a -> b -> a.",
        "erase_after: References run in a circle: b -> a -> b.",
    }


def test_names_that_nobody_describes_are_listed() -> None:
    a = dataset(
        "a",
        {
            "x": {
                "": {"after": ["a.nowhere"], "erase_after": ["c.x"]},
                "email": EMAIL,
                "p": refers("c.x.id"),
                "q": refers("a.nowhere.id"),
                "r": refers("a.x.nothing"),
            }
        },
    )
    assert problems(a) == [
        "a.x.p: refers to dataset `c`, which is not connected.",
        "a.x.q: refers to `a.nowhere`, which its dataset does not describe.",
        "a.x.r: refers to `a.x.nothing`, which its dataset does not describe.",
        "a.x: waits for `a.nowhere`, which no dataset describes.",
        "a.x: waits for `c.x`, which no dataset describes.",
    ]


def test_what_nothing_leads_to_is_listed() -> None:
    a = dataset(
        "a", {"x": {"id": ID, "email": EMAIL}, "y": {"id": ID}, "z": {"id": ID, "y": refers("a.y.id")}}
    )
    assert [said.partition(":")[0] for said in problems(a)] == ["a.y", "a.z"]


def test_two_datasets_of_one_name_are_refused() -> None:
    assert problems(CRM, CRM) == ["Two datasets have the same fides_key: rename one."]


def test_a_correction_reaches_fields_by_category_or_by_name() -> None:
    made = plan(shop.DATASETS)
    names = [str(name) for name in made.targets(["shop"], "user.name")]
    assert names == ["shop.customers.name", "shop.invoices.billed_to", "shop.parcels.left_with"]
    assert [str(name) for name in made.targets(["shop"], "shop.addresses.city")] == ["shop.addresses.city"]
    assert made.targets(["shop"], "user.biometric") == []


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("shop.customers.id", "`shop.customers.id` is a key or read-only: it cannot be corrected."),
        ("shop.orders.total", "`shop.orders.total` is a key or read-only: it cannot be corrected."),
        ("shop.customers.nickname", "No dataset describes a field `shop.customers.nickname`."),
        (
            "shop.orders.customer_id",
            "`shop.orders.customer_id` is joined with `shop.customers.id`, which this correction would leave behind.",
        ),
    ],
)
def test_a_correction_that_would_break_a_key_is_refused(target: str, why: str) -> None:
    with pytest.raises(Stopped) as raised:
        plan(shop.DATASETS).targets(["shop"], target)
    assert getattr(raised.value.outcome, "why", "") == why
