"""A function's process and the Runtime API that we serve it, with a runtime client of a few lines."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local.processes import Process
from infra.localstack.plugin.output import CHUNK, Output
from infra.localstack.plugin.runtime import Ending, Invocation, Runtime, StartError

CLIENT = """
import json, os, subprocess, sys, time, urllib.request

base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"

def post(path, body):
    urllib.request.urlopen(base + path, json.dumps(body).encode()).read()

if "FAIL" in os.environ:
    post("init/error", {"errorType": "Runtime.ImportModuleError"})
    time.sleep(60)
while True:
    with urllib.request.urlopen(base + "invocation/next") as answer:
        given, headers = json.load(answer), dict(answer.headers)
    invocation = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    print("x" * given.get("print", 0), end="", flush=True)
    if given["do"] == "exit":
        sys.exit(7)
    if given["do"] == "sleep":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(child.pid, flush=True)
        time.sleep(60)
    if given["do"] == "error":
        post(invocation + "/error", {"errorType": "ValueError"})
    else:
        post(invocation + "/response", {"pid": os.getpid(), "headers": headers, "cwd": os.getcwd()})
"""


def start(folder: Path, **environment: str) -> Runtime:
    return Runtime([sys.executable, "-c", CLIENT], folder, {"PATH": os.environ["PATH"], **environment})


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    started = start(tmp_path)
    started.wait_ready(60)
    yield started
    started.stop()


def event(request_id: str, *, seconds: float = 60, **payload: object) -> Invocation:
    body = json.dumps({"do": "answer", **payload}).encode()
    return Invocation(request_id, body, time.time() + seconds, "arn:function", "Root=1")


def test_one_process_answers_again_and_again(runtime: Runtime, tmp_path: Path) -> None:
    asked = event("one")
    outcome = runtime.invoke(asked)
    answer = json.loads(outcome.body)
    headers = {name.lower(): value for name, value in answer["headers"].items()}

    assert outcome.ending is Ending.RESPONSE
    assert answer["cwd"] == str(tmp_path)
    assert headers["lambda-runtime-deadline-ms"] == str(int(asked.deadline * 1000))
    assert headers["lambda-runtime-invoked-function-arn"] == "arn:function"
    assert headers["lambda-runtime-trace-id"] == "Root=1"
    assert json.loads(runtime.invoke(event("two")).body)["pid"] == answer["pid"]


def test_an_error_of_the_function_is_told_from_an_answer(runtime: Runtime) -> None:
    outcome = runtime.invoke(event("one", do="error"))

    assert (outcome.ending, json.loads(outcome.body)) == (Ending.ERROR, {"errorType": "ValueError"})
    assert runtime.invoke(event("two")).ending is Ending.RESPONSE


def test_a_process_that_exits_ends_its_invocation(runtime: Runtime) -> None:
    outcome = runtime.invoke(event("one", do="exit"))

    assert outcome.ending is Ending.EXIT
    assert "status 7" in json.loads(outcome.body)["errorMessage"]
    assert not runtime.alive


def test_a_process_that_is_late_is_killed(runtime: Runtime) -> None:
    assert runtime.invoke(event("one", do="sleep", seconds=0.5)).ending is Ending.TIMEOUT
    assert not runtime.alive


def test_a_process_ends_with_its_children(runtime: Runtime) -> None:
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(runtime.invoke, event("one", do="sleep"))
        printed = ""
        while not printed.endswith("\n"):
            printed += runtime.output.take()
            time.sleep(0.01)
        child = Process.of(int(printed))
        runtime.stop()

        assert outcome.result().ending is Ending.EXIT
    while child.alive:
        time.sleep(0.01)


def test_all_that_was_printed_before_the_answer_is_there_after_it(runtime: Runtime) -> None:
    size = 3 * CHUNK
    for number in range(5):
        runtime.invoke(event(str(number), print=size))
        assert runtime.output.take() == "x" * size


def test_a_function_that_cannot_be_loaded_does_not_start(tmp_path: Path) -> None:
    failing = start(tmp_path, FAIL="1")
    with pytest.raises(StartError, match=r"Runtime\.ImportModuleError"):
        failing.wait_ready(60)
    assert not failing.alive


def test_a_process_that_ends_at_once_does_not_start(tmp_path: Path) -> None:
    ended = Runtime([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, {})
    with pytest.raises(StartError, match="status 3"):
        ended.wait_ready(60)


def test_a_process_that_asks_for_no_work_does_not_start(tmp_path: Path) -> None:
    silent = Runtime([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, {})
    with pytest.raises(StartError, match=r"Runtime\.StartTimeout"):
        silent.wait_ready(0.2)
    assert not silent.alive


def test_output_that_is_no_text_is_shown_as_well_as_it_can_be() -> None:
    output = Output()
    os.write(output.writer, b"caf\xe9\n")
    assert output.take() == "caf\N{REPLACEMENT CHARACTER}\n"
    output.close_writer()
