"""The keys of the table and the bucket: built in one place, and all of them on its page."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.architecture import data_layout
from shared.aws.dynamodb import keys
from shared.files import keys as file_keys
from shared.jobs.model import Owner
from tests.support.paths import ROOT
from tests.support.shipped import template

# What a partition or sort key, or an index's partition, begins with.
TABLE_KEY = re.compile(r"#?[A-Z][A-Z_]+#|[A-Z]+\$")
BUCKET_KEY = re.compile(r"(jobs|documents)/|/(understood|index|units|artifacts|answers|images|pages)/")
# The partition of what is to notify of a job travels in messages, too.
OF_MESSAGES = {"shared/notifications/model.py"}
# Entries of other archives and of archives in documents look like keys.
NO_KEYS = ("functions/analyze/extract/", "infra/")
# Addresses of the API look like the middle of a key, not like its beginning.
OF_ADDRESSES, KEY_BEGINS = "functions/api/", re.compile(r"(jobs|documents)/")


def texts(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are code: constants, and the fixed parts of f-strings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _doc(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def _doc(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    return ast.get_docstring(node) is not None


def modules(*folders: str) -> Iterator[str]:
    """Yield the modules of the product below some folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("folder", ["shared", "functions"])
def test_keys_of_the_table_are_built_in_one_place(folder: str) -> None:
    own = {"shared/aws/dynamodb/keys.py", *OF_MESSAGES}
    written = {
        (module, text)
        for module in modules(folder)
        if module not in own
        for text in texts(ROOT / module)
        if TABLE_KEY.match(text)
    }
    assert not written


@pytest.mark.parametrize("folder", ["shared", "functions"])
def test_keys_of_the_bucket_are_built_in_one_place(folder: str) -> None:
    written = {
        (module, text)
        for module in modules(folder)
        if module != "shared/files/keys.py" and not module.startswith(NO_KEYS)
        for text in texts(ROOT / module)
        if (KEY_BEGINS if module.startswith(OF_ADDRESSES) else BUCKET_KEY).match(text)
    }
    assert not written


def test_the_searches_see_keys() -> None:
    own = [*texts(ROOT / "shared/aws/dynamodb/keys.py")]
    assert len({text for text in own if TABLE_KEY.match(text)}) > 15
    assert {"jobs/", "documents/"} <= {*texts(ROOT / "shared/files/keys.py")}


def builders(module: Any, result: object) -> dict[str, Callable[..., Any]]:
    """Return the public functions of a module that return a key."""
    found = inspect.getmembers(module, inspect.isfunction)
    return {
        name: function
        for name, function in found
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.signature(function).return_annotation == result
    }


def arguments(function: Callable[..., Any]) -> list[Any]:
    """Return placeholders for the parameters of a builder."""
    kinds: dict[str, Any] = {"int": 7, "Owner": Owner("{issuer}", "{subject}")}
    named = inspect.signature(function).parameters
    return [kinds.get(str(given.annotation), f"{{{name}}}") for name, given in named.items()]


def shape(key: str) -> str:
    """Return a key without the names of its placeholders, and with every number the same."""
    return re.sub(r"\d{6,}|(?<=[./])7(?=/)", "7", re.sub(r"\{\w+\}", "{}", key)).replace("/7/", "/{}/")


TABLE_BUILDERS = builders(keys, "Key")


@pytest.mark.parametrize("name", TABLE_BUILDERS)
def test_every_kind_of_item_is_on_the_page(name: str) -> None:
    key = TABLE_BUILDERS[name](*arguments(TABLE_BUILDERS[name]))
    shown = {(shape(kind.key["pk"]), shape(kind.key["sk"])) for kind in keys.LAYOUT}
    # A parent or a content is a whole partition, which the page spells out.
    partitions = {"{}"} | {pk for pk, _ in shown}
    assert shape(key["sk"]) in {sk for _, sk in shown}
    assert shape(key["pk"]) in partitions


FILE_BUILDERS = {
    name: function for name, function in builders(file_keys, "str").items() if not name.endswith("prefix")
}


@pytest.mark.parametrize("name", FILE_BUILDERS)
def test_every_kind_of_object_is_on_the_page(name: str) -> None:
    key = shape(FILE_BUILDERS[name](*arguments(FILE_BUILDERS[name])))
    shown = {shape(kind.key) for kind in file_keys.LAYOUT}
    # Builders that take a prefix return what lies below it; one file of a job is any name.
    below = key.removeprefix("{}")
    assert any(entry.endswith(below) for entry in shown) or name == "job_file"


def test_the_page_names_the_indexes_of_the_template() -> None:
    table = template()["Resources"]["JobsTable"]["Properties"]
    deployed = {
        index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
        for index in table["GlobalSecondaryIndexes"]
    }
    assert {index.name: (index.partition, index.sort) for index in keys.INDEXES} == deployed


def test_tables_have_a_row_for_each_kind() -> None:
    for text, layout in (
        (data_layout.dynamodb_table(), keys.LAYOUT),
        (data_layout.dynamodb_indexes(), keys.INDEXES),
        (data_layout.s3_table(), file_keys.LAYOUT),
    ):
        head, rule, *rows = text.splitlines()
        assert len(rows) == len(layout)
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in (head, rule, *rows)}
        assert len(columns) == 1
