from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from functions.cleanup import bootstrap, handler
from functions.cleanup.removal.seeded import DirectusRows
from functions.cleanup.settings import CleanupSettings
from shared.aws.ssm import Secret
from shared.errors import TransientError
from shared.jobs.model import Kind, Status
from shared.jobs.runner import Runner
from tests.support.worlds.cleanup import RETENTION, CleanupWorld

ENVIRONMENT = {
    "JOBS_TABLE": "jobs",
    "DOCUMENTS_BUCKET": "documents",
    "ANALYSIS_QUEUE_URL": "http://127.0.0.1:9/analysis",
    "CLEANUP_QUEUE_URL": "http://127.0.0.1:9/cleanup",
    "NOTIFICATION_QUEUE_URL": "http://127.0.0.1:9/notifications",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "LEASE_SECONDS": "60",
}


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DIRECTUS_URL", raising=False)
    caches = [bootstrap.settings, bootstrap.runner, bootstrap.reconciler, bootstrap.expiry, bootstrap.overdue]
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def sqs(*bodies: str) -> dict[str, Any]:
    records = [
        {"messageId": f"m{i}", "body": body, "eventSource": "aws:sqs", "receiptHandle": "r"}
        for i, body in enumerate(bodies)
    ]
    return {"Records": records}


def test_wiring_is_made_once_and_touches_nothing() -> None:
    assert isinstance(bootstrap.runner(), Runner)
    assert bootstrap.runner() is bootstrap.runner()
    assert bootstrap.reconciler() is bootstrap.reconciler()
    assert bootstrap.expiry() is bootstrap.expiry()
    assert bootstrap._seeded_rows(bootstrap.settings()) is None


def test_directus_is_wired_where_it_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIRECTUS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("DIRECTUS_TOKEN", "not-to-be-seen")
    assert "not-to-be-seen" not in repr(bootstrap.settings())
    assert isinstance(bootstrap._seeded_rows(bootstrap.settings()), DirectusRows)


def test_the_directus_token_is_read_when_directus_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIRECTUS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("DIRECTUS_TOKEN_PARAMETER", "/stack/token")
    monkeypatch.setattr(Secret, "_read", lambda _: pytest.fail("the token was read already"))
    assert isinstance(bootstrap._seeded_rows(bootstrap.settings()), DirectusRows)


def test_missing_settings_stop_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_TABLE")
    with pytest.raises(ValueError, match="jobs_table"):
        CleanupSettings()


def test_cleanup_job_runs_through_the_handler(
    world: CleanupWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.analysed(document_id="d1")
    job = world.submit(Kind.CLEANUP, document_id="d1")
    monkeypatch.setattr(bootstrap, "runner", world.runner)
    body = json.dumps({"job_id": job.job_id, "kind": "cleanup"})
    assert handler.handler(sqs(body, "{}"), Context()) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    after = world.store.get(job.job_id)
    assert after is not None
    assert after.status is Status.COMPLETED
    assert '"JobsCompleted":[1.0]' in capsys.readouterr().out


def test_reconciliation_runs_through_the_handler(
    world: CleanupWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.analysed()
    world.now += RETENTION
    world.submit(Kind.ANALYSIS)
    world.now += timedelta(minutes=2)
    monkeypatch.setattr(bootstrap, "reconciler", world.reconciler)
    monkeypatch.setattr(bootstrap, "expiry", world.expiry)
    monkeypatch.setattr(bootstrap, "overdue", world.overdue)
    counts = handler.reconcile({}, Context())
    assert {name: count for name, count in counts.items() if count} == {
        "resent": 1,
        "expired_jobs": 1,
        "notifications_resent": 1,
    }
    assert {"failed", "errors", "cut_short", "expired_documents", "removal_errors"} <= set(counts)
    printed = capsys.readouterr().out
    assert '"JobsRepaired":[1.0]' in printed
    assert '"JobsExpired":[1.0]' in printed
    assert '"stage":"local"' in printed


class Broken:
    """A part of the reconciliation whose list cannot be read."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, _remaining: object) -> None:
        raise TransientError("aws-unavailable", self.name)


@pytest.mark.parametrize("broken", [["reconciler"], ["overdue"], ["expiry"], ["expiry", "overdue"]])
def test_no_part_of_the_reconciliation_keeps_the_others_from_their_turn(
    world: CleanupWorld,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: list[str],
) -> None:
    world.analysed()
    world.now += RETENTION
    world.submit(Kind.ANALYSIS)
    world.now += timedelta(minutes=2)
    for name in ("reconciler", "overdue", "expiry"):
        part = partial(Broken, name) if name in broken else getattr(world, name)
        monkeypatch.setattr(bootstrap, name, part)
    first = next(name for name in ("reconciler", "overdue", "expiry") if name in broken)
    with pytest.raises(TransientError, match=first):
        handler.reconcile({}, Context())
    printed = capsys.readouterr().out
    for name, metric in (
        ("reconciler", "JobsRepaired"),
        ("overdue", "NotificationsResent"),
        ("expiry", "JobsExpired"),
    ):
        assert (f'"{metric}":' in printed) is (name not in broken)


def test_the_removal_is_the_last_part_of_the_reconciliation(
    world: CleanupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take all the time that is left."""
    turns: list[str] = []

    def noted(name: str) -> Any:
        turns.append(name)
        return getattr(world, name)()

    for name in ("reconciler", "overdue", "expiry"):
        monkeypatch.setattr(bootstrap, name, partial(noted, name))
    handler.reconcile({}, Context())
    assert turns == ["reconciler", "overdue", "expiry"]
