"""The compose file, read by docker-compose; it needs no engine for that."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
import yaml

from tests.support.paths import ROOT

VARIABLES = ("DIRECTUS_SECRET", "DIRECTUS_TOKEN", "DIRECTUS_ADMIN_TOKEN", "DIRECTUS_ADMIN_PASSWORD")


def config(*left_out: str) -> subprocess.CompletedProcess[str]:
    """Return what docker-compose makes of the file, without some of the variables."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed (Debian: docker-compose)")
    given = {name: f"value of {name}" for name in VARIABLES if name not in left_out}
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **given}
    command = [program, "--file", str(ROOT / "infra" / "compose.yaml"), "config"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_file_is_valid_and_says_what_waits_for_what() -> None:
    read = config()
    assert read.returncode == 0, read.stderr
    services = yaml.safe_load(read.stdout)["services"]
    assert set(services) == {"directus", "directus-bootstrap", "localstack", "deploy"}
    assert {name for name, service in services.items() if "healthcheck" in service} == {
        "directus",
        "localstack",
    }
    assert services["deploy"]["depends_on"] == {
        "localstack": {"condition": "service_healthy"},
        "directus-bootstrap": {"condition": "service_completed_successfully"},
    }
    assert services["directus-bootstrap"]["depends_on"] == {"directus": {"condition": "service_healthy"}}
    for service in services.values():
        assert ":" in service["image"], "an image without a version"
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert services["directus"]["environment"]["SECRET"] == "value of DIRECTUS_SECRET"


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_that_is_missing_is_named(name: str) -> None:
    refused = config(name)
    assert refused.returncode != 0
    assert name in refused.stderr
