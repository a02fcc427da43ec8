"""From a job that has ended to what receivers get: nothing lost, nothing twice but under the same id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from functions.notify.deliver import DeliveryEnding
from functions.notify.ports import PostAnswer, UndeliveredError
from shared.clock import utc_now
from shared.errors import PermanentError, TransientError
from shared.jobs.model import Kind, Status
from shared.jobs.store import VersionConflictError
from shared.notifications import states, webhooks
from shared.notifications.compose import for_webhook, trial_body
from shared.notifications.model import Channel, EventType, NotificationState, parent_of
from shared.notifications.queue import NotificationMessage
from shared.notifications.schedule import WAITS
from tests.contracts.jobs import FakeClock
from tests.support.worlds.notifications import RESULT, URL, NotificationWorld


@pytest.fixture
def desk() -> NotificationWorld:
    return NotificationWorld()


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


# --- What is told, and to whom ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "event"),
    [
        (Status.COMPLETED, "job.completed"),
        (Status.FAILED, "job.failed"),
        (Status.CANCELLED, "job.cancelled"),
    ],
)
def test_every_ending_is_told(desk: NotificationWorld, status: Status, event: str) -> None:
    desk.webhook()
    job = desk.ended(status)
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.DELIVERED]
    ((url, headers, body),) = desk.post.sent
    assert url == URL
    assert headers["Content-Type"] == "application/json"
    told = json.loads(body)
    assert (told["type"], told["data"]["status"], told["data"]["job_id"]) == (event, status, job.job_id)
    assert desk.log(job).state == "delivered"
    assert desk.only(job).delivered_at == desk.clock()


def test_a_notification_holds_ids_counts_and_links_and_nothing_else(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended(
        params={"document_id": "d1", "case_id": "case-7", "file_name": "Ms Muster.pdf"},
        metadata={"client_name": "Ms Muster"},
    )
    desk.work()
    data = json.loads(desk.post.sent[0][2])["data"]
    assert data == {
        "job_id": job.job_id,
        "kind": "analysis",
        "status": "completed",
        "document_id": "d1",
        "product_id": None,
        "case_id": "case-7",
        "retry_of": None,
        "created_at": "2026-11-21T12:00:00.000Z",
        "completed_at": "2026-11-21T12:00:00.000Z",
        "counts": {"num_benefits": RESULT["num_benefits"]},
        "links": {
            "status": f"https://api.acme.com/prod/jobs/{job.job_id}/status",
            "result": f"https://api.acme.com/prod/jobs/{job.job_id}/result",
        },
    }


def test_an_error_is_named_and_not_quoted(desk: NotificationWorld) -> None:
    desk.webhook()
    desk.ended(Status.FAILED)
    desk.work()
    told = desk.post.sent[0][2].decode()
    assert "Bad file" in told
    assert "words of the document" not in told


def test_only_what_a_webhook_asked_for_is_sent(desk: NotificationWorld) -> None:
    desk.webhook(events=(EventType.FAILED,))
    desk.webhook(disabled_at=desk.clock(), disabled_reason="gone")
    job = desk.ended()
    assert desk.work() == [DeliveryEnding.EXPANDED]
    assert desk.log(job).state == "none"
    assert desk.post.sent == []


def test_other_owners_webhooks_get_nothing(desk: NotificationWorld) -> None:
    desk.webhook()
    desk.ended()
    bobs = desk.webhook("https://hooks.bob.com/x")
    desk.webhooks.delete(bobs.scope, bobs.webhook_id)
    assert desk.webhooks.create(replace(bobs, owner=replace(bobs.owner, subject="bob")))
    desk.work()
    assert [url for url, _, _ in desk.post.sent] == [URL]


def test_the_webhook_of_one_job_is_told_of_that_job_alone(desk: NotificationWorld) -> None:
    secret = "whsec_" + "A" * 43 + "="
    own = webhooks.job_webhook(
        "w1", NotificationWorld().webhook().owner, URL, secret, (EventType.COMPLETED,), desk.clock()
    )
    assert desk.webhooks.create(own)
    desk.ended()
    desk.work()
    assert desk.post.sent == []
    job = desk.ended(params={"webhook_id": "w1"})
    desk.work()
    assert len(desk.post.sent) == 1
    assert desk.only(job).target == "https://hooks.acme.com"


def test_the_library_of_the_specification_verifies_what_arrives(desk: NotificationWorld) -> None:
    desk.clock = FakeClock(utc_now())
    desk.__post_init__()
    webhook = desk.webhook()
    desk.ended()
    desk.work()
    ((_, headers, body),) = desk.post.sent
    assert Verifier(webhook.secrets[0].text).verify(body, dict(headers))["type"] == "job.completed"


# --- Lost, late and doubled messages ----------------------------------------------------------------------


def test_a_job_whose_announcement_was_never_sent_is_told_of_all_the_same(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended(announce=False)
    assert desk.log(job).state == "pending"
    assert (desk.work(), desk.reconcile()) == ([], 0)
    desk.clock.advance(seconds=61)
    assert desk.reconcile() == 1
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.DELIVERED]
    assert desk.reconcile() == 0


def test_messages_that_come_twice_send_nothing_twice(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.queue.send(NotificationMessage.of_job(job.job_id))
    desk.work()
    desk.queue.send(NotificationMessage.about(desk.only(job)))
    assert desk.work() == [DeliveryEnding.IGNORED]
    assert len(desk.post.sent) == 1


def test_messages_about_what_is_not_there_are_ignored(desk: NotificationWorld) -> None:
    desk.queue.send(NotificationMessage.of_job("gone"))
    desk.queue.send(NotificationMessage(parent_of("gone"), "msg_1"))
    assert desk.work() == [DeliveryEnding.IGNORED, DeliveryEnding.IGNORED]


def test_a_job_that_has_not_ended_is_not_told_of(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.queue.messages.clear()
    open_job = replace(job, status=Status.RUNNING)
    desk.jobs._jobs[job.job_id] = open_job
    assert desk.deliverer().handle(NotificationMessage.of_job(job.job_id)) is DeliveryEnding.IGNORED
    assert job.job_id in desk.jobs.announced


@pytest.mark.parametrize("operation", ["notification_queue.send", "notifications.expand"])
def test_trouble_between_announcement_and_message_loses_nothing(
    desk: NotificationWorld, operation: str
) -> None:
    desk.webhook()
    desk.ended()

    def fault(name: str) -> None:
        if name == operation:
            raise TransientError("aws-unavailable", "later")

    desk.queue.fault = desk.notifications.fault = fault
    message = desk.queue.receive()
    assert message is not None
    if operation == "notifications.expand":
        with pytest.raises(TransientError):
            desk.deliverer().handle(message)
    else:
        assert desk.deliverer().handle(message) is DeliveryEnding.EXPANDED
    desk.queue.fault = desk.notifications.fault = lambda _: None
    desk.clock.advance(seconds=61)
    assert desk.reconcile() == 1
    assert DeliveryEnding.DELIVERED in desk.work()
    assert len(desk.post.sent) == 1


def test_a_crash_between_sending_and_writing_it_down_sends_again_under_the_same_id(
    desk: NotificationWorld,
) -> None:
    desk.webhook()
    job = desk.ended()

    def crash(name: str) -> None:
        if name == "notifications.save" and desk.post.sent:
            raise CrashError

    desk.notifications.fault = crash
    with pytest.raises(CrashError):
        desk.work()
    desk.notifications.fault = lambda _: None
    # The message comes back while the lease of the dead still holds, and does no harm.
    desk.queue.send(NotificationMessage.about(desk.only(job)))
    assert desk.work() == [DeliveryEnding.IGNORED]
    desk.clock.advance(seconds=61)
    assert desk.reconcile() == 1
    assert desk.work() == [DeliveryEnding.DELIVERED]
    first, second = desk.post.ids
    assert first == second == desk.only(job).notification_id
    assert len({body for _, _, body in desk.post.sent}) == 1
    # The attempt that nobody wrote down is missing from the log, and counted.
    assert [one.number for one in desk.log(job).attempts[first]] == [2]


def test_a_worker_that_lost_its_lease_writes_nothing(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.deliverer().handle(desk.queue.receive() or pytest.fail("no message"))

    class SlowPost:
        def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> PostAnswer:
            desk.clock.advance(seconds=61)
            message = NotificationMessage.about(desk.only(job))
            assert desk.deliverer().handle(message) is DeliveryEnding.DELIVERED
            return PostAnswer(500)

    message = desk.queue.receive()
    assert message is not None
    assert desk.deliverer(SlowPost()).handle(message) is DeliveryEnding.IGNORED
    assert desk.only(job).state is NotificationState.DELIVERED


# --- Attempts ---------------------------------------------------------------------------------------------


def test_a_defect_of_ours_is_a_failed_attempt_with_an_end(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.post.plan = [RuntimeError("a secret")] * 100
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.RETRYING]
    while desk.only(job).state is NotificationState.PENDING:
        desk.clock.now = max(desk.clock.now, min(moment for moment, _ in desk.queue.messages))
        desk.work()
    assert desk.only(job).reason == "unexpected-error"


def test_failed_attempts_are_repeated_for_a_day_and_then_given_up(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.post.plan = [PostAnswer(500)] * 100
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.RETRYING]
    began = desk.clock()
    while desk.only(job).state is NotificationState.PENDING:
        desk.clock.now = max(desk.clock.now, min(moment for moment, _ in desk.queue.messages))
        desk.work()
    assert desk.clock() - began == timedelta(hours=24)
    made = desk.log(job).attempts[desk.only(job).notification_id]
    assert len(made) == len(desk.post.sent) == len(WAITS) + 2
    assert {(one.status, one.error) for one in made} == {(500, "http-500")}
    assert (desk.only(job).reason, desk.log(job).state) == ("http-500", "failed")
    # Each attempt has a time of its own, all have one id.
    assert len({headers["webhook-timestamp"] for _, headers, _ in desk.post.sent}) == len(desk.post.sent)
    assert len(set(desk.post.ids)) == 1


def test_a_wait_longer_than_a_queue_can_hold_is_made_of_several(desk: NotificationWorld) -> None:
    desk.webhook()
    desk.ended()
    desk.post.plan = [PostAnswer(503, "3600")]
    desk.work()
    assert desk.later(seconds=900) == [DeliveryEnding.EARLY]
    assert desk.later(seconds=900) == [DeliveryEnding.EARLY]
    assert desk.later(seconds=1800) == [DeliveryEnding.DELIVERED]
    assert len(desk.post.sent) == 2


def test_a_message_lost_during_a_wait_is_sent_by_the_reconciler(desk: NotificationWorld) -> None:
    desk.webhook()
    desk.ended()
    desk.post.plan = [PostAnswer(503, "3600")]
    desk.work()
    desk.queue.messages.clear()
    desk.clock.advance(seconds=3600)
    assert desk.reconcile() == 0
    desk.clock.advance(seconds=60)
    assert desk.reconcile() == 1
    assert desk.work() == [DeliveryEnding.DELIVERED]


@pytest.mark.parametrize(
    "answer", [PostAnswer(302), PostAnswer(404), PostAnswer(429), UndeliveredError("timeout")]
)
def test_whatever_is_no_success_is_tried_again(
    desk: NotificationWorld, answer: PostAnswer | UndeliveredError
) -> None:
    desk.webhook()
    job = desk.ended()
    desk.post.plan = [answer]
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.RETRYING]
    assert desk.later(seconds=10) == [DeliveryEnding.DELIVERED]
    first, second = desk.log(job).attempts[desk.only(job).notification_id]
    assert first.error in {"http-302", "http-404", "http-429", "timeout"}
    assert (second.error, second.status) == ("", 200)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_success(desk: NotificationWorld, status: int) -> None:
    desk.webhook()
    desk.ended()
    desk.post.plan = [PostAnswer(status)]
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.DELIVERED]


def test_one_receiver_in_trouble_holds_up_no_other(desk: NotificationWorld) -> None:
    desk.webhook()
    desk.webhook("https://hooks.other.com/x")
    job = desk.ended()
    desk.post.plan = [PostAnswer(500)]
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.RETRYING, DeliveryEnding.DELIVERED]
    assert desk.log(job).state == "pending"


# --- Webhooks that change meanwhile -----------------------------------------------------------------------


def test_410_disables_the_webhook_at_once(desk: NotificationWorld) -> None:
    webhook = desk.webhook()
    first, second = desk.ended(), desk.ended()
    desk.post.plan = [PostAnswer(410)]
    assert desk.work() == [
        DeliveryEnding.EXPANDED,
        DeliveryEnding.EXPANDED,
        DeliveryEnding.FAILED,
        DeliveryEnding.FAILED,
    ]
    assert len(desk.post.sent) == 1
    assert (desk.stored(webhook).enabled, desk.stored(webhook).disabled_reason) == (False, "gone")
    assert {desk.only(first).reason, desk.only(second).reason} == {"http-410", "webhook-disabled"}
    desk.ended()
    assert desk.work() == [DeliveryEnding.EXPANDED]


def test_a_run_of_failures_disables_the_webhook(desk: NotificationWorld) -> None:
    webhook = desk.webhook()
    for number in range(1, webhooks.MAX_FAILURES + 1):
        give_up(desk)
        assert desk.stored(webhook).failures == number
    assert desk.stored(webhook).disabled_reason == "failing"


def test_a_success_in_between_ends_the_run(desk: NotificationWorld) -> None:
    webhook = desk.webhook()
    for _ in range(webhooks.MAX_FAILURES - 1):
        give_up(desk)
    desk.ended()
    desk.work()
    assert desk.stored(webhook).failures == 0
    give_up(desk)
    assert desk.stored(webhook).enabled


def test_the_rotated_secret_signs_beside_the_new_one_for_a_day(desk: NotificationWorld) -> None:
    webhook = desk.webhook()
    after = webhooks.rotated(webhook, desk.clock())
    desk.webhooks.save(webhook, after)
    desk.ended()
    desk.work()
    desk.clock.advance(hours=24)
    desk.ended()
    desk.work()
    both, alone = (headers["webhook-signature"] for _, headers, _ in desk.post.sent)
    assert (len(both.split()), len(alone.split())) == (2, 1)
    new, old = after.secrets
    assert new.until is None
    assert old.text == webhook.secrets[0].text


def test_secrets_that_are_rotated_in_a_hurry_do_not_pile_up(desk: NotificationWorld) -> None:
    webhook = desk.webhook()
    for _ in range(10):
        webhook = webhooks.rotated(webhook, desk.clock())
    assert len(webhook.secrets) == webhooks.MAX_SECRETS
    assert webhook.secrets[0].until is None


def test_a_webhook_that_was_removed_gets_nothing_more(desk: NotificationWorld) -> None:
    webhook = desk.webhook()
    job = desk.ended()
    desk.deliverer().handle(desk.queue.receive() or pytest.fail("no message"))
    desk.webhooks.delete(webhook.scope, webhook.webhook_id)
    assert desk.work() == [DeliveryEnding.FAILED]
    assert desk.only(job).reason == "webhook-removed"
    assert desk.post.sent == []


def test_a_test_reaches_a_disabled_webhook_too_and_counts_as_no_failure(desk: NotificationWorld) -> None:
    webhook = desk.webhook(disabled_at=desk.clock(), disabled_reason="failing")
    made = for_webhook(webhook, EventType.TEST, trial_body(webhook, desk.clock()), desk.clock())
    desk.notifications.create(made)
    desk.queue.send(NotificationMessage.about(made))
    assert desk.work() == [DeliveryEnding.DELIVERED]
    assert json.loads(desk.post.sent[0][2])["type"] == "webhook.test"
    assert desk.notifications.log(parent_of("", webhook.webhook_id)).state == "delivered"


def test_what_was_given_up_can_be_delivered_again(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    give_up(desk, announced=True)
    failed = desk.only(job)
    again = states.asked_again(failed, desk.clock())
    desk.notifications.save(failed, again)
    desk.queue.send(NotificationMessage.about(again))
    assert desk.work() == [DeliveryEnding.DELIVERED]
    assert len(set(desk.post.ids)) == 1
    assert desk.log(job).state == "delivered"


def test_what_is_under_way_is_not_asked_for_again(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.deliverer().handle(desk.queue.receive() or pytest.fail("no message"))
    with pytest.raises(states.NotPendingError):
        states.asked_again(desk.only(job), desk.clock())


# --- E-mail -----------------------------------------------------------------------------------------------


def test_an_email_says_the_same_in_words(desk: NotificationWorld) -> None:
    job = desk.ended(kind=Kind.CLEANUP, params={"notify_email": "ann@acme.com", "document_id": "d1"})
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.DELIVERED]
    ((address, subject, text),) = desk.mail.sent
    assert address == "ann@acme.com"
    assert subject == "Clauseworks: cleanup completed"
    assert "num benefits: 5" in text
    assert f"https://api.acme.com/prod/jobs/{job.job_id}/status" in text
    assert "text of a document" not in text
    notification = desk.only(job)
    assert (notification.channel, notification.target) == (Channel.EMAIL, "a…@acme.com")
    assert "ann@acme.com" not in repr(notification)


def test_an_email_that_cannot_be_sent_now_is_sent_later(desk: NotificationWorld) -> None:
    desk.ended(Status.FAILED, params={"notify_email": "ann@acme.com"})
    desk.mail.plan = [TransientError("aws-unavailable", "later")]
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.RETRYING]
    assert desk.later(seconds=10) == [DeliveryEnding.DELIVERED]
    assert "Reason: Bad file" in desk.mail.sent[0][2]


def test_an_email_that_is_refused_is_given_up(desk: NotificationWorld) -> None:
    job = desk.ended(params={"notify_email": "ann@acme.com"})
    desk.mail.plan = [PermanentError("aws-refused", "no")]
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.FAILED]
    assert desk.only(job).reason == "aws-refused"


def test_without_a_sender_there_is_no_email(desk: NotificationWorld) -> None:
    job = desk.ended(params={"notify_email": "ann@acme.com"})
    desk.mail = None
    assert desk.work() == [DeliveryEnding.EXPANDED, DeliveryEnding.FAILED]
    assert desk.only(job).reason == "email-not-configured"


# --- Care -------------------------------------------------------------------------------------------------


def test_neither_secrets_nor_addresses_reach_the_log(
    desk: NotificationWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    webhook = desk.webhook()
    desk.ended(params={"notify_email": "ann@acme.com"})
    desk.post.plan = [PostAnswer(500), PostAnswer(410)]
    desk.work()
    desk.later(seconds=10)
    printed = " ".join(str(vars(record)) for record in caplog.records)
    assert "Notification attempted" in printed
    for word in ("secret-path", webhook.secrets[0].text, "ann@acme.com"):
        assert word not in printed
    assert webhook.secrets[0].text not in repr(webhook)


def test_the_outcome_of_the_job_is_none_of_it(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.post.plan = [PostAnswer(410)]
    desk.work()
    assert desk.jobs.get(job.job_id) == job


def test_a_notification_goes_with_its_job(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.deliverer().handle(desk.queue.receive() or pytest.fail("no message"))
    desk.jobs.remove(job.job_id)
    assert desk.work() == [DeliveryEnding.IGNORED]
    assert desk.post.sent == []


def test_the_store_refuses_a_stale_writer(desk: NotificationWorld) -> None:
    desk.webhook()
    job = desk.ended()
    desk.deliverer().handle(desk.queue.receive() or pytest.fail("no message"))
    before = desk.only(job)
    desk.work()
    with pytest.raises(VersionConflictError):
        desk.notifications.save(before, states.given_up(before, desk.clock(), "late"))


def give_up(desk: NotificationWorld, *, announced: bool = False) -> None:
    """Let one notification fail for a day."""
    if not announced:
        desk.ended()
    desk.post.plan = [PostAnswer(500)] * 100
    desk.work()
    while desk.queue.messages:
        desk.clock.now = max(desk.clock.now, min(moment for moment, _ in desk.queue.messages))
        desk.work()
    desk.post.plan = []
