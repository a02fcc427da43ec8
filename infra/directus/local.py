"""The Directus of a local stack: its folder lies in the stack's state, and they share the secret."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from infra.directus.access import SEEDER_ROLE
from infra.directus.bootstrap import Changes, bootstrap
from infra.directus.credentials import Credentials, write_private
from infra.directus.install import cache_folder, ensure_installed
from infra.directus.server import PORT, Server, stop_server
from infra.local.paths import Paths, locked
from infra.local.tokens import local_secret

CREDENTIALS = "credentials.json"


def server(paths: Paths, environment: Mapping[str, str]) -> Server:
    """Return the Directus of a stack, installed where it is not yet. Raises LocalError."""
    installation = ensure_installed(cache_folder(environment))
    secret = environment.get("DIRECTUS_SECRET") or local_secret(paths.secret)
    folder = _folder(paths)
    return Server(folder, installation, Credentials.of(folder / CREDENTIALS, secret))


def up(directus: Server, port: int | None = None) -> Changes:
    """Start the server, on ``port`` or 8055 where it is free, and bring its schema and data up to date."""
    credentials = directus.credentials
    with locked(directus.folder / "lock"):
        url = directus.start([port or PORT])
        changes = bootstrap(url, credentials.admin_token, credentials.worker_token)
        settings = stack_settings(directus)
        write_private(
            settings_file(directus), "".join(f"{name}={value}\n" for name, value in settings.items())
        )
    return changes


def down(paths: Paths, *, wipe: bool = False) -> bool:
    """Stop the Directus of a stack; with ``wipe`` remove its data. Return whether it ran."""
    folder = _folder(paths)
    if not folder.exists():
        return False
    with locked(folder / "lock"):
        stopped = stop_server(folder)
        if wipe:
            shutil.rmtree(folder)
    return stopped


def stack_settings(directus: Server) -> dict[str, str]:
    """Return the settings with which a stack works with this running Directus."""
    return {
        "DIRECTUS_URL": directus.url,
        "DIRECTUS_SECRET": directus.credentials.secret,
        "DIRECTUS_TOKEN": directus.credentials.worker_token,
        "SEED_ROLES": SEEDER_ROLE,
    }


def settings_file(directus: Server) -> Path:
    """Return the file of these settings, for a shell to read."""
    return directus.folder / "stack.env"


def _folder(paths: Paths) -> Path:
    return paths.state / "directus"
