"""Runs all tiers of the engine over a document, as the pipeline does."""

from __future__ import annotations

from dataclasses import replace

from functions.analyze.document.model import Document
from functions.analyze.engines.rules import RulesEngine
from shared.findings.model import Finding, ResultTree
from shared.taxonomy.model import Category, Taxonomy


def analyse(document: Document, taxonomy: Taxonomy) -> ResultTree:
    """Return the whole tree, tier by tier."""
    analysis = RulesEngine().open(document, taxonomy)
    segments = []
    for found in analysis.find_segments(taxonomy.segments):
        item = next(segment for segment in taxonomy.segments if segment.item_id == found.item_id)
        benefits = tuple(
            benefit.with_details(
                analysis.find_details(
                    found, benefit, next(child for child in item.children if child.item_id == benefit.item_id)
                )
            )
            for benefit in analysis.find_benefits(found, item.of(Category.BENEFIT))
        )
        details = analysis.find_details(found, None, item)
        segments.append(replace(found.with_details(details), benefits=benefits))
    return ResultTree(tuple(segments), analysis.find_product_details(taxonomy.root))


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
    found: list[Finding] = []
    levels = list(tree.segments)
    while levels:
        level = levels.pop()
        found += [level, *level.limits, *level.conditions, *level.exclusions]
        levels += level.benefits
    return [*found, *tree.product.limits, *tree.product.conditions, *tree.product.exclusions]
