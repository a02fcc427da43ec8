"""Runs all tiers of the engine over a document, as the pipeline does."""

from __future__ import annotations

from dataclasses import replace

from functions.analyze.document.model import Document
from functions.analyze.engines.batching import Batching
from functions.analyze.engines.port import BatchSizes, Place
from functions.analyze.engines.rules.engine import RulesAnalysis
from shared.findings.model import Finding, ResultTree
from shared.taxonomy.model import Taxonomy


def analyse(document: Document, taxonomy: Taxonomy) -> ResultTree:
    """Return the whole tree, tier by tier."""
    analysis, batching = RulesAnalysis(document, taxonomy), Batching(taxonomy, BatchSizes(segments=1))
    segments = []
    for segment in analysis.find_segments(taxonomy.segments):
        (questions,) = batching.questions([segment])
        (benefits,) = analysis.find_benefits(questions)
        places, _product = batching.places([segment], [benefits])
        own, *below = analysis.find_details(places)
        granted = tuple(map(Finding.with_details, benefits, below))
        segments.append(replace(segment.with_details(own), benefits=granted))
    (product,) = analysis.find_details([Place(taxonomy.root)])
    return ResultTree(tuple(segments), product)


def pairs(tree: ResultTree) -> set[str]:
    """Return what is granted as ``segment/benefit``."""
    return {
        f"{segment.item_name}/{benefit.item_name}"
        for segment in tree.segments
        for benefit in segment.benefits
    }


def benefit_of(tree: ResultTree, pair: str) -> Finding:
    """Return one benefit by ``segment/benefit``."""
    name, _, benefit_name = pair.partition("/")
    segment = next(segment for segment in tree.segments if segment.item_name == name)
    return next(benefit for benefit in segment.benefits if benefit.item_name == benefit_name)


def limits_of(tree: ResultTree, pair: str) -> set[tuple[str, float | None, str]]:
    """Return the limits of a benefit as (type, value, unit)."""
    return {(limit.item_name, limit.value, limit.unit) for limit in benefit_of(tree, pair).limits}


def findings(tree: ResultTree) -> list[Finding]:
    """Return every finding of the tree."""
    every: list[Finding] = []
    levels = list(tree.segments)
    while levels:
        level = levels.pop()
        every += [level, *level.limits, *level.conditions, *level.exclusions]
        levels += level.benefits
    return [*every, *tree.product.limits, *tree.product.conditions, *tree.product.exclusions]
