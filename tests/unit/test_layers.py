"""What the layers of the tests keep to (docs/testing.md)."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.support.longest import LONGEST
from tests.support.paths import ROOT, TESTS


def imports(file: Path) -> set[str]:
    """Return the modules that a file imports, each also with the names that it takes from them."""
    modules = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


@cache
def files() -> dict[str, set[str]]:
    """Return the modules of the tests, each with what it imports."""
    return {module_of(file): imports(file) for file in sorted(TESTS.rglob("*.py"))}


LAYERS = ("unit", "component")


def is_test(module: str) -> bool:
    name = module.rpartition(".")[2]
    return name.startswith("test_") or name == "conftest"


def test_no_module_imports_a_test_or_a_conftest() -> None:
    wrong = {
        module: sorted(taken)
        for module, names in files().items()
        if (taken := {name for name in names if name in files() and is_test(name)})
    }
    assert wrong == {}


def test_unit_and_component_tests_share_by_support_alone() -> None:
    wrong = [
        (module, name)
        for module, names in files().items()
        for name in names
        if name in files() and name.startswith(tuple(f"tests.{layer}." for layer in LAYERS))
    ]
    assert wrong == []


def test_support_stands_below_every_layer() -> None:
    below = ("tests.support", "tests.contracts", "tests.hostile", "tests.corpus")
    wrong = [
        (module, name)
        for module, names in files().items()
        if module.startswith(("tests.support", "tests.contracts"))
        for name in names
        if name in files() and not name.startswith(below)
    ]
    assert wrong == []


def test_the_longest_files_are_there_each_once() -> None:
    assert len(set(LONGEST)) == len(LONGEST)
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []
