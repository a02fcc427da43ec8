"""Queues, table and bucket: private, encrypted, and with the lifetimes that were promised."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from infra.local.template import Json
from tests.support.template import QUEUES, RESOURCES, WORKERS, queue_named_by

KEY = {"Fn::GetAtt": ["Key", "Arn"]}
OWN_KEY = {"Fn::If": ["HasKey", KEY, {"Ref": "AWS::NoValue"}]}


@pytest.mark.parametrize("queue", WORKERS.values())
def test_poison_messages_reach_a_dead_letter_queue_that_keeps_them_longer(queue: str) -> None:
    redrive = QUEUES[queue]["RedrivePolicy"]
    dead_letters = QUEUES[queue_named_by(redrive["deadLetterTargetArn"])]

    assert redrive["maxReceiveCount"] >= 5
    assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert QUEUES[queue]["MessageRetentionPeriod"] < dead_letters["MessageRetentionPeriod"]
    assert "RedrivePolicy" not in dead_letters


def test_queues_are_encrypted() -> None:
    assert len(QUEUES) == 6
    for queue in QUEUES.values():
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", False, True]}
        assert queue["KmsMasterKeyId"] == OWN_KEY


def test_jobs_table_is_on_demand_encrypted_recoverable_and_expires_records() -> None:
    table = RESOURCES["JobsTable"]["Properties"]

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    condition, own, otherwise = table["SSESpecification"]["Fn::If"]
    assert (condition, own["KMSMasterKeyId"], otherwise) == ("HasKey", KEY, {"Ref": "AWS::NoValue"})
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize(
    ("index", "keys", "projection"),
    [
        ("by_owner", ["owner_shard", "job_id"], "INCLUDE"),
        ("by_list", ["list_shard", "job_id"], "INCLUDE"),
        ("by_subject", ["subject", "job_id"], "KEYS_ONLY"),
        ("due", ["due_shard", "due_at"], "KEYS_ONLY"),
        ("by_activity", ["activity_shard", "since"], "KEYS_ONLY"),
        ("by_waiting", ["waiting_owner", "job_id"], "KEYS_ONLY"),
    ],
)
def test_jobs_table_has_the_index(index: str, keys: list[str], projection: str) -> None:
    indexes = RESOURCES["JobsTable"]["Properties"]["GlobalSecondaryIndexes"]
    found = next(entry for entry in indexes if entry["IndexName"] == index)

    assert [(key["AttributeName"], key["KeyType"]) for key in found["KeySchema"]] == [
        (keys[0], "HASH"),
        (keys[1], "RANGE"),
    ]
    assert found["Projection"]["ProjectionType"] == projection


def test_documents_bucket_is_private_encrypted_and_versioned() -> None:
    bucket = RESOURCES["DocumentsBucket"]["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    condition, own, otherwise = encryption["ServerSideEncryptionByDefault"]["Fn::If"]
    assert (condition, own["KMSMasterKeyID"], otherwise) == ("HasKey", KEY, {"SSEAlgorithm": "AES256"})
    # Without a key for the bucket every object would be a use of ours.
    assert encryption["BucketKeyEnabled"] == {"Fn::If": ["HasKey", True, {"Ref": "AWS::NoValue"}]}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_documents_and_results_expire_in_every_version() -> None:
    rules = RESOURCES["DocumentsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule for rule in rules if "Prefix" in rule}

    assert set(expiring) == {"documents/", "jobs/"}
    for rule in expiring.values():
        assert rule["ExpirationInDays"] == {"Ref": "RetentionDays"}
    noncurrent = {prefix: rule["NoncurrentVersionExpiration"] for prefix, rule in expiring.items()}
    assert noncurrent == {
        "documents/": {"NoncurrentDays": {"Ref": "RetentionDays"}},
        "jobs/": {"NoncurrentDays": 1},
    }
    assert any(rule.get("ExpiredObjectDeleteMarker") for rule in rules)
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)


def test_no_key_is_charged_unless_one_is_asked_for() -> None:
    """Keys that AWS owns are free; those that it manages in an account (``alias/aws/...``) are not."""
    assert "alias/aws/" not in json.dumps(RESOURCES)
    keys = [key for resource in RESOURCES.values() for key in keys_named_in(resource)]
    assert len(keys) > len(QUEUES)
    for key in keys:
        assert key["Fn::If"][::2] == ["HasKey", {"Ref": "AWS::NoValue"}]


def keys_named_in(part: Json | list[Json]) -> Iterator[Json]:
    for name, value in part.items() if isinstance(part, dict) else enumerate(part):
        if name in {"KmsMasterKeyId", "KmsKeyId", "KmsKeyArn", "SSESpecification"}:
            yield value
        elif isinstance(value, dict | list):
            yield from keys_named_in(value)


def test_browsers_may_send_and_read_what_is_signed() -> None:
    (rule,) = RESOURCES["DocumentsBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["*"]
    # No removal, and nothing that is not signed is answered at all: the bucket is not public.
    assert set(rule["AllowedMethods"]) == {"GET", "HEAD", "POST"}
    assert all(RESOURCES["DocumentsBucket"]["Properties"]["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize("policy", ["DocumentsBucketTlsOnly", "QueuesTlsOnly"])
def test_plain_http_is_refused(policy: str) -> None:
    (statement,) = RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_queue_refuses_plain_http() -> None:
    named = {reference["Ref"] for reference in RESOURCES["QueuesTlsOnly"]["Properties"]["Queues"]}

    assert named == set(QUEUES)


def test_data_survives_the_deletion_of_the_stack() -> None:
    for name in ("JobsTable", "DocumentsBucket"):
        assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    assert RESOURCES["JobsTable"]["Properties"]["DeletionProtectionEnabled"] is True


@pytest.mark.parametrize("resource", ["JobsTable", "DocumentsBucket", *QUEUES])
def test_resources_are_tagged(resource: str) -> None:
    keys = {tag["Key"] for tag in RESOURCES[resource]["Properties"]["Tags"]}

    assert keys == {"Project", "Stage"}
