"""The workers as their real images: run by the engine, on our own emulator.

The emulator starts the containers, through the interface emulator of Lambda, which is mounted: the images
themselves are those that are deployed. Containers reach the emulator, which listens on the loopback alone,
through a forwarder on the engine's bridge.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from infra.local import emulator
from infra.local.derive import ContainerImage
from infra.local.docker import engine
from infra.local.docker.base import ensure_base
from infra.local.docker.build import build_images
from infra.local.errors import LocalError
from infra.local.package import pinned_folder
from infra.local.paths import CHECKOUT, Paths
from infra.local.processes import POLL_SECONDS, Process, start

# The api stays a zip: it serves the gateway, and its own code on uvicorn is what people talk to.
PACKAGES = ("analyze", "cleanup", "notify")
HOST_NAME = "host.docker.internal"
INTERFACE = "/usr/local/bin/aws-lambda-rie"
LOOPBACK = {"127.0.0.1", "localhost"}
START_SECONDS = 20.0
HERE = Path(__file__).parent


def enabled(paths: Paths) -> bool:
    """Say whether this stack's workers run in containers."""
    return _marker(paths).exists()


def prepare(paths: Paths, wanted: bool) -> dict[str, str]:
    """Note whether this stack's workers run in containers, and return what its emulator needs for it.

    An emulator that was started for the other way is stopped; its state is kept.
    """
    if wanted:
        engine.require_engine()
    if enabled(paths) != wanted:
        emulator.stop_emulator(paths)
    if not wanted:
        clear(paths)
        return {}
    paths.state.mkdir(parents=True, exist_ok=True)
    _marker(paths).touch()
    return _emulator_environment(paths)


def clear(paths: Paths) -> None:
    """Stop the forwarder and remove the containers, where this stack had any."""
    if enabled(paths):
        stop(paths)
        _marker(paths).unlink()


def stop(paths: Paths) -> None:
    """Stop the forwarder and remove the containers that the emulator left."""
    if (process := Process.load(_record(paths))) is not None:
        process.stop()
    _record(paths).unlink(missing_ok=True)
    with suppress(LocalError):
        if found := containers_of(paths):
            engine.docker("rm", "--force", *found)


def images(paths: Paths, settings: Mapping[str, str]) -> dict[str, ContainerImage]:
    """Build the images and return how the template names them, by package.

    By their ids, so that changed code is a change of the template. ``settings`` may name a Directus on the
    loopback, which containers reach by another name.
    """
    engine.require_engine()
    built = build_images(paths, ensure_base(paths))
    own = {name: value for name, value in settings.items() if name == "DIRECTUS_URL"}
    return {name: _entered(built[name].image_id, reachable(own)) for name in PACKAGES}


def reachable(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with addresses on the loopback as containers reach them."""
    return {
        name: value.replace(str(parts.hostname), HOST_NAME, 1)
        if (parts := urlsplit(value)).scheme in {"http", "https"} and parts.hostname in LOOPBACK
        else value
        for name, value in variables.items()
    }


def _emulator_environment(paths: Paths) -> dict[str, str]:
    context = ("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    interface = ensure_interface(paths)
    return {
        "DOCKER_HOST": os.environ.get("DOCKER_HOST") or engine.docker(*context),
        "PYTHONPATH": str(_tools(paths)),
        "MINISTACK_HOSTNAME": emulator.edition(paths),
        # As Lambda does: nothing can be written but /tmp.
        "LAMBDA_DOCKER_FLAGS": f"--volume {interface}:{INTERFACE}:ro --read-only --tmpfs /tmp",
    }


def ensure_interface(paths: Paths) -> Path:
    """Return Lambda's Runtime Interface Emulator, a program that the SAM CLI's package brings along."""
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return _tools(paths) / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{machine}"


def start_forwarder(paths: Paths, ports: Sequence[int]) -> None:
    """Let containers reach these ports of the loopback.

    Where the engine runs in a machine of its own (Docker Desktop), they do so without our help.
    """
    address = _bridge()
    wanted = json.dumps([address, *ports])
    if (running := Process.load(_record(paths))) is not None:
        if _marker(paths).read_text() == wanted:
            return
        running.stop()
    if not _is_ours(address):
        return
    command = [sys.executable, "-m", "infra.local.forwarder", address, *map(str, ports)]
    log = paths.logs / "forwarder.log"
    process = start(command, os.environ, log=log, folder=CHECKOUT, port=ports[0])
    process.save(_record(paths))
    deadline = time.monotonic() + START_SECONDS
    while not all(listens(address, port) for port in ports):
        if not process.alive or time.monotonic() > deadline:
            raise LocalError(f"the forwarder to {address} did not start; its log is {log}")
        time.sleep(POLL_SECONDS)
    _marker(paths).write_text(wanted)


def containers_of(paths: Paths, function: str | None = None) -> list[str]:
    """Return the ids of this stack's containers, on request those of one function alone."""
    label = f"label=ministack.instance={emulator.instance(paths)}"
    ids = engine.docker("ps", "--all", "--quiet", "--filter", label).split()
    if function is None:
        return ids
    wanted = f"AWS_LAMBDA_FUNCTION_NAME={function}"
    template = "{{range .Config.Env}}{{println .}}{{end}}"
    return [one for one in ids if wanted in engine.docker("inspect", "--format", template, one).splitlines()]


def ports_of(settings: Mapping[str, str]) -> list[int]:
    """Return the ports of the loopback that the settings send the workers to: that of a local Directus."""
    parts = urlsplit(settings.get("DIRECTUS_URL", ""))
    return [parts.port or 80] if parts.hostname in LOOPBACK else []


def _entered(image_id: str, variables: Mapping[str, str]) -> ContainerImage:
    entry = json.loads(engine.docker("image", "inspect", "--format", "{{json .Config.Entrypoint}}", image_id))
    return ContainerImage(image_id, (INTERFACE, *entry), variables)


def _tools(paths: Paths) -> Path:
    return pinned_folder(paths, "containers", HERE / "requirements-containers.txt")


def _bridge() -> str:
    """Return this machine's address on the engine's bridge: its gateway, by default its first host."""
    shown = engine.docker("network", "inspect", "--format", "{{json .IPAM.Config}}", "bridge")
    config = next(one for one in json.loads(shown) if ":" not in one["Subnet"])
    return str(config.get("Gateway") or next(ip_network(config["Subnet"]).hosts()))


def _is_ours(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def listens(address: str, port: int) -> bool:
    """Say whether anything accepts connections there."""
    with suppress(OSError), socket.create_connection((address, port), timeout=1):
        return True
    return False


def _marker(paths: Paths) -> Path:
    return paths.state / "containers.json"


def _record(paths: Paths) -> Path:
    return paths.state / "forwarder.json"
