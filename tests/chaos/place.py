"""A place of its own in the emulator: table, bucket and queues like the deployed ones, and empty."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from infra.local.stack import LocalStack
from shared.aws.dynamodb import keys
from shared.aws.dynamodb.values import to_attributes

RECEIVES = 5


@dataclass(frozen=True, slots=True)
class Times:
    """In seconds: how long a silent worker keeps its job, after which a message that was not deleted comes
    again, and after which it counts as lost. Short by default, so that what was killed is soon recovered.
    """

    lease: int = 3
    visibility: int = 4
    resend: int = 2


SHORT = Times()


class Place:
    """Made and removed within a moment; ``dead`` are the dead-letter queues of ``queues``."""

    def __init__(self, stack: LocalStack, times: Times) -> None:
        self.name = f"chaos-{uuid.uuid4().hex[:12]}"
        self.times = times
        client = stack.client
        self.dynamodb, self.s3, self.sqs = client("dynamodb"), client("s3"), client("sqs")
        self._make_table(stack.environment("ApiFunction")["JOBS_TABLE"])
        self.s3.create_bucket(Bucket=self.name)
        self.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        self.dead = {kind: self._make_queue(f"{kind}-dead") for kind in ("analysis", "cleanup")}
        self.queues = {kind: self._make_queue(kind, dead) for kind, dead in self.dead.items()}
        # Nobody reads it here: what was announced is in the records.
        self.announcements = self._make_queue("notification")

    def drained(self) -> bool:
        """Say whether no message is left, be it waiting, in flight or delayed."""
        return not any(sum(self.depth(url)) for url in self.queues.values())

    def depth(self, url: str) -> tuple[int, int, int]:
        """Return how many messages wait, are in flight and are delayed."""
        names = [f"ApproximateNumberOfMessages{suffix}" for suffix in ("", "NotVisible", "Delayed")]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        first, second, third = (int(found.get(name, 0)) for name in names)
        return first, second, third

    def send(self, job_id: str, kind: str = "analysis") -> None:
        """Put a message of a job on its queue."""
        body = json.dumps({"job_id": job_id, "kind": kind})
        self.sqs.send_message(QueueUrl=self.queues[kind], MessageBody=body)

    def set_attempts(self, job_id: str, attempts: int) -> None:
        """Let a job be tried so often and no more."""
        self.dynamodb.update_item(
            TableName=self.name,
            Key=to_attributes(keys.job(job_id)),
            UpdateExpression="SET max_attempts = :n",
            ExpressionAttributeValues={":n": {"N": str(attempts)}},
        )

    def objects(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, one entry for each version that is stored."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix)
        return [version["Key"] for page in pages for version in page.get("Versions", [])]

    def content(self, key: str) -> bytes:
        """Return the bytes of an object."""
        content: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def remove(self) -> None:
        """Take everything out of the emulator."""
        self.dynamodb.delete_table(TableName=self.name)
        for url in (*self.queues.values(), *self.dead.values(), self.announcements):
            self.sqs.delete_queue(QueueUrl=url)
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=self.name):
            found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            doomed = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]
            if doomed:
                self.s3.delete_objects(Bucket=self.name, Delete={"Objects": doomed, "Quiet": True})
        self.s3.delete_bucket(Bucket=self.name)

    def _make_table(self, model: str) -> None:
        """Make a table like the deployed one."""
        table = self.dynamodb.describe_table(TableName=model)["Table"]
        indexes = [
            {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
            for index in table["GlobalSecondaryIndexes"]
        ]
        self.dynamodb.create_table(
            TableName=self.name,
            KeySchema=table["KeySchema"],
            AttributeDefinitions=table["AttributeDefinitions"],
            GlobalSecondaryIndexes=indexes,
            BillingMode="PAY_PER_REQUEST",
        )

    def _make_queue(self, kind: str, dead: str = "") -> str:
        attributes = {"VisibilityTimeout": str(self.times.visibility)}
        if dead:
            names = ["QueueArn"]
            arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=names)["Attributes"]["QueueArn"]
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES}
            )
        made = self.sqs.create_queue(QueueName=f"{self.name}-{kind}", Attributes=attributes)
        return str(made["QueueUrl"])
