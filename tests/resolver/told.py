"""A second, naive reading of histories: what the customer was told, and what came in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.resolver.history import History, midnight
from tests.resolver.random_lives import Happening

CATEGORIES: Final = {"care": {"contact", "identity", "health"}}
USUAL: Final = {"contact", "identity"}
PLAIN: Final = {"care": "PRIMARY", "letters": "NAMED", "scoring": "NAMED"}
PROMISES: Final = {
    "leaflet": PLAIN,
    "first": {**PLAIN, "referral": "NAMED"},
    "second": {**PLAIN, "referral": "NAMED", "sale": "NAMED"},
}
ALLIANCE: Final = datetime(2024, 3, 15, tzinfo=UTC)
LEFT_THE_CLASS: Final = datetime(2025, 7, 1, tzinfo=UTC)


class Told(History):
    """The notices and collections of a history, in the land of these tests."""

    def told(self) -> list[tuple[datetime, str]]:
        shown = [
            (each.at + timedelta(days=each.shown_days), each.values["version"])
            for each in self.happened("collection")
            if each.values["version"]
        ]
        sent = [(each.at, each.values["version"]) for each in self.happened("delivery")]
        return sorted(each for each in [*shown, *sent] if each[0] <= self.at)

    def notice(self) -> str:
        if not self.touched():
            return "MISSING"
        versions = {version for _, version in self.told()}
        if versions & {"first", "second"} or (versions and self.place == "US_CA"):
            return "GIVEN"
        return "INCOMPLETE" if versions else "MISSING"

    def touched(self) -> set[str]:
        mine = CATEGORIES.get(str(self.question.purpose), USUAL)
        held = {key for each in self.happened("collection") for key in each.values["categories"]}
        return mine & held

    def of_latest(self, value: Callable[[Happening], Any], join: Callable[[list[Any]], Any]) -> Any:
        """Join a value over the categories touched, each as it last came in; nothing said where two came at once."""
        found: list[Any] = []
        for key in self.touched():
            came = [each for each in self.happened("collection") if key in each.values["categories"]]
            last = [each for each in came if each.at == came[-1].at]
            if len(last) > 1:
                return None
            found.append(value(last[0]))
        return join(found) if found else None

    def ruling(self, came: Happening) -> set[str]:
        """The versions whose promises hold for what came in: elsewhere all, in Australia that of the collection."""
        told = self.told()
        if self.place != "AU":
            return {version for _, version in told}
        shown_at = came.at + timedelta(days=came.shown_days)
        if came.values["version"] and came.shown_days <= 30 and shown_at <= self.at:
            return {came.values["version"]}
        before = [version for when, version in told if when <= came.at]
        after = [version for when, version in told if came.at < when <= came.at + timedelta(days=30)]
        return set(before[-1:] or after[:1])

    def purpose_fit(self) -> str | None:
        order = ("NEW", "NAMED", "PRIMARY")
        worst: int | None = self.of_latest(lambda came: max(map(order.index, self.fits(came))), min)
        return None if worst is None else order[worst]

    def fits(self, came: Happening) -> list[str]:
        return ["NEW", *(PROMISES[each].get(str(self.question.purpose), "NEW") for each in self.ruling(came))]

    def data(self) -> str:
        touched = self.touched() or CATEGORIES.get(str(self.question.purpose), USUAL)
        return "SENSITIVE" if "health" in touched else "ORDINARY"

    def arrangement(self) -> str | None:
        if self.question.recipient != "guild":
            return "AT_COLLECTION"
        later: bool | None = self.of_latest(lambda came: midnight(came.at) < ALLIANCE, any)
        return None if later is None else ("AT_COLLECTION", "AFTER_COLLECTION")[later]

    def recipient(self) -> str | None:
        if not self.question.recipient:
            return "INTERNAL"
        reach: int | None = self.of_latest(
            lambda came: max([0, *(self.reach(each) for each in self.ruling(came))]), min
        )
        return None if reach is None else ("UNCOVERED", "CLASS", "NAMED")[reach]

    def reach(self, version: str) -> int:
        if self.question.purpose not in PROMISES[version]:
            return 0
        if self.question.recipient == "near":
            return 2
        return int(version == "second" and ALLIANCE <= self.at < LEFT_THE_CLASS)
