"""Bringing dead letters back, or throwing them away: receive, send, delete, in this order.

Cut short anywhere, a letter comes back and is redriven again: then its message is there twice, which the
fence makes harmless. It is never deleted before what replaces it has been sent or written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

from functions.api.schemas.dead_letters import (
    MAX_LETTERS,
    HandledLetter,
    LetterOutcome,
    RedriveReport,
    message_of,
)
from functions.api.services.operators.audited import Operator
from functions.api.services.operators.dead_letters import DeadLetterBatch
from functions.api.services.operators.resubmit import try_again
from shared.errors import TransientError
from shared.jobs.model import Job, Kind, Status
from shared.jobs.queue import JobMessage
from shared.observability import logger
from shared.operations.audit import queue_subject
from shared.operations.dead_letters import DeadLetter

# Letters looked at: for those that are named by id, and beyond those that have to stay.
MAX_SEARCHED = 500
PATIENCE = timedelta(seconds=15)
HIDDEN = timedelta(seconds=30)


Deal = Callable[[DeadLetterBatch, DeadLetter], HandledLetter]


def redrive(operator: Operator, kind: Kind, message_ids: Collection[str] = ()) -> RedriveReport:
    """Bring back the letters that are named, or up to ``MAX_LETTERS`` without names."""
    return _each(operator, "redrive", kind, message_ids, partial(_redriven, operator))


def purge(operator: Operator, kind: Kind, message_ids: Collection[str] = ()) -> RedriveReport:
    """Throw away the letters that are named, or up to ``MAX_LETTERS`` without names."""
    return _each(operator, "purge", kind, message_ids, partial(_purged, operator))


def _each(
    operator: Operator, action: str, kind: Kind, message_ids: Collection[str], deal: Deal
) -> RedriveReport:
    report = RedriveReport(missing=list(dict.fromkeys(message_ids)))
    named = {"message_ids": list(report.missing)} if message_ids else {}
    with operator.acting(action, queue_subject(kind), **named) as entry:
        dead_letters = operator.operations.dead_letters
        with DeadLetterBatch(
            dead_letters, kind, operator.dependencies.clock, hidden=HIDDEN, patience=PATIENCE
        ) as batch:
            try:
                _go_through(batch, report, bool(message_ids), deal)
            finally:
                entry.details |= {"counts": report.counts(), "gone": report.gone()}
    return report


def _go_through(batch: DeadLetterBatch, report: RedriveReport, chosen: bool, deal: Deal) -> None:
    """Deal with letter after letter; the first service that fails ends it."""
    moved = 0
    for letter in batch.take(MAX_SEARCHED):
        if chosen and letter.message_id not in report.missing:
            continue
        try:
            handled = deal(batch, letter)
        except TransientError as error:
            logger.warning("Letter kept", message_id=letter.message_id, problem=error.code)
            report.handled.append(HandledLetter(letter.message_id, "", LetterOutcome.FAILED))
            return
        report.handled.append(handled)
        moved += not handled.outcome.stays
        if chosen:
            report.missing.remove(letter.message_id)
        if moved == MAX_LETTERS or (chosen and not report.missing):
            break
    report.complete = batch.emptied or (chosen and not report.missing)


def _redriven(operator: Operator, batch: DeadLetterBatch, letter: DeadLetter) -> HandledLetter:
    message = message_of(letter)
    if message is None:
        return HandledLetter(letter.message_id, "", LetterOutcome.UNREADABLE)
    job = operator.dependencies.jobs.get(message.job_id)
    if job is None:
        return HandledLetter(letter.message_id, message.job_id, LetterOutcome.UNKNOWN_JOB)
    with operator.acting("redrive", job.job_id, message_id=letter.message_id) as entry:
        outcome, retry_job_id = _replaced(operator, job)
        entry.details |= {"outcome": outcome.value} | ({"retry_job_id": retry_job_id} if retry_job_id else {})
        batch.delete(letter)
    return HandledLetter(letter.message_id, job.job_id, outcome, retry_job_id)


def _replaced(operator: Operator, job: Job) -> tuple[LetterOutcome, str]:
    """Do for a job what its letter could not, so that the letter can go."""
    if not job.status.terminal:
        operator.dependencies.queue.send(JobMessage.about(job, "redriven"))
        return LetterOutcome.RESENT, ""
    if job.status is Status.FAILED:
        return LetterOutcome.RETRIED, try_again(operator, job).job.job_id
    return LetterOutcome.SETTLED, ""


def _purged(operator: Operator, batch: DeadLetterBatch, letter: DeadLetter) -> HandledLetter:
    message = message_of(letter)
    if message is None:
        batch.delete(letter)
        return HandledLetter(letter.message_id, "", LetterOutcome.PURGED)
    with operator.acting("purge", message.job_id, message_id=letter.message_id):
        batch.delete(letter)
    return HandledLetter(letter.message_id, message.job_id, LetterOutcome.PURGED)
