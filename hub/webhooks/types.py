"""What can be told: the types of messages, and which scope whoever hears of one must hold."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from hub.actors import Role


class Type(StrEnum):
    """What a message says has happened; it holds ids at most."""

    ENDPOINT_VERIFY = "endpoint.verify"
    ENDPOINT_TEST = "endpoint.test"
    WITHDRAWALS_AVAILABLE = "withdrawals.available"
    REFERRAL_OFFERED = "referral.offered"
    REFERRAL_CHANGED = "referral.changed"
    EXPORT_READY = "export.ready"
    REQUEST_CHANGED = "request.changed"
    ACCOUNT_CHANGED = "account.changed"


NEEDS: Final[Mapping[Type, frozenset[Role]]] = {
    Type.WITHDRAWALS_AVAILABLE: frozenset({Role.PARTNER_WITHDRAWALS}),
    Type.REFERRAL_OFFERED: frozenset({Role.PARTNER_REFERRALS}),
    Type.REFERRAL_CHANGED: frozenset({Role.PARTNER_REFERRALS, Role.DECIDE}),
    Type.EXPORT_READY: frozenset({Role.PARTNER_EXPORT}),
    Type.REQUEST_CHANGED: frozenset({Role.REQUESTS_READ, Role.REQUESTS_WRITE, Role.REQUESTS_CONDUCT}),
    Type.ACCOUNT_CHANGED: frozenset({Role.CUSTOMERS_READ, Role.CUSTOMERS_WRITE}),
}
"""What can be listened to, and the scopes of which one at least is held. The others concern the endpoint itself."""
HINTS: Final = frozenset({Type.WITHDRAWALS_AVAILABLE})
"""Types that say only that there is more to read: of several that wait for one endpoint, one is sent."""
