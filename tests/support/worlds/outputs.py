"""Analyses and the outputs made of them, by jobs of one process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from functions.analyze.outputs.reader import ReaderDependencies
from functions.analyze.outputs.translation.port import Translator
from functions.analyze.outputs.workflow import OutputWorkflow
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.reopen import reader_makers
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from tests.support.fakes.translator import FakeTranslator
from tests.support.fakes.word_engine import WordEngine
from tests.support.worlds.analysis import TAXONOMY

OWNER = Owner("directus", "u1")


TEXT = """
# Your policy

We pay for fire and broken glass up to an amount of 500 in every case.

# What is not insured

We pay nothing for war, and nothing for what you break on purpose.
"""


@dataclass
class OutputsWorld:
    """Jobs of one process, with the translators that it has."""

    translators: Sequence[Translator] = field(default_factory=lambda: [FakeTranslator()])
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    tools: AnalysisDependencies = field(
        default_factory=lambda: AnalysisDependencies(TAXONOMY, {"words": WordEngine()})
    )

    def analysis(self, attempts: int = 1, data: bytes = TEXT.encode(), **params: Any) -> Job:
        stored = self.files.put("documents/d1/original", data, "text/markdown")
        document = {
            "document_id": "d1",
            "document_key": stored.key,
            "document_version": stored.version_id,
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": "policy.md",
            "media_type": "text/markdown",
            "engine": "words",
            "language": "en",
        }
        return self.run(Kind.ANALYSIS, document | params, attempts)

    def outputs(self, source: Job, *names: str, **params: Any) -> Job:
        return self.run(Kind.OUTPUT, {"outputs": list(names), "source_job_id": source.job_id, **params})

    def run(self, kind: Kind, params: dict[str, Any], attempts: int = 1) -> Job:
        now = utc_now()
        job = Job(uuid7(), kind, OWNER, params, now, now, max_attempts=attempts)
        self.jobs.create(states.submitted(job, "u1"))
        tools = replace(self.tools, jobs=self.jobs, readers=ReaderDependencies(self.translators))
        makers = reader_makers(tools)
        runner = Runner(
            self.jobs,
            self.files,
            MemoryQueue(),
            {
                Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools),
                Kind.OUTPUT: lambda run: OutputWorkflow(run, makers),
            },
        )
        outcome = runner.handle(JobMessage(job.job_id, kind))
        assert outcome.job is not None
        return outcome.job

    def json(self, job: Job, name: str) -> Any:
        return json.loads(self.files.get(job.artifacts[name].key))
