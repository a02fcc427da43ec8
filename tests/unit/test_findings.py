import json

import jsonschema
import pytest

from shared.findings.model import Details, Evidence, Finding, ResultTree, from_tree, is_currency, to_tree
from tests.support.paths import ROOT

SCHEMA = json.loads((ROOT / "shared" / "schemas" / "result.v1.json").read_text())
PROOF = Evidence(2, "up to CHF 500", 10, 23, ((1.0, 2.0, 3.0, 4.0),))


def finding(name: str, **more: object) -> Finding:
    return Finding(name, 0.9, (PROOF,), **more)  # type: ignore[arg-type]


def tree() -> ResultTree:
    limit = finding("maximum", value=500.0, unit="CHF", scope="per person")
    unlimited = finding("maximum", value=None, unit="unlimited")
    benefit = finding("loss", item_id="luggage/loss", section_reference="B 1").with_details(
        Details((limit, unlimited), (finding("police_report"),), (finding("war"),))
    )
    segment = finding("luggage", benefits=(benefit,))
    return ResultTree((segment,), Details(conditions=(finding("residence"),)))


def test_the_tree_follows_the_schema() -> None:
    written = json.loads(json.dumps(to_tree(tree())))
    jsonschema.validate(written, SCHEMA)
    loss = written["segments"][0]["benefits"][0]
    assert [limit["value"] for limit in loss["limits"]] == [500.0, None]
    assert loss["evidence"][0]["boxes"] == [[1.0, 2.0, 3.0, 4.0]]


def test_the_schema_refuses_a_finding_without_evidence() -> None:
    written = to_tree(tree())
    written["segments"][0]["evidence"] = []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, SCHEMA)


def test_what_is_written_is_read_back() -> None:
    assert from_tree(json.loads(json.dumps(to_tree(tree())))) == tree()


def test_a_finding_needs_evidence_and_a_confidence() -> None:
    with pytest.raises(ValueError, match="no evidence"):
        Finding("loss", 0.5, ())
    for confidence in (-0.1, 1.1):
        with pytest.raises(ValueError, match=r"not in 0\.\.1"):
            Finding("loss", confidence, (PROOF,))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("CHF", True),
        ("XXX", True),
        ("chf", False),
        ("days", False),
        ("%", False),
        ("", False),
        ("M²A", False),
    ],
)
def test_a_unit_of_three_capitals_is_a_currency(unit: str, expected: bool) -> None:
    assert is_currency(unit) is expected
