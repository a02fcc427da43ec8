"""The Dockerfiles, and the parts of ``infra.images`` that need no engine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from infra.images import sam
from infra.images.__main__ import main
from infra.local.docker import base, engine
from infra.local.docker.build import Image, functions, table
from infra.local.errors import LocalError
from infra.local.paths import CHECKOUT, Paths
from infra.local.template import load_template, resources_of

PATHS = Paths(CHECKOUT, CHECKOUT / ".local", CHECKOUT / ".local" / "cache")


def dockerfile(function: str) -> str:
    """Return a Dockerfile without its comments and its function's name."""
    text = (CHECKOUT / "functions" / function / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return re.sub(rf"\bfunctions([/.]){function}\b", r"functions\1FUNCTION", "\n".join(lines))


def test_every_dockerfile_is_the_same_but_for_its_function() -> None:
    assert functions(PATHS) == ["analyze", "api", "cleanup", "notify"]
    assert dockerfile("api") == dockerfile("cleanup") == dockerfile("notify")
    # The analysis has fonts and a translator besides; all that is shared stands there in the same order.
    larger = iter(dockerfile("analyze").splitlines())
    missing = [line for line in dockerfile("api").splitlines() if not any(line == one for one in larger)]
    assert missing == []


def test_the_images_keep_what_botocore_needs_of_each_service() -> None:
    kept = re.search(r'AWS_SERVICES="([^"]*)"', (CHECKOUT / "functions" / "api" / "Dockerfile").read_text())
    code = "".join(
        path.read_text() for folder in ("functions", "shared") for path in (CHECKOUT / folder).rglob("*.py")
    )
    used = set(re.findall(r'client\(\s*"([a-z0-9-]+)"', code))
    assert kept is not None
    assert len(used) > 5
    assert used <= set(kept.group(1).split())


def test_the_template_builds_from_the_dockerfiles_on_the_same_base() -> None:
    template = load_template(CHECKOUT / "template.yaml")
    default = template["Parameters"]["BaseImage"]["Default"]
    assert f"ARG BASE_IMAGE={default}\n" in (CHECKOUT / "functions" / "api" / "Dockerfile").read_text()
    for name in resources_of(template, "AWS::Serverless::Function"):
        metadata = template["Resources"][name]["Metadata"]
        assert (CHECKOUT / metadata["DockerContext"] / metadata["Dockerfile"]).is_file()
        assert metadata["DockerBuildArgs"] == {"BASE_IMAGE": {"Ref": "BaseImage"}}


def test_pips_own_certificates_and_index_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PIP_CERT", "PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://index.example.com/simple\ncert = /certificates\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    found = base.pip_settings()
    assert found["index-url"] == "https://index.example.com/simple"
    assert found["cert"] == "/certificates"


def test_an_index_with_a_password_stays_out_of_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:password@index.example.com/simple")
    assert "password" not in str(base.pip_settings())


def test_without_a_registry_and_debootstrap_there_is_no_base(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path, monkeypatch, "exit 1")
    with pytest.raises(base.NoBaseError, match="debootstrap"):
        base.ensure_base(PATHS)


def test_an_engine_that_does_not_answer_is_told_from_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(engine.NoEngineError, match="missing"):
        engine.require_engine()
    program(tmp_path, monkeypatch, "echo 'cannot connect' >&2; exit 1")
    with pytest.raises(engine.NoEngineError, match="cannot connect"):
        engine.require_engine()
    program(tmp_path, monkeypatch, "echo 20.10")
    engine.require_engine()


def test_a_failed_command_shows_the_engines_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path, monkeypatch, "seq 100; echo 'no space left' >&2; exit 1")
    with pytest.raises(LocalError, match="no space left") as failed:
        engine.docker("build", "--quiet")
    assert len(str(failed.value).splitlines()) == engine.SHOWN_LINES + 1
    assert "--quiet" not in str(failed.value)


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program in the place of ``docker``, and leave no other on the path but the shell's."""
    file = folder / "docker"
    file.write_text(f"#!/bin/bash\nPATH=/usr/bin:/bin\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_the_table_shows_megabytes_over_the_base() -> None:
    shown = table({"api": Image("sha256:1", "clauseworks-api:latest", 181_000_000, 57_000_000)})
    assert re.split(r"\s{2,}", shown) == ["clauseworks-api:latest", "181 MB,", "57 MB over its base"]


def test_sam_deploys_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sam", "deploy"]) == 1
    assert "your own sam" in capsys.readouterr().err


def test_sam_local_wants_a_build_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path, monkeypatch, "echo 20.10")
    paths = Paths(CHECKOUT, tmp_path / "state", tmp_path / "cache")
    with pytest.raises(LocalError, match="sam build"):
        sam.additions(paths, "local")


def test_a_checked_out_script_can_be_run() -> None:
    script = CHECKOUT / "infra" / "images" / "engine.sh"
    done = subprocess.run([script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage" in done.stderr
