"""The workers as their real images, on the local stack: end to end, and killed in the middle of a unit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local import containers, guard
from infra.local.__main__ import main
from infra.local.docker.build import Image
from infra.local.paths import Paths
from infra.local.stack import LocalStack
from shared.jobs.model import Kind, Status
from tests.peers.containers import OWNER, ContainerStack, long_document, signal, until
from tests.support.paths import SAMPLES
from tests.support.stack.api import artifact, bearer, findings, upload, wait

pytestmark = pytest.mark.slow(reason="images are built, and containers start")

# A short lease: a killed worker's job is soon free.
CONTAINER_SETTINGS = {"LEASE_SECONDS": "6", "ANALYSIS_CONCURRENCY": "2"}
# Told of by every result, and different in each.
OWN = {"document_id", "job_id"}


@pytest.fixture(scope="module")
def local(container_stack: LocalStack) -> Iterator[ContainerStack]:
    headers = bearer(container_stack.token(OWNER))
    with httpx.Client(
        base_url=container_stack.gateway_url, headers=headers, timeout=60, trust_env=False
    ) as api:
        yield ContainerStack(container_stack, api)


@pytest.fixture(scope="module")
def undisturbed(local: ContainerStack) -> tuple[dict[str, Any], Any]:
    """Return result and tree of the long document, analysed by a worker that lives."""
    job_id = upload(local.api, "long.md", long_document())["job_id"]
    local.wait(job_id)
    return outcome(local, job_id)


def outcome(local: ContainerStack, job_id: str) -> tuple[dict[str, Any], Any]:
    ended = local.status(job_id)
    assert ended["status"] == "completed", ended["error"]
    result = {name: value for name, value in ended["result"].items() if name not in OWN}
    tree = artifact(local.api, job_id, "result.json")
    return result, {name: value for name, value in tree.items() if name not in OWN}


def test_a_sample_is_analysed_end_to_end(local: ContainerStack) -> None:
    data = (SAMPLES / "helvora-de.pdf").read_bytes()
    job_id = upload(local.api, "helvora-de.pdf", data, "application/pdf")["job_id"]
    local.wait(job_id)
    result, tree = outcome(local, job_id)
    assert local.running("AnalyzeFunction")
    assert result["num_segments"] > 3
    assert result["num_benefits"] > 10
    assert result["num_limits"] > 10
    assert all(finding["evidence"] for finding in findings(tree))


def test_a_cleanup_removes_what_an_analysis_stored(local: ContainerStack) -> None:
    analysed = upload(local.api, "small.md", (SAMPLES / "small.md").read_bytes())
    local.wait(analysed["job_id"])
    admin = bearer(local.stack.token(OWNER, admin=True))
    body = {"document_id": analysed["document_id"]}
    answer = local.api.post("/jobs/cleanup", json=body, headers=admin)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    cleaned = local.wait(answer.json()["job_id"])
    assert cleaned["result"]["success"] is True, cleaned
    assert local.running("CleanupFunction")
    assert local.objects(f"jobs/{analysed['job_id']}/") == []


@pytest.mark.parametrize("name", ["TERM", "KILL"])
def test_the_job_of_a_killed_worker_goes_on_elsewhere(
    local: ContainerStack, undisturbed: tuple[dict[str, Any], Any], name: str
) -> None:
    job_id = upload(local.api, "long.md", long_document())["job_id"]
    until(lambda: local.stage(job_id) != "", "no worker began")
    killed = local.running("AnalyzeFunction")
    until(lambda: local.stage(job_id) == "publish", "the document was never published")
    for container in killed:
        signal(container, name)
    dead = local.jobs.get(job_id)
    assert dead is not None
    assert (dead.status, dead.current_stage) == (Status.RUNNING, "publish"), "the worker had ended before"

    local.wait_repaired(job_id)
    assert outcome(local, job_id) == undisturbed
    events = local.jobs.events(job_id)
    types = [event.type for event in events]
    assert [types.count(one) for one in ("started", "worker_lost", "completed")] == [2, 1, 1]
    workers = [event.actor for event in events if event.type == "started"]
    assert len(set(workers)) == 2
    units = [(event.stage, event.current) for event in events if event.type == "progress"]
    assert len(units) == len(set(units)), "a finished unit was done again"
    assert local.running("AnalyzeFunction") - killed


def test_a_job_without_a_message_is_found_by_the_reconciliation(local: ContainerStack) -> None:
    job = local.unsent(Kind.ANALYSIS, local.small_document(), minutes_ago=5)
    assert local.wait_repaired(job.job_id)["status"] == "completed"
    assert "resent" in local.history(job.job_id)
    assert local.running("ReconcileFunction")


def test_a_stack_changes_to_zips_and_keeps_its_state(
    images: dict[str, Image],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usual = Paths.from_environment(os.environ)
    paths = Paths(usual.root, tmp_path / "state", usual.cache)
    paths.state.mkdir()
    guard.watch(paths, tmp_path, os.getpid())
    job_ids: list[str] = []
    for in_containers in (True, False):
        stack = LocalStack(paths, fixed_ports=False, in_containers=in_containers)
        stack.deploy()
        assert containers.enabled(paths) is in_containers
        with httpx.Client(
            base_url=stack.gateway_url, headers=bearer(stack.token(OWNER)), timeout=60, trust_env=False
        ) as api:
            job_ids.append(upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"])
            assert [wait(api, job_id)["status"] for job_id in job_ids] == ["completed"] * len(job_ids)
        assert bool(containers.containers_of(paths)) is in_containers
    monkeypatch.setenv("CLAUSEWORKS_STATE", str(paths.state))
    for job_id in job_ids:
        assert main(["logs", "--job", job_id]) == 0
        assert job_id in capsys.readouterr().out
    stack.down(wipe=True)
    guard.dismiss(paths)
