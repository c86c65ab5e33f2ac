"""How a connected system is reached: its address, its secrets and where it may lie, sealed as one value.

All of it comes from the operator, by the command line; it is opened only to work on a step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from hub import identifiers, signatures
from hub.act import Act, Ask
from hub.errors import Code, Refusal, invalid
from hub.rights.outcomes import StepKind

LANGUAGES: Final = ("en", "fr", "ar")
ADDRESS_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Reach:
    """An address and what goes with it.

    address: a database's URL, where calls are posted, an email address, or of a system in memory its rows, as JSON by
    `dataset.collection`. secrets: `whsec_...`, all that sign, the newest first. allows_own_networks, allows_http: of an
    HTTP system, where it may lie. language: of letters.
    """

    address: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    allows_own_networks: bool = False
    allows_http: bool = False
    language: str = "en"


WANTED: Final[Mapping[StepKind, frozenset[str]]] = {
    StepKind.MANUAL: frozenset(),
    StepKind.EMAIL: frozenset({"address"}),
    StepKind.SQL: frozenset({"address", "dataset"}),
    StepKind.HTTP: frozenset({"address", "dataset", "secret"}),
    StepKind.MEMORY: frozenset({"address", "dataset"}),
}
"""What a system of a kind needs; a person who looks may have an address besides."""
SAID: Final = (
    "A system is MANUAL, or EMAIL with an address, or SQL with an address and a dataset, or HTTP with an address, "
    "a dataset and a secret, or MEMORY with rows in the place of an address, and a dataset."
)


def require(kind: StepKind, given: frozenset[str]) -> None:
    """Refuse INVALID unless a system of this kind is given what it needs, and nothing else."""
    wanted = WANTED.get(kind)
    optional = frozenset({"address"}) if kind is StepKind.MANUAL else frozenset[str]()
    if wanted is None or not wanted <= given <= wanted | optional:
        raise invalid(SAID, "kind")


def require_fit(act: Act, kind: StepKind, reach: Reach | None) -> None:
    """Refuse TOO_LARGE rows that no cell should hold, and INVALID what is made up, in production."""
    if kind is StepKind.MEMORY and act.hub.settings.is_production:
        raise invalid("A system in memory is made up: in production there is none.", "kind")
    if reach is not None and len(reach.address.encode()) > ADDRESS_BYTES:
        raise Refusal(Code.TOO_LARGE, "An address, or rows, have at most 1 MB.", ("address",))


def checked(kind: StepKind, reach: Reach) -> Reach:
    """Refuse INVALID for an address or a secret that is none; returns it as it is kept."""
    if kind in {StepKind.MANUAL, StepKind.EMAIL}:
        return Reach(_mailbox(reach.address), language=_language(reach.language))
    if kind is StepKind.MEMORY:
        rows(reach.address)
    if kind is StepKind.HTTP:
        _check_place(reach)
        for each in reach.secrets:
            _check_secret(each)
    return reach


def rows(said: str) -> dict[str, list[dict[str, Any]]]:
    """Read what a system in memory holds; Refusal INVALID for what is none."""
    try:
        return msgspec.json.decode(said, type=dict[str, list[dict[str, Any]]])
    except msgspec.DecodeError:
        raise invalid(
            "The rows are JSON: an object with a list of objects for each collection.", "address"
        ) from None


def _check_place(reach: Reach) -> None:
    from hub.outbound import Rules, Unwanted, check  # noqa: PLC0415 - a client that nobody needs who only reads systems

    try:
        check(reach.address, Rules(reach.allows_own_networks, reach.allows_http))
    except Unwanted as error:
        raise invalid(str(error), "address") from None


def _mailbox(address: str) -> str:
    try:
        return identifiers.deliverable_email(address)
    except Refusal as refusal:
        raise invalid(refusal.message, "address") from None


def _language(said: str) -> str:
    if said not in LANGUAGES:
        raise invalid(f"We write in one of: {', '.join(LANGUAGES)}.", "language")
    return said


def _check_secret(text: str) -> None:
    try:
        signatures.secret(text)
    except ValueError:
        raise invalid("A secret is `whsec_` and 24 to 64 bytes in base64.", "secret") from None


def seal(act: Act, system_id: UUID, reach: Reach) -> bytes:
    """Seal it for the row of its system."""
    return act.hub.vault.seal_own("connected_system", "settings", system_id, msgspec.json.encode(reach))


def open_sealed(ask: Ask, system_id: UUID, settings: bytes) -> Reach:
    """Open what was sealed; the first databases had their address alone."""
    said = ask.hub.vault.open_own("connected_system", "settings", system_id, settings)
    return msgspec.json.decode(said, type=Reach) if said.startswith(b"{") else Reach(said.decode())
