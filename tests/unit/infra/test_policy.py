"""The exceptions from published rules are reasoned, and a report is read as it is written."""

from __future__ import annotations

from infra.policy.__main__ import failures
from infra.policy.exceptions import EXCEPTIONS


def test_every_exception_has_a_reason() -> None:
    assert all(rule.startswith("CKV_AWS_") and len(reason) > 20 for rule, reason in EXCEPTIONS.items())


def test_a_report_names_rules_and_resources() -> None:
    failed = [{"check_id": "CKV_AWS_1", "resource": "AWS::S3::Bucket.Documents", "check_name": "x"}]
    assert failures({"results": {"failed_checks": failed}}) == [("CKV_AWS_1", "AWS::S3::Bucket.Documents")]
