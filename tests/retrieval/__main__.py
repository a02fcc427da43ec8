"""``python -m tests.retrieval``: embed the documents, ask all questions, print the table (some minutes).

``EVALUATION_DIR`` names the folder of the real documents; without it the questions about those are left out.
"""

from __future__ import annotations

import os
import sys

from functions.analyze.search.embeddings.local import LocalEmbeddings
from tests.retrieval.evaluation import Shelves, evaluate
from tests.retrieval.questions import cases, find


def main() -> None:
    """Print the figures."""
    folder = os.environ.get("EVALUATION_DIR", "")
    asked = [case for case in cases() if find(case.document, folder) is not None]
    shelves = Shelves(LocalEmbeddings())
    for document in sorted({case.document for case in asked}):
        path = find(document, folder)
        assert path is not None
        shelves.add(path, lambda text: print(text, file=sys.stderr))
    print(f"{'method':10} {'questions':18} {'n':>3} {'recall@1':>9} {'recall@5':>9} {'MRR':>6}")
    for method, groups in evaluate(shelves, asked).items():
        for group, figures in groups.items():
            print(
                f"{method:10} {group:18} {figures.questions:3d} {figures.recall_1:9.2f} "
                f"{figures.recall_5:9.2f} {figures.mrr:6.3f}"
            )


if __name__ == "__main__":
    main()
