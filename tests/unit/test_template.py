"""The stack's definition: what emulators accept or ignore, and AWS rejects or needs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.analyze.settings import AnalyzeSettings
from functions.api.settings import ApiSettings
from functions.cleanup.settings import CleanupSettings
from infra.local.paths import CHECKOUT
from infra.local.template import Json, resources_of
from shared.settings import CommonSettings
from tests import shipped

TEMPLATE = shipped.template()
RESOURCES: dict[str, Json] = TEMPLATE["Resources"]
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")
QUEUES = resources_of(TEMPLATE, "AWS::SQS::Queue")
ALARMS = resources_of(TEMPLATE, "AWS::CloudWatch::Alarm")
KEY = {"Fn::GetAtt": ["Key", "Arn"]}
OWN_KEY = {"Fn::If": ["HasKey", KEY, {"Ref": "AWS::NoValue"}]}
ROUTES = {
    (event["Properties"]["Path"], event["Properties"]["Method"]): name
    for name, function in FUNCTIONS.items()
    for event in function["Events"].values()
    if event["Type"] == "Api"
}
WORKERS = {"AnalyzeFunction": "AnalysisQueue", "CleanupFunction": "CleanupQueue"}


def event_sources(kind: str) -> dict[str, Json]:
    return {
        name: event["Properties"]
        for name, function in FUNCTIONS.items()
        for event in function["Events"].values()
        if event["Type"] == kind
    }


def longest(function: str) -> int:
    """Return the largest time-out that a function can be given, in seconds."""
    value = FUNCTIONS[function]["Timeout"]
    return int(TEMPLATE["Parameters"][value["Ref"]]["MaxValue"] if isinstance(value, dict) else value)


def queue_named_by(reference: Json) -> str:
    name, attribute = reference["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(name)


@pytest.mark.parametrize(
    ("function", "command"),
    [
        ("ApiFunction", "functions.api.handler.handler"),
        ("WaitFunction", "functions.api.waiting.handler.handler"),
        ("PushFunction", "functions.api.push.handler.handler"),
        ("AnalyzeFunction", "functions.analyze.handler.handler"),
        ("CleanupFunction", "functions.cleanup.handler.handler"),
        ("ReconcileFunction", "functions.cleanup.handler.reconcile"),
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
    assert all(longest(function) <= 29 for function in ("ApiFunction", "WaitFunction"))
    assert all(longest(function) <= 900 for function in FUNCTIONS)


def test_those_who_wait_have_their_own_capacity_and_leave_in_time() -> None:
    assert FUNCTIONS["WaitFunction"]["ReservedConcurrentExecutions"] == {"Ref": "WaitConcurrency"}
    assert TEMPLATE["Parameters"]["WaitSeconds"]["MaxValue"] < longest("WaitFunction")
    assert "ReservedConcurrentExecutions" not in FUNCTIONS["ApiFunction"]


@pytest.mark.parametrize("function", WORKERS)
def test_workers_may_send_to_their_own_queue(function: str) -> None:
    assert FUNCTIONS[function]["RecursiveLoop"] == "Allow"


@pytest.mark.parametrize("queue", WORKERS.values())
def test_poison_messages_reach_a_dead_letter_queue_that_keeps_them_longer(queue: str) -> None:
    redrive = QUEUES[queue]["RedrivePolicy"]
    dead_letters = QUEUES[queue_named_by(redrive["deadLetterTargetArn"])]

    assert redrive["maxReceiveCount"] >= 5
    assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert QUEUES[queue]["MessageRetentionPeriod"] < dead_letters["MessageRetentionPeriod"]
    assert "RedrivePolicy" not in dead_letters


def test_queues_are_encrypted() -> None:
    assert len(QUEUES) == 4
    for queue in QUEUES.values():
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", False, True]}
        assert queue["KmsMasterKeyId"] == OWN_KEY


def test_jobs_table_is_on_demand_encrypted_recoverable_and_expires_records() -> None:
    table = RESOURCES["JobsTable"]["Properties"]

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    condition, own, otherwise = table["SSESpecification"]["Fn::If"]
    assert (condition, own["KMSMasterKeyId"], otherwise) == ("HasKey", KEY, {"SSEEnabled": True})
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize(
    ("index", "keys", "projection"),
    [
        ("by_owner", ["owner_shard", "job_id"], "INCLUDE"),
        ("by_list", ["list_shard", "job_id"], "INCLUDE"),
        ("by_subject", ["subject", "job_id"], "KEYS_ONLY"),
        ("due", ["due_shard", "due_at"], "KEYS_ONLY"),
        ("by_activity", ["activity_shard", "since"], "KEYS_ONLY"),
        ("by_waiting", ["waiting_owner", "job_id"], "KEYS_ONLY"),
    ],
)
def test_jobs_table_has_the_index(index: str, keys: list[str], projection: str) -> None:
    indexes = RESOURCES["JobsTable"]["Properties"]["GlobalSecondaryIndexes"]
    found = next(entry for entry in indexes if entry["IndexName"] == index)

    assert [(key["AttributeName"], key["KeyType"]) for key in found["KeySchema"]] == [
        (keys[0], "HASH"),
        (keys[1], "RANGE"),
    ]
    assert found["Projection"]["ProjectionType"] == projection


def test_documents_bucket_is_private_encrypted_and_versioned() -> None:
    bucket = RESOURCES["DocumentsBucket"]["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_documents_and_results_expire_in_every_version() -> None:
    rules = RESOURCES["DocumentsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule for rule in rules if "Prefix" in rule}

    assert set(expiring) == {"documents/", "jobs/"}
    for rule in expiring.values():
        assert rule["ExpirationInDays"] == {"Ref": "RetentionDays"}
    noncurrent = {prefix: rule["NoncurrentVersionExpiration"] for prefix, rule in expiring.items()}
    assert noncurrent == {
        "documents/": {"NoncurrentDays": {"Ref": "RetentionDays"}},
        "jobs/": {"NoncurrentDays": 1},
    }
    assert any(rule.get("ExpiredObjectDeleteMarker") for rule in rules)
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)


@pytest.mark.parametrize("policy", ["DocumentsBucketTlsOnly", "QueuesTlsOnly"])
def test_plain_http_is_refused(policy: str) -> None:
    (statement,) = RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_queue_refuses_plain_http() -> None:
    named = {reference["Ref"] for reference in RESOURCES["QueuesTlsOnly"]["Properties"]["Queues"]}

    assert named == set(QUEUES)


def test_data_survives_the_deletion_of_the_stack() -> None:
    for name in ("JobsTable", "DocumentsBucket"):
        assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


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


def test_the_gateway_routes_every_verb_by_name() -> None:
    verbs = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}

    assert {(path, verb) for path in ("/", "/{proxy+}") for verb in verbs} <= set(ROUTES)
    assert {verb for _, verb in ROUTES} == verbs


def answering(path: str, verb: str) -> str:
    """Return the function that the gateway asks: that of the most specific path, without falling back."""
    resources = {path for route, _ in ROUTES for path in above(route)}
    fitting = [resource for resource in resources if fits(resource, path)]
    return ROUTES.get((max(fitting, key=specific), verb), "nobody")


def descending(path: str, verb: str) -> str:
    """Return the same for a gateway that goes down the tree and never back up."""
    resources = {path for route, _ in ROUTES for path in above(route)}
    here = ""
    for part in path.strip("/").split("/"):
        named, variable = f"{here}/{part}", next((r for r in resources if is_child(r, here, "{")), "")
        if named in resources:
            here = named
        elif variable:
            here = variable
        if here not in {named, variable} or not here:
            return "nobody"
        if here.endswith("{proxy+}"):
            break
    return ROUTES.get((here, verb), "nobody")


def is_child(resource: str, parent: str, start: str) -> bool:
    head, _, last = resource.rpartition("/")
    return head == parent and last.startswith(start)


def above(route: str) -> list[str]:
    """Return a route's path and those that the gateway makes on the way to it."""
    parts = route.strip("/").split("/")
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]


def fits(resource: str, path: str) -> bool:
    if resource.endswith("/{proxy+}"):
        return path.startswith(resource.removesuffix("{proxy+}")) and path != "/"
    ours, theirs = resource.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(
        one == other or one.startswith("{") for one, other in zip(ours, theirs, strict=True)
    )


def specific(resource: str) -> tuple[int, ...]:
    """Return a key that sorts more specific paths last: names over variables, both over the rest."""
    return tuple(
        0 if part == "{proxy+}" else 1 if part.startswith("{") else 2 for part in resource.split("/")
    )


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_the_gateway_leads_every_address_to_its_function(prefix: str) -> None:
    document = json.loads((CHECKOUT / "docs" / "api" / "openapi.json").read_text())
    waiting = {"/jobs/{job_id}/events", "/jobs/{job_id}/wait", "/documents/{document_id}/progress"}

    for path, operations in document["paths"].items():
        for verb in [*(verb.upper() for verb in operations), "OPTIONS"]:
            waits = path in waiting and verb == "GET"
            name = (prefix + path).replace("{", "").replace("}", "")
            function = "WaitFunction" if waits else "ApiFunction"
            assert answering(name, verb) == descending(name, verb) == function, (verb, path)


def test_waiting_is_throttled_where_the_function_could_not_serve_it() -> None:
    settings = RESOURCES["Api"]["Properties"]["MethodSettings"]
    throttled = {
        setting["ResourcePath"].replace("/~1", "/").replace("~1", "/"): setting
        for setting in settings
        if setting["ResourcePath"] != "/*"
    }

    assert set(throttled) == {path for (path, verb), name in ROUTES.items() if name == "WaitFunction"}
    for setting in throttled.values():
        assert setting["ThrottlingRateLimit"] == {"Ref": "WaitRate"}
        assert setting["ThrottlingBurstLimit"] == {"Ref": "WaitConcurrency"}
    rate, cap = (TEMPLATE["Parameters"][name]["Default"] for name in ("WaitRate", "WaitConcurrency"))
    assert cap / TEMPLATE["Parameters"]["WaitSeconds"]["Default"] < rate <= cap


@pytest.mark.parametrize("response", ["THROTTLED", "INTEGRATION_FAILURE"])
def test_who_is_refused_at_the_cap_is_told_when_to_come_back(response: str) -> None:
    answer = RESOURCES["Api"]["Properties"]["GatewayResponses"][response]

    assert answer["ResponseParameters"]["Headers"]["Retry-After"] == "'2'"


def test_binary_bodies_are_named() -> None:
    types = RESOURCES["Api"]["Properties"]["BinaryMediaTypes"]

    assert {"multipart/form-data", "application/pdf", "application/octet-stream"} <= set(types)
    assert not any("*" in media_type for media_type in types)


@pytest.mark.parametrize(
    "response",
    [
        "ACCESS_DENIED",
        "BAD_REQUEST_BODY",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "INTEGRATION_FAILURE",
        "INTEGRATION_TIMEOUT",
        "MISSING_AUTHENTICATION_TOKEN",
        "QUOTA_EXCEEDED",
        "REQUEST_TOO_LARGE",
        "THROTTLED",
        "UNAUTHORIZED",
        "UNSUPPORTED_MEDIA_TYPE",
    ],
)
def test_the_gateway_answers_problem_documents(response: str) -> None:
    answer = RESOURCES["Api"]["Properties"]["GatewayResponses"][response]
    problem = json.loads(answer["ResponseTemplates"]["application/json"])

    assert answer["ResponseParameters"]["Headers"]["Content-Type"] == "'application/problem+json'"
    assert problem["type"].startswith("urn:clauseworks:problem:")
    assert problem["status"] == answer["StatusCode"]
    assert problem["title"]
    assert problem["detail"]


@pytest.mark.parametrize("queue", ["AnalysisDeadLetterQueue", "CleanupDeadLetterQueue"])
def test_any_dead_letter_raises_an_alarm(queue: str) -> None:
    (alarm,) = (
        alarm
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": [queue, "QueueName"]}
    )

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("queue", WORKERS.values())
def test_an_old_message_raises_an_alarm_only_where_nothing_is_deleted(queue: str) -> None:
    alarms = [alarm["Metrics"] for alarm in ALARMS.values() if "Metrics" in alarm]
    (metrics,) = (entries for entries in alarms if queue in json.dumps(entries))
    measured = {entry["MetricStat"]["Metric"]["MetricName"] for entry in metrics if "MetricStat" in entry}
    (expression,) = (entry["Expression"]["Fn::Sub"] for entry in metrics if "Expression" in entry)

    assert measured == {"ApproximateAgeOfOldestMessage", "NumberOfMessagesDeleted"}
    assert "age > ${StalledAfterSeconds} AND FILL(deleted, 0) < 1" in expression


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_an_alarm_on(metric: str) -> None:
    watched = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in ALARMS.values()
        if alarm.get("Namespace") == "AWS/Lambda" and alarm["MetricName"] == metric
    }

    # Waiting clients are throttled on purpose.
    assert watched == set(FUNCTIONS) - ({"WaitFunction"} if metric == "Throttles" else set())


def test_alarms_tell_the_topic_where_there_is_one() -> None:
    for alarm in ALARMS.values():
        condition, (told,), _ = alarm["AlarmActions"]["Fn::If"]
        assert condition == "HasAlarmTopic"
        assert told == {"Fn::If": ["HasForeignTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AlarmTopic"}]}


def test_the_dashboard_shows_every_queue_and_the_functions_that_always_run() -> None:
    text = RESOURCES["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = json.loads(text)["widgets"]

    assert all(widget["properties"]["metrics"] for widget in shown)
    assert all(f"${{{queue}.QueueName}}" in text for queue in QUEUES)
    assert all(f"${{{name}}}" in text for name in FUNCTIONS if name != "PushFunction")


@pytest.mark.parametrize(
    ("resource", "condition"),
    [("Key", "HasKey"), ("AlarmTopic", "HasOwnTopic"), ("Budget", "HasBudget")],
)
def test_what_costs_extra_is_there_only_where_it_is_asked_for(resource: str, condition: str) -> None:
    assert RESOURCES[resource]["Condition"] == condition


def test_everything_of_the_push_is_there_only_where_it_is_asked_for() -> None:
    conditional = {name for name, resource in RESOURCES.items() if resource.get("Condition") == "HasPush"}
    outputs = {name for name, output in TEMPLATE["Outputs"].items() if output.get("Condition") == "HasPush"}

    assert conditional == {name for name in RESOURCES if name.startswith("Push")}
    assert outputs == {name for name in TEMPLATE["Outputs"] if name.startswith("Push")}
    assert RESOURCES["JobsTable"]["Properties"]["StreamSpecification"]["Fn::If"][0] == "HasPush"
    assert TEMPLATE["Parameters"]["Push"]["Default"] == "false"


def test_web_pages_of_other_origins_upload_only_where_they_are_named() -> None:
    condition, configuration, otherwise = RESOURCES["DocumentsBucket"]["Properties"]["CorsConfiguration"][
        "Fn::If"
    ]

    assert condition == "HasCorsOrigins"
    assert configuration["CorsRules"][0]["AllowedOrigins"] == {"Fn::Split": [",", {"Ref": "CorsOrigins"}]}
    assert otherwise == {"Ref": "AWS::NoValue"}


def test_secrets_stand_in_no_environment() -> None:
    variables = {name: set(function["Environment"]["Variables"]) for name, function in FUNCTIONS.items()}

    assert not any({"DIRECTUS_SECRET", "DIRECTUS_TOKEN"} & names for names in variables.values())
    verifying = {name for name, names in variables.items() if "DIRECTUS_SECRET_PARAMETER" in names}
    seeding = {name for name, names in variables.items() if "DIRECTUS_TOKEN_PARAMETER" in names}
    assert verifying == {"ApiFunction", "WaitFunction", "PushFunction"}
    assert seeding == set(WORKERS)


@pytest.mark.parametrize(
    ("function", "settings"),
    [
        ("ApiFunction", ApiSettings),
        ("AnalyzeFunction", AnalyzeSettings),
        ("CleanupFunction", CleanupSettings),
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
    assert {name for name, names in own.items() if "LEASE_SECONDS" in names} == set(WORKERS)
    assert {name for name, names in own.items() if "RESERVE_SECONDS" in names} == set(WORKERS)


@pytest.mark.parametrize("resource", ["JobsTable", "DocumentsBucket", *QUEUES])
def test_resources_are_tagged(resource: str) -> None:
    keys = {tag["Key"] for tag in RESOURCES[resource]["Properties"]["Tags"]}

    assert keys == {"Project", "Stage"}


def outputs_of(kind: str) -> dict[str, Any]:
    return {name: output["Value"] for name, output in TEMPLATE["Outputs"].items() if kind in name}


def test_outputs_name_what_operators_need() -> None:
    assert {f"{queue}Url" for queue in QUEUES} == set(outputs_of("Queue"))
    assert {f"{function}Name" for function in FUNCTIONS} == set(outputs_of("Function"))
    assert {"ApiUrl", "ApiId", "StageName", "JobsTable", "DocumentsBucket"} <= set(TEMPLATE["Outputs"])
