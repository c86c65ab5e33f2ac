"""A made-up system of each firm of the demo, held in memory: who was handed which keys, asked like every other."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from hub import profiles
from hub.act import Act
from hub.rights.reaching import Reach
from hub.rights.systems import NewSystem

NAME: Final = "Key cabinet"
DATASET: Final = """
dataset:
  - fides_key: cabinet
    name: Key cabinet
    description: Who was handed which keys
    collections:
      - name: handovers
        fides_meta:
          masking_strategy_override: {strategy: delete}
        fields:
          - name: id
            data_categories: [system.operations]
            fides_meta: {primary_key: true, data_type: integer}
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email, data_type: string}
          - name: keys
            data_categories: [user.content.private]
          - name: handed_on
            data_categories: [user.behavior]
          - name: note
            data_categories: [user.content.private]
"""
HANDED: Final = (
    ("front door, two", 200, "Signed for at the counter."),
    ("letter box", 120, "Sent by courier."),
)


async def described(act: Act, firm_id: UUID, people: Sequence[UUID]) -> NewSystem:
    """The cabinet of a firm, with what it holds of these customers."""
    rows: list[dict[str, Any]] = []
    for each in people:
        shown = await profiles.opened(act, each, firm_id)
        emails = [known.value for known in shown.identifiers if known.kind == "EMAIL"]
        for email in emails[:1]:
            rows += [
                {"id": len(rows) + number, "email": email, "keys": keys, "note": note,
                 "handed_on": (act.at.date() - timedelta(days=ago)).isoformat()}
                for number, (keys, ago, note) in enumerate(HANDED, 1)
            ]  # fmt: skip
    held = orjson.dumps({"cabinet.handovers": rows}).decode()
    return NewSystem("key-cabinet", NAME, "MEMORY", Reach(held), DATASET)
