"""LocalStack from the package index, installed once for each state of the pins."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.package import DONE, digest
from infra.local.paths import CHECKOUT, locked

HERE = Path(__file__).parent
# In the order of preference: those that the pins are tried with.
PYTHONS = ("3.13", "3.12")
# What pip says when the index cannot be reached, which no change of ours can mend.
UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ReadTimeoutError|ProxyError|from versions: none"
)


class NotInstallableError(LocalError):
    """This machine cannot install LocalStack: no fitting Python, or the package index is out of reach."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The Python that has LocalStack, and the one that runs functions, which are packaged for ours."""

    python: Path
    lambda_python: Path


def ensure_installed(cache: Path, environment: Mapping[str, str] = os.environ) -> Installation:
    """Return the installation, which is made where it is missing: about a minute and 400 MB.

    Raises NotInstallableError where this machine cannot, LocalError with pip's words where pip fails.
    """
    return Installation(
        _ensure(cache, "localstack", find_python(environment), "requirements.txt", HERE / "constraints.txt"),
        _ensure(
            cache, "lambda", Path(sys.executable), "requirements-lambda.txt", CHECKOUT / "constraints.txt"
        ),
    )


def find_python(environment: Mapping[str, str]) -> Path:
    """Return a Python that LocalStack runs on; raises NotInstallableError where there is none."""
    for candidate in _candidates(environment):
        # A shim of pyenv is there for versions that are not active too.
        asked = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run([str(candidate), "-c", asked], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() in PYTHONS:
            return candidate
    raise NotInstallableError(
        f"LocalStack needs Python {' or '.join(PYTHONS)} with venv, and there is none on the PATH, of pyenv "
        "or of uv: `pyenv install 3.13` or `uv python install 3.13` adds one"
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    yield Path(sys.executable)
    home = Path(environment.get("HOME", "/nonexistent"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    for version in PYTHONS:
        if found := shutil.which(f"python{version}", path=environment.get("PATH")):
            yield Path(found)
        yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
        yield from sorted(uv.glob(f"cpython-{version}.*/bin/python"), reverse=True)


def _ensure(cache: Path, name: str, python: Path, requirements: str, constraints: Path) -> Path:
    """Return the Python of an environment with these requirements."""
    version = subprocess.run([str(python), "-VV"], capture_output=True, check=True).stdout
    pins = [version, (HERE / requirements).read_bytes(), constraints.read_bytes()]
    folder = cache / f"{name}-{digest(pins)}"
    with locked(folder.with_suffix(".lock")):
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([str(python), "-m", "venv", str(folder)], check=True)
            _install(folder / "bin" / "python", HERE / requirements, constraints)
            (folder / DONE).touch()
    return folder / "bin" / "python"


def _install(python: Path, requirements: Path, constraints: Path) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    command += ["--constraint", str(constraints), "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = "\n".join(done.stderr.strip().splitlines()[-15:])
        kind = NotInstallableError if UNREACHABLE.search(done.stderr) else LocalError
        raise kind(f"installing {requirements} failed:\n{words}")
