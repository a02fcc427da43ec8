"""A result as lines of text, for those who read it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

QUOTE_WIDTH = 100


def tree_lines(tree: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a result tree: name, value and confidence, then page and quote."""
    for segment in tree["segments"]:
        yield from _finding_lines(segment, 0)
        yield from _detail_lines(segment, 1)
        for benefit in segment["benefits"]:
            yield from _finding_lines(benefit, 1)
            yield from _detail_lines(benefit, 2)
    yield from _detail_lines(tree, 0)


def _detail_lines(finding: Mapping[str, Any], depth: int) -> Iterator[str]:
    for kind in ("limits", "conditions", "exclusions"):
        for detail in finding[kind]:
            yield from _finding_lines(detail, depth, kind[:-1])


def _finding_lines(finding: Mapping[str, Any], depth: int, kind: str = "") -> Iterator[str]:
    evidence = finding["evidence"][0]
    value = finding.get("value")
    amount = f"{value:g} " if isinstance(value, (int, float)) else ""
    figure = f": {amount}{finding['unit']}" if finding.get("unit") else ""
    scope = f" ({finding['scope']})" if finding.get("scope") else ""
    indent = "    " * depth
    name = f"{kind} {finding['item_name']}" if kind else finding["item_name"]
    quote = " ".join(evidence["quote"].split())
    short = quote if len(quote) <= QUOTE_WIDTH else quote[: QUOTE_WIDTH - 1] + "…"
    yield f"{indent}{name}{figure}{scope}  [{finding['confidence']:.2f}]"
    yield f"{indent}  page {evidence['page']}: “{short}”"
