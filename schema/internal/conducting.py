"""Conducting rights requests to their end: one mutation for each verb."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import strawberry

from hub.act import Act
from hub.actors import Operation
from hub.rights import attachments, conduct, lifting, proving, recognising, requests, sealed
from hub.rights.intake import Identified
from schema.door import acts
from schema.internal.opening import RightsRequestPayload, payload_of
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.problems import Payload
from schema.relay import global_id, uuid_of
from schema.weights import Weight

NODES: Final = {recognising.Kind.LOOK: "LedgerEntry", recognising.Kind.RECEIVED: "Disclosure"}
"""As what an entry can be fetched."""


@strawberry.input(description="A rights request.")
class _One:
    """What every act on one has in common."""

    request: strawberry.ID = strawberry.field(description="The request's id.")

    @property
    def uuid(self) -> UUID:
        """As the hub knows it."""
        return uuid_of(self.request, "RightsRequest", "request")


@strawberry.input(description="It is known who asks.")
class ConfirmRightsRequestInput(_One):
    """Who, and how that was made sure."""

    customer: CustomerRef = strawberry.field(description="Whose request it is.")
    identified_by: Identified = strawberry.field(description="How you made sure.")
    evidence: str = strawberry.field(default="", description="Where the proof of that is kept. Sealed.")


@strawberry.input(description="A request waits for something.")
class PauseRightsRequestInput(_One):
    """For what."""

    waiting_for: conduct.Waiting = strawberry.field(description="For what.")
    message: str = strawberry.field(description="What the customer is told of it.")


@strawberry.input(description="A request is held.")
class HoldRightsRequestInput(_One):
    """Why."""

    reason: str = strawberry.field(description="A code such as LEGAL_CLAIM.")


@strawberry.input(description="A request: which.")
class RightsRequestInput(_One):
    """Which."""


@strawberry.input(description="The longer time that the law gives is taken.")
class ExtendRightsRequestInput(_One):
    """Why."""

    reason: str = strawberry.field(description="A reason that the law accepts, coded, such as COMPLEXITY.")
    message: str = strawberry.field(description="What the customer is told of it.")


@strawberry.input(description="A request is refused, or the rest of it.")
class RefuseRightsRequestInput(_One):
    """On which ground."""

    ground: str = strawberry.field(
        description="A ground of the law, coded; a wrong one is answered by the right ones."
    )
    message: str = strawberry.field(description="What the customer is told of it.")
    is_part: bool = strawberry.field(default=False, description="Whether the other part is answered.")


@strawberry.input(description="A request is answered.")
class AnswerRightsRequestInput(_One):
    """How."""

    message: str = strawberry.field(description="What the customer is told.")


@strawberry.input(description="A restriction that was granted is to be lifted.")
class LiftRestrictionInput(_One):
    """Why."""

    message: str = strawberry.field(
        description="Why, for the customer; from when on is said in their language above it."
    )


@strawberry.input(description="A message to the customer, or a note for the staff alone.")
class NoteRightsRequestInput(_One):
    """What is said."""

    text: str = strawberry.field(description="The words. Sealed.")


@strawberry.input(description="What is sealed with a request is opened.")
class RevealRightsRequestInput(_One):
    """Why."""

    reason: str = strawberry.field(description="A code such as HANDLING; the customer can see it.")


@strawberry.type(description="A message or a note of a request.")
class RightsRequestMessage:
    """In the order of the events."""

    kind: str = strawberry.field(description="The event it came with.")
    is_private: bool = strawberry.field(description="Whether it is for the staff alone.")
    text: str = strawberry.field(description="The words.")


@strawberry.type(description="What a file is called.")
class AttachmentName:
    """Of one attachment."""

    id: strawberry.ID = strawberry.field(description="The attachment's id.")
    name: str = strawberry.field(description="As its sender called it, made safe to show.")


@strawberry.type(description="What a customer does not recognise of what they read about themselves.")
class UnrecognisedEntry:
    """Named by them in a complaint."""

    kind: recognising.Kind = strawberry.field(description="What it tells of.")
    node_id: strawberry.ID | None = strawberry.field(
        description="The ledger entry of a look, or the disclosure; null for a correction passed on."
    )
    who: str = strawberry.field(description="The recipient, or who looked; empty for nobody by name.")
    at: datetime = strawberry.field(description="When that was.")

    @classmethod
    def of(cls, found: recognising.Entry) -> Self:
        """As the API shows it."""
        named = found.named
        kind = NODES.get(named.kind)
        node_id = global_id(kind, named.id) if kind else None
        return cls(kind=named.kind, node_id=node_id, who=found.who, at=found.at)


@strawberry.type(description="What was sealed with a request.")
class RevealRightsRequestPayload(Payload):
    """In clear."""

    text: str | None = strawberry.field(default=None, description="What was asked, in the customer's words.")
    changes: list[str] = strawberry.field(
        default_factory=list[str], description="Of a rectification: `field: value`."
    )
    contact: str | None = strawberry.field(default=None, description="Where the answer goes, if named.")
    represented_name: str | None = strawberry.field(
        default=None, description="For whom it was made at the portal, as whoever made it says."
    )
    represented_email: str | None = strawberry.field(default=None, description="And their address.")
    entry: UnrecognisedEntry | None = strawberry.field(
        default=None, description="Of a complaint: what they do not recognise; null: they named nothing."
    )
    messages: list[RightsRequestMessage] = strawberry.field(
        default_factory=list[RightsRequestMessage],
        description="What was said.",
        metadata={"weight": Weight(items=10)},
    )
    files: list[AttachmentName] = strawberry.field(
        default_factory=list[AttachmentName],
        description="What its files are called.",
        metadata={"weight": Weight(items=5)},
    )


_Confirm = Annotated[ConfirmRightsRequestInput, strawberry.argument(description="Which, and who.")]
_Pause = Annotated[PauseRightsRequestInput, strawberry.argument(description="Which, and for what.")]
_Hold = Annotated[HoldRightsRequestInput, strawberry.argument(description="Which, and why.")]
_Which = Annotated[RightsRequestInput, strawberry.argument(description="Which.")]
_Extend = Annotated[ExtendRightsRequestInput, strawberry.argument(description="Which, and why.")]
_Refuse = Annotated[RefuseRightsRequestInput, strawberry.argument(description="Which, and on which ground.")]
_Answer = Annotated[AnswerRightsRequestInput, strawberry.argument(description="Which, and how.")]
_Lift = Annotated[LiftRestrictionInput, strawberry.argument(description="Which, and why.")]
_Note = Annotated[NoteRightsRequestInput, strawberry.argument(description="Which, and what.")]
_Reveal = Annotated[RevealRightsRequestInput, strawberry.argument(description="Which, and why.")]


@strawberry.type
class ConductMutations:
    """From intake to answer."""

    @acts(Operation.REQUEST_CONDUCT)
    async def confirm_rights_request(self, act: Act, input: _Confirm) -> RightsRequestPayload:
        """Say who asks; the request is open from then on, and changes at once what it changes at once."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input", moved={"identified": ("identified_by",)}):
            given = (input.identified_by, input.evidence)
            return payload_of(await proving.confirm(act, input.uuid, customer_id, *given))

    @acts(Operation.REQUEST_CONDUCT)
    async def pause_rights_request(self, act: Act, input: _Pause) -> RightsRequestPayload:
        """Wait for something; the clock waits too where the law says so."""
        with within(input, "input"):
            return payload_of(await conduct.pause(act, input.uuid, input.waiting_for, input.message))

    @acts(Operation.REQUEST_CONDUCT)
    async def hold_rights_request(self, act: Act, input: _Hold) -> RightsRequestPayload:
        """Hold what it would erase; the clock goes on."""
        with within(input, "input"):
            return payload_of(await conduct.hold(act, input.uuid, input.reason))

    @acts(Operation.REQUEST_CONDUCT)
    async def resume_rights_request(self, act: Act, input: _Which) -> RightsRequestPayload:
        """Go on where a paused or held request was."""
        with within(input, "input"):
            return payload_of(await conduct.resume(act, input.uuid))

    @acts(Operation.REQUEST_CONDUCT)
    async def extend_rights_request(self, act: Act, input: _Extend) -> RightsRequestPayload:
        """Take the longer time that the law gives, and tell the customer why."""
        with within(input, "input"):
            return payload_of(await conduct.extend(act, input.uuid, input.reason, input.message))

    @acts(Operation.REQUEST_CONDUCT)
    async def refuse_rights_request(self, act: Act, input: _Refuse) -> RightsRequestPayload:
        """Refuse it, or the rest of it, on a ground of the law; what had stopped for it goes on."""
        with within(input, "input"):
            given = (input.ground, input.message)
            return payload_of(await conduct.refuse(act, input.uuid, *given, is_part=input.is_part))

    @acts(Operation.REQUEST_CONDUCT)
    async def answer_rights_request(self, act: Act, input: _Answer) -> RightsRequestPayload:
        """Answer it; an objection is upheld by that, and its use stays stopped."""
        with within(input, "input"):
            return payload_of(await conduct.answer(act, input.uuid, input.message))

    @acts(Operation.REQUEST_OPEN)
    async def withdraw_rights_request(self, act: Act, input: _Which) -> RightsRequestPayload:
        """The customer takes it back; what had stopped for it goes on."""
        with within(input, "input"):
            return payload_of(await conduct.withdraw(act, input.uuid))

    @acts(Operation.REQUEST_CONDUCT)
    async def lift_restriction(self, act: Act, input: _Lift) -> RightsRequestPayload:
        """Tell the customer that a granted restriction ends; seven days later everybody who carried it out is told."""
        with within(input, "input"):
            return payload_of(await lifting.announce(act, input.uuid, input.message))

    @acts(Operation.REQUEST_CONDUCT)
    async def keep_restriction(self, act: Act, input: _Which) -> RightsRequestPayload:
        """Keep a restriction that was about to be lifted, and tell the customer."""
        with within(input, "input"):
            return payload_of(await lifting.keep(act, input.uuid))

    @acts(Operation.REQUEST_CONDUCT)
    async def write_to_rights_requester(self, act: Act, input: _Note) -> RightsRequestPayload:
        """Write to the customer: they read it."""
        with within(input, "input", moved={"message": ("text",)}):
            return payload_of(await conduct.say(act, input.uuid, input.text, is_private=False))

    @acts(Operation.REQUEST_CONDUCT)
    async def note_rights_request(self, act: Act, input: _Note) -> RightsRequestPayload:
        """Note something for the staff: the customer does not see it."""
        with within(input, "input", moved={"message": ("text",)}):
            return payload_of(await conduct.say(act, input.uuid, input.text, is_private=True))

    @acts(Operation.REQUEST_CONDUCT, weight=Weight(points=50))
    async def reveal_rights_request(self, act: Act, input: _Reveal) -> RevealRightsRequestPayload:
        """Open what was asked and said. Who, when and why is recorded before anything is shown."""
        with within(input, "input"):
            request = await conduct.note_view(act, input.uuid, input.reason)
        content, contact = await sealed.contents(act, request.id)
        events = (await requests.events_of(act, [request.id]))[request.id]
        said = await sealed.messages(act, request.id, [each.id for each in events if each.has_message])
        names = await attachments.names_of(act, request.id)
        entry = await recognising.of_request(act, request.customer_id, request.organisation_id, content)
        return RevealRightsRequestPayload(
            text=content["text"],
            changes=[f"{name}: {value}" for name, value in content["changes"].items()],
            contact=contact,
            represented_name=content.get("represented", {}).get("name"),
            represented_email=content.get("represented", {}).get("email"),
            entry=UnrecognisedEntry.of(entry) if entry else None,
            messages=[
                RightsRequestMessage(kind=each.kind, is_private=each.is_private, text=said[each.id])
                for each in events
                if each.id in said
            ],
            files=[
                AttachmentName(id=global_id("Attachment", each), name=name) for each, name in names.items()
            ],
        )
