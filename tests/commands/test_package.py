from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from infra.local import package
from infra.local.errors import LocalError
from infra.local.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    root = tmp_path / "checkout"
    for folder in ("functions/api/deep", "functions/analyze", "shared"):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").write_text("")
    for package_file in ("functions/__init__.py", "functions/api/__init__.py"):
        (root / package_file).write_text("")
    (root / "functions/api/handler.py").write_text("ANSWER = 42\n")
    (root / "functions/api/deep/data.yaml").write_text("a: 1\n")
    (root / "functions/api/Dockerfile").write_text("FROM scratch\n")
    (root / "functions/api/requirements.txt").write_text("")
    (root / "functions/analyze/secret.py").write_text("")
    (root / "constraints.txt").write_text("")
    return Paths(root, tmp_path / "state", tmp_path / "cache")


def build(paths: Paths) -> Path:
    return package.archive(paths, "api", with_dependencies=False)


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return {name for name in opened.namelist() if "__pycache__" not in name}


def test_an_archive_holds_the_function_and_what_is_shared(paths: Paths) -> None:
    assert names(build(paths)) == {
        "functions/__init__.py",
        "functions/api/__init__.py",
        "functions/api/handler.py",
        "functions/api/deep/__init__.py",
        "functions/api/deep/data.yaml",
        "functions/api/requirements.txt",
        "shared/__init__.py",
    }


def test_bytecode_is_valid_whatever_the_time_stamps(paths: Paths) -> None:
    cached = f"functions/api/__pycache__/handler.{sys.implementation.cache_tag}.pyc"
    with zipfile.ZipFile(build(paths)) as opened:
        bytecode = opened.read(cached)

    unchecked_hash = 0b01
    assert int.from_bytes(bytecode[4:8], "little") == unchecked_hash


def test_equal_code_gives_an_equal_archive(paths: Paths, tmp_path: Path) -> None:
    first = build(paths)
    copy = Paths(tmp_path / "copy", tmp_path / "state2", paths.cache)
    shutil.copytree(paths.root, copy.root)
    (copy.root / "functions/api/handler.py").touch()
    second = build(copy)

    assert second.name == first.name
    assert names(second) == names(first)


def test_changed_code_gives_another_archive_and_removes_the_old(paths: Paths) -> None:
    first = build(paths)
    (paths.root / "functions/api/handler.py").write_text("ANSWER = 43\n")
    second = build(paths)

    assert second.name != first.name
    assert list(paths.archives.iterdir()) == [second]


def test_another_functions_code_changes_nothing(paths: Paths) -> None:
    first = build(paths)
    (paths.root / "functions/analyze/secret.py").write_text("A = 1\n")

    assert build(paths) == first


def test_dependencies_are_packed_on_request(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(_requirements: Path, _constraints: Path, *, target: Path) -> None:
        target.mkdir(parents=True)
        (target / "library.py").write_text("")

    monkeypatch.setattr(package, "pip_install", install)
    archive = package.archive(paths, "api", with_dependencies=True)

    assert "library.py" in names(archive)
    assert package.DONE not in names(archive)


def test_dependencies_are_installed_once_for_each_state_of_the_pins(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Path] = []

    def install(_requirements: Path, _constraints: Path, *, target: Path) -> None:
        installed.append(target)
        target.mkdir(parents=True)

    monkeypatch.setattr(package, "pip_install", install)
    first, again = package.bundle(paths, "api"), package.bundle(paths, "api")
    (paths.root / "constraints.txt").write_text("httpx==1\n")
    changed = package.bundle(paths, "api")

    assert first == again
    assert installed == [first, changed]


def test_an_interrupted_installation_is_done_again(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_requirements: Path, _constraints: Path, *, target: Path) -> None:
        target.mkdir(parents=True)
        (target / "half.py").write_text("")
        raise LocalError("no network")

    def install(_requirements: Path, _constraints: Path, *, target: Path) -> None:
        target.mkdir(parents=True)

    monkeypatch.setattr(package, "pip_install", fail)
    with pytest.raises(LocalError, match="no network"):
        package.bundle(paths, "api")
    monkeypatch.setattr(package, "pip_install", install)

    assert not (package.bundle(paths, "api") / "half.py").exists()


def test_pip_says_why_it_failed(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("--nonsense\n")

    with pytest.raises(LocalError, match="nonsense"):
        package.pip_install(requirements, requirements, target=tmp_path / "target")
