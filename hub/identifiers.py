"""Emails, phone numbers and external ids: brought to one spelling for look-up, masked for display.

Refusals never repeat what was given: it is personal data.

An email address is compared as people mean it, not as mail servers may: surrounding space is dropped,
look-alike forms are unified (Unicode NFKC), the local part is case-folded and the domain becomes its
lower-case IDNA form (UTS 46). Dots and +tags in the local part stay: they are different mailboxes for most
providers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NoReturn

import idna
import phonenumbers

from hub.errors import Code, Refusal

EMAIL_CHARACTERS, LOCAL_PART_CHARACTERS, EXTERNAL_CHARACTERS, PHONE_CHARACTERS = 254, 64, 200, 40
SHORT_NUMBER_DIGITS = 7
_LOCAL_PART = re.compile(r"[^\s\x00-\x1f\x7f\"(),:;<>@\[\\\]]+")


def normalise_email(text: str) -> str:
    """Return the one spelling of an email address; Refusal INVALID if it is none."""
    given = unicodedata.normalize("NFKC", text.strip())
    local, _, domain = given.rpartition("@")
    local = unicodedata.normalize("NFKC", local.casefold())
    if not _LOCAL_PART.fullmatch(local) or len(local) > LOCAL_PART_CHARACTERS or not _has_only_text(local):
        _refuse("This is not an email address: write it as name@example.com.")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        _refuse("This is not an email address: a dot is at the wrong place before the @.")
    address = f"{local}@{_normalise_domain(domain)}"
    if len(address) > EMAIL_CHARACTERS:
        _refuse(f"This email address is longer than {EMAIL_CHARACTERS} characters.")
    return address


def deliverable_email(text: str) -> str:
    """Return an address as mail is sent to it: checked as `normalise_email` does, with the case its owner gave it."""
    domain = normalise_email(text).rpartition("@")[2]
    return f"{unicodedata.normalize('NFKC', text.strip()).rpartition('@')[0]}@{domain}"


def normalise_phone(text: str, region: str | None = None) -> str:
    """Return a phone number in E.164 form, ``+61412345678``; Refusal INVALID if it is none.

    region: the country (ISO 3166, two letters) a number without a + belongs to.
    """
    if len(text) > PHONE_CHARACTERS or "\x00" in text:
        _refuse(f"This is not a phone number: it is longer than {PHONE_CHARACTERS} characters.")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        _refuse("This is not a phone number: write it with its country code, as in +61 491 570 006.")
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        _refuse("This is not a phone number: it has too few or too many digits for its country.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise_external(text: str) -> str:
    """Return the one spelling of another system's id: trimmed, NFC, case kept; Refusal INVALID if empty."""
    given = unicodedata.normalize("NFC", text.strip())
    if not given or len(given) > EXTERNAL_CHARACTERS or not _has_only_text(given):
        _refuse(f"An external id must have 1 to {EXTERNAL_CHARACTERS} printable characters.")
    return given


def mask_email(address: str) -> str:
    """Show an address to staff: ``j***@e***.com``."""
    local, _, domain = address.rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}***@{name[:1]}***.{ending}"


def mask_phone(number: str) -> str:
    """Show a number to staff by its last three digits, two where it is short: ``***678``."""
    digits = "".join(filter(str.isdigit, number))
    return "***" + digits[-2 if len(digits) < SHORT_NUMBER_DIGITS else -3 :]


def mask_text(text: str) -> str:
    """Show a name or other text to staff by the first letter of each word: ``J*** C***``."""
    return " ".join(f"{word[0]}***" for word in text.split())


def _normalise_domain(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain.rstrip("."), uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        _refuse("This is not an email address: what follows the @ is not a domain.")
    if "." not in ascii_domain:
        _refuse("This is not an email address: the domain has no ending such as .com.")
    return ascii_domain


def _has_only_text(text: str) -> bool:
    """Whether no character is a control, a surrogate or a direction mark that hides what is written."""
    return all(unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in text)


def _refuse(message: str) -> NoReturn:
    raise Refusal(Code.INVALID, message)
