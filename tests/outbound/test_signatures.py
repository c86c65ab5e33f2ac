"""Standard Webhooks: the vector of the standard's own libraries, and what no signature is."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from hub import signatures
from hub.signatures import is_signed, secret, sign

# As the reference implementations of Standard Webhooks 1.0.0 have it in their tests.
SHOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = (
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    datetime.fromtimestamp(1614265330, UTC),
    b'{"test": 2432232314}',
)
EXPECTED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
KEY = secret(SHOWN)
OTHER = secret("whsec_" + base64.b64encode(bytes(32)).decode())


def test_a_signature_is_the_one_of_the_standard() -> None:
    assert sign(ID, AT, BODY, [KEY]) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": EXPECTED,
    }


def test_while_a_secret_is_changed_both_are_good() -> None:
    headers = sign(ID, AT, BODY, [OTHER, KEY])
    assert is_signed(headers, BODY, [KEY], AT)
    assert is_signed(headers, BODY, [OTHER], AT)
    assert is_signed(sign(ID, AT, BODY, [KEY]), BODY, [OTHER, KEY], AT)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"}, {"webhook-id": ""}, {"webhook-timestamp": "1614265331"}, {"webhook-timestamp": "x"},
        {"webhook-timestamp": ""}, {"webhook-timestamp": "９９"}, {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""}, {"webhook-signature": EXPECTED[3:]}, {"webhook-signature": "v1a" + EXPECTED[2:]},
        {"webhook-signature": "é"},
    ],
)  # fmt: skip
def test_what_was_changed_is_not_signed(change: dict[str, str]) -> None:
    headers = sign(ID, AT, BODY, [KEY])
    assert is_signed(headers, BODY, [KEY], AT)
    assert not is_signed(headers | change, BODY, [KEY], AT)


def test_another_body_or_secret_is_not_signed() -> None:
    headers = sign(ID, AT, BODY, [KEY])
    assert not is_signed(headers, BODY + b" ", [KEY], AT)
    assert not is_signed(headers, BODY, [OTHER], AT)
    assert not is_signed(headers, BODY, [], AT)
    assert not is_signed({}, BODY, [KEY], AT)


def test_a_signature_is_good_for_five_minutes() -> None:
    headers = sign(ID, AT, BODY, [KEY])
    for sign_of in (1, -1):
        assert is_signed(headers, BODY, [KEY], AT + sign_of * timedelta(seconds=300))
        assert not is_signed(headers, BODY, [KEY], AT + sign_of * timedelta(seconds=301))


@pytest.mark.parametrize(
    "shown", ["", "whsec_", "whsec_AAAA", "whsec_!", "whsec_" + base64.b64encode(bytes(65)).decode()]
)
def test_what_is_no_secret_is_refused(shown: str) -> None:
    with pytest.raises(ValueError, match="a secret"):
        secret(shown)


def test_an_id_with_a_dot_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="no dot"):
        sign("a.b", AT, BODY, [KEY])
    assert signatures.TOLERANCE_SECONDS == 300
