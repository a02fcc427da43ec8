"""The six recipes of docs/architecture.md, each carried out on a copy of the checkout.

A recipe's patch makes the changes that its lines name and brings a test along. On the copy that test fails
without the changes and passes with them; format, lint, architecture and the generated pages hold, too.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import copy_checkout, run_in
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
RECIPES = Path(__file__).with_name("recipes")
NAMES = {
    "stage": "A stage",
    "engine": "An engine",
    "provider": "A provider",
    "limit-type": "A limit type",
    "route": "A route",
    "output": "An output",
}
MOST_LINES = 5


def section(title: str) -> str:
    """Return the lines of a recipe."""
    return re.split(r"^##", PAGE.split(f"\n### {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0].strip()


def touched(recipe: str) -> list[str]:
    """Return the files that a recipe's patch changes or makes."""
    return re.findall(r"^\+\+\+ b/(.+)$", (RECIPES / f"{recipe}.patch").read_text("utf-8"), re.MULTILINE)


def apply(copy: Path, recipe: str, *which: str) -> None:
    done = subprocess.run(
        ["git", "apply", "-C1", *which, str(RECIPES / f"{recipe}.patch")],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"the recipe no longer fits the code:\n{done.stderr}"


def test_every_patch_has_its_recipe() -> None:
    assert {path.stem for path in RECIPES.glob("*.patch")} == set(NAMES)


@pytest.mark.parametrize("recipe", NAMES)
def test_the_page_names_every_file_in_five_lines(recipe: str) -> None:
    lines = section(NAMES[recipe]).splitlines()
    assert len(lines) <= MOST_LINES
    assert all(re.match(r"\d\. ", line) for line in lines)
    named = re.findall(r"`([\w./-]+)`|\]\((?:\.\./)?([\w./-]+)\)", "\n".join(lines))
    paths = {path or link for path, link in named}
    for file in touched(recipe):
        assert {file, file.removeprefix("docs/")} & paths, f"the recipe says nothing of {file}"


@pytest.mark.parametrize("recipe", NAMES)
def test_what_the_recipe_adds_works(recipe: str, tmp_path: Path) -> None:
    copy = copy_checkout(tmp_path)
    (test,) = [path for path in touched(recipe) if path.startswith("tests/")]
    apply(copy, recipe, "--include=tests/*")
    assert run_in(copy, "pytest", "-q", "-p", "no:cacheprovider", test).returncode != 0

    apply(copy, recipe, "--exclude=tests/*")
    if "`make openapi`" in section(NAMES[recipe]):
        assert run_in(copy, "functions.api.openapi_snapshot").returncode == 0
    if "--write" in section(NAMES[recipe]):
        assert run_in(copy, "infra.architecture").returncode == 1
        assert run_in(copy, "infra.architecture", "--write").returncode == 0
    python = [path for path in touched(recipe) if path.endswith(".py")]
    for command in (
        ("pytest", "-q", "-p", "no:cacheprovider", test),
        ("infra.architecture",),
        ("ruff", "check", "--no-cache", "--quiet", *python),
        ("ruff", "format", "--no-cache", "--quiet", "--check", *python),
    ):
        done = run_in(copy, *command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
