"""The real Directus of the tests with peers; nothing of it outlives the run, however the run ends.

A test file gets a server of its own by the fixture ``directus_server``; a mapping ``DIRECTUS_ENVIRONMENT``
in the file adds to the server's environment. ``directus_stack`` is a local stack that works with it.

``images`` are the functions' images, ``container_stack`` is a local stack of the file whose workers run in
them; a mapping ``CONTAINER_SETTINGS`` in the file gives its settings.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.directus import guard as directus_guard
from infra.directus.install import Installation, NotInstallableError, cache_folder, ensure_installed
from infra.directus.rest import Rest
from infra.local import guard
from infra.local.docker.base import NoBaseError, ensure_base
from infra.local.docker.build import Image, build_images
from infra.local.docker.engine import NoEngineError, require_engine
from infra.local.paths import Paths, locked
from infra.local.stack import LocalStack
from tests.peers.directus import DirectusServer, copy_of, template
from tests.support.stack.fixtures import server_url, stack
from tests.support.stack.run import OWNER, RUN

__all__ = ["server_url", "stack"]

# Below those that the system gives to clients: a server that is down for a while gets its port back.
FIXED_PORTS = range(20_000, 32_000)


@pytest.fixture(scope="session")
def directus_installation() -> Installation:
    try:
        return ensure_installed(cache_folder(os.environ))
    except NotInstallableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def directus_template(directus_installation: Installation) -> Path:
    folder = Path(f"{os.environ[RUN]}-directus")
    with locked(folder / "lock"):
        if not (folder / directus_guard.LOG).exists():
            directus_guard.watch(folder, int(os.environ[OWNER]))
    return template(folder, directus_installation)


@pytest.fixture(scope="module")
def directus_server(
    request: pytest.FixtureRequest, directus_installation: Installation, directus_template: Path
) -> Iterator[DirectusServer]:
    """Return a running server that this file alone uses."""
    extra = getattr(request.module, "DIRECTUS_ENVIRONMENT", {})
    server = copy_of(directus_template, directus_installation, extra)
    try:
        url = server.start(random.sample(FIXED_PORTS, 20))
        with Rest(url, server.credentials.admin_token) as rest:
            running = DirectusServer(server, url, rest)
            yield running
            for client in running.clients:
                client.close()
    finally:
        server.remove()


@pytest.fixture(scope="module")
def directus_stack(
    directus_server: DirectusServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStack]:
    """Return a deployed stack that this file alone uses, with its Directus; ``serve()`` starts its API."""
    usual = Paths.from_environment(os.environ)
    folder = tmp_path_factory.mktemp("directus-stack")
    paths = Paths(usual.root, folder / "state", usual.cache)
    paths.state.mkdir()
    guard.watch(paths, folder, int(os.environ[OWNER]))
    try:
        settings = directus_server.settings
        with LocalStack(paths, settings, fixed_ports=False, enforce_permissions=True) as stack:
            yield stack
    finally:
        guard.dismiss(paths)


@pytest.fixture(scope="session")
def images() -> dict[str, Image]:
    """Return the images of all functions, built from the code as it is."""
    paths = Paths.from_environment(os.environ)
    try:
        require_engine()
        with locked(paths.cache / "images.lock"):
            return build_images(paths, ensure_base(paths))
    except (NoEngineError, NoBaseError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def container_stack(
    request: pytest.FixtureRequest, images: dict[str, Image], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStack]:
    """Return a deployed stack that this file alone uses, with its workers in containers."""
    usual = Paths.from_environment(os.environ)
    folder = tmp_path_factory.mktemp("container-stack")
    paths = Paths(usual.root, folder / "state", usual.cache)
    paths.state.mkdir()
    guard.watch(paths, folder, int(os.environ[OWNER]))
    settings = getattr(request.module, "CONTAINER_SETTINGS", {})
    local = LocalStack(paths, settings, fixed_ports=False, enforce_permissions=True, in_containers=True)
    try:
        with local as stack:
            yield stack
    finally:
        guard.dismiss(paths)
