"""The images: small, whole, with the pinned packages, and content with what Lambda lets them do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from infra.local.docker import engine
from infra.local.docker.build import MEGABYTE, Image
from infra.local.paths import CHECKOUT

pytestmark = pytest.mark.slow(reason="images are built, and containers start")

FUNCTIONS = ("analyze", "api", "cleanup", "notify")
# In megabytes: of analyze the whole image, of the others what they add to their base.
BOUNDS = {"analyze": 600, "api": 250, "cleanup": 250, "notify": 250}
LOOK = """
import importlib.metadata, json, os, pathlib
here = pathlib.Path(".")
print(json.dumps({
    "user": os.getuid(),
    "folder": os.getcwd(),
    "functions": sorted(path.name for path in here.glob("functions/*")),
    "files": sorted(str(path) for path in here.rglob("*") if path.is_file()),
    "packages": {one.name: one.version for one in importlib.metadata.distributions()},
}))
"""
SETTINGS = {
    "JOBS_TABLE": "jobs",
    "DOCUMENTS_BUCKET": "documents",
    "ANALYSIS_QUEUE_URL": "http://127.0.0.1:9/analysis",
    "CLEANUP_QUEUE_URL": "http://127.0.0.1:9/cleanup",
    "NOTIFICATION_QUEUE_URL": "http://127.0.0.1:9/notifications",
    "DIRECTUS_SECRET": "secret-of-the-tests-with-40-characters-00",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def python(image: Image, code: str, *options: str) -> str:
    """Run code in an image as Lambda does: nothing to write to but /tmp; return what it prints."""
    as_lambda = ("--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none")  # noqa: S108
    return engine.docker(
        "run", *as_lambda, *options, "--entrypoint", "/opt/venv/bin/python", image.image_id, "-c", code
    )


@pytest.fixture(scope="module", params=FUNCTIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def found(images: dict[str, Image], name: str) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads(python(images[name], LOOK))
    return seen


def test_every_function_has_an_image(images: dict[str, Image]) -> None:
    assert sorted(images) == sorted(FUNCTIONS) == sorted(BOUNDS)


def test_the_commands_of_the_readme_show_the_sizes(images: dict[str, Image]) -> None:
    for command in ("build", "sizes"):
        done = subprocess.run(
            [sys.executable, "-m", "infra.images", command],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        lines = done.stdout.strip().splitlines()[-len(images) :]
        assert [line.split()[0] for line in lines] == [f"clauseworks-{name}:latest" for name in images]


def test_the_size_is_within_bounds(images: dict[str, Image], name: str) -> None:
    image = images[name]
    size = image.size if name == "analyze" else image.own
    assert 0 < size < BOUNDS[name] * MEGABYTE


def test_it_runs_as_nobody(found: dict[str, Any]) -> None:
    assert found["user"] == 65534


def test_it_holds_its_own_function_and_what_is_shared(found: dict[str, Any], name: str) -> None:
    assert found["folder"] == "/var/task"
    assert found["functions"] == ["__init__.py", "__pycache__", name]
    assert {path.split("/")[0] for path in found["files"]} == {"functions", "shared"}
    assert not [path for path in found["files"] if path.endswith(("Dockerfile", ".md"))]


def test_every_package_has_its_pinned_version(found: dict[str, Any]) -> None:
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    pins = {canonical(package): version for package, _, version in (line.partition("==") for line in lines)}
    installed = {canonical(package): version for package, version in found["packages"].items()}
    assert "awslambdaric" in installed
    assert "pip" not in installed
    assert installed == {package: pins.get(package) for package in installed}


def test_the_handler_loads_for_any_user_and_without_writing(images: dict[str, Image], name: str) -> None:
    variables = [part for pair in SETTINGS.items() for part in ("--env", "=".join(pair))]
    code = f"import functions.{name}.handler as module; print(callable(module.handler))"
    assert python(images[name], code, "--user", "993:990", *variables) == "True"


def test_the_entry_point_is_the_lambda_runtime(images: dict[str, Image], name: str) -> None:
    shown = engine.docker("image", "inspect", "--format", "{{json .Config}}", images[name].image_id)
    config = json.loads(shown)
    assert config["Entrypoint"][-2:] == ["-m", "awslambdaric"]
    assert config["Cmd"] == [f"functions.{name}.handler.handler"]


def canonical(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
