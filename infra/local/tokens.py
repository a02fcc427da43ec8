"""Access tokens for the local stack, of the form that Directus issues."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import jwt

SUBJECT = "00000000-0000-4000-8000-000000000001"


def local_secret(file: Path) -> str:
    """Return this stack's signing secret; it is made once, readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(handle, "w") as output:
        secret = secrets.token_urlsafe(36)
        output.write(secret)
    return secret


def mint(
    secret: str,
    *,
    subject: str = SUBJECT,
    admin: bool = False,
    role: str | None = None,
    ttl_seconds: int = 3600,
) -> str:
    """Return a signed token for ``subject`` that expires after ``ttl_seconds``."""
    now = int(time.time())
    claims = {
        "id": subject,
        "role": role,
        "app_access": True,
        "admin_access": admin,
        "iss": "directus",
        "iat": now,
        "exp": now + ttl_seconds,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
