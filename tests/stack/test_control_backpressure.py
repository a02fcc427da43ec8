"""The bound on an owner's waiting jobs, counted by the index of the real table."""

from __future__ import annotations

import pytest

from functions.api.app import create_app
from functions.api.ports.dependencies import ApiDependencies
from infra.local.stack import LocalStack
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.s3 import S3Files
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.memory.queue import MemoryQueue
from tests.support.api.client import Client, make_settings, problem, token

LIMIT = 3


@pytest.fixture
def dependencies(stack: LocalStack) -> ApiDependencies:
    """Return the stores that the functions use, with a queue that no worker reads."""
    names, endpoint = stack.environment("ApiFunction"), stack.deployed.endpoint
    return ApiDependencies(
        DynamoJobs(names["JOBS_TABLE"], endpoint),
        DynamoDocuments(names["JOBS_TABLE"], endpoint),
        S3Files(names["DOCUMENTS_BUCKET"], endpoint),
        MemoryQueue(),
    )


def test_an_owner_s_waiting_jobs_are_bounded(dependencies: ApiDependencies) -> None:
    owner = Owner("directus", uuid7())
    app = create_app(dependencies, make_settings(max_queued_jobs=LIMIT))
    client = Client(app, token(owner.subject))
    key = {"Idempotency-Key": "first"}
    first = client.upload(headers=key)
    assert first.status_code == 202
    for _ in range(LIMIT - 1):
        now = utc_now()
        dependencies.jobs.create(
            states.submitted(Job(uuid7(), Kind.ANALYSIS, owner, {}, now, now), owner.key)
        )
    refused = client.upload()
    assert problem(refused) == (429, "too-many-queued-jobs")
    assert refused.headers["retry-after"] == "30"
    again = client.upload(headers=key)
    assert (again.json(), again.headers["idempotent-replay"]) == (first.json(), "true")
    assert Client(app, token(uuid7())).upload().status_code == 202
    client.post(f"/jobs/{first.json()['job_id']}/pause")
    assert client.upload().status_code == 202
    assert len(client.get("/jobs").json()["jobs"]) == LIMIT + 1
