"""What the session's stack is after its deployment, whatever the endpoint."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from infra.local import package
from infra.local.stack import LocalStack
from infra.local.template import load_template


def test_the_gateway_reaches_the_application(gateway: httpx.Client) -> None:
    answer = gateway.get("/health")

    assert answer.status_code == 200


def test_the_gateway_refuses_what_has_no_route(gateway: httpx.Client) -> None:
    assert gateway.request("PROPFIND", "/jobs").status_code == 404


@pytest.mark.embedded_only(reason="LocalStack 4.14 takes the status of a gateway response, not its template")
def test_the_gateway_answers_problem_documents_of_its_own(gateway: httpx.Client) -> None:
    answer = gateway.request("PROPFIND", "/jobs")

    assert answer.json()["type"] == "urn:clauseworks:problem:not-found"


def test_the_server_has_the_same_application(server_url: str) -> None:
    assert httpx.get(f"{server_url}/health", timeout=30).status_code == 200
    assert httpx.get(f"{server_url}/openapi.json", timeout=30).json()["paths"]


def test_the_stacks_tokens_are_accepted(stack: LocalStack, gateway: httpx.Client) -> None:
    assert gateway.get("/jobs").status_code == 401
    answer = gateway.get("/jobs", headers={"Authorization": f"Bearer {stack.token()}"})

    assert answer.status_code == 200


def test_records_expire(stack: LocalStack) -> None:
    table = stack.deployed.outputs["JobsTable"]
    described = stack.client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]

    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_documents_are_kept_in_versions(stack: LocalStack) -> None:
    bucket = stack.deployed.outputs["DocumentsBucket"]
    s3 = stack.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"

    first = s3.put_object(Bucket=bucket, Key="documents/versions/original", Body=b"first")["VersionId"]
    s3.put_object(Bucket=bucket, Key="documents/versions/original", Body=b"second")
    pinned = s3.get_object(Bucket=bucket, Key="documents/versions/original", VersionId=first)

    assert pinned["Body"].read() == b"first"


@pytest.mark.parametrize(("function", "queue"), [("Analyze", "Analysis"), ("Cleanup", "Cleanup")])
def test_workers_listen_to_their_queue(stack: LocalStack, function: str, queue: str) -> None:
    outputs = stack.deployed.outputs
    mappings = stack.client("lambda").list_event_source_mappings(
        FunctionName=outputs[f"{function}FunctionName"]
    )["EventSourceMappings"]
    attributes = stack.client("sqs").get_queue_attributes(
        QueueUrl=outputs[f"{queue}QueueUrl"], AttributeNames=["QueueArn", "RedrivePolicy"]
    )["Attributes"]

    (mapping,) = mappings
    assert mapping["EventSourceArn"] == attributes["QueueArn"]
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert "maxReceiveCount" in attributes["RedrivePolicy"]


def test_the_functions_environment_names_what_was_deployed(stack: LocalStack) -> None:
    outputs = stack.deployed.outputs
    environment = stack.environment("AnalyzeFunction")

    assert environment["JOBS_TABLE"] == outputs["JobsTable"]
    assert environment["DOCUMENTS_BUCKET"] == outputs["DocumentsBucket"]
    assert environment["ANALYSIS_QUEUE_URL"] == outputs["AnalysisQueueUrl"]
    assert environment["AWS_ENDPOINT_URL"] == stack.deployed.endpoint
    assert environment["STAGE"] == "local"
    assert "DIRECTUS_SECRET" not in environment


def test_deploying_again_changes_nothing(stack: LocalStack) -> None:
    before = stack.deployed
    table = before.outputs["JobsTable"]
    item = {"pk": {"S": "test#kept"}, "sk": {"S": "test"}}
    stack.client("dynamodb").put_item(TableName=table, Item=item)

    assert stack.deploy() == before
    assert stack.client("dynamodb").get_item(TableName=table, Key=item)["Item"] == item


@pytest.mark.parametrize("function", ["Api", "Analyze", "Cleanup"])
def test_a_functions_requirements_are_all_that_its_handler_imports(stack: LocalStack, function: str) -> None:
    name = function.lower()
    search = f"{package.bundle(stack.paths, name)}:{stack.paths.root}"
    environment = {**stack.environment(f"{function}Function"), "PYTHONPATH": search}
    # -S: without the packages of the environment that runs the tests.
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import functions.{name}.handler"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_stack_has_the_outputs_of_the_template(stack: LocalStack) -> None:
    outputs = load_template(stack.paths.template)["Outputs"]
    unconditional = {name for name, output in outputs.items() if "Condition" not in output}

    assert unconditional <= set(stack.deployed.outputs) <= set(outputs)
