"""The Docker engine of this machine, by its command line."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.local.errors import LocalError

ANSWER_SECONDS = 20.0
# Of what a failed command printed, the lines that are shown.
SHOWN_LINES = 15


class NoEngineError(LocalError):
    """This machine has no Docker engine that answers."""


def require_engine() -> None:
    """Raise NoEngineError, with the reason, where no Docker engine answers."""
    if shutil.which("docker") is None:
        raise NoEngineError("there is no Docker engine on this machine: the program `docker` is missing")
    command = ["docker", "info", "--format", "{{.ServerVersion}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NoEngineError(f"the Docker engine does not answer within {ANSWER_SECONDS:.0f} s") from error
    if done.returncode or not done.stdout.strip():
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise NoEngineError(f"no Docker engine answers: {reason}")


def docker(*arguments: str, timeout: float | None = None) -> str:
    """Run a ``docker`` command; return what it prints. Raises LocalError with the engine's words."""
    try:
        done = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False
        )
    except FileNotFoundError as error:
        raise NoEngineError("the program `docker` is missing") from error
    except subprocess.TimeoutExpired as error:
        raise LocalError(f"`docker {arguments[0]}` took longer than {timeout:.0f} s") from error
    if done.returncode:
        raise LocalError(f"`docker {arguments[0]}` failed:\n{tail(done.stdout + done.stderr)}")
    return done.stdout.strip()


def build(context: Path, *, dockerfile: Path, tag: str, arguments: Sequence[str] = ()) -> str:
    """Build an image and return its id; ``arguments`` are build arguments, as ``NAME=VALUE``."""
    named = [part for argument in arguments for part in ("--build-arg", argument)]
    return docker("build", "--quiet", "--tag", tag, "--file", str(dockerfile), *named, str(context))


def exists(image: str) -> bool:
    """Say whether the engine holds the image."""
    found = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
    return found.returncode == 0


def size_of(image: str) -> int:
    """Return the size of an image with all its layers, in bytes."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def tail(output: str) -> str:
    """Return the last lines of a program's output."""
    return "\n".join(output.strip().splitlines()[-SHOWN_LINES:])
