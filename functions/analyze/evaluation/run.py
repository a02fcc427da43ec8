"""``python -m functions.analyze.evaluation.run DOCUMENTS OUT``: analyse files without a stack.

The same runner and workflow as in the function, on stores in memory; writes the export ``NAME.json``
for each document. Engines that ask a model read their settings from the environment. Where there are
labels (``evaluation/scoring.py`` tells their form), it prints how right the engine is: precision, recall
and F1 by tier, and what its confidence is worth.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.analyze.engines.llm.settings import ModelSettings
from functions.analyze.engines.llm.setup import MISSING, model_engines
from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.evaluation.report import Cost, lines, wrong_and_missed
from functions.analyze.evaluation.scoring import Judgement, judge
from functions.analyze.extract.source import DEFAULT_LIMITS
from functions.analyze.ocr.ppocr.engine import PaddleOcr
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.documents.model import MEDIA_TYPES, media_type_of
from shared.files import keys
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status, new_job
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.observability import logger
from shared.taxonomy.reader import load_taxonomy


def analyse_file(path: Path, tools: AnalysisDependencies, engine: str, **options: Any) -> tuple[Job, bytes]:
    """Run one document through the whole workflow; return the ended job and its export (empty if failed).

    ``options`` are further parameters of the job.
    """
    files, jobs, queue = MemoryFiles(), MemoryJobs(), MemoryQueue()
    job = _submit(path, files, jobs, {"engine": engine, **options})
    runner = Runner(jobs, files, queue, {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)})
    outcome = runner.handle(JobMessage(job.job_id, Kind.ANALYSIS))
    ended = outcome.job or job
    export = ended.artifacts.get("export.json")
    return ended, b"" if export is None else files.get(export.key)


def _submit(path: Path, files: MemoryFiles, jobs: MemoryJobs, options: dict[str, Any]) -> Job:
    """Store the document and its job as a submission does; nothing is retried here."""
    data = path.read_bytes()
    media_type = media_type_of(path.name) or "application/octet-stream"
    stored = files.put(keys.original("local"), data, media_type)
    now = utc_now()
    params: dict[str, Any] = {
        "document_id": "local",
        "document_key": stored.key,
        "document_version": stored.version_id,
        "document_sha256": hashlib.sha256(data).hexdigest(),
        "file_name": path.name,
        "media_type": media_type,
        "export": True,
        **options,
    }
    job = new_job(Kind.ANALYSIS, Owner("local", "evaluate"), params, now, max_attempts=1)
    return jobs.create(states.submitted(job, "evaluate"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Analyse every document of a folder; 1 where a document failed, 2 where there is nothing to do."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("documents", type=Path, help="folder with documents")
    parser.add_argument("out", type=Path, help="folder for the exports, one NAME.json a document")
    parser.add_argument("--engine", default="rules")
    parser.add_argument(
        "--hybrid", action="store_true", help="ask the engine's model only where rules are unsure"
    )
    parser.add_argument("--taxonomy", default="travel-insurance", help="a shipped taxonomy or a file")
    parser.add_argument("--gold", type=Path, help="folder with labels, NAME.json a document")
    parser.add_argument("--details", action="store_true", help="name every wrong and missed item")
    options = parser.parse_args(arguments)
    paths = sorted(path for path in options.documents.iterdir() if path.suffix.lower() in MEDIA_TYPES)
    if not paths:
        print(f"no document in {options.documents}", file=sys.stderr)
        return 2
    logger.setLevel("ERROR")  # the table is the output; failures have their line in it
    options.out.mkdir(parents=True, exist_ok=True)
    rules = RulesEngine()
    tools = AnalysisDependencies(
        load_taxonomy(options.taxonomy),
        {rules.name: rules, **model_engines(ModelSettings(), rules)},
        limits=DEFAULT_LIMITS,
        missing=MISSING,
        ocr=PaddleOcr(),
        checker=rules,
    )
    runs = [_run(path, tools, options) for path in paths]
    judgements = [run.judgement for run in runs if run is not None and run.judgement is not None]
    for line in lines(judgements, [run.cost for run in runs if run is not None]):
        print(line)
    if options.gold is not None and not judgements:
        print(f"no document has labels in {options.gold}", file=sys.stderr)
        return 2
    return 1 if None in runs else 0


@dataclass(frozen=True, slots=True)
class Measured:
    """One analysed document: what it took, and how right it is where there are labels."""

    cost: Cost
    judgement: Judgement | None


def _run(path: Path, tools: AnalysisDependencies, options: argparse.Namespace) -> Measured | None:
    """Analyse one document, write its export and print a line; None where it failed."""
    began = time.perf_counter()
    job, export = analyse_file(path, tools, options.engine, hybrid=options.hybrid)
    seconds = time.perf_counter() - began
    if job.status is not Status.COMPLETED or job.result is None:
        print(f"{path.name:30} {job.status}: {(job.error or {}).get('detail', '')}", file=sys.stderr)
        return None
    (options.out / f"{path.stem}.json").write_bytes(export)
    counts = "  ".join(f"{name[4:]} {job.result[name]:3}" for name in job.result if name.startswith("num_"))
    print(f"{path.name:30} {job.result['pages']:3} pages  {counts}  {seconds:5.2f} s{_used(job.result)}")
    judgement = _judge(path, export, options.gold)
    for line in wrong_and_missed(judgement) if options.details and judgement else ():
        print(line)
    tokens = job.result["tokens"]
    return Measured(Cost(tokens["input"], tokens["output"], job.result["cost_usd"], seconds), judgement)


def _judge(path: Path, export: bytes, gold: Path | None) -> Judgement | None:
    """Compare an export with the document's labels, where it has any."""
    labels = gold / f"{path.stem}.json" if gold is not None else None
    if labels is None or not labels.exists():
        return None
    return judge(json.loads(labels.read_text(encoding="utf-8")), json.loads(export))


def _used(result: Mapping[str, Any]) -> str:
    """Return what a model was asked for the result, empty where none was."""
    if "model" not in result:
        return ""
    tokens, cost = result["tokens"], result["cost_usd"]
    price = "cost unknown" if cost is None else f"{cost:.4f} USD"
    dropped = f"{result['claims_dropped']} of {result['claims']} claims dropped"
    return f"  {result['model_calls']} calls  {tokens['input']}+{tokens['output']} tokens  {price}  {dropped}"


if __name__ == "__main__":
    sys.exit(main())
