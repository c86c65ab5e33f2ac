"""What somebody does not recognise of what they read about themselves: an entry that their complaint takes along."""

import dataclasses
from typing import Any, Final

from hub.actors import Operation
from hub.rights import recognising, timing
from hub.rights.recognising import Entry
from portal.journeys import ENTRIES, NOBODY, Asking
from portal.reader import Reader

JOURNEY: Final = "complain"


async def named(reader: Reader, asking: Asking) -> Entry | None:
    """The entry that the form or the address names, or else the answer; Refusal NOT_FOUND for one not their own."""
    answered = asking.get("words", "entry") if asking.done is None else ""
    said = reader.form.one("entry") or reader.request.query_params.get("entry", answered)
    entry = recognising.spelled(said) if reader.is_signed_in else None
    if entry is None or reader.request.path_params["journey"] != JOURNEY:
        return None
    async with reader.hub.ask(reader.actor, Operation.OWN_READ) as ask:
        found = await recognising.own(ask, entry)
    zone = timing.zone(asking.get("place"))
    return dataclasses.replace(found, at=found.at.astimezone(zone))


async def shown(reader: Reader, asking: Asking) -> dict[str, Any]:
    """What a page needs to say which entry it is."""
    return {"entry": await named(reader, asking), "entries": ENTRIES, "nobody": NOBODY}
