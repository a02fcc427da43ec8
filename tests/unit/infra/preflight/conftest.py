"""A machine that can deploy, whose SAM CLI writes down what it is asked, and an account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.aws import deploy
from infra.images import sam
from infra.local import package
from infra.local.paths import CHECKOUT, Paths
from tests.support.fakes import aws_account_server
from tests.support.fakes.aws_account import AwsAccount

DOCKER = "#!/bin/sh\necho 29.1\n"
LIST = "parameter_overrides = [\n"
SAM = '#!/bin/sh\necho "$@" >> "{log}"\n'


@dataclass(frozen=True)
class Machine:
    """The machine: a folder for its programs, another for what they did, and the stages' settings."""

    folder: Path

    @property
    def commands(self) -> list[str]:
        """What the SAM CLI was asked to do, in order."""
        log = self.folder / "sam.log"
        return log.read_text().splitlines() if log.exists() else []

    def without_docker(self) -> None:
        (self.folder / "bin" / "docker").write_text("#!/bin/sh\necho 'Cannot connect' >&2\nexit 1\n")

    def set(self, stage: str, **parameters: str) -> None:
        """Change settings of a stage in samconfig.toml, as whoever deploys does."""
        path = self.folder / "samconfig.toml"
        head, section, rest = path.read_text().partition(f"[{stage}.deploy.parameters]")
        for name, value in parameters.items():
            rest = re.sub(rf'^    "{name}=.*\n', "", rest, count=1, flags=re.MULTILINE)
            rest = rest.replace(LIST, f"{LIST}    {json.dumps(f'{name}={value}')},\n", 1)
        path.write_text(head + section + rest)


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


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
