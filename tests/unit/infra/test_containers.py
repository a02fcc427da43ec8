"""The parts of the containers on the local stack that need no engine."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from infra.local import containers
from infra.local.derive import Code, ContainerImage, derive, function_packages
from infra.local.errors import LocalError
from infra.local.paths import CHECKOUT, Paths
from infra.local.stack import LocalStack
from infra.local.template import resources_of
from tests.support import shipped


@pytest.fixture
def paths() -> Paths:
    return Paths(CHECKOUT, Path("/stack/state"), Path("/stack/cache"))


def test_addresses_of_the_loopback_become_those_of_the_host() -> None:
    variables = {
        "DIRECTUS_URL": "http://127.0.0.1:8055",
        "AWS_ENDPOINT_URL": "http://localhost:4566/path?host=localhost",
        "ELSEWHERE": "https://cms.example.com/127.0.0.1",
        "TABLE": "jobs",
        "EMPTY": "",
    }
    assert containers.reachable(variables) == variables | {
        "DIRECTUS_URL": "http://host.docker.internal:8055",
        "AWS_ENDPOINT_URL": "http://host.docker.internal:4566/path?host=localhost",
    }


@pytest.mark.parametrize(
    ("url", "ports"),
    [
        ("http://127.0.0.1:8055", [8055]),
        ("http://localhost", [80]),
        ("https://cms.example.com", []),
        ("", []),
    ],
)
def test_a_directus_on_this_machine_is_forwarded_to(url: str, ports: list[int]) -> None:
    assert containers.ports_of({"DIRECTUS_URL": url}) == ports


def test_functions_of_images_keep_their_command_and_enter_through_the_interface() -> None:
    template = shipped.template()
    image = ContainerImage("sha256:1", ("/interface", "python"), {"EXTRA": "1"})
    packages = function_packages(template)
    code = {
        name: image if package in containers.PACKAGES else Code("bucket", "api.zip")
        for name, package in packages.items()
    }
    before = copy.deepcopy(template)
    local = resources_of(derive(template, code, {}), "AWS::Serverless::Function")
    assert template == before
    assert {packages[name] for name, function in local.items() if "ImageUri" in function} == {
        "analyze",
        "cleanup",
        "notify",
    }
    for name, function in local.items():
        if "ImageUri" not in function:
            assert "CodeUri" in function
            continue
        assert function["PackageType"] == "Image"
        assert function["ImageUri"] == "sha256:1"
        own = before["Resources"][name]["Properties"]["ImageConfig"]["Command"]
        assert function["ImageConfig"] == {"Command": own, "EntryPoint": ["/interface", "python"]}
        assert function["Environment"]["Variables"]["EXTRA"] == "1"
        assert not {"Runtime", "Handler", "CodeUri"} & set(function)
        named = before["Resources"][name]["Properties"]["FunctionName"]
        assert function["FunctionName"] == {"Fn::Join": ["", [named, "-image"]]}
        assert function["LoggingConfig"] == {"LogGroup": {"Fn::Join": ["", ["/aws/lambda/", named]]}}


def test_containers_need_an_engine(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(LocalError, match="no Docker engine"):
        containers.prepare(paths, wanted=True)
    assert not containers.enabled(paths)


def test_containers_and_another_endpoint_exclude_each_other(paths: Paths) -> None:
    with pytest.raises(LocalError, match="own emulator"):
        LocalStack(paths, endpoint="http://127.0.0.1:4566", in_containers=True)


def test_without_containers_nothing_is_added(paths: Paths) -> None:
    assert containers.prepare(paths, wanted=False) == {}
    assert not containers.enabled(paths)
