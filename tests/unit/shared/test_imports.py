"""No circle of imports: not of modules, and not of the folders of ``shared``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FOLDERS = ("shared", "functions/cleanup", "functions/notify")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a module imports, those imported late or for types only included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield below if below in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def folder_of(module: str) -> str:
    """Return the folder of a module of ``shared``, the module itself where it stands at its root."""
    parts = module.split(".")
    depth = 3 if parts[1:2] == ["aws"] and len(parts) > 3 else 2
    return ".".join(parts[:depth])


def order(group: Callable[[str], str]) -> list[str]:
    """Return groups of modules so that each comes after what it imports; raises CycleError."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for module, path in MODULES.items():
        others = {group(other) for other in imports(path) if other in MODULES}
        sorter.add(group(module), *(others - {group(module)}))
    return [*sorter.static_order()]


@pytest.mark.parametrize("group", [str, folder_of])
def test_imports_run_one_way(group: Callable[[str], str]) -> None:
    ordered = order(group)
    assert {"shared.errors", "shared.clock"} <= {*ordered}
    # What a job is knows nothing of where it is stored.
    jobs, dynamodb = (group(name) for name in ("shared.jobs.model", "shared.aws.dynamodb.jobs"))
    assert ordered.index(jobs) < ordered.index(dynamodb)


def test_a_circle_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    up = tmp_path / "model.py"
    up.write_text("def late():\n    from shared.aws.dynamodb.jobs import DynamoJobs\n", encoding="utf-8")
    monkeypatch.setitem(MODULES, "shared.jobs.model", up)
    with pytest.raises(CycleError):
        order(str)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_imports_no_other_one(folder: str) -> None:
    own = folder.replace("/", ".")
    strangers = {
        (module, other)
        for module, path in MODULES.items()
        if module.startswith(own)
        for other in imports(path)
        if other.startswith("functions.") and not other.startswith(own)
    }
    assert not strangers
