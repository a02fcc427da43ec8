"""A real Directus for one test file: a copy of a database that was bootstrapped once for the whole run."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from infra.directus import access
from infra.directus.bootstrap import bootstrap
from infra.directus.credentials import ADMIN_EMAIL, Credentials
from infra.directus.install import Installation
from infra.directus.local import stack_settings
from infra.directus.rest import Rest, Row
from infra.directus.server import RECORD, Server
from infra.local.paths import locked
from shared.directus import Directus

PASSWORD = "password-of-every-test-user"
CREDENTIALS = Credentials(
    "secret-of-the-tests-with-40-characters-00", PASSWORD, "admin-token", "worker-token"
)


@dataclass(frozen=True, slots=True)
class DirectusServer:
    """A running server, alone with the tests of one file. ``rest`` acts as its administrator."""

    server: Server
    url: str
    rest: Rest
    clients: list[Directus] = field(default_factory=list)

    @property
    def secret(self) -> str:
        """What signs its access tokens."""
        return self.server.credentials.secret

    @property
    def admin_token(self) -> str:
        return self.server.credentials.admin_token

    @property
    def worker_token(self) -> str:
        """The static token of the workers, who may do no more than they need."""
        return self.server.credentials.worker_token

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of a stack that works with this server."""
        return stack_settings(self.server)

    def client(self, token: str | None = None, **options: Any) -> Directus:
        """Return our client with a token, the workers' unless another is given; closed with the server."""
        client = Directus(self.url, self.worker_token if token is None else token, **options)
        self.clients.append(client)
        return client

    def login(self, email: str = ADMIN_EMAIL) -> str:
        """Return a fresh access token of a user, the administrator's unless another is named."""
        credentials = {"email": email, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/auth/login", json=credentials, timeout=30)
        return str(answer.raise_for_status().json()["data"]["access_token"])

    def add_user(
        self,
        name: str,
        *,
        products: Sequence[str] | None = None,
        role: str | None = None,
        admin: bool = False,
    ) -> str:
        """Add a user and return the email to log in with.

        ``products`` are the only ones this user may see; ``role`` is one that exists; ``admin`` gives
        admin_access. Without any of these the user may see nothing.
        """
        email = f"{name}-{uuid.uuid4().hex[:8]}@example.com"
        if role is None:
            policy, role = str(uuid.uuid4()), str(uuid.uuid4())
            self.rest.post(
                "/policies", {"id": policy, "name": name, "admin_access": admin, "app_access": True}
            )
            self.rest.post("/roles", {"id": role, "name": name})
            self.rest.post("/access", {"role": role, "policy": policy})
            if products is not None:
                access.grant(self.rest, policy, {("dcm_product", "read")}, {"id": {"_in": list(products)}})
        self.rest.post("/users", {"email": email, "password": PASSWORD, "role": role, "status": "active"})
        return email

    def add_product(self, **fields: Any) -> str:
        """Add a product and return its id."""
        row: Row = {"id": str(uuid.uuid4()), "product_name": "Test product", **fields}
        self.rest.post("/items/dcm_product", row)
        return str(row["id"])

    def rows(self, collection: str, where: Mapping[str, Any] | None = None) -> list[Row]:
        """Return all rows of a collection by the SEARCH method, which no client of ours uses."""
        query = {"filter": where or {}, "limit": -1}
        rows: list[Row] = self.rest.search(f"/items/{collection}", query)
        return rows

    def kill(self) -> None:
        """End the server as a crash would; ``restart`` brings it back."""
        self.server.kill()

    def restart(self, extra: Mapping[str, str] | None = None) -> None:
        """Stop the server where it runs, and start it at the same address, with ``extra`` environment."""
        self.server.stop()
        port = int(self.url.rpartition(":")[2])
        assert replace(self.server, extra=extra or self.server.extra).start([port]) == self.url


def template(folder: Path, installation: Installation) -> Path:
    """Return the folder of a bootstrapped database; the first of the workers makes it."""
    made = folder / "template"
    with locked(folder / "lock"):
        if not (made / ".complete").exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            server = Server(made, installation, CREDENTIALS)
            bootstrap(server.start(), CREDENTIALS.admin_token, CREDENTIALS.worker_token)
            server.stop()
            (made / ".complete").touch()
    return made


def copy_of(template_folder: Path, installation: Installation, extra: Mapping[str, str]) -> Server:
    """Return a server, not started, with a copy of a bootstrapped database beside its template."""
    folder = template_folder.parent / uuid.uuid4().hex[:12]
    shutil.copytree(template_folder, folder, ignore=shutil.ignore_patterns(RECORD, "*.log", ".complete"))
    return Server(folder, installation, CREDENTIALS, extra)
