"""Wires the analyze function, once a process."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from functions.analyze.settings import AnalyzeSettings
from shared.jobs.model import Kind
from shared.jobs.runner import Limits, Runner
from shared.jobs.workflow import MakeWorkflow


@cache
def settings() -> AnalyzeSettings:
    """Return the settings of this process."""
    return AnalyzeSettings()


@cache
def runner() -> Runner:
    """Return the runner, with the adapters that the settings name."""
    from shared.aws.jobs_table import DynamoJobs
    from shared.aws.s3 import S3Files
    from shared.aws.sqs import SqsQueue

    s = settings()
    return Runner(
        DynamoJobs(s.jobs_table, s.aws_endpoint_url),
        S3Files(s.documents_bucket, s.aws_endpoint_url),
        SqsQueue({Kind.ANALYSIS: s.analysis_queue_url}, s.aws_endpoint_url),
        {Kind.ANALYSIS: make_workflow(s)},
        limits=Limits(timedelta(seconds=s.lease_seconds), timedelta(seconds=s.reserve_seconds)),
    )


def make_workflow(s: AnalyzeSettings) -> MakeWorkflow:
    """Return what makes the workflow of an analysis; the tools are made once."""
    from functions.analyze.extract.source import Limits as FileLimits
    from functions.analyze.rules.engine import RulesEngine
    from functions.analyze.workflow import AnalysisWorkflow, Tools
    from shared.directus import Directus
    from shared.taxonomy import load_taxonomy

    tools = Tools(
        taxonomy=load_taxonomy(s.taxonomy),
        engines={RulesEngine.name: RulesEngine()},
        directus=Directus(s.directus_url, s.directus_token.get_secret_value()) if s.directus_url else None,
        limits=FileLimits(max_pages=s.max_pages),
        default_engine=s.engine,
    )
    return lambda run: AnalysisWorkflow(run, tools)
