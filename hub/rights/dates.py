"""What a clock is worked from, and what comes out: days, all of them local days of the customer's jurisdiction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hub.policy.values import Jurisdiction
from hub.rights.counting import Pause
from hub.rights.values import Kind


def _nowhere() -> dict[Jurisdiction, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Dates:
    """What is known of a request's days.

    identity_on, fee_on: when what was asked for came; None if it was not asked for. What was asked for and is not
    here yet, a clarification too, is given as of today. regions: whose holidays count, such as a Member State's.
    """

    received_on: date
    identity_on: date | None = None
    fee_on: date | None = None
    clarifications: tuple[Pause, ...] = ()
    is_extended: bool = False
    regions: Mapping[Jurisdiction, str] = field(default_factory=_nowhere)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the calculation: what was counted, and the provision."""

    rule: str
    text: str
    cites: str

    def __str__(self) -> str:
        return f"{self.text} [{self.cites}]"


@dataclass(frozen=True, slots=True)
class Clock:
    """The days of one request. None: there is no such day.

    acknowledge_by: confirm receipt. due: the last day without an extension, the law's own or, where it names none,
    the house's. extended_due: the last day with one, whether or not it is taken. aim_for: the house's own target.
    """

    kind: Kind
    jurisdictions: tuple[Jurisdiction, ...]
    received_on: date
    acknowledge_by: date | None
    due: date | None
    extended_due: date | None
    aim_for: date | None
    is_extended: bool
    steps: tuple[Step, ...]

    @property
    def tell_extension_by(self) -> date | None:
        """Until when an extension can be announced: within the first period."""
        return self.due if self.extended_due else None

    @property
    def last_day(self) -> date | None:
        """The last day as things stand: the extended one where an extension exists and is taken."""
        return self.extended_due if self.is_extended and self.extended_due else self.due


def written(day: date) -> str:
    """Write a day as people read it."""
    return f"{day:%A} {day.day} {day:%B %Y}"
