"""The template keeps to AWS's quotas, and what exceeds one is named."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.aws.deploy import stages
from infra.aws.quotas.__main__ import main
from infra.aws.quotas.check import measured, released_indexes
from infra.aws.quotas.identities import NAMED
from infra.aws.quotas.measure import Indexes
from infra.aws.quotas.report import refusals, table
from infra.aws.quotas.table import GIB, MIB, QUOTAS, Figure
from infra.local.emulator import ensure_environment
from infra.local.paths import CHECKOUT, Paths
from infra.local.template import Json, load_template
from infra.local.translate import translate
from tests.support import shipped


@dataclass
class World:
    """What is measured: the product's template, which a test may spoil."""

    translated: Json
    template: Json = field(default_factory=lambda: copy.deepcopy(shipped.template()))
    stages: dict[str, Any] = field(default_factory=stages)
    released: Indexes = field(default_factory=released_indexes)
    images: dict[str, int] = field(default_factory=dict)
    root: Path = CHECKOUT

    def properties(self, logical: str) -> Json:
        properties: Json = self.translated["Resources"][logical]["Properties"]
        return properties

    def add(self, logical: str, kind: str, **properties: Any) -> None:
        self.translated["Resources"][logical] = {"Type": kind, "Properties": properties}

    def measured(self) -> dict[str, list[Figure]]:
        return measured(self.template, self.translated, self.stages, self.released, self.images, self.root)


@pytest.fixture(scope="module")
def translated() -> Json:
    return translate(ensure_environment(Paths.from_environment(os.environ)), shipped.template())


@pytest.fixture
def world(translated: Json, tmp_path: Path) -> World:
    return World(copy.deepcopy(translated), root=tmp_path)


def test_the_template_keeps_to_every_quota(world: World) -> None:
    columns = world.measured()

    assert list(columns) == ["dev", "prod", "longest"]
    assert refusals(columns) == []


def test_every_function_and_role_is_measured(world: World) -> None:
    kinds = {name: resource["Type"] for name, resource in world.translated["Resources"].items()}
    for quota, kind in (
        ("function_policy", "AWS::Lambda::Function"),
        ("function_environment", "AWS::Lambda::Function"),
        ("role_inline", "AWS::IAM::Role"),
    ):
        for figures in world.measured().values():
            measured_things = {figure.thing for figure in figures if figure.quota == quota}
            assert measured_things == {name for name, of in kinds.items() if of == kind}


def test_a_function_that_the_gateway_invokes_has_one_statement_for_it(world: World) -> None:
    figures = {
        figure.thing: figure.value for figure in world.measured()["dev"] if figure.quota == "function_policy"
    }

    assert 300 < figures["ApiFunction"] < 500
    assert figures["CleanupFunction"] == 0


def more_statements(world: World) -> None:
    for number in range(68):
        world.translated["Resources"][f"ApiPermission{number}"] = world.translated["Resources"][
            "ApiPermission"
        ]


def long_environment(world: World) -> None:
    world.properties("ApiFunction")["Environment"]["Variables"]["LONG"] = "x" * 4096


def many_layers(world: World) -> None:
    world.properties("ApiFunction")["Layers"] = ["layer"] * 6


def large_code(world: World) -> None:
    code = world.root / "code"
    code.mkdir()
    with (code / "library.so").open("wb") as library:
        library.truncate(250 * MIB + 1)
    world.template["Resources"]["ApiFunction"]["Properties"]["CodeUri"] = "code"


def greedy(world: World) -> None:
    world.stages["prod"]["parameter_overrides"].append("WaitConcurrency=885")


def longer_policy(world: World) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "x" * 10_240}
    world.properties("ApiRole")["Policies"].append({"PolicyName": "more", "PolicyDocument": [statement]})


def attached_policy(world: World) -> None:
    world.add("More", "AWS::IAM::ManagedPolicy", PolicyDocument={"Statement": ["x" * 6_144]})


def longer_document(logical: str, document: str, size: int) -> Callable[[World], None]:
    def longer(world: World) -> None:
        world.properties(logical)[document]["Id"] = "x" * size

    return longer


def many_queue_statements(world: World) -> None:
    world.properties("QueuesTlsOnly")["PolicyDocument"]["Statement"] *= 21


def many_paths(world: World) -> None:
    world.properties("Api")["Body"]["paths"].update({f"/more/{number}": {} for number in range(300)})


def many_indexes(world: World) -> None:
    indexes = world.properties("JobsTable")["GlobalSecondaryIndexes"]
    indexes += [{**indexes[0], "IndexName": f"more_{number}"} for number in range(15)]
    # A table of its own: those of a new one are made at once.
    world.released = {}


def two_new_indexes(world: World) -> None:
    for name in ("by_owner", "due"):
        del world.released["JobsTable"][name]


def not_by_s3(world: World) -> None:
    del world.stages["dev"]["resolve_s3"]


def named(kind: str) -> Callable[[World], None]:
    def longer(world: World) -> None:
        name, quota = NAMED[kind]
        logical = next(name for name, one in world.translated["Resources"].items() if one["Type"] == kind)
        world.properties(logical)[name] = "x" * (QUOTAS[quota].limit + 1)

    return longer


def many(part: str, count: int, entry: Json) -> Callable[[World], None]:
    return lambda world: world.translated[part].update({f"More{number}": entry for number in range(count)})


# What is broken on purpose, by quota: how, and what has to be named.
BROKEN: dict[str, tuple[Callable[[World], Any], str]] = {
    "template_s3": (lambda world: world.translated.update(Metadata="x" * MIB), "after the transform"),
    "template_inline": (not_by_s3, "as built"),
    "resources": (
        many("Resources", 500, {"Type": "AWS::CloudFormation::WaitConditionHandle"}),
        "after the transform",
    ),
    "parameters": (many("Parameters", 200, {"Type": "String"}), "template"),
    "outputs": (many("Outputs", 200, {"Value": "x"}), "template"),
    "function_policy": (more_statements, "ApiFunction"),
    "function_environment": (long_environment, "ApiFunction"),
    "function_layers": (many_layers, "ApiFunction"),
    "function_image": (lambda world: world.images.update({"large:latest": 10 * GIB + 1}), "large:latest"),
    "function_unzipped": (large_code, "ApiFunction"),
    "reserved": (greedy, "all stages"),
    "role_inline": (longer_policy, "ApiRole"),
    "role_trust": (longer_document("ApiRole", "AssumeRolePolicyDocument", 2_048), "ApiRole"),
    "managed_policy": (attached_policy, "More"),
    "bucket_policy": (longer_document("DocumentsBucketTlsOnly", "PolicyDocument", 20_480), "DocumentsBucket"),
    "queue_policy": (longer_document("QueuesTlsOnly", "PolicyDocument", 8_192), "QueuesTlsOnly"),
    "queue_statements": (many_queue_statements, "QueuesTlsOnly"),
    "key_policy": (longer_document("Key", "KeyPolicy", 32_768), "Key"),
    "api_resources": (many_paths, "Api"),
    "table_indexes": (many_indexes, "JobsTable"),
    "index_changes": (two_new_indexes, "JobsTable"),
    "name_function": (named("AWS::Lambda::Function"), "Function"),
    "name_queue": (named("AWS::SQS::Queue"), "Queue"),
    "name_role": (named("AWS::IAM::Role"), "Role"),
    "name_bucket": (named("AWS::S3::Bucket"), "DocumentsBucket"),
    "name_table": (named("AWS::DynamoDB::Table"), "JobsTable"),
    "name_alarm": (named("AWS::CloudWatch::Alarm"), "Alarm"),
    "name_dashboard": (named("AWS::CloudWatch::Dashboard"), "OperationsDashboard"),
    "name_log_group": (named("AWS::Logs::LogGroup"), "LogGroup"),
    "name_topic": (named("AWS::SNS::Topic"), "AlarmTopic"),
    "name_rule": (named("AWS::Events::Rule"), "ReconcileFunctionEveryMinute"),
    "name_policy": (named("AWS::IAM::Policy"), "Policy"),
}


def test_every_quota_is_broken_by_a_test() -> None:
    assert list(BROKEN) == list(QUOTAS)


@pytest.mark.parametrize("quota", BROKEN)
def test_what_exceeds_a_quota_is_named(world: World, quota: str) -> None:
    spoil, thing = BROKEN[quota]
    spoil(world)
    columns = world.measured()

    assert {figure.quota for figures in columns.values() for figure in figures if figure.exceeds} == {quota}
    sentences = refusals(columns)
    assert sentences
    for sentence in sentences:
        assert QUOTAS[quota].name in sentence
        assert thing in sentence
        assert "https://docs.aws.amazon.com/" in sentence
    assert re.search(rf"{re.escape(QUOTAS[quota].name)}  .*!", table(columns))


def test_an_index_that_is_defined_otherwise_is_made_and_removed(world: World) -> None:
    world.released["JobsTable"]["by_owner"]["Projection"] = {"ProjectionType": "ALL"}
    (change,) = {figure.value for figure in world.measured()["dev"] if figure.quota == "index_changes"}
    assert change == 2


def test_the_command_prints_figure_and_quota(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "policy of a function" in line)
    assert line.endswith("20,480")


def test_an_event_for_each_route_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every event of the kind Api adds a statement to the function's policy."""
    template = load_template(CHECKOUT / "template.yaml")
    paths = template["Resources"]["Api"]["Properties"].pop("DefinitionBody")["paths"]
    template["Resources"]["ApiFunction"]["Properties"]["Events"] = {
        f"Route{number}x{verb}": {
            "Type": "Api",
            "Properties": {"RestApiId": {"Ref": "Api"}, "Path": path, "Method": verb},
        }
        for number, path in enumerate(paths)
        for verb in paths[path]
    }
    written = tmp_path / "template.yaml"
    written.write_text(json.dumps(template))

    assert main([str(written)]) == 1
    refused = capsys.readouterr().err
    assert "dev: resource policy of a function, bytes: ApiFunction has" in refused
    assert "20,480 are allowed" in refused
