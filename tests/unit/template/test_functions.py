"""The functions: how they are packaged, fed, bounded and configured."""

from __future__ import annotations

import json

import pytest

from functions.analyze.search.settings import SearchSettings
from functions.analyze.settings import AnalyzeSettings
from functions.api.settings import ApiSettings
from functions.cleanup.settings import CleanupSettings
from functions.notify.settings import NotifySettings
from infra.local.paths import CHECKOUT
from infra.local.template import resources_of
from shared.aws.search_function import TIMEOUT
from shared.settings import CommonSettings
from tests.support.template import (
    FUNCTIONS,
    QUEUES,
    RESOURCES,
    TEMPLATE,
    WORKERS,
    event_sources,
    longest,
    queue_named_by,
)

# Those that execute jobs.
RUNNERS = {"AnalyzeFunction", "CleanupFunction"}


@pytest.mark.parametrize(
    ("function", "command"),
    [
        ("ApiFunction", "functions.api.handler.handler"),
        ("WaitFunction", "functions.api.waiting.handler.handler"),
        ("PushFunction", "functions.api.push.handler.handler"),
        ("AnalyzeFunction", "functions.analyze.handler.handler"),
        ("SearchFunction", "functions.analyze.search.handler.handler"),
        ("CleanupFunction", "functions.cleanup.handler.handler"),
        ("ReconcileFunction", "functions.cleanup.handler.reconcile"),
        ("NotifyFunction", "functions.notify.handler.handler"),
    ],
)
def test_functions_are_images_with_their_handler_as_command(function: str, command: str) -> None:
    metadata = RESOURCES[function]["Metadata"]

    assert FUNCTIONS[function]["PackageType"] == "Image"
    assert FUNCTIONS[function]["ImageConfig"]["Command"] == [command]
    assert (CHECKOUT / metadata["DockerContext"] / metadata["Dockerfile"]).is_file()
    assert metadata["DockerBuildArgs"] == {"BASE_IMAGE": {"Ref": "BaseImage"}}


@pytest.mark.parametrize(("function", "queue"), WORKERS.items())
def test_workers_take_one_message_at_a_time_from_their_queue(function: str, queue: str) -> None:
    source = event_sources("SQS")[function]

    assert queue_named_by(source["Queue"]) == queue
    assert source["BatchSize"] == 1
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    limit = TEMPLATE["Parameters"][source["ScalingConfig"]["MaximumConcurrency"]["Ref"]]
    assert 2 <= limit["MinValue"] <= limit["Default"] <= limit["MaxValue"] <= 1000


@pytest.mark.parametrize(("function", "queue"), WORKERS.items())
def test_messages_stay_hidden_for_six_times_the_functions_timeout(function: str, queue: str) -> None:
    assert QUEUES[queue]["VisibilityTimeout"] >= 6 * longest(function)


def test_timeouts_keep_to_the_limits_of_lambda_and_gateway() -> None:
    assert all(longest(function) <= 29 for function in ("ApiFunction", "WaitFunction", "SearchFunction"))
    # The API waits for the search, and the gateway for the API.
    assert longest("SearchFunction") <= TIMEOUT < longest("ApiFunction")
    assert all(longest(function) <= 900 for function in FUNCTIONS)


def test_those_who_wait_have_their_own_capacity_and_leave_in_time() -> None:
    assert FUNCTIONS["WaitFunction"]["ReservedConcurrentExecutions"] == {"Ref": "WaitConcurrency"}
    assert TEMPLATE["Parameters"]["WaitSeconds"]["MaxValue"] < longest("WaitFunction")
    assert "ReservedConcurrentExecutions" not in FUNCTIONS["ApiFunction"]


def test_searches_have_a_capacity_of_their_own_and_memory_for_the_model() -> None:
    search = FUNCTIONS["SearchFunction"]
    assert search["ReservedConcurrentExecutions"] == {"Ref": "SearchConcurrency"}
    assert search["MemorySize"] > FUNCTIONS["ApiFunction"]["MemorySize"]
    assert "Events" not in search, "only the API invokes it"


@pytest.mark.parametrize("function", WORKERS)
def test_workers_may_send_to_their_own_queue(function: str) -> None:
    assert FUNCTIONS[function]["RecursiveLoop"] == "Allow"


def test_reconciliation_runs_every_minute_and_ends_before_the_next() -> None:
    schedule = event_sources("Schedule")["ReconcileFunction"]

    assert schedule["Schedule"] == "rate(1 minute)"
    assert FUNCTIONS["ReconcileFunction"]["Timeout"] < 60


def test_each_functions_log_group_exists_before_it_and_expires() -> None:
    groups = resources_of(TEMPLATE, "AWS::Logs::LogGroup")

    for name, function in FUNCTIONS.items():
        needed = json.dumps([RESOURCES[name].get("DependsOn"), function["Environment"]])
        own = name.removesuffix("Function") + "LogGroup"
        assert f'"{own}"' in needed
        group = groups[own]
        assert group["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/{function['FunctionName']['Fn::Sub']}"
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_secrets_stand_in_no_environment() -> None:
    variables = {name: set(function["Environment"]["Variables"]) for name, function in FUNCTIONS.items()}

    assert not any({"DIRECTUS_SECRET", "DIRECTUS_TOKEN"} & names for names in variables.values())
    verifying = {name for name, names in variables.items() if "DIRECTUS_SECRET_PARAMETER" in names}
    seeding = {name for name, names in variables.items() if "DIRECTUS_TOKEN_PARAMETER" in names}
    assert verifying == {"ApiFunction", "WaitFunction", "PushFunction"}
    assert seeding == RUNNERS


@pytest.mark.parametrize(
    ("function", "settings"),
    [
        ("ApiFunction", ApiSettings),
        ("AnalyzeFunction", AnalyzeSettings),
        ("SearchFunction", SearchSettings),
        ("CleanupFunction", CleanupSettings),
        ("NotifyFunction", NotifySettings),
    ],
)
def test_every_setting_reaches_its_function(function: str, settings: type[CommonSettings]) -> None:
    common = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own = FUNCTIONS[function]["Environment"]["Variables"]
    given = {name for name in {**common, **own} if not name.startswith("POWERTOOLS_")}
    # The endpoint is an emulator's and comes from there.
    read = {name.upper() for name in settings.model_fields} - {"AWS_ENDPOINT_URL"}
    # Secrets come by the name of their parameter.
    read -= {name.removesuffix("_PARAMETER") for name in read if name.endswith("_PARAMETER")}

    assert given == read


def test_leases_are_set_where_jobs_are_run() -> None:
    own = {name: set(function["Environment"]["Variables"]) for name, function in FUNCTIONS.items()}
    assert {name for name, names in own.items() if "LEASE_SECONDS" in names} == RUNNERS
    assert {name for name, names in own.items() if "RESERVE_SECONDS" in names} == RUNNERS
