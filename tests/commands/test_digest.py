"""``python -m infra.images digest``, against a registry on this machine."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.images.__main__ import main
from infra.images.pin import write_base
from infra.images.registry import DEFAULT_REGISTRY, Reference, RegistryError, _address, resolve
from infra.local.errors import LocalError
from infra.local.paths import CHECKOUT
from tests.support.fakes import registry_server
from tests.support.fakes.registry_server import INDEX, MANIFEST, Registry, index

BODY = index("amd64", "arm64")
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
IMAGE = f"python:3.11-slim-bookworm@{DIGEST}"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    images = {"library/python:3.11-slim-bookworm": (INDEX, BODY), "team/base:latest": (INDEX, BODY)}
    with registry_server.serve(Registry(images)) as served:
        yield served


def python_of(registry: Registry) -> str:
    return resolve(Reference.parse("python:3.11-slim-bookworm"), registry.url)


@pytest.mark.parametrize(
    ("text", "host", "name", "tag"),
    [
        ("python", "", "python", "latest"),
        ("python:3.11-slim-bookworm", "", "python", "3.11-slim-bookworm"),
        ("team/python:1", "", "team/python", "1"),
        ("images.example.com/team/python:1", "images.example.com", "team/python", "1"),
        ("images.example.com:5000/python", "images.example.com:5000", "python", "latest"),
        ("registry:5000/python", "registry:5000", "python", "latest"),
        ("localhost/python:1", "localhost", "python", "1"),
        ("127.0.0.1:5000/python:1", "127.0.0.1:5000", "python", "1"),
        (f"python:3@{DIGEST}", "", "python", "3"),
    ],
)
def test_an_images_name_has_host_repository_and_tag(text: str, host: str, name: str, tag: str) -> None:
    assert Reference.parse(text) == Reference(host, name, tag)


@pytest.mark.parametrize("text", ["", "Python", "python:", "a b", "http://host/python", "python@sha256:12"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(RegistryError, match="no name of an image"):
        Reference.parse(text)


def test_registries_are_asked_by_https_but_on_this_machine() -> None:
    assert _address("") == DEFAULT_REGISTRY
    assert DEFAULT_REGISTRY.startswith("https://")
    assert _address("images.example.com:5000") == "https://images.example.com:5000"
    assert _address("127.0.0.1:5000") == "http://127.0.0.1:5000"


def test_a_tag_is_resolved_with_the_token_that_the_registry_asks_for(registry: Registry) -> None:
    assert python_of(registry) == IMAGE
    manifest, token, again = registry.asked
    assert manifest == again == "/v2/library/python/manifests/3.11-slim-bookworm"
    assert "scope=repository%3Alibrary%2Fpython%3Apull" in token


def test_a_registry_named_by_the_image_is_asked(registry: Registry) -> None:
    registry.wants_token = False
    image = f"{registry.host}/team/base"
    assert resolve(Reference.parse(image)) == f"{image}:latest@{DIGEST}"


def test_a_registry_that_names_no_digest_has_it_computed(registry: Registry) -> None:
    registry.names_digest = False
    assert python_of(registry) == IMAGE


def test_a_registry_that_names_another_digest_is_not_believed(registry: Registry) -> None:
    registry.header = f"sha256:{'0' * 64}"
    with pytest.raises(RegistryError, match="what it sent is " + DIGEST):
        python_of(registry)


def test_an_image_of_one_platform_has_its_manifests_digest(registry: Registry) -> None:
    registry.images["library/python:3.11-slim-bookworm"] = (MANIFEST, b"{}")
    assert python_of(registry).endswith(hashlib.sha256(b"{}").hexdigest())


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        (INDEX, index("arm64"), "not built for linux/amd64"),
        (INDEX, b"not JSON", "no JSON"),
        ("application/vnd.docker.distribution.manifest.v1+json", b"{}", "no image"),
    ],
)
def test_what_is_no_base_is_refused(registry: Registry, kind: str, body: bytes, reason: str) -> None:
    registry.images["library/python:3.11-slim-bookworm"] = (kind, body)
    with pytest.raises(RegistryError, match=reason):
        python_of(registry)


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (404, {}, "has no image python:3.11-slim-bookworm"),
        (401, {}, "not show .* to everybody"),
        (403, {}, "not show .* to everybody"),
        (429, {"Retry-After": "17"}, "ask again in 17 s"),
        (429, {}, "ask again later"),
        (503, {}, "answered 503"),
    ],
)
def test_a_refusal_says_why(registry: Registry, status: int, headers: dict[str, str], reason: str) -> None:
    registry.refusal = (status, headers)
    with pytest.raises(RegistryError, match=reason):
        python_of(registry)


def test_a_registry_that_wants_a_login_is_told_apart(registry: Registry) -> None:
    registry.scheme = "Basic"
    with pytest.raises(RegistryError, match="wants a login"):
        python_of(registry)


def test_no_token_is_an_error(registry: Registry) -> None:
    registry.gives_token = False
    with pytest.raises(RegistryError, match=r"gave no token \(status 403\)"):
        python_of(registry)


def test_a_registry_that_is_not_there_is_named() -> None:
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:1 gave no answer"):
        resolve(Reference.parse("127.0.0.1:1/python"))


def test_the_command_prints_the_line_to_use(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", "--registry", registry.url]) == 0
    assert capsys.readouterr().out == f"BaseImage={IMAGE}\n"
    assert main(["digest", "python:2", "--registry", registry.url]) == 1
    assert "error: the registry has no image python:2" in capsys.readouterr().err


def test_the_base_of_a_stage_is_set_and_set_again_and_nothing_else(tmp_path: Path) -> None:
    shipped = (CHECKOUT / "samconfig.toml").read_text()
    file = tmp_path / "samconfig.toml"
    file.write_text(shipped)
    write_base(file, "prod", "python:3@sha256:1")
    write_base(file, "prod", IMAGE)

    before, after = tomllib.loads(shipped), tomllib.loads(file.read_text())
    overrides = after["prod"]["deploy"]["parameters"]["parameter_overrides"]
    assert [entry for entry in overrides if entry.startswith("BaseImage=")] == [f"BaseImage={IMAGE}"]
    overrides.remove(f"BaseImage={IMAGE}")
    assert after == before
    changed = [line for line in file.read_text().splitlines() if line not in shipped.splitlines()]
    assert changed == [f'    "BaseImage={IMAGE}",']


def test_a_stage_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text("version = 0.1\n")
    with pytest.raises(LocalError, match="stage test"):
        write_base(file, "test", IMAGE)
