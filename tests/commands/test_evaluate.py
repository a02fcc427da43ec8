"""Two runs of the evaluation, in processes that order their sets differently, export the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT, SAMPLES

NAMES = ("helvora-de.pdf", "helvora-household-en.pdf", "small.docx")


def exports(documents: Path, out: Path, seed: str) -> dict[str, bytes]:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "functions.analyze.evaluation.run", str(documents), str(out)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in NAMES:
        shutil.copy(SAMPLES / name, documents)
    first, second = (exports(documents, tmp_path / seed, seed) for seed in ("1", "2"))
    assert len(first) == len(NAMES)
    assert first == second
