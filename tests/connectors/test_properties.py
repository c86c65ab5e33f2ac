"""What holds for every dataset: an export shows what an erasure touches, and no file brings the reader down."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.describing import DELETED, EMAIL, ID, dataset, erased_by, refers
from tests.connectors.shop import KEY
from workers.connectors.connector import Call, Change, Done, Row, Subject
from workers.connectors.dataset_files import read
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.memory import MemoryConnector, MemorySystem

ANNA = Subject({"email": ("anna@example.com",)})
STEPS = [UUID(int=number) for number in range(1, 9)]
FIELD = st.one_of(
    st.sampled_from([{}, {"data_categories": ["system.operations"]}, {"data_categories": ["user.name"]}]),
    st.sampled_from([
        erased_by("null_rewrite"), erased_by("hmac"), erased_by("random_string_rewrite"), erased_by("keep", ground="x"),
        erased_by("string_rewrite", rewrite_value="gone"), erased_by("keep", ground="x", until=date(2020, 1, 1)),
        {"data_categories": ["user.name"], "fides_meta": {"read_only": True}},
    ]),
)  # fmt: skip
MASKED = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), FIELD, max_size=4)


@st.composite
def described(draw: st.DrawFn) -> Dataset:
    """A chain of one to four tables, each found through the one before."""
    collections: dict[str, Any] = {"t0": {"id": ID, "email": EMAIL, **draw(MASKED)}}
    for number in range(1, draw(st.integers(1, 4))):
        collections[f"t{number}"] = {"id": ID, "above": refers(f"crm.t{number - 1}.id"), **draw(MASKED)}
    for fields in collections.values():
        is_free = all(not each.get("fides_meta", {}).get("read_only") for each in fields.values())
        if is_free and draw(st.booleans()):
            fields[""] = DELETED
    keep = {name: {"ground": "tax"} for name in collections if draw(st.booleans())}
    return dataset("crm", collections, meta={"privacy_hub": {"keep": keep}})


def filled(made: Dataset) -> MemoryConnector:
    """Two people; ids differ from table to table."""
    rows: dict[str, Any] = {}
    for number, collection in enumerate(made.collections.values()):
        rows[str(collection.name)] = [
            {name: f"{name}-{number}-{who}" for name in collection.fields}
            | {"id": 10 * number + who, "above": 10 * (number - 1) + who, "email": f"{person}@example.com"}
            for who, person in enumerate(("anna", "bert"))
        ]  # fmt: skip
    return MemoryConnector(MemorySystem(("crm",), rows), [made], KEY)


async def exported(connector: MemoryConnector, subject: Subject = ANNA) -> list[Row]:
    items = [item async for item in connector.export(Call(STEPS[0], subject))]
    return [item for item in items if isinstance(item, Row)]


@given(described())
def test_an_export_shows_every_field_that_an_erasure_touches_and_a_correction_reaches(made: Dataset) -> None:
    asyncio.run(_shows(filled(made)))


async def _shows(connector: MemoryConnector) -> None:
    rows = await exported(connector)
    shown = {(row.collection, name) for row in rows for name in row.values}
    corrected = await connector.correct(
        Call(STEPS[1], ANNA, is_dry_run=True), [Change("user.contact.email", "x")]
    )
    erased = await connector.erase(Call(STEPS[2], ANNA))
    for outcome in (corrected, erased):
        assert isinstance(outcome, Done)
        touched = {(place.collection, name) for place in outcome.evidence.places for name in place.fields}
        kept = {(each.collection, name) for each in outcome.evidence.kept for name in each.fields}
        assert touched | kept <= shown
        assert touched & kept == set()


@given(described())
def test_an_erasure_changes_what_it_says_and_nothing_else(made: Dataset) -> None:
    asyncio.run(_changes(made))


async def _changes(made: Dataset) -> None:
    connector, before = filled(made), filled(made)
    outcome = await connector.erase(Call(STEPS[3], ANNA))
    assert isinstance(outcome, Done)
    touched = {(place.collection, name) for place in outcome.evidence.places for name in place.fields}
    for name, rows in before.rows.items():
        left = {row["id"]: row for row in connector.rows[name]}
        assert left[rows[1]["id"]] == rows[1]
        for field, value in rows[0].items():
            is_same = left.get(rows[0]["id"], {}).get(field) == value
            assert (
                is_same != ((name.collection, field) in touched)
                or field not in made.collections[name.collection].fields
            )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
NAMES = st.sampled_from([
    "fides_key", "name", "collections", "fields", "fides_meta", "meta", "privacy_hub", "keep", "restrict",
    "data_categories", "references", "identity", "masking_strategy_override", "strategy", "configuration", "after",
])  # fmt: skip
ODD = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)


@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_no_bytes_bring_the_reader_down(content: bytes) -> None:
    _read(content)


@given(st.lists(ODD, max_size=3))
def test_no_structure_brings_the_reader_down(entries: list[Any]) -> None:
    _read(yaml.safe_dump({"dataset": entries}, allow_unicode=True).encode())


@given(st.dictionaries(NAMES, ODD, max_size=6), st.dictionaries(NAMES, ODD, max_size=6), ODD)
def test_no_half_right_file_brings_the_reader_down(field: Any, collection: Any, meta: Any) -> None:
    fields = [{"name": "a", **field}]
    entry = {"fides_key": "crm", "collections": [{"name": "t", "fields": fields} | collection], "meta": meta}
    _read(yaml.safe_dump({"dataset": [entry]}, allow_unicode=True).encode())


def _read(content: bytes) -> None:
    try:
        for made in read(content):
            assert isinstance(made, Dataset)
    except Unusable as unusable:
        said = unusable.problems
    else:
        return
    assert said
    assert all(said)
