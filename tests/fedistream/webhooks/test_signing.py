"""Signatures, checked by the published library of Standard Webhooks and by the other scheme's documentation."""

import base64
import hashlib
import hmac
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from fedistream.core.errors import Invalid
from fedistream.webhooks import signing
from fedistream.webhooks.values import MAX_KEY, MAX_SECRET, MIN_KEY

BODY = b'{"type":"CHAT","eventData":{"body":"<p>\xc3\xa4</p>"}}'


def signed(secret: str, body: bytes = BODY) -> dict[str, str]:
    return signing.headers(secret, "msg_1", int(time.time()), body)


def test_the_published_library_accepts_the_signature() -> None:
    secret = signing.new_secret(bytes(range(24)))
    assert Webhook(secret).verify(BODY, signed(secret))["type"] == "CHAT"


def test_the_published_library_refuses_another_body_key_or_id() -> None:
    secret = signing.new_secret(bytes(range(24)))
    for key, body, more in (
        (secret, BODY + b" ", {}),
        (signing.new_secret(bytes(24)), BODY, {}),
        (secret, BODY, {"webhook-id": "msg_2"}),
        (secret, BODY, {"webhook-timestamp": str(int(time.time()) - 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, signed(secret) | more)


def test_a_secret_in_another_form_is_the_key_as_it_stands() -> None:
    secret = "a secret of an older program"
    assert Webhook(secret.encode()).verify(BODY, signed(secret))["type"] == "CHAT"


def test_the_example_of_the_specification_is_signed_alike() -> None:
    # the published library's own test
    secret, message_id, timestamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    made = signing.headers(secret, message_id, timestamp, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_other_header_is_signed_as_documented() -> None:
    secret = signing.new_secret(bytes(range(24)))
    stamp, _, signature = signed(secret)["owncast-signature"].partition(".")
    number = stamp.removeprefix("t=")
    expected = hmac.new(secret.encode(), f"{number}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert signature == f"s={expected}"


def test_without_a_secret_there_is_an_id_and_a_time_alone() -> None:
    assert set(signed("")) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    "secret", ["", "x", "x" * MAX_SECRET, *(signing.new_secret(bytes(length)) for length in (MIN_KEY, MAX_KEY))]
)
def test_secrets_within_the_limits_are_accepted(secret: str) -> None:
    assert signing.check_secret(secret) == secret


@pytest.mark.parametrize(
    "secret",
    [
        "x" * (MAX_SECRET + 1),
        "new\nline",
        "whsec_",
        "whsec_not base64!",
        signing.new_secret(bytes(30)).replace("AAAA", "AA!AA", 1),
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 24).decode(),
        *(signing.new_secret(bytes(length)) for length in (MIN_KEY - 1, MAX_KEY + 1)),
    ],
)
def test_secrets_beyond_them_are_refused(secret: str) -> None:
    with pytest.raises(Invalid) as refused:
        signing.check_secret(secret)
    assert refused.value.field == "secret"
