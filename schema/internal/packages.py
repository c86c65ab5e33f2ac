"""Copies of what is held about a customer: looked at, shortened with reasons, built again. Answering releases them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import orjson
import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.packaging import previewing
from hub.rights import gathered, packages, parts, redactions
from schema.call import Call
from schema.door import acts, asks
from schema.internal.opening import RightsRequestPayload, payload_of
from schema.internal.places import within
from schema.internal.telling import told
from schema.problems import Payload
from schema.relay import global_id, uuid_of
from schema.weights import Weight

told(
    packages.Access,
    "RightsPackageState",
    "How a copy stands.",
    BUILDING="It is put together, or put together again.",
    BUILT="It is whole, and can be looked at and shortened.",
    RELEASED="The customer can have it, until the day that they were told.",
    EXPIRED="It is deleted, with all its parts.",
    REPLACED="A later one has taken its place.",
)
told(
    redactions.Reason,
    "RightsPackageReason",
    "Why something is not in a copy; the customer reads the same in their language.",
    OTHER_PERSON="It is about another person.",
    LEGAL_PRIVILEGE="It is advice of a lawyer, or was made for a court case.",
    TRADE_SECRET="It would tell a secret of a business.",  # noqa: S106 - a reason
    CRIME_OR_TAX="It would hinder the prevention of crime or the collection of tax.",
    SECURITY="It would put somebody's safety, or our systems, at risk.",
    CONFIDENTIAL_REFERENCE="It is a reference given in confidence.",
    NEGOTIATIONS="It would weaken us in negotiations with the customer that are going on.",
    FORBIDDEN_BY_LAW="A law or a court forbids to show it.",
    NOT_ABOUT_THE_PERSON="It is not about the customer.",
)


@strawberry.type(description="A field of a collection.")
class RightsPackageField:
    """Without a value."""

    name: str = strawberry.field(description="Its name, as the system has it.")
    categories: list[str] = strawberry.field(description="Its categories, of the fideslang taxonomy.")


@strawberry.type(description="Rows of one kind that a system gave.")
class RightsPackageCollection:
    """Without a value."""

    name: str = strawberry.field(description="Its name, such as `shop.orders`.")
    rows: int = strawberry.field(description="How many rows.")
    fields: list[RightsPackageField] = strawberry.field(
        description="Its fields.", metadata={"weight": Weight(items=10)}
    )
    withheld: list[str] = strawberry.field(
        description="Fields that the law never lets out; they are not even stored."
    )

    @classmethod
    def of(cls, shape: parts.Shape) -> Self:
        """As the API shows it."""
        fields = [
            RightsPackageField(name=name, categories=list(those)) for name, those in shape.fields.items()
        ]
        return cls(name=shape.collection, rows=shape.rows, fields=fields, withheld=list(shape.withheld))


@strawberry.type(description="What one system gave for a copy, or a file that was added by hand.")
class RightsPackagePart:
    """Sealed where it lies."""

    id: strawberry.ID = strawberry.field(description="To name it in a mutation.")
    system: str = strawberry.field(description="Whose it is; empty for a file of no step.")
    media_type: str = strawberry.field(description="What it is.")
    size_bytes: float = strawberry.field(description="How large it is, in bytes.")
    collections: list[RightsPackageCollection] = strawberry.field(
        description="Of rows: what is in it.", metadata={"weight": Weight(items=10)}
    )

    @classmethod
    def of(cls, row: gathered.Part) -> Self:
        """As the API shows it."""
        return cls(
            id=global_id("RightsPackagePart", row.id),
            system=row.system,
            media_type=row.media_type,
            size_bytes=float(row.size_bytes),
            collections=[RightsPackageCollection.of(each) for each in row.shapes],
        )


@strawberry.type(description="Something that was taken out of a copy; the customer is told that, and why.")
class RightsPackageRedaction:
    """A file, a collection, a field of it, a range of its rows, or a field within that."""

    id: strawberry.ID = strawberry.field(description="To name it in a mutation.")
    part: strawberry.ID = strawberry.field(description="The part.")
    collection: str | None = strawberry.field(description="The collection; null for all of the part.")
    field: str | None = strawberry.field(description="The field; null for all.")
    first_row: int | None = strawberry.field(description="The first row, from 1; null for all.")
    last_row: int | None = strawberry.field(description="The last row.")
    reason: redactions.Reason = strawberry.field(description="Why.")

    @classmethod
    def of(cls, row: redactions.Redaction) -> Self:
        """As the API shows it."""
        return cls(
            id=global_id("RightsPackageRedaction", row.id),
            part=global_id("RightsPackagePart", row.part_id),
            collection=row.collection,
            field=row.field,
            first_row=row.first_row,
            last_row=row.last_row,
            reason=row.reason,
        )


@strawberry.type(description="A copy of what is held about a customer, as it stands.")
class RightsPackage:
    """Without a value."""

    state: packages.Access | None = strawberry.field(
        description="How it stands; null until everybody has looked."
    )
    number: int | None = strawberry.field(description="How often it was built.")
    files: int | None = strawberry.field(description="How many files are in it.")
    size_bytes: float | None = strawberry.field(description="How large it is, in bytes.")
    manifest: str | None = strawberry.field(
        description="SHA-256 of the list of its files, by which it is whole."
    )
    built_at: datetime | None = strawberry.field(description="When it was built.")
    released_at: datetime | None = strawberry.field(description="When the customer was let have it.")
    until: datetime | None = strawberry.field(description="When it is deleted.")
    parts: list[RightsPackagePart] = strawberry.field(
        description="What it is built of.", metadata={"weight": Weight(items=10)}
    )
    redactions: list[RightsPackageRedaction] = strawberry.field(
        description="What was taken out of it.", metadata={"weight": Weight(items=10)}
    )

    @classmethod
    def of(cls, row: previewing.Preview) -> Self:
        """As the API shows it."""
        built = row.package
        size = built.size_bytes if built else None
        return cls(
            state=built.state if built else None,
            number=built.number if built else None,
            files=built.files if built else None,
            size_bytes=None if size is None else float(size),
            manifest=built.manifest.hex() if built and built.manifest else None,
            built_at=built.built_at if built else None,
            released_at=built.released_at if built else None,
            until=built.until_at if built else None,
            parts=[RightsPackagePart.of(each) for each in row.parts],
            redactions=[RightsPackageRedaction.of(each) for each in row.redactions],
        )


@strawberry.input(description="Something is taken out of a copy.")
class RedactRightsPackageInput:
    """What, and why."""

    request: strawberry.ID = strawberry.field(description="The request's id.")
    part: strawberry.ID = strawberry.field(description="The part's id.")
    collection: str | None = strawberry.field(
        default=None, description="The collection; by default all of the part."
    )
    field: str | None = strawberry.field(default=None, description="A field of it; by default all.")
    first_row: int | None = strawberry.field(
        default=None, description="The first row, from 1; by default all."
    )
    last_row: int | None = strawberry.field(default=None, description="The last row.")
    reason: redactions.Reason = strawberry.field(description="Why; the customer is told.")


@strawberry.input(description="Something is put back into a copy.")
class RestoreRightsPackageInput:
    """Which."""

    redaction: strawberry.ID = strawberry.field(description="The redaction's id.")


@strawberry.input(description="A copy is built again.")
class RebuildRightsPackageInput:
    """Which."""

    request: strawberry.ID = strawberry.field(description="The request's id.")


@strawberry.input(description="Rows of a copy are looked at.")
class RevealRightsPackageInput:
    """Which, and why."""

    request: strawberry.ID = strawberry.field(description="The request's id.")
    part: strawberry.ID = strawberry.field(description="The part's id.")
    collection: str = strawberry.field(description="The collection.")
    first_row: int = strawberry.field(default=1, description="From which row on; fifty are shown.")
    reason: str = strawberry.field(description="A code such as HANDLING; the customer can see it.")


@strawberry.type(description="A row of a copy.")
class RightsPackageRow:
    """In clear."""

    number: int = strawberry.field(description="Which row it is, from 1.")
    values: str = strawberry.field(description="What it holds, as JSON.")


@strawberry.type(description="Rows of a copy, in clear.")
class RevealRightsPackagePayload(Payload):
    """Also those that were taken out."""

    rows: list[RightsPackageRow] = strawberry.field(
        default_factory=list[RightsPackageRow],
        description="The rows.",
        metadata={"weight": Weight(items=50)},
    )


_Redact = Annotated[RedactRightsPackageInput, strawberry.argument(description="What, and why.")]
_Restore = Annotated[RestoreRightsPackageInput, strawberry.argument(description="Which.")]
_Rebuild = Annotated[RebuildRightsPackageInput, strawberry.argument(description="Which.")]
_Reveal = Annotated[RevealRightsPackageInput, strawberry.argument(description="Which, and why.")]
_Request = Annotated[strawberry.ID, strawberry.argument(description="The request's id.")]


def _request(given: strawberry.ID, *path: str | int) -> UUID:
    return uuid_of(given, "RightsRequest", *path)


@strawberry.type
class PackageQueries:
    """What a copy is made of."""

    @asks(Operation.REQUEST_READ, weight=Weight(items=1))
    async def rights_package(self, ask: Ask, request: _Request) -> RightsPackage:
        """The copy of a request, as it stands: what each system gave, and what was taken out. No value is shown."""
        return RightsPackage.of(await previewing.preview(ask, _request(request, "request")))


@strawberry.type
class PackageMutations:
    """Looking at a copy, and what is taken out of it."""

    @acts(Operation.REQUEST_CONDUCT)
    async def redact_rights_package(self, act: Act, input: _Redact) -> RightsRequestPayload:
        """Take something out of a copy, with a reason that the customer is told; it is built again."""
        with within(input, "input", moved={"part_id": ("part",)}):
            new = redactions.NewRedaction(
                uuid_of(input.part, "RightsPackagePart", "part"), input.reason, input.collection, input.field,
                input.first_row, input.last_row,
            )  # fmt: skip
            return payload_of(await redactions.redact(act, _request(input.request, "request"), new))

    @acts(Operation.REQUEST_CONDUCT)
    async def restore_rights_package(self, act: Act, input: _Restore) -> RightsRequestPayload:
        """Put back what was taken out of a copy; it is built again."""
        with within(input, "input"):
            named = uuid_of(input.redaction, "RightsPackageRedaction", "redaction")
            return payload_of(await redactions.restore(act, named))

    @acts(Operation.REQUEST_CONDUCT)
    async def rebuild_rights_package(self, act: Act, input: _Rebuild) -> RightsRequestPayload:
        """Build a copy again, with what was added since; only before it is released."""
        with within(input, "input"):
            return payload_of(await packages.rebuild(act, _request(input.request, "request")))

    @acts(Operation.CUSTOMER_REVEAL, whole=True, weight=Weight(points=50))
    async def reveal_rights_package(self, call: Call, input: _Reveal) -> RevealRightsPackagePayload:
        """Look at fifty rows of a copy. Who, when and why is recorded before anything is shown, and each time it is."""

        async def look(act: Act) -> previewing.Looked:
            return await previewing.look(
                act, _request(input.request, "request"), uuid_of(input.part, "RightsPackagePart", "part"),
                input.collection, input.reason, input.first_row,
            )  # fmt: skip

        with within(input, "input"):
            looked = await call.hub.perform(call.actor, Operation.CUSTOMER_REVEAL, look, locale=call.locale)
        rows = [
            RightsPackageRow(number=each.number, values=orjson.dumps(each.values, default=str).decode())
            for each in await previewing.rows(call.hub, looked)
        ]
        return RevealRightsPackagePayload(rows=rows)
