"""Who may ask for somebody else, read from ``acting.toml``: by what proof, and whether the customer is told of it.

Pure: no database, no clock.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

from hub.policy.values import Jurisdiction


class Role(StrEnum):
    """As what somebody acts for a customer."""

    AGENT = "AGENT"
    GUARDIAN = "GUARDIAN"
    HEIR = "HEIR"


class Proof(StrEnum):
    """What shows that they may."""

    SIGNED_PERMISSION = "SIGNED_PERMISSION"
    POWER_OF_ATTORNEY = "POWER_OF_ATTORNEY"
    BIRTH_RECORD = "BIRTH_RECORD"
    COURT_ORDER = "COURT_ORDER"
    PROBATE = "PROBATE"


class RestsOn(StrEnum):
    """What a rule stands on."""

    LAW = "LAW"
    GUIDANCE = "GUIDANCE"
    HOUSE = "HOUSE"


@dataclass(frozen=True, slots=True)
class Acting:
    """The rule for a role in a place. tells: whether the customer is told, unless the proof is one of told_unless."""

    role: Role
    place: Jurisdiction
    proofs: frozenset[Proof]
    rests_on: RestsOn
    cites: str
    tells: bool
    told_unless: frozenset[Proof]

    def is_told(self, proof: Proof) -> bool:
        """Whether the customer hears that somebody asked for them by this proof."""
        return self.tells and proof not in self.told_unless


def _rule(role: Role, place: Jurisdiction, raw: Mapping[str, Any]) -> Acting:
    said: dict[str, Any] = {**raw, **raw.get(place, {})}
    return Acting(
        role, place, frozenset(Proof(each) for each in said["proofs"]), RestsOn(said["rests_on"]), said["cites"],
        said["tells"], frozenset(Proof(each) for each in said.get("told_unless", ())),
    )  # fmt: skip


_RAW: Final = tomllib.loads(files(__package__ or "hub.rights").joinpath("acting.toml").read_text("utf-8"))
RULES: Final[Mapping[tuple[Role, Jurisdiction], Acting]] = {
    (role, place): _rule(role, place, _RAW[role]) for role in Role for place in Jurisdiction
}
