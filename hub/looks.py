"""What is left of a look once it is over whom it was about: nothing.

A look lies under the record that it was asked for, and shows what systems know by the identifiers of all who are the
same person. When that changes, or one of them is erased, the looks of all of them go.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub.act import Act

_DROP: Final = "DELETE FROM look WHERE customer_id = ANY ($1)"


async def drop(act: Act, customer_ids: Sequence[UUID]) -> None:
    """Delete all looks of these records, whoever's; the caller holds them and records why."""
    await act.execute(_DROP, list(customer_ids))
