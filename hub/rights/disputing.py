"""A correction that was refused may carry the customer's own words with the data (APP 13.4, POPIA s 24)."""

from typing import Final
from uuid import UUID

from hub import disputes, inputs
from hub.act import Act
from hub.disputes import NOTE_CHARACTERS, About
from hub.errors import Code, Refusal
from hub.identities import open_key
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.sealed import contents
from hub.rights.states import State
from hub.rights.values import Kind

LEFT_STANDING: Final = frozenset({State.REFUSED, State.PARTLY_ANSWERED})


async def dispute(act: Act, request_id: UUID, text: str) -> Request:
    """Keep the customer's note with the fields that a correction named; once for each request.

    Refusals: CONFLICT for a request that is no correction, was not refused, or has its note; INVALID for the text.
    """
    said = inputs.text(text, "text", most=NOTE_CHARACTERS)
    request = await hold_request(act, request_id)
    if not may_dispute(request):
        raise Refusal(Code.CONFLICT, "Only a correction that was refused carries a note.", ("request",))
    if request.customer_id is None or await disputes.is_there(act, request.id):
        raise Refusal(Code.CONFLICT, "This request has its note already.", ("request",))
    content, _ = await contents(act, request.id)
    about = About(request.organisation_id, request.customer_id, request.id, list(content["changes"]))
    key = await open_key(act, request.customer_id)
    note_id = await disputes.add(act, about, key, said)
    return await move(
        act, request, Move("DISPUTED", body={"note": str(note_id), "fields": sorted(about.fields)})
    )


def may_dispute(request: Request) -> bool:
    """Whether a note may go with what this request asked to correct."""
    return (
        request.kind is Kind.RECTIFICATION
        and request.state in LEFT_STANDING
        and request.customer_id is not None
    )
