"""The console's page and its files: all from us, small, and with nothing in them that could be tricked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.api.routes.console import version
from tests.support.api.client import Client, problem
from tests.support.paths import ROOT

FOLDER = ROOT / "functions" / "api" / "static" / "console"
SOURCES = sorted(FOLDER.glob("*.js"))
# What the first view may take, with all modules that it ever loads.
BUDGET = 150_000


def test_the_page_trusts_its_own_files_and_the_store_only(nobody: Client) -> None:
    answer = nobody.get("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    for directive in ("img-src", "connect-src"):
        own, store = policy[directive].split(" ")
        assert own == "'self'"
        assert "://" in store
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


def test_all_files_together_keep_the_budget(nobody: Client) -> None:
    assert len(nobody.get("/").content) + sum(file.stat().st_size for file in FOLDER.iterdir()) < BUDGET


def test_files_are_kept_for_as_long_as_they_are_the_same(nobody: Client) -> None:
    for file in FOLDER.iterdir():
        answer = nobody.get(f"/console/{version()}/{file.name}")
        assert answer.content == file.read_bytes()
        assert "immutable" in answer.headers["cache-control"]
    assert nobody.get("/console/older/main.js").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["..%2Fdocs.js", "%2Fetc%2Fpasswd", "nothing.js"])
def test_nothing_else_is_served(nobody: Client, name: str) -> None:
    assert problem(nobody.get(f"/console/{version()}/{name}")) == (404, "not-found")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_module_makes_markup_or_code_of_text(source: Path) -> None:
    text = source.read_text()
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "srcdoc",
    ):
        assert way not in text
    for imported in re.findall(r"""(?:from|import\()\s*"([^"]+)\"""", text):
        assert (FOLDER / imported).is_file(), imported
