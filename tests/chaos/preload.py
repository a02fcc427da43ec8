"""What every process of these tests is forked from: all that is slow to load, and nothing connected."""

from __future__ import annotations

import hashlib
import importlib
import logging
from functools import cache

import boto3

from infra.local.stack import CREDENTIALS
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.observability import logger
from tests.support.paths import SAMPLES

MODULES = (
    "aws_lambda_powertools.utilities.batch",
    "functions.analyze.handler",
    "functions.analyze.engines.rules.engine",
    "functions.analyze.seeding.session",
    "functions.analyze.pipeline.workflow",
    "functions.api.app",
    "functions.cleanup.handler",
    "functions.cleanup.reconcile.reconciler",
    "functions.cleanup.removal.workflow",
    "httpx",
    "mangum",
    "shared.aws.dynamodb.documents",
    "shared.aws.dynamodb.jobs",
    "shared.aws.dynamodb.leases",
    "shared.aws.s3",
    "shared.aws.sqs",
    "tests.chaos.faults",
    "tests.chaos.worker",
)
SAMPLE = SAMPLES / "small.md"
SERVICES = ("dynamodb", "s3", "sqs")


def load() -> None:
    """Import the modules, and read what the first client of a service and the first analysis read."""
    for name in MODULES:
        importlib.import_module(name)
    for service in SERVICES:
        boto3.client(  # type: ignore[call-overload]
            service,
            region_name=CREDENTIALS["AWS_REGION"],
            endpoint_url="http://127.0.0.1:1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
    from shared.taxonomy import reader

    reader.load_taxonomy = cache(reader.load_taxonomy)
    _analyse(SAMPLE.read_bytes())


def _analyse(data: bytes) -> None:
    """Analyse the sample in memory: what loads on first use is loaded then."""
    from functions.analyze.engines.rules.engine import RulesEngine
    from functions.analyze.pipeline.dependencies import AnalysisDependencies
    from functions.analyze.pipeline.workflow import AnalysisWorkflow
    from shared.jobs.queue import JobMessage
    from shared.jobs.runner import Runner
    from shared.memory.files import MemoryFiles
    from shared.memory.jobs import MemoryJobs
    from shared.memory.queue import MemoryQueue
    from shared.taxonomy.reader import load_taxonomy

    files, jobs, now = MemoryFiles(), MemoryJobs(), utc_now()
    stored = files.put("documents/d1/original", data, "text/markdown")
    params = {
        "document_id": "d1",
        "document_key": stored.key,
        "document_version": stored.version_id,
        "document_sha256": hashlib.sha256(data).hexdigest(),
        "file_name": SAMPLE.name,
        "media_type": "text/markdown",
    }
    job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", "preload"), params, now, now)
    jobs.create(states.submitted(job, "preload"))
    tools = AnalysisDependencies(load_taxonomy("travel-insurance"), {RulesEngine.name: RulesEngine()})
    workflows = {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
    level = logger.log_level
    logger.setLevel(logging.CRITICAL)
    ended = Runner(jobs, files, MemoryQueue(), workflows).handle(JobMessage(job.job_id, Kind.ANALYSIS))
    logger.setLevel(level)
    assert ended.job is not None
    assert ended.job.status is Status.COMPLETED


load()
