"""The credentials of the Directus of a machine, as files."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from infra.directus.credentials import Credentials


def test_credentials_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "state" / "credentials.json"

    made = Credentials.of(file, "secret")

    assert Credentials.of(file, "secret") == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({made.admin_password, made.admin_token, made.worker_token}) == 3
    assert "secret" not in json.loads(file.read_text()).values()
