"""What the demo's two databases hold: the matters, invoices and appointments of its made-up customers.

The same every time, as the customers are.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from hub.demo.people import Person, known

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "clients": ("id", "email", "phone", "name", "address", "client_since"),
    "matters": ("id", "client_id", "about", "opened_on"),
    "invoices": ("number", "matter_id", "billed_to", "total"),
    "visitors": ("id", "email", "name", "phone"),
    "appointments": ("id", "visitor_id", "starts_on", "room", "about"),
}
ABOUT: Final = (
    "Buys a terrace house",
    "Sells a flat",
    "Transfers a share to a sister",
    "Reads a contract of lease",
)
TALKED: Final = ("Signed the contract", "Brought the deeds", "Asked about stamp duty", "Collected the keys")
ROOMS: Final = ("Quay room", "Library", "Front office")
TOTALS: Final = (Decimal("880.00"), Decimal("1320.00"), Decimal("2145.50"))
FIRST_OF_ALL: Final = 20
"""So many were both billed and seen; of the others every second was billed, and every third seen."""
Tables = Mapping[str, list[tuple[Any, ...]]]


def accounts(firm: str) -> Tables:
    """Rows of the accounts, by table."""
    told = list(enumerate(known(firm), 1))
    billed = [(number, each) for number, each in told if number <= FIRST_OF_ALL or number % 2]
    return {
        "clients": [
            (number, each.email, each.phone, _name(each), each.address, each.joined.date())
            for number, each in told
        ],
        "matters": [
            (number, number, ABOUT[number % len(ABOUT)], _day(each, number)) for number, each in told
        ],
        "invoices": [
            (f"HC-{number:05}", number, _name(each), TOTALS[number % len(TOTALS)]) for number, each in billed
        ],
    }


def diary(firm: str) -> Tables:
    """Rows of the diary, by table."""
    told = enumerate(known(firm), 1)
    seen = [(number, each) for number, each in told if number <= FIRST_OF_ALL or number % 3 == 0]
    return {
        "visitors": [(number, each.email, _name(each), each.phone) for number, each in seen],
        "appointments": [
            (
                number,
                number,
                str(_day(each, number)),
                ROOMS[number % len(ROOMS)],
                TALKED[number % len(TALKED)],
            )
            for number, each in seen
        ],
    }


def _name(person: Person) -> str:
    return f"{person.given_name} {person.family_name}"


def _day(person: Person, number: int) -> date:
    return person.joined.date() + timedelta(days=number % 21)
