"""The processing register: what is done with data, what was filed about it, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

from hub import filings, formalities, register
from hub.act import Ask
from hub.actors import Operation
from hub.arrangements import Safeguard
from hub.policy.values import Formality, Jurisdiction
from schema.call import Info
from schema.internal.categories import Category, categories_by_id
from schema.internal.links import link, one, several
from schema.internal.notices import NoticeVersion, versions_by_id
from schema.internal.organisation import Department, departments_by_id
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.recipients import Recipient, RecipientClass, classes_by_id, recipients_by_id
from schema.relay import Node
from schema.weights import Weight

READ = Operation.REGISTER_READ
AS_STATED = (
    "key", "name", "joint_controllers", "officer", "officer_registration", "people", "retention",
    "interconnections", "security", "rights_contact", "basis_note", "created_at", "archived_at",
)  # fmt: skip
"""What is shown of an activity as its row has it."""
FEW = Weight(items=3)


@strawberry.type(description="One step between the organisation and an authority. It never changes.")
class FormalityStep:
    """As it was recorded."""

    kind: filings.Step = strawberry.field(description="What happened.")
    state: Formality = strawberry.field(description="Where the activity stood after it.")
    number: str | None = strawberry.field(description="The number of what is held; null where nothing is.")
    valid_until: date | None = strawberry.field(description="The last day of what was granted; null: open.")
    reason: str = strawberry.field(description="What was said about it; may be empty.")
    happened_at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")

    @classmethod
    def of(cls, row: formalities.FormalityEvent) -> Self:
        """As the API shows it."""
        return cls(
            kind=filings.Step(row.step),
            state=Formality(row.state),
            number=row.number,
            valid_until=row.valid_until,
            reason=row.reason,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )


@strawberry.type(description="Where an activity stands under one law that knows formalities.")
class ActivityFormality:
    """At an instant."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    state: Formality = strawberry.field(description="Where it stands; what has expired stands at NONE.")
    has_expired: bool = strawberry.field(description="Whether what was granted has passed its last day.")
    expected_by: datetime | None = strawberry.field(
        description="Until when an answer is to be expected; null while nothing is pending. Silence opens nothing."
    )
    last_step: FormalityStep | None = strawberry.field(description="The step that counts; null for none yet.")
    steps: list[FormalityStep] = strawberry.field(
        description="Every step, also later ones, in their order.", metadata={"weight": Weight(items=5)}
    )

    @classmethod
    def of(cls, standing: formalities.Standing, rows: Sequence[formalities.FormalityEvent]) -> Self:
        """As the API shows it."""
        return cls(
            jurisdiction=standing.jurisdiction,
            state=standing.state,
            has_expired=standing.has_expired,
            expected_by=standing.expected_by,
            last_step=FormalityStep.of(standing.event) if standing.event else None,
            steps=[FormalityStep.of(row) for row in rows if row.jurisdiction == standing.jurisdiction],
        )


@strawberry.type(description="Data of an activity goes to a country.")
class ActivityTransfer:
    """As it was stated."""

    country: str = strawberry.field(description="Two letters of ISO 3166-1.")
    safeguard: Safeguard = strawberry.field(description="What protects the data there.")
    authorisation: str | None = strawberry.field(
        description="The number under which the authority allowed it; null for none."
    )

    @classmethod
    def of(cls, stated: dict[str, Any]) -> Self:
        """As the API shows it."""
        return cls(
            country=stated["country"],
            safeguard=Safeguard(stated["safeguard"]),
            authorisation=stated["authorisation"],
        )


@strawberry.type(description="Whether something is so about an activity.")
class ActivityCircumstanceState:
    """As it was stated."""

    circumstance: register.Circumstance = strawberry.field(description="What.")
    is_so: bool = strawberry.field(description="Whether it is so.")


@strawberry.type(description="A note on a tool by which the organisation lives up to its register.")
class RegisterNote:
    """As it was stated."""

    tool: register.Tool = strawberry.field(description="Which tool.")
    note: str = strawberry.field(description="Where it is, and how it is used.")


@dataclass(frozen=True, slots=True)
class Steps:
    """What was filed about one activity, and the instant at which it was read."""

    rows: Sequence[formalities.FormalityEvent]
    at: datetime


async def steps_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Steps]:
    """Those of many activities at once."""
    found = await formalities.of_activities(ask, ids)
    return {key: Steps(found.get(key, []), ask.at) for key in ids}


async def purpose_ids_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The purposes of many activities at once."""
    found = await register.purposes_of(ask, ids)
    return {key: [each.purpose_id for each in rows] for key, rows in found.items()}


_AsOf = Annotated[
    datetime | None, strawberry.argument(description="As of this instant; by default as of now.")
]


@strawberry.type(description="An entry of the processing register: what the organisation does with data.")
class Activity(Node):
    """As it stands now. Lists that are null were not stated; empty ones say "none"."""

    row: strawberry.Private[register.Activity]
    key: str = strawberry.field(description="Its key in the organisation, e.g. `newsletter`.")
    name: str = strawberry.field(description="Its name.")
    jurisdictions: list[Jurisdiction] = strawberry.field(description="Whose people it is about.")
    joint_controllers: list[str] = strawberry.field(description="Who decides about it together with you.")
    officer: str = strawberry.field(
        description="How the data protection, information or privacy officer is reached."
    )
    officer_registration: str = strawberry.field(
        description="Under which number that officer is registered with the authority."
    )
    people: list[str] = strawberry.field(description="Whose data it is, e.g. `tenants`.")
    interconnections: list[str] | None = strawberry.field(
        description="Others' files it is matched or connected with; null: not stated."
    )
    handover: register.Handover | None = strawberry.field(
        description="Whether the file is passed on to third parties; null: not stated."
    )
    retention: str = strawberry.field(description="How long data is kept.")
    security: str = strawberry.field(description="How data is kept secure.")
    rights_contact: str = strawberry.field(description="Where and how people use their rights.")
    basis_note: str = strawberry.field(description="What makes it lawful.")
    created_at: datetime = strawberry.field(description="When it was entered.")
    archived_at: datetime | None = strawberry.field(description="When it was archived; null while it counts.")

    @classmethod
    def of(cls, row: register.Activity) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            jurisdictions=[Jurisdiction(place) for place in row.jurisdictions],
            handover=register.Handover(row.handover) if row.handover else None,
            **{name: getattr(row, name) for name in AS_STATED},
        )

    @strawberry.field(
        description="The countries the data goes to; null: not stated.", metadata={"weight": FEW}
    )
    def transfers(self) -> list[ActivityTransfer] | None:
        """As stated."""
        stated = self.row.transfers
        return None if stated is None else [ActivityTransfer.of(each) for each in stated]

    @strawberry.field(
        description="What is so about it; what is not listed was not stated.", metadata={"weight": FEW}
    )
    def circumstances(self) -> list[ActivityCircumstanceState]:
        """As stated."""
        return [
            ActivityCircumstanceState(circumstance=register.Circumstance(name), is_so=so)
            for name, so in sorted(self.row.circumstances.items())
        ]

    @strawberry.field(description="Notes on charter, training and the like.", metadata={"weight": FEW})
    def toolbox(self) -> list[RegisterNote]:
        """As stated."""
        return [
            RegisterNote(tool=register.Tool(name), note=note)
            for name, note in sorted(self.row.toolbox.items())
        ]

    @link(Operation.CATALOGUE_READ, "Its purposes; null if you may not read the catalogue.")
    async def purposes(self, info: Info) -> list[Purpose] | None:
        """Loaded with the others'."""
        ids = await info.context.load(purpose_ids_of, READ, self.uuid)
        return await several(info, Operation.CATALOGUE_READ, purposes_by_id, ids or [])

    @link(
        Operation.CATALOGUE_READ,
        "Kinds of data beside those of its purposes; null if you may not read the catalogue.",
    )
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, categories_by_id, self.row.categories)

    @link(
        Operation.CATALOGUE_READ,
        "Who receives the data; null: not stated, or you may not read the catalogue.",
    )
    async def recipients(self, info: Info) -> list[Recipient] | None:
        """Loaded with the others'."""
        return await _stated(info, self.row.recipients)

    @link(
        Operation.CATALOGUE_READ,
        "Classes of recipients; null: not stated, or you may not read the catalogue.",
    )
    async def recipient_classes(self, info: Info) -> list[RecipientClass] | None:
        """Loaded with the others'."""
        ids = self.row.recipient_classes
        return None if ids is None else await several(info, Operation.CATALOGUE_READ, classes_by_id, ids)

    @link(
        Operation.CATALOGUE_READ,
        "Who acts on your instructions; null: not stated, or you may not read the catalogue.",
    )
    async def processors(self, info: Info) -> list[Recipient] | None:
        """Loaded with the others'."""
        return await _stated(info, self.row.processors)

    @link(Operation.CATALOGUE_READ, "Departments with access; null if you may not read the catalogue.")
    async def departments(self, info: Info) -> list[Department] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, departments_by_id, self.row.departments)

    @link(Operation.NOTICE_READ, "The notice people are shown; null: not stated, or you may not read it.")
    async def notice_version(self, info: Info) -> NoticeVersion | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, versions_by_id, self.row.notice_version_id)

    @link(READ, "Where it stands under each law that knows formalities.", Weight(items=2))
    async def formalities(self, info: Info, as_of: _AsOf = None) -> list[ActivityFormality]:
        """Loaded with the others'."""
        steps = await info.context.load(steps_of, READ, self.uuid)
        if steps is None:
            return []
        found = formalities.standings(self.row, steps.rows, as_of or steps.at)
        return [ActivityFormality.of(each, steps.rows) for each in found]


async def _stated(info: Info, ids: Sequence[UUID] | None) -> list[Recipient] | None:
    return None if ids is None else await several(info, Operation.CATALOGUE_READ, recipients_by_id, ids)


async def activities_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Activity]:
    """Many at once."""
    return {key: Activity.of(row) for key, row in (await register.by_ids(ask, ids)).items()}
