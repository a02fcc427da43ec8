"""What a deployment writes into samconfig.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.aws import deploy as aws
from infra.images.pin import write_base


def test_images_are_built_on_the_base_that_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "samconfig.toml"
    configuration.write_text(aws.CONFIGURATION.read_text())
    monkeypatch.setattr(aws, "CONFIGURATION", configuration)
    write_base(configuration, "prod", "python:3@sha256:0")
    build, deploy = aws.commands(Path("/sam"), "prod")
    assert build[-2:] == ["--parameter-overrides", "BaseImage=python:3@sha256:0"]
    assert deploy == ["/sam", "deploy", "--config-env", "prod"]
