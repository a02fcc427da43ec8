"""Many small jobs at once through the real API, with workers that are killed at random while they work."""

from __future__ import annotations

import math
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

import httpx

from infra.local import tokens
from infra.local.emulator import KEPT
from infra.local.paths import CHECKOUT
from infra.local.processes import HOST, free_port, start
from shared.jobs.model import Activity, Job, Kind, Status
from tests.chaos import checks
from tests.chaos.place import Times
from tests.chaos.world import SAMPLE, World

START_SECONDS = 60.0
RUN_SECONDS = 3600.0
POLL_SECONDS = 0.5
# More patient than a walk: all cores are at work, and a queue of jobs is no loss of messages.
TIMES = Times(lease=10, visibility=30, resend=60)
_LOST = {"worker_lost", "taken_over"}


@dataclass(frozen=True, slots=True)
class Load:
    """How much: ``jobs`` from ``owners`` at once for ``workers``, ``kills`` of which are killed."""

    jobs: int
    owners: int
    workers: int
    kills: int
    seed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it. ``waits`` are seconds from acceptance to the first take, by owner: p50 and p99.

    ``lost`` counts how often a job lost its worker, ``resent`` how often the reconciler sent a message
    again, ``orphans`` the files that dead workers left.
    """

    load: Load
    seconds: float
    waits: dict[str, tuple[float, float]]
    lost: int
    resent: int
    orphans: int

    @property
    def throughput(self) -> float:
        """Jobs a second, from the first submission to the last end."""
        return self.load.jobs / self.seconds


@dataclass(slots=True)
class _Submitted:
    """The ids of the jobs accepted so far, by owner; ``done`` once there will be no more."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    done: bool = False

    @property
    def count(self) -> int:
        return sum(len(ids) for ids in self.ids.values())


def run(world: World, load: Load) -> Figures:
    """Submit everything, kill workers at random until all jobs have ended, check each job.

    Raises AssertionError where a job is lost, doubled or not as it should be.
    """
    world.start("reconcile")
    workers = [world.start("analyze") for _ in range(load.workers)]
    submitted = _Submitted()
    with _server(world) as url, ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        submitting = pool.submit(_submit, world, url, load, submitted)
        _kill_until_ended(world, load, workers, submitted)
        seconds = time.monotonic() - began
        submitting.result()
    world.until(world.drained, "queues are empty")
    for process in list(world.running):
        world.kill(process)
    owned = {owner: [world.job(job_id) for job_id in ids] for owner, ids in submitted.ids.items()}
    jobs = [job for of_owner in owned.values() for job in of_owner]
    assert len({job.job_id for job in jobs}) == load.jobs == len(world.every_job())
    orphans = sum(_checked(world, job) for job in jobs)
    types = [event.type for job in jobs for event in world.jobs.events(job.job_id)]
    return Figures(
        load,
        seconds,
        {owner: _waits(of_owner) for owner, of_owner in owned.items()},
        sum(type_ in _LOST for type_ in types),
        types.count("resent"),
        orphans,
    )


def _checked(world: World, job: Job) -> int:
    """Check one job; return how many files nobody names."""
    assert job.status is Status.COMPLETED, (job.job_id, job.error)
    assert job.result is not None
    assert job.result["num_limits"] > 0
    checks.history(world, job)
    checks.units(world, job)
    return checks.files(world, job)


def _kill_until_ended(world: World, load: Load, workers: list[BaseProcess], submitted: _Submitted) -> None:
    """Kill a random worker, and start another, each time one more share of the jobs has ended."""
    rand = random.Random(load.seed)  # noqa: S311 - to be the same again
    killed = 0
    deadline = time.monotonic() + RUN_SECONDS
    while True:
        done = submitted.done
        ended = submitted.count - _left(world, load)
        if done and ended == load.jobs:
            break
        assert time.monotonic() < deadline, f"{ended} of {load.jobs} jobs have ended\n{world.log()}"
        time.sleep(rand.random() * POLL_SECONDS)
        if killed < load.kills and ended >= killed * load.jobs // (load.kills + 1):
            position = rand.randrange(len(workers))
            world.kill(workers[position])
            workers[position] = world.start("analyze")
            killed += 1
    assert killed == load.kills


def _left(world: World, load: Load) -> int:
    """Return how many jobs wait or are being worked on."""
    return sum(len(world.jobs.active(activity, Kind.ANALYSIS, load.jobs)) for activity in Activity)


def _submit(world: World, url: str, load: Load, submitted: _Submitted) -> None:
    """Let all owners submit their share at the same time."""
    owners = [f"owner-{number}" for number in range(load.owners)]
    submitted.ids.update({owner: [] for owner in owners})

    def submit(owner: str) -> None:
        token = tokens.mint(world.ground.stack.secret, subject=owner)
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            for _ in range(load.jobs // load.owners):
                file = {"file": (SAMPLE.name, SAMPLE.read_bytes(), "text/markdown")}
                answer = client.post("/jobs/upload", files=file).raise_for_status()
                submitted.ids[owner].append(answer.json()["job_id"])

    with ThreadPoolExecutor(load.owners) as pool:
        list(pool.map(submit, owners))
    submitted.done = True


def _waits(jobs: Sequence[Job]) -> tuple[float, float]:
    """Return the median and the 99th percentile of the seconds from acceptance to the first take."""
    waits = sorted((job.started_at - job.created_at).total_seconds() for job in jobs if job.started_at)
    return tuple(waits[math.ceil(share * len(waits)) - 1] for share in (0.5, 0.99))  # type: ignore[return-value]


@contextmanager
def _server(world: World) -> Iterator[str]:
    """Run the API's application on uvicorn with the environment of this world."""
    port = free_port([])
    inherited = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment = {**inherited, **world.ground.environments["api"], **world.settings}
    command = [sys.executable, "-m", "uvicorn", "functions.api.app:create_app", "--factory"]
    command += ["--host", HOST, "--port", str(port), "--log-level", "warning"]
    log = world.folder / "server.txt"
    process = start(command, environment, log=log, folder=CHECKOUT, port=port)
    try:
        url = f"http://{HOST}:{port}"
        world.until(lambda: _answers(url), "the API answers")
        yield url
    finally:
        process.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).is_success
    except httpx.TransportError:
        return False
