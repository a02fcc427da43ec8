"""What an analysis publishes: the result tree, the pages it quotes, and the files asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from functions.analyze.document.json_file import dump
from functions.analyze.document.model import Document
from functions.analyze.pipeline.previous_jobs import PREFIX
from shared.findings.model import Finding, ResultTree, to_tree
from shared.jobs.workflow import Run

_JSON = "application/json"


def publish(run: Run, document: Document, tree: ResultTree, file_name: str) -> None:
    """Put the artifacts of a finished analysis.

    ``result.json`` is the tree and ``pages.json`` the text that its spans count in; ``export`` adds
    ``export.json`` (tree and document in one file, with the pages where ``detailed``), ``debug`` what
    the stages returned.
    """
    result = to_tree(tree)
    pages = [{"number": page.number, "label": page.label, "text": page.text} for page in document.pages]
    run.put_artifact("result.json", dump(result), _JSON)
    run.put_artifact("pages.json", dump(pages), _JSON)
    if run.params.get("export"):
        about = {"file_name": file_name, "language": document.language, "pages": len(document.pages)}
        export = result | {"document": about}
        run.put_artifact(
            "export.json", dump(export | ({"pages": pages} if run.params.get("detailed") else {})), _JSON
        )
    if run.params.get("debug"):
        for stage in run.finished:
            # In one line: laying out the pages of a long document takes many seconds.
            outputs = json.dumps(run.outputs(stage), ensure_ascii=False, sort_keys=True)
            run.put_artifact(f"{PREFIX}{stage}.json", outputs.encode(), _JSON)


def summary(tree: ResultTree) -> Mapping[str, int]:
    """Return the counts of a result: findings that are included, by kind, at every level."""
    benefits = [benefit for segment in tree.segments for benefit in segment.benefits]
    levels = [*tree.segments, *benefits]

    def count(kind: str) -> int:
        of_product: Sequence[Finding] = getattr(tree.product, kind)
        return len(of_product) + sum(len(getattr(level, kind)) for level in levels)

    return {
        "num_segments": len(tree.segments),
        "num_benefits": len(benefits),
        "num_limits": count("limits"),
        "num_conditions": count("conditions"),
        "num_exclusions": count("exclusions"),
    }
