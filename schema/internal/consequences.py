"""What follows from a request: what was left and who was told, the certificate, a note, a complaint about it."""

from datetime import date
from typing import Annotated, Self

import orjson
import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.rights import appealing, certificates, disputing, fulfilling, requests, telling
from hub.rights.intake import Identified
from schema.door import acts, asks
from schema.internal.meanings import _told
from schema.internal.opening import RightsRequestPayload, payload_of
from schema.internal.places import within
from schema.relay import uuid_of
from schema.weights import Weight

_told(
    telling.Excuse, "TellingExcuse", "Why a past recipient need not be told; which count is the law's to say.",
    IMPOSSIBLE="They cannot be reached any more.",
    DISPROPORTIONATE="The effort would be out of all proportion.",
    IMPRACTICABLE="It is not practicable.",
    UNLAWFUL="The law forbids it.",
    NO_EFFECT="It changes nothing that they decide.",
)  # fmt: skip


@strawberry.type(description="The certificate of an erasure; it names nobody.")
class ErasureCertificate:
    """As a file of either kind."""

    json: str = strawberry.field(
        description="As JSON, with the receipt of the ledger entry once it is sealed."
    )
    html: str = strawberry.field(description="As one page without a program.")
    unreadable_on: date | None = strawberry.field(description="From when on no backup brings anything back.")

    @classmethod
    def of(cls, made: certificates.Certificate, language: str) -> Self:
        """As the API shows it."""
        return cls(
            json=orjson.dumps(certificates.document(made)).decode(),
            html=certificates.page(made, language),
            unreadable_on=made.unreadable_on,
        )


@strawberry.input(description="A past recipient is not told.")
class ExcuseRightsStepInput:
    """Why."""

    step: strawberry.ID = strawberry.field(description="The step's id.")
    excuse: telling.Excuse = strawberry.field(
        description="A reason that the law of the customer accepts; a wrong one is answered by those."
    )
    why: str = strawberry.field(description="In plain words, naming nobody.")


@strawberry.input(description="The customer's own words about a correction that was refused.")
class DisputeRightsRequestInput:
    """They go with the values from now on."""

    request: strawberry.ID = strawberry.field(description="The request's id.")
    text: str = strawberry.field(description="The words. Sealed.")


@strawberry.input(description="A complaint about how a request was handled.")
class AppealRightsRequestInput:
    """About one that was refused, answered in part, or is late."""

    request: strawberry.ID = strawberry.field(description="The request it is about.")
    text: str = strawberry.field(description="What went wrong, and what the customer wants. Sealed.")
    channel: requests.Channel = strawberry.field(description="How it reached you.")
    identified_by: Identified | None = strawberry.field(
        default=None, description="How you made sure that it is the same person; null: not yet."
    )


_Excuse = Annotated[ExcuseRightsStepInput, strawberry.argument(description="Which, and why.")]
_Dispute = Annotated[DisputeRightsRequestInput, strawberry.argument(description="Which, and the words.")]
_Appeal = Annotated[AppealRightsRequestInput, strawberry.argument(description="About which, and why.")]
_Request = Annotated[strawberry.ID, strawberry.argument(description="The request's id.")]
_Language = Annotated[
    str | None, strawberry.argument(description="Of the page: `en`, `fr` or `ar`; by default the customer's.")
]


@strawberry.type
class ConsequenceQueries:
    """What proves an erasure."""

    @asks(Operation.REQUEST_READ, weight=Weight(points=20))
    async def erasure_certificate(
        self, ask: Ask, request: _Request, language: _Language = None
    ) -> ErasureCertificate | None:
        """The certificate of a deletion that has ended by erasing; null for any other request."""
        made = await certificates.find(ask, uuid_of(request, "RightsRequest", "request"))
        return ErasureCertificate.of(made, language or made.request.locale) if made else None


@strawberry.type
class ConsequenceMutations:
    """What is done about the end of a request."""

    @acts(Operation.REQUEST_CONDUCT)
    async def excuse_rights_step(self, act: Act, input: _Excuse) -> RightsRequestPayload:
        """Leave a past recipient untold, for a reason that the law accepts."""
        with within(input, "input"):
            step_id = uuid_of(input.step, "RightsStep", "step")
            return payload_of(await fulfilling.excuse(act, step_id, input.excuse, input.why))

    @acts(Operation.REQUEST_OPEN)
    async def dispute_rights_request(self, act: Act, input: _Dispute) -> RightsRequestPayload:
        """Keep the customer's own words with what was not corrected; once for each request."""
        with within(input, "input"):
            request_id = uuid_of(input.request, "RightsRequest", "request")
            return payload_of(await disputing.dispute(act, request_id, input.text))

    @acts(Operation.REQUEST_OPEN)
    async def appeal_rights_request(self, act: Act, input: _Appeal) -> RightsRequestPayload:
        """Open a complaint about a request; somebody else than who decided that decides it."""
        with within(input, "input", moved={"asked": (), "identified": ("identified_by",)}):
            request_id = uuid_of(input.request, "RightsRequest", "request")
            new = appealing.NewAppeal(input.text, input.channel, input.identified_by)
            return payload_of(await appealing.appeal(act, request_id, new))
