"""Signatures, checked by the specification's own library."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared.clock import utc_now
from shared.notifications import signing
from shared.notifications.signing import SecretRefusedError

BODY = '{"type":"job.completed","note":"§ 7 Übung"}'.encode()


def test_the_library_of_the_specification_accepts_a_signature() -> None:
    secret = signing.new_secret()
    headers = dict(signing.headers([secret], "msg_1", utc_now(), BODY))
    assert Webhook(secret).verify(BODY, headers)["type"] == "job.completed"


def test_it_computes_the_same_one() -> None:
    secret, at = signing.new_secret(), datetime(2026, 11, 21, 12, tzinfo=UTC)
    theirs = Webhook(secret).sign("msg_1", at, BODY.decode())
    assert signing.signature(secret, "msg_1", int(at.timestamp()), BODY) == theirs


def test_it_accepts_the_old_and_the_new_secret_while_both_sign() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    headers = dict(signing.headers([new, old], "msg_1", utc_now(), BODY))
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("change", ["body", "id", "time", "secret", "late"])
def test_it_refuses_what_was_changed(change: str) -> None:
    secret = signing.new_secret()
    at = utc_now() - timedelta(minutes=10 if change == "late" else 0)
    headers = dict(signing.headers([secret], "msg_1", at, BODY))
    headers |= {
        "id": {"webhook-id": "msg_2"},
        "time": {"webhook-timestamp": str(int(at.timestamp()) + 1)},
    }.get(change, {})
    verifier = Webhook(signing.new_secret() if change == "secret" else secret)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(BODY + b" " if change == "body" else BODY, headers)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", base64.b64encode(b"x" * 32).decode(), "whsec_äöü",
     "whsec_" + base64.b64encode(b"x" * 65).decode(), "WHSEC_" + base64.b64encode(b"x" * 32).decode()],
)  # fmt: skip
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(SecretRefusedError) as refusal:
        signing.key_of(secret)
    assert len(secret) < 10 or secret not in refusal.value.detail


def test_secrets_are_long_and_never_the_same() -> None:
    made = {signing.new_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(len(signing.key_of(secret)) == 32 for secret in made)
