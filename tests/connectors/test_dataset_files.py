"""Dataset files: what is read of them, and what is wrong with them, said all at once."""

from datetime import date

import pytest

from tests.connectors import shop
from tests.connectors.describing import DELETED, EMAIL, ID, NAME, dataset, erased_by, text
from workers.connectors.dataset_files import STRATEGIES, read
from workers.connectors.datasets import FieldName, How, Unusable
from workers.connectors.yaml_files import BYTES_MOST, DEPTH_MOST, NODES_MOST

TODAY = date(2026, 11, 26)
LAUGHS = b"a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"


def problems(content: bytes) -> list[str]:
    with pytest.raises(Unusable) as raised:
        read(content)
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LAUGHS, "Line 2: aliases (*name) are not read: write it out."),
        (b"a: &a\n  b: *a\n", "Line 2: aliases (*name) are not read: write it out."),
        (b"[" * 10_000, f"Line 1: nested deeper than {DEPTH_MOST}."),
        (b"a:\n" + b"".join(b" " * n + b"- \n" for n in range(1, 40)), f"Line 25: nested deeper than {DEPTH_MOST}."),
        (b"[" + b"1," * NODES_MOST + b"1]", f"Line 1: more than {NODES_MOST:,} values."),
        (b"!!python/object/apply:os.system ['true']", "Line 1: tags (!name) are not read."),
        (b"a: !!binary aGk=", "Line 1: tags (!name) are not read."),
        (b"a: 1\nb: 2\na: 3\n", "Line 3: the same key twice."),
        (b"? [a]\n: 1\n", "Line 1: a key must be a text."),
        (b"#" * (BYTES_MOST + 1), f"The file is larger than {BYTES_MOST:,} bytes."),
        (b"\xff\xfe\x00\xd8", "The file is not YAML in UTF-8."),
        (b"a: " + b"9" * 5000, "The file is not YAML in UTF-8."),
        (b"a: 2026-99-99", "The file is not YAML in UTF-8."),
        (b"a: [1", "Line 2: did not find expected ',' or ']'."),
        (b"", "The file has no list `dataset`: is it a fideslang dataset file?"),
        (b"dataset: 7", "The file has no list `dataset`: is it a fideslang dataset file?"),
        (b"dataset: [7]", "dataset.0: Input should be a valid dictionary or object to extract fields from"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_line(content: bytes, said: str) -> None:
    assert problems(content) == [said]


def test_a_file_at_its_limits_is_read() -> None:
    content = text("crm", {"people": {"id": ID, "email": EMAIL}})
    assert read(content + b"#" * (BYTES_MOST - len(content)))[0].key == "crm"


def test_what_fideslang_itself_refuses_is_said_with_its_place() -> None:
    found = problems(
        b"dataset: [{fides_key: 'no spaces', collections: [{name: a, fields: []}, {fields: []}]}]"
    )
    assert found[0].startswith("dataset.0.fides_key: Value error, FidesKeys must only contain")
    assert found[1] == "dataset.0.collections.1.name: Field required"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    own = {
        "keep": {"nowhere": {"ground": "x"}, "people": {"until": "soon"}},
        "restrict": {"people.no": 1},
        "x": {},
    }
    people = {
        "": DELETED,
        "id": ID | {"data_categories": ["usr.name"]},
        "a": NAME | {"fides_meta": {"read_only": True, "references": [{"dataset": "crm", "field": "b"}]}},
        "b": erased_by("aes_encrypt"),
        "c": erased_by("string_rewrite"),
        "d": erased_by("keep"),
    }
    assert problems(text("crm", {"people": people}, meta={"privacy_hub": own})) == [
        "crm.meta.privacy_hub.x: there are only `keep` and `restrict`.",
        "crm.keep.people: what is kept needs a `ground`.",
        "crm.keep.people: `until` is a date, as in 2031-12-31.",
        "crm.people.a: a reference names its field as `collection.field`.",
        f"crm.people.b: `aes_encrypt` is no strategy; there are {', '.join(STRATEGIES)}.",
        "crm.people.c: `string_rewrite` needs a `rewrite_value` in its configuration.",
        "crm.people.d: what is kept needs a `ground`.",
        "crm.people.id: `usr.name` is no category of fideslang, nor below one.",
        "crm.people.a: is read-only, yet its rows are to be deleted.",
        "crm.keep.nowhere: no collection has this name.",
        "crm.restrict.people.no: no field has this name; write `collection.field`.",
    ]


def test_a_primary_key_is_not_masked() -> None:
    both = {"data_categories": ["user.unique_id"], "fides_meta": {"primary_key": True}}
    both["fides_meta"] |= erased_by("hmac")["fides_meta"]
    assert problems(text("crm", {"people": {"id": both}})) == [
        "crm.people.id: is a primary key: delete the rows, or let it stay."
    ]


def test_the_shop_is_read_as_it_says() -> None:
    [made] = shop.DATASETS
    customers = made.collections["customers"]
    assert customers.fields["phone"].identity == "phone"
    assert customers.fields["email"].length == 60
    assert made.marks[FieldName("shop", "customers", "is_restricted")].set is True
    assert made.collections["orders"].fields["customer_id"].references[0].target == (
        "shop",
        "customers",
        "id",
    )


def test_each_field_is_erased_as_its_file_says() -> None:
    collections = shop.DATASETS[0].collections
    assert {name: each.how for name, each in collections["customers"].erasure(TODAY).items()} == {
        "id": How.KEEP, "email": How.HASH, "phone": How.NULL, "name": How.REPLACE, "born_on": How.NULL,
    }  # fmt: skip
    assert {each.how for each in collections["addresses"].erasure(TODAY).values()} == {How.DELETE}
    assert collections["orders"].strategy("total", TODAY) is not None
    assert [each.ground for each in collections["orders"].keeping(TODAY, 2)] == ["read_only"]


def test_what_is_kept_is_kept_to_the_last_day_and_not_a_day_longer() -> None:
    invoices = shop.DATASETS[0].collections["invoices"]
    [kept] = invoices.keeping(date(2033, 12, 31), 1)
    assert (kept.ground, kept.until, kept.fields) == (
        "tax_records",
        date(2033, 12, 31),
        ("billed_to", "number", "order_id"),
    )
    assert not invoices.is_emptied(date(2033, 12, 31))
    assert invoices.keeping(date(2034, 1, 1), 1) == []
    assert invoices.is_emptied(date(2034, 1, 1))


def test_a_field_that_was_kept_is_emptied_afterwards() -> None:
    people = dataset(
        "crm", {"people": {"a": erased_by("keep", ground="claim", until=date(2027, 1, 1))}}
    ).collections["people"]
    hows = [each.how for on in (date(2027, 1, 1), date(2027, 1, 2)) if (each := people.strategy("a", on))]
    assert hows == [How.KEEP, How.NULL]


def test_the_older_word_for_fides_meta_is_read_too() -> None:
    content = text("crm", {"people": {"email": EMAIL}}).replace(b"fides_meta", b"fidesops_meta")
    assert read(content)[0].collections["people"].fields["email"].identity == "email"


def test_categories_are_inherited_from_the_collection_and_the_dataset() -> None:
    made = dataset("crm", {"people": {"a": {}, "b": NAME}}, data_categories=["user.content"])
    fields = made.collections["people"].fields
    assert (fields["a"].categories, fields["b"].categories) == (("user.content",), ("user.name",))
