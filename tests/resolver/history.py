"""A second, naive reading of histories: what happened, who the customer is, and until when they are kept."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from hub.questioned import Question
from tests.resolver.random_lives import Happening, Past

CHILD_UNDER: Final = {"AU": 15, "UK": 13, "EU": 16, "ZA": 18, "MA": 18, "US_CA": 13}
YEARS: Final = {"UNDER_13": 12, "AGE_13": 13, "AGE_14": 14, "AGE_15": 15, "AGE_16_17": 17, "ADULT": 18}
WASH_DAYS: Final = {"AU": 30, "UK": 28, "ZA": 30, "US_CA": 31}
MONTHLY: Final = datetime(2026, 4, 15, tzinfo=UTC)


def midnight(at: datetime, months: int = 0) -> datetime:
    """The day this many months later, on its last day if the month is shorter, as it begins."""
    index = at.month - 1 + months
    year, month = at.year + index // 12, index % 12 + 1
    day = date(year, month, min(at.day, monthrange(year, month)[1]))
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class History:
    """One customer's past, read for one jurisdiction at one instant."""

    past: Past
    place: str
    at: datetime
    question: Question

    def happened(self, table: str, **values: Any) -> list[Happening]:
        found = [
            each
            for each in self.past.happenings
            if each.table == table and each.at <= self.at and values.items() <= each.values.items()
        ]
        return sorted(found, key=lambda each: each.at)

    def covers(self, said: dict[str, Any]) -> bool:
        asked = {
            "purpose": self.question.purpose,
            "channel": str(self.question.channel) if self.question.channel else None,
            "recipient": self.question.recipient,
        }
        return all(said[name] in {None, wanted} for name, wanted in asked.items())

    def is_exact(self, said: dict[str, Any]) -> bool:
        channel = str(self.question.channel) if self.question.channel else None
        return (said["purpose"], said["channel"], said["recipient"]) == (
            self.question.purpose, channel if channel != "NONE" else None, self.question.recipient,
        )  # fmt: skip

    def years(self, at: datetime) -> int:
        told = [each for each in self.happened("customer_event", aspect="AGE") if each.at <= at]
        if not told:
            return 18
        return min(YEARS[each.values["value"]] for each in told if each.at == told[-1].at)

    def age(self) -> str:
        years = self.years(self.at)
        if years < CHILD_UNDER[self.place]:
            return "CHILD"
        return "TEEN" if years < self.teen_under() else "ADULT"

    def teen_under(self) -> int:
        return 16 if self.place == "US_CA" else 18

    def contacts(self) -> Iterator[datetime]:
        for each in self.happened("customer_event", aspect="CONTACT"):
            yield each.at
        for each in self.happened("collection", source="CUSTOMER"):
            yield each.at
        for each in self.happened("choice"):
            silent = (
                each.values["action"] in {"ASKED", "UPHELD", "OVERRULED"} or each.values["kind"] == "SIGNAL"
            )
            if not silent:
                yield each.at

    def registry_block(self) -> bool:
        if self.place not in WASH_DAYS:
            return False
        checks = self.happened("registry_check", jurisdiction=self.place)
        if not checks:
            return True
        last = [each for each in checks if each.at == checks[-1].at]
        if any(each.values["listed"] for each in last):
            return True
        ages = self.place != "ZA" or self.at >= MONTHLY
        return ages and midnight(last[0].at) + timedelta(days=WASH_DAYS[self.place]) <= self.at

    def record_state(self) -> str | None:
        for aspect, state in (("HOLD", "HOLD"), ("RESTRICTION", "RESTRICTED")):
            told = self.happened("customer_event", aspect=aspect)
            if told and "ON" in {each.values["value"] for each in told if each.at == told[-1].at}:
                return state
        return self.retention()

    def retention(self) -> str | None:
        told = self.happened("customer_event", aspect="RELATIONSHIP")
        last = {each.values["value"] for each in told if each.at == told[-1].at}
        if len(last) != 1:
            return None
        if last == {"ACTIVE"}:
            return "LIVE"
        since = became_on(told)
        if last != {"CLOSED"}:  # a prospect, from the last contact on; that they became one is a contact too
            since = max([since, *self.contacts()])
        return "EXPIRED" if midnight(since, 24) <= self.at else "LIVE"


def became_on(told: Sequence[Happening]) -> datetime:
    """When what was told last began to be so."""
    since = told[-1]
    for each in reversed(told):
        if each.values["value"] != since.values["value"]:
            break
        since = each
    return since.at
