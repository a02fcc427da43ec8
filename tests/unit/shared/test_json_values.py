"""Results of the first release, and today's, as JSON."""

from __future__ import annotations

import json

import pytest

from shared.findings.model import Contradiction, Details, Evidence, Finding, ResultTree, from_tree, to_tree

PROOF = Evidence(2, "30 days", 4, 11, ((1.0, 2.0, 3.5, 4.0),))
LIMIT = Finding("Duration", 0.5, (PROOF,), "r1", value=30.0, unit="days", scope="per trip")
TREE = ResultTree(
    (Finding("Cancellation", 0.9, (PROOF,), benefits=(Finding("Illness", 1.0, (PROOF,), limits=(LIMIT,)),)),),
    Details(exclusions=(Finding("War", 0.7, (PROOF,)),)),
    (Contradiction("amounts", "a/b", "CHF 1 or CHF 2", (PROOF, PROOF)),),
)


def test_a_result_comes_back_through_json() -> None:
    tree = to_tree(TREE)
    assert from_tree(json.loads(json.dumps(tree))) == TREE
    assert {*tree} == {"segments", "limits", "conditions", "exclusions", "contradictions"}
    assert tree["exclusions"][0]["evidence"] == [
        {"page": 2, "quote": "30 days", "start": 4, "end": 11, "boxes": [[1.0, 2.0, 3.5, 4.0]]}
    ]


def test_a_result_without_contradictions_is_read() -> None:
    tree = to_tree(TREE)
    del tree["contradictions"]
    assert from_tree(tree).contradictions == ()


def test_a_finding_without_evidence_is_refused() -> None:
    tree = to_tree(TREE)
    tree["segments"][0]["evidence"] = []
    with pytest.raises(ValueError, match="no evidence"):
        from_tree(tree)
