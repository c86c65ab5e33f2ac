"""A second, naive reading of histories: what the customer said."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from tests.resolver.history import History, midnight
from tests.resolver.random_lives import Happening

NO: Final = {"REFUSED", "WITHDRAWN"}
EXPRESS: Final[Collection[str | None]] = {"EXPLICIT", "GUARDIAN"}


class Said(History):
    """The choices of a history."""

    def consents(self) -> list[Happening]:
        """The words about exactly this, and every no that covers it, in order; at one instant a no comes last."""
        said = [
            each
            for each in self.happened("choice", kind="CONSENT")
            if (each.values["action"] == "GIVEN" and self.is_exact(each.values))
            or (each.values["action"] in NO and self.covers(each.values))
        ]
        return sorted(said, key=lambda each: (each.at, each.values["action"] in NO))

    def consent(self) -> str | None:
        said = self.consents()
        if not said:
            return "NEVER_ASKED"
        last = said[-1]
        if len([each for each in said if each.at == last.at]) > 1:
            return None
        if last.values["action"] in NO:
            return str(last.values["action"])
        return "EXPIRED" if self.is_over(last) else str(last.values["grade"])

    def is_over(self, given: Happening) -> bool:
        if given.values["grade"] == "GUARDIAN" and self.years(self.at) >= self.teen_under():
            return True
        if given.values["ends_days"] is not None:
            return given.at + timedelta(days=given.values["ends_days"]) <= self.at
        if self.place == "AU" and given.values["channel"] in {"PHONE", "AUTO_CALL"}:
            return midnight(given.at, 3) <= self.at
        return self.is_silent_since(given.at)

    def is_silent_since(self, since: datetime) -> bool:
        for contact in sorted(each for each in self.contacts() if each > since):
            if midnight(since, 24) <= contact:
                return True
            since = contact
        return midnight(since, 24) <= self.at

    def marketing_choice(self) -> str:
        outs = [each.at for each in self.happened("choice", kind="MARKETING") if self.covers(each.values)]
        if not outs or self.question.purpose != "letters":  # the one purpose that is marketing
            return "NONE"
        return "REVERSED" if self.agreed_after(max(outs), ("GIVEN", *EXPRESS)) else "OPTED_OUT"

    def agreed_after(self, since: datetime, grades: Collection[str | None]) -> bool:
        said = self.consents()
        if not said or said[-1].at <= since:
            return False
        return self.consent() in grades

    def standing(self, kind: str) -> list[Happening]:
        """The opt-outs that cover the question and that no later opt-in as wide took back; a tie is an opt-out."""
        backs = self.happened("choice", kind=kind, action="OPTED_IN")
        return [
            each
            for each in self.happened("choice", kind=kind, action="OPTED_OUT")
            if self.covers(each.values)
            and not any(back.at > each.at and _is_as_wide(back.values, each.values) for back in backs)
        ]

    def sharing_choice(self) -> str:
        kinds = [
            kind
            for kind in ("SHARING", "SIGNAL")
            if any(not self.agreed_after(each.at, EXPRESS) for each in self.standing(kind))
        ]
        if not kinds:
            return "NONE"
        is_trade = str(self.question.act) in {"SELL", "POOL"}
        return "SIGNAL" if kinds == ["SIGNAL"] and is_trade and self.place == "US_CA" else "OPTED_OUT"

    def is_objecting(self) -> bool:
        """Whether an objection that covers the question is open or upheld, and was not taken back as widely."""
        said = self.happened("choice", kind="OBJECTION")
        backs = [each for each in said if each.values["action"] == "WITHDRAWN"]
        mine = [each for each in said if self.covers(each.values) and each.values["action"] != "WITHDRAWN"]
        return any(
            each.values["action"] in {"PENDING", "UPHELD"}
            and not any(back.at > each.at and _is_as_wide(back.values, each.values) for back in backs)
            and not any(
                other.values["action"] == "OVERRULED"
                and other.at > each.at
                and _is_same(other.values, each.values)
                for other in mine
            )
            for each in mine
        )

    def destination(self) -> str | None:
        if not self.question.recipient or self.place == "AU":
            return "DOMESTIC"
        if self.place == "US_CA":
            return "ADEQUATE"
        if self.question.recipient == "near" and self.place != "MA":
            return "SAFEGUARDED"
        said = [each for each in self.happened("choice", kind="TRANSFER") if self.covers(each.values)]
        if not said or any(each.at == said[-1].at for each in said[:-1]):
            return None if said else "UNSAFE"
        last, ends = said[-1], said[-1].values["ends_days"]
        is_over = ends is not None and last.at + timedelta(days=ends) <= self.at
        return "CONSENTED" if last.values["action"] == "GIVEN" and not is_over else "UNSAFE"

    def relationship(self) -> str | None:
        told = self.happened("customer_event", aspect="RELATIONSHIP")
        last = {each.values["value"] for each in told if each.at == told[-1].at}
        return last.pop() if len(last) == 1 else None


def _is_as_wide(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] in {None, other[name]} for name in ("purpose", "channel", "recipient"))


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("purpose", "channel", "recipient"))
