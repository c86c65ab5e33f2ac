"""What an actor may be: scopes of apps, scopes of partners, what staff are; hub/actors.py says what each may do."""

from enum import StrEnum


class Role(StrEnum):
    """What an actor may be. Those of apps are OAuth2 scopes, spelt as in a token."""

    STRANGER = "stranger"
    PORTAL = "portal"
    CUSTOMER = "customer"
    DECIDE = "decide"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_REVEAL = "customers:reveal"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    REQUESTS_READ = "requests:read"
    REQUESTS_WRITE = "requests:write"
    REQUESTS_CONDUCT = "requests:conduct"
    LEDGER_READ = "ledger:read"
    CLIENTS_MANAGE = "clients:manage"
    PARTNERS_MANAGE = "partners:manage"
    PARTNER_READ = "partner:read"
    PARTNER_EXPORT = "partner:export"
    PARTNER_WITHDRAWALS = "partner:withdrawals"
    PARTNER_REFERRALS = "partner:referrals"
    PARTNER_WEBHOOKS = "partner:webhooks"
    HELPER = "helper"
    STAFF_READER = "staff:reader"
    STAFF_CONDUCT = "staff:conduct"
    STAFF_ADMIN = "staff:admin"
    WORKER = "worker"
    OPERATOR = "operator"


SCOPES = frozenset(
    {
        Role.DECIDE,
        Role.CUSTOMERS_READ,
        Role.CUSTOMERS_WRITE,
        Role.CUSTOMERS_REVEAL,
        Role.CATALOGUE_READ,
        Role.CATALOGUE_WRITE,
        Role.REQUESTS_READ,
        Role.REQUESTS_WRITE,
        Role.REQUESTS_CONDUCT,
        Role.LEDGER_READ,
        Role.CLIENTS_MANAGE,
        Role.PARTNERS_MANAGE,
    }
)
"""What an app may be."""
PARTNER_SCOPES = frozenset(
    {
        Role.PARTNER_READ,
        Role.PARTNER_EXPORT,
        Role.PARTNER_WITHDRAWALS,
        Role.PARTNER_REFERRALS,
        Role.PARTNER_WEBHOOKS,
    }
)
"""What a partner may be: nothing that an app is, and no app is any of it."""
STAFF = frozenset({Role.STAFF_READER, Role.STAFF_CONDUCT, Role.STAFF_ADMIN})
"""What a member of staff may be: who reads, who conducts requests, who looks after the accounts; one may be several."""
