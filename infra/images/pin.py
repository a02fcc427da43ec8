"""The base image of a stage in samconfig.toml."""

from __future__ import annotations

from pathlib import Path

import tomlkit
from tomlkit.items import Array

from infra.local.errors import LocalError

PARAMETER = "BaseImage"


def write_base(configuration: Path, stage: str, image: str) -> None:
    """Set the base image of a stage; all else of the file stays as it is. Raises LocalError."""
    document = tomlkit.parse(configuration.read_text(encoding="utf-8"))
    try:
        overrides = document[stage]["deploy"]["parameters"]["parameter_overrides"]
    except KeyError:
        overrides = None
    if not isinstance(overrides, Array):
        raise LocalError(f"{configuration.name} has no list parameter_overrides of a stage {stage}")
    setting = f"{PARAMETER}={image}"
    names = [str(entry).partition("=")[0] for entry in overrides]
    if PARAMETER in names:
        overrides[names.index(PARAMETER)] = setting
    else:
        overrides.append(setting)
    configuration.write_text(tomlkit.dumps(document), encoding="utf-8")
