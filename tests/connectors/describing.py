"""Datasets in few words: what a test says of each field becomes a fideslang file, and is read as one."""

from typing import Any

import yaml

from workers.connectors.dataset_files import read
from workers.connectors.datasets import Dataset

ID: dict[str, Any] = {"fides_meta": {"primary_key": True}}
EMAIL: dict[str, Any] = {"data_categories": ["user.contact.email"], "fides_meta": {"identity": "email"}}
NAME: dict[str, Any] = {"data_categories": ["user.name"]}
DELETED: dict[str, Any] = {"masking_strategy_override": {"strategy": "delete"}}


def erased_by(strategy: str, **configuration: Any) -> dict[str, Any]:
    """A name that is erased in some way."""
    override = {"strategy": strategy, "configuration": configuration}
    return NAME | {"fides_meta": {"masking_strategy_override": override}}


def refers(target: str, direction: str | None = "from") -> dict[str, Any]:
    """A field with a reference to `dataset.collection.field`."""
    dataset, _, field = target.partition(".")
    reference = {"dataset": dataset, "field": field} | ({"direction": direction} if direction else {})
    return {"fides_meta": {"references": [reference]}}


def text(key: str, collections: dict[str, Any], **others: Any) -> bytes:
    """A dataset file. A collection is its fields by name; `""` among them stands for its own fides_meta."""
    described: list[dict[str, Any]] = []
    for name, given in collections.items():
        fields = [{"name": field, **said} for field, said in given.items() if field]
        described.append(
            {"name": name, "fields": fields, **({"fides_meta": given[""]} if "" in given else {})}
        )
    whole = {"dataset": [{"fides_key": key, "collections": described, **others}]}
    return yaml.dump(whole, Dumper=_NoAliases).encode()


def dataset(key: str, collections: dict[str, Any], **others: Any) -> Dataset:
    """The same, read."""
    [made] = read(text(key, collections, **others))
    return made


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return bool(data) or not data
