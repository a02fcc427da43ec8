"""The base of the images: the public one, or where no registry is reached, one that debootstrap makes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.local.docker import engine
from infra.local.errors import LocalError
from infra.local.paths import Paths
from infra.local.template import load_template

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
DEBIAN = f"clauseworks-debian:{SUITE}"
TRUSTING = "clauseworks-base:latest"
PULL_SECONDS = 300.0
# What a running function never reads.
PRUNED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class NoBaseError(LocalError):
    """This machine can neither pull a base image nor make one."""


def ensure_base(paths: Paths) -> str:
    """Return the base image of this machine, which is pulled or made where it is missing.

    The template's default is taken where the engine holds it or can pull it; else debootstrap makes a
    Debian with Python (a minute). Where this machine's pip has certificates or an index of its own, they are
    put on top, for ``docker build``; the product's Dockerfiles know nothing of it. Raises NoBaseError.
    """
    public = str(load_template(paths.template)["Parameters"]["BaseImage"]["Default"])
    base = public if engine.exists(public) or _pull(public) else DEBIAN
    if base == DEBIAN and not engine.exists(DEBIAN):
        _bootstrap()
    settings = pip_settings()
    return _trusting(base, settings) if settings else base


def pip_settings() -> dict[str, str]:
    """Return the certificates (``cert``) and index (``index-url``) that pip uses here, where it was told.

    An index with credentials is left out: they would stay in the image.
    """
    command = [sys.executable, "-m", "pip", "config", "list"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = dict(re.findall(r"^(?:global|install|:env:)\.(cert|index-url)='(.+)'$", shown, re.MULTILINE))
    return {name: value for name, value in found.items() if "@" not in value}


def _pull(image: str) -> bool:
    try:
        engine.docker("pull", "--quiet", image, timeout=PULL_SECONDS)
    except LocalError:
        return False
    return True


def _bootstrap() -> None:
    """Make a Debian with Python and import it as an image."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise NoBaseError(
            "no base image can be pulled; to make one, debootstrap is needed, and to be root "
            "(`apt-get install debootstrap`), or name an image by --base"
        )
    print(f"no base image can be pulled: debootstrap makes Debian {SUITE} (a minute)", flush=True)
    with tempfile.TemporaryDirectory(prefix="clauseworks-base-") as work:
        root = Path(work) / "root"
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise LocalError(f"debootstrap failed:\n{engine.tail(made.stdout + made.stderr)}")
        for folder in PRUNED:
            shutil.rmtree(root / folder)
        _import(root)


def _import(root: Path) -> None:
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as archive:
        command = ["docker", "import", "--change", "ENV LANG=C.UTF-8", "-", DEBIAN]
        done = subprocess.run(command, stdin=archive.stdout, capture_output=True, text=True, check=False)
    if done.returncode or archive.returncode:
        raise LocalError(f"the base could not be imported:\n{engine.tail(done.stderr)}")


def _trusting(base: str, settings: Mapping[str, str]) -> str:
    """Return the base with this machine's certificates and pip settings."""
    dockerfile, pip = [f"FROM {base}", "COPY pip.conf /etc/pip.conf"], ["[global]"]
    with tempfile.TemporaryDirectory(prefix="clauseworks-base-") as work:
        context = Path(work)
        if "cert" in settings:
            shutil.copyfile(settings["cert"], context / "certificates")
            dockerfile.append(f"COPY certificates {CERTIFICATES}")
            pip.append(f"cert = {CERTIFICATES}")
        if "index-url" in settings:
            pip.append(f"index-url = {settings['index-url']}")
        for name, lines in (("Dockerfile", dockerfile), ("pip.conf", pip)):
            (context / name).write_text("\n".join(lines) + "\n")
        engine.build(context, dockerfile=context / "Dockerfile", tag=TRUSTING)
    return TRUSTING
