"""The commands that run Directus, as docs/directus.md names them, and the demo with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from infra.directus import guard as directus_guard
from infra.directus.install import Installation
from infra.local import guard
from infra.local.paths import CHECKOUT, Paths
from tests.support.stack.run import OWNER

pytestmark = pytest.mark.slow(reason="a real Directus starts and stops")
Run = Callable[..., str]
KEPT = ("PATH", "HOME", "CLAUSEWORKS_CACHE", "XDG_CACHE_HOME")


@pytest.fixture
def run(directus_installation: Installation, tmp_path: Path) -> Iterator[Run]:
    """Return what runs a module with a state folder of its own; nothing of it is left running."""
    paths = Paths(CHECKOUT, tmp_path / "state", Paths.from_environment(os.environ).cache)
    paths.state.mkdir()
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["CLAUSEWORKS_STATE"] = str(paths.state)
    watchers = [directus_guard.watch(paths.state, int(os.environ[OWNER]))]
    guard.watch(paths, tmp_path, int(os.environ[OWNER]))

    def module(*arguments: str, fails: bool = False, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=CHECKOUT,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert bool(done.returncode) is fails, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stderr if fails else done.stdout

    yield module
    for watcher in watchers:
        watcher.stop()
    guard.dismiss(paths)
    directus_guard.remove(paths.state)


def test_directus_goes_up_and_down_and_keeps_its_data(run: Run, tmp_path: Path) -> None:
    assert "does not run" in run("infra.directus", "status", fails=True)

    first = run("infra.directus", "up")
    url = re.findall(r"^Directus\s+(\S+)", first, re.MULTILINE)[0]
    assert httpx.get(f"{url}/server/ping", trust_env=False).text == "pong"
    assert url in run("infra.directus", "status")
    assert url in run("infra.directus", "up")

    assert run("infra.directus", "down") == "stopped\n"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/server/ping", trust_env=False)
    assert run("infra.directus", "down") == "nothing was running\n"

    again = run("infra.directus", "up")
    assert "schema 0, access 0, taxonomy 0, products 0" in again
    assert "schema 0, access 0, taxonomy 0, products 0" in run("infra.directus", "bootstrap")
    run("infra.directus", "down", "--wipe")
    assert not (tmp_path / "state" / "directus").exists()


def test_another_directus_is_bootstrapped_with_its_tokens_only(run: Run) -> None:
    message = run("infra.directus", "bootstrap", fails=True, DIRECTUS_URL="http://127.0.0.1:9")
    assert "DIRECTUS_ADMIN_TOKEN" in message

    tokens = {"DIRECTUS_ADMIN_TOKEN": "a", "DIRECTUS_TOKEN": "b"}
    message = run("infra.directus", "bootstrap", fails=True, DIRECTUS_URL="http://127.0.0.1:9", **tokens)
    assert message.startswith("error: Directus does not answer")


def test_the_demo_takes_a_product_seeds_it_and_cleans_up(run: Run) -> None:
    output = run("infra.demo", "--directus", "--once")

    assert "seeding_success  true" in output
    counts = dict(re.findall(r"^(num_\w+)\s+(\d+)$", output, re.MULTILINE))
    rows = dict(re.findall(r"^  insurance_dcm_(\w+)\s+(\d+) rows$", output, re.MULTILINE))
    for name in ("segment", "benefit", "limit"):
        assert 0 < int(counts[f"num_{name}s"]) == int(rows[name])
    assert re.search(r"^rows left\s+0$", output, re.MULTILINE)
