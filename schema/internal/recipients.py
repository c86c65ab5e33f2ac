"""Recipients: who outside may receive, and the classes they belong to."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import recipients
from hub.act import Act, Ask
from hub.actors import Operation
from schema.call import Info
from schema.door import acts, asks, lists
from schema.internal.findings import Finding
from schema.internal.links import children, link, one
from schema.internal.paging import counted, page_of
from schema.internal.places import within
from schema.internal.references import Reference, reference, row_id
from schema.internal.texts import LocalText, LocalTextInput, by_locale, in_locale
from schema.problems import Payload
from schema.relay import CountedConnection, Node, Window
from schema.weights import Weight

FEW = {"weight": Weight(items=3)}


@strawberry.type(description='A class of recipients, such as "mortgage brokers", that a notice may describe.')
class RecipientClass(Node):
    """As it stands now."""

    row: strawberry.Private[recipients.RecipientClass]
    key: str = strawberry.field(description="Its key in the organisation, e.g. `mortgage-brokers`.")
    created_at: datetime = strawberry.field(description="When it was added.")

    @classmethod
    def of(cls, row: recipients.RecipientClass) -> Self:
        """As the API shows it."""
        return cls(uuid=row.id, row=row, key=row.key, created_at=row.created_at)

    @strawberry.field(description="Its name in your language.")
    def name(self, info: Info) -> str:
        """Chosen by the language of the request."""
        return in_locale(self.row.names, info)

    @strawberry.field(description="Its name in every language.", metadata=FEW)
    def names(self) -> list[LocalText]:
        """By language."""
        return LocalText.all_of(self.row.names)

    @strawberry.field(description="Advice against a name that covers anybody.", metadata=FEW)
    def warnings(self) -> list[Finding]:
        """As the linter says it."""
        return [Finding.of(each) for each in recipients.warnings(self.row)]


async def classes_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, RecipientClass]:
    """Many at once."""
    return {key: RecipientClass.of(row) for key, row in (await recipients.classes_by_ids(ask, ids)).items()}


@strawberry.type(description="That a recipient belongs to a class, from a day to a day.")
class RecipientMembership:
    """Both days count."""

    class_uuid: strawberry.Private[UUID]
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date | None = strawberry.field(description="Its last day; null: it goes on.")

    @classmethod
    def of(cls, row: recipients.RecipientMembership) -> Self:
        """As the API shows it."""
        return cls(class_uuid=row.recipient_class_id, starts_on=row.starts_on, ends_on=row.ends_on)

    @link(Operation.CATALOGUE_READ, "The class; null if you may not read the catalogue.")
    async def recipient_class(self, info: Info) -> RecipientClass | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, classes_by_id, self.class_uuid)


@strawberry.type(description="An organisation outside that may receive.")
class Recipient(Node):
    """As it stands now."""

    key: str = strawberry.field(description="Its key in the organisation, e.g. `bluegum`.")
    name: str = strawberry.field(description="Its name.")
    country: str = strawberry.field(description="Where it is: two letters of ISO 3166-1.")
    contact: str = strawberry.field(description="How to reach it; may be empty.")
    created_at: datetime = strawberry.field(description="When it was added.")

    @classmethod
    def of(cls, row: recipients.Recipient) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            key=row.key,
            name=row.name,
            country=row.country,
            contact=row.contact,
            created_at=row.created_at,
        )

    @link(
        Operation.CATALOGUE_READ,
        "The classes it belongs or belonged to, by their first day; null if you may not read the catalogue.",
        Weight(items=3),
    )
    async def memberships(self, info: Info) -> list[RecipientMembership] | None:
        """Loaded with the others'."""
        found = await children(info, Operation.CATALOGUE_READ, recipients.memberships_of, self.uuid)
        return None if found is None else [RecipientMembership.of(each) for each in found]


async def recipients_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Recipient]:
    """Many at once."""
    return {key: Recipient.of(row) for key, row in (await recipients.by_ids(ask, ids)).items()}


@strawberry.input(description="Which recipients.")
class RecipientFilter:
    """All that is given must hold."""

    recipient_class: Reference | None = strawberry.field(
        default=None, description="In this class: key or id."
    )
    on: date | None = strawberry.field(
        default=None, description="In the class on this day; by default today."
    )
    search: str | None = strawberry.field(default=None, description="Part of the name or the key.")

    async def such(self, ask: Ask) -> recipients.Such:
        """As the hub takes it."""
        place = "recipient_class"
        joined = await row_id(recipients.read_class, ask, self.recipient_class, "RecipientClass", place)
        return recipients.Such(recipient_class=joined, on=self.on, search=self.search)


@strawberry.input(description="A recipient to add.")
class RecipientAddInput:
    """Somebody outside."""

    key: str = strawberry.field(description="Its key, e.g. `bluegum`.")
    name: str = strawberry.field(description="Its name.")
    country: str = strawberry.field(description="Where it is: two letters of ISO 3166-1, such as `AU`.")
    contact: str = strawberry.field(default="", description="How to reach it.")


@strawberry.input(description="A class of recipients to add.")
class RecipientClassAddInput:
    """A description that a notice may use."""

    key: str = strawberry.field(description="Its key, e.g. `mortgage-brokers`.")
    names: list[LocalTextInput] = strawberry.field(description="Its name, in one language at least.")


@strawberry.input(description="A recipient joins a class.")
class RecipientClassJoinInput:
    """From a day to a day."""

    recipient: Reference = strawberry.field(description="Who: key or id.")
    recipient_class: Reference = strawberry.field(description="The class: key or id.")
    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date | None = strawberry.field(default=None, description="The last day; null: it goes on.")


@strawberry.input(description="A recipient leaves a class.")
class RecipientClassLeaveInput:
    """The last day."""

    recipient: Reference = strawberry.field(description="Who: key or id.")
    recipient_class: Reference = strawberry.field(description="The class: key or id.")
    on: date = strawberry.field(description="The last day on which it belongs.")


@strawberry.type(description="The recipient, as it stands after the act.")
class RecipientPayload(Payload):
    """Of a mutation on one recipient."""

    recipient: Recipient | None = strawberry.field(default=None, description="The recipient.")


@strawberry.type(description="The class, as it stands after the act.")
class RecipientClassPayload(Payload):
    """Of `recipientClassAdd`."""

    recipient_class: RecipientClass | None = strawberry.field(default=None, description="The class.")


_Filter = Annotated[RecipientFilter | None, strawberry.argument(description="Which; by default all.")]
_Ref = Annotated[Reference, strawberry.argument(description="Its key or id.")]
_Add = Annotated[RecipientAddInput, strawberry.argument(description="The recipient.")]
_AddClass = Annotated[RecipientClassAddInput, strawberry.argument(description="The class.")]
_Join = Annotated[RecipientClassJoinInput, strawberry.argument(description="Who joins what.")]
_Leave = Annotated[RecipientClassLeaveInput, strawberry.argument(description="Who leaves what.")]


@strawberry.type
class RecipientQueries:
    """Reading recipients."""

    @asks(Operation.CATALOGUE_READ)
    async def recipient(self, ask: Ask, ref: _Ref) -> Recipient:
        """One recipient."""
        return Recipient.of(await recipients.read(ask, reference(ref, "Recipient", "ref"), "ref"))

    @lists(Operation.CATALOGUE_READ, UUID)
    async def recipients(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> CountedConnection[Recipient]:
        """Who outside may receive, oldest first."""
        with within(filter, "filter"):
            such = await (filter or RecipientFilter()).such(ask)
            rows = await recipients.page(ask, page_of(window), such)

        async def count(again: Ask) -> int:
            return await recipients.count(again, such)

        return counted(window, rows, Recipient.of, count)

    @asks(Operation.CATALOGUE_READ)
    async def recipient_class(self, ask: Ask, ref: _Ref) -> RecipientClass:
        """One class of recipients."""
        return RecipientClass.of(
            await recipients.read_class(ask, reference(ref, "RecipientClass", "ref"), "ref")
        )

    @lists(Operation.CATALOGUE_READ, UUID)
    async def recipient_classes(self, ask: Ask, window: Window) -> CountedConnection[RecipientClass]:
        """Classes of recipients, oldest first."""
        rows = await recipients.page_classes(ask, page_of(window))

        async def count(again: Ask) -> int:
            return await recipients.count_classes(again)

        return counted(window, rows, RecipientClass.of, count)


@strawberry.type
class RecipientMutations:
    """Changing recipients."""

    @acts(Operation.CATALOGUE_WRITE)
    async def recipient_add(self, act: Act, input: _Add) -> RecipientPayload:
        """Add a recipient."""
        new = recipients.NewRecipient(input.key, input.name, input.country, input.contact)
        with within(input, "input"):
            row = await recipients.add(act, new)
        return RecipientPayload(recipient=Recipient.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def recipient_class_add(self, act: Act, input: _AddClass) -> RecipientClassPayload:
        """Add a class of recipients. A vague name is kept, with a warning."""
        with within(input, "input"):
            new = recipients.NewClass(input.key, by_locale(input.names, "names"))
            row = await recipients.add_class(act, new)
        return RecipientClassPayload(recipient_class=RecipientClass.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def recipient_class_join(self, act: Act, input: _Join) -> RecipientPayload:
        """Let a recipient belong to a class from a day on."""
        with within(input, "input"):
            recipient, joined = _both(input)
            made = await recipients.join_class(act, recipient, joined, input.starts_on, input.ends_on)
            row = await recipients.read(act, made.recipient_id, "recipient")
        return RecipientPayload(recipient=Recipient.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def recipient_class_leave(self, act: Act, input: _Leave) -> RecipientPayload:
        """Let a recipient's membership of a class end on a day, its last."""
        with within(input, "input"):
            recipient, left = _both(input)
            ended = await recipients.leave_class(act, recipient, left, input.on)
            row = await recipients.read(act, ended.recipient_id, "recipient")
        return RecipientPayload(recipient=Recipient.of(row))


def _both(given: RecipientClassJoinInput | RecipientClassLeaveInput) -> tuple[UUID | str, UUID | str]:
    return (
        reference(given.recipient, "Recipient", "recipient"),
        reference(given.recipient_class, "RecipientClass", "recipient_class"),
    )
