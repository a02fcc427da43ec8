"""What audit trails and dead-letter queues have to do, in memory and on AWS alike.

A test class inherits a contract and offers its fixtures: ``trail`` and ``clock``, or ``letters``, ``bury``
(body to message id) and ``pass_time`` (seconds). Subjects are new in every test; queues are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.ids import uuid7
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage
from shared.operations.audit import AuditEntry, AuditOutcome, AuditTrail
from shared.operations.dead_letters import DeadLetter, DeadLetters, DeadLettersNotConfiguredError
from tests.contracts.jobs import FakeClock

Bury = Callable[[str], str]
PassTime = Callable[[float], None]
HIDDEN = timedelta(seconds=2)


class AuditContract:
    """See the module."""

    def entry(self, clock: FakeClock, subject: str, number: int = 0) -> AuditEntry:
        return AuditEntry(
            entry_id=f"00000000-0000-7000-8000-{number:012d}",
            subject=subject,
            action="redrive",
            actor="directus|root",
            at=clock(),
            details={"message_ids": ["a"], "counts": {"resent": 1}},
            expires_at=clock() + timedelta(days=90),
        )

    def test_kept_as_it_was(self, trail: AuditTrail, clock: FakeClock) -> None:
        entry = self.entry(clock, uuid7())
        trail.record(entry)
        assert trail.entries(entry.subject) == [entry]

    def test_the_outcome_takes_the_place_of_the_beginning(self, trail: AuditTrail, clock: FakeClock) -> None:
        begun = self.entry(clock, uuid7())
        done = replace(begun, outcome=AuditOutcome.DONE, details={})
        trail.record(begun)
        trail.record(done)
        assert trail.entries(begun.subject) == [done]

    def test_in_order_and_page_by_page(self, trail: AuditTrail, clock: FakeClock) -> None:
        subject = uuid7()
        entries = [self.entry(clock, subject, number) for number in range(5)]
        for entry in [*entries[3:], *entries[:3]]:
            trail.record(entry)
        assert trail.entries(subject) == entries
        assert trail.entries(subject, limit=2) == entries[:2]
        assert trail.entries(subject, entries[1].entry_id, 2) == entries[2:4]
        assert trail.entries(subject, entries[4].entry_id) == []

    def test_subjects_are_apart(self, trail: AuditTrail, clock: FakeClock) -> None:
        subject = uuid7()
        trail.record(self.entry(clock, subject))
        assert trail.entries(f"{subject}2") == trail.entries(subject[:-1]) == []

    def test_expired_ones_are_not_shown(self, trail: AuditTrail, clock: FakeClock) -> None:
        kept = replace(self.entry(clock, uuid7(), 1), expires_at=None)
        trail.record(kept)
        trail.record(self.entry(clock, kept.subject))
        clock.advance(days=90)
        assert trail.entries(kept.subject) == [kept]


class DeadLettersContract:
    """See the module."""

    def receive(self, letters: DeadLetters, hidden: timedelta = HIDDEN) -> list[DeadLetter]:
        return letters.receive(Kind.ANALYSIS, 10, hidden)

    def test_what_a_letter_says(self, letters: DeadLetters, bury: Bury) -> None:
        message = JobMessage(uuid7(), Kind.ANALYSIS, "submitted", "group")
        message_id = bury(message.to_json())
        (letter,) = self.receive(letters)
        assert (letter.message_id, letter.kind, letter.message) == (message_id, Kind.ANALYSIS, message)
        assert letter.receive_count >= 1
        assert letter.first_sent.tzinfo is not None

    def test_what_is_none_of_ours(self, letters: DeadLetters, bury: Bury) -> None:
        bury("<poison/>")
        (letter,) = self.receive(letters)
        assert (letter.message, letter.body) == (None, "<poison/>")

    def test_hidden_while_held(self, letters: DeadLetters, bury: Bury, pass_time: PassTime) -> None:
        bury("a")
        (first,) = self.receive(letters)
        assert self.receive(letters, timedelta()) == []
        pass_time(HIDDEN.total_seconds())
        (second,) = self.receive(letters)
        assert second.message_id == first.message_id
        assert second.receive_count == first.receive_count + 1

    def test_released_it_is_there_at_once(self, letters: DeadLetters, bury: Bury) -> None:
        bury("a")
        hour = timedelta(hours=1)
        (first,) = self.receive(letters, hour)
        letters.release(first)
        (second,) = self.receive(letters, hour)
        assert second.message_id == first.message_id

    def test_deleted_it_is_gone(self, letters: DeadLetters, bury: Bury, pass_time: PassTime) -> None:
        bury("a")
        (letter,) = self.receive(letters)
        letters.delete(letter)
        letters.delete(letter)
        letters.release(letter)
        pass_time(HIDDEN.total_seconds())
        assert self.receive(letters) == []

    def test_no_more_than_asked_for(self, letters: DeadLetters, bury: Bury) -> None:
        for _ in range(3):
            bury("a")
        assert len(letters.receive(Kind.ANALYSIS, 2, HIDDEN)) == 2
        assert len(letters.receive(Kind.ANALYSIS, 2, HIDDEN)) == 1

    def test_a_kind_without_a_queue(self, letters: DeadLetters) -> None:
        with pytest.raises(DeadLettersNotConfiguredError):
            letters.receive(Kind.OUTPUT, 1, HIDDEN)
