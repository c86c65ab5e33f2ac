"""The reductions once more, naively: one customer's history, read event by event, says what each fact is.

Nothing of the hub's resolver is used, so that where the two differ one of them reads the law wrongly. What the law
leaves open (which of several events of one instant counts) is not said at all.
"""

from collections.abc import Callable
from typing import Any

from tests.resolver.said import Said
from tests.resolver.told import Told


class Reader(Said, Told):
    """One history, read for one jurisdiction at one instant."""

    def facts(self) -> dict[str, Any]:
        """Everything that the law decides."""
        said: dict[str, Callable[[], Any]] = {
            "age": self.age,
            "consent": self.consent,
            "marketing_choice": self.marketing_choice,
            "sharing_choice": self.sharing_choice,
            "limit_sensitive": lambda: bool(self.standing("LIMIT")),
            "registry_block": self.registry_block,
            "notice": self.notice,
            "record_state": self.record_state,
            "purpose_fit": self.purpose_fit,
            "recipient": self.recipient,
            "optout_at_collection": lambda: self.of_latest(lambda each: each.values["offered"], all),
            "is_from_customer": lambda: self.of_latest(lambda each: each.values["source"] == "CUSTOMER", all),
            "is_objecting": self.is_objecting,
            "arrangement": self.arrangement,
            "destination": self.destination,
            "data": self.data,
            "relationship": self.relationship,
        }
        return {name: found for name, read in said.items() if (found := read()) is not None}
