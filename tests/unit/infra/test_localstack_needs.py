"""What a LocalStack has to be started with: one list, and what is said of one that lacks it."""

from __future__ import annotations

import re

import pytest
import yaml

from infra.local.localstack_needs import (
    ENVIRONMENT,
    SERVICES,
    Facts,
    Sizes,
    command,
    explained,
    missing,
)
from infra.localstack.server import SERVICES as OF_OUR_OWN
from tests.support.paths import ROOT

QUEUE = "http://127.0.0.1:4566/queue/us-east-1/000000000000/probe"
GOOD = Facts(dict.fromkeys(SERVICES, "available"), 1 << 30, 1 << 32, QUEUE)
OTHER_QUEUE = "http://sqs.us-east-1.localhost:4566/000000000000/probe"
ZIPPED = "-e LAMBDA_LIMITS_CODE_SIZE_ZIPPED=1073741824"
UNZIPPED = "-e LAMBDA_LIMITS_CODE_SIZE_UNZIPPED=4294967296"
UNKNOWN = "a host that neither functions nor this machine may know"
NEEDED = Sizes(zipped=280_000_000, unzipped=520_000_000)


def test_nothing_is_missing_where_all_is_there() -> None:
    assert missing(GOOD, NEEDED) == []


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        (
            Facts(GOOD.services, 52_428_800, 262_144_000, QUEUE),
            [
                f"{ZIPPED}  # it takes 52 MB; a function has 280 MB as a zip",
                f"{UNZIPPED}  # it takes 262 MB; a function has 520 MB unpacked",
            ],
        ),
        (
            Facts(GOOD.services, 1 << 30, 1 << 32, OTHER_QUEUE),
            [
                f"-e SQS_ENDPOINT_STRATEGY=path  # it names queues {OTHER_QUEUE}, {UNKNOWN}",
            ],
        ),
        (
            Facts({**GOOD.services, "events": "disabled", "ssm": "error"}, 1 << 30, 1 << 32, QUEUE),
            ["-e SERVICES=...,events,ssm  # these are switched off, or leave SERVICES out"],
        ),
    ],
)
def test_each_line_says_what_to_add_and_why(facts: Facts, lines: list[str]) -> None:
    assert missing(facts, NEEDED) == lines


def test_all_that_is_missing_is_said_at_once() -> None:
    assert len(missing(Facts({}, 1, 1, "http://sqs/1/probe"), NEEDED)) == 4


def test_a_limit_that_no_function_meets_is_no_lack() -> None:
    assert missing(Facts(GOOD.services, 52_428_800, 262_144_000, QUEUE), Sizes(1000, 1000)) == []


def test_what_cannot_be_seen_before_is_explained_after() -> None:
    failed = "ApiFunction: Error while creating lambda: no engine"
    assert "/var/run/docker.sock" in explained(failed)
    assert explained("JobsTable: name taken") == "JobsTable: name taken"


def test_the_page_the_compose_file_and_our_own_localstack_have_the_same_list() -> None:
    assert command() in (ROOT / "docs" / "localstack.md").read_text()
    compose = yaml.safe_load((ROOT / "infra" / "compose.yaml").read_text())
    localstack = compose["services"]["localstack"]
    assert {name: localstack["environment"].get(name) for name in ENVIRONMENT} == ENVIRONMENT
    assert re.search(r"localstack/localstack:\S+", command()).group() == localstack["image"]  # type: ignore[union-attr]
    assert set(SERVICES) <= set(OF_OUR_OWN.split(","))
