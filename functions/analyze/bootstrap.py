"""Wires the analyze function, once a process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from functions.analyze.settings import AnalyzeSettings
from shared.jobs.model import Kind
from shared.jobs.runner import ExecutionLimits, Runner
from shared.jobs.store import JobStore
from shared.jobs.workflow import MakeWorkflow

if TYPE_CHECKING:
    from functions.analyze.engines.llm.engine import ProviderEngine
    from functions.analyze.outputs.reader import ReaderDependencies
    from functions.analyze.outputs.translation.port import Translator
    from functions.analyze.pipeline.dependencies import AnalysisDependencies
    from shared.jobs.workflow import MakeWorkflow


@cache
def settings() -> AnalyzeSettings:
    """Return the settings of this process."""
    return AnalyzeSettings()


@cache
def runner() -> Runner:
    """Return the runner, with the adapters that the settings name."""
    from functions.analyze.pipeline.workflow import AnalysisWorkflow
    from shared.aws.dynamodb.jobs import DynamoJobs
    from shared.aws.s3 import S3Files
    from shared.aws.sqs import SqsNotifications, SqsQueue
    from shared.notifications.queue import announcer

    s = settings()
    jobs = DynamoJobs(s.jobs_table, s.aws_endpoint_url)
    tools = make_tools(s, jobs)
    return Runner(
        jobs,
        S3Files(s.documents_bucket, s.aws_endpoint_url),
        SqsQueue(s.queue_urls, s.aws_endpoint_url),
        {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools), Kind.OUTPUT: make_outputs(s, tools)},
        limits=ExecutionLimits(timedelta(seconds=s.lease_seconds), timedelta(seconds=s.reserve_seconds)),
        announce=announcer(SqsNotifications(s.notification_queue_url, s.aws_endpoint_url)),
    )


def make_readers(s: AnalyzeSettings, models: Mapping[str, ProviderEngine]) -> ReaderDependencies:
    """Return who translates and summarises; a model that is not configured is left out, and does neither."""
    from functions.analyze.outputs.reader import ReaderDependencies
    from functions.analyze.outputs.summary.by_model import ModelSummariser
    from functions.analyze.outputs.translation.amazon import AmazonTranslate
    from functions.analyze.outputs.translation.apertium import Apertium
    from functions.analyze.outputs.translation.by_model import ModelTranslator

    known: dict[str, Translator] = {
        Apertium.name: Apertium(),
        AmazonTranslate.name: AmazonTranslate(s.aws_endpoint_url),
        **{name: ModelTranslator(engine) for name, engine in models.items()},
    }
    engine = models.get(s.summariser)
    return ReaderDependencies(
        [known[name] for name in s.translators if name in known],
        None if engine is None else ModelSummariser(engine),
    )


def make_tools(s: AnalyzeSettings, jobs: JobStore) -> AnalysisDependencies:
    """Return what the jobs of this process share."""
    from functions.analyze.engines.llm.setup import MISSING, model_engines
    from functions.analyze.engines.rules.engine import RulesEngine
    from functions.analyze.extract.source import ExtractionLimits as FileLimits
    from functions.analyze.ocr.ppocr.engine import PaddleOcr
    from functions.analyze.pipeline.dependencies import AnalysisDependencies
    from functions.analyze.seeding.session import SeedingDependencies
    from shared.aws.dynamodb.documents import DynamoDocuments
    from shared.aws.dynamodb.leases import DynamoLeases
    from shared.aws.ssm import Secret
    from shared.directus import Directus
    from shared.directus.product_lock import ProductLock
    from shared.taxonomy.reader import load_taxonomy

    directus, seeding = None, None
    if s.directus_url:
        token = Secret(s.directus_token.get_secret_value(), s.directus_token_parameter, s.aws_endpoint_url)
        directus = Directus(s.directus_url, token)
        lock = ProductLock(DynamoLeases(s.jobs_table, s.aws_endpoint_url), jobs, s.directus_url)
        seeding = SeedingDependencies(directus, lock)
    rules = RulesEngine()
    models = model_engines(s, rules, endpoint_url=s.aws_endpoint_url, meter=measure)
    return AnalysisDependencies(
        taxonomy=load_taxonomy(s.taxonomy),
        engines={rules.name: rules, **models},
        missing=MISSING,
        directus=directus,
        seeding=seeding,
        limits=FileLimits(max_pages=s.max_pages),
        default_engine=s.engine,
        jobs=jobs,
        documents=DynamoDocuments(s.jobs_table, s.aws_endpoint_url),
        ocr=PaddleOcr() if s.ocr_engine == PaddleOcr.name else None,
        readers=make_readers(s, models),
        indexing=s.indexing,
        checker=rules,
    )


def measure(name: str, value: float) -> None:
    """Add to the metrics that go out at the end of the invocation."""
    from aws_lambda_powertools.metrics import MetricUnit

    from shared.jobs.sqs_handler import job_metrics

    unit = MetricUnit.NoUnit if name.endswith("Usd") else MetricUnit.Count
    job_metrics().add_metric(name, unit, value)


def make_outputs(s: AnalyzeSettings, tools: AnalysisDependencies) -> MakeWorkflow:
    """Return what makes the workflow of an output job."""
    from functions.analyze.outputs.page_images import PageImages
    from functions.analyze.outputs.workflow import OutputWorkflow
    from functions.analyze.pipeline.reopen import reader_makers
    from shared.jobs.outputs import IMAGES

    makers = {
        **reader_makers(tools),
        **index_maker(s),
        IMAGES: lambda run: PageImages(run, tools.limits),
    }
    return lambda run: OutputWorkflow(run, makers)


def index_maker(s: AnalyzeSettings) -> dict[str, MakeWorkflow]:
    """Return what makes the workflow of the output ``index``, under its name."""
    from functions.analyze.search.adapters import embeddings, vector_store
    from functions.analyze.search.index.workflow import IndexDependencies, IndexWorkflow
    from shared.aws.dynamodb.search_index import DynamoSearchIndex
    from shared.aws.s3 import S3Files
    from shared.jobs.outputs import INDEX

    files = S3Files(s.documents_bucket, s.aws_endpoint_url)
    index = DynamoSearchIndex(s.jobs_table, s.aws_endpoint_url)
    tools = IndexDependencies(embeddings(s), index, vector_store(s, files))
    return {INDEX: lambda run: IndexWorkflow(run, tools)}
