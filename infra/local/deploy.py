"""Deploying a template through CloudFormation, to any endpoint that speaks it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.local import localstack_needs
from infra.local.errors import LocalError
from infra.local.package import digest
from infra.local.processes import POLL_SECONDS
from infra.local.template import Json

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import ChangeSetTypeType
    from mypy_boto3_s3 import S3Client

DEPLOY_SECONDS = 300.0
GONE = {"", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}
# A stack whose creation failed can only be deleted.
DEAD = {"ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"}


def upload(s3: S3Client, bucket: str, key: str, archive: Path) -> None:
    """Put an archive into the bucket for deployments, which is made where it is missing."""
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        s3.create_bucket(Bucket=bucket)
        s3.upload_file(str(archive), bucket, key)


def upload_template(s3: S3Client, bucket: str, template: Json) -> str:
    """Put a template, too large for a request, into the bucket for deployments; return its address."""
    body = json.dumps(template, separators=(",", ":")).encode()
    key = f"template-{digest([body])}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def deploy(
    cloudformation: CloudFormationClient, stack: str, template_url: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Create the stack or bring it up to date, wait for it, and return its outputs.

    Raise ``LocalError`` with the reasons of the resources that failed.
    """
    status = stack_status(cloudformation, stack)
    if status in DEAD:
        delete(cloudformation, stack)
        status = ""
    kind: ChangeSetTypeType = "CREATE" if status in GONE else "UPDATE"
    if _change(cloudformation, stack, template_url, parameters, kind):
        _wait(cloudformation, stack)
    return outputs(cloudformation, stack)


def outputs(cloudformation: CloudFormationClient, stack: str) -> dict[str, str]:
    """Return the outputs of a deployed stack."""
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def stack_status(cloudformation: CloudFormationClient, stack: str) -> str:
    """Return the stack's status, or nothing where there is no such stack."""
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return ""
        raise


def delete(cloudformation: CloudFormationClient, stack: str) -> None:
    """Delete the stack and wait until it is gone."""
    cloudformation.delete_stack(StackName=stack)
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := stack_status(cloudformation, stack)) not in GONE:
        if status == "DELETE_FAILED" or time.monotonic() > deadline:
            raise LocalError(f"stack {stack} could not be deleted: {_reasons(cloudformation, stack)}")
        time.sleep(POLL_SECONDS)


def _change(
    cloudformation: CloudFormationClient,
    stack: str,
    template_url: str,
    parameters: Mapping[str, str],
    kind: ChangeSetTypeType,
) -> bool:
    """Make a change set and execute it; return whether there was anything to change."""
    name = f"deploy-{time.time_ns()}"
    try:
        cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateURL=template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        raise LocalError(f"stack {stack} could not be changed: {error}") from error
    deadline = time.monotonic() + DEPLOY_SECONDS
    while True:
        described = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
        status, reason = described["Status"], described.get("StatusReason", "")
        if status == "CREATE_COMPLETE":
            cloudformation.execute_change_set(StackName=stack, ChangeSetName=name)
            return True
        if status == "FAILED":
            cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
            if "didn't contain changes" in reason or "No updates" in reason:
                return False
            raise LocalError(f"stack {stack} could not be changed: {reason}")
        if time.monotonic() > deadline:
            raise LocalError(f"the change set of stack {stack} stays {status}")
        time.sleep(POLL_SECONDS)


def _wait(cloudformation: CloudFormationClient, stack: str) -> None:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := stack_status(cloudformation, stack)) not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        if status.endswith(("FAILED", "ROLLBACK_COMPLETE")) or time.monotonic() > deadline:
            raise LocalError(f"stack {stack} is {status}: {_reasons(cloudformation, stack)}")
        time.sleep(POLL_SECONDS)


def _reasons(cloudformation: CloudFormationClient, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return localstack_needs.explained(
        "; ".join(
            f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event.get("ResourceStatus", "").endswith("FAILED")
        )
    )
