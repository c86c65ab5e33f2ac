"""What the fields of a profile are called, for people; a field of a house's own is read as it is named."""

from collections.abc import Callable, Mapping
from typing import Final

from portal.wording import N_

NAMES: Final[Mapping[str, str]] = {
    "EMAIL": N_("Email address"),
    "PHONE": N_("Phone number"),
    "EXTERNAL": N_("Customer number"),
    "name": N_("Name"),
    "full_name": N_("Name"),
    "title": N_("Title"),
    "given_name": N_("First name"),
    "family_name": N_("Last name"),
    "date_of_birth": N_("Date of birth"),
    "address": N_("Address"),
    "street": N_("Street"),
    "postcode": N_("Postcode"),
    "city": N_("Town or city"),
    "country": N_("Country"),
    "language": N_("Language"),
    "occupation": N_("Occupation"),
    "employer": N_("Employer"),
    "notes": N_("Notes"),
}
REASONS: Final[Mapping[str, str]] = {
    "CUSTOMER_ASKED": N_("You asked for it"),
    "SERVICE": N_("To do something for you"),
    "COMPLAINT": N_("To look into a complaint"),
    "CORRECTION": N_("To correct something"),
    "FRAUD": N_("To look into a possible fraud"),
    "LEGAL_DUTY": N_("Because the law asks for it"),
    "HANDLING": N_("To work on your request"),
    "IDENTITY": N_("To make sure that it is you"),
}
"""Why somebody opened a customer's values (hub.profiles.RevealReason, hub.unmasking.Reason)."""
SOURCES: Final[Mapping[str, str]] = {
    "CUSTOMER": N_("You gave it to us"),
    "THIRD_PARTY": N_("Somebody else gave it to us"),
    "PUBLIC": N_("We found it in public"),
}


def label(name: str, translated: Callable[[str], str]) -> str:
    """What a field is called in a language."""
    return translated(NAMES[name]) if name in NAMES else name.replace("_", " ").capitalize()
