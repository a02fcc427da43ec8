"""The stages of samconfig.toml: their secrets, and the commands that deploy them."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from functions.api.settings import MIN_SECRET
from infra.aws.preflight.run import preflight
from infra.aws.preflight.stage import read_stage
from infra.images.sam import ensure_sam
from infra.local import secrets
from infra.local.errors import LocalError
from infra.local.paths import CHECKOUT, Paths
from infra.local.stack import SECRETS
from infra.local.template import load_template

BASE_IMAGE = "BaseImage"
CONFIGURATION = CHECKOUT / "samconfig.toml"
# Stored where the environment has them, and never asked for.
OPTIONAL = {"OPENAI_API_KEY", "EMBEDDINGS_KEY"}


def stages() -> dict[str, Any]:
    """Return the parameters of ``sam deploy`` by stage."""
    configuration = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    tables = {name: section for name, section in configuration.items() if isinstance(section, dict)}
    return {name: section["deploy"]["parameters"] for name, section in tables.items() if "deploy" in section}


def store_secrets(ssm: Any, stage: str, environment: Mapping[str, str], ask: Callable[[str], str]) -> None:
    """Store the secrets of a stage: those of the environment, else what ``ask`` returns for their names.

    Raises LocalError for a signing secret that is too short.
    """
    values = {
        name: environment.get(name) or ("" if name in OPTIONAL else ask(f"{name}: ")) for name in SECRETS
    }
    if len(values["DIRECTUS_SECRET"]) < MIN_SECRET:
        raise LocalError(f"DIRECTUS_SECRET needs at least {MIN_SECRET} characters")
    secrets.store(ssm, stages()[stage]["stack_name"], values)


def commands(sam: Path, stage: str) -> list[list[str]]:
    """Return what builds and deploys a stage; its base image, a setting of the latter, is told to both."""
    build, deployment = ([str(sam), command, "--config-env", stage] for command in ("build", "deploy"))
    overrides = stages()[stage]["parameter_overrides"]
    base = [entry for entry in overrides if entry.startswith(f"{BASE_IMAGE}=")]
    return [[*build, "--parameter-overrides", *base] if base else build, deployment]


def may_deploy(stage: str) -> bool:
    """Print what the account and this machine say of a stage; tell whether nothing stops its deployment."""
    paths = Paths.from_environment(os.environ)
    return preflight(read_stage(stage, stages()[stage], load_template(paths.template)), paths)


def deploy(stage: str) -> int:
    """Run the commands until one fails, or none where preflight stops; return the status, or 0."""
    if not may_deploy(stage):
        return 1
    paths = Paths.from_environment(os.environ)
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    for command in commands(ensure_sam(paths), stage):
        status = subprocess.run(command, cwd=paths.root, env=environment, check=False).returncode
        if status != 0:
            return status
    return 0
