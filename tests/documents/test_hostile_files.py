"""Files made to crash, stall or flood the readers: each is read, or refused for what it is, within bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.analyze.evaluation.run import analyse_file
from functions.analyze.extract import DEFAULT_LIMITS
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from shared.jobs.model import Status
from shared.taxonomy.reader import load_taxonomy
from tests.hostile.__main__ import SECONDS
from tests.hostile.catalogue import FILES
from tests.support.fakes.word_engine import WordEngine
from tests.support.paths import ROOT

REFUSED = {
    "many-pages": "too-many-pages",
    "bomb": "file-too-large",
    "nested-bomb": "file-too-large",
    "bomb-of-objects": "file-too-large",
    "laughs": "file-too-large",
    "many-glyphs": "pdf-page-too-full",
    "cyclic-pages": "pdf-page-damaged",
    "deep-pages": "pdf-page-damaged",
    "deep-arrays": "no-text",
    "deep-dictionaries": "pdf-no-pages",
    "docx-bomb": "archive-too-large",
    "docx-many-parts": "archive-too-large",
    "docx-deep": "archive-too-large",
    "docx-many-paragraphs": "archive-too-large",
    "docx-external-entity": "docx-damaged",
    "docx-laughs": "docx-damaged",
    "html-attributes": "file-too-slow",
    "text-of-lines": "too-many-pages",
}
READ = {
    **dict.fromkeys(
        (
            "lying-count",
            "huge-page",
            "endless-page",
            "many-paths",
            "many-states",
            "missing-xref",
            "xref-loop",
        ),
        "Die Versicherung gilt",
    ),
    **dict.fromkeys(
        ("hostile-object-stream", "malformed-font", "greedy-cmap", "script-and-attachment"),
        "Die Versicherung gilt",
    ),
    "form-in-itself": "Versicherung",
    "long-word": "xxxx",
    "scattered-words": "w",
    "many-rules": "Wort\t500",
    "docx-in-docx": "Text",
    "docx-tables-in-tables": "within",
    "docx-wide-row": "Text",
    "html-deep": "deep inside",
    "html-deep-formats": "deep inside",
    "html-deep-tables": "deep inside",
    "html-entities": "∳",
}
# The function has 2,048 MB: the worker itself, and what reading may take beyond it.
MOST_MB = DEFAULT_LIMITS.memory_bytes // 1024**2 + 300


def test_every_file_has_its_expectation() -> None:
    assert sorted([*REFUSED, *READ]) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_hostile_files(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", name], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["code"] == REFUSED.get(name, "")
    assert READ.get(name, "") in found["text"]
    assert not found["code"] or found["detail"].endswith(".")
    assert found["peak_mb"] - found["made_mb"] < MOST_MB
    # The child's CPU time is what the limit counts, so that this holds on a busy machine, too.
    assert found["child_seconds"] < 2 * SECONDS


def test_the_attachment_and_the_script_leave_no_trace() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", "script-and-attachment"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["text"] == "Die Versicherung gilt weltweit auf Reisen."


def test_a_job_about_a_hostile_file_fails_once_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "policy.pdf"
    path.write_bytes(FILES["laughs"][1]())
    tools = AnalysisDependencies(load_taxonomy("travel-insurance"), {"words": WordEngine()})
    job, _ = analyse_file(path, tools, "words")
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error["type"].endswith(":file-too-large")
    assert job.error["detail"].startswith("Page 1: ")
    assert job.attempt == 1
