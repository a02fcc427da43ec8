"""Directus and its Node from npm, installed once a machine for each state of the lock file."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.package import DONE, digest
from infra.local.paths import locked

HERE = Path(__file__).parent
MANIFESTS = ("package.json", "package-lock.json")
NODE_MAJOR = 22
# By the program that is missing: SQLite's binding is compiled here, as its prebuilt form is no npm package.
DEBIAN_PACKAGES = {"g++": "g++", "make": "make", "python3": "python3"}
# What npm names when the registry cannot be reached, which no change of ours can mend.
UNREACHABLE = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT"
    r"|ENOTCACHED|E403|E407|E5\d\d)\b"
)


class NotInstallableError(LocalError):
    """This machine cannot install Directus: a program is missing, or npm's registry is out of reach."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed Directus and the Node that runs it."""

    folder: Path
    node: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of Directus's own command with these arguments."""
        return [str(self.node), str(self.folder / "node_modules/@directus/api/dist/cli/run.js"), *arguments]


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return where installations lie: ``CLAUSEWORKS_CACHE``, else the user's cache, for all checkouts."""
    if named := environment.get("CLAUSEWORKS_CACHE"):
        return Path(named).resolve()
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "clauseworks"


def ensure_installed(cache: Path) -> Installation:
    """Return the installation, which is made where it is missing: about a minute and 500 MB.

    Raises NotInstallableError where this machine cannot, LocalError with npm's words where npm fails.
    """
    platform_name = f"{platform.system()}-{platform.machine()}"
    name = digest([platform_name.encode(), *((HERE / manifest).read_bytes() for manifest in MANIFESTS)])
    folder = cache / f"directus-{name}"
    if not (folder / DONE).exists():
        with locked(folder.with_suffix(".lock")):
            if not (folder / DONE).exists():
                shutil.rmtree(folder, ignore_errors=True)
                _install(folder)
                (folder / DONE).touch()
    return Installation(folder, _node(folder))


def _install(folder: Path) -> None:
    if shutil.which("npm") is None:
        raise NotInstallableError(
            "Directus needs npm with Node 20 or newer, and there is none: see https://nodejs.org"
        )
    _ensure_compiler()
    folder.mkdir(parents=True)
    for manifest in MANIFESTS:
        shutil.copy(HERE / manifest, folder)
    environment = {**os.environ, "npm_config_fetch_retry_mintimeout": "1000", "NODE_ENV": "production"}
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    _npm(folder, environment, "ci", "--ignore-scripts", *quiet)
    # The headers come with the Node that will run it; else node-gyp would fetch them from nodejs.org.
    environment["npm_config_nodedir"] = str(_node(folder).parents[1])
    if Path("/usr/include/sqlite3.h").exists():
        # Links the system's SQLite, instead of a minute's compilation of the one in the package.
        environment["npm_config_sqlite"] = "/usr"
    _npm(folder, environment, "rebuild", "sqlite3", *quiet)


def _npm(folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        ["npm", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = "\n".join(done.stderr.strip().splitlines()[-15:])
        kind = NotInstallableError if UNREACHABLE.search(done.stderr) else LocalError
        raise kind(f"`npm {arguments[0]}` for Directus failed:\n{words}")


def _ensure_compiler() -> None:
    """Install what SQLite's binding is compiled with, where this is Debian and we may."""
    missing = sorted(package for program, package in DEBIAN_PACKAGES.items() if shutil.which(program) is None)
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(missing)} with apt-get, to compile SQLite's binding", flush=True)
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
    raise NotInstallableError(
        f"Directus needs {', '.join(missing)} to compile SQLite's binding: `sudo {' '.join(command)}`"
    )


def _node(folder: Path) -> Path:
    """Return the Node of the installation, else the system's where it is new enough."""
    for bundled in (folder / "node_modules").glob("node-linux-*/bin/node"):
        return bundled
    system = shutil.which("node")
    version = subprocess.run(
        [system or "false", "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.match(r"v(\d+)\.", version)
    if system is None or found is None or int(found[1]) < NODE_MAJOR:
        raise NotInstallableError(f"Directus needs Node {NODE_MAJOR} or newer on this kind of machine")
    return Path(system).resolve()
