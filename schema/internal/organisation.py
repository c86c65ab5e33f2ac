"""The viewer's organisation and its departments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import catalogue, organisations
from hub.act import Act, Ask
from hub.actors import Operation
from schema.call import Info
from schema.door import acts, lists
from schema.internal.links import link, one
from schema.internal.paging import counted, page_of
from schema.internal.places import within
from schema.problems import Payload
from schema.relay import CountedConnection, Node, Window


@strawberry.type(description="A controller: who decides why and how data is used, and answers for it.")
class Organisation(Node):
    """As it stands now."""

    key: str = strawberry.field(description="Its key, unique in this hub.")
    name: str = strawberry.field(description="Its name.")
    country: str = strawberry.field(description="Where it is: two letters of ISO 3166-1.")
    contact: str = strawberry.field(description="How people reach it about their data.")
    strict_sharing: bool = strawberry.field(
        description="Whether nothing leaves the organisation without the customer's agreement."
    )
    created_at: datetime = strawberry.field(description="When it was set up in this hub.")

    @classmethod
    def of(cls, row: organisations.Organisation) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            key=row.key,
            name=row.name,
            country=row.country,
            contact=row.contact,
            strict_sharing=row.strict_sharing,
            created_at=row.created_at,
        )


async def organisations_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Organisation]:
    """Many at once."""
    return {key: Organisation.of(row) for key, row in (await organisations.by_ids(ask, ids)).items()}


@strawberry.type(description="A team of the organisation; purposes say which of them may use the data.")
class Department(Node):
    """As it stands now."""

    organisation_uuid: strawberry.Private[UUID]
    key: str = strawberry.field(description="Its key in the organisation.")
    name: str = strawberry.field(description="Its name.")
    created_at: datetime = strawberry.field(description="When it was added.")

    @classmethod
    def of(cls, row: organisations.Department) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            organisation_uuid=row.organisation_id,
            key=row.key,
            name=row.name,
            created_at=row.created_at,
        )

    @link(Operation.VIEWER_READ, "The organisation it belongs to.")
    async def organisation(self, info: Info) -> Organisation | None:
        """Loaded with the others'."""
        return await one(info, Operation.VIEWER_READ, organisations_by_id, self.organisation_uuid)


async def departments_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Department]:
    """Many at once."""
    return {
        key: Department.of(row) for key, row in (await organisations.departments_by_ids(ask, ids)).items()
    }


@strawberry.input(description="Which departments.")
class DepartmentFilter:
    """All that is given must hold."""

    search: str | None = strawberry.field(default=None, description="Part of the name or the key.")


@strawberry.input(description="What is to be different about the organisation; what is left out stays.")
class OrganisationChangeInput:
    """A change."""

    name: str | None = strawberry.field(default=None, description="Its name.")
    country: str | None = strawberry.field(
        default=None, description="Two letters of ISO 3166-1, such as `AU`."
    )
    contact: str | None = strawberry.field(default=None, description="How people reach it about their data.")
    strict_sharing: bool | None = strawberry.field(
        default=None, description="Whether nothing leaves it without the customer's agreement."
    )


@strawberry.input(description="A department to add.")
class DepartmentAddInput:
    """A team."""

    key: str = strawberry.field(description="Its key, e.g. `conveyancing`.")
    name: str = strawberry.field(description="Its name.")


@strawberry.type(description="The organisation, as it stands after the act.")
class OrganisationPayload(Payload):
    """Of `organisationChange`."""

    organisation: Organisation | None = strawberry.field(default=None, description="The organisation.")


@strawberry.type(description="The department, as it stands after the act.")
class DepartmentPayload(Payload):
    """Of `departmentAdd`."""

    department: Department | None = strawberry.field(default=None, description="The department.")


_Filter = Annotated[DepartmentFilter | None, strawberry.argument(description="Which; by default all.")]
_Change = Annotated[OrganisationChangeInput, strawberry.argument(description="The change.")]
_Add = Annotated[DepartmentAddInput, strawberry.argument(description="The department.")]


@strawberry.type
class OrganisationQueries:
    """Reading it."""

    @lists(Operation.CATALOGUE_READ, UUID)
    async def departments(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> CountedConnection[Department]:
        """The departments of the organisation, oldest first."""
        search = filter.search if filter else None
        with within(filter, "filter"):
            rows = await organisations.page_departments(ask, page_of(window), search=search)

        async def count(again: Ask) -> int:
            return await organisations.count_departments(again, search=search)

        return counted(window, rows, Department.of, count)


@strawberry.type
class OrganisationMutations:
    """Changing it."""

    @acts(Operation.CATALOGUE_WRITE)
    async def organisation_change(self, act: Act, input: _Change) -> OrganisationPayload:
        """Change the name, country, contact or strictness of your organisation."""
        changes = organisations.Changes(input.name, input.country, input.contact, input.strict_sharing)
        with within(input, "input"):
            row = await organisations.change(act, catalogue.owner(act, None), changes)
        return OrganisationPayload(organisation=Organisation.of(row))

    @acts(Operation.CATALOGUE_WRITE)
    async def department_add(self, act: Act, input: _Add) -> DepartmentPayload:
        """Add a department to your organisation."""
        with within(input, "input"):
            row = await organisations.add_department(act, organisations.NewDepartment(input.key, input.name))
        return DepartmentPayload(department=Department.of(row))
