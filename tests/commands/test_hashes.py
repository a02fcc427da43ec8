"""The lists of what the images install: whole, by hash, and as the requirements and pins have them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.images import hashes
from infra.images.__main__ import main
from infra.local.docker.build import functions
from infra.local.errors import LocalError
from infra.local.paths import CHECKOUT, Paths

PATHS = Paths(CHECKOUT, CHECKOUT / ".local", CHECKOUT / ".local" / "cache")
LISTS = [CHECKOUT / "functions" / name / hashes.HASHED for name in functions(PATHS)]
ONE = "a" * 64
OTHER = "b" * 64


@pytest.fixture
def copy(tmp_path: Path) -> Paths:
    for file in [
        *LISTS,
        *CHECKOUT.glob("functions/*/requirements*.txt"),
        *CHECKOUT.glob("functions/*/Dockerfile"),
    ]:
        target = tmp_path / file.relative_to(CHECKOUT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    shutil.copyfile(CHECKOUT / "constraints.txt", tmp_path / "constraints.txt")
    return Paths(tmp_path, tmp_path / "state", tmp_path / "cache")


def test_the_lists_fit_the_requirements_and_pins(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hashes", "--check"]) == 0
    assert "by hash" in capsys.readouterr().out


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.parent.name)
def test_a_list_has_pins_and_hashes_and_no_address(file: Path) -> None:
    text = file.read_text()
    assert "://" not in text
    lines = [line for line in text.replace("\\\n", "").splitlines() if not line.startswith("#")]
    assert {"awslambdaric", "boto3", "urllib3"} <= {line.partition("==")[0] for line in lines}
    for line in lines:
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.]+( +--hash=sha256:[0-9a-f]{64})+", line), line


def test_the_images_install_nothing_but_their_list() -> None:
    for function in functions(PATHS):
        text = (CHECKOUT / "functions" / function / "Dockerfile").read_text()
        (installed,) = re.findall(r"pip install(?:.*\\\n)+", text)
        assert "--require-hashes" in installed
        assert "--only-binary :all:" in installed
        assert f"COPY functions/{function}/{hashes.HASHED} /build/" in text


def newer(copy: Paths) -> None:
    constraints = copy.root / "constraints.txt"
    constraints.write_text(re.sub(r"^httpx==.*$", "httpx==99", constraints.read_text(), flags=re.MULTILINE))


def unpinned(copy: Paths) -> None:
    constraints = copy.root / "constraints.txt"
    constraints.write_text(re.sub(r"^h11==.*\n", "", constraints.read_text(), flags=re.MULTILINE))


def asked(copy: Paths) -> None:
    with (copy.root / "functions/api/requirements.txt").open("a") as requirements:
        requirements.write("lxml\n")


def dropped(copy: Paths) -> None:
    requirements = copy.root / "functions/analyze/requirements-nodeps.txt"
    requirements.write_text("# nothing\n")


def unhashed(copy: Paths) -> None:
    listed = copy.root / "functions/notify" / hashes.HASHED
    listed.write_text(listed.read_text() + "six==1.17.0\n")


def lost(copy: Paths) -> None:
    (copy.root / "functions/cleanup" / hashes.HASHED).unlink()


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (newer, ["cleanup/.* has httpx .*, constraints.txt 99", "api/.* has httpx"]),
        (unpinned, ["api/.* has h11 .*, constraints.txt none"]),
        (asked, ["api/.* was made for other requirements"]),
        (dropped, ["analyze/.* was made for other requirements"]),
        (unhashed, ["notify/.* has no hash of six"]),
        (lost, ["cleanup/.* is missing"]),
    ],
)
def test_a_stale_list_is_found(copy: Paths, change: Callable[[Paths], None], reasons: list[str]) -> None:
    assert hashes.stale(copy) == []
    change(copy)
    found = "\n".join(hashes.stale(copy))
    assert all(re.search(reason, found) for reason in reasons), found


def test_a_package_that_no_image_needs_may_change(copy: Paths) -> None:
    constraints = copy.root / "constraints.txt"
    constraints.write_text(re.sub(r"^pytest==.*$", "pytest==99", constraints.read_text(), flags=re.MULTILINE))
    assert hashes.stale(copy) == []


def wheel(name: str, digest: str = ONE) -> dict[str, Any]:
    return {"url": f"https://index.example.com/{name}", "hashes": {"sha256": digest}}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("one-1-py3-none-any.whl", True),
        ("one-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", True),
        ("one-1-cp313-cp313-manylinux_2_28_aarch64.whl", True),
        ("one-1-cp39-abi3-manylinux_2_17_x86_64.whl", True),
        ("one-1-cp310-cp310-manylinux_2_17_x86_64.whl", False),
        ("one-1-cp314-cp314-manylinux_2_17_x86_64.whl", False),
        ("one-1-cp313-cp313t-manylinux_2_28_x86_64.whl", False),
        ("one-1-cp311-cp311-manylinux_2_39_x86_64.whl", False),
        ("one-1-cp311-cp311-musllinux_1_2_x86_64.whl", False),
        ("one-1-cp311-cp311-macosx_11_0_arm64.whl", False),
        ("one-1-cp311-cp311-win_amd64.whl", False),
    ],
)
def test_wheels_are_listed_that_an_image_can_install(name: str, kept: bool) -> None:
    wheels = [wheel("one-1-cp312-cp312-manylinux_2_17_x86_64.whl", OTHER), wheel(name)]
    text = hashes.render(["one"], [{"name": "one", "version": "1", "wheels": wheels}], {"one": "1"})
    assert (ONE in text) is kept
    assert OTHER in text
    assert "://" not in text


def test_a_package_without_a_pin_or_a_wheel_is_refused() -> None:
    package = {"name": "One.Two", "version": "1", "wheels": [wheel("one_two-1-cp311-cp311-win_amd64.whl")]}
    with pytest.raises(LocalError, match="add one-two==1"):
        hashes.render([], [package], {"one-two": "2"})
    with pytest.raises(LocalError, match="no wheel for Linux"):
        hashes.render([], [package], {"one-two": "1"})


def test_what_only_other_systems_need_is_left_out() -> None:
    wheels = [wheel("one-1-py3-none-any.whl")]
    markers = {"one": "sys_platform == 'win32'", "two": "python_full_version < '3.13'"}
    packages = [
        {"name": name, "version": "1", "wheels": wheels, "marker": marker} for name, marker in markers.items()
    ]
    text = hashes.render([], packages, {"one": "1", "two": "1"})
    assert "one==1" not in text
    assert "two==1 ; python_full_version < '3.13' \\\n" in text
