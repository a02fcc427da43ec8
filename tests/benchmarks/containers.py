"""Cold and warm start of each function: its image through Lambda's interface emulator, against its zip."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from infra.local import containers
from infra.local.docker import engine
from infra.local.docker.base import ensure_base
from infra.local.docker.build import MEGABYTE, Image, build_images
from infra.local.errors import LocalError
from infra.local.paths import Paths
from infra.local.stack import LocalStack
from tests.benchmarks.figures import percentile, show
from tests.support.paths import TESTS

EVENTS = TESTS / "events"
FUNCTIONS = {"api": "ApiFunction", "analyze": "AnalyzeFunction", "cleanup": "CleanupFunction"}
COLD, WARM = 5, 50
INVOKE = "/2015-03-31/functions/function/invocations"
PORT = "8080/tcp"


def run() -> None:
    """Print sizes and starts; where there is no engine, say so instead."""
    paths = Paths.from_environment({})
    try:
        engine.require_engine()
        images = build_images(paths, ensure_base(paths))
    except LocalError as error:
        show("containers", f"skipped: {error}")
        return
    for name, image in images.items():
        own = f"{image.own / MEGABYTE:.0f} MB over its base"
        show(f"image of {name}", f"{image.size / MEGABYTE:6.0f} MB   {own}")
    with tempfile.TemporaryDirectory(prefix="clauseworks-bench-") as folder:
        local = replace(paths, state=Path(folder))
        with LocalStack(local, fixed_ports=False, in_containers=True) as stack:
            for name, image in images.items():
                _show(f"{name}, image", [_image(stack, name, image) for _ in range(COLD)])
        with LocalStack(local, fixed_ports=False, in_containers=False) as stack:
            for name in images:
                _show(f"{name}, zip", [_zip(stack, name) for _ in range(COLD)])


def _image(stack: LocalStack, name: str, image: Image) -> tuple[float, list[float]]:
    """Start a container; return the seconds to its first answer, and of each one after it."""
    interface = f"{containers.ensure_interface(stack.paths)}:{containers.INTERFACE}:ro"
    variables = containers.reachable(stack.environment(FUNCTIONS[name]))
    named = [part for pair in variables.items() for part in ("--env", "=".join(pair))]
    options = ["--rm", "--detach", "--publish", "127.0.0.1::8080", "--volume", interface, "--read-only"]
    options += ["--add-host", f"{containers.HOST_NAME}:host-gateway", "--entrypoint", containers.INTERFACE]
    entry = ["/opt/venv/bin/python", "-m", "awslambdaric", f"functions.{name}.handler.handler"]
    event = _event(name)
    began = time.perf_counter()
    container = engine.docker("run", *options, "--tmpfs", "/tmp", *named, image.image_id, *entry)  # noqa: S108
    try:
        with httpx.Client(base_url=f"http://{_address(container)}", timeout=60, trust_env=False) as client:
            while not _answers(client, event):
                time.sleep(0.005)
            cold = time.perf_counter() - began
            return cold, _warm(lambda: client.post(INVOKE, json=event).raise_for_status())
    finally:
        engine.docker("kill", container)


def _zip(stack: LocalStack, name: str) -> tuple[float, list[float]]:
    """Invoke a function whose worker was just thrown away; return what ``_image`` returns."""
    aws = stack.client("lambda")
    function = stack.deployed.outputs[f"{FUNCTIONS[name]}Name"]
    current = aws.get_function_configuration(FunctionName=function)
    aws.update_function_configuration(FunctionName=function, Environment=current["Environment"])
    payload = json.dumps(_event(name))
    began = time.perf_counter()
    answer = aws.invoke(FunctionName=function, Payload=payload)
    cold = time.perf_counter() - began
    if "FunctionError" in answer:
        raise RuntimeError(answer["Payload"].read().decode())
    return cold, _warm(lambda: aws.invoke(FunctionName=function, Payload=payload))


def _warm(invoke: Callable[[], object]) -> list[float]:
    took = []
    for _ in range(WARM):
        began = time.perf_counter()
        invoke()
        took.append(time.perf_counter() - began)
    return took


def _answers(client: httpx.Client, event: Any) -> bool:
    try:
        answer = client.post(INVOKE, json=event).raise_for_status().json()
    except httpx.TransportError:
        return False
    if "errorMessage" in answer:
        raise RuntimeError(answer["errorMessage"])
    return True


def _address(container: str) -> str:
    return engine.docker("port", container, PORT).splitlines()[0]


def _event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def _show(name: str, starts: list[tuple[float, list[float]]]) -> None:
    cold = percentile([first for first, _ in starts], 0.5)
    warm = percentile([one for _, following in starts for one in following], 0.5)
    show(f"start of {name} ({COLD} cold)", f"cold {1000 * cold:6.0f} ms   warm {1000 * warm:5.1f} ms")


if __name__ == "__main__":
    run()
