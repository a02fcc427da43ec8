"""The accounts and secrets of one Directus, made once and readable by their owner alone."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

ADMIN_EMAIL = "admin@example.com"


@dataclass(frozen=True, slots=True)
class Credentials:
    """``secret`` signs access tokens; the tokens are static ones, of the administrator and of the workers."""

    secret: str
    admin_password: str
    admin_token: str
    worker_token: str
    admin_email: str = ADMIN_EMAIL

    @classmethod
    def of(cls, file: Path, secret: str) -> Credentials:
        """Return what the file holds, with this ``secret``; where it is missing, it is written."""
        try:
            filed = json.loads(file.read_text())
        except FileNotFoundError:
            filed = {
                name: secrets.token_urlsafe(24) for name in ("admin_password", "admin_token", "worker_token")
            }
            file.parent.mkdir(parents=True, exist_ok=True)
            write_private(file, json.dumps(filed, indent=2))
        return cls(secret, **filed)


def write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone can read, from its first byte on."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as output:
        output.write(text)
