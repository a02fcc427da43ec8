"""Who a job is told to: what a submission can say, what the status shows, and telling it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.notify.deliver import Deliverer
from functions.notify.ports import PostAnswer
from shared.clock import utc_now
from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.store import edit
from shared.notifications.model import job_scope
from shared.notifications.signing import key_of, new_secret
from shared.operations.dead_letters import QueueDepth
from tests.support.api.client import (
    ADMIN,
    ALICE,
    PDF,
    Backend,
    Client,
    application,
    client_of,
    problem,
    token,
)
from tests.support.worlds.notifications import FakePost

URL = "https://hooks.acme.com/path-that-is-secret"
MAIL: dict[str, Any] = {
    "mail_from": "clauseworks@acme.com",
    "mail_allowed": ("@acme.com", "Boss@Elsewhere.com"),
}


def end(backend: Backend, job_id: str) -> None:
    """Let a worker complete a job."""
    now, lease = utc_now(), timedelta(seconds=90)
    job = edit(backend.jobs, job_id, lambda j: states.take(j, now, "w", lease))
    edit(backend.jobs, job_id, lambda j: states.complete(j, job.fence, now, {"num_benefits": 3}, {}))


def deliver(backend: Backend, job_id: str, *answers: PostAnswer) -> FakePost:
    """Let the notify function do what there is to do now."""
    from shared.notifications.queue import NotificationMessage

    post = FakePost(list(answers))
    deliverer = Deliverer(
        backend.jobs, backend.webhooks, backend.notifications, backend.notification_queue, post
    )
    backend.notification_queue.send(NotificationMessage.of_job(job_id))
    while (message := backend.notification_queue.receive()) is not None:
        deliverer.handle(message)
    return post


def upload(client: Client, **fields: str) -> Any:
    return client.post("/jobs/upload", files={"file": ("policy.pdf", PDF)}, data=fields)


# --- Submitting -------------------------------------------------------------------------------------------


def test_a_job_can_have_an_address_of_its_own(backend: Backend, alice: Client) -> None:
    answer = upload(alice, webhook_url=URL)
    assert answer.status_code == 202, answer.text
    secret, job_id = answer.json()["webhook_secret"], answer.json()["job_id"]
    assert len(key_of(secret)) == 32
    job = alice.get(f"/jobs/{job_id}")
    assert "path-that-is-secret" not in job.text
    assert secret not in job.text
    assert not {"webhook_id", "webhook_url", "webhook_secret"} & set(job.json()["params"])
    stored = backend.job(job_id)
    webhook = backend.webhooks.get(job_scope(stored.webhook_id), stored.webhook_id)
    assert webhook is not None
    assert (webhook.url, webhook.secrets[0].text) == (URL, secret)
    assert webhook.expires_at is not None
    assert secret not in repr(stored)
    assert alice.get("/webhooks").json() == {"webhooks": []}


def test_a_secret_that_the_caller_brings_is_not_shown(backend: Backend, alice: Client) -> None:
    secret = new_secret()
    answer = upload(alice, webhook_url=URL, webhook_secret=secret)
    assert answer.json()["webhook_secret"] is None
    stored = backend.job(answer.json()["job_id"])
    webhook = backend.webhooks.get(job_scope(stored.webhook_id), stored.webhook_id)
    assert webhook is not None
    assert webhook.secrets[0].text == secret


def test_a_repetition_under_the_same_key_is_told_the_same_secret(backend: Backend, alice: Client) -> None:
    first, second = (
        alice.post(
            "/jobs/upload",
            files={"file": ("policy.pdf", PDF)},
            data={"webhook_url": URL},
            headers={"Idempotency-Key": "k1"},
        )
        for _ in range(2)
    )
    assert second.headers["idempotent-replay"] == "true"
    assert first.json() == second.json()
    assert first.json()["webhook_secret"]
    assert len(backend.webhooks._webhooks) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"webhook_url": "https://10.0.0.1/"}, (422, "webhook-url-refused")),
        ({"webhook_url": URL, "webhook_secret": "short"}, (422, "webhook-secret-refused")),
        ({"webhook_secret": "whsec_x"}, (422, "webhook-secret-without-url")),
        ({"notify_email": "not an address"}, (422, "invalid-request")),
        ({"notify_email": "a@acme.com,b@acme.com"}, (422, "invalid-request")),
        ({"notify_email": "a@acme.com\r\nBcc: b@acme.com"}, (422, "invalid-request")),
        ({"notify_email": "ann@acme.com"}, (422, "email-not-configured")),
    ],
)
def test_what_is_refused_before_anything_is_stored(
    backend: Backend, alice: Client, fields: dict[str, str], expected: tuple[int, str]
) -> None:
    answer = upload(alice, **fields)
    assert problem(answer) == expected
    assert not any(value in answer.text for value in fields.values() if len(value) > 6)
    assert (backend.files.keys(), backend.sent(), backend.webhooks._webhooks) == ([], [], {})


@pytest.mark.parametrize("address", ["ann@acme.com", "ANN@ACME.COM", "boss@elsewhere.com"])
def test_addresses_that_the_deployment_allows(backend: Backend, address: str) -> None:
    client = client_of(backend, **MAIL)
    answer = upload(client, notify_email=address)
    assert answer.status_code == 202, answer.text
    job = client.get(f"/jobs/{answer.json()['job_id']}")
    assert address not in job.text
    assert backend.job(answer.json()["job_id"]).notify_email == address


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"email": "alice@home.org", "email_verified": True}, 202),
        ({"email": "Alice@Home.org", "email_verified": True}, 202),
        ({"email": "alice@home.org", "email_verified": False}, 403),
        ({"email": "alice@home.org", "email_verified": "true"}, 403),
        ({"email": "alice@home.org"}, 403),
        ({"email": "bob@home.org", "email_verified": True}, 403),
        ({"email_verified": True}, 403),
    ],
)
def test_ones_own_address_is_one_that_the_token_says_is_verified(
    backend: Backend, claims: dict[str, Any], status: int
) -> None:
    client = client_of(backend, token(ALICE, **claims), **MAIL)
    assert upload(client, notify_email="alice@home.org").status_code == status


@pytest.mark.parametrize("address", ["x@notacme.com", "x@acme.com.evil.org", "x@sub.acme.com"])
def test_a_domain_allows_itself_alone(backend: Backend, address: str) -> None:
    assert problem(upload(client_of(backend, **MAIL), notify_email=address)) == (403, "forbidden")


def test_a_job_that_is_tried_again_tells_the_same(backend: Backend, alice: Client) -> None:
    job_id = upload(alice, webhook_url=URL).json()["job_id"]
    end(backend, job_id)
    again = Client(alice.app, ADMIN).post(f"/admin/tasks/{job_id}/retry").json()["job_id"]
    assert backend.job(again).webhook_id == backend.job(job_id).webhook_id


# --- Status -----------------------------------------------------------------------------------------------


def test_the_status_follows_what_was_told(backend: Backend, alice: Client) -> None:
    job_id = upload(alice, webhook_url=URL).json()["job_id"]
    address = f"/jobs/{job_id}/status"
    assert alice.get(address).json()["notifications"] is None
    end(backend, job_id)
    pending = alice.get(address)
    assert pending.json()["notifications"] == "pending"
    assert alice.get(address, headers={"If-None-Match": pending.headers["etag"]}).status_code == 304
    deliver(backend, job_id)
    delivered = alice.get(address, headers={"If-None-Match": pending.headers["etag"]})
    assert (delivered.status_code, delivered.json()["notifications"]) == (200, "delivered")
    assert delivered.json()["status"] == "completed"


def test_a_job_without_receivers(backend: Backend, alice: Client) -> None:
    job_id = alice.submit()
    end(backend, job_id)
    deliver(backend, job_id)
    answer = alice.get(f"/jobs/{job_id}")
    assert answer.json()["notifications"] == "none"
    assert answer.headers["etag"] == '"3"'
    assert alice.get(f"/jobs/{job_id}/notifications").json() == {"state": "none", "notifications": []}


def test_the_status_is_answered_also_where_the_notifications_cannot_be_read(
    backend: Backend, alice: Client
) -> None:
    job_id = alice.submit()
    end(backend, job_id)
    backend.fail(TransientError("aws-unavailable", "later"), "notifications.log")
    answer = alice.get(f"/jobs/{job_id}")
    assert (answer.status_code, answer.json()["notifications"]) == (200, None)
    assert problem(alice.get(f"/jobs/{job_id}/notifications")) == (503, "aws-unavailable")


# --- The log, and telling again ---------------------------------------------------------------------------


def failed(backend: Backend, alice: Client) -> tuple[str, str]:
    job_id = upload(alice, webhook_url=URL).json()["job_id"]
    end(backend, job_id)
    deliver(backend, job_id, PostAnswer(410))
    (notification,) = alice.get(f"/jobs/{job_id}/notifications").json()["notifications"]
    return job_id, notification["notification_id"]


def test_the_log_shows_every_attempt(backend: Backend, alice: Client) -> None:
    job_id, notification_id = failed(backend, alice)
    log = alice.get(f"/jobs/{job_id}/notifications").json()
    assert log["state"] == "failed"
    (notification,) = log["notifications"]
    assert notification["notification_id"] == notification_id
    assert (notification["channel"], notification["target"], notification["reason"]) == (
        "webhook",
        "https://hooks.acme.com",
        "http-410",
    )
    assert (notification["state"], notification["next_attempt_at"], notification["attempts_made"]) == (
        "failed",
        None,
        1,
    )
    (attempt,) = notification["attempts"]
    assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 410, "http-410")
    assert alice.get(f"/jobs/{job_id}").json()["status"] == "completed"


def test_the_owner_has_it_told_again(backend: Backend, alice: Client) -> None:
    job_id, notification_id = failed(backend, alice)
    stored = backend.job(job_id)
    webhook = backend.webhooks.get(job_scope(stored.webhook_id), stored.webhook_id)
    assert webhook is not None
    assert webhook.disabled_reason == "gone"
    address = f"/jobs/{job_id}/notifications/{notification_id}/redeliver"
    answer = alice.post(address)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert problem(alice.post(address)) == (409, "notification-under-way")
    # The webhook of one job cannot be enabled: asking again says that its receiver is back.
    assert len(deliver(backend, job_id).sent) == 1
    assert alice.get(f"/jobs/{job_id}/notifications").json()["state"] == "delivered"


def test_who_may_have_it_told_again(backend: Backend) -> None:
    alice = client_of(backend, token(ALICE, team="a"))
    job_id, notification_id = failed(backend, alice)
    address = f"/jobs/{job_id}/notifications/{notification_id}/redeliver"
    assert problem(Client(alice.app, token("bob")).post(address)) == (404, "job-not-found")
    reader = Client(alice.app, token("carol", team="a"))
    assert reader.get(f"/jobs/{job_id}/notifications").status_code == 200
    assert problem(reader.post(address)) == (403, "forbidden")
    assert Client(alice.app, ADMIN).post(address).status_code == 202


def test_there_is_no_such_notification(backend: Backend, alice: Client) -> None:
    job_id, _ = failed(backend, alice)
    answer = alice.post(f"/jobs/{job_id}/notifications/msg_0/redeliver")
    assert problem(answer) == (404, "notification-not-found")


def test_operators_see_how_full_the_queue_is(backend: Backend) -> None:
    ports = backend.dependencies().notifying
    assert ports is not None
    ports = replace(ports, depth=lambda: QueueDepth(3, 2, 1), dead_depth=lambda: QueueDepth(1, 1, 0))
    admin = Client(application(replace(backend.dependencies(), notifying=ports)), ADMIN)
    queue = admin.get("/admin/queues").json()["queues"][-1]
    assert (queue["kind"], queue["depth"], queue["in_flight"], queue["delayed"]) == ("notification", 3, 2, 1)
    assert queue["dead_letters"] == 2


def test_operators_see_what_was_given_up_and_leave_an_entry(
    backend: Backend, alice: Client, admin: Client
) -> None:
    job_id, notification_id = failed(backend, alice)
    (notification,) = admin.get("/admin/notifications").json()["notifications"]
    assert (notification["job_id"], notification["owner"], notification["state"]) == (
        job_id,
        "directus|alice",
        "failed",
    )
    assert len(notification["attempts"]) == 1
    address = f"/admin/tasks/{job_id}/notifications/{notification_id}/redeliver"
    assert admin.post(address).status_code == 202
    assert admin.get("/admin/notifications").json() == {"notifications": []}
    assert problem(admin.post(address)) == (409, "notification-under-way")
    (done, refused) = backend.operations.audit.entries(job_id)
    assert (done.action, done.outcome, done.details["notification_id"]) == (
        "redeliver",
        "done",
        notification_id,
    )
    assert refused.outcome == "refused"
