from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.errors import PermanentError
from shared.jobs.model import Kind, Owner
from shared.jobs.queue import JobMessage
from tests.contracts.jobs import FakeClock, new_job

JOB = new_job(FakeClock(), kind=Kind.CLEANUP)


def group_of(owner: Owner) -> str:
    return JobMessage.about(replace(JOB, owner=owner)).group


def test_message_is_read_as_it_was_written() -> None:
    message = JobMessage.about(JOB, "retry")
    assert (message.job_id, message.kind, message.reason) == (JOB.job_id, Kind.CLEANUP, "retry")
    assert JobMessage.from_json(message.to_json()) == message


def test_message_without_reason_and_group_is_read() -> None:
    message = JobMessage.from_json(json.dumps({"job_id": "j1", "kind": "cleanup"}))
    assert message == JobMessage("j1", Kind.CLEANUP, "", "")


def test_group_is_the_owners_and_does_not_name_him() -> None:
    alice = Owner("directus", "alice", "red")
    assert group_of(alice) == group_of(replace(alice, team="blue"))
    others = [Owner("directus", "bob"), Owner("other", "alice"), Owner("directus", "Alice")]
    assert len({group_of(owner) for owner in [alice, *others]}) == 4
    assert "alice" not in group_of(alice)
    # SQS takes 1 to 128 letters, digits and punctuation.
    assert group_of(Owner("https://issuer.example/ü", "ü" * 500)).isalnum()
    assert len(group_of(Owner("https://issuer.example/ü", "ü" * 500))) <= 128


@pytest.mark.parametrize(
    "body",
    [
        "",
        "x",
        "null",
        "[]",
        "7",
        "{}",
        '{"job_id": "j1"}',
        '{"job_id": "j1", "kind": "dance"}',
        '{"job_id": "j1", "kind": ["analysis"]}',
    ],
)
def test_what_is_none_of_ours_is_refused(body: str) -> None:
    with pytest.raises(PermanentError) as caught:
        JobMessage.from_json(body)
    assert caught.value.code == "bad-message"
