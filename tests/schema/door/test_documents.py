"""Documents: what is remembered of them, and those known beforehand."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub.errors import Unready
from schema.documents import Documents
from schema.limits import LIMITS
from schema.partner.root import schema as partners
from schema.trusted import Trusted, document_id, load


async def test_a_document_with_a_text_in_it_is_not_remembered(schema: Any) -> None:
    documents = Documents(schema, LIMITS, introspection=True)
    documents.prepare("{ hello }")
    documents.prepare('{ books(filter: {title: "jo@example.org"}) { totalCount } }')
    documents.prepare("{ hello } # jo@example.org")
    assert list(documents._kept) == ["{ hello }"]
    assert documents.prepare("{ hello }") is documents.prepare("{ hello }")


def test_a_document_whose_only_texts_are_keys_of_the_catalogue_is_remembered() -> None:
    documents = Documents(partners, LIMITS, introspection=False)
    text = """query q($n: Int!) { customers(arrangement: "quay-referrals", purpose: "inspection", first: $n) {
        edges { node { id city: value(name: "contact.city") } } } }"""
    assert documents.prepare(text) is documents.prepare(text)
    for key, data in (
        ("quay-referrals", "jo@example.org"), ("contact.city", "Jo Smith"), ("contact.city", "0412345678"),
        ("contact.city", "x" * 101), ("edges", "# jo\n edges"),
    ):  # fmt: skip
        other = text.replace(key, data)
        assert documents.prepare(other) is not documents.prepare(other)
    given = """query q($p: String! = "jo") { customers(arrangement: "a", purpose: $p) { pageInfo { hasNextPage } } }"""
    for other in (given, '{ mayKeep(ids: ["key"]) { id } }'):
        assert documents.prepare(other) is not documents.prepare(other)
    assert list(documents._kept) == [text]


def test_what_is_remembered_is_bounded(schema: Any) -> None:
    documents = Documents(schema, LIMITS, introspection=True)
    for number in range(600):
        documents.prepare(f"query q{number} {{ hello }}")
    assert len(documents._kept) == 500
    for number in range(20):
        documents.prepare(f"query q{number} {{ hello }}" + " " * 20_000)
    assert documents._characters == sum(map(len, documents._kept)) <= 262_144


def known(tmp_path: Path, entries: Any) -> Path:
    path = tmp_path / "known.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


async def test_a_known_document_runs_by_its_id_and_nothing_else_does(library: Any, tmp_path: Path) -> None:
    text = '{ books(filter: {title: "book 1"}, first: 1) { edges { node { title } } } }'
    path = known(tmp_path, {document_id(text): text})
    async with library.client(trusted=partial(load, path)) as client:
        good = await client.post("", json={"documentId": document_id(text)})
        unknown = await client.post("", json={"documentId": document_id("{ hello }")})
        other = await client.post("", json={"query": text})
    assert good.json()["data"]["books"]["edges"][0]["node"] == {"title": "book 1"}
    for answer in (unknown, other):
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_UNKNOWN"


async def test_known_documents_may_stand_beside_others(library: Any, tmp_path: Path) -> None:
    path = known(tmp_path, {document_id("{ hello }").removeprefix("sha256:"): "{ hello }"})
    async with library.client(trusted=partial(load, path, only=False)) as client:
        for body in ({"documentId": document_id("{ hello }")}, {"query": "{ again: hello }"}):
            assert (await client.post("", json=body)).json()["data"]


@pytest.mark.parametrize(
    "entries",
    [
        [],
        {"sha256:00": "{ hello }"},
        {document_id("{ nothing }"): "{ nothing }"},
        {document_id("{"): "{"},
        {document_id("{ hello }" + "#" * 40_000): "{ hello }" + "#" * 40_000},
        {"sha256:00": 1},
    ],
)
def test_a_file_of_known_documents_that_does_not_fit_stops_the_start(
    entries: Any, schema: Any, tmp_path: Path
) -> None:
    with pytest.raises(Unready, match=r"known\.json"):
        load(known(tmp_path, entries), Documents(schema, LIMITS, introspection=False))


def test_a_missing_file_of_known_documents_stops_the_start(schema: Any, tmp_path: Path) -> None:
    with pytest.raises(Unready, match="not a readable JSON file"):
        load(tmp_path / "none.json", Documents(schema, LIMITS, introspection=False))


def test_trusted_documents_can_be_none() -> None:
    Trusted({}, only=False).refuse_others()
