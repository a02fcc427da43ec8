from __future__ import annotations

import stat
import time
from pathlib import Path

import jwt

from infra.local.tokens import local_secret, mint

SECRET = "a secret of thirty-two characters"


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    file = tmp_path / "state" / "secret"
    secret = local_secret(file)

    assert len(secret) >= 32
    assert local_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_stacks_have_two_secrets(tmp_path: Path) -> None:
    assert local_secret(tmp_path / "a") != local_secret(tmp_path / "b")


def test_a_token_has_the_claims_of_directus() -> None:
    before = int(time.time())
    token = mint(SECRET, subject="somebody", admin=True, role="editor", ttl_seconds=60)
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], issuer="directus")

    assert claims["id"] == "somebody"
    assert claims["role"] == "editor"
    assert claims["admin_access"] is True
    assert claims["app_access"] is True
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iat"] >= before


def test_a_plain_token_gives_no_admin_rights() -> None:
    claims = jwt.decode(mint(SECRET), SECRET, algorithms=["HS256"])

    assert claims["admin_access"] is False
    assert claims["role"] is None
