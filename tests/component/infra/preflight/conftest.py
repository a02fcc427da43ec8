"""A machine that can deploy, whose SAM CLI writes down what it is asked, and an account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore import loaders, session

from infra.aws import deploy
from infra.images import sam
from infra.local import package
from infra.local.paths import CHECKOUT, Paths
from tests.support.fakes import aws_account_server
from tests.support.fakes.aws_account import AwsAccount
from tests.support.preflight import Machine

DOCKER = "#!/bin/sh\necho 29.1\n"
SAM = '#!/bin/sh\necho "$@" >> "{log}"\n'


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture(scope="module", autouse=True)
def models_read_once() -> Iterator[None]:
    """Let all sessions of boto3 share one reader of the services' models, which takes most of a call here."""
    loader = loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", lambda _path=None: loader)
        yield


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    paths = Paths.from_environment({"CLAUSEWORKS_CACHE": str(tmp_path / "cache")})
    # As the first use of the SAM CLI leaves its environment, with a program of ours in it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "pip_install", lambda *_, **__: None)
        program(sam.ensure_sam(paths), SAM.format(log=tmp_path / "sam.log"))
    monkeypatch.setenv("CLAUSEWORKS_CACHE", str(tmp_path / "cache"))
    program(tmp_path / "bin" / "docker", DOCKER)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "samconfig.toml").write_text((CHECKOUT / "samconfig.toml").read_text())
    monkeypatch.setattr(deploy, "CONFIGURATION", tmp_path / "samconfig.toml")
    return Machine(tmp_path)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AwsAccount]:
    """An account with a usual quota and all secrets of the stages, where nothing was deployed yet."""
    secrets = ("directus-secret", "directus-token")
    stored = {f"/clauseworks-{stage}/{name}": "SecureString" for stage in ("dev", "prod") for name in secrets}
    with aws_account_server.serve(AwsAccount(parameters=stored)) as served:
        for name, value in {
            "AWS_ENDPOINT_URL": served.url,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
            monkeypatch.delenv(name, raising=False)
        yield served
