"""How a question is asked: about one customer, or about all of them at once."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from uuid import UUID

import strawberry

from hub.act import Ask
from hub.crowds import ANYBODY
from hub.errors import Refusal, invalid, not_found
from hub.gather import category_ids
from hub.policy.values import Act, Channel, Footer, Offer, ProfileEffect
from hub.questioned import Question
from schema.internal.people import CustomerRef, find_customers
from schema.internal.places import within
from schema.internal.references import Reference, category_names, optional, reference


@strawberry.input(description="About whom a question is.")
class _AboutCustomer:
    """First in the question."""

    customer: CustomerRef = strawberry.field(description="About whom.")


@strawberry.input(description="May we? One act, for one purpose, about every customer.")
class CrowdQuestionInput:
    """A question without its customer."""

    act: Act = strawberry.field(description="What would be done.")
    purpose: Reference = strawberry.field(
        description="For which purpose: its key, such as `referral`, or its id."
    )
    recipient: Reference | None = strawberry.field(
        default=None, description="Who would receive: key or id. Needed for DISCLOSE, SELL and POOL."
    )
    arrangement: Reference | None = strawberry.field(
        default=None,
        description="Under which arrangement; by default the one in force that covers the question.",
    )
    channel: Channel = strawberry.field(
        default=Channel.NONE, description="For MESSAGE: how it would be sent."
    )
    categories: list[Reference] | None = strawberry.field(
        default=None,
        description="Which categories are touched; by default those of the purpose that are held, "
        "and of the arrangement where data goes outside.",
    )
    offer: Offer = strawberry.field(
        default=Offer.NONE, description="For a marketing MESSAGE: what it promotes."
    )
    footer: Footer = strawberry.field(
        default=Footer.NO_OPTOUT,
        description="For a marketing MESSAGE: what its footer carries. Undeclared: no opt-out.",
    )
    department: Reference | None = strawberry.field(
        default=None, description="Whose people would see the data; by default the asking app's department."
    )
    profile_effect: ProfileEffect = strawberry.field(
        default=ProfileEffect.NONE, description="For PROFILE: what it would do to the person."
    )


@strawberry.input(description="May we? One act, for one purpose, about one customer.")
class QuestionInput(_AboutCustomer, CrowdQuestionInput):
    """A question as an app asks it."""


_PARTS = (
    "act", "purpose", "recipient", "arrangement", "channel", "categories", "offer", "footer", "department",
    "profile_effect", "profileEffect",
)  # fmt: skip
_MOVED = {part: ("question", part) for part in _PARTS}


@contextmanager
def about_question() -> Generator[None]:
    """Let refusals about what a question names point into `question`; others keep their place beside it."""
    with within(None, moved=_MOVED):
        yield


async def crowd_question(ask: Ask, given: CrowdQuestionInput) -> Question:
    """Read a question about everybody; Refusal with the place inside it."""
    names = category_names(given.categories or ())
    return _question(given, ANYBODY, await category_ids(ask, names) if names else {})


async def questions_of(ask: Ask, inputs: Sequence[QuestionInput]) -> list[Question | Refusal]:
    """Read the inputs; customers named by id cost no statement, the others one for all."""
    people = await find_customers(ask, [each.customer for each in inputs])
    wanted = category_names(name for each in inputs for name in each.categories or ())
    ids = await category_ids(ask, wanted) if wanted else {}
    own = ask.actor.department_id
    return [_tried(each, person, ids, own) for each, person in zip(inputs, people, strict=True)]


def _tried(
    given: QuestionInput, person: UUID | Refusal, ids: dict[str, UUID], own: UUID | None
) -> Question | Refusal:
    if isinstance(person, Refusal):
        return Refusal(person.code, person.message, ("customer", *person.path))
    try:
        return _question(given, person, ids, own)
    except Refusal as refusal:
        return refusal


def _question(
    given: CrowdQuestionInput, customer_id: UUID, ids: dict[str, UUID], own: UUID | None = None
) -> Question:
    """The question as the hub takes it. own: the asker's department, where none is named."""
    return Question(
        customer_id=customer_id,
        act=given.act,
        purpose=reference(given.purpose, "Purpose", "purpose"),
        recipient=optional(given.recipient, "Recipient", "recipient"),
        arrangement=optional(given.arrangement, "Arrangement", "arrangement"),
        channel=given.channel,
        categories=_categories(given.categories, ids),
        offer=given.offer,
        footer=given.footer,
        department=own
        if given.department is None
        else reference(given.department, "Department", "department"),
        profile_effect=given.profile_effect,
    )


def _categories(named: Sequence[str] | None, ids: dict[str, UUID]) -> tuple[UUID, ...] | None:
    if named is None:
        return None
    if not named:
        raise invalid("Name at least one category, or leave this out.", "categories")
    for place, name in enumerate(named):
        if name not in ids:
            raise not_found("category", "categories", place)
    return tuple(ids[name] for name in named)
