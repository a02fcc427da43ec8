"""Functions as archives: the code that their Dockerfiles copy, and their pinned dependencies."""

from __future__ import annotations

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.paths import Paths, locked

DONE = ".complete"
# Zip archives know no time before 1980; a fixed one keeps equal code equal byte for byte.
EPOCH = (1980, 1, 1, 0, 0, 0)


def bundle(paths: Paths, function: str) -> Path:
    """Return a folder with the function's dependencies, built once for each state of the pins.

    What stands in ``requirements-nodeps.txt`` is installed without the packages that it asks for.
    """
    requirements = paths.root / "functions" / function / "requirements.txt"
    alone = [file for file in [requirements.with_name("requirements-nodeps.txt")] if file.exists()]
    constraints = paths.root / "constraints.txt"
    folder = paths.cache / "bundles" / f"{function}-{_pins(requirements, *alone, constraints)}"
    with locked(folder.with_suffix(".lock")):
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            pip_install(requirements, constraints, target=folder)
            for file in alone:
                pip_install(file, constraints, target=folder, dependencies=False)
            compile_folder(folder)
            (folder / DONE).touch()
    return folder


def environment(paths: Paths, name: str, requirements: Path, constraints: Path) -> Path:
    """Return the Python of a tool's own environment, built once for each state of the pins."""
    folder = paths.cache / f"{name}-{_pins(requirements, constraints)}"
    python = folder / "bin" / "python"
    with locked(folder.with_suffix(".lock")):
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
            pip_install(requirements, constraints, python=python)
            (folder / DONE).touch()
    return python


def require_environment(paths: Paths, name: str, requirements: Path, constraints: Path) -> None:
    """Raise LocalError, with pip's words, where a tool's environment is neither there nor can be made.

    Nothing is installed; of what would be, only the list's own packages are looked for.
    """
    if not (paths.cache / f"{name}-{_pins(requirements, constraints)}" / DONE).exists():
        pip_install(requirements, constraints, dependencies=False, dry_run=True)


def pinned_folder(paths: Paths, name: str, requirements: Path) -> Path:
    """Return a folder with exactly the packages of a list of pins, built once for each state of it."""
    folder = paths.cache / f"{name}-{_pins(requirements)}"
    with locked(folder.with_suffix(".lock")):
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            pip_install(requirements, requirements, target=folder, dependencies=False)
            (folder / DONE).touch()
    return folder


def pip_install(
    requirements: Path,
    constraints: Path,
    *,
    target: Path | None = None,
    python: Path | None = None,
    dependencies: bool = True,
    dry_run: bool = False,
) -> None:
    """Install with the running Python's pip, into a folder or into another Python's environment.

    With ``dry_run`` only look for what would be installed. Raise ``LocalError`` with pip's words where it
    fails.
    """
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    command += ["--python", str(python)] if python else []
    command += ["install", "--constraint", str(constraints), "--requirement", str(requirements)]
    command += ["--target", str(target), "--no-compile"] if target else []
    command += [] if dependencies else ["--no-deps"]
    command += ["--dry-run", "--ignore-installed"] if dry_run else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"installing {requirements} failed:\n{done.stderr.strip()}")


def compile_folder(folder: Path) -> None:
    """Compile all modules; their bytecode is valid whatever the time stamps say, as archives change these."""
    compileall.compile_dir(
        folder,
        quiet=2,
        workers=os.cpu_count() or 1,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def archive(paths: Paths, function: str, *, with_dependencies: bool) -> Path:
    """Return the function's zip: its code, compiled, and on request all its dependencies.

    The name holds the digest of the contents: an unchanged function has an unchanged archive. Only the
    newest archive of a function is kept; the caller holds the stack's lock.
    """
    sources = sorted(_sources(paths.root, function))
    contents = [item for path in sources for item in (str(path).encode(), (paths.root / path).read_bytes())]
    dependencies = bundle(paths, function) if with_dependencies else None
    name = digest([sys.version.encode(), (dependencies.name if dependencies else "").encode(), *contents])
    target = paths.archives / f"{function}-{name}.zip"
    if not target.exists():
        for outdated in paths.archives.glob(f"{function}-*"):
            outdated.unlink()
        _build(paths.root, sources, dependencies, target)
    return target


def digest(parts: Iterable[bytes]) -> str:
    """Return a short name for the parts' contents."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


def _pins(*files: Path) -> str:
    return digest([sys.version.encode(), *(file.read_bytes() for file in files)])


def _sources(root: Path, function: str) -> Iterator[Path]:
    yield Path("functions/__init__.py")
    for package in (Path("functions") / function, Path("shared")):
        for path in (root / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.name != "Dockerfile":
                yield path.relative_to(root)


def _build(root: Path, sources: list[Path], dependencies: Path | None, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        code = Path(work) / "code"
        for path in sources:
            (code / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, code / path)
        compile_folder(code)
        partial = Path(work) / "partial.zip"
        with zipfile.ZipFile(partial, "w") as output:
            for folder in (code, dependencies):
                if folder is not None:
                    _add(output, folder)
        partial.rename(target)


def _add(output: zipfile.ZipFile, folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != DONE:
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH)
            entry.external_attr = 0o644 << 16
            output.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
