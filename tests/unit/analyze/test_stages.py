"""The stages of all workflows of the function, and what their progress shows to readers of documents."""

from __future__ import annotations

import pytest

from functions.analyze.engines.rules import RulesEngine
from functions.analyze.outputs.page_images import PageImages
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from functions.analyze.search.index.workflow import IndexDependencies, IndexWorkflow
from functions.analyze.search.vectors import FileVectors
from shared.jobs.execution import percent_done
from shared.jobs.model import PAGES
from shared.jobs.workflow import Run, Stage, Workflow
from shared.memory.files import MemoryFiles
from shared.taxonomy.model import Category, Item, Taxonomy
from tests.support.builders.job_records import job
from tests.support.fakes.word_embeddings import WordEmbeddings
from tests.support.memory.search_index import MemorySearchIndex

EVERYTHING = {"translate_to": "de", "summary": True, "report": True, "seed_directus": True}
FILES = MemoryFiles()


def analysis() -> Workflow:
    taxonomy = Taxonomy("home", "1", ("en",), Item("home", "home", Category.PRODUCT))
    dependencies = AnalysisDependencies(taxonomy, {RulesEngine.name: RulesEngine()})
    return AnalysisWorkflow(Run(job(params=EVERYTHING), FILES), dependencies)


def stages() -> dict[str, Stage]:
    """Return the stages of all workflows by name."""
    run = Run(job(), FILES)
    index = IndexDependencies(WordEmbeddings(), MemorySearchIndex(), FileVectors(FILES))
    workflows = [analysis(), IndexWorkflow(run, index), PageImages(run)]
    return {stage.name: stage for workflow in workflows for stage in workflow.stages}


@pytest.mark.parametrize(
    ("stage", "current", "total", "expected"),
    [
        ("prepare", 1, 1, "processing"),
        ("extract", 3, 8, "ocr_started"),
        ("extract", 8, 8, "ocr_started"),
        ("ocr", 1, 2, "ocr_started"),
        ("ocr", 2, 2, "ocr_completed"),
        ("assemble", 1, 1, "ocr_completed"),
        ("chunk", 1, 1, "ocr_completed"),
        ("publish", 1, 1, "ocr_completed"),
        ("segments", 1, 4, "ocr_completed"),
        ("benefits", 1, 4, "ocr_completed"),
        ("details", 1, 4, "ocr_completed"),
        ("check", 1, 1, "ocr_completed"),
        ("plan_seeding", 1, 1, "ocr_completed"),
        ("seed", 1, 1, "ocr_completed"),
        ("translate", 1, 2, "translation_started"),
        ("translate", 2, 2, "translation_completed"),
        ("summarise", 1, 1, "summarising"),
        ("report", 1, 1, "reporting"),
        ("passages", 1, 1, "processing"),
        ("embed", 1, 1, "processing"),
        ("build_tree", 1, 1, "processing"),
        ("store_vectors", 1, 1, "processing"),
        ("images", 1, 2, "processing"),
    ],
)
def test_what_a_stage_shows_to_readers(stage: str, current: int, total: int, expected: str) -> None:
    assert stages()[stage].phase.at(current, total) == expected


def test_the_stages_whose_steps_are_shown_as_pages() -> None:
    counting = {name for name, stage in stages().items() if stage.phase.counts == PAGES}
    assert counting == {"extract", "ocr", "translate"}


def test_an_analysis_goes_through_its_stages_in_order() -> None:
    assert [stage.name for stage in analysis().stages] == [
        *("prepare", "extract", "ocr", "assemble", "chunk", "publish"),
        *("segments", "benefits", "details", "check"),
        *("plan_seeding", "seed"),
        *("translate", "summarise", "report"),
    ]


def test_progress_rises_to_a_hundred_over_the_stages() -> None:
    workflow = analysis()
    percents = [percent_done(workflow, stage, 1, 1) for stage in workflow.stages]
    assert percents == sorted(percents)
    assert percents[-1] == 100
