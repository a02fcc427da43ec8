"""Scores by tier, calibration and the printed report, on trees made by hand."""

from typing import Any

import pytest

from functions.analyze.evaluation.calibration import calibration_error, reliability
from functions.analyze.evaluation.report import Cost, lines, wrong_and_missed
from functions.analyze.evaluation.scoring import Judged, judge, score


def found(name: str, confidence: float = 0.9, **more: Any) -> dict[str, Any]:
    return {"item_name": name, "is_included": True, "confidence": confidence, **more}


def limit(value: float | None, confidence: float = 0.9) -> dict[str, Any]:
    return found("maximum", confidence, value=value)


LABELS: dict[str, Any] = {
    "segments": {"luggage": {"included": True}, "car": {"included": False}, "law": {"included": None}},
    "benefits": {
        "luggage/loss": {"included": True, "limits": [{"value": 500}, {"value": 200}, {"value": None}]},
        "luggage/delay": {"included": True, "limits": None},
        "car/towing": {"included": False, "limits": []},
    },
    "details": {"luggage": {"exclusions": ["war", "wear"]}, "product": {"conditions": []}},
}
TREE: dict[str, Any] = {
    "segments": [
        found(
            "luggage",
            exclusions=[found("war")],
            benefits=[
                found("loss", limits=[limit(500, 0.7), limit(500, 0.8), limit(9), limit(None)]),
                found("delay", limits=[limit(7)], exclusions=[found("theft", 0.6)]),
            ],
        ),
        found("car", 0.6, benefits=[found("towing", 0.6), found("driver")]),
        found("law"),
        {**found("home"), "is_included": False},
    ],
    "conditions": [found("report", 0.7)],
    "exclusions": [found("war")],
}


@pytest.mark.parametrize(
    ("tier", "right", "wrong", "missed"),
    [
        ("segments", 1, 1, 0),
        ("benefits", 2, 1, 0),
        ("limits", 1, 1, 1),
        ("conditions", 0, 1, 0),
        ("exclusions", 1, 1, 1),
    ],
)
def test_tiers(tier: str, right: int, wrong: int, missed: int) -> None:
    result = score([judge(LABELS, TREE)], tier)
    assert (result.right, result.wrong, result.missed) == (right, wrong, missed)


def test_precision_recall_and_f1() -> None:
    result = score([judge(LABELS, TREE), judge(LABELS, {})], "limits")
    assert (result.precision, result.recall) == (1 / 2, 1 / 4)
    assert result.f1 == pytest.approx(1 / 3)


def test_nothing_wanted_and_nothing_found_is_perfect() -> None:
    labels = {"segments": {"car": {"included": False}}, "benefits": {}}
    result = score([judge(labels, {})], "segments")
    assert (result.precision, result.recall, result.f1) == (1, 1, 1)


def test_a_number_has_the_confidence_of_its_surest_limit() -> None:
    judged = {finding.item: finding.confidence for finding in judge(LABELS, TREE).findings}
    assert judged["luggage/loss=500"] == 0.8


def test_reliability_compares_what_is_stated_with_what_is_right() -> None:
    findings = [Judged("benefits", "a", 0.9, right=number < 3) for number in range(4)]
    findings.append(Judged("benefits", "b", 1.0, right=True))
    surest, next_one = reliability(findings)
    assert (surest.findings, surest.stated, surest.right) == (1, 1, 1)
    assert (next_one.low, next_one.findings, next_one.stated, next_one.right) == (0.9, 4, 0.9, 0.75)
    assert calibration_error(findings) == pytest.approx(4 / 5 * 0.15)
    assert calibration_error([]) == 0


def test_the_report_tells_scores_reliability_and_cost() -> None:
    text = "\n".join(lines([judge(LABELS, TREE)], [Cost(10, 5, 0.25, 2.0), Cost(seconds=1.0)]))
    assert "limits           0.500   0.500   0.500       1      1       1" in text
    assert "0.60 - 0.70" in text
    assert "2 documents  tokens 10 in, 5 out  cost 0.2500 USD  time 3.00 s (1.50 s a document)" in text


def test_one_unknown_price_leaves_the_sum_unknown() -> None:
    (line,) = lines([], [Cost(dollars=0.1), Cost(dollars=None)])
    assert "cost unknown" in line


def test_without_labels_the_report_is_the_cost() -> None:
    assert len(list(lines([], [Cost()]))) == 1
    assert list(lines([], [])) == []


def test_wrong_and_missed_items_are_named() -> None:
    text = "\n".join(wrong_and_missed(judge(LABELS, TREE)))
    assert "wrong   limits      luggage/loss=9  (0.90)" in text
    assert "missed  exclusions  luggage/wear" in text
