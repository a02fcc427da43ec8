"""A stack of its own: down and up again, changed code, beside others, and removed with its owner.

The functions are stand-ins, so that nothing but the local stack itself is tested.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local import emulator, guard, server
from infra.local.__main__ import main
from infra.local.errors import LocalError
from infra.local.paths import CHECKOUT, Paths
from infra.local.processes import HOST, start
from infra.local.stack import LocalStack

API = """
import json

def create_app():
    async def app(scope, receive, send):
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        await send(start)
        await send({"type": "http.response.body", "body": b"ANSWER"})
    return app

def handler(event, context):
    return {"statusCode": 200, "body": "ANSWER"}
"""
WORKER = """
import json
import os

import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    for record in event["Records"]:
        answer = "ANSWER"
        if record["body"] == "forbidden":
            try:
                boto3.client("s3").delete_object(Bucket=os.environ["DOCUMENTS_BUCKET"], Key="documents/kept")
            except ClientError as error:
                answer = error.response["Error"]["Code"]
        key = {"pk": {"S": record["body"]}, "sk": {"S": answer}}
        boto3.client("dynamodb").put_item(TableName=os.environ["JOBS_TABLE"], Item=key)
        print(json.dumps({"job_id": record["body"], "message": "ANSWER"}))
    return {"batchItemFailures": []}

def reconcile(event, context):
    return {}
"""


def write_functions(root: Path, answer: str) -> None:
    for function, code in (("api", API), ("analyze", WORKER), ("cleanup", WORKER)):
        (root / "functions" / function / "handler.py").write_text(code.replace("ANSWER", answer))
    shutil.copyfile(root / "functions/api/handler.py", root / "functions/api/local.py")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    for file in ("template.yaml", "infra/monitoring.yaml"):
        (root / file).parent.mkdir(exist_ok=True)
        shutil.copyfile(CHECKOUT / file, root / file)
    (root / "constraints.txt").write_text("")
    (root / "functions").mkdir()
    (root / "functions/__init__.py").write_text("")
    for package in ("functions/api", "functions/analyze", "functions/cleanup", "functions/notify", "shared"):
        (root / package).mkdir()
        (root / package / "__init__.py").write_text("")
        (root / package / "requirements.txt").write_text("")
    write_functions(root, "first")
    return root


@pytest.fixture(scope="module")
def paths(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    cache = Paths.from_environment(os.environ).cache
    return Paths(checkout, tmp_path_factory.mktemp("stack"), cache)


@pytest.fixture(scope="module")
def local(request: pytest.FixtureRequest, paths: Paths) -> Iterator[LocalStack]:
    endpoint: str | None = request.config.getoption("--endpoint-url")
    with LocalStack(
        paths,
        {"MAX_PAGES": "3"},
        endpoint=endpoint,
        name=f"lifecycle-{uuid.uuid4().hex[:12]}",
        fixed_ports=False,
        enforce_permissions=True,
    ) as stack:
        guard.watch(paths, paths.state, os.getpid())
        yield stack
    guard.dismiss(paths)


def work(stack: LocalStack, job_id: str) -> str:
    """Send a message and return what the worker answered."""
    outputs = stack.deployed.outputs
    sent, deadline = 0.0, time.monotonic() + 90
    while time.monotonic() < deadline:
        if time.monotonic() - sent > 15:
            # Again: on LocalStack, what meets a function that is being updated comes back after 90 minutes.
            stack.client("sqs").send_message(QueueUrl=outputs["AnalysisQueueUrl"], MessageBody=job_id)
            sent = time.monotonic()
        found = stack.client("dynamodb").query(
            TableName=outputs["JobsTable"],
            KeyConditionExpression="pk = :job",
            ExpressionAttributeValues={":job": {"S": job_id}},
            ConsistentRead=True,
        )["Items"]
        if found:
            return str(found[0]["sk"]["S"])
        time.sleep(0.05)
    raise AssertionError(f"no worker answered; see {stack.paths.logs}")


def test_messages_reach_the_worker_and_requests_the_api(local: LocalStack) -> None:
    answer = work(local, "messages")

    assert answer in {"first", "second"}
    assert httpx.get(f"{local.gateway_url}/anything", timeout=60).text == answer
    assert httpx.get(f"{local.serve()}/anything", timeout=60).text == answer


@pytest.mark.embedded_only(reason="LocalStack enforces no permissions without an account")
def test_functions_may_do_only_what_their_roles_allow(local: LocalStack) -> None:
    assert work(local, "forbidden") == "AccessDenied"


def test_settings_set_the_templates_parameters(local: LocalStack) -> None:
    assert local.environment("AnalyzeFunction")["MAX_PAGES"] == "3"


@pytest.mark.embedded_only(reason="an endpoint that is not ours is never stopped")
def test_state_survives_down_and_up_on_another_port(local: LocalStack) -> None:
    answer = work(local, "before")
    bucket = local.deployed.outputs["DocumentsBucket"]
    version = local.client("s3").put_object(Bucket=bucket, Key="documents/kept", Body=b"kept")["VersionId"]
    before = emulator.running(local.paths)
    assert before is not None

    assert local.down() is True
    with pytest.raises(LocalError, match="does not run"):
        _ = local.deployed
    with socket.socket() as occupied:
        occupied.bind((HOST, before.port))
        occupied.listen()
        local.up()
        after = emulator.running(local.paths)
        assert after is not None
        assert after.port != before.port

        assert work(local, "before") == work(local, "after") == answer
        kept = local.client("s3").get_object(Bucket=bucket, Key="documents/kept", VersionId=version)
        assert kept["Body"].read() == b"kept"


def test_changed_code_reaches_worker_gateway_and_server(local: LocalStack) -> None:
    work(local, "old")
    url = local.serve()
    write_functions(local.paths.root, "second")

    local.deploy()

    assert work(local, "new") == "second"
    assert httpx.get(f"{local.gateway_url}/", timeout=60).text == "second"
    assert local.serve() == url
    assert httpx.get(f"{url}/", timeout=60).text == "second"


def test_it_runs_beside_another_stack(local: LocalStack, stack: LocalStack) -> None:
    assert local.gateway_url != stack.gateway_url
    assert local.deployed.outputs["JobsTable"] != stack.deployed.outputs["JobsTable"]
    assert local.secret != stack.secret
    assert stat.S_IMODE(local.paths.secret.stat().st_mode) == 0o600


def test_another_endpoint_gets_whole_archives_and_no_emulator(local: LocalStack, tmp_path: Path) -> None:
    guest_paths = Paths(local.paths.root, tmp_path / "guest", local.paths.cache)
    work(local, "host")
    endpoint, name = local.deployed.endpoint, f"guest-{uuid.uuid4().hex[:12]}"

    with LocalStack(guest_paths, {"AWS_ENDPOINT_URL": endpoint}, name=name, fixed_ports=False) as guest:
        assert guest.deployed.endpoint == endpoint
        assert emulator.running(guest_paths) is None
        assert guest.deployed.outputs["JobsTable"] != local.deployed.outputs["JobsTable"]
        assert (
            "PYTHONPATH"
            not in guest.client("lambda").get_function_configuration(
                FunctionName=guest.deployed.outputs["AnalyzeFunctionName"]
            )["Environment"]["Variables"]
        )
        assert work(guest, "guest") == work(local, "guest-2")
        bucket = guest.deployed.outputs["DocumentsBucket"]
        guest.client("s3").put_object(Bucket=bucket, Key="documents/left", Body=b"left")

    buckets = {entry["Name"] for entry in local.client("s3").list_buckets()["Buckets"]}
    assert not {bucket for bucket in buckets if name in bucket}
    assert work(local, "host")


def test_a_broken_template_says_what_is_wrong(local: LocalStack, tmp_path: Path) -> None:
    root = tmp_path / "broken"
    shutil.copytree(local.paths.root, root)
    template = root / "template.yaml"
    # Two faults: LocalStack minds unknown attributes, the local stack's emulator unknown types.
    text = template.read_text().replace("!GetAtt AnalysisQueue.Arn", "!GetAtt NoSuchQueue.Arn")
    template.write_text(text.replace("AWS::SQS::Queue\n", "AWS::SQS::Cue\n", 1))
    broken = LocalStack(
        Paths(root, tmp_path / "state", local.paths.cache),
        endpoint=local.deployed.endpoint,
        name=f"broken-{uuid.uuid4().hex[:12]}",
        fixed_ports=False,
    )

    with pytest.raises(LocalError, match=r"NoSuchQueue|AWS::SQS::Cue"):
        broken.deploy()


@pytest.mark.embedded_only(reason="an endpoint that is not ours is never stopped")
def test_a_stack_is_removed_when_its_owner_is_killed(checkout: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    paths = Paths(checkout, folder / "state", Paths.from_environment(os.environ).cache)
    paths.state.mkdir(parents=True)
    owner = start(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        os.environ,
        log=tmp_path / "log",
        folder=tmp_path,
        port=0,
    )
    guard.watch(paths, folder, owner.pid)
    LocalStack(paths, fixed_ports=False).up()
    running = [emulator.running(paths), server.server(paths)]
    assert all(running)

    owner.stop()

    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not [process for process in running if process is not None and process.alive]


def command(local: LocalStack, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("CLAUSEWORKS_STATE", str(local.paths.state))
    monkeypatch.setenv("CLAUSEWORKS_CACHE", str(local.paths.cache))
    return main(arguments)


def test_logs_of_one_job_are_shown(
    local: LocalStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = work(local, "logged")
    work(local, "other")
    deadline = time.monotonic() + 30
    shown = ""
    while not shown and time.monotonic() < deadline:
        assert command(local, monkeypatch, "logs", "--job", "logged") == 0
        shown = capsys.readouterr().out

    assert json.loads(shown) == {"job_id": "logged", "message": answer}


def test_status_shows_addresses_and_queues(
    local: LocalStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    local.serve()
    assert command(local, monkeypatch, "status") == 0
    shown = capsys.readouterr().out

    assert local.gateway_url in shown
    assert re.search(r"^AnalysisDeadLetterQueue +0 waiting, 0 in flight$", shown, re.MULTILINE)


def test_a_token_is_printed(
    local: LocalStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(local, monkeypatch, "token", "--admin") == 0

    assert capsys.readouterr().out.count(".") == 2


def test_without_a_stack_commands_say_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLAUSEWORKS_STATE", str(tmp_path))

    assert main(["status"]) == 1
    assert "infra.local up" in capsys.readouterr().err
    assert main(["down"]) == 0
    assert "nothing was running" in capsys.readouterr().out
