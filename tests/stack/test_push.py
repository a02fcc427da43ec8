"""Events pushed over a WebSocket: a stack of its own, since every event costs a call where it is on."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection

from infra.local.stack import LocalStack
from tests.support.paths import ROOT, SAMPLES
from tests.support.stack.api import bearer, upload, wait
from tests.support.stack.own_stack import own_stack
from tests.support.stack.push import read, watching

pytestmark = pytest.mark.embedded_only(reason="LocalStack has no WebSocket APIs without an account")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with own_stack(tmp_path_factory, {"PUSH": "true"}) as stack:
        yield stack


@pytest.fixture
def api(stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.gateway_url, headers=bearer(stack.token()), timeout=60.0) as client:
        yield client


def read_to_the_end(socket: ClientConnection) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while not events or events[-1]["status"] not in {"completed", "failed", "cancelled"}:
        events += [event for event in read(socket)["events"] if event["id"] > len(events)]
    return events


def test_every_event_is_pushed_once_in_order(stack: LocalStack, api: httpx.Client) -> None:
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    with watching(stack, job_id, stack.token()) as socket:
        events = read_to_the_end(socket)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["status"] == wait(api, job_id)["status"] == "completed"


def test_a_client_comes_back_to_where_it_was(stack: LocalStack, api: httpx.Client) -> None:
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    wait(api, job_id)
    with watching(stack, job_id, stack.token(), after=3) as socket:
        assert read(socket)["events"][0]["id"] == 4


def test_another_ones_job_is_not_there(stack: LocalStack, api: httpx.Client) -> None:
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    with watching(stack, job_id, stack.token("somebody-else")) as socket:
        assert read(socket)["problem"]["status"] == 404


def test_the_page_shows_a_client_that_works(stack: LocalStack, api: httpx.Client) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "push.md").read_text("utf-8"), re.DOTALL)
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    deployed = stack.deployed
    names = {
        "127.0.0.1:4566": deployed.endpoint.removeprefix("http://"),
        "API_ID": deployed.outputs["PushApiId"],
        "/local": f"/{deployed.outputs['StageName']}",
        "TOKEN": stack.token(),
        "JOB_ID": job_id,
    }
    for name, value in names.items():
        assert name in script
        script = script.replace(name, value)
    client = subprocess.Popen([sys.executable, "-u", "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert client.stdout is not None
        assert any('"completed"' in line for line in client.stdout)
    finally:
        client.kill()
        client.communicate()
