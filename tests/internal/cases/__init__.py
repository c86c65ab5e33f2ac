"""Every field of the schema, tried: ``MUTATIONS`` and ``QUERIES`` by name."""

from tests.internal.cases import (
    catalogue,
    crowds,
    customers,
    fulfilment,
    merging,
    notices,
    outside,
    questions,
    records,
    register,
    rights,
)
from tests.internal.cases.case import NOBODY, Mutation, Query

__all__ = ["ABOUT_A_CUSTOMER", "MUTATIONS", "NOBODY", "QUERIES"]

MUTATIONS: dict[str, Mutation] = {
    **records.MUTATIONS,
    **customers.MUTATIONS,
    **merging.MUTATIONS,
    **questions.MUTATIONS,
    **rights.MUTATIONS,
    **fulfilment.MUTATIONS,
    **notices.MUTATIONS,
    **catalogue.MUTATIONS,
    **outside.MUTATIONS,
    **register.MUTATIONS,
}
QUERIES: dict[str, Query] = {
    **records.QUERIES,
    **customers.QUERIES,
    **merging.QUERIES,
    **questions.QUERIES,
    **rights.QUERIES,
    **fulfilment.QUERIES,
    **crowds.QUERIES,
    **notices.QUERIES,
    **catalogue.QUERIES,
    **outside.QUERIES,
    **register.QUERIES,
}
ABOUT_A_CUSTOMER = sorted(
    name for name, each in MUTATIONS.items() if each.good.__qualname__.startswith("about.")
)
