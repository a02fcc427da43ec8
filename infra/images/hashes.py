"""What pip may install in an image: every package in the one version and the wheels that are named by hash.

``requirements-hashed.txt`` beside each Dockerfile is made from the function's lists of requirements and the
runtime's; constraints.txt alone decides on versions. uv resolves and knows every wheel of a version, of which
those stay that an image can install. No address of an index is written.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from infra.local.docker.base import pip_settings
from infra.local.docker.build import functions
from infra.local.errors import LocalError
from infra.local.package import environment
from infra.local.paths import Paths

HERE = Path(__file__).parent
RUNTIME = HERE / "requirements-runtime.txt"
HASHED = "requirements-hashed.txt"
MADE_FOR = "# For: "
# What a base may be: these Pythons, processors, and the C library of Debian 12 or newer.
PYTHONS = ((3, 11), (3, 12), (3, 13))
MACHINES = ("x86_64", "aarch64")
GLIBC = (2, 36)
RESOLVE_SECONDS = 300.0

Package = dict[str, Any]


def write(paths: Paths) -> list[Path]:
    """Write the list of every function from the package index, and return the files.

    Raises LocalError where a package has no pin in constraints.txt, or no wheel that an image can install.
    """
    uv = environment(paths, "hashes", HERE / "requirements-hashes.txt", HERE / "constraints-hashes.txt")
    files = []
    for function in functions(paths):
        packages = [
            package
            for requirements, dependencies in _lists(paths, function)
            for package in _resolved(uv.with_name("uv"), requirements, _constraints(paths), dependencies)
        ]
        text = render(_asked_for(paths, function), packages, pins(_constraints(paths)))
        file = _hashed(paths, function)
        file.write_text(text, encoding="utf-8")
        files.append(file)
    return files


def stale(paths: Paths) -> list[str]:
    """Return why lists do not fit the requirements and pins any more, one reason each; nobody is asked."""
    return [reason for function in functions(paths) for reason in _stale(paths, function)]


def render(asked_for: Iterable[str], packages: Iterable[Package], pinned: Mapping[str, str]) -> str:
    """Return the list: packages as uv's lock file has them, by name, in versions that have to be the pins."""
    blocks = {}
    for package in packages:
        name, version = canonicalize_name(package["name"]), package["version"]
        if pinned.get(name) != version:
            raise LocalError(
                f"constraints.txt has no pin of {name}, which an image needs: add {name}=={version}"
            )
        marker = package.get("marker")
        if marker and not _applies(marker):
            continue
        hashes = sorted({wheel["hashes"]["sha256"] for wheel in package.get("wheels", ()) if _fits(wheel)})
        if not hashes:
            raise LocalError(f"{name} {version} has no wheel for Linux and Python {_versions()}")
        first = f"{name}=={version}" + (f" ; {marker}" if marker else "")
        blocks[name] = " \\\n    ".join([first, *(f"--hash=sha256:{one}" for one in hashes)])
    head = ["# What pip installs in the image, and nothing else. `make hashes` writes this file."]
    head.append(MADE_FOR + " ".join(asked_for))
    return "\n".join([*head, *(blocks[name] for name in sorted(blocks))]) + "\n"


def pins(constraints: Path) -> dict[str, str]:
    """Return the versions of constraints.txt by normalised name."""
    found = (line.partition("==") for line in _lines(constraints))
    return {canonicalize_name(name): version for name, _, version in found}


def _stale(paths: Paths, function: str) -> Iterator[str]:
    file, pinned = _hashed(paths, function), pins(_constraints(paths))
    shown = file.relative_to(paths.root)
    if not file.exists():
        yield f"{shown} is missing"
        return
    text = file.read_text(encoding="utf-8")
    made_for = next((line for line in text.splitlines() if line.startswith(MADE_FOR)), "")
    if made_for.removeprefix(MADE_FOR).split() != _asked_for(paths, function):
        yield f"{shown} was made for other requirements"
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("#"):
            continue
        requirement = line.partition(" --hash=")[0]
        name, _, version = requirement.partition(" ;")[0].strip().partition("==")
        if pinned.get(name) != version:
            yield f"{shown} has {name} {version}, constraints.txt {pinned.get(name, 'none')}"
        if "--hash=sha256:" not in line:
            yield f"{shown} has no hash of {name}"


def _resolved(uv: Path, requirements: list[Path], constraints: Path, dependencies: bool) -> list[Package]:
    """Return the packages of uv's lock file for these requirements."""
    command = [str(uv), "pip", "compile", "--quiet", "--universal", "--no-config", "--only-binary", ":all:"]
    command += ["--python-version", ".".join(map(str, PYTHONS[0])), "--constraints", str(constraints)]
    command += [] if dependencies else ["--no-deps"]
    settings = pip_settings()
    own = {"UV_DEFAULT_INDEX": settings.get("index-url"), "SSL_CERT_FILE": settings.get("cert")}
    variables = {**os.environ, **{name: value for name, value in own.items() if value}}
    with tempfile.TemporaryDirectory(prefix="clauseworks-hashes-") as folder:
        lock = Path(folder) / "pylock.toml"
        command += ["--format", "pylock.toml", "--output-file", str(lock), *map(str, requirements)]
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=RESOLVE_SECONDS, check=False
        )
        if done.returncode:
            raise LocalError(f"uv could not resolve {requirements[0]}:\n{done.stderr.strip()}")
        packages: list[Package] = tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]
    return packages


def _lists(paths: Paths, function: str) -> list[tuple[list[Path], bool]]:
    """Return a function's lists of requirements, each with whether what they ask for is wanted, too."""
    folder = paths.root / "functions" / function
    alone = folder / "requirements-nodeps.txt"
    lists = [([folder / "requirements.txt", RUNTIME], True)]
    return [*lists, ([alone], False)] if alone.exists() else lists


def _asked_for(paths: Paths, function: str) -> list[str]:
    files = [file for requirements, _ in _lists(paths, function) for file in requirements]
    return sorted(str(Requirement(line)).replace(" ", "").lower() for file in files for line in _lines(file))


def _lines(file: Path) -> list[str]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _hashed(paths: Paths, function: str) -> Path:
    return paths.root / "functions" / function / HASHED


def _constraints(paths: Paths) -> Path:
    return paths.root / "constraints.txt"


def _fits(wheel: Package) -> bool:
    """Say whether an image can install a wheel."""
    name = wheel.get("name") or wheel["url"].rpartition("/")[2]
    return not _tags().isdisjoint(parse_wheel_filename(name)[3])


@cache
def _tags() -> frozenset[Tag]:
    """Return the tags of the wheels that pip takes on any of the bases."""
    found: set[Tag] = set()
    for machine in MACHINES:
        platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(5, GLIBC[1] + 1)]
        platforms += [f"{old}_{machine}" for old in ("manylinux1", "manylinux2010", "manylinux2014", "linux")]
        for python in PYTHONS:
            interpreter = f"cp{python[0]}{python[1]}"
            found.update(cpython_tags(python, [interpreter], platforms))
            found.update(compatible_tags(python, interpreter, platforms))
    return frozenset(found)


def _applies(marker: str) -> bool:
    """Say whether a package is wanted on one of the bases."""
    return any(
        Marker(marker).evaluate(
            {
                "platform_machine": machine,
                "platform_python_implementation": "CPython",
                "implementation_name": "cpython",
                "platform_system": "Linux",
                "sys_platform": "linux",
                "os_name": "posix",
                "python_version": f"{python[0]}.{python[1]}",
                "python_full_version": f"{python[0]}.{python[1]}.0",
            }
        )
        for machine in MACHINES
        for python in PYTHONS
    )


def _versions() -> str:
    return ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
