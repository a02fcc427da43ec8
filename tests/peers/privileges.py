"""What every statement of every role is for: one use that works with it and fails without it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
from websockets.sync.client import connect

from infra.local.stack import LocalStack
from shared.aws.dynamodb.document_items import extraction_to_item
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.dynamodb.values import to_attributes
from shared.clock import utc_now
from shared.documents.model import DocumentRecord, Extraction
from shared.files.keys import job_prefix
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.queue import JobMessage
from tests.support.paths import SAMPLES
from tests.support.stack.api import bearer

SECONDS = 150.0
SMALL = (SAMPLES / "small.md").read_bytes()
REFUSED = ("aws-refused", "AccessDenied", "not authorized")
TERMINAL = {"completed", "failed", "cancelled"}


class DeniedError(Exception):
    """What was to be done was refused."""


@dataclass(frozen=True)
class World:
    """A deployed stack, with clients of its API, and its roles to take things from.

    ``taken`` names the statements that are missing now; while none is, nothing but success counts.
    """

    stack: LocalStack
    taken: set[tuple[str, str]] = field(default_factory=set)

    @property
    def api(self) -> httpx.Client:
        """Return a client of the gateway with an administrator's token."""
        token = self.stack.token("privileged", admin=True)
        return httpx.Client(
            base_url=self.stack.gateway_url, headers=bearer(token), timeout=60, trust_env=False
        )

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Return an answer; raises DeniedError where the function was in trouble."""
        with self.api as api:
            answer = api.request(method, path, **request)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise DeniedError(answer.text)
        return answer

    def upload(self, **options: str) -> dict[str, Any]:
        """Start the analysis of a small document."""
        body: dict[str, Any] = self.call(
            "POST", "/jobs/upload", files={"file": ("small.md", SMALL)}, data=options
        ).json()
        return body

    def ended(self, job_id: str, function: str) -> dict[str, Any]:
        """Return a job once it has ended well; raises DeniedError where its function was refused."""
        began = time.time() - 1
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.call("GET", f"/jobs/{job_id}").json()
            if job["status"] == "failed" or self.refused(function, began):
                raise DeniedError(str(job["error"]))
            if job["status"] in TERMINAL:
                return job
            time.sleep(0.1)
        raise AssertionError(f"neither done nor refused within {SECONDS} s: {job}")

    def refused(self, function: str, since: float) -> bool:
        """Say whether a function has told of a refusal since a statement was taken."""
        if not self.taken:
            return False
        group = f"/aws/lambda/{self.stack.deployed.outputs[f'{function}FunctionName']}"
        found = self.stack.client("logs").filter_log_events(logGroupName=group, startTime=int(since * 1000))
        return any(word in event["message"] for event in found["events"] for word in REFUSED)

    def start_anew(self, function: str) -> None:
        """End a function's processes, and with them what they remember."""
        name, functions = self.stack.deployed.outputs[f"{function}FunctionName"], self.stack.client("lambda")
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, "STARTED": uuid7()}}
        )

    @property
    def jobs(self) -> DynamoJobs:
        """Return the table, with everybody's rights."""
        deployed = self.stack.deployed
        return DynamoJobs(deployed.outputs["JobsTable"], deployed.endpoint)

    @contextmanager
    def without(self, role: str, sid: str) -> Iterator[None]:
        """Take one statement from a role."""
        iam, name = self.stack.client("iam"), self._physical(role)
        documents = {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        }
        (policy,) = (
            each
            for each, document in documents.items()
            if sid in {one["Sid"] for one in document["Statement"]}
        )
        whole = documents[policy]
        rest = [one for one in whole["Statement"] if one["Sid"] != sid]
        assert len(rest) == len(whole["Statement"]) - 1
        if rest:
            iam.put_role_policy(
                RoleName=name, PolicyName=policy, PolicyDocument=json.dumps({**whole, "Statement": rest})
            )
        else:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        self.taken.add((role, sid))
        try:
            yield
        finally:
            self.taken.clear()
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(whole))

    def _physical(self, role: str) -> str:
        cloudformation = self.stack.client("cloudformation")
        found = cloudformation.describe_stack_resource(
            StackName=self.stack.deployed.name, LogicalResourceId=role
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])


# --- API --------------------------------------------------------------------------------------------------


def list_jobs(world: World) -> None:
    world.call("GET", "/jobs")


def read_result(world: World) -> None:
    job = world.ended(world.upload()["job_id"], "Analyze")
    world.call("GET", f"/jobs/{job['job_id']}/result")


def submit(world: World) -> None:
    world.upload()


def list_dead_letters(world: World) -> None:
    world.call("GET", "/admin/dead-letters", params={"kind": "analysis"})


def read_logs(world: World) -> None:
    world.call("GET", f"/admin/tasks/{world.upload()['job_id']}/logs")


def verify_a_token(function: str, path: str) -> Callable[[World], None]:
    def use(world: World) -> None:
        world.start_anew(function)
        world.call("GET", path)

    return use


# --- Waiting and push -------------------------------------------------------------------------------------


def read_events(world: World) -> None:
    world.call("GET", f"/jobs/{world.upload()['job_id']}/events")


def read_progress(world: World) -> None:
    world.call("GET", f"/documents/{world.upload()['document_id']}/progress")


def watch(world: World) -> None:
    deployed, job_id = world.stack.deployed, world.upload()["job_id"]
    path = f"_aws/execute-api/{deployed.outputs['PushApiId']}/{deployed.outputs['StageName']}"
    token = world.stack.token("privileged", admin=True)
    began = time.time() - 1
    with connect(f"{deployed.endpoint.replace('http', 'ws', 1)}/{path}", proxy=None) as socket:
        socket.send(json.dumps({"action": "watch", "token": token, "job_id": job_id}))
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                text = socket.recv(timeout=0.5)
            except TimeoutError:
                if world.refused("Push", began):
                    raise DeniedError("the push function was refused") from None
                continue
            if '"events"' in str(text):
                return
            raise DeniedError(str(text))
    raise AssertionError("neither told nor refused")


def watch_anew(world: World) -> None:
    world.start_anew("Push")
    watch(world)


# --- Workers ----------------------------------------------------------------------------------------------


def analyse(world: World) -> None:
    world.ended(world.upload()["job_id"], "Analyze")


def ask_a_model(engine: str, reached: str) -> Callable[[World], None]:
    """Return a use that asks a model, which gives nothing of use: ``reached`` is how the job then fails."""

    def use(world: World) -> None:
        world.start_anew("Analyze")
        job_id = world.upload(engine=engine, max_attempts="1")["job_id"]
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            job = world.call("GET", f"/jobs/{job_id}").json()
            if job["status"] in TERMINAL:
                if not job["error"]["type"].endswith(f":{reached}"):
                    raise DeniedError(str(job["error"]))
                return
            time.sleep(0.1)
        raise AssertionError(f"has not ended within {SECONDS} s: {job}")

    return use


def hand_over(world: World, function: str, job: Job) -> None:
    """Invoke a function with a job's message, past its queue, in which others wait."""
    record = {
        "messageId": uuid7(),
        "receiptHandle": "none",
        "body": JobMessage.about(job).to_json(),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
    name = world.stack.deployed.outputs[f"{function}FunctionName"]
    world.stack.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"Records": [record]}))


def ask_directus(function: str, kind: Kind) -> Callable[[World], None]:
    """Return a use that has a function ask Directus, which is not there: its job is tried again."""

    def use(world: World) -> None:
        world.start_anew(function)
        job = stored(world, kind, params={"product_id": "p1", "delete_product": True})
        hand_over(world, function, job)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            after = world.jobs.get(job.job_id)
            if after is not None and after.attempt > job.attempt:
                return
            if after is not None and after.error is not None:
                raise DeniedError(str(after.error))
            time.sleep(0.1)
        raise AssertionError("neither tried again nor refused")

    return use


def analyse_after_debugging(world: World) -> None:
    world.ended(world.upload(debug="true", debug_clean="true")["job_id"], "Analyze")


def cancel(world: World) -> None:
    job_id = world.upload()["job_id"]
    world.call("POST", f"/jobs/{job_id}/pause")
    world.call("POST", f"/jobs/{job_id}/cancel")
    world.ended(job_id, "Analyze")


def cancel_after_publishing(world: World) -> None:
    """Cancel a job that has published already what it understood of its document."""
    document_id = world.upload()["document_id"]
    job = stored(world, params={"document_id": document_id}, cancel_requested=True)
    document = DocumentRecord(document_id, job.owner, "small.md", "text/markdown", job.created_at)
    said = Extraction(document_id, job.job_id, 1, job.created_at, "00", "text/markdown", "r", 1)
    world.stack.client("dynamodb").put_item(
        TableName=world.stack.deployed.outputs["JobsTable"],
        Item=to_attributes(extraction_to_item(said, document)),
    )
    tell(world, job)
    world.ended(job.job_id, "Analyze")


def try_again_later(function: str, kind: Kind) -> Callable[[World], None]:
    """Return a use that has a function send a message: its job is told of before it is due."""

    def use(world: World) -> None:
        began, job = time.time() - 1, stored(world, kind, not_before=utc_now() + timedelta(seconds=2))
        tell(world, job)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if world.refused(function, began):
                raise DeniedError("the message could not be sent")
            after = world.jobs.get(job.job_id)
            if after is not None and after.version > job.version:
                return
            time.sleep(0.1)
        raise AssertionError("neither sent nor refused")

    return use


def clean_up(world: World) -> None:
    uploaded = world.upload()
    world.ended(uploaded["job_id"], "Analyze")
    body = {"document_id": uploaded["document_id"], "delete_product": True}
    world.ended(world.call("POST", "/jobs/cleanup", json=body).json()["job_id"], "Cleanup")


# --- Reconciliation ---------------------------------------------------------------------------------------


def stored(world: World, kind: Kind = Kind.ANALYSIS, **fields: Any) -> Job:
    """Return a job that is in the table, and that no message names."""
    now = utc_now()
    job = Job(
        uuid7(), kind, Owner("directus", "privileged"), {}, now, now, expires_at=now + timedelta(days=1)
    )
    return world.jobs.create(states.submitted(replace(job, **fields), "test"))


def tell(world: World, job: Job) -> None:
    """Send the message that names a job."""
    queue = "AnalysisQueueUrl" if job.kind is Kind.ANALYSIS else "CleanupQueueUrl"
    url = world.stack.deployed.outputs[queue]
    world.stack.client("sqs").send_message(QueueUrl=url, MessageBody=JobMessage.about(job).to_json())


def reconcile(world: World) -> Mapping[str, int]:
    """Run the reconciliation; raises DeniedError where it was in trouble."""
    name = world.stack.deployed.outputs["ReconcileFunctionName"]
    answer = world.stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    report: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError") or report["errors"] or report["removal_errors"]:
        raise DeniedError(str(report))
    return report


def send_again(world: World) -> None:
    long_ago = utc_now() - timedelta(hours=2)
    stored(world, created_at=long_ago, updated_at=long_ago)
    assert reconcile(world)["resent"] >= 1


def remove_what_expired(world: World) -> None:
    job = world.ended(world.upload()["job_id"], "Analyze")
    jobs, found = world.jobs, world.jobs.get(job["job_id"])
    assert found is not None
    expired = replace(found, version=found.version + 1, expires_at=utc_now() - timedelta(minutes=1))
    jobs.save(found, states.submitted(expired, "test"))
    assert reconcile(world)["expired_jobs"] >= 1
    objects = world.stack.client("s3").list_objects_v2(
        Bucket=world.stack.deployed.outputs["DocumentsBucket"], Prefix=job_prefix(found.job_id)
    )
    assert objects["KeyCount"] == 0


# --- Notifications ----------------------------------------------------------------------------------------


def remove_a_webhook(world: World) -> None:
    webhook = world.call("POST", "/webhooks", json={"url": "http://127.0.0.1:9/hook"}).json()
    world.call("DELETE", f"/webhooks/{webhook['webhook_id']}")


def list_failed_notifications(world: World) -> None:
    world.call("GET", "/admin/notifications")


def count_dead_notifications(world: World) -> None:
    world.call("GET", "/admin/queues")


def announce(function: str, kind: Kind) -> Callable[[World], None]:
    """Return a use that has a function tell the notifications' queue of a job that has ended."""

    def use(world: World) -> None:
        began = time.time() - 1
        if kind is Kind.ANALYSIS:
            job_id = world.ended(world.upload()["job_id"], function)["job_id"]
        else:
            uploaded = world.upload()
            world.ended(uploaded["job_id"], "Analyze")
            body = {"document_id": uploaded["document_id"]}
            job_id = world.call("POST", "/jobs/cleanup", json=body).json()["job_id"]
            world.ended(job_id, function)
        told_or_refused(world, job_id, function, began)

    return use


def announce_what_was_given_up(world: World) -> None:
    began, long_ago = time.time() - 1, utc_now() - timedelta(hours=2)
    over = long_ago + timedelta(hours=1)
    job = stored(world, created_at=long_ago, updated_at=long_ago, expires_at=over)
    # The schedule may be faster.
    reconcile(world)
    told_or_refused(world, job.job_id, "Reconcile", began)


def notify_by_email(world: World) -> None:
    began = time.time() - 1
    job_id = world.upload(notify_email="reader@example.com")["job_id"]
    told_or_refused(world, job_id, "Notify", began, receivers=1)


def repeat_a_notification(world: World) -> None:
    """Have the notify function send itself a message: nobody listens where the webhook leads."""
    began = time.time() - 1
    job_id = world.upload(webhook_url="http://127.0.0.1:9/hook")["job_id"]
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if world.refused("Notify", began):
            raise DeniedError("the notify function was refused")
        found = world.call("GET", f"/jobs/{job_id}/notifications").json()["notifications"]
        if found and found[0]["attempts_made"] > 1:
            return
        time.sleep(0.1)
    raise AssertionError("neither repeated nor refused")


def told_or_refused(world: World, job_id: str, function: str, since: float, receivers: int = 0) -> None:
    """Wait until a job's announcement was dealt with; raises DeniedError where the function was refused."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if world.refused(function, since):
            raise DeniedError(f"{function} was refused")
        log = world.call("GET", f"/jobs/{job_id}/notifications").json()
        if log["state"] == ("delivered" if receivers else "none"):
            return
        time.sleep(0.1)
    raise AssertionError("neither told nor refused")


# Statements that AWS's own services use for the function, which the emulator does by itself.
REASONED = {
    "Logs": "the emulator writes the functions' logs in its own name",
    "Traces": "the emulator takes no traces",
    "Changes": "the emulator reads the table's stream in its own name",
    "TellMissingFromForbidden": "the emulator says 404 for a missing object to those who may not list, too",
    "FindStream": "the emulator finds the table's stream in its own name",
}

USES: Mapping[tuple[str, str], Callable[[World], object]] = {
    ("ApiRole", "TokenSecret"): verify_a_token("Api", "/jobs"),
    ("ApiRole", "Jobs"): submit,
    ("ApiRole", "Lists"): list_jobs,
    ("ApiRole", "Uploads"): submit,
    ("ApiRole", "Results"): read_result,
    ("ApiRole", "Send"): submit,
    ("ApiRole", "DeadLetters"): list_dead_letters,
    ("ApiRole", "ReadLogs"): read_logs,
    ("ApiRole", "RemoveWebhooks"): remove_a_webhook,
    ("ApiRole", "FailedNotifications"): list_failed_notifications,
    ("ApiRole", "CountDeadNotifications"): count_dead_notifications,
    ("WaitRole", "TokenSecret"): verify_a_token("Wait", f"/jobs/{uuid7()}/events"),
    ("WaitRole", "Jobs"): read_events,
    ("WaitRole", "JobsOfDocument"): read_progress,
    ("PushRole", "TokenSecret"): watch_anew,
    ("PushRole", "Jobs"): watch,
    ("PushRole", "Watchers"): watch,
    ("PushRole", "Tell"): watch,
    ("AnalyzeRole", "DirectusToken"): ask_directus("Analyze", Kind.ANALYSIS),
    ("AnalyzeRole", "ModelKey"): ask_a_model("openai", "model-unavailable"),
    ("AnalyzeRole", "Model"): ask_a_model("bedrock", "model-reply-invalid"),
    ("AnalyzeRole", "Jobs"): analyse,
    ("AnalyzeRole", "JobsOfSubject"): analyse_after_debugging,
    ("AnalyzeRole", "ReadDocuments"): analyse,
    ("AnalyzeRole", "Publish"): analyse,
    ("AnalyzeRole", "Withdraw"): cancel_after_publishing,
    ("AnalyzeRole", "WriteUnderstood"): analyse,
    ("AnalyzeRole", "Results"): analyse,
    ("AnalyzeRole", "ListFiles"): cancel,
    ("AnalyzeRole", "Work"): try_again_later("Analyze", Kind.ANALYSIS),
    ("CleanupRole", "DirectusToken"): ask_directus("Cleanup", Kind.CLEANUP),
    ("CleanupRole", "Jobs"): clean_up,
    ("CleanupRole", "JobsOfSubject"): clean_up,
    ("CleanupRole", "RemoveRecords"): clean_up,
    ("CleanupRole", "RemoveFiles"): clean_up,
    ("CleanupRole", "Results"): clean_up,
    ("CleanupRole", "ListFiles"): clean_up,
    ("CleanupRole", "Work"): try_again_later("Cleanup", Kind.CLEANUP),
    ("AnalyzeRole", "Announce"): announce("Analyze", Kind.ANALYSIS),
    ("CleanupRole", "Announce"): announce("Cleanup", Kind.CLEANUP),
    ("ReconcileRole", "Announce"): announce_what_was_given_up,
    ("NotifyRole", "Notifications"): notify_by_email,
    ("NotifyRole", "Mail"): notify_by_email,
    ("NotifyRole", "Work"): repeat_a_notification,
    ("ReconcileRole", "Jobs"): send_again,
    ("ReconcileRole", "Send"): send_again,
    ("ReconcileRole", "JobsDue"): send_again,
    ("ReconcileRole", "RemoveExpiredFiles"): remove_what_expired,
    ("ReconcileRole", "ListFiles"): remove_what_expired,
}
