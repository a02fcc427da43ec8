"""The SAM CLI in an environment of its own: it builds, checks and runs the template without an account.

``sam local`` passes on only those variables that the template names, and puts its interface emulator into the
images as the images' own user, who may not write there. So it gets a copy of the built template, which names
the emulator's endpoint too and refers to copies of the images that belong to root. The variables' values are
those of the running local stack.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from infra.local import containers
from infra.local.derive import FUNCTION
from infra.local.docker import engine
from infra.local.docker.base import ensure_base
from infra.local.emulator import KEPT
from infra.local.errors import LocalError
from infra.local.package import environment, require_environment
from infra.local.paths import Paths
from infra.local.stack import CREDENTIALS, LocalStack
from infra.local.template import Json, load_template, resources_of

HERE = Path(__file__).parent
COMMANDS = ("build", "validate", "local")
ENDPOINT = "AWS_ENDPOINT_URL"


def ensure_sam(paths: Paths) -> Path:
    """Return the SAM CLI, which is installed where it is missing: about a minute and 350 MB."""
    python = environment(paths, "sam", HERE / "requirements-sam.txt", HERE / "constraints-sam.txt")
    return python.with_name("sam")


def require_sam(paths: Paths) -> None:
    """Raise LocalError where the SAM CLI is neither installed nor to be had."""
    require_environment(paths, "sam", HERE / "requirements-sam.txt", HERE / "constraints-sam.txt")


def run(paths: Paths, arguments: Sequence[str]) -> NoReturn:
    """Become the SAM CLI with these arguments and those that this machine needs.

    Raises LocalError for a command that needs an account, and where there is no engine or no local stack.
    """
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        raise LocalError(
            f"usage: python -m infra.images sam {{{'|'.join(COMMANDS)}}} ...; deploy with your own sam"
        )
    os.chdir(paths.root)
    sam = ensure_sam(paths)
    os.execve(sam, [str(sam), *arguments, *additions(paths, command)], _environment(paths))  # noqa: S606


def additions(paths: Paths, command: str) -> list[str]:
    """Return the options that make a command work here, after writing the files that they name."""
    if command == "validate":
        return ["--template", str(paths.template)]
    engine.require_engine()
    build = _folder(paths) / "build"
    if command == "build":
        base = f"BaseImage={ensure_base(paths)}"
        folders = ["--build-dir", str(build), "--cache-dir", str(_folder(paths) / "cache")]
        return ["--template", str(paths.template), *folders, "--parameter-overrides", base]
    if not (build / "template.yaml").exists():
        raise LocalError("nothing is built: run `python -m infra.images sam build` first")
    named = _folder(paths) / "variables.json"
    named.write_text(json.dumps(_variables(paths)))
    (build / "local.json").write_text(json.dumps(_local_template(build / "template.yaml")))
    additions = ["--template", str(build / "local.json"), "--env-vars", str(named), "--skip-pull-image"]
    return [*additions, "--add-host", f"{containers.HOST_NAME}:host-gateway"]


def _local_template(built: Path) -> Json:
    """Return the built template in the form that `sam local` can run."""
    template = load_template(built)
    template["Globals"]["Function"]["Environment"]["Variables"][ENDPOINT] = ""
    of_root: dict[str, str] = {}
    for function in resources_of(template, FUNCTION).values():
        image = function["ImageUri"]
        if image not in of_root:
            of_root[image] = f"{image}-root"
            with tempfile.TemporaryDirectory(prefix="clauseworks-sam-") as work:
                dockerfile = Path(work) / "Dockerfile"
                dockerfile.write_text(f"FROM {image}\nUSER root\n")
                engine.build(Path(work), dockerfile=dockerfile, tag=of_root[image])
        function["ImageUri"] = of_root[image]
    return template


def _variables(paths: Paths) -> dict[str, dict[str, str]]:
    """Return the environment of every function as the running local stack has it, for containers."""
    stack = LocalStack(paths)
    outputs = stack.deployed.outputs
    if not containers.enabled(paths):
        raise LocalError("containers do not reach the local stack: `python -m infra.local up --containers`")
    functions = load_template(paths.template)["Resources"]
    return {
        name: containers.reachable(stack.environment(name)) for name in functions if f"{name}Name" in outputs
    }


def _environment(paths: Paths) -> dict[str, str]:
    """Return an environment without the caller's AWS accounts."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("DOCKER_")}
    return {
        **kept,
        **CREDENTIALS,
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(_folder(paths)),
        # Asked for the account's name, which must not leave this machine.
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _folder(paths: Paths) -> Path:
    folder = paths.state / "sam"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
