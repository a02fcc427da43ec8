"""Everything that notifying touches, in memory, with a clock that moves only when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from functions.cleanup.reconcile.overdue import NotificationResender
from functions.notify.deliver import Deliverer, DeliveryEnding
from functions.notify.ports import Mail, Post, PostAnswer
from shared.errors import Problem
from shared.jobs import states
from shared.jobs.model import Change, Job, Owner, Status
from shared.jobs.store import edit
from shared.memory.jobs import MemoryJobs
from shared.notifications.model import JOB_EVENTS, Notification, NotificationLog, Webhook, parent_of
from shared.notifications.queue import announcer
from shared.notifications.webhooks import new_webhook
from tests.contracts.jobs import FakeClock, new_job, submit
from tests.support.memory.faulty import FaultyNotificationQueue
from tests.support.memory.notifications import MemoryNotifications, MemoryWebhooks

OWNER = Owner("directus", "alice")
URL = "https://hooks.acme.com/secret-path"
RESULT = {
    "num_benefits": 5,
    "seeding_success": False,
    "document_id": "d1",
    "warnings": ["text of a document"],
}


@dataclass(slots=True)
class FakePost:
    """Answers as planned, then with 200; keeps what was sent. What is planned may be an error."""

    plan: list[PostAnswer | BaseException] = field(default_factory=list)
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> PostAnswer:
        self.sent.append((url, headers, body))
        answer = self.plan.pop(0) if self.plan else PostAnswer(200)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.sent]


@dataclass(slots=True)
class FakeMail:
    """Keeps what was sent; raises what is planned."""

    plan: list[Exception] = field(default_factory=list)
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, address: str, subject: str, text: str) -> None:
        if self.plan:
            raise self.plan.pop(0)
        self.sent.append((address, subject, text))


@dataclass(slots=True)
class NotificationWorld:
    """See the module."""

    clock: FakeClock = field(default_factory=FakeClock)
    post: Any = field(default_factory=FakePost)
    mail: Any = field(default_factory=FakeMail)
    jobs: MemoryJobs = field(init=False)
    webhooks: MemoryWebhooks = field(init=False)
    notifications: MemoryNotifications = field(init=False)
    queue: FaultyNotificationQueue = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = MemoryJobs(self.clock)
        self.webhooks = MemoryWebhooks(self.clock)
        self.notifications = MemoryNotifications(self.jobs)
        self.queue = FaultyNotificationQueue(self.clock)

    def deliverer(self, post: Post | None = None, mail: Mail | None = None) -> Deliverer:
        return Deliverer(
            self.jobs,
            self.webhooks,
            self.notifications,
            self.queue,
            post or self.post,
            mail or self.mail,
            "https://api.acme.com/prod",
            self.clock,
            lambda: 0.5,
        )

    def webhook(self, url: str = URL, **fields: Any) -> Webhook:
        made = replace(new_webhook(OWNER, url, JOB_EVENTS, self.clock()), **fields)
        assert self.webhooks.create(made)
        return made

    def stored(self, webhook: Webhook) -> Webhook:
        found = self.webhooks.get(webhook.scope, webhook.webhook_id)
        assert found is not None
        return found

    def ended(self, status: Status = Status.COMPLETED, *, announce: bool = True, **fields: Any) -> Job:
        """Return a job that has just ended."""
        job = submit(self.jobs, new_job(self.clock, owner=OWNER.subject, **fields))
        self._edit(job, lambda j: states.take(j, self.clock(), "worker", timedelta(seconds=90)))
        if status is Status.COMPLETED:
            job = self._edit(job, lambda j: states.complete(j, 1, self.clock(), RESULT, {}))
        elif status is Status.FAILED:
            problem = Problem("bad-file", "Bad file", "words of the document")
            job = self._edit(job, lambda j: states.fail(j, 1, self.clock(), problem))
        else:
            self._edit(job, lambda j: states.request_cancel(j, self.clock(), "alice"))
            job = self._edit(job, lambda j: states.cancelled(j, 1, self.clock()))
        if announce:
            announcer(self.queue)(job)
        return job

    def work(self, *, until: int = 50) -> list[DeliveryEnding]:
        """Handle what is visible, until nothing is left."""
        endings: list[DeliveryEnding] = []
        while (message := self.queue.receive()) is not None:
            endings.append(self.deliverer().handle(message))
            assert len(endings) < until
        return endings

    def later(self, **duration: float) -> list[DeliveryEnding]:
        self.clock.advance(**duration)
        return self.work()

    def reconcile(self) -> int:
        return NotificationResender(self.notifications, self.queue, self.clock).run().notifications_resent

    def log(self, job: Job) -> NotificationLog:
        return self.notifications.log(parent_of(job.job_id))

    def only(self, job: Job) -> Notification:
        (notification,) = self.log(job).notifications
        return notification

    def _edit(self, job: Job, decide: Callable[[Job], Change]) -> Job:
        return edit(self.jobs, job.job_id, decide)
