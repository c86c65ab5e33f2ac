"""By what a correction finds its places in other systems: kinds of data, and what stood there until now.

Both are kept with the request when it is approved, sealed: the hub's own values change by the same request, and whoever
tries a step again has to ask for the same.
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import orjson

from hub import merges
from hub.act import Act
from hub.identities import open_key
from hub.rights import sealed
from hub.rights.requests import Request

KINDS: Final[Mapping[str, list[str]]] = tomllib.loads(
    files(__package__ or "hub.rights").joinpath("correcting.toml").read_text("utf-8")
)
_HELD: Final = """
    SELECT v.id, v.customer_id, v.field, v.sealed, k.fideslang_key FROM profile_value v
    JOIN category k ON k.id = v.category_id JOIN customer c ON c.id = v.customer_id AND c.erased_at IS NULL
    WHERE v.customer_id = ANY ($1) AND v.organisation_id = $2 AND v.field = ANY ($3) ORDER BY v.id
"""
_KEEP: Final = "UPDATE rights_request SET content = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is right, and where it belongs.

    kinds: of data that hold just this. below: the kinds of the profile's categories that have the field; one below them
    that is called as the field holds it too. were: what the hub held until the request was approved.
    """

    field: str
    value: str = dataclasses.field(repr=False)
    kinds: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    were: tuple[str, ...] = dataclasses.field(default=(), repr=False)

    def is_held_by(self, kind: str) -> bool:
        """Whether what carries this kind of data holds the field, and nothing besides."""
        is_called_so = kind.rpartition(".")[2] == self.field
        return kind in self.kinds or (
            is_called_so and any(kind == each or kind.startswith(f"{each}.") for each in self.below)
        )


async def keep(act: Act, request: Request) -> None:
    """Keep with a held request what the hub holds of the fields that are to be corrected."""
    content, _ = await sealed.contents(act, request.id)
    if request.customer_id is None or not content["changes"]:
        return
    family = (await merges.families(act, [request.customer_id]))[request.customer_id]
    held: dict[str, dict[str, list[str]]] = {}
    for row in await act.rows(_HELD, list(family), request.organisation_id, list(content["changes"])):
        key = await open_key(act, row["customer_id"])
        value = key.open_text("profile_value", "sealed", row["id"], row["sealed"])
        known = held.setdefault(row["field"], {"below": [], "were": []})
        known["below"].append(row["fideslang_key"])
        known["were"].append(value)
    own = await sealed.open_key(act, request.id)
    text = orjson.dumps({**content, "held": held})
    await act.execute(_KEEP, request.id, own.seal("rights_request", "content", request.id, text))


def wanted(content: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """What a request wants corrected, from what is sealed with it."""
    held: Mapping[str, Mapping[str, list[str]]] = content.get("held", {})
    return tuple(
        Wanted(
            name,
            value,
            tuple(KINDS.get(name, ())),
            tuple(dict.fromkeys(held.get(name, {}).get("below", ()))),
            tuple(dict.fromkeys(held.get(name, {}).get("were", ()))),
        )
        for name, value in content["changes"].items()
    )
