"""How much a stack takes of AWS's quotas, but for its policies. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from infra.aws.quotas import identities
from infra.aws.quotas.policies import FUNCTION, NONE, policies
from infra.aws.quotas.resolve import Stack, compact
from infra.aws.quotas.table import Figure, largest
from infra.local.template import Json, resources_of

TABLE = "AWS::DynamoDB::Table"
# The definition of each index, by table and name.
Indexes = dict[str, dict[str, Any]]


class _Expanding(yaml.SafeDumper):
    """YAML as `sam build` writes it: without anchors."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def of_template(template: Json, translated: Json) -> list[Figure]:
    """Return the figures of the template itself: as `sam build` writes it, and after SAM's transform."""
    return [
        Figure("template_s3", "as built", len(yaml.dump(template, Dumper=_Expanding).encode())),
        Figure("template_s3", "after the transform", len(compact(translated).encode())),
        Figure("resources", "after the transform", len(translated["Resources"])),
        Figure("parameters", "template", len(translated.get("Parameters", {}))),
        Figure("outputs", "template", len(translated.get("Outputs", {}))),
    ]


def of_stack(stack: Stack, released: Indexes) -> list[Figure]:
    """Return the figures of a stack's resources; ``released`` has the tables' indexes of the last release."""
    return [
        *policies(stack),
        *_functions(stack),
        *_apis(stack),
        *_tables(stack, released),
        *_names(stack),
    ]


def reserved(stack: Stack) -> int:
    """Return the executions that a stack's functions keep from all others of the account."""
    limits = (
        function.get("ReservedConcurrentExecutions", 0) for function in stack.of_kind(FUNCTION).values()
    )
    return sum(int(limit) for limit in limits)


def unzipped(template: Json, root: Path) -> list[Figure]:
    """Return the size of each zip function's code, where that lies in a folder, before SAM's transform."""
    return [
        Figure("function_unzipped", logical, _folder_size(root / function["CodeUri"]))
        for logical, function in resources_of(template, "AWS::Serverless::Function").items()
        if isinstance(function.get("CodeUri"), str)
    ] or [Figure("function_unzipped", NONE, 0)]


def indexes(stack: Stack) -> Indexes:
    """Return the definition of each table's indexes, by table and name."""
    return {
        table: {
            index["IndexName"]: {"KeySchema": index["KeySchema"], "Projection": index["Projection"]}
            for index in properties.get("GlobalSecondaryIndexes", [])
        }
        for table, properties in stack.of_kind(TABLE).items()
    }


def _functions(stack: Stack) -> list[Figure]:
    functions = stack.of_kind(FUNCTION)
    return [
        *(Figure("function_environment", logical, _environment(one)) for logical, one in functions.items()),
        *largest(
            Figure("function_layers", logical, len(one.get("Layers", [])))
            for logical, one in functions.items()
        ),
    ]


def _environment(function: Json) -> int:
    """Return the size of a function's environment in bytes, as the JSON that Lambda measures."""
    variables = function.get("Environment", {}).get("Variables", {})
    return len(compact({name: str(value) for name, value in variables.items()}).encode())


def _apis(stack: Stack) -> list[Figure]:
    """Return the resources of each REST API: one for every part of every path."""
    figures = []
    for logical, api in stack.of_kind("AWS::ApiGateway::RestApi").items():
        below = {
            tuple(parts[: count + 1])
            for path in api.get("Body", {}).get("paths", {})
            for parts in [path.strip("/").split("/")]
            for count in range(len(parts))
            if path != "/"
        }
        figures.append(Figure("api_resources", logical, 1 + len(below)))
    return figures


def _tables(stack: Stack, released: Indexes) -> list[Figure]:
    now = indexes(stack)
    return [
        *(Figure("table_indexes", table, len(now[table])) for table in now),
        # A table that is new is made with all its indexes at once.
        *(
            Figure("index_changes", table, _changes(released.get(table, now[table]), now[table]))
            for table in now
        ),
    ]


def _changes(before: dict[str, Any], now: dict[str, Any]) -> int:
    """Return how many indexes are made and removed; one that is defined otherwise is both."""
    both = before.keys() & now.keys()
    return len(before.keys() ^ now.keys()) + 2 * len([name for name in both if before[name] != now[name]])


def _names(stack: Stack) -> list[Figure]:
    """Return the longest name of each kind."""
    return largest(
        Figure(identities.NAMED[resource["Type"]][1], logical, len(stack.name_of(logical)))
        for logical, resource in stack.resources.items()
        if resource["Type"] in identities.NAMED
    )


def _folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
