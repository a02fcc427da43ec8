"""Signatures of webhooks, as the Standard Webhooks specification has them (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from shared.errors import ClauseworksError

PREFIX = "whsec_"
SECRET_BYTES = 32
# The bounds that the specification sets.
MIN_BYTES, MAX_BYTES = 24, 64


class SecretRefusedError(ClauseworksError):
    """The secret that a caller brought is none that can sign."""

    status = 422

    def __init__(self) -> None:
        super().__init__(
            "webhook-secret-refused",
            f"A webhook's secret is {PREFIX!r} and the Base64 form of {MIN_BYTES} to {MAX_BYTES} random "
            "bytes. Leave it out to be given one.",
        )


def new_secret() -> str:
    """Return a random secret, in the form that receivers' libraries take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """Return the bytes that a secret stands for; raises SecretRefusedError."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX).encode(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise SecretRefusedError
    return key


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of one secret: HMAC-SHA256 over ``id.timestamp.body``; seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def headers(keys: Iterable[str], message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers of a message, with a signature by every secret that is valid now."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in keys),
    }
