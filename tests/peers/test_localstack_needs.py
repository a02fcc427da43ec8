"""A real LocalStack that was started without what the stack needs is told apart from one that has it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest

from infra.directus.install import cache_folder
from infra.local.errors import LocalError
from infra.local.localstack_needs import ENVIRONMENT, require
from infra.local.stack import CREDENTIALS
from infra.localstack.install import NotInstallableError, ensure_installed
from infra.localstack.server import Server, stop_server

BARE = dict.fromkeys(ENVIRONMENT, "")


@dataclass(frozen=True, slots=True)
class OtherServer(Server):
    """A LocalStack with other settings; an empty one is left out."""

    changes: dict[str, str] = field(default_factory=dict)

    def _environment(self, port: int) -> dict[str, str]:
        environment = Server._environment(self, port) | self.changes
        return {name: value for name, value in environment.items() if value}


@pytest.fixture(params=[BARE, {}], ids=["bare", "as needed"], scope="module")
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("other-localstack") / "state"
    try:
        installation = ensure_installed(cache_folder(os.environ))
    except NotInstallableError as error:
        pytest.skip(str(error))
    try:
        yield OtherServer(folder, installation, request.param).start()
    finally:
        stop_server(folder)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return a zip larger than what a LocalStack takes by itself."""
    path = tmp_path / "analyze.zip"
    with zipfile.ZipFile(path, "w") as output:
        for number in range(3):
            output.writestr(f"model-{number}", bytes(100_000_000))
    return path


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=CREDENTIALS["AWS_REGION"],
    )


def test_what_is_missing_is_said_before_anything_is_deployed(
    endpoint: str, archive: Path, session: boto3.Session, request: pytest.FixtureRequest
) -> None:
    if "bare" in request.node.name:
        with pytest.raises(LocalError) as refused:
            require(endpoint, session, [archive])
        for name in ENVIRONMENT:
            assert f"-e {name}=" in str(refused.value)
    else:
        require(endpoint, session, [archive])
    queues = session.client("sqs", endpoint_url=endpoint).list_queues()
    assert "QueueUrls" not in queues


def test_an_endpoint_that_is_no_localstack_is_not_judged(session: boto3.Session) -> None:
    require("http://127.0.0.1:9", session, [])
