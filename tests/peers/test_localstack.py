"""The stack on the real LocalStack, and what our plugin gives it: functions as processes, DynamoDB from moto.

The whole suite runs there by ``make test-localstack``; this is the part that shows that it can.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.paths import Paths
from infra.local.stack import LocalStack
from infra.localstack.__main__ import main
from infra.localstack.borrowed import own_server
from infra.localstack.install import NotInstallableError
from tests.peers.localstack import CODE, TIMEOUT_SECONDS, Function, add_function
from tests.support.paths import SAMPLES
from tests.support.stack.api import artifact, bearer, findings, is_localstack, upload, wait


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    try:
        server = own_server(os.environ)
        address = server.__enter__()
    except NotInstallableError as error:
        pytest.skip(str(error))
    try:
        yield address
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def stack(url: str, tmp_path_factory: pytest.TempPathFactory) -> LocalStack:
    """Return a deployed stack; it ends with its LocalStack."""
    usual = Paths.from_environment(os.environ)
    paths = Paths(usual.root, tmp_path_factory.mktemp("localstack") / "state", usual.cache)
    paths.state.mkdir()
    deployed = LocalStack(paths, endpoint=url, name="contract", fixed_ports=False)
    deployed.deploy()
    return deployed


@pytest.fixture(scope="module")
def api(stack: LocalStack) -> Iterator[httpx.Client]:
    """Return a client of an administrator, who may clean up, through the gateway."""
    headers = bearer(stack.token("operator", admin=True))
    with httpx.Client(base_url=stack.gateway_url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def function(stack: LocalStack) -> Function:
    return add_function(stack, "obedient")


def test_a_document_is_analysed_and_cleaned_up(api: httpx.Client) -> None:
    uploaded = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())
    job = wait(api, uploaded["job_id"])
    assert job["status"] == "completed", job["error"]
    tree = api.get(f"/jobs/{job['job_id']}/result").raise_for_status().json()
    pages = {page["number"]: page["text"] for page in artifact(api, job["job_id"], "pages.json")}
    found = findings(tree)
    assert len(found) > job["result"]["num_segments"] > 0
    for finding in found:
        for proof in finding["evidence"]:
            assert pages[proof["page"]][proof["start"] : proof["end"]] == proof["quote"]

    cleanup = api.post("/jobs/cleanup", json={"document_id": uploaded["document_id"], "delete_product": True})
    cleaned = wait(api, cleanup.json()["job_id"])
    assert cleaned["result"]["success"] is True, cleaned
    assert api.get(f"/jobs/{job['job_id']}/artifacts/pages.json").is_client_error


def test_it_is_localstack_on_the_loopback_alone(stack: LocalStack) -> None:
    assert is_localstack(stack)
    port = urlsplit(stack.deployed.endpoint).port
    # Whoever listens to every address answers at this one too.
    with pytest.raises(OSError, match=r"refused|assign|timed out"):
        socket.create_connection(("127.0.0.2", port or 0), timeout=5)


def test_a_function_answers_and_keeps_its_process(function: Function, url: str) -> None:
    first, second = function.invoke("answer"), function.invoke("answer")
    assert (first.error, second.error) == ("", "")
    assert second.payload["calls"] == first.payload["calls"] + 1
    assert first.payload["endpoint"] == url
    assert first.payload["secrets"] == []
    assert 0 < first.payload["remaining"] <= TIMEOUT_SECONDS * 1000
    lines = first.log.splitlines()
    assert lines[0].startswith(f"START RequestId: {first.payload['request_id']}")
    assert lines[1] == "asked to answer"
    assert second.log.count("asked to") == 1


@pytest.mark.parametrize(
    ("action", "kind", "message"),
    [
        ("fail", "ValueError", "no such policy"),
        ("exit", "Runtime.ExitError", "status 7"),
        ("sleep", "Sandbox.Timedout", f"timed out after {TIMEOUT_SECONDS}.00 seconds"),
    ],
)
def test_a_function_that_fails_says_how_and_works_again(
    function: Function, action: str, kind: str, message: str
) -> None:
    failed = function.invoke(action)
    assert failed.error
    assert failed.payload["errorType"] == kind
    assert message in failed.payload["errorMessage"]
    assert f"asked to {action}" in failed.log
    assert function.invoke("answer").error == ""


def test_a_function_that_cannot_be_loaded_says_why(stack: LocalStack) -> None:
    broken = add_function(stack, "broken", "import no_such_module")
    failed = broken.invoke("answer")
    assert failed.error
    assert "no_such_module" in failed.payload["errorMessage"]


def test_a_changed_function_runs_as_it_is_now(stack: LocalStack) -> None:
    changing = add_function(stack, "changing")
    first = changing.invoke("answer").payload
    # More than once: each change stops the one before it, which has the same code.
    for setting in ("one", "two"):
        changing.configure(setting)
        answer = changing.invoke("answer")
        assert answer.error == ""
        assert (answer.payload["setting"], answer.payload["calls"]) == (setting, 1)
    changing.replace(CODE.replace("calls += 1", "calls += 100"))
    second = changing.invoke("answer").payload
    assert (second["setting"], second["calls"]) == ("two", 100)
    changing.delete()
    # Both are unpacked code of which no version is left.
    until_gone(Path(first["code"]), Path(second["code"]))


def until_gone(*folders: Path) -> None:
    deadline = time.monotonic() + 30
    while any(folder.exists() for folder in folders):
        assert time.monotonic() < deadline, folders
        time.sleep(0.1)


def test_of_parallel_transactions_none_is_lost(stack: LocalStack) -> None:
    table, client = stack.deployed.outputs["JobsTable"], stack.client("dynamodb")
    keys = [{"pk": {"S": "test#parallel"}, "sk": {"S": name}} for name in ("counter", "copy")]

    def raise_both(number: int) -> bool:
        """Write one version to two items, where the first has the one before."""
        counter, copy = ({**key, "version": {"N": str(number)}} for key in keys)
        before = {":before": {"N": str(number - 1)}}
        condition = "version = :before" if number > 1 else "attribute_not_exists(pk)"
        guarded = {"TableName": table, "Item": counter, "ConditionExpression": condition}
        if number > 1:
            guarded["ExpressionAttributeValues"] = before
        try:
            client.transact_write_items(
                TransactItems=[{"Put": guarded}, {"Put": {"TableName": table, "Item": copy}}]
            )
        except client.exceptions.TransactionCanceledException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        for number in range(1, 9):
            assert sum(pool.map(raise_both, [number] * 8)) == 1
    stored = [client.get_item(TableName=table, Key=key)["Item"]["version"]["N"] for key in keys]
    assert stored == ["8", "8"]


def test_a_transaction_that_fails_leaves_all_as_it_was(stack: LocalStack) -> None:
    table, client = stack.deployed.outputs["JobsTable"], stack.client("dynamodb")
    keys = {name: {"pk": {"S": "test#undone"}, "sk": {"S": name}} for name in ("kept", "changed", "new")}
    for name in ("kept", "changed"):
        client.put_item(TableName=table, Item={**keys[name], "words": {"L": [{"S": name}]}})

    def stored() -> Any:
        answer = client.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "test#undone"}},
        )
        return answer["Items"]

    def transact(condition: str) -> None:
        change = {
            "UpdateExpression": "SET words = list_append(words, :more)",
            "ExpressionAttributeValues": {":more": {"L": [{"S": "more"}]}},
        }
        client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": keys["new"]}},
                {"Update": {"TableName": table, "Key": keys["changed"], **change}},
                {"Delete": {"TableName": table, "Key": keys["kept"], "ConditionExpression": condition}},
            ]
        )

    before = stored()
    with pytest.raises(client.exceptions.TransactionCanceledException):
        transact("attribute_not_exists(pk)")
    assert stored() == before
    transact("attribute_exists(pk)")
    changed = {**keys["changed"], "words": {"L": [{"S": "changed"}, {"S": "more"}]}}
    assert stored() == [changed, keys["new"]]


def test_the_commands_start_show_and_stop_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLAUSEWORKS_STATE", str(tmp_path))
    # Its port is taken: another one is found.
    port = str(urlsplit(url).port)
    try:
        assert main(["up", "--port", port]) == 0
        assert main(["status"]) == 0
        shown = capsys.readouterr().out.splitlines()
        assert shown[-1].startswith("deploy      AWS_ENDPOINT_URL=http://127.0.0.1:")
        assert shown[-2:] == shown[-4:-2]
        other = shown[-2].split()[1]
        assert other != url
        health = httpx.get(f"{other}/_localstack/health", timeout=30, trust_env=False).json()
        assert health["version"] == "4.14.0"
    finally:
        assert main(["down"]) == 0
    assert main(["status"]) == 1
    assert "infra.localstack up" in capsys.readouterr().err


def test_a_command_runs_with_the_endpoint_that_is_given(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = "import os, sys; print(os.environ['AWS_ENDPOINT_URL'], flush=True); sys.exit(3)"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert main(["run", sys.executable, "-c", program]) == 3
    assert capfd.readouterr().out.strip() == url
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert main(["run", sys.executable, "-c", program]) == 1
    assert "nothing answers" in capfd.readouterr().err
