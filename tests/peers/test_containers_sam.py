"""The SAM CLI with the template and the real images: lint, build, every function once, and the API."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.paths import CHECKOUT
from infra.local.stack import LocalStack
from shared.ids import uuid7
from shared.jobs.model import Kind
from tests.peers.containers import NO_JOB, OWNER, ContainerStack, event_with
from tests.support import routes
from tests.support.stack.api import bearer, upload
from tests.support.stack.push import read, watching

pytestmark = pytest.mark.slow(reason="images are built, and containers start")

COMMAND = [sys.executable, "-m", "infra.images", "sam"]
PAGE = (CHECKOUT / "docs" / "containers.md").read_text()
START_SECONDS = 120.0
LOG_SECONDS = 20.0
# Of each function's answer to its event in docs/containers.md.
EXPECTED: dict[str, dict[str, Any]] = {
    "ApiFunction": {"statusCode": 200},
    "AnalyzeFunction": {"batchItemFailures": []},
    "CleanupFunction": {"batchItemFailures": []},
    "ReconcileFunction": {"errors": 0},
    "NotifyFunction": {"batchItemFailures": []},
    # The event's owner has no documents.
    "SearchFunction": {"answer": {"hits": [], "found": 0, "documents": 0, "skipped": []}},
    # There is no token in its event, and nobody who follows the job in that of push.
    "WaitFunction": {"statusCode": 401},
    "PushFunction": {"sent": 0},
}
CONTAINER_SETTINGS = {"PUSH": "true"}


@pytest.fixture(scope="module")
def local(container_stack: LocalStack) -> Iterator[ContainerStack]:
    headers = bearer(container_stack.token(OWNER))
    with httpx.Client(
        base_url=container_stack.gateway_url, headers=headers, timeout=60, trust_env=False
    ) as api:
        yield ContainerStack(container_stack, api)


@pytest.fixture(scope="module")
def environment(local: ContainerStack) -> dict[str, str]:
    paths = local.stack.paths
    return {**os.environ, "CLAUSEWORKS_STATE": str(paths.state), "CLAUSEWORKS_CACHE": str(paths.cache)}


@pytest.fixture(scope="module")
def built(environment: dict[str, str]) -> dict[str, str]:
    """Build the template's functions; return the environment in which they can be run."""
    assert "Build Succeeded" in sam(environment, "build")
    return environment


def sam(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def invoke(environment: dict[str, str], function: str, event: Path) -> Any:
    """Run a function once and return its answer; `sam` exits well whatever the function does."""
    output = sam(environment, "local", "invoke", function, "--event", str(event))
    answer = json.loads(output.strip().splitlines()[-1])
    assert "errorMessage" not in answer, output
    return answer


def test_the_template_passes_the_linter(environment: dict[str, str]) -> None:
    assert "python -m infra.images sam validate --lint" in PAGE
    assert "is a valid SAM Template" in sam(environment, "validate", "--lint")


def test_the_built_template_keeps_to_the_quotas_of_aws(local: ContainerStack, built: dict[str, str]) -> None:
    template = local.stack.paths.state / "sam" / "build" / "template.yaml"
    command = [sys.executable, "-m", "infra.aws.quotas", str(template)]
    done = subprocess.run(command, cwd=CHECKOUT, env=built, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"resource policy of a function, bytes +ApiFunction .* 20,480$", done.stdout, re.MULTILINE
    )
    assert re.search(r"image of a function, bytes +clauseworks-api:latest", done.stdout)


@pytest.mark.parametrize("function", EXPECTED)
def test_the_page_invokes_every_function(built: dict[str, str], function: str) -> None:
    (event,) = re.findall(rf"sam local invoke {function} --event (\S+)$", PAGE, re.MULTILINE)
    answer = invoke(built, function, CHECKOUT / event)
    assert {name: answer[name] for name in EXPECTED[function]} == EXPECTED[function]


def test_no_other_invocation_is_in_the_page() -> None:
    assert sorted(re.findall(r"sam local invoke (\w+)", PAGE)) == sorted(EXPECTED)


def test_analyze_does_the_job_that_its_event_names(
    local: ContainerStack, built: dict[str, str], tmp_path: Path
) -> None:
    job = local.unsent(Kind.ANALYSIS, local.small_document())
    event = event_with("analyze", tmp_path, {NO_JOB: job.job_id})
    assert invoke(built, "AnalyzeFunction", event) == {"batchItemFailures": []}
    ended = local.status(job.job_id)
    assert ended["status"] == "completed", ended["error"]
    assert ended["result"]["num_limits"] > 0


def test_cleanup_does_the_job_that_its_event_names(
    local: ContainerStack, built: dict[str, str], tmp_path: Path
) -> None:
    analysed = upload(local.api, "small.md", b"# Cover\n\nWe pay up to CHF 500 for baggage.\n")
    local.wait(analysed["job_id"])
    job = local.unsent(Kind.CLEANUP, {"document_id": analysed["document_id"]})
    event = event_with("cleanup", tmp_path, {NO_JOB: job.job_id})
    assert invoke(built, "CleanupFunction", event) == {"batchItemFailures": []}
    ended = local.status(job.job_id)
    assert ended["status"] == "completed", ended["error"]
    assert ended["result"]["success"] is True
    assert local.objects(f"jobs/{analysed['job_id']}/") == []


def test_wait_answers_about_the_job_that_its_event_names(
    local: ContainerStack, built: dict[str, str], tmp_path: Path
) -> None:
    submitted = upload(local.api, "small.md", b"# Cover\n\nWe pay up to CHF 500 for baggage.\n")
    local.wait(submitted["job_id"])
    event = event_with("wait", tmp_path, {NO_JOB: submitted["job_id"], "TOKEN": local.stack.token(OWNER)})
    answer = invoke(built, "WaitFunction", event)
    assert answer["statusCode"] == httpx.codes.OK, answer
    assert comparable(json.loads(answer["body"])) == comparable(local.status(submitted["job_id"]))


def comparable(job: dict[str, Any]) -> dict[str, Any]:
    """Return a job's status without what depends on the call.

    Addresses begin as that of the gateway that was asked, and only GET looks up the notifications.
    """
    return {
        name: value for name, value in job.items() if not name.endswith("_url") and name != "notifications"
    }


def test_push_tells_those_who_follow_the_job_that_its_event_names(
    local: ContainerStack, built: dict[str, str], tmp_path: Path
) -> None:
    job = local.unsent(Kind.ANALYSIS, local.small_document())
    event = event_with("push", tmp_path, {NO_JOB: job.job_id})
    with watching(local.stack, job.job_id, local.stack.token(OWNER)) as socket:
        told = read(socket)["events"][0]
        assert told["id"] == 1
        assert invoke(built, "PushFunction", event) == {"sent": 1}
        # The first event comes again where the stream tells of it only now.
        while told["id"] == 1:
            told = read(socket)["events"][0]
    assert (told["id"], told["stage"], told["current"], told["total"]) == (7, "extract", 3, 8)


@dataclass(frozen=True)
class Served:
    """The API behind `sam local start-api`."""

    api: httpx.Client
    log: Path


@pytest.fixture(scope="module")
def served(
    local: ContainerStack, built: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    port = free_port()
    log = tmp_path_factory.mktemp("sam") / "start-api.log"
    (command,) = re.findall(r"infra\.images sam (local start-api .*)$", PAGE, re.MULTILINE)
    arguments = command.replace("3000", str(port)).split()
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*COMMAND, *arguments], cwd=CHECKOUT, env=built, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=dict(local.api.headers), timeout=60, trust_env=False
        ) as api:
            assert healthy(api, server), log.read_text()
            yield Served(api, log)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def test_the_api_serves_requests(local: ContainerStack, served: Served) -> None:
    submitted = upload(served.api, "small.md", b"# Cover\n\nWe pay up to CHF 500 for baggage.\n")
    local.wait(submitted["job_id"])
    answer = served.api.get(f"/jobs/{submitted['job_id']}/status")
    assert answer.json()["status"] == "completed", served.log.read_text()
    assert served.api.get("/no/such/path").status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("asking", [routes.of_template, routes.of_application])
def test_the_api_leads_every_route_to_its_function(
    served: Served, asking: Callable[[], list[routes.Route]]
) -> None:
    with httpx.Client(base_url=served.api.base_url, timeout=60, trust_env=False) as nobody:
        asked = routes.walk(nobody, asking(), uuid7())

    # The containers' lines come a little later.
    deadline = time.monotonic() + LOG_SECONDS
    while misled := routes.misled(asked, routes.answered(served.log.read_text().splitlines())):
        assert time.monotonic() < deadline, misled
        time.sleep(0.2)


def healthy(api: httpx.Client, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            return bool(api.get("/health").json()["status"] == "ok")
        except (httpx.TransportError, ValueError):
            time.sleep(0.2)
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
