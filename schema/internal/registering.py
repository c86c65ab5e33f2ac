"""Entering activities into the register, changing and archiving them, and recording their formalities."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from hub import filings, formalities, inputs, register
from hub.act import Act
from hub.actors import Operation
from hub.arrangements import Safeguard
from hub.errors import invalid
from hub.policy.values import Jurisdiction
from schema.door import acts
from schema.internal.places import within
from schema.internal.references import Reference, reference, references
from schema.internal.register import Activity
from schema.problems import Payload
from schema.relay import uuid_of

WRITE = Operation.REGISTER_WRITE


@strawberry.input(description="Data of an activity goes to a country.")
class ActivityTransferInput:
    """One country."""

    country: str = strawberry.field(description="Two letters of ISO 3166-1, such as `FR`.")
    safeguard: Safeguard = strawberry.field(
        default=Safeguard.NONE, description="What protects the data there."
    )
    authorisation: str | None = strawberry.field(
        default=None, description="The number under which the authority allowed it."
    )


@strawberry.input(description="Whether something is so about an activity.")
class ActivityCircumstanceInput:
    """One circumstance."""

    circumstance: register.Circumstance = strawberry.field(description="What.")
    is_so: bool = strawberry.field(description="Whether it is so.")


@strawberry.input(description="A note on a tool.")
class RegisterNoteInput:
    """One note."""

    tool: register.Tool = strawberry.field(description="Which tool.")
    note: str = strawberry.field(description="Where it is, and how it is used.")


def _stated(description: str) -> Any:
    """A field that stays as it is when it is left out."""
    return strawberry.field(default=UNSET, description=description)


@strawberry.input(
    description="What is said of an activity. What is left out stays; a list replaces all; empty lists say none."
)
class ActivityDescriptionInput:
    """The record."""

    joint_controllers: list[str] | None = _stated("Who decides about it together with you.")
    officer: str | None = _stated("How the data protection, information or privacy officer is reached.")
    officer_registration: str | None = _stated("The number of that officer's registration.")
    people: list[str] | None = _stated("Whose data it is, e.g. `tenants`.")
    categories: list[Reference] | None = _stated("Kinds of data beside those of its purposes: keys or ids.")
    recipients: list[Reference] | None = _stated("Who receives: keys or ids; null: not stated.")
    recipient_classes: list[Reference] | None = _stated("Classes: keys or ids; null: not stated.")
    processors: list[Reference] | None = _stated(
        "Who acts on your instructions: keys or ids; null: not stated."
    )
    transfers: list[ActivityTransferInput] | None = _stated("To which countries; null: not stated.")
    interconnections: list[str] | None = _stated("Others' files it is connected with; null: not stated.")
    handover: register.Handover | None = _stated("Whether the file is passed on; null: not stated.")
    retention: str | None = _stated("How long data is kept.")
    security: str | None = _stated("How data is kept secure.")
    rights_contact: str | None = _stated("Where and how people use their rights.")
    basis_note: str | None = _stated("What makes it lawful.")
    notice_version: strawberry.ID | None = _stated("The notice people are shown: its id; null: not stated.")
    departments: list[Reference] | None = _stated("Departments with access: keys or ids.")
    circumstances: list[ActivityCircumstanceInput] | None = _stated("What is so about it.")
    toolbox: list[RegisterNoteInput] | None = _stated("Notes on charter, training and the like.")

    def said(self) -> register.Description:
        """As the hub takes it."""
        given = {name: getattr(self, name) for name in register.Description.__dataclass_fields__}
        return register.Description(**{name: _said(name, value) for name, value in given.items()})


MAY_BE_NULL = frozenset(
    {"recipients", "recipient_classes", "processors", "transfers", "interconnections", "handover",
     "notice_version"}
)  # fmt: skip


def _said(name: str, value: Any) -> Any:
    """One statement as the hub takes it; null where it means nothing leaves it as it is."""
    if value is UNSET or (value is None and name not in MAY_BE_NULL):
        return inputs.KEEP
    return value if value is None or name not in _TAKEN else _TAKEN[name](name, value)


def _refs(kind: str) -> Callable[[str, Any], Any]:
    return lambda name, value: references(value, kind, "description", name)


def _transfers(_: str, value: list[ActivityTransferInput]) -> list[register.Transfer]:
    return [register.Transfer(each.country, each.safeguard, each.authorisation) for each in value]


_TAKEN: dict[str, Callable[[str, Any], Any]] = {
    "categories": _refs("Category"),
    "recipients": _refs("Recipient"),
    "recipient_classes": _refs("RecipientClass"),
    "processors": _refs("Recipient"),
    "departments": _refs("Department"),
    "notice_version": lambda name, value: uuid_of(value, "NoticeVersion", "description", name),
    "transfers": _transfers,
    "circumstances": lambda name, value: _by_name([(one.circumstance, one.is_so) for one in value], name),
    "toolbox": lambda name, value: _by_name([(one.tool, one.note) for one in value], name),
}


def _by_name(given: list[tuple[Any, Any]], name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for place, (key, value) in enumerate(given):
        if key in found:
            raise invalid("This is given twice.", "description", name, place)
        found[key] = value
    return found


@strawberry.input(description="An activity to enter into the register.")
class ActivityAddInput:
    """What is done with data."""

    key: str = strawberry.field(description="Its key, e.g. `newsletter`. It stays.")
    name: str = strawberry.field(description="Its name.")
    jurisdictions: list[Jurisdiction] = strawberry.field(description="Whose people it is about.")
    purposes: list[Reference] = strawberry.field(description="Its purposes: keys or ids.")
    description: ActivityDescriptionInput | None = strawberry.field(
        default=None, description="What is said of it; `registerReview` names what is missing."
    )


@strawberry.input(description="What is to be different about an activity; what is left out stays.")
class ActivityChangeInput:
    """A change."""

    activity: Reference = strawberry.field(description="Which: key or id.")
    name: str | None = strawberry.field(default=None, description="Its name.")
    jurisdictions: list[Jurisdiction] | None = strawberry.field(
        default=None, description="Whose people it is about; replaces all."
    )
    purposes: list[Reference] | None = strawberry.field(
        default=None,
        description="Its purposes: keys or ids; replaces all. What was granted before does not cover new ones.",
    )
    description: ActivityDescriptionInput | None = strawberry.field(
        default=None, description="What is said of it."
    )


@strawberry.input(description="An activity to archive.")
class ActivityArchiveInput:
    """For good."""

    activity: Reference = strawberry.field(description="Which: key or id.")


@strawberry.input(description="A step between the organisation and an authority.")
class FormalityRecordInput:
    """What happened."""

    activity: Reference = strawberry.field(description="About which activity: key or id.")
    jurisdiction: Jurisdiction = strawberry.field(description="Under whose law: MA or ZA.")
    step: filings.Step = strawberry.field(description="What happened.")
    number: str | None = strawberry.field(
        default=None, description="The receipt's or the authorisation's number, which those steps need."
    )
    valid_until: date | None = strawberry.field(
        default=None, description="The last day of what was granted; null: open."
    )
    reason: str = strawberry.field(default="", description="What was said about it; name no customer here.")
    happened_at: datetime | None = strawberry.field(
        default=None, description="When; by default now. After the step before, and not in the future."
    )


@strawberry.type(description="The activity, as it stands after the act.")
class ActivityPayload(Payload):
    """Of a mutation on one activity."""

    activity: Activity | None = strawberry.field(default=None, description="The activity.")


_Add = Annotated[ActivityAddInput, strawberry.argument(description="The activity.")]
_Change = Annotated[ActivityChangeInput, strawberry.argument(description="The change.")]
_Archive = Annotated[ActivityArchiveInput, strawberry.argument(description="Which.")]
_Step = Annotated[FormalityRecordInput, strawberry.argument(description="The step.")]


@strawberry.type
class RegisterMutations:
    """Keeping the register."""

    @acts(WRITE)
    async def activity_add(self, act: Act, input: _Add) -> ActivityPayload:
        """Enter an activity into the register."""
        with within(input, "input"):
            new = register.NewActivity(
                key=input.key,
                name=input.name,
                jurisdictions=input.jurisdictions,
                purposes=references(input.purposes, "Purpose", "purposes"),
                description=_description(input.description),
            )
            row = await register.add(act, new)
        return ActivityPayload(activity=Activity.of(row))

    @acts(WRITE)
    async def activity_change(self, act: Act, input: _Change) -> ActivityPayload:
        """Change an activity. A purpose that joins has to be notified to the authority."""
        with within(input, "input"):
            named = reference(input.activity, "Activity", "activity")
            purposes = input.purposes
            changes = register.Changes(
                name=input.name,
                jurisdictions=input.jurisdictions,
                purposes=None if purposes is None else references(purposes, "Purpose", "purposes"),
                description=_description(input.description),
            )
            row = await register.change(act, named, changes)
        return ActivityPayload(activity=Activity.of(row))

    @acts(WRITE)
    async def activity_archive(self, act: Act, input: _Archive) -> ActivityPayload:
        """Archive an activity that has ended, for good. A second time changes nothing."""
        with within(input, "input"):
            row = await register.archive(act, reference(input.activity, "Activity", "activity"))
        return ActivityPayload(activity=Activity.of(row))

    @acts(WRITE)
    async def formality_record(self, act: Act, input: _Step) -> ActivityPayload:
        """Record a step with an authority; which may follow which stands in the law."""
        with within(input, "input"):
            named = reference(input.activity, "Activity", "activity")
            taken = await formalities.record(act, named, _new_step(input))
            row = await register.read(act, taken.activity_id)
        return ActivityPayload(activity=Activity.of(row))


def _description(given: ActivityDescriptionInput | None) -> register.Description:
    return register.Description() if given is None else given.said()


def _new_step(given: FormalityRecordInput) -> formalities.NewStep:
    return formalities.NewStep(
        jurisdiction=given.jurisdiction,
        step=given.step,
        number=given.number,
        valid_until=given.valid_until,
        reason=given.reason,
        happened_at=given.happened_at,
    )
