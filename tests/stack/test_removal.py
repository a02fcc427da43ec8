"""The commands of docs/aws.md that remove what a deleted stack keeps."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore import xform_name
from botocore.session import get_session

from infra.local.paths import CHECKOUT
from infra.local.stack import CREDENTIALS, LocalStack
from tests.support import shipped

if TYPE_CHECKING:
    from mypy_boto3_s3.service_resource import Bucket

PAGE = (CHECKOUT / "docs" / "aws.md").read_text()
COMMANDS = [
    re.split(r"  +#", line)[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]
AWS = [command for command in COMMANDS if command.startswith("aws ")]
# Of the AWS CLI, not of a service.
EVERYWHERE = {"query", "output"}
KINDS = ("cloudformation", "dynamodb", "s3api", "ssm", "kms", "apigateway", "iam")


def test_there_is_nothing_else_to_type() -> None:
    others = [command for command in COMMANDS if command not in AWS]
    assert {command.split()[0] for command in others} == {"make", "sam", "python"}
    assert {command.split()[1] for command in AWS} == set(KINDS)


@pytest.mark.parametrize("command", AWS)
def test_the_services_have_the_actions_and_options(command: str) -> None:
    _, service, action, *rest = shlex.split(command)
    model = get_session().get_service_model({"s3api": "s3"}.get(service, service))
    actions = {xform_name(name, "-"): name for name in model.operation_names}
    request = model.operation_model(actions[action]).input_shape
    assert request is not None
    kinds = {xform_name(name, "-"): shape.type_name for name, shape in request.members.items()}
    given = {word.removeprefix("--") for word in rest if word.startswith("--")} - EVERYWHERE
    assert given or not kinds
    for option in given:
        off = option.removeprefix("no-")
        assert option in kinds or kinds.get(off) == "boolean", option
    assert {xform_name(name, "-") for name in request.required_members} <= given


@pytest.fixture
def bucket(stack: LocalStack) -> Iterator[Bucket]:
    s3 = boto3.resource(
        "s3",
        endpoint_url=stack.deployed.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    made = s3.create_bucket(Bucket="to-be-removed")
    made.Versioning().enable()
    for content in (b"first", b"second"):
        made.put_object(Key="jobs/1/result.json", Body=content)
    made.put_object(Key="documents/1", Body=b"text")
    made.Object("documents/1").delete()
    yield made
    made.object_versions.delete()
    made.delete()


def test_the_bucket_is_emptied_of_every_version(stack: LocalStack, bucket: Bucket) -> None:
    (command,) = (one for one in COMMANDS if one.startswith("python -c"))
    assert len(list(bucket.object_versions.all())) == 4
    words = [bucket.name if word == "DOCUMENTS_BUCKET" else word for word in shlex.split(command)]
    variables = {"PATH": os.environ["PATH"], **CREDENTIALS, "AWS_ENDPOINT_URL": stack.deployed.endpoint}
    done = subprocess.run(
        [sys.executable, *words[1:]], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(bucket.object_versions.all()) == []


def test_all_that_stays_is_named() -> None:
    kept = {
        name
        for name, resource in shipped.template()["Resources"].items()
        if resource.get("DeletionPolicy") == "Retain"
    }
    # As the commands have them; the account's setting is no thing of its own.
    named = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in kept - {"GatewayAccount"}}
    assert all(any(name in command.split() for command in COMMANDS) for name in named)
