"""Identifiers, against the many ways in which people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import identifiers
from hub.errors import Code, Refusal
from hub.keyring import Keyring
from hub.vault import Vault

VAULT = Vault(Keyring.generate())


@pytest.mark.parametrize(("given_text", "expected"), [
    ("  Jane.Doe@Example.COM ", "jane.doe@example.com"), ("JANE+crm@example.com.", "jane+crm@example.com"),
    ("ＪＡＮＥ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane@example.com"), ("jürgen@BÜCHER.de", "jürgen@xn--bcher-kva.de"),
    ("STRASSE@example.com", "strasse@example.com"), ("straße@example.com", "strasse@example.com"),
    ("o'brien@example.ie", "o'brien@example.ie"),
])  # fmt: skip
def test_an_email_address_has_one_spelling(given_text: str, expected: str) -> None:
    assert identifiers.normalise_email(given_text) == expected
    assert identifiers.normalise_email(expected) == expected


NO_EMAIL = [
    *(
        "",
        "@",
        "jane",
        "jane@",
        "@example.org",
        "jane@localhost",
        "jane doe@example.com",
        "jane@exa mple.com",
    ),
    *("a@b@example.com", "jane@example..com", ".jane@example.com", "jane.@example.com", "ja..ne@example.com"),
    *("jane@-example.com", "jane\r\nBcc: x@example.com", "jane\x00@example.com", "jane@example.com\n."),
    *("\ud800@example.com", "jane\u202e@example.com", f"{'x' * 65}@example.com", f"x@{'a.' * 130}com"),
    *("<jane@example.com>", "jane@[127.0.0.1]", '"jane doe"@example.com', "jane@exa_mple.com"),
]


@pytest.mark.parametrize("text", NO_EMAIL)
def test_what_is_no_email_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        VAULT.blind_email(text)
    assert refused.value.code is Code.INVALID
    assert len(text) < 4 or text not in refused.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Jane.Citizen@EXAMPLE.com ", "Jane.Citizen@example.com"),
        ("straße@müller.example", "straße@xn--mller-kva.example"),
        ("ｊane@example.com", "jane@example.com"),
    ],
)
def test_mail_goes_to_the_mailbox_that_was_named_and_not_to_its_spelling_for_look_up(
    text: str, expected: str
) -> None:
    assert identifiers.deliverable_email(text) == expected
    with pytest.raises(Refusal):
        identifiers.deliverable_email(f"{text.strip()}>\r\nRCPT TO:<a@b.example")


@pytest.mark.parametrize(("text", "region", "expected"), [
    ("0491 570 006", "AU", "+61491570006"), ("+61 (0)491-570-006", None, "+61491570006"),
    ("07700 900123", "GB", "+447700900123"), ("0044 7700 900123", "GB", "+447700900123"),
    ("tel:+44-7700-900123", None, "+447700900123"), ("06 12 34 56 78", "MA", "+212612345678"),
    ("(02) 9374 4000", "AU", "+61293744000"), ("+39 06 698 12345", None, "+390669812345"),
])  # fmt: skip
def test_a_phone_number_has_one_spelling(text: str, region: str | None, expected: str) -> None:
    assert identifiers.normalise_phone(text, region) == expected


@pytest.mark.parametrize(
    "text", ["", "12", "not a number", "0491 570 006", "+999 12345", "+44 7", "9" * 41, "+61\x00"]
)
def test_what_is_no_phone_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        VAULT.blind_phone(text)
    assert refused.value.code is Code.INVALID
    assert len(text) < 4 or text not in refused.value.message


@pytest.mark.parametrize("text", ["", "   ", "x" * 201, "a\x00b", "a\nb", "a\u202eb"])
def test_an_external_id_that_hides_something_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        VAULT.blind_external("crm", text)


@given(st.text(max_size=60))
def test_a_spelling_once_normalised_stays(text: str) -> None:
    for normalise in (
        identifiers.normalise_email,
        identifiers.normalise_phone,
        identifiers.normalise_external,
    ):
        with suppress(Refusal):
            once = normalise(text)
            assert normalise(once) == once


def test_masks_show_staff_enough_to_recognise_and_no_more() -> None:
    assert identifiers.mask_email("jane@example.com") == "j***@e***.com"
    assert identifiers.mask_phone("+61491570006") == "***006"
    assert identifiers.mask_phone("+2906") == "***06"
    assert identifiers.mask_text("Jane van Dyke") == "J*** v*** D***"
