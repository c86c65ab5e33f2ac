"""Arrangements: what is agreed with a recipient."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import arrangements, arranging, purposes, recipients
from hub.act import Act, Ask
from hub.actors import Operation
from hub.arranging import Weighed
from schema.call import Info
from schema.door import acts, asks, lists
from schema.internal.categories import Category, categories_by_id
from schema.internal.links import link, one, several
from schema.internal.paging import counted, page_of
from schema.internal.pictures import Picture
from schema.internal.places import within
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.recipients import Recipient, recipients_by_id
from schema.internal.references import Reference, reference, references, row_id
from schema.internal.telling import told
from schema.internal.texts import LocalText
from schema.internal.turns import turn
from schema.problems import Payload
from schema.relay import CountedConnection, Node, Window

told(
    arrangements.State, "ArrangementState", "How an arrangement stands.",
    DRAFT="Not in force yet: nothing rests on it.",
    IN_FORCE="Agreed; it counts on its days.",
    ENDED="Its last day is over.",
)  # fmt: skip


@strawberry.type(description="What is agreed with a recipient. It never widens what a notice says.")
class Arrangement(Node):
    """As it stands now."""

    row: strawberry.Private[arrangements.Arrangement]
    key: str = strawberry.field(description="Its key in the organisation, e.g. `mortgage-alliance`.")
    kind: arrangements.Kind = strawberry.field(description="What was agreed.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date | None = strawberry.field(description="Its last day; null: it is open.")
    destination: str = strawberry.field(
        description="The country the data goes to: two letters of ISO 3166-1."
    )
    safeguard: arrangements.Safeguard = strawberry.field(description="What protects the data there.")
    document_sha256: str | None = strawberry.field(
        description="The fingerprint of the signed document; `GET /arrangements/ID/document` hands out what is here."
    )
    created_at: datetime = strawberry.field(description="When it was entered.")
    in_force_at: datetime | None = strawberry.field(
        description="When it was put into force; null for a draft, or where nobody noted it."
    )
    keep_days: int | None = strawberry.field(
        description="For how many days the recipient may keep what it gets; null: until it must forget it."
    )
    gains: list[LocalText] = strawberry.field(
        description="What we get from it, in every language it is said in."
    )
    picture: Picture | None = strawberry.field(
        description="Whom it will reach, as counted before it came into force; null where nobody looked."
    )

    @classmethod
    def of(cls, row: arrangements.Arrangement) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            key=row.key,
            kind=arrangements.Kind(row.kind),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            destination=row.destination_country,
            safeguard=arrangements.Safeguard(row.safeguard),
            document_sha256=row.document_sha256,
            created_at=row.created_at,
            in_force_at=row.in_force_at,
            keep_days=row.keep_days,
            gains=LocalText.all_of(row.gain or {}),
            picture=Picture.of(row.picture) if row.picture else None,
        )

    @strawberry.field(description="How it stands today.")
    def state(self) -> arrangements.State:
        """It has ended when its last day is over."""
        return arrangements.state_of(self.row, datetime.now(UTC).date())

    @link(Operation.CATALOGUE_READ, "With whom; null if you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, self.row.recipient_id)

    @link(Operation.CATALOGUE_READ, "For which purposes; null if you may not read the catalogue.")
    async def purposes(self, info: Info) -> list[Purpose] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, purposes_by_id, self.row.purposes)

    @link(Operation.CATALOGUE_READ, "Of which data; null if you may not read the catalogue.")
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, categories_by_id, self.row.categories)


async def arrangements_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Arrangement]:
    """Many at once."""
    return {key: Arrangement.of(row) for key, row in (await arrangements.by_ids(ask, ids)).items()}


@strawberry.input(description="Which arrangements.")
class ArrangementFilter:
    """All that is given must hold."""

    recipient: Reference | None = strawberry.field(
        default=None, description="With this recipient: key or id."
    )
    purpose: Reference | None = strawberry.field(default=None, description="For this purpose: key or id.")
    kind: arrangements.Kind | None = strawberry.field(default=None, description="Of this kind.")
    active_on: date | None = strawberry.field(default=None, description="In force on this day.")
    is_draft: bool | None = strawberry.field(
        default=None, description="Drafts only, or all but drafts; by default both."
    )

    async def such(self, ask: Ask) -> arrangements.Such:
        """As the hub takes it."""
        return arrangements.Such(
            recipient=await row_id(recipients.read, ask, self.recipient, "Recipient", "recipient"),
            purpose=await row_id(purposes.read, ask, self.purpose, "Purpose", "purpose"),
            kind=self.kind,
            active_on=self.active_on,
            is_draft=self.is_draft,
        )


@strawberry.input(description="An arrangement to enter.")
class ArrangementAgreeInput:
    """What is agreed."""

    key: str = strawberry.field(description="Its key, e.g. `mortgage-alliance`.")
    kind: arrangements.Kind = strawberry.field(description="What is agreed.")
    recipient: Reference = strawberry.field(description="With whom: key or id.")
    purposes: list[Reference] = strawberry.field(description="For which purposes: keys or ids.")
    categories: list[Reference] = strawberry.field(description="Of which data: keys or ids.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date | None = strawberry.field(default=None, description="Its last day; null: it is open.")
    destination: str = strawberry.field(
        description="The country the data goes to: two letters of ISO 3166-1, such as `AU`."
    )
    safeguard: arrangements.Safeguard = strawberry.field(
        default=arrangements.Safeguard.NONE, description="What protects the data abroad."
    )
    document_sha256: str | None = strawberry.field(
        default=None,
        description="The SHA-256 of the signed document, in hexadecimal. Of a draft, the document itself is taken by "
        "`POST /arrangements/ID/document`, which finds this out.",
    )

    def new(self) -> arrangements.NewArrangement:
        """As the hub takes it."""
        return arrangements.NewArrangement(
            key=self.key,
            kind=self.kind,
            recipient=reference(self.recipient, "Recipient", "recipient"),
            purposes=references(self.purposes, "Purpose", "purposes"),
            categories=references(self.categories, "Category", "categories"),
            starts_on=self.starts_on,
            destination=self.destination,
            ends_on=self.ends_on,
            safeguard=self.safeguard,
            document_sha256=self.document_sha256,
        )


@strawberry.input(description="An arrangement to end.")
class ArrangementEndInput:
    """Its last day."""

    arrangement: Reference = strawberry.field(description="Which: key or id.")
    on: date = strawberry.field(description="Its last day.")


@strawberry.type(description="The arrangement, as it stands after the act.")
class ArrangementPayload(Payload):
    """Of a mutation on one arrangement."""

    arrangement: Arrangement | None = strawberry.field(default=None, description="The arrangement.")


_Filter = Annotated[ArrangementFilter | None, strawberry.argument(description="Which; by default all.")]
_Ref = Annotated[Reference, strawberry.argument(description="Its key or id.")]
_Agree = Annotated[ArrangementAgreeInput, strawberry.argument(description="The arrangement.")]
_End = Annotated[ArrangementEndInput, strawberry.argument(description="Which, and when.")]


async def _foreseen(ask: Ask, input: ArrangementAgreeInput) -> Weighed:
    with within(input, "input"), turn(ask):
        return await arranging.foresee(ask, input.new())


@strawberry.type
class ArrangementQueries:
    """Reading arrangements."""

    @asks(Operation.CATALOGUE_READ)
    async def arrangement(self, ask: Ask, ref: _Ref) -> Arrangement:
        """One arrangement."""
        return Arrangement.of(await arrangements.read(ask, reference(ref, "Arrangement", "ref"), "ref"))

    @lists(Operation.CATALOGUE_READ, UUID)
    async def arrangements(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> CountedConnection[Arrangement]:
        """What is agreed with recipients, oldest first."""
        with within(filter, "filter"):
            such = await (filter or ArrangementFilter()).such(ask)
            rows = await arrangements.page(ask, page_of(window), such)

        async def count(again: Ask) -> int:
            return await arrangements.count(again, such)

        return counted(window, rows, Arrangement.of, count)


@strawberry.type
class ArrangementMutations:
    """Changing arrangements."""

    @acts(Operation.CATALOGUE_WRITE, looks=_foreseen)
    async def arrangement_agree(self, act: Act, input: _Agree, looked: Weighed) -> ArrangementPayload:
        """Enter what is in force with a recipient already; sale, rental and pooling with document and formalities."""
        with within(input, "input"):
            row = await arranging.agree(act, input.new(), looked)
        return ArrangementPayload(arrangement=Arrangement.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def arrangement_end(self, act: Act, input: _End) -> ArrangementPayload:
        """Let an arrangement end on a day, its last."""
        with within(input, "input"):
            named = reference(input.arrangement, "Arrangement", "arrangement")
            row = await arrangements.end(act, named, input.on)
        return ArrangementPayload(arrangement=Arrangement.of(row))
