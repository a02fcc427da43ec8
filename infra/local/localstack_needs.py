"""What a LocalStack has to be started with for this stack, and what a running one is found to lack.

A LocalStack says little of its own settings, but each of these shows in what it answers. ``ENVIRONMENT`` is
the one list: our own LocalStack is started with it, the compose file has it, and docs name it.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.errors import LocalError

if TYPE_CHECKING:
    import boto3

# Zips with all dependencies stand for what are images on AWS, which may be larger.
ZIPPED, UNZIPPED = 1 << 30, 1 << 32
ENVIRONMENT: Mapping[str, str] = {
    "SQS_ENDPOINT_STRATEGY": "path",
    "LAMBDA_LIMITS_CODE_SIZE_ZIPPED": str(ZIPPED),
    "LAMBDA_LIMITS_CODE_SIZE_UNZIPPED": str(UNZIPPED),
}
SOCKET = "--volume /var/run/docker.sock:/var/run/docker.sock"
SERVICES = (
    "apigateway",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "lambda",
    "logs",
    "s3",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a LocalStack shows of itself: sizes in bytes, ``services`` by name with their state."""

    services: Mapping[str, str]
    zipped: int
    unzipped: int
    queue_url: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """The largest of the archives to deploy, in bytes: as zips, and unpacked."""

    zipped: int = 0
    unzipped: int = 0


def missing(facts: Facts, needed: Sizes) -> list[str]:
    """Return the lines that its start has to have besides, each with the reason; none where all is well."""
    lines = [
        f"-e {name}={ENVIRONMENT[name]}"
        f"  # it takes {limit / 1e6:.0f} MB; a function has {size / 1e6:.0f} MB {form}"
        for name, form, limit, size in (
            ("LAMBDA_LIMITS_CODE_SIZE_ZIPPED", "as a zip", facts.zipped, needed.zipped),
            ("LAMBDA_LIMITS_CODE_SIZE_UNZIPPED", "unpacked", facts.unzipped, needed.unzipped),
        )
        if limit < size
    ]
    if "/queue/" not in facts.queue_url:
        lines.append(
            "-e SQS_ENDPOINT_STRATEGY=path"
            f"  # it names queues {facts.queue_url}, a host that neither functions nor this machine may know"
        )
    away = [name for name in SERVICES if facts.services.get(name) not in {"available", "running"}]
    if away:
        lines.append(f"-e SERVICES=...,{','.join(away)}  # these are switched off, or leave SERVICES out")
    return lines


def require(endpoint: str, session: boto3.Session, archives: Iterable[Path]) -> None:
    """Raise LocalError where the endpoint is a LocalStack that was started without what the stack needs.

    Any other endpoint is none of ours to judge. Leaves nothing behind.
    """
    facts = facts_of(endpoint, session)
    lines = [] if facts is None else missing(facts, _sizes(archives))
    if lines:
        listed = "\n".join(f"  {line}" for line in lines)
        raise LocalError(
            f"The LocalStack at {endpoint} was started without what this stack needs. Add to its "
            f"`docker run` (or export before `localstack start`), and start it anew:\n{listed}"
        )


def facts_of(endpoint: str, session: boto3.Session) -> Facts | None:
    """Return what a LocalStack shows of itself, or None where the endpoint is something else."""
    import httpx

    try:
        answer = httpx.get(f"{endpoint}/_localstack/health", timeout=TIMEOUT_SECONDS, trust_env=False)
        services = answer.json()["services"]
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return None
    sqs: Any = session.client("sqs", endpoint_url=endpoint)
    # Other emulators answer at its address, too; only its own answers bear this mark.
    if "x-localstack" not in sqs.list_queues()["ResponseMetadata"]["HTTPHeaders"]:
        return None
    limits = session.client("lambda", endpoint_url=endpoint).get_account_settings()["AccountLimit"]
    queue_url = sqs.create_queue(QueueName=f"clauseworks-probe-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    sqs.delete_queue(QueueUrl=queue_url)
    return Facts(services, int(limits["CodeSizeZipped"]), int(limits["CodeSizeUnzipped"]), queue_url)


def _sizes(archives: Iterable[Path]) -> Sizes:
    zipped, unzipped = [0], [0]
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            zipped.append(archive.stat().st_size)
            unzipped.append(sum(entry.file_size for entry in opened.infolist()))
    return Sizes(max(zipped), max(unzipped))


def explained(reasons: str) -> str:
    """Return why a deployment failed, with what to do where LocalStack's own words do not say it."""
    if "Error while creating lambda" in reasons:
        return f"{reasons}\nA LocalStack in a container starts functions by the engine: give it {SOCKET}"
    return reasons


def command() -> str:
    """Return the ``docker run`` that starts a LocalStack with all of it, as the docs show it."""
    options = [f"-e {name}={value}" for name, value in ENVIRONMENT.items()]
    lines = ["docker run --rm -p 127.0.0.1:4566:4566", *options, SOCKET, "localstack/localstack:4.14"]
    return " \\\n  ".join(lines)
