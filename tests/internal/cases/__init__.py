"""Every field of the schema, tried: ``MUTATIONS`` and ``QUERIES`` by name."""

from tests.internal.cases import (
    catalogue,
    crowds,
    customers,
    forgetting,
    fulfilment,
    holdings,
    letters,
    merging,
    notices,
    outside,
    packages,
    partners,
    questions,
    records,
    referrals,
    register,
    representatives,
    rights,
    webhooks,
)
from tests.internal.cases.case import NOBODY, Mutation, Query

__all__ = ["ABOUT_A_CUSTOMER", "MUTATIONS", "NOBODY", "QUERIES"]

MUTATIONS: dict[str, Mutation] = {
    **records.MUTATIONS,
    **customers.MUTATIONS,
    **merging.MUTATIONS,
    **questions.MUTATIONS,
    **rights.MUTATIONS,
    **representatives.MUTATIONS,
    **fulfilment.MUTATIONS,
    **packages.MUTATIONS,
    **holdings.MUTATIONS,
    **forgetting.MUTATIONS,
    **referrals.MUTATIONS,
    **notices.MUTATIONS,
    **letters.MUTATIONS,
    **catalogue.MUTATIONS,
    **outside.MUTATIONS,
    **partners.MUTATIONS,
    **register.MUTATIONS,
    **webhooks.MUTATIONS,
}
QUERIES: dict[str, Query] = {
    **records.QUERIES,
    **customers.QUERIES,
    **merging.QUERIES,
    **questions.QUERIES,
    **rights.QUERIES,
    **representatives.QUERIES,
    **fulfilment.QUERIES,
    **packages.QUERIES,
    **forgetting.QUERIES,
    **referrals.QUERIES,
    **crowds.QUERIES,
    **notices.QUERIES,
    **letters.QUERIES,
    **catalogue.QUERIES,
    **outside.QUERIES,
    **partners.QUERIES,
    **register.QUERIES,
    **webhooks.QUERIES,
}
ABOUT_A_CUSTOMER = sorted(
    name for name, each in MUTATIONS.items() if each.good.__qualname__.startswith("about.")
)
