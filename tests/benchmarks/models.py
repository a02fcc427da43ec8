"""Tokens of an analysis by a model, against asking about each item with the whole text.

The model is an oracle that answers what the rules find, so that the figures need no provider: it is asked
what a real one is asked. Tokens are counted by our own estimate on both sides. The other way is one request
an item: the segments, the benefits of those that are granted, and the details of each segment, benefit and
of the product.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from functions.analyze.document.chunking import count_tokens
from functions.analyze.engines.llm import prompts
from functions.analyze.engines.llm.engine import ProviderEngine, RequestPolicy
from functions.analyze.engines.llm.replies import Presence, schema_of
from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.evaluation.run import analyse_file
from functions.analyze.extract import open_source
from functions.analyze.extract.source import DEFAULT_LIMITS
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from shared.documents.model import media_type_of
from shared.findings.model import ResultTree, from_tree
from shared.jobs.model import Status
from shared.taxonomy.model import Category, Taxonomy
from shared.taxonomy.reader import load_taxonomy
from tests.benchmarks.figures import show
from tests.support.fakes.oracle import Oracle
from tests.support.paths import SAMPLES

# What a reply about one item takes: a short object with a quote.
REPLY = 60


@dataclass(frozen=True)
class Figures:
    """One document: tokens and requests of both ways, and of a result how much was shown to the model."""

    tokens: int
    calls: int
    one_by_one: int
    items: int
    told: int
    unseen: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """Return how many times as many tokens the other way takes."""
        return self.one_by_one / self.tokens

    @property
    def shown(self) -> float:
        """Return the share of the findings whose proof was among the passages."""
        return self.told / max(1, self.told + len(self.unseen))


def measure(path: Path, *, hybrid: bool = False) -> Figures:
    """Analyse a document by the rules, then by the oracle that knows their result."""
    taxonomy, rules = load_taxonomy("travel-insurance"), RulesEngine()
    alone = AnalysisDependencies(taxonomy, {rules.name: rules}, limits=DEFAULT_LIMITS)
    _, export = analyse_file(path, alone, rules.name)
    tree = from_tree(json.loads(export))
    oracle = Oracle(tree)
    engine = ProviderEngine(oracle, RequestPolicy(prices={oracle.model: (1.0, 1.0)}, concurrency=1), rules)
    tools = AnalysisDependencies(taxonomy, {rules.name: rules, oracle.name: engine}, limits=DEFAULT_LIMITS)
    job, _ = analyse_file(path, tools, oracle.name, hybrid=hybrid)
    assert job.status is Status.COMPLETED, job.error
    assert job.result is not None
    used = job.result["tokens"]
    items = asked_one_by_one(tree, taxonomy)
    return Figures(
        tokens=used["input"] + used["output"],
        calls=job.result["model_calls"],
        one_by_one=items * (text_tokens(path) + overhead()),
        items=items,
        told=oracle.told,
        unseen=tuple(oracle.unseen),
    )


def asked_one_by_one(tree: ResultTree, taxonomy: Taxonomy) -> int:
    """Return the requests that one an item comes to."""
    granted = {segment.item_id for segment in tree.segments}
    benefits = [
        benefit
        for segment in taxonomy.segments
        if segment.item_id in granted
        for benefit in segment.of(Category.BENEFIT)
    ]
    details = len(tree.segments) + sum(len(segment.benefits) for segment in tree.segments) + 1
    return len(taxonomy.segments) + len(benefits) + details


def text_tokens(path: Path) -> int:
    """Return the tokens of a document's text."""
    source = open_source(path.read_bytes(), path.name, media_type_of(path.name) or None)
    document = source.assemble(source.pages(1, source.page_count))
    source.close()
    return sum(count_tokens(page.text) for page in document.pages)


def overhead() -> int:
    """Return the tokens of a request and its reply besides the text: the least that there are."""
    return count_tokens(prompts.PRESENCE) + count_tokens(str(schema_of(Presence).body)) + REPLY


def documents() -> list[Path]:
    """Return the real documents where there are any, else the samples."""
    folder = os.environ.get("EVALUATION_DIR")
    return (
        sorted(Path(folder, "documents").glob("*.pdf")) if folder else sorted(SAMPLES.glob("helvora-??.pdf"))
    )


def run() -> None:
    """Print tokens and requests by document."""
    for path in documents():
        whole, hybrid = measure(path), measure(path, hybrid=True)
        show(
            f"{path.stem}: tokens of an analysis by a model",
            f"{whole.tokens:7} in {whole.calls:2} requests   1/{whole.ratio:.0f} of {whole.one_by_one} in "
            f"{whole.items}   proofs shown {whole.shown:.2f}",
        )
        show(
            f"{path.stem}: the same with rules first",
            f"{hybrid.tokens:7} in {hybrid.calls:2} requests   1/{hybrid.ratio:.0f}",
        )


if __name__ == "__main__":
    run()
