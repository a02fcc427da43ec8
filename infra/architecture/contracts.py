"""The contracts of contracts.ini: held against the code by import-linter, read for the floors they name."""

from __future__ import annotations

import re
from pathlib import Path

from importlinter.api import read_configuration
from importlinter.cli import lint_imports

from infra.architecture.house import Floors

CONTRACTS = Path(__file__).with_name("contracts.ini")


def kept() -> bool:
    """Print each contract, and what breaks it; say whether all are kept by the code of this checkout."""
    return lint_imports(config_filenames=(str(CONTRACTS),), no_cache=True, no_logo=True) == 0


def floors() -> dict[str, Floors]:
    """Return the floors of each folder whose contract names them, the highest first."""
    return {
        container: [frozenset(re.split(r"[\s|:()]+", layer)) for layer in contract["layers"]]
        for contract in read_configuration(str(CONTRACTS))["contracts_options"]
        if "containers" in contract
        for container in _listed(contract["containers"])
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
