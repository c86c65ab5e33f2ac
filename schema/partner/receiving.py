"""Customers, handed to a partner: a page of those that may be received now, a single one, and who may be kept."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any, Final, Self

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.partners import offers, pages, retaining
from hub.partners.handing import Handed
from hub.partners.ordering import Place
from schema.call import Call
from schema.door import asks
from schema.harmless import KEYED
from schema.limits import PAGE
from schema.partner.naming import CUSTOMER, ArrangementName, PurposeName, arrangement_named, customer_named
from schema.relay import Connection, Edge, PageInfo, global_id
from schema.weights import Weight

HANDED: Final = Weight(points=2)
"""What deciding, opening and recording one customer costs."""
_VALUES: Final[dict[str, Any]] = {"weight": Weight(items=1)}
_First = Annotated[int, strawberry.argument(description="How many at most: 1 to 100.")]
_After = Annotated[str | None, strawberry.argument(description="The cursor after which the page begins.")]
_Field = Annotated[
    str, strawberry.argument(description="Its category and field: `contact.city`.", metadata=KEYED)
]
_Customer = Annotated[
    strawberry.ID, strawberry.argument(description="The customer's id, as you were given it.")
]
_Ids = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Ids of customers, as you were given them: at most 1,000."),
]


@strawberry.type(description="A value of a customer's profile.")
class PartnerValue:
    """With its name."""

    name: str = strawberry.field(description="Its category and field, such as `contact.city`.")
    value: str = strawberry.field(description="What it is.")


@strawberry.type(
    description="What a customer notes about values that were not corrected. It goes wherever they go."
)
class PartnerNote:
    """In the customer's own words."""

    fields: list[str] = strawberry.field(description="Which of the values it is about; none: all of them.")
    text: str = strawberry.field(description="What the customer says.")


@strawberry.type(name="Customer", description="A customer, as far as they are passed on to you.")
class PartnerCustomer:
    """Recorded as passed on before you see it."""

    handed: strawberry.Private[Handed]
    id: strawberry.ID = strawberry.field(
        description="Your own id of this customer: no other partner has the same."
    )
    emails: list[str] = strawberry.field(description="Email addresses.")
    phones: list[str] = strawberry.field(description="Phone numbers, as in +61412345678.")
    handed_over_on: date = strawberry.field(description="The day on which it was recorded as passed on.")

    @classmethod
    def of(cls, handed: Handed) -> Self:
        """As the API shows it."""
        return cls(
            handed=handed,
            id=global_id(CUSTOMER, handed.id),
            emails=handed.contents.emails,
            phones=handed.contents.phones,
            handed_over_on=handed.on,
        )

    @strawberry.field(description="All values of the profile that you receive.", metadata=_VALUES)
    def values(self) -> list[PartnerValue]:
        """In the order of their names."""
        return [
            PartnerValue(name=name, value=value)
            for name, value in sorted(self.handed.contents.fields.items())
        ]

    @strawberry.field(description="One value of the profile; null where there is none for you.")
    def value(
        self,
        name: _Field,
    ) -> str | None:
        """By its name."""
        return self.handed.contents.fields.get(name)

    @strawberry.field(description="What the customer notes about them.", metadata=_VALUES)
    def notes(self) -> list[PartnerNote]:
        """To be kept with the values."""
        return [PartnerNote(fields=list(fields), text=text) for fields, text in self.handed.contents.notes]


class _Placed(Edge[PartnerCustomer]):
    """A row of a page; its cursor is sealed, so it is made only where somebody asks for it."""

    def __init__(self, node: PartnerCustomer, written: Callable[[], str]) -> None:
        self.node = node
        self._written = written

    @property
    def cursor(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] -- read alike
        """Its place."""
        return self._written()


@strawberry.type(description="Whether you may keep what you have of a customer.")
class MayKeep:
    """Somebody you never received looks like somebody to forget."""

    id: strawberry.ID = strawberry.field(description="The id that you asked about.")
    may: bool = strawberry.field(
        description="False: use nothing of it. Forget it, unless you were told to stop only; then ask again."
    )
    purposes: list[str] = strawberry.field(description="For which purposes you may still use it, by key.")

    @classmethod
    def of(cls, kept: retaining.Kept) -> Self:
        """As the API shows it."""
        return cls(id=global_id(CUSTOMER, kept.id), may=bool(kept.purposes), purposes=list(kept.purposes))


@strawberry.type
class ReceivingQueries:
    """Customers."""

    @asks(Operation.DISCLOSURE_HAND_OVER, whole=True)
    async def customers(
        self,
        call: Call,
        arrangement: ArrangementName,
        purpose: PurposeName,
        first: _First = PAGE,
        after: _After = None,
    ) -> Connection[PartnerCustomer]:
        """A page of the customers that you may receive now, each recorded as passed on to you before it is shown.

        A page may be shorter than asked for, and even empty: go on while `hasNextPage` says so.
        """
        await call.close()
        ask = call.ask_once(Operation.DISCLOSURE_HAND_OVER)
        known = await offers.known_now(ask)
        offer = await offers.find(ask, arrangement_named(arrangement), purpose, known)
        start = None if after is None else Place.read(ask, offer, after, "after")
        page = await pages.page(ask, offer, first, start)
        edges = [
            _Placed(PartnerCustomer.of(handed), partial(place.written, ask, offer))
            for handed, place in page.items
        ]
        end = page.following.written(ask, offer) if page.following else None
        return _connection(edges, end, is_later=start is not None)

    @asks(Operation.DISCLOSURE_HAND_OVER, whole=True, weight=HANDED)
    async def customer(
        self, call: Call, arrangement: ArrangementName, purpose: PurposeName, id: _Customer
    ) -> PartnerCustomer | None:
        """One customer, recorded as passed on to you; null for one whom you may not receive, and for none at all."""
        wanted = customer_named(id, "id")

        async def hand(act: Act) -> PartnerCustomer | None:
            offer = await offers.find(act, arrangement_named(arrangement), purpose)
            handed = await pages.one(act, offer, wanted)
            return PartnerCustomer.of(handed) if handed else None

        await call.close()
        return await call.hub.perform(call.actor, Operation.DISCLOSURE_HAND_OVER, hand, locale=call.locale)

    @asks(Operation.PARTNER_READ, weight=Weight(sized_by="ids", points=1))
    async def may_keep(self, ask: Ask, ids: _Ids) -> list[MayKeep]:
        """Whom of these you may keep, of those that you have received. Nothing is recorded."""
        if len(ids) > retaining.ASKED_MOST:  # before any of them is read
            message = f"Ask about at most {retaining.ASKED_MOST} customers at a time."
            raise Refusal(Code.LIMIT, message, ("ids",))
        wanted = [customer_named(each, "ids", place) for place, each in enumerate(ids)]
        return [MayKeep.of(each) for each in await retaining.may_keep(ask, wanted)]


def _connection(
    edges: Sequence[Edge[PartnerCustomer]], end: str | None, *, is_later: bool
) -> Connection[PartnerCustomer]:
    """A page; its end may lie behind its last row, so that an empty page leads on too."""
    last = edges[-1].cursor if edges else None
    info = PageInfo(
        has_next_page=end is not None,
        has_previous_page=is_later,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=end or last,
    )
    return Connection(edges=list(edges), page_info=info)
