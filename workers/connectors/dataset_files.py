"""Reads fideslang dataset files into datasets, or says everything that is wrong with them."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final, cast

from fideslang.default_taxonomy import DEFAULT_TAXONOMY
from fideslang.models import Dataset as FidesDataset
from fideslang.models import DatasetCollection, DatasetField, FidesDatasetReference, FidesMeta
from pydantic import ValidationError

from hub.errors import Refusal
from workers.connectors import yaml_files
from workers.connectors.datasets import (
    Collection,
    CollectionName,
    Dataset,
    Direction,
    Field,
    FieldName,
    How,
    Mark,
    Reference,
    Strategy,
    Unusable,
)

STRATEGIES: Final = {
    "null_rewrite": How.NULL,
    "string_rewrite": How.REPLACE,
    "hash": How.HASH,
    "hmac": How.HASH,
    "random_string_rewrite": How.RANDOM,
    "keep": How.KEEP,
}
CATEGORIES: Final = frozenset(str(category.fides_key) for category in DEFAULT_TAXONOMY.data_category or ())
IDENTITIES: Final = {"phone_number": "phone"}
"""What fides calls the kinds of identity that the hub calls otherwise."""


def read(content: bytes) -> tuple[Dataset, ...]:
    """Return the datasets of a file; Unusable lists what is wrong."""
    try:
        plain = yaml_files.read(content)
    except Refusal as refusal:
        raise Unusable([refusal.message]) from None
    entries = _plain(plain).get("dataset")
    if not isinstance(entries, list) or not entries:
        raise Unusable(["The file has no list `dataset`: is it a fideslang dataset file?"])
    return tuple(_dataset(_parsed(entry, place)) for place, entry in enumerate(cast("list[Any]", entries)))


@lru_cache(maxsize=256)
def read_once(text: str) -> tuple[Dataset, ...]:
    """As `read`; the same text is read once."""
    return read(text.encode())


def _parsed(entry: Any, place: int) -> FidesDataset:
    try:
        return FidesDataset.model_validate(entry)
    except ValidationError as error:
        raise Unusable(_complaints(error, place)) from None
    except (TypeError, ValueError, AttributeError):
        raise Unusable([f"dataset.{place}: this is not a dataset of fideslang."]) from None


def _complaints(error: ValidationError, place: int) -> Iterator[str]:
    for each in error.errors(include_input=False, include_url=False, include_context=False):
        where = ".".join(str(part) for part in ("dataset", place, *each["loc"]))
        yield f"{where}: {each['msg']}"


def _dataset(parsed: FidesDataset) -> Dataset:
    reading = _Reading(str(parsed.fides_key))
    made = reading.dataset(parsed)
    if reading.problems:
        raise Unusable(reading.problems)
    return made


class _Reading:
    """One dataset being read: goes on after a problem, so that all of them are said at once."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.problems: list[str] = []

    def dataset(self, parsed: FidesDataset) -> Dataset:
        own = self._own(cast("Any", parsed).meta)
        kept = {name: self._keep(f"keep.{name}", said) for name, said in self._mapping(own, "keep").items()}
        above = tuple(str(each) for each in parsed.data_categories or ())
        collections = {
            each.name: self._collection(each, above, kept.pop(each.name, None)) for each in parsed.collections
        }
        for name in kept:
            self._say(f"keep.{name}", "no collection has this name")
        marks = {
            name: mark
            for said, value in self._mapping(own, "restrict").items()
            for name, mark in self._mark(said, value, collections)
        }
        return Dataset(self.key, collections, marks, self._namespace(parsed))

    def _namespace(self, parsed: FidesDataset) -> str | None:
        meta: Any = parsed.fides_meta
        name = _plain(meta.namespace if meta else None).get("schema")
        return None if name is None else str(name)

    def _collection(
        self, parsed: DatasetCollection, above: tuple[str, ...], kept: Strategy | None
    ) -> Collection:
        name = CollectionName(self.key, parsed.name)
        categories = tuple(str(each) for each in parsed.data_categories or ()) or above
        fields = {each.name: self._field(name, each, categories) for each in parsed.fields}
        meta = parsed.fides_meta
        made = Collection(
            name,
            fields,
            is_deleted=bool(meta and meta.masking_strategy_override),
            is_skipped=bool(meta and meta.skip_processing),
            kept=kept,
            after=self._names(name, meta.after if meta else None),
            erase_after=self._names(name, meta.erase_after if meta else None),
        )
        self._check(made)
        return made

    def _check(self, made: Collection) -> None:
        for name, each in made.fields.items():
            if made.is_deleted and each.is_read_only:
                self._say(f"{made.name.collection}.{name}", "is read-only, yet its rows are to be deleted")
            if each.is_primary and each.erasing and each.erasing.how is not How.KEEP:
                self._say(
                    f"{made.name.collection}.{name}", "is a primary key: delete the rows, or let it stay"
                )

    def _field(self, owner: CollectionName, parsed: DatasetField, above: tuple[str, ...]) -> Field:
        where = f"{owner.collection}.{parsed.name}"
        meta = parsed.fides_meta or FidesMeta()
        categories = tuple(str(each) for each in parsed.data_categories or ()) or above
        for category in categories:
            self._check_category(where, category)
        return Field(
            parsed.name,
            categories,
            IDENTITIES.get(meta.identity or "", meta.identity),
            is_primary=bool(meta.primary_key),
            is_read_only=bool(meta.read_only),
            data_type=meta.data_type,
            length=meta.length,
            references=tuple(self._references(where, meta.references or [])),
            erasing=self._erasing(where, meta),
            is_nested=bool(parsed.fields),
        )

    def _check_category(self, where: str, category: str) -> None:
        """A category of one's own must hang below one of the taxonomy."""
        known = any(category == each or category.startswith(f"{each}.") for each in CATEGORIES)
        if not known:
            self._say(where, f"`{category}` is no category of fideslang, nor below one")

    def _references(self, where: str, parsed: list[FidesDatasetReference]) -> Iterator[Reference]:
        for each in parsed:
            collection, dot, name = each.field.partition(".")
            if not dot or not collection or not name:
                self._say(where, "a reference names its field as `collection.field`")
                continue
            direction = Direction(each.direction.value) if each.direction else None
            yield Reference(FieldName(str(each.dataset), collection, name), direction)

    def _names(self, owner: CollectionName, said: Any) -> tuple[CollectionName, ...]:
        names = [str(each).partition(".") for each in said or ()]
        if any(not name for _, _, name in names):
            self._say(owner.collection, "`after` and `erase_after` name `dataset.collection`")
        return tuple(CollectionName(dataset, name) for dataset, _, name in names)

    def _erasing(self, where: str, meta: FidesMeta) -> Strategy | None:
        said: Any = meta.masking_strategy_override
        if said is None:
            return None
        how, configuration = STRATEGIES.get(said.strategy), _plain(said.configuration)
        if how is None:
            self._say(where, f"`{said.strategy}` is no strategy; there are {', '.join(STRATEGIES)}")
            return None
        if how is How.KEEP:
            return self._keep(where, configuration)
        if how is How.REPLACE and not isinstance(configuration.get("rewrite_value"), str | int | float):
            self._say(where, "`string_rewrite` needs a `rewrite_value` in its configuration")
        return Strategy(how, configuration.get("rewrite_value") if how is How.REPLACE else None)

    def _keep(self, where: str, said: Any) -> Strategy:
        values = _plain(said)
        ground, until = values.get("ground"), values.get("until")
        if not isinstance(ground, str) or not ground.strip():
            self._say(where, "what is kept needs a `ground`")
        if until is not None and type(until) is not date:
            self._say(where, "`until` is a date, as in 2031-12-31")
            until = None
        return Strategy(How.KEEP, ground=str(ground), until=until)

    def _mark(
        self, said: str, value: Any, collections: Mapping[str, Collection]
    ) -> Iterator[tuple[FieldName, Mark]]:
        collection, _, name = said.partition(".")
        if collection not in collections or name not in collections[collection].fields:
            self._say(f"restrict.{said}", "no field has this name; write `collection.field`")
        elif _plain(value).keys() ^ {"set", "lift"}:
            self._say(f"restrict.{said}", "say what to `set`, and what `lift` puts back")
        else:
            mark = _plain(value)
            yield FieldName(self.key, collection, name), Mark(mark["set"], mark["lift"])

    def _own(self, meta: Any) -> Mapping[str, Any]:
        own = self._mapping(_plain(meta), "privacy_hub")
        for name in own.keys() - {"keep", "restrict"}:
            self._say(f"meta.privacy_hub.{name}", "there are only `keep` and `restrict`")
        return own

    def _mapping(self, within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        said: Any = within.get(name) or {}
        if not isinstance(said, Mapping):
            self._say(f"meta.{name}", "must be a mapping")
        return _plain(said)

    def _say(self, where: str, what: str) -> None:
        self.problems.append(f"{self.key}.{where}: {what}.")


def _plain(said: Any) -> dict[str, Any]:
    """A mapping as the file has it, or nothing."""
    if not isinstance(said, Mapping):
        return {}
    return {str(key): value for key, value in cast("Mapping[Any, Any]", said).items()}
